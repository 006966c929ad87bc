import type { Credential, ProviderName } from "../credential/credential.ts";
import type { Outcome } from "../refresh/outcome.ts";
import { Secret } from "../secret.ts";
import type { HttpAnswer, HttpRequest } from "../world/world.ts";
import type { RequestSettings } from "./provider.ts";

/** How a person signs in to one provider with a browser: an authorization code (RFC 6749, section 4.1) with PKCE. */
export interface SignIn {
  readonly provider: ProviderName;
  readonly authorizeUrl: string;
  readonly clientId: string;
  readonly scope: string | undefined;
  /** Parameters of the authorization request beyond the standard's. */
  readonly more: Readonly<Record<string, string>>;
  /** Where the browser comes back to on this machine; undefined if the client has no such address. */
  readonly callback: Callback | undefined;
  /** An address that the browser may come back to elsewhere, with a page that shows the code. */
  readonly codePage: string | undefined;
  /** One that is not to be refreshed: see Credential. */
  readonly longLived: boolean;
  exchangeRequest(grant: Grant, settings: RequestSettings, clientAuth: Credential["clientAuth"]): HttpRequest;
  /** `receivedAt` (local ms) stands in where the answer has no `Date` header. */
  interpret(answer: HttpAnswer, receivedAt: number): Outcome;
}

/** A redirect address on loopback (RFC 8252, section 7.3). */
export interface Callback {
  readonly host: "localhost" | "127.0.0.1";
  /** Those that the client may use, in this order; 0 is any that is free. */
  readonly ports: readonly number[];
  readonly path: string;
}

/** What a code is exchanged with. */
export interface Grant {
  readonly code: Secret;
  readonly redirectUri: string;
  readonly verifier: Secret;
  /** Undefined where there was none (a device's code). */
  readonly state: string | undefined;
}

/** The secrets of one sign-in, made for it alone. */
export interface Attempt {
  readonly verifier: Secret;
  /** S256 (RFC 7636, section 4.2). */
  readonly challenge: string;
  readonly state: string;
}

export function newAttempt(random: (bytes: number) => Uint8Array): Attempt {
  const text = () => Buffer.from(random(32)).toString("base64url");
  const verifier = text();
  return { verifier: new Secret(verifier), challenge: challengeOf(verifier), state: text() };
}

export function challengeOf(verifier: string): string {
  return process.getBuiltinModule("node:crypto").createHash("sha256").update(verifier).digest("base64url");
}

/** The address that the browser is to open. A query that the endpoint has already stays (RFC 6749, section 3.1). */
export function authorizationUrl(signIn: SignIn, { challenge, state }: Attempt, redirectUri: string): string {
  const { authorizeUrl, clientId, scope, more } = signIn;
  const url = new URL(authorizeUrl);
  const params = {
    response_type: "code",
    client_id: clientId,
    redirect_uri: redirectUri,
    ...(scope !== undefined && { scope }),
    code_challenge: challenge,
    code_challenge_method: "S256",
    state,
  };
  for (const [name, value] of Object.entries({ ...more, ...params })) url.searchParams.set(name, value);
  return url.href;
}

/** What the browser brings back (RFC 6749, sections 4.1.2 and 4.1.2.1). */
export type AuthorizationResponse =
  | { readonly type: "code"; readonly code: Secret }
  | { readonly type: "error"; readonly error: string }
  /** Another sign-in's, or nobody's. */
  | { readonly type: "wrong-state" }
  /** Neither a code nor an error, or one of them twice. */
  | { readonly type: "incomplete" };

export function readResponse(params: URLSearchParams, state: string): AuthorizationResponse {
  const once = (name: string) => (params.getAll(name).length === 1 ? params.get(name) || undefined : undefined);
  if (!sameText(once("state") ?? "", state)) return { type: "wrong-state" };
  const [code, error] = [once("code"), once("error")];
  if (error !== undefined && code === undefined) return { type: "error", error };
  return code !== undefined && error === undefined && !params.has("error")
    ? { type: "code", code: new Secret(code) }
    : { type: "incomplete" };
}

/** In a time that does not tell where two texts differ. */
export function sameText(one: string, other: string): boolean {
  const { createHash, timingSafeEqual } = process.getBuiltinModule("node:crypto");
  const hash = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(hash(one), hash(other));
}

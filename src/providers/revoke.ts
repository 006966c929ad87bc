import type { Credential, ProviderName } from "../credential/credential.ts";
import type { Secret } from "../secret.ts";
import { jsonObject, retryAfter } from "../world/answer.ts";
import type { HttpAnswer, HttpRequest } from "../world/world.ts";
import { CLIENT_ID as ANTHROPIC_CLIENT, TOKEN_URL as ANTHROPIC_TOKENS } from "./anthropic-sign-in.ts";
import { proveClient } from "./custom-sign-in.ts";
import { CLIENT_ID as OPENAI_CLIENT, TOKEN_URL as OPENAI_TOKENS } from "./openai-sign-in.ts";
import type { RequestSettings } from "./provider.ts";
import { tokenRequest } from "./request.ts";

/** A token that is to be given back, and what it is (RFC 7009, section 2.1). */
export interface Ending {
  readonly token: Secret;
  readonly hint: "refresh_token" | "access_token";
  readonly clientId: string | undefined;
  readonly clientAuth: Credential["clientAuth"];
}

/** What the answer to a revocation says of the token. */
export type Revocation =
  /** Revoked, or not known (any more): a server does not tell the two apart (RFC 7009, section 2.2). */
  | { readonly type: "accepted" }
  /** The server will not do it, in its own word. */
  | { readonly type: "refused"; readonly error: string }
  /** Asking again may help. */
  | { readonly type: "passing"; readonly status: number; readonly waitMs: number | undefined };

/**
 * Where tokens are revoked; undefined if nobody has said it. A server that was named for the tokens is the only one
 * that may see them, so its address is taken from there.
 */
export function revokeUrlOf(
  provider: ProviderName,
  { tokenUrl }: RequestSettings,
  said: string | undefined,
): string | undefined {
  if (said !== undefined || provider === "custom") return said;
  if (provider === "anthropic") return `${tokenUrl ?? ANTHROPIC_TOKENS}/revoke`;
  return new URL("/oauth/revoke", tokenUrl ?? OPENAI_TOKENS).href;
}

/** Anthropic's and OpenAI's take JSON, as their programs send it at a sign-out; others a form (RFC 7009). */
export function revokeRequest(
  provider: ProviderName,
  url: string,
  { token, hint, clientId, clientAuth }: Ending,
  settings: RequestSettings,
): HttpRequest {
  const asked = { token: token.reveal(), token_type_hint: hint };
  if (provider === "custom") {
    const { headers, fields } = proveClient({ ...settings, clientId: settings.clientId ?? clientId }, clientAuth);
    return tokenRequest(url, { ...asked, ...fields }, settings, "form", headers);
  }
  const own = provider === "anthropic" ? ANTHROPIC_CLIENT : OPENAI_CLIENT;
  return tokenRequest(url, { ...asked, client_id: settings.clientId ?? clientId ?? own }, settings, "json");
}

/** `receivedAt`: local ms, for an answer without a `Date` header. */
export function readRevocation(provider: ProviderName, answer: HttpAnswer, receivedAt: number): Revocation {
  const { status, headers } = answer;
  const done = status >= 200 && status < 300;
  // Without it something else has answered: Claude Code takes no other for a success.
  if (done && (provider !== "anthropic" || Boolean(headers["request-id"]))) return { type: "accepted" };
  const said = jsonObject(answer)?.["error"];
  const { code, type } = (said instanceof Object ? said : { code: said }) as { code?: unknown; type?: unknown };
  const word = code ?? type;
  // Of a word that a server sends only what looks like one of the standard's is shown.
  if (typeof word === "string" && /^[a-z_]{1,40}$/.test(word) && status >= 400 && status < 500 && status !== 429) {
    return { type: "refused", error: word };
  }
  if (status === 405 || status === 404 || status === 400) return { type: "refused", error: `status ${status}` };
  return { type: "passing", status, waitMs: retryAfter(answer, receivedAt) };
}

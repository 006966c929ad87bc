import { Secret } from "../secret.ts";

/**
 * What the user stores, in the form in which it travels through this program.
 *
 * - `setup-token`: a bearer for about a year that cannot be refreshed.
 * - `access`: a bearer with an end, no refresh.
 * - `login`: refreshable. Its successive token sets are generations.
 */
export interface Credential {
  readonly kind: "setup-token" | "access" | "login";
  readonly provider: "anthropic";
  /** Counts the refreshes since the person signed in, as far as an envelope has carried it: 0 for a pasted one. */
  readonly generation: number;
  readonly access: Secret | undefined;
  /** ms since 1970, by the provider's clock; undefined if unknown. */
  readonly accessExpiresAt: number | undefined;
  readonly refresh: Secret | undefined;
  /** The end of the whole login, which no refresh moves; ms, undefined if unknown. */
  readonly loginExpiresAt: number | undefined;
  readonly scopes: readonly string[] | undefined;
  readonly clientId: string | undefined;
  readonly plan: string | undefined;
  /** Fields of the program's own file that we do not use: kept and written back. */
  readonly other: Readonly<Record<string, unknown>>;
  /** The refresh token before one that a consumer wrote: kept until that one has worked once. */
  readonly predecessor: Secret | undefined;
}

export const EMPTY: Omit<Credential, "kind"> = {
  provider: "anthropic",
  generation: 0,
  access: undefined,
  accessExpiresAt: undefined,
  refresh: undefined,
  loginExpiresAt: undefined,
  scopes: undefined,
  clientId: undefined,
  plan: undefined,
  other: {},
  predecessor: undefined,
};

/** How a credential is named to people. */
export function sayKind(credential: Credential): string {
  if (credential.kind === "setup-token") return "Claude setup token";
  if (credential.kind === "access") return "Claude access token";
  const { generation } = credential;
  return generation > 0 ? `Claude login (generation ${generation})` : "Claude login";
}

/** Whether the access token lives for `ms` from `now`. One whose end is unknown is taken to, unless it can be renewed. */
export function livesFor(credential: Credential, ms: number, now: number): boolean {
  if (!credential.access) return false;
  const { accessExpiresAt } = credential;
  return accessExpiresAt === undefined ? credential.kind !== "login" : accessExpiresAt - now > ms;
}

/** Every token in it, to be masked. */
export function tokensOf(credential: Credential): (Secret | undefined)[] {
  return [credential.access, credential.refresh, credential.predecessor];
}

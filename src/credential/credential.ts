import { MINUTE_MS } from "../duration.ts";
import { Secret } from "../secret.ts";

/** Who issues tokens: `custom` is any server by RFC 6749. */
export type ProviderName = "anthropic" | "openai" | "custom";

/**
 * What the user stores, in the form in which it travels through this program.
 *
 * - `setup-token`: a bearer for about a year that cannot be refreshed.
 * - `access`: a bearer with an end, no refresh.
 * - `login`: refreshable. Its successive token sets are generations.
 */
export interface Credential {
  readonly kind: "setup-token" | "access" | "login";
  readonly provider: ProviderName;
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
  /** How the client proves itself, where that had to be found out (RFC 6749, section 2.3.1). */
  readonly clientAuth: "post" | undefined;
  readonly plan: string | undefined;
  /** OpenAI's OpenID Connect token: Codex reads no file without one. */
  readonly idToken: Secret | undefined;
  /** OpenAI's id of the account, which every request names. */
  readonly accountId: string | undefined;
  /** Fields of Claude Code's file that we do not use: kept and written back. */
  readonly other: Readonly<Record<string, unknown>>;
  /** Where a login that many jobs share is kept; its refresh token is then sealed for those who have the ledger's key. */
  readonly shared: Shared | undefined;
  /** The refresh token before one that a consumer wrote: kept until that one has worked once. */
  readonly predecessor: Secret | undefined;
  /** Opens, together with the refresh token, the copy of a successor that could not be stored (recovery/). */
  readonly recovery: Secret | undefined;
}

export interface Shared {
  /** As in Ledger.place. */
  readonly place: string;
  readonly lineage: string;
  /** The refresh token, sealed under the root key. */
  readonly sealed: string;
  /** The ledger could not be written, so this copy is the only one of its generation. */
  readonly unpublished?: Unpublished;
}

export interface Unpublished {
  /** The lease that it was made under. */
  readonly epoch: number;
  /** The lineage that stood in the ledger then: another one, if it is that of a fresh sign-in. */
  readonly over: string;
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
  clientAuth: undefined,
  plan: undefined,
  idToken: undefined,
  accountId: undefined,
  other: {},
  shared: undefined,
  predecessor: undefined,
  recovery: undefined,
};

const OWNER = { anthropic: "Claude ", openai: "ChatGPT ", custom: "" } as const;

/** How a credential is named to people: `Claude login (generation 3)`. */
export function sayKind({ kind, provider, generation }: Credential): string {
  if (kind === "setup-token") return "Claude setup token";
  const name = `${OWNER[provider]}${kind === "access" ? "access token" : "login"}`;
  return kind === "login" && generation > 0 ? `${name} (generation ${generation})` : name;
}

/** An access token that ends sooner is not worth handing to a job. */
export const USABLE_MS = 5 * MINUTE_MS;

/** Whether the access token lives for `ms` from `now`. One whose end is unknown is taken to, unless it can be renewed. */
export function livesFor(credential: Credential, ms: number, now: number): boolean {
  if (!credential.access) return false;
  const { accessExpiresAt } = credential;
  return accessExpiresAt === undefined ? credential.kind !== "login" : accessExpiresAt - now > ms;
}

/** Every token in it, to be masked. */
export function tokensOf(credential: Credential): (Secret | undefined)[] {
  return [credential.access, credential.refresh, credential.predecessor, credential.idToken, credential.recovery];
}

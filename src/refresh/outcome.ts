import type { Code, Failure } from "../errors.ts";
import type { Secret } from "../secret.ts";

/** What a refresh answered. A missing field is one that the provider left out. */
export interface NewTokens {
  readonly access: Secret | undefined;
  readonly refresh: Secret | undefined;
  /** ms since 1970 by the provider's clock. */
  readonly accessExpiresAt: number | undefined;
  readonly loginExpiresAt: number | undefined;
  readonly scopes: readonly string[] | undefined;
  /** The provider's own ids of the account and the organisation: no names, no addresses. */
  readonly accountUuid: string | undefined;
  readonly organizationUuid: string | undefined;
  /** OpenAI alone gives these; see Credential. */
  readonly idToken?: Secret | undefined;
  readonly accountId?: string | undefined;
  readonly plan?: string | undefined;
}

/**
 * How one attempt to refresh ended. The kinds differ in what they say about the refresh token that was sent,
 * so that none is ever taken for another.
 */
export type Outcome =
  | { readonly type: "refreshed"; readonly tokens: NewTokens }
  /** No byte of the request left: the token is as it was. */
  | { readonly type: "not-sent"; readonly reason: string }
  /** Turned away before the token was looked at (429, or a filter at the edge): the token is as it was. */
  | { readonly type: "throttled"; readonly status: number; readonly retryAfterMs: number | undefined }
  /** The provider will never accept this token again. */
  | { readonly type: "refused"; readonly why: "spent-or-revoked" | "spent" | "revoked" | "login-ended" | "no-account" }
  /** The account needs its owner; the token is as it was. */
  | { readonly type: "attention"; readonly page: string | undefined }
  /** The provider did not understand us; the token is as it was. */
  | { readonly type: "mistake"; readonly error: string }
  /** Sent, and no clear answer: the token may have been spent. */
  | { readonly type: "ambiguous"; readonly reason: string };

/**
 * What a provider's own program tells of an answer that was none of the above: that the login was not taken, and not
 * why. It may be over, on hold, or asked for in a wrong way, so it is not to be called dead.
 */
export interface NotTaken {
  readonly type: "not-taken";
  /** The program, as people call it. */
  readonly program: string;
}

/** Failures after which the stored login is as good as before. */
const HARMLESS: ReadonlySet<Code> = new Set<Code>([
  "provider-unreachable",
  "throttled",
  "github-unreachable",
  "snapshot-stale",
  "secret-forbidden",
  "secret-not-found",
  "program-missing",
  "ledger-forbidden",
  "ledger-unreachable",
]);

/** Whether a job may go on with the access token that it has. */
export const nothingWasSpent = (failure: Failure): boolean => HARMLESS.has(failure.code);

import { readScopes } from "../credential/claude-file.ts";
import { possibleTime } from "../duration.ts";
import type { NewTokens, Outcome } from "../refresh/outcome.ts";
import { secretOf } from "../secret.ts";
import { jsonObject, retryAfter } from "../world/answer.ts";
import type { HttpAnswer } from "../world/world.ts";

export type Body = Readonly<Record<string, unknown>>;

/** What one provider's answers have beyond what every token endpoint says in the same way. */
export interface Dialect {
  /** More fields of a success, or better ones; `serverTime` in ms. */
  more(body: Body, serverTime: number): Partial<NewTokens>;
  /** A status that is neither 2xx, 429 nor 5xx; `body` is undefined if it is no JSON object. */
  refusal(answer: HttpAnswer, body: Body | undefined, receivedAt: number): Outcome;
}

/**
 * What a token endpoint's answer means (RFC 6749, section 5). A success without all of its tokens counts with
 * those that it has: the one that was sent may be spent.
 *
 * @param receivedAt local ms, for an answer without a `Date` header
 */
export function readTokenAnswer(answer: HttpAnswer, receivedAt: number, dialect: Dialect): Outcome {
  const { status } = answer;
  const body = jsonObject(answer);
  if (status === 429) return { type: "throttled", status, retryAfterMs: retryAfter(answer, receivedAt) };
  if (status >= 500) return unclear(`status ${status}`);
  if (status < 200 || status > 299) return dialect.refusal(answer, body, receivedAt);
  if (!body) return unclear("200 without JSON");

  const serverTime = answer.date ?? receivedAt;
  const tokens: NewTokens = {
    access: secretOf(body["access_token"]),
    refresh: secretOf(body["refresh_token"]),
    accessExpiresAt: after(serverTime, body["expires_in"]),
    loginExpiresAt: undefined,
    scopes: readScopes(body["scope"]),
    accountUuid: undefined,
    organizationUuid: undefined,
    ...dialect.more(body, serverTime),
  };
  return tokens.access || tokens.refresh || tokens.idToken
    ? { type: "refreshed", tokens }
    : unclear("200 without tokens");
}

/** Errors that are found before the grant is looked at, by RFC 6749 (section 5.2) or by an API in front of it. */
export const MISTAKES: ReadonlySet<unknown> = new Set([
  "invalid_scope",
  "invalid_client",
  "unauthorized_client",
  "unsupported_grant_type",
  "invalid_request",
  "invalid_request_error",
]);

export const unclear = (reason: string): Outcome => ({ type: "ambiguous", reason });

/** An address or agent filter in front of the endpoint: the token was not looked at. */
export const turnedAway = ({ status }: HttpAnswer): Outcome => ({ type: "throttled", status, retryAfterMs: undefined });

/** A web page: no token endpoint speaks so, only what stands in front of it. */
export const isPage = ({ body }: HttpAnswer): boolean => /^\s*</.test(body);

/** The time (ms) that lies `seconds` after another; undefined for what is no number above 0, or the text of one. */
export function after(serverTime: number, seconds: unknown): number | undefined {
  const count = numberOf(seconds);
  return count > 0 ? possibleTime(serverTime + count * 1000) : undefined;
}

/** NaN for all but numbers and texts: `Number` throws for some objects, and tokens that are paid for would be lost. */
export const numberOf = (value: unknown): number =>
  typeof value === "number" || typeof value === "string" ? Number(value) : Number.NaN;

/** Only an https address without a query is shown: nothing else that a server sends reaches the log. */
export function safePage(page: unknown): string | undefined {
  return typeof page === "string" && /^https:\/\/[\w.-]+(\/[\w./-]*)?$/.test(page) ? page : undefined;
}

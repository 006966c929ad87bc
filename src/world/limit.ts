import { retryAfter } from "./answer.ts";
import type { HttpAnswer } from "./world.ts";

/** Without a time that GitHub names, it asks for a minute at least. */
const MINUTE_MS = 60_000;

/**
 * How long GitHub asks to wait, ms; undefined if it does not. Its rate limits answer 403 or 429: the primary one with a
 * time of reset, the secondary ones with `Retry-After`, or with words alone. An overload is a 503 with `Retry-After`,
 * which may have been carried out all the same.
 */
export function limitWait(answer: HttpAnswer, now: number): number | undefined {
  if (answer.status !== 403 && answer.status !== 429 && answer.status !== 503) return undefined;
  const asked = retryAfter(answer, now);
  if (asked !== undefined) return asked;
  if (answer.headers["x-ratelimit-remaining"] === "0") {
    const reset = Number(answer.headers["x-ratelimit-reset"]) * 1000;
    // A second more: the reset is told in whole ones.
    return Number.isNaN(reset) ? MINUTE_MS : Math.max(1000, reset - (answer.date ?? now) + 1000);
  }
  return answer.status === 429 || /secondary rate limit/i.test(answer.body) ? MINUTE_MS : undefined;
}

import { isoTime, sayDuration, sayTime } from "../../duration.ts";

/** `in 3 h 5 min (2026-11-21 18:05 UTC)`; `not known` without a time. All in ms. */
export function sayWhen(ms: number | undefined, now: number): string {
  if (ms === undefined) return "not known";
  const distance = ms > now ? `in ${sayDuration(ms - now)}` : `${sayDuration(now - ms)} ago`;
  return `${distance} (${sayTime(ms)})`;
}

/** ISO 8601 for scripts; null for a time that is not known. */
export const isoOrNull = (ms: number | undefined): string | null => (ms === undefined ? null : isoTime(ms));

import type { HttpAnswer } from "./world.ts";

/** The body as a JSON object, or undefined if it is anything else. */
export function jsonObject(answer: HttpAnswer): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(answer.body.replace(/^\uFEFF/, ""));
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** `Retry-After` in ms: seconds, or a date to be held against the server's own clock (RFC 9110, 10.2.3). */
export function retryAfter(answer: HttpAnswer, receivedAt: number): number | undefined {
  const value = answer.headers["retry-after"];
  if (value === undefined) return undefined;
  if (/^\d+$/.test(value)) return Number(value) * 1000;
  const until = Date.parse(value) - (answer.date ?? receivedAt);
  return Number.isNaN(until) ? undefined : Math.max(0, until);
}

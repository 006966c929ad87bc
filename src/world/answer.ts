import { parseObject } from "../json.ts";
import type { HttpAnswer } from "./world.ts";

/** The body as a JSON object, or undefined if it is anything else. */
export const jsonObject = ({ body }: HttpAnswer): Record<string, unknown> | undefined =>
  parseObject(body.replace(/^\uFEFF/, ""));

/** `Retry-After` in ms: seconds, or a date to be held against the server's own clock (RFC 9110, 10.2.3). */
export function retryAfter(answer: HttpAnswer, receivedAt: number): number | undefined {
  const value = answer.headers["retry-after"];
  if (value === undefined) return undefined;
  if (/^\d+$/.test(value)) return Number(value) * 1000;
  const until = Date.parse(value) - (answer.date ?? receivedAt);
  return Number.isNaN(until) ? undefined : Math.max(0, until);
}

import type { Reply } from "../core/network.ts";

export const wholeSeconds = (ms: number): string =>
  new Date(Math.floor(ms / 1000) * 1000).toISOString().replace(".000", "");

export const told = (what: string, body: object, status = 200): Reply => ({
  status,
  body: JSON.stringify(body),
  effect: { kind: "told", what },
});

export const decline = (status: number, body: object, headers: Record<string, string> = {}): Reply => ({
  status,
  headers,
  body: JSON.stringify(body),
  effect: { kind: "declined", what: `declines with ${status}` },
});

/** What a refusal is that was due to the token alone. */
export const MAY_NOT = "declines, since the token may not";

export const forbid = (status: number, message: string, headers: Record<string, string> = {}): Reply => ({
  ...decline(status, { message }, headers),
  effect: { kind: "declined", what: MAY_NOT },
});

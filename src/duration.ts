const UNIT_MS = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
export const MINUTE_MS = UNIT_MS.m;
export const HOUR_MS = UNIT_MS.h;

/** `90m`, `1h30m`, `10d` as milliseconds; undefined for anything else. */
export function parseDuration(text: string): number | undefined {
  if (!/^(\d{1,6}[smhd])+$/.test(text)) return undefined;
  let total = 0;
  for (const [, count, unit] of text.matchAll(/(\d+)([smhd])/g)) {
    total += Number(count) * UNIT_MS[unit as keyof typeof UNIT_MS];
  }
  return total;
}

/** Milliseconds as a person says it: `27 days`, `5 h 12 min`, `40 s`. */
export function sayDuration(ms: number): string {
  const left = Math.max(0, ms);
  if (left >= 2 * UNIT_MS.d) return `${Math.floor(left / UNIT_MS.d)} days`;
  const hours = Math.floor(left / UNIT_MS.h);
  const minutes = Math.floor((left % UNIT_MS.h) / UNIT_MS.m);
  if (hours > 0) return minutes > 0 ? `${hours} h ${minutes} min` : `${hours} h`;
  return minutes > 0 ? `${minutes} min` : `${Math.ceil(left / 1000)} s`;
}

/** `2026-11-21 14:05 UTC` */
export function sayTime(ms: number): string {
  return `${isoTime(ms).slice(0, 16).replace("T", " ")} UTC`;
}

/** ISO 8601 in seconds, for outputs and the envelope. */
export function isoTime(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, "Z");
}

/** A time that a date can have, or undefined: what comes from outside may be any number. */
export function possibleTime(ms: number): number | undefined {
  return ms > 0 && ms <= 8.64e15 ? ms : undefined;
}

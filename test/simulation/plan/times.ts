/** In ms. */
export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;

/** How close together things happen: all at once, within half a minute, within minutes, or over a day. */
export type Tempo = "stampede" | "burst" | "minutes" | "hours";

/**
 * The clock of the demo, in every process of it: `Date.now` is shifted, so that a night passes in no time.
 *
 * The demo imports this module and moves its clock; the servers live in the same process and follow. A step is given
 * the variable below and loads this module before the action (`--import`), so that it reads the same time.
 */
export const CLOCK_VARIABLE = "DEMO_CLOCK_SHIFT_MS";

const real = Date.now;
let shift = Number(process.env[CLOCK_VARIABLE] ?? 0);
Date.now = () => real() + shift;

/** Lets `ms` milliseconds pass (negative: goes back). */
export function pass(ms: number): void {
  shift += ms;
}

/** The variable that sets the clock of a child process to this one. */
export function clockOfChild(): Record<string, string> {
  return { [CLOCK_VARIABLE]: String(shift) };
}

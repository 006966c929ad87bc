import type { SignalHold, World } from "../world/world.ts";

/** A try and the pause after it hardly take longer: then the machine has slept meanwhile, or its clock was set. */
const LONGEST_TRY_MS = 45_000;

/**
 * Until when (local ms) something may be tried once more: for `forMs` from now on, and for `afterSignalMs` once the
 * runner has asked us to stop. The time in which the machine slept does not count, since nothing could be tried. To
 * be asked after each try.
 */
export function deadlineFor(world: World, forMs: number, hold?: SignalHold, afterSignalMs = 0): () => number {
  const begun = world.now();
  let since = begun;
  let slept = 0;
  return () => {
    const now = world.now();
    slept += Math.max(0, now - since - LONGEST_TRY_MS);
    since = now;
    return Math.min(begun + slept + forMs, (hold?.signalledAt() ?? Number.POSITIVE_INFINITY) + afterSignalMs);
  };
}

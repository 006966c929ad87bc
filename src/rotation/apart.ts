import type { World } from "../world/world.ts";
import { asking, STALE_AFTER_MS, told } from "./rotate.ts";
import type { Meta, SecretStore } from "./secret-store.ts";

/** A copy is stored within a call's time of its `savedAt`: what is further ahead was written by a clock that was wrong. */
const LONGEST_WAIT_MS = 30_000;
/** So often it is asked whether to go on waiting. */
const STEP_MS = 1000;

/**
 * Before something replaces the copy of `savedAt`: waits until GitHub's clock is so far ahead of it that whoever holds
 * that copy will know it for an old one. Only a job that comes right after the last storing has to wait. Gives what
 * GitHub tells then. Throws a Failure if it does not answer.
 *
 * @param savedAt ms by GitHub's clock
 * @param seen what GitHub has just told
 * @param mayWait false ends the waiting
 */
export async function comeApart(
  world: World,
  store: SecretStore,
  savedAt: number,
  seen?: Meta,
  mayWait: () => boolean = () => true,
): Promise<Meta> {
  const { location } = store;
  const ask = () => asking(world)(store.meta);
  try {
    let meta = seen ?? (await ask());
    const { updatedAt = 0 } = meta;
    // It may have been written twice, where the first answer was lost.
    const last = Math.max(savedAt, updatedAt) + STALE_AFTER_MS;
    const isOld = updatedAt > savedAt + STALE_AFTER_MS;
    if (isOld || meta.date > last || last - meta.date > LONGEST_WAIT_MS) return meta;
    // GitHub's clock shows whole seconds.
    let left = last - meta.date + 1000;
    world.runner.log(
      `Waiting ${Math.ceil(left / 1000)} s: ${location.label} was written a moment ago. By GitHub's times a renewal right after that could not be told from it.`,
    );
    for (; meta.date <= last && mayWait(); left = STEP_MS) {
      for (; left > 0 && mayWait(); left -= STEP_MS) await world.sleep(Math.min(STEP_MS, left));
      meta = await ask();
    }
    return meta;
  } catch (error) {
    throw await told(error, location);
  }
}

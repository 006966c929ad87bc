import type { Credential } from "../credential/credential.ts";
import type { FileEntry } from "../targets/manifest.ts";
import type { World } from "../world/world.ts";
import { readBack } from "./read-back.ts";

/** What a secret was seen to take: the login, and the next baseline of that place (see `Prepared.baseline`). */
export interface StoredNow {
  readonly login: Credential;
  readonly at: number;
  /** The time in its envelope, ms. */
  readonly savedAt: number;
}

/**
 * Storing may take minutes, in which a program that goes on may renew the login once more. Looks at the files right
 * before they are removed. Gives what settles that one as well, as if main had stored the login before it; undefined if
 * there is none, or if it is not known what a newer one would have to replace, which is said.
 *
 * @param captured what was taken over before
 * @param stored where that was stored; undefined if it was not, or in a ledger
 */
export async function onceMore(
  world: World,
  files: readonly FileEntry[],
  captured: Credential,
  stored: StoredNow | undefined,
): Promise<World | undefined> {
  for (const entry of files) {
    if (!(await readBack(world, entry, captured))?.credential) continue;
    if (stored) {
      const own = { STATE_stored: String(stored.at), STATE_putting: String(stored.savedAt) };
      return { ...world, env: { ...world.env, ...NOTHING_ELSE, ...own } };
    }
    world.runner.warning(
      `${entry.path}: the program renewed the login once more while this step was at work on the one before, and this ` +
        "one could not be taken over: what is stored has ended, sign in again.",
    );
  }
  return undefined;
}

/** What main renewed, took over and copied has been dealt with. */
const NOTHING_ELSE = {
  STATE_capsule: undefined,
  STATE_taken: undefined,
  STATE_copied: undefined,
  STATE_unprojected: undefined,
};

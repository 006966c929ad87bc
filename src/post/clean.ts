import type { Inputs } from "../inputs.ts";
import type { Secret } from "../secret.ts";
import { lockedAgainst, parsed } from "../targets/file.ts";
import { loadTarget } from "../targets/load.ts";
import { type FileEntry, removeFolders } from "../targets/manifest.ts";
import type { FileTarget, Slot } from "../targets/target.ts";
import type { World } from "../world/world.ts";

const { dirname } = process.getBuiltinModule("node:path");

/**
 * Removes or restores what main wrote, by its manifest, and only what is still ours: a neighbour on a shared
 * home may have written since.
 *
 * @param isOurs whether this run wrote a token, or took it over
 */
export async function clean(
  world: World,
  inputs: Inputs,
  entries: readonly FileEntry[],
  isOurs: (token: Secret) => boolean,
): Promise<void> {
  for (const entry of entries) {
    try {
      await cleanOne(world, inputs, entry, isOurs);
    } catch (error) {
      // One file that resists must not keep the others from being cleaned.
      const { asFailure } = await import("../as-failure.ts");
      world.runner.warning(`${entry.path} could not be put back. ${asFailure(error).explain()}`);
    }
  }
}

async function cleanOne(
  world: World,
  inputs: Inputs,
  entry: FileEntry,
  isOurs: (token: Secret) => boolean,
): Promise<void> {
  const { path, temp, made, backup } = entry;
  const target = await loadTarget(entry.target);
  // A copy that cannot be read is not the same as no file: what is not ours stays.
  const before = backup && ((await import("../capsule-open.ts")).readCapsule(world, inputs.sealingKey, backup) ?? "{}");
  const putBack = () => {
    const present = world.files.read(path);
    if (present === before) return;
    const wanted = cleaned(target, entry.slot, present, before, isOurs, world.now());
    if (wanted === present) {
      world.runner.log(`Left ${path} as it is: somebody else has written a login there since.`);
    } else if (wanted === undefined) {
      world.files.remove(path);
      world.runner.log(`Removed ${path}.`);
    } else {
      world.files.makeFolder(dirname(path)); // the job may have removed it
      world.files.openBeside(path).commit(wanted);
      world.runner.log(`Restored ${path}.`);
    }
  };
  // Where it stands still, main has put nothing in its place.
  if (!world.files.exists(temp)) await lockedAgainst(world, { target, entry }, putBack);
  world.files.remove(temp);
  if (backup !== undefined) world.files.remove(backup);
  removeFolders(world, made);
}

/**
 * What a file is to be after us: as it was before, with what others have changed in it since. Undefined: no file.
 *
 * @param present the file as it stands; undefined if the job removed it
 * @param before the file as it was before main; undefined if there was none
 */
function cleaned(
  target: FileTarget,
  slot: Slot,
  present: string | undefined,
  before: string | undefined,
  isOurs: (token: Secret) => boolean,
  now: number,
): string | undefined {
  if (present === undefined) return before;
  const doc = target.parse(present);
  // The beginning of a login: a program was stopped while it wrote our file in place.
  if (!doc) return /sk-ant-|eyJ|"(claudeAi|tokens|profiles|anthropic|openai)/.test(present) ? before : present;
  const section = target.get(doc, slot);
  const login = section && target.read(section, slot, now);
  // The mark that a program makes of a login that has ended: of ours.
  // A program that renewed its access token may have got no new refresh token: that one is still known.
  const ours = login
    ? [login.access, login.refresh].some((token) => token && isOurs(token))
    : section !== undefined && target.ended?.(section) === true;
  if (!section || !ours) return present;
  const without = (other: typeof doc) => target.set(other, slot, undefined);
  const old = parsed(target, before ?? "");
  // Without a file before us, what is left of one that only we wrote.
  const rest = before === undefined ? without(target.set(old, slot, section)) : without(old);
  if (JSON.stringify(inOrder(without(doc))) === JSON.stringify(inOrder(rest))) return before;
  return target.print(target.set(doc, slot, target.get(old, slot)));
}

/** A value whose keys stand in the order of the alphabet: programs write theirs in any. */
function inOrder(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inOrder);
  if (!(value instanceof Object)) return value;
  const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, inner]) => [key, inOrder(inner)]));
}

import type { Credential } from "../credential/credential.ts";
import { parsed } from "../targets/file.ts";
import { loadTarget } from "../targets/load.ts";
import type { FileEntry } from "../targets/manifest.ts";
import type { FileTarget } from "../targets/target.ts";
import type { World } from "../world/world.ts";
import { type Capture, capture } from "./capture.ts";

/** Some programs write in place: what is cut off now may be whole in a moment. */
const LOOKS = 3;
const PAUSE_MS = 750;

/**
 * What its program has made of a file that was handed out with a refresh token; see `capture`. A program in the midst
 * of a refresh is waited for by its own locks (also in a folder that main made: it has been used since), for as long as
 * in writing; then, or where they cannot be had, the file is judged as it stands. They are given back before it returns.
 *
 * @param known the generation that we wrote
 */
export async function readBack(world: World, entry: FileEntry, known: Credential): Promise<Capture | undefined> {
  // Main was stopped before it wrote the file: what stands there is somebody else's.
  if (world.files.exists(entry.temp)) return undefined;
  const target = await loadTarget(entry.target);
  // What is read has to be stored before the runner kills.
  const hold = world.holdSignals();
  let release: (() => void) | undefined;
  try {
    release = await lockedOrNot(world, target, entry.path, () => hold.signalledAt() === undefined);
    for (let looks = 1; ; looks++) {
      const found = look(world, target, entry, known);
      if (!found?.unfinished || looks === LOOKS) return found;
      await world.sleep(PAUSE_MS);
    }
  } finally {
    release?.();
    hold.release();
  }
}

function look(world: World, target: FileTarget, { slot, path }: FileEntry, known: Credential): Capture | undefined {
  const section = target.get(parsed(target, world.files.read(path) ?? ""), slot);
  const read = section && target.read(section, slot, world.now());
  return capture(read, section !== undefined && target.ended?.(section) === true, known);
}

/** Gives what returns the locks; undefined if they could not be had, or there are none. */
async function lockedOrNot(
  world: World,
  target: FileTarget,
  path: string,
  mayWait: () => boolean,
): Promise<(() => void) | undefined> {
  const locks = target.locks?.(path);
  const folder = process.getBuiltinModule("node:path").dirname(path);
  if (!locks || !world.files.exists(folder)) return undefined;
  const { takeLocks } = await import("../targets/lock.ts");
  try {
    return await takeLocks(world, locks, mayWait);
  } catch {
    world.runner.log(`${path}: its program keeps its lock, or none can be made there; the file is read as it stands.`);
    return undefined;
  }
}

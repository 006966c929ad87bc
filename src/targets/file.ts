import { openCapsule } from "../capsule.ts";
import type { Credential } from "../credential/credential.ts";
import type { Inputs } from "../inputs.ts";

import type { PendingFile } from "../world/files.ts";
import type { World } from "../world/world.ts";
import { type FileEntry, removeFolders } from "./manifest.ts";
import type { ProgramName } from "./names.ts";
import { refuseUnsafe, whereabouts } from "./place.ts";
import type { Doc, FileTarget, Slot } from "./target.ts";

const { dirname } = process.getBuiltinModule("node:path");

/** A program's file that is about to be written. */
export interface OpenFile {
  readonly target: FileTarget;
  readonly entry: FileEntry;
  readonly pending: PendingFile;
}

/** Opens the file now, so that a full disk or a missing right is found before a token is spent. */
export function openFile(world: World, inputs: Inputs, target: FileTarget, slot: Slot): OpenFile {
  const path = target.path(whereabouts(world, inputs));
  refuseUnsafe(world, path);
  const made = world.files.makeFolder(dirname(path));
  try {
    const backup = keepBackup(world, inputs, path);
    const pending = world.files.openBeside(path);
    const entry = { target: target.name as ProgramName, slot, path, temp: pending.temp, made, backup };
    return { target, entry, pending };
  } catch (error) {
    removeFolders(world, made);
    throw error;
  }
}

/** Writes the login. The file is read again: a program may have changed the rest of it since it was opened. */
export async function writeFile(world: World, open: OpenFile, credential: Credential, full: boolean): Promise<void> {
  const { target, entry, pending } = open;
  const { slot, path } = entry;
  await lockedAgainst(world, open, () => {
    const text = world.files.read(path) ?? "";
    const section = target.write(credential, { full, now: world.now() });
    pending.commit(target.print(target.set(parsed(target, text), slot, section)));
  });
}

/** A text that the program could not read is worth no more to it than none. */
export const parsed = (target: FileTarget, text: string): Doc => target.parse(text) ?? target.parse("") ?? {};

export function discardFile(world: World, { entry, pending }: OpenFile): void {
  pending.discard();
  if (entry.backup !== undefined) world.files.remove(entry.backup);
  removeFolders(world, entry.made);
}

/** Holds the program's own locks meanwhile, where it may be running: in a folder that was there before us. */
export async function lockedAgainst(
  world: World,
  { target, entry }: Pick<OpenFile, "target" | "entry">,
  work: () => void,
): Promise<void> {
  const shared = entry.made.length === 0 && world.files.exists(dirname(entry.path));
  const locks = shared ? target.locks?.(entry.path) : undefined;
  if (!locks) return work();
  const { withLocks } = await import("./lock.ts");
  await withLocks(world, locks, work);
}

/** Seals the bytes of a file that is there already (on a machine that outlives the job), to be put back by post. */
function keepBackup(world: World, inputs: Inputs, path: string): string | undefined {
  const present = world.files.read(path);
  if (present === undefined) return undefined;
  const capsule = openCapsule(world, inputs.sealingKey, "backup");
  capsule.save(present);
  return capsule.path;
}

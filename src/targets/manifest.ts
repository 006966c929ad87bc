import type { World } from "../world/world.ts";
import type { ProgramName } from "./names.ts";
import type { Slot } from "./target.ts";

/** One file that this run writes: saved for post before a token of it touches the disk. */
export interface FileEntry {
  readonly target: ProgramName;
  readonly slot: Slot;
  readonly path: string;
  /** The unnamed half of the write; gone once the file stands. Until then all in that is somebody else's. */
  readonly temp: string;
  /** Folders that did not exist before, outermost first. */
  readonly made: readonly string[];
  /** A sealed copy of the bytes that were there before; undefined if there was no file. */
  readonly backup: string | undefined;
}

const STATE = "files";

export function saveManifest(world: World, entries: readonly FileEntry[]): void {
  world.runner.state(STATE, JSON.stringify(entries));
}

export function loadManifest(world: World): FileEntry[] {
  const text = world.env[`STATE_${STATE}`];
  return text ? (JSON.parse(text) as FileEntry[]) : [];
}

/** Removes the folders that this run made, innermost first, as far as they are empty. */
export function removeFolders(world: World, made: readonly string[]): void {
  for (const folder of made.toReversed()) world.files.removeFolder(folder);
}

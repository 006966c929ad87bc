import { readCapsule } from "../capsule.ts";
import type { Credential } from "../credential/credential.ts";
import type { Inputs } from "../inputs.ts";
import type { Secret } from "../secret.ts";
import { claudeSection, parseClaude, renderClaude } from "../targets/claude.ts";
import { type FileEntry, removeFolders } from "../targets/manifest.ts";
import type { World } from "../world/world.ts";

/**
 * Removes or restores what main wrote, by its manifest, and only what is still ours: a neighbour on a shared
 * home may have written since.
 *
 * @param ours every credential that this run wrote or took over
 */
export function clean(world: World, inputs: Inputs, files: readonly FileEntry[], ours: readonly Credential[]): void {
  for (const entry of files) {
    world.files.remove(entry.temp);
    cleanFile(world, inputs, entry, ours);
    removeFolders(world, entry.made);
  }
}

function cleanFile(world: World, inputs: Inputs, entry: FileEntry, ours: readonly Credential[]): void {
  const { path, backup } = entry;
  const present = world.files.read(path);
  const before = backup === undefined ? undefined : readCapsule(world, inputs.credential as Secret, backup);
  if (present === undefined && before !== undefined) {
    world.files.openBeside(path).commit(before); // a program removed what stood in its place
    world.runner.log(`Restored ${path}.`);
  } else if (present !== undefined && present !== before) {
    const renderings = ours.flatMap((login) => [true, false].map((full) => renderClaude(before, login, full)));
    const section = claudeSection(present);
    // As it was written, or the beginning of it: a program was stopped while it wrote the file in place.
    const untouched = renderings.some((text) => text.startsWith(present));
    if (untouched || (section && isOurs(section, ours))) {
      const restored = untouched ? before : withSectionOf(before, present);
      if (restored === undefined) world.files.remove(path);
      else world.files.openBeside(path).commit(restored);
      world.runner.log(restored === undefined ? `Removed ${path}.` : `Restored ${path}.`);
    } else if (section) {
      world.runner.log(`Left ${path} as it is: somebody else has written a login there since.`);
    }
  }
  if (backup !== undefined) world.files.remove(backup);
}

/** By its access token; the mark of a dead login is what Claude Code makes of ours. */
function isOurs(section: Readonly<Record<string, unknown>>, ours: readonly Credential[]): boolean {
  const token = section["accessToken"];
  if (token === "" && section["refreshToken"] === "") return true;
  return ours.some(({ access }) => access !== undefined && access.reveal() === token);
}

/** The file as it stands, with the login that was there before; undefined if then nothing is left in it. */
function withSectionOf(before: string | undefined, present: string): string | undefined {
  const { claudeAiOauth: _ours, ...rest } = parseClaude(present);
  const section = claudeSection(before);
  if (section) return JSON.stringify({ ...rest, claudeAiOauth: section });
  return Object.keys(rest).length > 0 || before !== undefined ? JSON.stringify(rest) : undefined;
}

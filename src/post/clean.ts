import { readCapsule } from "../capsule.ts";
import { parseObject } from "../json.ts";
import type { Inputs } from "../inputs.ts";
import { type Secret, secretOf } from "../secret.ts";
import { claudeSection, parseClaude } from "../targets/claude.ts";
import { type FileEntry, removeFolders } from "../targets/manifest.ts";
import type { World } from "../world/world.ts";

/**
 * Removes or restores what main wrote, by its manifest, and only what is still ours: a neighbour on a shared
 * home may have written since.
 *
 * @param isOurs whether this run wrote an access token, or took it over
 */
export function clean(
  world: World,
  inputs: Inputs,
  files: readonly FileEntry[],
  isOurs: (token: Secret) => boolean,
): void {
  for (const { path, temp, made, backup } of files) {
    world.files.remove(temp);
    // A copy that cannot be read is not the same as no file: what is not ours stays.
    const before = backup && (readCapsule(world, inputs.credential as Secret, backup) ?? "{}");
    const present = world.files.read(path);
    if (present !== before) {
      const wanted = cleaned(present, before, isOurs);
      if (wanted === present) {
        world.runner.log(`Left ${path} as it is: somebody else has written a login there since.`);
      } else if (wanted === undefined) {
        world.files.remove(path);
        world.runner.log(`Removed ${path}.`);
      } else {
        world.files.openBeside(path).commit(wanted);
        world.runner.log(`Restored ${path}.`);
      }
    }
    if (backup !== undefined) world.files.remove(backup);
    removeFolders(world, made);
  }
}

/**
 * What a file is to be after us: as it was before, with what others have changed in it since. Undefined: no file.
 *
 * @param present the file as it stands; undefined if the job removed it
 * @param before the file as it was before main; undefined if there was none
 */
function cleaned(
  present: string | undefined,
  before: string | undefined,
  isOurs: (token: Secret) => boolean,
): string | undefined {
  if (present === undefined) return before;
  // The beginning of a login: a program was stopped while it wrote our file in place.
  if (!parseObject(present)) return /"claudeAi|sk-ant-/.test(present) ? before : present;
  const { claudeAiOauth: _ours, ...others } = parseClaude(present);
  const section = claudeSection(present);
  const token = secretOf(section?.["accessToken"]);
  // Empty tokens are the mark that Claude Code makes of a login that has ended: of ours.
  if (section && token ? !isOurs(token) : section?.["refreshToken"] !== "") return present;
  const { claudeAiOauth: theirs, ...othersBefore } = parseClaude(before);
  if (JSON.stringify(others) === JSON.stringify(othersBefore)) return before;
  return JSON.stringify(theirs === undefined ? others : { ...others, claudeAiOauth: theirs });
}

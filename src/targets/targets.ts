import { openCapsule } from "../capsule.ts";
import type { Credential } from "../credential/credential.ts";
import type { Inputs } from "../inputs.ts";
import type { Secret } from "../secret.ts";
import type { PendingFile } from "../world/files.ts";
import type { World } from "../world/world.ts";
import { claudeFile, refuseUnsafe, renderClaude } from "./claude.ts";
import { type FileEntry, removeFolders, saveManifest } from "./manifest.ts";

const { dirname } = process.getBuiltinModule("node:path");

/** The targets of a step, opened before a token is spent, so that a full disk or a missing right is found first. */
export interface OpenTargets {
  /** Writes the credential everywhere; gives the paths of the files. */
  write(credential: Credential): string[];
  discard(): void;
}

export function openTargets(world: World, inputs: Inputs): OpenTargets {
  const entries: FileEntry[] = [];
  const pending: { path: string; file: PendingFile }[] = [];
  if (inputs.targets.some((target) => target.name === "claude")) {
    const path = claudeFile(world, inputs);
    refuseUnsafe(world, path);
    const made = world.files.makeFolder(dirname(path));
    try {
      const backup = keepBackup(world, inputs, path);
      const file = world.files.openBeside(path);
      pending.push({ path, file });
      entries.push({ path, temp: file.temp, made, backup });
    } catch (error) {
      removeFolders(world, made);
      throw error;
    }
    saveManifest(world, entries);
  }
  return {
    write(credential) {
      const token = credential.access?.reveal() ?? "";
      for (const { path, file } of pending) {
        // Read again: a program may have changed its other keys since the file was opened.
        file.commit(renderClaude(world.files.read(path), credential, inputs.writeRefreshToken));
      }
      for (const target of inputs.targets) {
        if (target.name === "env") world.runner.variable(target.variable, token);
        if (target.name === "output") world.runner.outputs({ "access-token": token });
      }
      return pending.map(({ path }) => path);
    },
    discard() {
      for (const { file } of pending) file.discard();
      for (const { made, backup } of entries) {
        if (backup !== undefined) world.files.remove(backup);
        removeFolders(world, made);
      }
      saveManifest(world, []);
    },
  };
}

/** Seals the bytes of a file that is there already (on a machine that outlives the job), to be put back by post. */
function keepBackup(world: World, inputs: Inputs, path: string): string | undefined {
  const present = world.files.read(path);
  if (present === undefined) return undefined;
  const capsule = openCapsule(world, inputs.credential as Secret, "backup");
  capsule.save(present);
  return capsule.path;
}

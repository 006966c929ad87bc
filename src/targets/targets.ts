import type { Credential } from "../credential/credential.ts";
import { InputProblems } from "../input-problems.ts";
import type { Inputs } from "../inputs.ts";
import { quietly } from "../quietly.ts";
import type { World } from "../world/world.ts";
import { discardFile, type OpenFile, openFile, writeFile } from "./file.ts";
import { loadTarget } from "./load.ts";
import { saveManifest } from "./manifest.ts";
import { isProgram, type ProgramName } from "./names.ts";
import type { OpenclawDone, OpenclawProgram } from "./openclaw-program.ts";
import { whereabouts } from "./place.ts";
import type { FileTarget, Slot } from "./target.ts";

/** The targets of a step, opened before a token is spent. */
export interface OpenTargets {
  /** Writes the credential everywhere; gives the paths of the files. */
  write(credential: Credential): Promise<string[]>;
  discard(): void;
  /** Why programs would not use what was written, for people. */
  shadows(): string[];
}

/** A program that keeps its logins where only it may write. */
interface OpenProgram {
  readonly program: OpenclawProgram;
  readonly done: OpenclawDone;
}

export async function openTargets(world: World, inputs: Inputs, slot: Slot): Promise<OpenTargets> {
  const files: OpenFile[] = [];
  const programs: OpenProgram[] = [];
  const entries = () => files.map(({ entry }) => entry);
  const discard = () => {
    for (const file of files.splice(0)) discardFile(world, file);
    saveManifest(world, []);
  };
  try {
    for (const { name } of inputs.targets) {
      if (!isProgram(name)) continue;
      const target = await findTarget(world, inputs, name);
      if ("prepare" in target) {
        if (inputs.writeRefreshToken) throw new InputProblems([["full-and-openclaw"]]);
        programs.push({ program: target, done: await target.prepare(slot) });
      } else {
        files.push(openFile(world, inputs, target, slot));
        saveManifest(world, entries());
      }
    }
  } catch (error) {
    discard();
    throw error;
  }
  return {
    discard,
    shadows() {
      // What the job's programs will find in their environment counts, whatever `home` says.
      const where = { ...whereabouts(world, inputs), env: world.env };
      const read = (path: string) => quietly(() => world.files.read(path));
      return files.flatMap(({ target, entry }) => quietly(() => target.shadows?.(where, read, entry.path, slot)) ?? []);
    },
    async write(credential) {
      const token = credential.access?.reveal() ?? "";
      for (const file of files) await writeFile(world, file, credential, inputs.writeRefreshToken);
      for (const { program, done } of programs) {
        world.runner.state(program.name, JSON.stringify(done));
        world.runner.log(await program.write(credential, done));
      }
      for (const target of inputs.targets) {
        if (target.name === "env") world.runner.variable(target.variable as string, token);
        if (target.name === "output") world.runner.outputs({ "access-token": token });
      }
      return entries().map(({ path }) => path);
    },
  };
}

/** A target may have to ask the machine before it is known. */
async function findTarget(world: World, inputs: Inputs, name: ProgramName): Promise<FileTarget | OpenclawProgram> {
  if (name === "openclaw") return (await import("./openclaw.ts")).openclaw(world, whereabouts(world, inputs));
  if (name === "claude" && world.platform === "darwin") {
    await (await import("./keychain.ts")).refuseKeychain(world, inputs);
  }
  return loadTarget(name);
}

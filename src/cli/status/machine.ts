import type { Credential } from "../../credential/credential.ts";
import type { Inputs } from "../../inputs.ts";
import { loadTarget } from "../../targets/load.ts";
import { PROGRAMS, type ProgramName } from "../../targets/names.ts";
import { whereabouts } from "../../targets/place.ts";
import type { FileTarget, Slot } from "../../targets/target.ts";
import type { World } from "../../world/world.ts";

/** A program's own file on this machine. */
export interface ProgramFile {
  readonly program: ProgramName;
  readonly target: FileTarget;
  readonly path: string;
  /** `broken`: the program could not read it either. `closed`: the system does not let us. */
  readonly state: "missing" | "read" | "broken" | "closed";
  readonly logins: readonly FileLogin[];
}

/** One login in it. */
export interface FileLogin {
  readonly slot: Slot;
  /** Undefined if no token is left in it. */
  readonly credential: Credential | undefined;
  /** The program itself has marked it so. */
  readonly ended: boolean;
}

/** The files of all programs, read by the same lenses that write them. Nothing is written, and no lock taken. */
export function programFiles(world: World, inputs: Inputs): Promise<ProgramFile[]> {
  const names = Object.keys(PROGRAMS) as ProgramName[];
  return Promise.all(names.map(async (program) => readFile(world, inputs, program, await lensOf(world, program))));
}

/** Which OpenClaw is installed does not matter for reading, only which folder it has. */
async function lensOf({ files }: World, program: ProgramName): Promise<FileTarget> {
  if (program !== "openclaw") return loadTarget(program);
  return (await import("../../targets/openclaw-file.ts")).openclawFile("openai", files.exists);
}

function readFile(world: World, inputs: Inputs, program: ProgramName, target: FileTarget): ProgramFile {
  const path = target.path(whereabouts(world, inputs));
  const none = { program, target, path, logins: [] };
  let text: string | undefined;
  try {
    text = world.files.read(path);
  } catch {
    return { ...none, state: "closed" };
  }
  if (text === undefined) return { ...none, state: "missing" };
  const doc = target.parse(text);
  if (!doc) return { ...none, state: "broken" };
  const logins = target.slots(doc).flatMap((slot): FileLogin[] => {
    const section = target.get(doc, slot);
    if (!section) return [];
    const credential = target.read(section, slot, world.now());
    return [{ slot, credential, ended: target.ended?.(section) ?? false }];
  });
  return { ...none, state: "read", logins };
}

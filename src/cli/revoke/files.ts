import type { Credential, ProviderName } from "../../credential/credential.ts";
import type { Inputs } from "../../inputs.ts";
import { parseObject } from "../../json.ts";
import { lockedAgainst } from "../../targets/file.ts";
import { loadTarget } from "../../targets/load.ts";
import { isProgram, type ProgramName, PROGRAMS } from "../../targets/names.ts";
import { whereabouts } from "../../targets/place.ts";
import type { FileTarget, Slot } from "../../targets/target.ts";
import type { World } from "../../world/world.ts";

/** A program's file on this machine that holds the login. */
export interface ProgramFile {
  readonly path: string;
  readonly credential: Credential;
  /** Takes the login out, and removes the file if nothing else is in it. False if another one stands there now. */
  remove(): Promise<boolean>;
}

/**
 * The file at `path`, if it is of the form that a program keeps its logins in, and holds this one beside other things.
 */
export async function programFileAt(
  world: World,
  path: string,
  { provider }: Credential,
  account: string,
  known: readonly Credential[],
): Promise<ProgramFile | undefined> {
  const text = world.files.read(path) ?? "";
  for (const name of Object.keys(PROGRAMS) as ProgramName[]) {
    const target: FileTarget = await loadTarget(name);
    const doc = target.parse(text);
    if (!doc || !target.providers.includes(provider)) continue;
    for (const slot of [{ provider, account }, ...target.slots(doc)]) {
      const credential = readSlot(world, target, text, slot);
      if (!credential || !known.some((one) => sameLogin(one, credential))) continue;
      if (isBare(target.print(target.set(doc, slot, undefined)))) return undefined;
      return { path, credential, remove: () => removeSlot(world, target, path, slot, credential) };
    }
  }
  return undefined;
}

/**
 * Those of `targets` that hold one of the logins; without `known` ones, any login. Another login there is left alone.
 */
export async function programFiles(
  world: World,
  inputs: Inputs,
  provider: ProviderName | undefined,
  known: readonly Credential[],
): Promise<ProgramFile[]> {
  const found: ProgramFile[] = [];
  for (const { name } of inputs.targets) {
    if (!isProgram(name)) continue;
    const target: FileTarget | undefined = await loadTarget(name);
    const path = target?.path(whereabouts(world, inputs));
    const text = path === undefined ? undefined : world.files.read(path);
    if (!target || path === undefined || text === undefined) continue;
    for (const whose of PROGRAMS[name]) {
      if (provider !== undefined && whose !== provider) continue;
      const slot: Slot = { provider: whose, account: inputs.account };
      const credential = readSlot(world, target, text, slot);
      if (!credential) continue;
      if (known.length > 0 && !known.some((one) => sameLogin(one, credential))) {
        world.runner.notice(`${path} holds another login, which is left as it is.`);
        continue;
      }
      found.push({ path, credential, remove: () => removeSlot(world, target, path, slot, credential) });
    }
  }
  return found;
}

function readSlot(world: World, target: FileTarget, text: string, slot: Slot): Credential | undefined {
  const doc = target.parse(text);
  const section = doc && target.get(doc, slot);
  return section && target.read(section, slot, world.now());
}

function sameLogin(one: Credential, other: Credential): boolean {
  const same = (name: "access" | "refresh") => one[name]?.equals(other[name]) === true;
  return same("access") || same("refresh");
}

/** Where a link leads: to remove the link would leave the login. */
export function real(path: string): string {
  try {
    return process.getBuiltinModule("node:fs").realpathSync(path);
  } catch {
    return path;
  }
}

/** Whether nothing is left in a file, be it of JSON or of lines. */
function isBare(text: string): boolean {
  const doc = parseObject(text);
  return doc ? Object.keys(doc).length === 0 : /^(\s*(#.*)?(\r?\n|$))*$/.test(text);
}

async function removeSlot(
  world: World,
  target: FileTarget,
  path: string,
  slot: Slot,
  credential: Credential,
): Promise<boolean> {
  let done = false;
  const entry = { target: target.name as "claude", slot, path, temp: "", made: [], backup: undefined };
  await lockedAgainst(world, { target, entry }, () => {
    const text = world.files.read(path) ?? "";
    const present = readSlot(world, target, text, slot);
    const doc = target.parse(text);
    if (!doc || !present || !sameLogin(present, credential)) return;
    const rest = target.print(target.set(doc, slot, undefined));
    if (isBare(rest)) world.files.remove(real(path));
    else world.files.openBeside(real(path)).commit(rest);
    done = true;
  });
  return done;
}

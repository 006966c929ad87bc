import type { Credential, ProviderName } from "../../credential/credential.ts";
import type { Inputs } from "../../inputs.ts";
import { parseObject } from "../../json.ts";
import { lockedAgainst } from "../../targets/file.ts";
import { loadTarget } from "../../targets/load.ts";
import { isProgram, PROGRAMS } from "../../targets/names.ts";
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
    if (Object.keys(parseObject(rest) ?? {}).length === 0) world.files.remove(path);
    else world.files.openBeside(path).commit(rest);
    done = true;
  });
  return done;
}

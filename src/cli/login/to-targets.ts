import type { Credential, ProviderName } from "../../credential/credential.ts";
import { Failure } from "../../errors.ts";
import type { Inputs } from "../../inputs.ts";
import { Secret } from "../../secret.ts";
import { loadTarget } from "../../targets/load.ts";
import { isProgram, targetsFor } from "../../targets/names.ts";
import { whereabouts } from "../../targets/place.ts";
import type { FileTarget, Slot } from "../../targets/target.ts";
import { openTargets } from "../../targets/targets.ts";
import type { World } from "../../world/world.ts";
import { usage } from "../arguments.ts";

/** The programs' files, opened before the person signs in. */
export interface LoginTargets {
  /** Gives the paths of the files. */
  write(credential: Credential): Promise<string[]>;
  discard(): void;
}

/** Undefined if `targets` names none. Throws a Failure where another login would be replaced without `force`. */
export async function openLoginTargets(
  world: World,
  inputs: Inputs,
  provider: ProviderName,
  force: boolean,
): Promise<LoginTargets | undefined> {
  if (inputs.targets.length === 0) return undefined;
  const targets = targetsFor(inputs.targets, provider);
  const other = targets.find(({ name }) => !isProgram(name));
  if (other) throw usage(`\`--targets\` of a sign-in are programs with files of their own, not \`${other.name}\`.`);
  const slot: Slot = { provider, account: inputs.account };
  if (!force) for (const { name } of targets) if (isProgram(name)) await refuseTaken(world, inputs, name, slot);
  // What stood there is not to be put back: no `clean` follows.
  const kept: Record<string, string> = {};
  const runner = { ...world.runner, state: (name: string, value: string) => void (kept[name] = value) };
  const sealingKey = new Secret(Buffer.from(world.random(32)).toString("base64url"));
  const open = await openTargets({ ...world, runner }, { ...inputs, targets, sealingKey, cleanup: false }, slot);
  const removeBackups = () => {
    for (const { backup } of JSON.parse(kept["files"] ?? "[]") as { backup?: string }[]) {
      if (backup) world.files.remove(backup);
    }
  };
  return {
    async write(credential) {
      const paths = await open.write(credential);
      removeBackups();
      for (const shadow of open.shadows()) world.runner.warning(shadow);
      return paths;
    },
    discard: open.discard,
  };
}

async function refuseTaken(
  world: World,
  inputs: Inputs,
  name: Parameters<typeof loadTarget>[0],
  slot: Slot,
): Promise<void> {
  const target: FileTarget | undefined = await loadTarget(name);
  const path = target?.path(whereabouts(world, inputs));
  const doc = path === undefined ? undefined : target?.parse(world.files.read(path) ?? "");
  const section = doc && target?.get(doc, slot);
  const present = section && target?.read(section, slot, world.now());
  if (!present) return;
  throw new Failure(
    "input-invalid",
    `${path} holds a login already.`,
    "Replace it with `--force`, or name another place in `--home`.",
  );
}

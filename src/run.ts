import { acquire, type Acquired } from "./acquire.ts";
import { asFailure } from "./errors.ts";
import { readInputs } from "./inputs.ts";
import { maskInputs, recognise } from "./recognise.ts";
import { publish } from "./report/outputs.ts";
import { warnAhead } from "./report/warnings.ts";
import { openTargets } from "./targets/targets.ts";
import type { World } from "./world/world.ts";

/** The main step. Gives the exit code; a failure is told in one annotation. */
export async function run(world: World): Promise<number> {
  try {
    await provide(world);
    return 0;
  } catch (error) {
    const failure = asFailure(error);
    world.runner.error(failure.explain(), `oauth-creds: ${failure.code}`);
    return 1;
  }
}

/** The story of a credential. */
async function provide(world: World): Promise<void> {
  const masked = maskInputs(world);
  const inputs = readInputs(world.env);
  if (!inputs.credential) return skip(world);
  const detected = recognise(world, inputs, masked);
  for (const notice of detected.notices) world.runner.notice(notice);
  for (const warning of detected.warnings) world.runner.warning(warning);
  const targets = openTargets(world, inputs);
  let acquired: Acquired;
  try {
    acquired = await acquire(world, inputs, detected);
  } catch (error) {
    targets.discard();
    throw error;
  }
  const files = targets.write(acquired.credential);
  publish(world, inputs, acquired, files);
  warnAhead(world, inputs, acquired);
}

function skip(world: World): void {
  world.runner.outputs({ available: "false" });
  world.runner.notice("There is no credential in this run (`if-no-credential: skip`): no login was provided.");
}

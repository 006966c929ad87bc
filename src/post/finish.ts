import type { Credential } from "../credential/credential.ts";
import { asFailure } from "../errors.ts";
import { sayDuration, sayTime } from "../duration.ts";
import { type Inputs, readInputs } from "../inputs.ts";
import { maskInputs, recognise } from "../recognise.ts";
import { loadManifest } from "../targets/manifest.ts";
import type { World } from "../world/world.ts";
import { clean } from "./clean.ts";

/**
 * The post step: stores what is not stored yet, takes over what the job's program renewed, and removes what
 * main wrote. It runs after a failed, cancelled or killed main too, and never fails the job.
 */
export async function finish(world: World): Promise<void> {
  const { env, runner } = world;
  const capsule = env["STATE_capsule"];
  if (!env["STATE_files"] && !capsule && !env["STATE_access-ends"]) return;
  try {
    const files = loadManifest(world);
    const masked = maskInputs(world);
    const inputs = readInputs(env, "post");
    const detected = recognise(world, inputs, masked);
    let ours: Credential[] = [detected.credential];
    if (capsule || inputs.writeRefreshToken) {
      const { settle } = await import("./settle.ts");
      ours = [...ours, ...(await settle(world, inputs, detected.credential, files))];
    }
    if (inputs.cleanup) clean(world, inputs, files, ours);
    if (capsule) world.files.remove(capsule);
    sayIfEnded(world, inputs);
  } catch (error) {
    runner.warning(`The login could not be put away in order. ${asFailure(error).explain()}`);
  }
}

function sayIfEnded(world: World, inputs: Inputs): void {
  const end = Number(world.env["STATE_access-ends"]);
  const now = world.now();
  if (!(end > 0) || now <= end || inputs.targets.every(({ name }) => name === "none")) return;
  world.runner.warning(
    `The access token ended at ${sayTime(end)}, ${sayDuration(now - end)} before this job did. Set \`min-validity\` to the longest time that this job may take.`,
  );
}

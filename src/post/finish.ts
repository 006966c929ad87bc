import { fingerprint } from "../capsule.ts";
import { sayDuration, sayTime } from "../duration.ts";
import { parseObject } from "../json.ts";
import type { TurnState } from "../ledger/turn.ts";
import { toFailure } from "../input-problems.ts";
import { type Inputs, readInputs } from "../inputs.ts";
import { maskInputs, recognise } from "../recognise/recognise.ts";
import type { Secret } from "../secret.ts";
import { loadManifest } from "../targets/manifest.ts";
import type { OpenclawDone } from "../targets/openclaw-program.ts";
import { whereabouts } from "../targets/place.ts";
import type { World } from "../world/world.ts";
import { clean } from "./clean.ts";

/**
 * The post step: stores what is not stored yet, takes over what the job's program renewed, and removes what
 * main wrote. It runs after a failed, cancelled or killed main too, and never fails the job.
 */
export async function finish(world: World): Promise<void> {
  const { env } = world;
  const capsule = env["STATE_capsule"];
  const openclaw = env["STATE_openclaw"];
  const aside = env["STATE_aside"];
  const home = env["STATE_program-home"];
  const { nonce, lent } = (parseObject(env["STATE_turn"] ?? "") ?? {}) as Partial<TurnState>;
  if (!env["STATE_files"] && !capsule && !openclaw && !home && !lent && !env["STATE_access-ends"]) return;
  await orWarn(world, async () => {
    if (home) (await import("../refresh/program-home.ts")).removeHome(world, home);
    const files = loadManifest(world);
    const masked = await maskInputs(world);
    const inputs = readInputs(env, "post");
    const detected = inputs.credential ? await recognise(world, inputs, masked) : undefined;
    const ours: (Secret | undefined)[] = [detected?.credential.access, detected?.credential.refresh];
    await orWarn(world, async () => {
      // A shared login is settled when it is published, any other when it is stored.
      const settled = nonce ? env["STATE_published"] === nonce : env["STATE_stored"] !== undefined;
      if ((!capsule || settled) && !inputs.writeRefreshToken && !env["STATE_unprojected"]) return;
      const { settle } = await import("./settle.ts");
      ours.push((await settle(world, inputs, detected, files))?.access);
    });
    if (inputs.cleanup) await clean(world, inputs, files, knower(world, inputs.sealingKey, ours));
    if (inputs.cleanup && openclaw) {
      const { undoOpenclaw } = await import("../targets/openclaw-program.ts");
      await orWarn(world, () => undoOpenclaw(world, whereabouts(world, inputs), JSON.parse(openclaw) as OpenclawDone));
    }
    if (aside) await (await import("../recovery/aside.ts")).putIntoCache(world, inputs.sealingKey, aside);
    for (const path of [capsule, lent, env["STATE_taken"]]) if (path) world.files.remove(path);
    sayIfEnded(world, inputs);
  });
}

/** Post has several things to do; that one fails must not keep it from the others, nor the job from its end. */
async function orWarn(world: World, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    world.runner.warning(`The login could not be put away in order. ${(await toFailure(error, world.env)).explain()}`);
  }
}

/** Whether a token is one that this run wrote or took over. */
function knower(world: World, key: Secret, ours: readonly (Secret | undefined)[]): (token: Secret) => boolean {
  const written = [world.env["STATE_access"], world.env["STATE_refresh"]].filter(Boolean);
  return (token) =>
    ours.some((known) => token.equals(known)) || (written.length > 0 && written.includes(fingerprint(key, token)));
}

function sayIfEnded(world: World, inputs: Inputs): void {
  const end = Number(world.env["STATE_access-ends"]);
  const now = world.now();
  if (!(end > 0) || now <= end || inputs.targets.some(({ name }) => name === "none")) return;
  world.runner.warning(
    `The access token ended at ${sayTime(end)}, ${sayDuration(now - end)} before this job did. Set \`min-validity\` to the longest time that this job may take.`,
  );
}

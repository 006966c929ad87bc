import type { Acquired } from "../acquire.ts";
import { HOUR_MS, sayDuration, sayTime } from "../duration.ts";
import type { Inputs } from "../inputs.ts";
import { quietly } from "../quietly.ts";
import type { World } from "../world/world.ts";
import type { OpenTargets } from "../targets/targets.ts";
import { claude } from "../targets/claude.ts";
import { whereabouts } from "../targets/place.ts";

const { dirname, join } = process.getBuiltinModule("node:path");

/** A job runs up to six hours unless `timeout-minutes` says otherwise; the runner does not tell us. */
const LONGEST_JOB_MS = 6 * HOUR_MS;

/** What is fine now and will not be later, or will not work although it was written. */
export async function warnAhead(
  world: World,
  inputs: Inputs,
  acquired: Acquired,
  targets: Pick<OpenTargets, "shadows">,
): Promise<void> {
  const { runner } = world;
  const { credential, result } = acquired;
  const now = world.now();
  const shadows = [...(await inTheWay(world, inputs)), ...targets.shadows()];
  for (const shadow of shadows) runner.warning(shadow);

  const { kind, accessExpiresAt, loginExpiresAt, scopes } = credential;
  const end = kind === "login" ? loginExpiresAt : accessExpiresAt;
  if (kind !== "access" && end !== undefined && end - now < inputs.warnBeforeMs) {
    runner.warning((await import("./say-ahead.ts")).sayEndsSoon(kind, end, now));
  }
  // A program that was given the refresh token renews the access token by itself.
  const fixed = kind !== "setup-token" && !inputs.writeRefreshToken;
  if (fixed && accessExpiresAt !== undefined && accessExpiresAt - now < LONGEST_JOB_MS) {
    const left = sayDuration(accessExpiresAt - now);
    const text = `The access token ends at ${sayTime(accessExpiresAt)}, in ${left}: a job that runs longer loses its login on the way.`;
    // A job may run for six hours, few do: only a token below what the user asked for is worth a warning.
    if (accessExpiresAt - now < inputs.minValidityMs) runner.warning(`${text} \`min-validity\` asks for more.`);
    else runner.notice(`${text} Set \`min-validity\` to the longest time that this job may take.`);
  }
  if (credential.provider === "anthropic" && scopes && !scopes.includes("user:inference")) {
    runner.warning((await import("./say-ahead.ts")).NO_INFERENCE);
  }
  if (result && !(result.type === "stored" && result.confirmed)) {
    (await import("./say-result.ts")).sayResult(world, inputs, acquired);
  }
}

/** Looked into only where there may be something. */
async function inTheWay(world: World, inputs: Inputs): Promise<string[]> {
  const { env, files } = world;
  const folders = [dirname(claude.path(whereabouts(world, inputs))), join(env["GITHUB_WORKSPACE"] || ".", ".claude")];
  const likely =
    inputs.home ||
    Object.keys(env).some((name) => /^(ANTHROPIC|CLAUDE)_/.test(name)) ||
    folders.some((folder) => `${quietly(() => files.list(folder))}`.includes("settings"));
  if (!likely) return [];
  const { lookedForElsewhere, shadows } = await import("./shadow.ts");
  return [...shadows(world, inputs), ...(await lookedForElsewhere(world, inputs))];
}

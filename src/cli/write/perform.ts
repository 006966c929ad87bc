import { asFailure } from "../../as-failure.ts";
import { Failure } from "../../errors.ts";
import { readInputs } from "../../inputs.ts";
import { type Login, provide } from "../../run.ts";
import type { Runner } from "../../runner/commands.ts";
import { ciJob, ownerOf } from "../../world/ci.ts";
import type { World } from "../../world/world.ts";
import { cleanRun } from "../clean/clean-run.ts";
import { keyOf, partInputs, settleEarlier } from "../clean/earlier.ts";
import { here } from "../here.ts";
import { refuseOwnCredential } from "../own-login.ts";
import { awaiting } from "../status/outside.ts";
import { hasToBeCleaned, isAtWork, type Run, unsettled } from "../state.ts";
import type { Call } from "../verb.ts";
import { Keeper } from "./keeper.ts";

export interface Performed {
  /** Undefined if there was no credential, and that was allowed. */
  readonly login: Login | undefined;
  /** What is left to do for `clean`, or to be stored. */
  readonly left: Run | undefined;
}

/**
 * The action's main step, outside of the action: what it leaves for post is kept on the disk. First of all, what an
 * earlier run on this machine could not store is stored. Throws a Failure; then nothing is left to be cleaned, unless
 * a file resisted.
 *
 * @param runner what is said, and where it goes
 * @param inputs those that the verb decides, as `INPUT_…`
 */
export async function perform(
  { world: outer, flags }: Pick<Call, "world" | "flags">,
  runner: Runner,
  inputs: Readonly<Record<string, string>> = {},
): Promise<Performed> {
  const words: Partial<Runner> = {
    warning: (message) => runner.warning(inOurWords(message)),
    error: (message, title) => runner.error(inOurWords(message), title),
  };
  const world = awaiting({ ...outer, runner: { ...runner, ...words }, env: { ...outer.env, ...inputs } }, runner.log);
  try {
    return await performIn(world, flags);
  } finally {
    world.end();
  }
}

async function performIn(world: World, flags: Call["flags"]): Promise<Performed> {
  refuseMissing(world);
  const inputs = readInputs(world.env);
  const { sealingKey, cleanup } = inputs;
  const { runs, home, job, host } = here(world, flags);
  const now = world.now();
  const mayLive = (one: Run) => isAtWork(one, host, now);
  await settleEarlier(world, runs.everywhere(), mayLive);
  await refuseOwnCredential(world, inputs);

  const about = { home, job, host, pid: process.pid, begun: now, done: false, key: keyOf(sealingKey) };
  const begun = runs.begin(
    { ...about, ...partInputs(world.env), state: {}, written: {} },
    Buffer.from(world.random(4)).toString("hex"),
  );
  const before = runs.list().find((one) => one.job === job && hasToBeCleaned(one) && !mayLive(one));
  const keeper = new Keeper(world, begun, before);
  const own: World = {
    ...world,
    env: { ...asJob(world.env, host), RUNNER_TEMP: begun.folder },
    runner: { ...world.runner, state: (name, value) => keeper.keep(name, value) },
  };
  let login: Login | undefined;
  try {
    login = (await provide(own)) ?? undefined;
  } catch (error) {
    const left = ended(world, keeper, "failed");
    // Whoever is told that there is no login does not come back to clean. A file that is locked stays so for a while.
    const open = left && !unsettled(left) && (error as Partial<Failure>).code !== "file-busy";
    if (open) await cleanRun(world, left, true).catch(() => {});
    throw error instanceof Failure ? new Failure(error.code, inOurWords(error.message), error.advice) : error;
  }
  return { login, left: ended(world, keeper, cleanup ? "provided" : "left") };
}

/** What is left of a run. That this cannot be noted is no reason to fail: `clean` then finds what was noted before. */
function ended({ runner }: World, keeper: Keeper, how: Parameters<Keeper["end"]>[0]): Run | undefined {
  try {
    const left = keeper.end(how);
    if (left && unsettled(left)) runner.warning(sayUnsettled(left));
    return left;
  } catch (error) {
    runner.warning(`The state of this run (${keeper.run.folder}) could not be written. ${asFailure(error).explain()}`);
    return keeper.run;
  }
}

/** The action's post step is a command here. */
const inOurWords = (message: string): string => message.replaceAll(/\b(the|its) post step\b/g, "`oauth-creds clean`");

/** What the job's own variables would have told the action. */
function asJob(env: World["env"], host: string): World["env"] {
  if (env["GITHUB_ACTIONS"]) return env;
  const workspace = ciJob(env)?.workspace;
  return {
    ...env,
    GITHUB_JOB: ownerOf(env, host, process.pid),
    ...(workspace !== undefined && { GITHUB_WORKSPACE: workspace }),
  };
}

const sayUnsettled = ({ folder }: Run): string =>
  `The renewed login is not stored yet. It is kept, sealed, in ${folder}: the next \`write\`, \`refresh\` or \`clean\` on this machine with the same secrets stores it.`;

/** The action's own words speak of GitHub's secrets. */
function refuseMissing({ env }: World): void {
  const given = ["CREDENTIAL", "LEDGER-KEY", "FALLBACK-API-KEY"].some((name) => env[`INPUT_${name}`]);
  if (given || env["INPUT_IF-NO-CREDENTIAL"] === "skip") return;
  throw new Failure(
    "credential-missing",
    "There is no `credential`, and no `ledger-key` either.",
    "Give the credential by stdin (`--credential -`), from a file (`--credential login.json`), or in the variable " +
      "OAUTH_CREDS_CREDENTIAL. In a CI: does this job get the secret (a protected branch, a fork, a context)?",
  );
}

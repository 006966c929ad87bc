import { parseObject } from "../../json.ts";
import { fingerprint } from "../../capsule.ts";
import type { Credential } from "../../credential/credential.ts";
import { Failure } from "../../errors.ts";
import { toFailure } from "../../input-problems.ts";
import { type Inputs, readInputs } from "../../inputs.ts";
import { nameOfLedger } from "../../ledger/open.ts";
import type { Detected } from "../../recognise/detect.ts";
import { maskInputs, recognise } from "../../recognise/recognise.ts";
import { Secret } from "../../secret.ts";
import type { FileEntry } from "../../targets/manifest.ts";
import type { World } from "../../world/world.ts";
import { isSecret } from "../arguments.ts";
import { sayTime } from "../../duration.ts";
import { removeRun, type Run, saveRun, hasToBeCleaned, unsettled } from "../state.ts";

/** An earlier run, opened again with the secrets of this process: what post has of main. */
export interface Reopened {
  /** Its environment holds the run's inputs and state. */
  readonly world: World;
  readonly inputs: Inputs;
  readonly detected: Detected | undefined;
}

/** Without these a login cannot be put where it belongs. */
const TO_STORE = ["credential", "ledger-key", "secrets-token", "github-token"];

/** Tells two sealing keys apart; undefined is no key. */
export const keyOf = (key: Secret | undefined): string => (key ? fingerprint(key, new Secret("oauth-creds run")) : "");

/** Undefined if the secrets are not those of that run. */
export async function reopen(world: World, run: Run): Promise<Reopened | undefined> {
  const env: Record<string, string | undefined> = { RUNNER_TEMP: run.folder };
  for (const [name, value] of Object.entries(world.env)) {
    const input = name.startsWith("INPUT_") ? name.slice(6).toLowerCase() : undefined;
    // A secret that the run did not have would make it another run.
    if (input === undefined || run.secrets.includes(input)) env[name] ??= value;
  }
  Object.assign(env, run.inputs);
  for (const [name, value] of Object.entries(run.state)) env[`STATE_${name}`] = value;
  const own: World = { ...world, env };
  const masked = await maskInputs(own);
  const inputs = readInputs(env, "post");
  if (keyOf(inputs.sealingKey) !== run.key) return undefined;
  return { world: own, inputs, detected: inputs.credential ? await recognise(own, inputs, masked) : undefined };
}

/** The inputs of a process, parted into what a run may keep on the disk and the names of what it may not. */
export function partInputs(env: World["env"]): Pick<Run, "inputs" | "secrets"> {
  const inputs: Record<string, string> = {};
  const secrets: string[] = [];
  for (const [name, value] of Object.entries(env)) {
    if (!name.startsWith("INPUT_") || !value) continue;
    const input = name.slice(6).toLowerCase();
    if (isSecret(input, value)) secrets.push(input);
    else inputs[name] = value;
  }
  return { inputs, secrets };
}

/**
 * Stores what the run renewed and could not store, and takes over what its job's program renewed. Gives the latter.
 * Throws a Failure if it could not be stored: the only copy is then still where it was.
 *
 * @param files those from which a renewed login may be taken over
 */
export async function settleRun(
  run: Run,
  { world, inputs, detected }: Reopened,
  files: readonly FileEntry[],
): Promise<Credential | undefined> {
  const missing = TO_STORE.filter((name) => run.secrets.includes(name) && !world.env[`INPUT_${name.toUpperCase()}`]);
  if (missing.length > 0) {
    const names = missing.map((name) => `\`${name}\``).join(", ");
    throw sayKept(run, `${names} is needed for that, as \`write\` had it.`);
  }
  const { settle } = await import("../../post/settle.ts");
  let problem: string | undefined;
  const runner = { ...world.runner, error: (message: string) => void (problem = reasonIn(message)) };
  const captured = await settle({ ...world, runner }, inputs, detected, files).catch(async (error: unknown) => {
    problem = (await toFailure(error, world.env)).explain();
    return undefined;
  });
  if (problem !== undefined) throw sayKept(run, problem);
  return captured;
}

/** Settle speaks of a job that ends now; here what it could not store is not lost yet. */
const reasonIn = (problem: string): string => / has ended\. (.*\[[a-z-]+\])/s.exec(problem)?.[1] ?? problem;

function sayKept(run: Run, why: string): Failure {
  const copy = unsettled(run) ? `It is kept, sealed, in ${run.folder}` : "It is left in the file of its program";
  return new Failure(
    "could-not-store",
    `A login that this machine got at ${sayTime(run.begun)} or later is not stored yet: ${why}`,
    `${copy}; the next \`write\`, \`refresh\` or \`clean\` with the same secrets tries again. Nothing else was spent.`,
  );
}

/**
 * Before anything is spent: stores what an earlier run on this machine has renewed and could not store. Throws a
 * Failure if it still cannot be: to go on would send a token that is spent.
 *
 * @param isAtWork whether the run's process may be alive: what it renewed is stored all the same (to store it twice
 *   does no harm, and a process that seems to be alive may be another one), but its folder is left to it
 */
export async function settleEarlier(
  world: World,
  runs: readonly Run[],
  isAtWork: (run: Run) => boolean = () => false,
): Promise<void> {
  for (const run of runs) {
    const capsule = unsettled(run);
    if (capsule === undefined) continue;
    const mayLive = isAtWork(run);
    const reopened = await reopen(world, run);
    if (!reopened) {
      if (!mayLive) refuseOrWarn(world, run);
      continue;
    }
    // A login that was checked out stays so: its job's program may still be at it.
    const env = withoutLoan(reopened.world.env);
    const inputs = { ...reopened.inputs, writeRefreshToken: false };
    const hold = world.holdSignals();
    world.runner.log(`A login that was renewed at ${sayTime(run.begun)} is not stored yet: storing it now.`);
    try {
      await settleRun(run, { ...reopened, inputs, world: { ...reopened.world, env } }, []);
      if (!mayLive) forget(world, run, capsule);
      if (hold.signalledAt() !== undefined) {
        throw new Failure("cancelled", "Stopped by a signal, after what an earlier run had renewed was stored.", "");
      }
    } finally {
      hold.release();
    }
  }
}

function forget(world: World, run: Run, capsule: string): void {
  world.files.remove(capsule);
  const settled: Run = { ...run, state: { ...run.state, capsule: "" } };
  if (hasToBeCleaned(settled)) saveRun(settled);
  else removeRun(settled);
}

function refuseOrWarn(world: World, run: Run): void {
  if (mayRenewTheSame(world, run)) throw sayKept(run, "it was sealed with another `credential` or `ledger-key`.");
  const account = run.inputs["INPUT_ACCOUNT"];
  world.runner.warning(
    `${run.folder} holds a login${account ? ` (${account})` : ""} that was renewed at ${sayTime(run.begun)}, could not be ` +
      "stored, and opens only with the secrets of that run. Run `oauth-creds clean --all` with them; or, if you have " +
      "signed in anew since, remove the folder.",
  );
}

/**
 * Whether this process may renew the same shared login, whose present refresh token is spent. What the settings mean
 * counts, not how they are written. Of an address with a password the run keeps what git's ledger is called by.
 */
function mayRenewTheSame(world: World, run: Run): boolean {
  const turn = parseObject(run.state["turn"] ?? "");
  const mine = readInputs(world.env, "post");
  if (!turn || !/\bocr1_/.test(mine.ledgerKey?.reveal() ?? "")) return false;
  const env: Record<string, string | undefined> = {};
  for (const [name, value] of Object.entries(world.env)) if (!name.startsWith("INPUT_")) env[name] = value;
  Object.assign(env, run.inputs);
  if (run.secrets.includes("ledger-repository"))
    env["INPUT_LEDGER-REPOSITORY"] = String(turn["place"]).replace(/ \S+$/, "");
  const its = readInputs(env, "post");
  // A folder has no name, and for which provider a login is to be renewed is not known yet.
  const name = (inputs: Inputs) => nameOfLedger(world, inputs, "anthropic");
  return mine.account === its.account && name(mine) === name(its);
}

/** The state of a run without what says that its login is lent to a program. */
function withoutLoan(state: World["env"]): World["env"] {
  const { "STATE_checked-out": _, ...env } = state;
  const turn = parseObject(env["STATE_turn"] ?? "");
  return turn ? { ...env, STATE_turn: JSON.stringify({ ...turn, lent: undefined }) } : env;
}

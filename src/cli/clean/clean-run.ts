import { fingerprint } from "../../capsule.ts";
import type { Credential } from "../../credential/credential.ts";
import { sayDuration, sayTime } from "../../duration.ts";
import { Failure } from "../../errors.ts";
import type { OpenclawDone } from "../../targets/openclaw-program.ts";
import { whereabouts } from "../../targets/place.ts";
import type { World } from "../../world/world.ts";
import { removeRun, type Run, saveRun, unsettled } from "../state.ts";
import { entriesOf } from "../write/keeper.ts";
import { type Reopened, reopen, settleRun } from "./earlier.ts";

/** Whether another job's run is of no use to anybody: only an access token that has ended was given out. */
export function isOver({ state, inputs }: Run, now: number): boolean {
  const end = Number(state["access-ends"]);
  // As inputs.ts reads it: with the login itself its program goes on beyond the end of the first access token.
  const lent = inputs["INPUT_WRITE-REFRESH-TOKEN"]?.trim().toLowerCase() === "true";
  return end > 0 && end < now && !lent;
}

/**
 * What post does for main: stores what is not stored yet, takes over what the job's program renewed, removes or
 * restores the files. Gives their paths. Throws a Failure for what resists, which then is kept for another try.
 *
 * @param mine the secrets have to be those of that run; else it is left alone where they are not
 */
export async function cleanRun(world: World, run: Run, mine: boolean): Promise<string[]> {
  const files = entriesOf(run.state);
  const reopened = await reopen(world, run);
  if (!reopened) {
    if (!mine) return [];
    throw new Failure(
      "input-invalid",
      `What \`write\` left at ${sayTime(run.begun)} can only be put in order with the same secrets (${run.secrets.join(", ")}).`,
      "Give `clean` the `credential` and the `ledger-key` that `write` had: what was in the files before is sealed with them.",
    );
  }
  const { inputs } = reopened;
  let captured: Credential | undefined;
  let unstored: unknown;
  let stillLent = false;
  if (unsettled(run) || inputs.writeRefreshToken) {
    const state = (name: string) => void (stillLent ||= name === "still-lent");
    const noting = { ...reopened.world, runner: { ...reopened.world.runner, state } };
    try {
      captured = await settleRun(run, { ...reopened, world: noting }, files);
    } catch (error) {
      // The file may hold the only copy of what the job's program renewed.
      if (inputs.writeRefreshToken) throw error;
      unstored = error;
    }
  }
  const resisted = await putBack(run, reopened, captured);
  sayIfEnded(run, reopened);
  const withoutFiles = { ...run, state: { ...run.state, files: "[]", openclaw: "" } };
  if (unstored !== undefined) {
    saveRun(withoutFiles);
    throw unstored;
  }
  if (resisted) {
    throw new Failure(
      "file-failed",
      "Not every file could be put back: see above.",
      "`oauth-creds clean` tries again.",
    );
  }
  if (stillLent) {
    saveRun(withoutFiles);
    throw new Failure(
      "ledger-unreachable",
      "The files are in order, but the login that was lent to this run could not be given back: see above.",
      "`oauth-creds clean` with the same secrets tries again.",
    );
  }
  removeRun(run);
  return files.map(({ path }) => path);
}

/** Gives whether something resisted, which is told by then. */
async function putBack(run: Run, { world, inputs, detected }: Reopened, captured: Credential | undefined) {
  const { clean } = await import("../../post/clean.ts");
  let resisted = false;
  const warning = (message: string) => {
    resisted = true;
    world.runner.warning(message);
  };
  const own: World = { ...world, runner: { ...world.runner, warning } };
  const { access, refresh } = run.state;
  const fingerprints = [access, refresh].filter(Boolean);
  const known = [detected?.credential.access, detected?.credential.refresh, captured?.access];
  await clean(own, inputs, entriesOf(run.state), (token) => {
    if (known.some((one) => token.equals(one))) return true;
    return fingerprints.length > 0 && fingerprints.includes(fingerprint(inputs.sealingKey, token));
  });
  const openclaw = run.state["openclaw"];
  if (openclaw) {
    const { undoOpenclaw } = await import("../../targets/openclaw-program.ts");
    await undoOpenclaw(own, whereabouts(own, inputs), JSON.parse(openclaw) as OpenclawDone);
  }
  return resisted;
}

/** Of a CI job only: a person may clean whenever they like. */
function sayIfEnded({ job, state }: Run, { world, inputs }: Reopened): void {
  const end = Number(state["access-ends"]);
  const past = world.now() - end;
  if (job === "" || !(end > 0) || past <= 0 || inputs.targets.some(({ name }) => name === "none")) return;
  world.runner.warning(
    `The access token ended at ${sayTime(end)}, ${sayDuration(past)} before this \`clean\`. Set \`min-validity\` to the longest time that a job may take.`,
  );
}

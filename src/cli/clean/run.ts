import { EXIT } from "../exit-code.ts";
import { type Here, here } from "../here.ts";
import { isAtWork, type Run, unsettled } from "../state.ts";
import type { Call } from "../verb.ts";
import { cleanRun, isOver } from "./clean-run.ts";
import { settleEarlier } from "./earlier.ts";

/**
 * Undoes what `write` did in this job (without a CI: for this home), the newest run first, and stores what could not
 * be stored. That there is nothing to do is no failure.
 */
export async function run({ world, terminal, flags }: Call): Promise<number> {
  const place = here(world, flags);
  const all = flags["all"] === true;
  const now = world.now();
  const isMine = ({ job }: Run) => all || job === place.job;
  const mayLive = (one: Run) => isAtWork(one, place.host, now);
  const cleaned: string[] = [];
  const failures: unknown[] = [];
  let met = 0;
  for (const one of place.runs.list()) {
    if (mayLive(one)) {
      const whose = `Process ${one.pid} on ${one.host}`;
      if (isMine(one)) terminal.warning(`${whose} is still at it (${one.folder}): left to it.`);
    } else if (isMine(one) || isOver(one, now)) {
      try {
        cleaned.push(...(await cleanRun(world, one, isMine(one))));
        met++;
      } catch (error) {
        failures.push(error); // the others are cleaned all the same
      }
    }
  }
  // What other jobs, or runs for other homes, could not store is not theirs alone. Mine were tried just now.
  const tried = new Set(place.runs.list().flatMap((one) => (isMine(one) ? one.folder : [])));
  const left = place.runs.everywhere().filter((one) => unsettled(one) && !tried.has(one.folder));
  await settleEarlier(world, left, mayLive).catch((error: unknown) => failures.push(error));
  const [failure, ...more] = failures;
  for (const other of more) terminal.warning(other instanceof Error ? other.message : "Another run resisted, too.");
  if (failure !== undefined) throw failure;
  if (met + left.length === 0) terminal.log(sayNothing(place));
  if (terminal.json) terminal.answer("", { runs: met, files: [...new Set(cleaned)] });
  return EXIT.done;
}

function sayNothing({ runs, home, job }: Here): string {
  const others = runs.list().length;
  const whose = job === "" ? `for ${home}` : `for ${home} in this job`;
  const hint = others === 0 ? "" : ` ${others} of other jobs are left; \`--all\` cleans them too.`;
  return `Nothing to clean: no \`oauth-creds write\` has left anything ${whose}.${hint}`;
}

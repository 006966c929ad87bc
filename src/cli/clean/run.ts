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
  const cleaned: string[] = [];
  const failures: unknown[] = [];
  let met = 0;
  for (const one of place.runs.list()) {
    const mine = isMine(one);
    if (isAtWork(one, place.host, now)) {
      if (mine) terminal.warning(`Process ${one.pid} on ${one.host} is still at it (${one.folder}): left to it.`);
      continue;
    }
    try {
      if (mine || isOver(one, now)) cleaned.push(...(await cleanRun(world, one, mine)));
      else if (unsettled(one)) await settleEarlier(world, [one]);
      else continue;
      met++;
    } catch (error) {
      // The others are cleaned all the same.
      failures.push(error);
    }
  }
  const [failure, ...more] = failures;
  for (const other of more) terminal.warning(other instanceof Error ? other.message : "Another run resisted, too.");
  if (failure !== undefined) throw failure;
  if (met === 0) terminal.log(sayNothing(place));
  if (terminal.json) terminal.answer("", { runs: met, files: [...new Set(cleaned)] });
  return EXIT.done;
}

function sayNothing({ runs, home, job }: Here): string {
  const others = runs.list().length;
  const whose = job === "" ? `for ${home}` : `for ${home} in this job`;
  const hint = others === 0 ? "" : ` ${others} of other jobs are left; \`--all\` cleans them too.`;
  return `Nothing to clean: no \`oauth-creds write\` has left anything ${whose}.${hint}`;
}

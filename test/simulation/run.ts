/**
 * The deterministic simulation of many jobs that share logins.
 *
 *   node test/simulation/run.ts --schedules 100000 [--seed N] [--minutes M] [--while FILE] [--mode secret|ledger]
 *     [--workers N] [--all-windows]
 *   node test/simulation/run.ts --replay SEED [--mode …] [--whole]
 *
 * Of the schedules that break a rule the seeds are printed; `--replay` plays one again, made smaller. The last line
 * counts the schedules.
 */
import { existsSync, readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import type { SourceChange } from "./core/preload.ts";
import type { Mode } from "./plan/plan.ts";
import { printTally } from "./say.ts";
import { Pool } from "./pool.ts";

/** The rarest windows are hit once in a thousand schedules. */
const ENOUGH_FOR_ALL = 10_000;

const { values } = parseArgs({
  options: {
    schedules: { type: "string", default: "100000" },
    seed: { type: "string", default: "1" },
    minutes: { type: "string" },
    // No further schedules are begun once this file is gone.
    while: { type: "string" },
    mode: { type: "string", default: "secret" },
    workers: { type: "string", default: "2" },
    replay: { type: "string" },
    whole: { type: "boolean", default: false },
    // Fails if a window of the failure table was not hit, unless there was no time for that.
    "all-windows": { type: "boolean", default: false },
    // A JSON list of changes to the product's source ({ file, find, replace }), to try a repair or a fault.
    changes: { type: "string" },
  },
});
const mode = values.mode as Mode;
const changes =
  values.changes === undefined ? [] : (JSON.parse(readFileSync(values.changes, "utf8")) as SourceChange[]);

if (values.replay !== undefined) {
  const { preload } = await import("./core/preload.ts");
  await preload(changes);
  const { replay } = await import("./replay.ts");
  process.exitCode = (await replay(Number(values.replay), mode, values.whole)) ? 0 : 1;
} else {
  const pool = new Pool(Number(values.workers), changes);
  const end = values.minutes === undefined ? Infinity : performance.now() + Number(values.minutes) * 60_000;
  const isOver = () => performance.now() > end || (values.while !== undefined && !existsSync(values.while));
  const schedules = Number(values.schedules);
  const total = await pool.play({ mode, first: Number(values.seed), schedules, isOver });
  pool.close();
  const failed = await printTally(
    total,
    mode,
    values["all-windows"] && total.played >= Math.min(schedules, ENOUGH_FOR_ALL),
  );
  console.log(`${total.played - failed} passed, ${failed} failed`);
  process.exitCode = failed > 0 || total.played === 0 ? 1 : 0;
}

/**
 * The deterministic simulation of many jobs that share logins.
 *
 *   node test/simulation/run.ts --schedules 100000 [--seed N] [--minutes M] [--mode secret|ledger] [--workers N]
 *   node test/simulation/run.ts --replay SEED [--mode …] [--whole]
 *
 * Of the schedules that break a rule the seeds are printed; `--replay` plays one again, made smaller. The last line
 * counts the schedules.
 */
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import type { SourceChange } from "./core/preload.ts";
import type { Mode } from "./plan/plan.ts";
import { printTally } from "./say.ts";
import { Pool } from "./pool.ts";

const { values } = parseArgs({
  options: {
    schedules: { type: "string", default: "100000" },
    seed: { type: "string", default: "1" },
    minutes: { type: "string" },
    mode: { type: "string", default: "secret" },
    workers: { type: "string", default: "2" },
    replay: { type: "string" },
    whole: { type: "boolean", default: false },
    // Fails if all schedules were played, and a window of the failure table was not hit.
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
  const until = values.minutes === undefined ? undefined : performance.now() + Number(values.minutes) * 60_000;
  const schedules = Number(values.schedules);
  const total = await pool.play({ mode, first: Number(values.seed), schedules, until });
  pool.close();
  const failed = await printTally(total, mode, values["all-windows"] && total.played >= schedules);
  console.log(`${total.played - failed} passed, ${failed} failed`);
  process.exitCode = failed > 0 || total.played === 0 ? 1 : 0;
}

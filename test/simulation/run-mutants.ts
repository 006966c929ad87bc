/**
 * Puts each fault of mutants.ts into the product and lets the simulation look for it.
 *
 *   node test/simulation/run-mutants.ts [--mode secret|ledger] [--schedules N] [--only TEXT] [--seed N]
 */
import { parseArgs } from "node:util";
import type { SourceChange } from "./core/preload.ts";
import { readFileSync } from "node:fs";
import { type Mutant, MUTANTS } from "./mutants.ts";
import { Pool } from "./pool.ts";

const { values } = parseArgs({
  options: {
    mode: { type: "string" },
    schedules: { type: "string", default: "20000" },
    only: { type: "string" },
    seed: { type: "string", default: "1" },
    changes: { type: "string" },
  },
});
const base = values.changes === undefined ? [] : (JSON.parse(readFileSync(values.changes, "utf8")) as SourceChange[]);
const chosen = MUTANTS.filter(
  ({ mode, says }) => (!values.mode || mode === values.mode) && (!values.only || says.includes(values.only)),
);

let noticed = 0;
for (const mutant of chosen) {
  const problem = await survives(mutant);
  if (problem === undefined) noticed++;
  else console.log(`SURVIVED  ${mutant.says}: ${problem}`);
}
console.log(`${noticed} passed, ${chosen.length - noticed} failed`);
process.exitCode = noticed === chosen.length && noticed > 0 ? 0 : 1;

/** Why it was not noticed, or undefined if it was. */
async function survives(mutant: Mutant): Promise<string | undefined> {
  const pool = new Pool(2, [...base, mutant]);
  try {
    const order = {
      mode: mutant.mode,
      first: Number(values.seed),
      schedules: Number(values.schedules),
      stop: mutant.breaks,
    };
    const { played, failures } = await pool.play(order);
    const rules = new Set(failures.flatMap(({ findings }) => findings.map(({ rule }) => rule)));
    if (rules.size === 0) return `${played} schedules passed`;
    if (![...rules].some((rule) => rule.startsWith(mutant.breaks))) return `noticed by ${[...rules].join(", ")} alone`;
    console.log(`noticed   ${mutant.says}: within ${played} schedules (${mutant.breaks})`);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  } finally {
    pool.close();
  }
}

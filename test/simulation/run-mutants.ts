/**
 * Puts each fault of mutants/ into the product and lets the simulation look for it.
 *
 *   node test/simulation/run-mutants.ts [--mode secret|ledger] [--schedules N] [--only TEXT] [--seed N] [--workers N]
 */
import { parseArgs } from "node:util";
import { LEDGER_MUTANTS } from "./mutants/ledger.ts";
import type { Mutant } from "./mutants/mutant.ts";
import { SECRET_MUTANTS } from "./mutants/secret.ts";
import { Pool } from "./pool.ts";

const { values } = parseArgs({
  options: {
    mode: { type: "string" },
    schedules: { type: "string", default: "20000" },
    only: { type: "string" },
    seed: { type: "string", default: "1" },
    workers: { type: "string", default: "2" },
  },
});
const chosen = [...LEDGER_MUTANTS, ...SECRET_MUTANTS].filter(
  ({ mode, says }) => (!values.mode || mode === values.mode) && (!values.only || says.includes(values.only)),
);

let noticed = 0;
const left = [...chosen];
/** Each has a process of its own, and is looked for by it alone. */
const work = async () => {
  for (let mutant = left.shift(); mutant; mutant = left.shift()) {
    const problem = await survives(mutant);
    if (problem === undefined) noticed++;
    else console.log(`SURVIVED  ${mutant.says}: ${problem}`);
  }
};
await Promise.all(Array.from({ length: Math.max(1, Number(values.workers)) }, work));
console.log(`${noticed} passed, ${chosen.length - noticed} failed`);
process.exitCode = noticed === chosen.length && noticed > 0 ? 0 : 1;

/** Why it was not noticed, or undefined if it was. */
async function survives(mutant: Mutant): Promise<string | undefined> {
  const pool = new Pool(1, [mutant]);
  const { mode, says, breaks: stop } = mutant;
  try {
    const order = { mode, first: Number(values.seed), schedules: Number(values.schedules), stop };
    const { played, failures, cpuMs } = await pool.play(order);
    const rules = new Set(failures.flatMap(({ findings }) => findings.map(({ rule }) => rule)));
    if (rules.size === 0) return `${played} schedules passed`;
    if (![...rules].some((rule) => rule.startsWith(stop))) return `noticed by ${[...rules].join(", ")} alone`;
    console.log(`noticed   ${says}: within ${played} schedules, ${(cpuMs / 1000).toFixed(1)} s (${stop})`);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  } finally {
    pool.close();
  }
}

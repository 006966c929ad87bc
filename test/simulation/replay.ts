import { generate } from "./plan/generate.ts";
import type { Mode } from "./plan/plan.ts";
import { play } from "./play.ts";
import { shrink } from "./shrink.ts";
import { trace } from "./trace.ts";

/** Plays one seed again and prints it, made smaller if it breaks a rule. Gives whether it broke none. */
export async function replay(seed: number, mode: Mode, whole: boolean): Promise<boolean> {
  const plan = generate(seed, mode);
  const outcome = await play(plan);
  const rule = outcome.verdict.findings[0]?.rule;
  if (rule === undefined || whole) {
    console.log(trace(outcome));
    return rule === undefined;
  }
  const smaller = await shrink(plan, rule);
  console.log(trace(await play(smaller)));
  return false;
}

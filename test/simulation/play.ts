import { simulate } from "./core/simulate.ts";
import { judge, type Verdict } from "./oracle/judge.ts";
import { Facts } from "./oracle/facts.ts";
import type { Plan } from "./plan/plan.ts";
import type { Played } from "./core/simulate.ts";

export interface Outcome {
  readonly played: Played;
  readonly facts: Facts;
  readonly verdict: Verdict;
}

/** Plays the plan and judges what happened. */
export async function play(plan: Plan): Promise<Outcome> {
  const played = await simulate(plan);
  const facts = new Facts(played);
  return { played, facts, verdict: judge(facts) };
}

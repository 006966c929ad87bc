import { judgeControls } from "./controls.ts";
import { type Facts, type Finding, type Loss } from "./facts.ts";
import { judgeRecords } from "./ledger.ts";
import { judgeLosses } from "./losses.ts";
import { judgeOrder } from "./order.ts";
import { judgeSpending } from "./spending.ts";
import { judgeTruth } from "./truth.ts";

export interface Verdict {
  readonly findings: readonly Finding[];
  readonly losses: readonly Loss[];
  readonly limits: readonly string[];
}

/** Holds a played schedule against the invariants of the design, by the servers' books. */
export function judge(facts: Facts): Verdict {
  const { played } = facts;
  const judgement = { findings: [] as Finding[], losses: [] as Loss[], limits: [] as string[] };
  for (const what of played.reached) judgement.findings.push({ rule: "past the World", text: what });
  judgeSpending(facts, judgement);
  judgeRecords(facts, judgement);
  judgeOrder(facts, judgement);
  judgeTruth(facts, judgement);
  judgeLosses(facts, judgement);
  judgeControls(facts, judgement);
  return judgement;
}

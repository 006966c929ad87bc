import type { Version } from "../core/effects.ts";
import type { Call } from "../core/log.ts";
import { secretPath } from "../core/opening.ts";
import type { LoginPlan } from "../plan/plan.ts";
import { aliveAt, type Facts, heard, type Judgement, shownBy, updatedAt } from "./facts.ts";
import { limitOfRaw, whyHidden } from "./spending.ts";

const SAME_SECOND = "pasted within a second of the writing before it";
const GAVE_WAY = "a sign-in gave way to an older one";
const UNSURE = "pasted right after a writing whose answer was lost";

/**
 * Invariant 10: each storing of a job on top of what a person had pasted into the secret. Gives the limit of the
 * design by which that came.
 */
export function judgeSignIns(facts: Facts, login: number, { findings, limits }: Judgement): string | undefined {
  const path = secretPath(facts.played.plan.logins[login] as LoginPlan);
  const versions = facts.versionsAt(path);
  let last: string | undefined;
  for (const [index, version] of versions.entries()) {
    const before = versions[index - 1];
    if (version.call === undefined || before?.by !== "a person" || before.value === undefined) continue;
    const [family, other] = [facts.tokenIn(version)?.family, facts.tokenIn(before)?.family];
    if (family === other || facts.played.signIns.every(({ family: id }) => id !== other?.id)) continue;
    // One that the provider does not take any more is none.
    const pasted = facts.tokenIn(before);
    if (pasted && !aliveAt(pasted, version.seq)) continue;
    const why = whyOverwritten(facts, path, version, before);
    last = why ?? last;
    if (why) limits.push(why);
    else {
      const text = `version ${before.index} of the secret, by ${version.by} (#${version.call})`;
      findings.push({ rule: "a sign-in was overwritten", text });
    }
  }
  return last;
}

function whyOverwritten(facts: Facts, path: string, version: Version, pasted: Version): string | undefined {
  const call = facts.played.stage.calls[version.call as number] as Call;
  const sent = call.sentAt?.seq ?? 0;
  const heardBefore = facts.played.stage.calls.filter(
    (one) => one.job === call.job && one.end !== undefined && one.end.seq < sent,
  );
  const shown = heardBefore.map((one) => shownBy(one, path)).filter((one) => one !== undefined);
  const first = shown[0];
  const callOf = (one: Version | undefined) => facts.played.stage.calls[one?.call ?? -1];
  const own = facts.versionsAt(path).findLast((one) => one.index < pasted.index && callOf(one)?.job === call.job);
  const ownCall = callOf(own);
  if (own && ownCall) {
    // GitHub's clocks may differ by so much.
    if (updatedAt(pasted) <= updatedAt(own) + 1000) return SAME_SECOND;
    if (heard(ownCall) === "unclear" && pasted.at <= own.at + 10_000) return UNSURE;
  }
  if (!shown.some(({ index }) => index >= pasted.index)) return "pasted between the last look and the writing";
  if (first && updatedAt(first) === updatedAt(pasted) && first.index < pasted.index) return SAME_SECOND;
  // It was there already when the place was proved, and the times did not tell it from the job's own copy.
  const { snapshot, attempt = 1 } = facts.jobs.get(call.job) ?? {};
  // What the job had a copy of itself, it did not take for something older.
  const [theirs, ours] = [facts.tokenIn(pasted)?.family, facts.tokenIn(version)?.family];
  if (snapshot && snapshot.index >= pasted.index && (theirs?.id ?? 0) > (ours?.id ?? 0)) {
    // In the ledger it had given way before, to a paste that tells nothing of its age.
    return ours && facts.olderPastes.has(ours) ? GAVE_WAY : undefined;
  }
  const text = snapshot?.value?.() ?? "";
  if (text.startsWith("oc1.")) return whyHidden(pasted, text);
  if (!first || first.index < pasted.index || !snapshot) return undefined;
  return limitOfRaw(facts, first, heardBefore, attempt);
}

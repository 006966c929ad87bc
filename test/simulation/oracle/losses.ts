import type { Standing } from "../core/control.ts";
import { ownerOf, secretPath } from "../core/opening.ts";
import type { LoginPlan } from "../plan/plan.ts";
import { BACKUP, type Facts, type Judgement } from "./facts.ts";
import { LAPTOP, whyNotStored } from "./not-stored.ts";
import { whyRevoked, whySuperseded } from "./reused.ts";
import { judgeSignIns } from "./sign-ins.ts";

/** Invariant 4: a login is lost in named ways alone. */
export function judgeLosses(facts: Facts, judgement: Judgement): void {
  const { findings, losses } = judgement;
  for (const standing of facts.played.standings) {
    const { login, held, record, token, alive, works } = standing;
    const overwritten = judgeSignIns(facts, login, judgement);
    // A copy of another one is not a login of its own.
    if (ownerOf(facts.played.plan, login) !== login) continue;
    let why: string | undefined;
    if (alive) {
      if (record || !token || token.family.id === newestFamily(facts, login)) continue;
      why = overwritten ?? facts.staleSpent.get(login) ?? (held?.by === "a person" ? BACKUP : undefined);
      if (!why) findings.push({ rule: "a sign-in was overwritten", text: `the login ${login}` });
    } else if (!record && held?.value === undefined) {
      if (held === undefined && !token) continue;
      why = "a person deleted the secret";
    } else {
      // What no job has used yet, or could be stored in the secret only, is not lost.
      if (works) continue;
      why = whyLost(facts, standing) ?? overwritten;
      if (!why) findings.push({ rule: "lost for no named reason", text: `the login ${login}` });
    }
    losses.push({ login, why: why ?? "NO NAMED REASON" });
  }
}

/** The family of the last sign-in that was pasted into this login's secret. */
function newestFamily(facts: Facts, login: number): number | undefined {
  const { plan, signIns } = facts.played;
  const versions = facts.versionsAt(secretPath(plan.logins[login] as LoginPlan));
  const pasted = signIns.filter((one) => one.pasted && versions.includes(one.pasted));
  return pasted.toSorted((a, b) => (a.pasted?.seq ?? 0) - (b.pasted?.seq ?? 0)).at(-1)?.family;
}

/** How a login that is dead now was lost; undefined if there is no name for it. */
function whyLost(facts: Facts, { token, held, record, login }: Standing): string | undefined {
  if (facts.meddled(login)) return "somebody meddled with the record";
  if (!token) return held?.by === "a person" ? "a person pasted something else" : undefined;
  const { family } = token;
  if (family.revoked?.why === "by the account's owner") return "the account's owner ended it";
  if (!record && held?.by === "a person" && token.spent && token.spent.seq < held.seq) return BACKUP;
  if (token.spent?.seq === 0) return BACKUP;
  // Whatever a person pastes meanwhile is kept, and the job's own is not stored.
  const pasted = held?.by === "a person" && held.index > 0;
  if (!record && pasted && facts.played.signIns.every((one) => one.pasted !== held)) return BACKUP;
  const revoked = () => family.revoked && whyRevoked(facts, family.revoked.shown, family.revoked.call);
  if (token.spent) {
    return token.spent.call === undefined ? LAPTOP : (whyNotStored(facts, token, token.spent.call) ?? revoked());
  }
  if (token.superseded !== undefined) return whySuperseded(facts, token);
  return revoked();
}

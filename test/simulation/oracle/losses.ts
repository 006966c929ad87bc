import type { Standing } from "../core/control.ts";
import type { RefreshToken } from "../core/effects.ts";
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
  if (spoiltByMeddler(facts, login, token)) return "somebody meddled with the record";
  if (!token) return held?.by === "a person" ? "a person pasted something else" : undefined;
  const { family, spent } = token;
  if (family.revoked?.why === "by the account's owner") return "the account's owner ended it";
  const pasted = held?.by === "a person" ? held : undefined;
  if (!record && pasted && spent && spent.seq < pasted.seq) return BACKUP;
  if (spent?.seq === 0) {
    const versions = facts.versionsAt(secretPath(facts.played.plan.logins[login] as LoginPlan));
    return versions.some((one) => one.by === "a person" && facts.tokenIn(one) === token) ? BACKUP : undefined;
  }
  // What a person pastes after a job has taken its copy is kept, and what the job makes of that copy is not stored.
  if (!record && pasted && pasted.index > 0 && facts.played.signIns.every((one) => one.pasted !== pasted)) {
    const spender = facts.played.stage.calls[spent?.call ?? -1];
    const copy = facts.jobs.get(spender?.job ?? -1)?.snapshot;
    if (spender && (copy?.index ?? 0) < pasted.index) return BACKUP;
  }
  const revoked = () => family.revoked && whyRevoked(facts, family.revoked.shown, family.revoked.call);
  // Whoever renewed it slept, say, until others had taken over and called it dead: then there was nothing to be stored.
  if (spent) return spent.call === undefined ? LAPTOP : (whyNotStored(facts, token, spent.call) ?? revoked());
  if (token.superseded !== undefined) return whySuperseded(facts, token);
  return revoked();
}

/** Whoever may push has put an older login back, or taken it away, or done so while its successor was on its way. */
function spoiltByMeddler(facts: Facts, login: number, token: RefreshToken | undefined): boolean {
  const path = facts.recordPath(login);
  const versions = path === undefined ? [] : facts.recordsAt(path).filter(({ seq }) => seq <= facts.over);
  const meddled = versions.filter(({ by }) => by === "an adversary");
  if (meddled.some((one) => token !== undefined && facts.view(one)?.token === token)) return true;
  return meddled.some(({ seq, index }) => index === versions.length - 1 || seq > (token?.spent?.seq ?? 0));
}

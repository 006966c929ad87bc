import { type RefreshToken, type RefVersion, sayRecord, sayToken } from "../core/effects.ts";
import { nameOf } from "../core/job.ts";
import type { Call } from "../core/log.ts";
import { placesOf } from "../core/ledger.ts";
import { envelopeIn, type RecordView } from "../core/reading.ts";
import type { LoginLedger } from "../plan/plan.ts";
import { isKeyless, KEYLESS } from "./not-stored.ts";
import { aliveAt, BACKUP, type Facts, type Finding, heard, type Judgement, recordBy, type Send } from "./facts.ts";
import { judgeLease } from "./leases.ts";

/** A send begins within 30 s of its intent, and may take 25 s; what a slow answer to the intent adds counts too. */
const LATEST_MS = 30_000 + 25_000 + 1_000;

export const OLDER_PASTE = "an older paste that no job had used yet was taken for a sign-in";

/** Sends of a job with the ledger: each has its own intent, and the lease at that moment. */
export function judgeIntent(facts: Facts, send: Send, path: string): Finding[] {
  const { call, token } = send;
  const found: Finding[] = [];
  const finding = (rule: string, text: string) => void found.push({ rule, text: `${call.who} (#${call.id}): ${text}` });
  const sent = call.sentAt as { t: number; seq: number };
  const versions = facts.recordsAt(path).filter(({ seq }) => seq < sent.seq);
  const own = versions.filter((one) => one.by === call.who && facts.view(one)?.lease);
  const intent = own.at(-1);
  const earlier = facts.sends.findLast(
    (one) => one.call.who === call.who && (one.call.sentAt?.seq ?? sent.seq) < sent.seq,
  );
  if (!intent) {
    finding("spent without a proved place", `no intent of its own had been written before ${sayToken(token)} was sent`);
    return found;
  }
  if (earlier?.call.sentAt && earlier.call.sentAt.seq > intent.seq) {
    finding("sent without an intent of its own", `${sayToken(token)} was sent twice under one intent`);
  }
  if (sent.t - intent.movedAt > LATEST_MS) {
    finding("sent too late", `${Math.round((sent.t - intent.movedAt) / 1000)} s after its intent`);
  }
  const nonce = facts.view(intent)?.lease?.nonce;
  const present = versions.at(-1);
  // Whoever may push can take the lease out of the record between the two.
  const taken = versions.some(({ by, seq }) => by === "an adversary" && seq > intent.seq);
  if (facts.view(present)?.lease?.nonce !== nonce && !taken) {
    finding("sent without the lease", `while the record was ${sayRecord(present)}`);
  }
  return found;
}

/** What the ledger had shown to the process before it sent. */
export function judgeKnowledge(facts: Facts, send: Send, path: string, limits: string[]): Finding[] {
  const { call, token, job } = send;
  const sent = call.sentAt as { seq: number };
  const own = (facts.calls.get(call.who) ?? []).filter(({ end }) => end !== undefined && end.seq < sent.seq);
  const last = own.map((one) => recordBy(one, path)).findLast((version) => version !== undefined);
  const view = facts.view(last);
  if (!token || !view?.token) return [];
  const finding = (rule: string, text: string): Finding[] => [{ rule, text: `${call.who} (#${call.id}): ${text}` }];
  if (view.dead && view.token === token) return finding("a dead login asked again", sayToken(token));
  const copy = job.plan.ledger?.credential ? envelopeIn(job.snapshot?.value?.()) : undefined;
  const shared = copy?.["shared"] as { lineage: string; unpublished?: unknown } | undefined;
  if (view.token === token && shared?.lineage === view.lineage && !shared.unpublished) {
    const later = Number(copy?.["generation"]);
    if (later > view.generation)
      return finding("a record that was put back was believed", `${sayToken(token)}, with generation ${later} in hand`);
  }
  if (view.token === token) return [];
  // The one before a login that a program wrote is tried where that was refused.
  const isBefore = token.family === view.token.family && token.generation < view.token.generation;
  const refused = facts.sends.some(
    (one) =>
      one.call.who === call.who && one.token === view.token && heard(one.call) === "refused" && isEnded(one.call, sent),
  );
  if (isBefore && refused) return [];
  const stale = () =>
    finding("stale copy spent", `${sayToken(token)}, while the ledger showed ${sayToken(view.token)}`);
  const forgotten = facts.putBack(job.plan.login, token, (last as RefVersion).seq);
  if (!forgotten && hasKnown(facts, token, path, (last as RefVersion).seq)) return stale();
  if (job.attempt > 1)
    return finding("stale copy spent", `${sayToken(token)} of a re-run's copy, as if it were a sign-in`);
  const older = token.family === view.token.family && token.generation < view.token.generation;
  const pasted = job.snapshot?.by === "a person" && facts.tokenIn(job.snapshot) === token;
  // What a job without the key has stored says nothing of the ledger, whose record cannot know it.
  const by = facts.played.jobs.find((one) => job.snapshot?.by.startsWith(`${one.name}.`));
  const stranger = by !== undefined && isKeyless(facts, by);
  if (older && !pasted && !stranger) return stale();
  if (older) limits.push(pasted ? BACKUP : KEYLESS);
  if (token.family.id < view.token.family.id) {
    facts.olderPastes.add(token.family);
    limits.push(OLDER_PASTE);
  }
  return [];
}

const isEnded = ({ end }: Call, { seq }: { readonly seq: number }): boolean => end !== undefined && end.seq < seq;

/** Whether the record has held this token by then, or a job has spent it and published what came of it. */
function hasKnown(facts: Facts, token: RefreshToken, path: string, until: number): boolean {
  const versions = facts.recordsAt(path).filter(({ seq }) => seq <= until);
  const spender = token.spent?.call === undefined ? undefined : facts.played.stage.calls[token.spent.call];
  const spent = token.spent?.seq ?? Number.POSITIVE_INFINITY;
  const shared = spender && spender.step !== "program" ? `${nameOf(spender.job)}.` : undefined;
  return versions.some((one) => {
    const { token: own, lease } = facts.view(one) ?? {};
    const published = shared !== undefined && one.by.startsWith(shared) && one.seq > spent && !lease;
    return own === token || (published && own?.family === token.family);
  });
}

/** The record itself, from version to version. */
export function judgeRecords(facts: Facts, { findings, limits }: Judgement): void {
  const { plan, stage } = facts.played;
  for (const { ledger } of plan.logins) {
    const [own, branch] = ledger ? placesOf(ledger).map((place) => stage.github.git.refs.get(place)) : [];
    if (!own || !branch) continue;
    // A server that refuses a ref for a moment leads a job to a branch, until it sees that it was alone with that.
    if (branch.every((version) => facts.view(version)?.lease)) limits.push("an intent was left on a branch");
    else findings.push({ rule: "two records", text: placesOf(ledger as LoginLedger).join(" and ") });
  }
  for (const [path, versions] of facts.played.stage.github.git.refs) {
    for (const [index, version] of versions.entries()) {
      const before = versions[index - 1];
      if (version.call === undefined) continue;
      const finding = (rule: string, text: string) =>
        void findings.push({ rule, text: `${path.split("/").at(-1)} ${sayRecord(version)}: ${text}` });
      if (/sk-ant-o/.test(version.text ?? "")) finding("leak", "a token stands in it");
      const forged =
        before?.by === "an adversary" && versions.every((one) => one === before || one.text !== before.text);
      if (forged && before.text !== undefined) finding("a forged record was believed", sayRecord(before));
      const [now, then] = [facts.view(version), facts.view(before)];
      if (!now || !then || before?.by === "an adversary") continue;
      const wrong = wrongStep(version, now, before as RefVersion, then);
      if (wrong) finding(...wrong);
      const early = judgeLease(facts, versions, index);
      if (early) finding(...early);
      const [to, from] = [now.token, then.token];
      if (to && from && to.family === from.family && to.generation < from.generation) {
        finding("an older token was published", `${sayToken(to)} on top of ${sayToken(from)}`);
      }
      if (now.dead && !then.dead && now.token && aliveAt(now.token, version.seq)) {
        finding("a living login was marked dead", sayToken(now.token));
      }
      if (now.token && then.token && now.token.family.id < then.token.family.id) {
        if (facts.olderPastes.has(now.token.family)) limits.push("a sign-in gave way to an older one");
        else finding("a sign-in was overwritten", `${sayToken(now.token)} on top of ${sayToken(then.token)}`);
      }
    }
  }
}

function wrongStep(
  now: RefVersion,
  to: RecordView,
  before: RefVersion,
  from: RecordView,
): [string, string] | undefined {
  const fingerprints = (version: RefVersion) => /"fingerprints":"([\w-]*)"/.exec(version.text ?? "")?.[1] ?? "";
  if (!fingerprints(now).startsWith(fingerprints(before)))
    return ["fingerprints were dropped", "of the version before"];
  if (to.lineage === from.lineage && to.generation < from.generation)
    return ["a generation went back", sayRecord(before)];
  if (to.epoch < from.epoch) return ["an epoch went back", sayRecord(before)];
  if (to.lineage === from.lineage && to.generation > from.generation + 1)
    return ["a generation was left out", sayRecord(before)];
  return undefined;
}

import type { Standing } from "../core/control.ts";
import type { RefreshToken, Version } from "../core/effects.ts";
import { type Job, TEMP } from "../core/job.ts";
import type { Call } from "../core/log.ts";
import { ownerOf, secretPath } from "../core/opening.ts";
import type { LoginPlan } from "../plan/plan.ts";
import { type Facts, heard, type Judgement, updatedAt } from "./facts.ts";
import { judgeSignIns } from "./sign-ins.ts";
import { savedAtIn, TEN_SECONDS } from "./spending.ts";

const NOT_KEPT_APART = "jobs were not kept apart (no concurrency group)";
const LOST_ANSWER = "the answer was lost";
const LAPTOP = "used on a laptop";
const BACKUP = "a person pasted an old backup";
const LATE_WRITING = "an old writing arrived late";
const PROGRAM = "the job's program renewed it";

const KEYLESS = "a job without the ledger's key used the same copy";

const isKeyless = (facts: Facts, job: Job): boolean =>
  job.plan.ledger === undefined && facts.recordPath(job.plan.login) !== undefined;

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
      why = whyLost(facts, standing);
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
  if (token.spent) return token.spent.call === undefined ? LAPTOP : whyNotStored(facts, token, token.spent.call);
  if (token.superseded !== undefined) return whySuperseded(facts, token);
  return family.revoked ? whyRevoked(facts, family.revoked.shown, family.revoked.call) : undefined;
}

/** The successor of the token was never stored: what became of the process that had it? */
function whyNotStored(facts: Facts, token: RefreshToken, callId: number): string | undefined {
  const call = facts.played.stage.calls[callId] as Call;
  const job = facts.jobs.get(call.job);
  const late = storedLate(facts, token);
  if (late) return late;
  if (!job) return undefined;
  if (isKeyless(facts, job)) return KEYLESS;
  const proc = call.step === "post" ? job.post : job.main;
  if (call.step === "program") return whyProgram(facts, call);
  if (heard(call) === "unclear") return LOST_ANSWER;
  if (heard(call) === "nothing yet") return proc?.death ? "killed before the answer" : undefined;
  if (heard(call) !== "renewed") return undefined;
  const tried = ["main", "post"].flatMap((step) => facts.calls.get(`${job.name}.${step}`) ?? []);
  if (job.plan.rotateTo === "none" && !facts.recordPathOf(job)) return "nowhere to store (as the user allowed)";
  if (storedBy(facts, job, token)) return writtenLate(facts, job) ? LATE_WRITING : undefined;
  const capsule = facts
    .entriesOf(`${job.name}.main`)
    .some(
      ({ what, detail }) =>
        what === "commit" && detail.startsWith(`${TEMP}/oauth-creds-login`) && !detail.endsWith("full"),
    );
  if (proc?.death && !capsule) return "killed between answer and capsule";
  if (job.post?.code !== 0) {
    return proc?.death
      ? "killed before storing, and post did not run to its end"
      : "could not be stored, and post did not run to its end";
  }
  const troubled = tried.some(({ trouble, end }) => trouble !== undefined || (end?.arrival?.status ?? 200) >= 500);
  if (troubled) return "could not be stored, by main or post";
  return job.plan.fullDisk ? "killed before storing, with a full disk" : undefined;
}

/** Whether the job had stored a successor of this token, in its secret or its record. */
function storedBy(facts: Facts, job: Job, token: RefreshToken): boolean {
  const follows = (other: RefreshToken | undefined) =>
    other !== undefined && other.family === token.family && other.generation > token.generation;
  const by = (who: string) => who.startsWith(`${job.name}.`);
  const path = facts.recordPathOf(job);
  if (path && facts.recordsAt(path).some((one) => by(one.by) && follows(facts.view(one)?.token))) return true;
  return facts.versionsAt(facts.targetOf(job)).some((one) => by(one.by) && follows(facts.tokenIn(one)));
}

/** The job's program renewed it, and post could not or would not take it over. */
function whyProgram(facts: Facts, call: Call): string | undefined {
  const job = facts.jobs.get(call.job);
  if (!job) return undefined;
  const { does } = job.plan.program;
  if (job.post?.code !== 0) return `${PROGRAM}, and no post step came to its end`;
  if (does === "wipes" || does === "cuts-off" || does === "puts-back") return `${PROGRAM} and spoilt its file`;
  const wrote = facts
    .entriesOf(`${job.name}.program`)
    .some(({ seq, what }) => what === "commit" && seq > (call.end?.seq ?? 0));
  if (heard(call) !== "renewed" || !wrote) return `${PROGRAM}, and never got or wrote the answer`;
  const calls = facts.calls.get(`${job.name}.post`) ?? [];
  if (calls.some(({ trouble }) => trouble !== undefined)) return `${PROGRAM}, and post could not store it`;
  // The end that a program reckons by a wrong clock stays with the login: it misleads later jobs, too.
  const lenders = facts.played.jobs.filter(({ plan }) => plan.writeRefreshToken);
  if (lenders.some(({ plan }) => Math.abs(plan.clock.skewMs) > 60_000)) {
    return `${PROGRAM}, and a wrong clock made it look old`;
  }
  if (call.trouble === "no-lifetime") return `${PROGRAM}, and its end was not told`;
  const unsure = (facts.calls.get(`${job.name}.main`) ?? []).some(
    (one) => one.request.method === "PUT" && one.sentAt && heard(one) === "unclear",
  );
  if (unsure) return `${PROGRAM}, and post could not tell main's writing from a person's`;
  if (writtenLate(facts, job)) return LATE_WRITING;
  if (job.plan.fullDisk) return `${PROGRAM}, and the disk was full`;
  return facts.played.plan.grouped || facts.recordPathOf(job) ? undefined : NOT_KEPT_APART;
}

/** The network delivered a writing of this secret late, or twice: to the job it looks as if a person had pasted. */
const writtenLate = (facts: Facts, job: Job): boolean =>
  facts.versionsFor(job).some(({ call }) => {
    const trouble = call === undefined ? undefined : facts.played.stage.calls[call]?.trouble;
    return trouble === "request-late" || trouble === "twice";
  });

/** The successor had been stored, and something older came on top of it. */
function storedLate(facts: Facts, token: RefreshToken): string | undefined {
  const { calls, github } = facts.played.stage;
  for (const [path, versions] of github.secrets) {
    if (path.includes("/OAUTH_CREDS_PROBE")) continue;
    const newer = versions.find((one) => {
      const stored = one.call === undefined ? undefined : facts.tokenIn(one);
      return stored?.family === token.family && stored.generation > token.generation;
    });
    const last: Version | undefined = versions.at(-1);
    const call = last?.call === undefined ? undefined : calls[last.call];
    if (newer && last && last.index > newer.index && facts.tokenIn(last) === token && call) {
      return call.trouble === "request-late" || call.trouble === "twice" ? LATE_WRITING : undefined;
    }
  }
  return undefined;
}

/** A sibling was made of the token before it: who showed that one again? */
function whySuperseded(facts: Facts, token: RefreshToken): string | undefined {
  const before = token.family.tokens.find((one) => one.spent && one.generation === token.generation - 1);
  const call = facts.played.stage.calls.findLast(({ arrivals }) =>
    arrivals.some(({ effect }) => effect.kind === "renewed" && effect.how === "sibling" && effect.token === before),
  );
  return before && call ? whyReused(facts, before, call.id) : undefined;
}

function whyRevoked(facts: Facts, shown: RefreshToken | undefined, callId: number | undefined): string | undefined {
  if (!shown || callId === undefined) return LAPTOP;
  return whyReused(facts, shown, callId);
}

/** A spent token was shown again: who did that, and could they know? */
function whyReused(facts: Facts, shown: RefreshToken, callId: number): string | undefined {
  const call = facts.played.stage.calls[callId] as Call;
  const { plan } = facts.played;
  if (call.arrivals.length > 1) return "the network delivered a request twice";
  const spender = shown.spent?.call === undefined ? undefined : facts.played.stage.calls[shown.spent.call];
  const sender = facts.jobs.get(call.job);
  if (sender && isKeyless(facts, sender)) return KEYLESS;
  if (!spender) return shown.spent?.seq === 0 ? BACKUP : LAPTOP;
  if (spender === call) return "the network delivered a request twice";
  if (spender.job === call.job) {
    return call.trouble === "request-late" ? "a request arrived after its retry" : LOST_ANSWER;
  }
  const job = facts.jobs.get(call.job);
  const other = facts.jobs.get(spender.job);
  if (!job || !other) return undefined;
  if (isKeyless(facts, job) || isKeyless(facts, other)) return KEYLESS;
  const path = facts.recordPathOf(job);
  if (!plan.grouped && !path) return NOT_KEPT_APART;
  // Whoever had the successor never stored it in time: it was lost then, and this was only found out now.
  const follows = (token: RefreshToken | undefined) =>
    token !== undefined && token.family === shown.family && token.generation > shown.generation;
  const before = call.sentAt?.seq ?? 0;
  const inSecret = facts.versionsFor(job).some((one) => one.seq < before && follows(facts.tokenIn(one)));
  const inRecord =
    path !== undefined && facts.recordsAt(path).some((one) => one.seq < before && follows(facts.view(one)?.token));
  if (!(path ? inRecord : inSecret)) return whyNotStored(facts, shown, spender.id) ?? whyTooLate(facts, other, path);
  if (call.end === undefined && (job.times.over ?? 0) < (call.arrivals[0]?.t ?? 0)) {
    return "a request arrived after its job was gone";
  }
  if (job.snapshot?.by === "a person" && job.snapshot.index > 0) return BACKUP;
  const next = facts.versionsFor(job)[(job.snapshot?.index ?? 0) + 1];
  const savedAt = savedAtIn(job.snapshot?.value?.() ?? "");
  if (next && savedAt !== undefined && updatedAt(next) <= savedAt + 10_000) return TEN_SECONDS;
  if (!job.snapshot?.value?.().startsWith("oc1.") && job.attempt === 1 && !job.plan.readsRuns) {
    return "a raw copy cannot be judged where the token may not read the run";
  }
  return undefined;
}

/** It was stored in the end, but another job had taken over meanwhile. */
function whyTooLate(facts: Facts, job: Job, path: string | undefined): string | undefined {
  if (!path) return undefined;
  const calls = ["main", "post"].flatMap((step) => facts.calls.get(`${job.name}.${step}`) ?? []);
  if (job.main?.death) return "killed before storing, and post came too late";
  return calls.some(({ trouble }) => trouble !== undefined)
    ? "could not be stored before another job took over"
    : undefined;
}

import type { Call } from "../core/log.ts";
import type { Job } from "../core/job.ts";
import type { Proc } from "../core/proc.ts";
import { type Facts, heard, type Judgement } from "./facts.ts";
import { judgePost, judgeSuccess } from "./success.ts";

/** Longer than any main or post step may take: proving 20 s, sending, storing 180 s, the waits in between. */
const LONGEST_MS = 900_000;

/** Invariants 4, 5 and liveness: what a job says is so, and it says it in time. */
export function judgeTruth(facts: Facts, judgement: Judgement): void {
  const { findings, limits } = judgement;
  for (const { job, proc } of facts.procs()) {
    const finding = (rule: string, text: string) => void findings.push({ rule, text: `${proc.who}: ${text}` });
    if (proc.alive) finding("hangs", "it waits for something that never comes");
    if (proc.code === 70) finding("crash", "an exception or a rejection that nobody caught");
    const took = (proc.endedAt ?? 0) - (proc.startedAt ?? 0);
    if (proc.code !== undefined && took > LONGEST_MS) finding("too slow", `it took ${Math.round(took / 1000)} s`);
    const calls = facts.calls.get(proc.who) ?? [];
    for (const { level, text, seq } of proc.said.texts) {
      const spent = /nothing was spent/i.test(text) ? calls.find((one) => hasSpent(one, seq)) : undefined;
      if (spent) finding("untrue", `said that nothing was spent (${level}), after #${spent.id}`);
      for (const [, code] of text.matchAll(/\[([a-z]+(?:-[a-z]+)+|throttled|cancelled|unexpected)\]/g)) {
        const wrong = untrue(code as string, { facts, job, proc, calls, text });
        if (wrong) finding("untrue", `said [${code}] (${level}), but ${wrong}`);
      }
    }
    if (proc === job.main && proc.code === 0 && proc.said.outputs["available"] === "true") {
      judgeSuccess(facts, job, proc, calls, finding, limits);
    }
    if (proc === job.main && proc.code === 1 && !proc.said.texts.some(({ level }) => level === "error")) {
      finding("untrue", "it failed without a word");
    }
    if (proc === job.post) judgePost(facts, job, proc, calls, finding);
  }
}

/** What the servers' books say nothing of. */
const NOT_JUDGED: ReadonlySet<string> = new Set(["credential-ended", "credential-unusable", "input-invalid"]);

/** Whether it had spent a token by then: another one had come of it. */
const hasSpent = (one: Call, seq: number): boolean =>
  one.server === "provider" &&
  (one.end?.seq ?? Number.POSITIVE_INFINITY) < seq &&
  one.arrivals.some(({ effect }) => effect.kind === "renewed" && effect.how !== "kept");

interface Case {
  readonly facts: Facts;
  readonly job: Job;
  readonly proc: Proc;
  readonly calls: readonly Call[];
  readonly text: string;
}

/** Why that cannot be so, by the servers' books; undefined if it is so. */
function untrue(code: string, { facts, job, proc, calls, text }: Case): string | undefined {
  const asked = calls.filter(({ server }) => server === "provider");
  const last = asked.at(-1);
  const lastHeard = last && heard(last);
  const github = calls.filter(({ server }) => server === "github");
  const status = (...wanted: number[]) => github.some(({ end }) => wanted.includes(end?.arrival?.status ?? 0));
  switch (code) {
    case "throttled":
      return lastHeard === "turned away" ? undefined : "the provider did not turn it away";
    case "provider-unreachable":
      return asked.every(({ sentAt }) => !sentAt) || lastHeard === "not sent" ? undefined : "a request had been sent";
    case "login-refused":
    case "login-ended":
    case "login-lost-in-flight": {
      // What another job has found out stands in the record.
      if (text.includes("no job asks again"))
        return deadMark(facts, job) ? undefined : "the record is not marked as dead";
      const refusals = asked.filter((one) => heard(one) === "refused");
      if (refusals.length === 0) return "the provider did not refuse the login";
      if (text.includes("was ended while it renewed the login")) return takenOver(facts, job, proc);
      const before = (test: (one: Call, refusal: Call) => boolean) =>
        refusals.some((refusal) => asked.some((one) => one.id < refusal.id && test(one, refusal)));
      const own = before((one, refusal) => heard(one) === "unclear" && sameToken(one, refusal));
      if (code === "login-lost-in-flight" && !own) return "no answer of its own had been lost";
      const spent = own && before((one, refusal) => heard(one) === "unclear" && renewedBy(one, refusal));
      return code === "login-refused" && spent && refusals.length === 1
        ? "its own lost answer had spent the token"
        : undefined;
    }
    case "account-attention":
      return asked.some(({ trouble }) => trouble === "on-hold") ? undefined : "the account is not on hold";
    case "request-rejected":
      return asked.some(({ trouble }) => trouble?.startsWith("invalid-")) ? undefined : "the request was not rejected";
    case "answer-unclear": {
      const unclear = asked.some((one) => heard(one) === "unclear" || one.trouble === "no-access");
      return unclear ? undefined : "every answer was clear";
    }
    case "snapshot-stale":
      return staleTruth(facts, job, text);
    case "secret-forbidden":
      return status(400, 401, 403, 404, 413, 422) ? undefined : "GitHub did not decline";
    case "github-unreachable": {
      const trouble = github.some(({ end }) => !end?.arrival || end.arrival.status >= 400);
      return trouble ? undefined : "every call of GitHub went well";
    }
    case "secret-not-found":
      return github.some(({ end }) => end?.arrival?.status === 404) ? undefined : "GitHub showed the secret";
    case "nowhere-to-store":
      return job.plan.rotateTo === "none" ? undefined : "there was a place";
    case "cancelled":
      return job.times.cancelled === undefined ? "nobody had cancelled it" : undefined;
    case "secret-elsewhere":
      return typeof job.plan.rotateTo === "number" ? undefined : "it is the same secret";
    case "file-failed":
      return job.plan.fullDisk ? undefined : "the disk was not full";
    case "ledger-forbidden":
      return status(401, 403, 404, 409, 422) || facts.played.plan.github.git.graphql === "refused"
        ? undefined
        : "GitHub did not decline";
    case "ledger-unreachable": {
      const trouble = github.some(({ end }) => !end?.arrival || end.arrival.status >= 400);
      return trouble || text.includes("calls of GitHub's API are left") ? undefined : "every call of GitHub went well";
    }
    case "ledger-unreadable":
      return job.plan.ledger?.key === "stranger" || facts.meddled(job.plan.login) || rollsOver(facts)
        ? undefined
        : "it was readable";
    case "ledger-rolled-back":
      return facts.meddled(job.plan.login) ? undefined : "nobody had rolled it back";
    case "ledger-empty":
      return untrueEmpty(facts, job);
    case "ledger-busy":
      if ((proc.endedAt ?? 0) - proc.startedAt <= 170_000) return "it did not wait";
      return heldByAnother(facts, job, proc) ? undefined : "no other job had held the lease meanwhile";
    case "could-not-store": {
      const held = facts.versionsAt(facts.targetOf(job)).findLast(({ at }) => at <= (proc.endedAt ?? 0));
      const token = held?.by.startsWith(`${job.name}.`) ? facts.tokenIn(held) : undefined;
      const alive = token && facts.played.stage.provider.isAlive(token);
      return proc === job.post && alive ? "it stands in the secret" : undefined;
    }
    case "unexpected":
      return "nothing should be unexpected";
    default:
      return NOT_JUDGED.has(code) ? undefined : "no rule here judges that";
  }
}

/** Whether another job had held the lease before. */
function takenOver(facts: Facts, job: Job, proc: Proc): string | undefined {
  const path = facts.recordPathOf(job);
  const versions = path === undefined ? [] : facts.recordsAt(path);
  const last = versions.findLastIndex((one) => one.by === proc.who && facts.view(one)?.lease);
  const other = versions.slice(0, Math.max(0, last)).some((one) => facts.view(one)?.lease && one.by !== proc.who);
  return other ? undefined : "no other job had held the lease";
}

/** Whether another job had the lease at some time while this one ran. */
function heldByAnother(facts: Facts, job: Job, proc: Proc): boolean {
  const versions = facts.recordsAt(facts.recordPathOf(job) ?? "");
  return versions.some((one, index) => {
    const until = versions[index + 1]?.movedAt ?? Number.POSITIVE_INFINITY;
    const meanwhile = until > proc.startedAt && one.movedAt < (proc.endedAt ?? 0);
    return meanwhile && one.by !== proc.who && facts.view(one)?.lease !== undefined;
  });
}

const rollsOver = ({ played }: Facts): boolean => played.jobs.some(({ plan }) => plan.ledger?.key === "next");

/** Whether the record was marked as dead at some time while the job ran, or before. */
function deadMark(facts: Facts, job: Job): boolean {
  const path = facts.recordPathOf(job);
  return path !== undefined && facts.recordsAt(path).some((one) => facts.view(one)?.dead);
}

/** Whether the record stood there all the time that the job ran. */
function untrueEmpty(facts: Facts, job: Job): string | undefined {
  const path = facts.recordPathOf(job);
  const began = job.times.began ?? 0;
  const versions = path === undefined ? [] : facts.recordsAt(path).filter(({ movedAt }) => movedAt <= began);
  return versions.at(-1)?.text === undefined || facts.meddled(job.plan.login) ? undefined : "the record was there";
}

/** Whatever else differs: it may have been asked with another scope. */
const sameToken = (a: Call, b: Call): boolean => tokenIn(a) === tokenIn(b);

const tokenIn = ({ request }: Call): string | undefined => /"refresh_token":"([^"]+)"/.exec(request.body ?? "")?.[1];

const renewedBy = (call: Call, other: Call): boolean =>
  sameToken(call, other) && call.arrivals.some(({ effect }) => effect.kind === "renewed" && effect.how !== "kept");

/** The words are plain where the times prove it, and careful where they do not. */
function staleTruth(facts: Facts, job: Job, text: string): string | undefined {
  if (!text.includes("This job holds an old copy")) return undefined;
  const versions = facts.versionsFor(job);
  const written = versions.some(
    ({ index, at }) => index > (job.snapshot?.index ?? -1) && at <= (job.main?.endedAt ?? 0),
  );
  const call = facts.played.stage.calls[job.snapshot?.call ?? -1];
  // It was: long after the time that it carries, since it was late on its way.
  if (call?.trouble === "request-late" || call?.trouble === "twice") return undefined;
  return written ? undefined : "the secret had not been written since";
}

import type { AccessToken } from "../core/effects.ts";
import type { Call } from "../core/log.ts";
import type { Job } from "../core/job.ts";
import { CLAUDE_FILE } from "../core/job.ts";
import { ownerOf } from "../core/opening.ts";
import type { Proc } from "../core/proc.ts";
import { type Facts, heard, type Judgement } from "./facts.ts";

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
    for (const { level, text } of proc.said.texts) {
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
      return status(401, 403, 404) ? undefined : "GitHub did not decline";
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
      return (proc.endedAt ?? 0) - proc.startedAt > 170_000 ? undefined : "it did not wait";
    case "unexpected":
      return "nothing should be unexpected";
    default:
      return proc.code === undefined ? undefined : undefined;
  }
}

/** Whether another job had held the lease before. */
function takenOver(facts: Facts, job: Job, proc: Proc): string | undefined {
  const path = facts.recordPathOf(job);
  const versions = path === undefined ? [] : facts.recordsAt(path);
  const first = versions.findIndex(({ by }) => by === proc.who);
  const other = versions.slice(0, Math.max(0, first)).some((one) => facts.view(one)?.lease && one.by !== proc.who);
  return other ? undefined : "no other job had held the lease";
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

function judgeSuccess(
  facts: Facts,
  job: Job,
  proc: Proc,
  calls: readonly Call[],
  finding: (rule: string, text: string) => void,
  limits: string[],
): void {
  const { outputs } = proc.said;
  const { provider } = facts.played.stage;
  const end = proc.endedAt ?? 0;
  const renewal = calls.findLast((call) => call.server === "provider" && heard(call) === "renewed");
  const shared = facts.recordPathOf(job) !== undefined;
  // Of a shared login, somebody else's renewal may have come after ours.
  if ((outputs["refreshed"] === "true") !== (renewal !== undefined) && !(shared && renewal))
    finding("untrue", `refreshed: ${outputs["refreshed"]}`);
  const stored = calls.some((call) =>
    call.arrivals.some(
      ({ effect }) => effect.kind === "ref" || (effect.kind === "stored" && effect.secret === facts.targetOf(job)),
    ),
  );
  const confirmed = proc.said.texts.some(
    ({ text }) => text.includes("confirmed by GitHub)") && !text.includes("not yet"),
  );
  if (confirmed && !stored) finding("untrue", "said that the login is stored");

  const file = proc.atEnd?.get(CLAUDE_FILE) ?? "";
  const access = provider.accessOf(/"accessToken":"([^"]+)"/.exec(file)?.[1] ?? "");
  if (!access) return finding("no token", "it succeeded without an access token in the file");
  if (access.family.login !== ownerOf(facts.played.plan, job.plan.login))
    finding("accounts mixed up", "the file holds a token of another login");
  const issued = outputs["refreshed"] === "true" ? renewal?.end?.arrival?.effect : undefined;
  const own = issued?.kind === "renewed" && renewal?.trouble !== "no-access" ? issued.issued.access : undefined;
  if (own && own !== access) finding("no token", "it renewed the login, and wrote another access token");
  if (access.endsAt > end && (!access.ended || !own)) return;
  const skew = Math.abs(job.plan.clock.skewMs);
  const wrongAbout = clockErrorOf(facts, access);
  // A token that was fetched a moment ago can only have been ended by somebody else.
  if (own && access.ended) limits.push("an access token was ended by a later renewal or a revocation");
  else if (skew + 60_000 > end - access.endsAt) limits.push("a wrong clock took an access token for a living one");
  else if (wrongAbout + skew + 60_000 > end - access.endsAt)
    limits.push("a program with a wrong clock wrote a wrong end into its file");
  else if (Number(outputs["expires-at"] === "") === 1)
    limits.push("an access token whose end the provider did not tell");
  else finding("no token", `the access token had ended ${Math.round((end - access.endsAt) / 1000)} s before`);
}

/** How far off the clock was by which a program reckoned the end of this token, ms. */
function clockErrorOf(facts: Facts, access: AccessToken): number {
  const call = facts.played.stage.calls.find(({ arrivals }) =>
    arrivals.some(({ effect }) => effect.kind === "renewed" && effect.issued.access === access),
  );
  return call?.step === "program" ? Math.abs(facts.jobs.get(call.job)?.plan.clock.skewMs ?? 0) : 0;
}

function judgePost(
  facts: Facts,
  job: Job,
  proc: Proc,
  calls: readonly Call[],
  finding: (rule: string, text: string) => void,
): void {
  if (proc.code !== undefined && proc.code !== 0 && proc.code !== 70) finding("untrue", "a post step failed the job");
  const says = (text: string) => proc.said.texts.some((one) => one.text.includes(text));
  const all = [...(facts.calls.get(`${job.name}.main`) ?? []), ...calls];
  const stored = all.some(({ arrivals }) =>
    arrivals.some(({ effect }) => effect.kind === "stored" || effect.kind === "ref"),
  );
  if ((says("is now stored in") || says("now stands in")) && !stored)
    finding("untrue", "said that the login is stored");
  // What main has told to be published needs no other hand.
  const published = job.main?.said.state["published"] !== undefined;
  if (published && says("the main step could not publish it")) finding("untrue", "said that main could not publish it");
}

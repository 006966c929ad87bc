import type { RefreshToken, Version } from "../core/effects.ts";
import { type Job, TEMP } from "../core/job.ts";
import type { Call } from "../core/log.ts";
import { type Facts, heard, shownBy } from "./facts.ts";

export const NOT_KEPT_APART = "jobs were not kept apart (no concurrency group)";
export const LOST_ANSWER = "the answer was lost";
export const LAPTOP = "used on a laptop";
const LATE_WRITING = "an old writing arrived late";
const PROGRAM = "the job's program renewed it";

export const KEYLESS = "a job without the ledger's key used the same copy";

export const isKeyless = (facts: Facts, job: Job): boolean =>
  job.plan.ledger === undefined && facts.recordPath(job.plan.login) !== undefined;

/** The successor of the token was never stored: what became of the process that had it? */
export function whyNotStored(facts: Facts, token: RefreshToken, callId: number): string | undefined {
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
  const troubled = tried.some(
    ({ id, server, trouble, end }) =>
      server === "github" && id > callId && (trouble !== undefined || (end?.arrival?.status ?? 200) >= 400),
  );
  if (troubled) return "could not be stored, by main or post";
  const path = facts.targetOf(job);
  const shown = tried.map((one) => shownBy(one, path)).find((one) => one !== undefined);
  // It looks as if somebody had written the secret meanwhile.
  if (shown && job.snapshot && shown.index < job.snapshot.index)
    return "GitHub showed the secret older than the job's copy";
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

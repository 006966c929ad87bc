import type { RefreshToken, Version } from "../core/effects.ts";
import { type Job, TEMP } from "../core/job.ts";
import type { Call } from "../core/log.ts";
import { arrivedLate, type Facts, heard } from "./facts.ts";
import { whyGaveUp } from "./tried.ts";
import { whyProgram } from "./whose-program.ts";

export const NOT_KEPT_APART = "jobs were not kept apart (no concurrency group)";
export const LOST_ANSWER = "the answer was lost";
export const LAPTOP = "used on a laptop";
export const LATE_WRITING = "an old writing arrived late";

export const KEYLESS = "a job without the ledger's key used the same copy";

export const isKeyless = (facts: Facts, job: Job): boolean =>
  job.plan.ledger === undefined && facts.recordPath(job.plan.login) !== undefined;

/**
 * What stands in its place was spent by this call, and what came of it stands nowhere: what became of that? Whoever had
 * it must have tried all that there was; undefined if somebody had not.
 */
export function whyNotStored(facts: Facts, token: RefreshToken, callId: number): string | undefined {
  const call = facts.played.stage.calls[callId] as Call;
  const stored = lastStored(facts, token);
  if (stored) return whyNotThere(facts, token, stored);
  if (call.step === "program") return whyProgram(facts, token, call);
  // Asked once more, a provider with a grace window answers again: then the second answer counts.
  const answered = facts.sends.filter(
    (one) => one.token === token && heard(one.call) === "renewed" && (one.call.end?.seq ?? 0) < facts.over,
  );
  if (answered.length === 0) return whyUnheard(facts, call);
  const reasons = answered.map((one) => whyUnstored(facts, one.job, one.call));
  return reasons.every((reason) => reason !== undefined) ? reasons.at(-1) : undefined;
}

/** The provider committed, and nobody heard of it. */
function whyUnheard(facts: Facts, call: Call): string | undefined {
  const job = facts.jobs.get(call.job);
  const proc = call.step === "post" ? job?.post : job?.main;
  if (heard(call) === "nothing yet") return proc?.death ? "killed before the answer" : undefined;
  // A job that has lost the answer does not say that all is well.
  return heard(call) === "unclear" && proc?.code !== 0 ? LOST_ANSWER : undefined;
}

/** This job had heard what came of the token, by this call. */
export function whyUnstored(facts: Facts, job: Job, call: Call): string | undefined {
  const { main, post } = job;
  const { end } = call;
  if (!main || !end || call.step !== "main") return undefined;
  const capsule = facts
    .entriesOf(main.who)
    .filter(({ seq, what, detail }) => seq > end.seq && what === "commit" && isCapsule(detail));
  const full = capsule.some(({ detail }) => detail.endsWith("full"));
  const saved = capsule.length > 0 && !full;
  if (!saved && !full)
    return main.death && !askedSince(facts, main.who, end.seq) ? "killed between answer and capsule" : undefined;
  const byMain = whyGaveUp(facts, job, main, end);
  if (byMain === undefined) return undefined;
  if (!saved) return `${byMain}, with a full disk`;
  // Somebody else's was kept: nothing is left for post.
  if (main.said.state["stored"] === "") return byMain;
  if (post?.code === undefined) {
    const gone = post === undefined || post.death !== undefined;
    return gone ? `${byMain}, and post did not run to its end` : undefined;
  }
  const byPost = whyGaveUp(facts, job, post, { seq: facts.entriesOf(post.who)[0]?.seq ?? 0, t: post.startedAt });
  // Nobody else can tell.
  const told = post.said.texts.some(({ text }) => /could-not-store|was not stored/.test(text));
  return byPost && told ? `${byPost}, by main or post` : undefined;
}

const isCapsule = (detail: string): boolean => detail.startsWith(`${TEMP}/oauth-creds-login`);

const askedSince = (facts: Facts, who: string, seq: number): boolean =>
  facts.entriesOf(who).some((entry) => entry.seq > seq && (entry.what === "asks" || entry.what === "sleeps"));

/** Where a successor of the token was seen last. */
type Stored =
  | { readonly in: "record"; readonly path: string; readonly index: number; readonly by: string }
  | { readonly in: "secret"; readonly path: string; readonly version: Version };

function lastStored(facts: Facts, token: RefreshToken): Stored | undefined {
  const follows = (other: RefreshToken | undefined) =>
    other !== undefined && other.family === token.family && other.generation > token.generation;
  const { github } = facts.played.stage;
  for (const [path, versions] of github.git.refs) {
    const last = versions.findLast((one) => one.seq <= facts.over && follows(facts.view(one)?.token));
    if (last) return { in: "record", path, index: last.index, by: last.by };
  }
  for (const [path, versions] of github.secrets) {
    if (path.includes("/OAUTH_CREDS_PROBE")) continue;
    const version = versions.findLast(
      (one) => one.call !== undefined && one.seq <= facts.over && follows(facts.tokenIn(one)),
    );
    if (version) return { in: "secret", path, version };
  }
  return undefined;
}

/** It had been stored, and does not stand there any more; or not in the record, which is what counts. */
function whyNotThere(facts: Facts, token: RefreshToken, stored: Stored): string | undefined {
  const { calls } = facts.played.stage;
  // Only somebody who meddles with a record takes it back to an older login: see losses.ts.
  if (stored.in === "record") return undefined;
  const { path, version } = stored;
  const by = facts.jobs.get(calls[version.call as number]?.job ?? -1);
  if (by && isKeyless(facts, by)) return KEYLESS;
  const next = facts.versionsAt(path).find(({ index, seq }) => index > version.index && seq <= facts.over);
  const call = next?.call === undefined ? undefined : calls[next.call];
  if (next && facts.tokenIn(next) === token && arrivedLate(call)) return LATE_WRITING;
  return undefined;
}

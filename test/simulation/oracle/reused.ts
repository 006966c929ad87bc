import type { RefreshToken } from "../core/effects.ts";
import type { Job } from "../core/job.ts";
import type { Call } from "../core/log.ts";
import { BACKUP, type Facts, heard, shownBy } from "./facts.ts";
import { isKeyless, KEYLESS, LAPTOP, LOST_ANSWER, NOT_KEPT_APART, whyUnstored, whyNotStored } from "./not-stored.ts";
import { whyHidden } from "./spending.ts";
import { whyGaveUp } from "./tried.ts";
import { whyProgram } from "./whose-program.ts";

/*
 * A login that ended because a token was shown that was spent already: who did that, and could they know?
 */

/** A sibling was made of the token before it: who showed that one again, and why does the living one not stand here? */
export function whySuperseded(facts: Facts, token: RefreshToken): string | undefined {
  const before = token.family.tokens.find((one) => one.spent && one.generation === token.generation - 1);
  const call = facts.played.stage.calls.findLast(({ arrivals }) =>
    arrivals.some(({ effect }) => effect.kind === "renewed" && effect.how === "sibling" && effect.token === before),
  );
  const why = before && call && whyReused(facts, before, call.id);
  const effect = call?.end?.arrival?.effect;
  const job = facts.jobs.get(call?.job ?? -1);
  const hasLiving = call && job && heard(call) === "renewed" && effect?.kind === "renewed" && effect.how === "sibling";
  if (!why || why === KEYLESS || !hasLiving) return why;
  // It had stored the living one, and whom nobody kept apart wrote the other on top of that; or had written it before.
  const target = facts.targetOf(job);
  const stood = facts.versionsAt(target).some((one) => facts.tokenIn(one) === effect.issued.refresh);
  const seen = facts.played.stage.calls.filter((one) => one.job === call.job).map((one) => shownBy(one, target));
  const writer = facts.played.stage.calls[seen.findLast((one) => one !== undefined)?.call ?? -1];
  const gaveWay = writer !== undefined && writer.job !== call.job;
  if (why === NOT_KEPT_APART && (stood || gaveWay)) return why;
  return call.step === "program" ? whyProgram(facts, before, call) : whyUnstored(facts, job, call) && why;
}

export function whyRevoked(
  facts: Facts,
  shown: RefreshToken | undefined,
  callId: number | undefined,
): string | undefined {
  if (!shown || callId === undefined) return LAPTOP;
  return whyReused(facts, shown, callId);
}

/** A spent token was shown again: who did that, and could they know? */
function whyReused(facts: Facts, shown: RefreshToken, callId: number): string | undefined {
  const { calls } = facts.played.stage;
  const call = calls[callId] as Call;
  const { spent } = shown;
  const sender = facts.jobs.get(call.job);
  if (!sender) return undefined;
  // Not spent, but another one has its place: then whoever made that is asked.
  if (!spent) return shown.superseded === undefined ? undefined : whySuperseded(facts, shown);
  if (facts.putBack(sender.plan.login, shown, call.sentAt?.seq ?? 0)) return "somebody meddled with the record";
  if (spent.call === callId) return call.arrivals.length > 1 ? "the network delivered a request twice" : undefined;
  const inCopy = facts.tokenIn(sender.snapshot) === shown ? sender.snapshot : undefined;
  if (spent.call === undefined) {
    // By a person's program, or before all this: then only a person can have it still.
    if (isKeyless(facts, sender)) return KEYLESS;
    return spent.seq > 0 ? LAPTOP : inCopy?.by === "a person" ? BACKUP : undefined;
  }
  const spender = calls[spent.call] as Call;
  if (spender.job === call.job) return whySentTwice(spender, call);
  const other = facts.jobs.get(spender.job) as Job;
  if (isKeyless(facts, sender) || isKeyless(facts, other)) return KEYLESS;
  const path = facts.recordPathOf(sender);
  const arrived = call.arrivals[0]?.t ?? 0;
  const gone = call.step === "program" ? sender.times.over : sender.main?.death && sender.main.endedAt;
  const goneBefore = gone !== undefined && gone < arrived;
  if (goneBefore && call.id < spender.id) return "a request arrived after its job was gone";
  const before = call.sentAt?.seq ?? 0;
  const follows = (token?: RefreshToken) =>
    token !== undefined && token.family === shown.family && token.generation > shown.generation;
  if (path) {
    const inRecord = facts.recordsAt(path).some((one) => one.seq < before && follows(facts.view(one)?.token));
    // It was to be seen there: judgeKnowledge says more.
    return inRecord ? undefined : whyNotPublished(facts, { shown, sender, other, spender, call, follows });
  }
  if (inCopy?.by === "a person" && inCopy.index > 0 && spent.seq < inCopy.seq) return BACKUP;
  const target = facts.targetOf(other);
  const stored = facts.versionsAt(target).find((one) => one.call !== undefined && follows(facts.tokenIn(one)));
  // It was lost then, and this was only found out now.
  if (!stored) return whyNotStored(facts, shown, spender.id);
  // A program sends what its job's main step had looked at.
  const looks = (facts.calls.get(`${sender.name}.main`) ?? []).filter(
    ({ end }) => end !== undefined && end.seq < before,
  );
  const look = looks.findLast((one) => shownBy(one, target) !== undefined);
  const sawIt = (look && (shownBy(look, target)?.index ?? 0)) ?? 0;
  // Nobody kept the two apart: the one looked before the other had stored, or before GitHub showed that.
  const overlap = (look?.end?.arrival?.t ?? Number.POSITIVE_INFINITY) <= stored.at + facts.played.plan.github.lagMs;
  if (!facts.played.plan.grouped && sawIt < stored.index && overlap) return NOT_KEPT_APART;
  const next = facts.versionsFor(sender)[(inCopy?.index ?? 0) + 1];
  const hidden = next && whyHidden(next, inCopy?.value?.() ?? "");
  if (hidden) return hidden;
  if (inCopy && !inCopy.value?.().startsWith("oc1.") && sender.attempt === 1 && !sender.plan.readsRuns) {
    return "a raw copy cannot be judged where the token may not read the run";
  }
  return undefined;
}

/** One job: allowed after an answer that was lost, once. */
function whySentTwice(spender: Call, call: Call): string | undefined {
  // The first one was late, and its retry came before it.
  if (call.id < spender.id) return call.trouble === "request-late" ? "a request arrived after its retry" : undefined;
  const sameStep = spender.who === call.who;
  return sameStep && heard(spender) === "unclear" ? LOST_ANSWER : undefined;
}

interface Taken {
  readonly shown: RefreshToken;
  readonly sender: Job;
  readonly other: Job;
  readonly spender: Call;
  readonly call: Call;
  readonly follows: (token?: RefreshToken) => boolean;
}

/** Another job took over, since whoever had the successor had not published it by then. */
function whyNotPublished(facts: Facts, { shown, sender, other, spender, call, follows }: Taken): string | undefined {
  const before = call.sentAt?.seq ?? 0;
  const inSecret = facts
    .versionsAt(facts.targetOf(other))
    .some((one) => one.call !== undefined && one.seq < before && follows(facts.tokenIn(one)));
  if (inSecret) {
    const { rotateTo, token, ledger } = sender.plan;
    if (rotateTo !== "none" && token === "good" && ledger?.credential) return undefined;
    return (
      whyTooLate(facts, other, spender, call) &&
      "published in the secret alone, and a job that does not see it took over"
    );
  }
  return whyNotStored(facts, shown, spender.id) ?? whyTooLate(facts, other, spender, call);
}

/** It was stored in the end, but another job had taken over meanwhile. */
function whyTooLate(facts: Facts, job: Job, spender: Call, next: Call): string | undefined {
  const [renewed, again] = [spender.arrivals[0]?.t ?? 0, next.sentAt?.t ?? 0];
  if (job.slept.some(({ from, until }) => from < again && until > renewed)) {
    return "its machine slept after the renewal, until another job took over";
  }
  const { main } = job;
  if (!main || !spender.end) return main?.death ? "killed before the answer" : undefined;
  if (main.death && (main.endedAt ?? 0) < again) return "killed before storing, and post came too late";
  const why = whyGaveUp(facts, job, main, spender.end);
  return why && `${why} before another job took over`;
}

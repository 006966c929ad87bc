import type { RefreshToken } from "../core/effects.ts";
import type { Job } from "../core/job.ts";
import type { Call } from "../core/log.ts";
import { BACKUP, type Facts, updatedAt } from "./facts.ts";
import { isKeyless, KEYLESS, LAPTOP, LOST_ANSWER, NOT_KEPT_APART, whyNotStored } from "./not-stored.ts";
import { savedAtIn, TEN_SECONDS } from "./spending.ts";

/*
 * A login that ended because a token was shown that was spent already: who did that, and could they know?
 */

/** A sibling was made of the token before it: who showed that one again? */
export function whySuperseded(facts: Facts, token: RefreshToken): string | undefined {
  const before = token.family.tokens.find((one) => one.spent && one.generation === token.generation - 1);
  const call = facts.played.stage.calls.findLast(({ arrivals }) =>
    arrivals.some(({ effect }) => effect.kind === "renewed" && effect.how === "sibling" && effect.token === before),
  );
  return before && call ? whyReused(facts, before, call.id) : undefined;
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
  if (call.end === undefined && (job.times.over ?? 0) < (call.arrivals[0]?.t ?? 0)) {
    return "a request arrived after its job was gone";
  }
  // Whoever had the successor never stored it in time: it was lost then, and this was only found out now.
  const follows = (token?: RefreshToken) =>
    token !== undefined && token.family === shown.family && token.generation > shown.generation;
  const before = call.sentAt?.seq ?? 0;
  const inSecret = facts.versionsFor(job).some((one) => one.seq < before && follows(facts.tokenIn(one)));
  const inRecord =
    path !== undefined && facts.recordsAt(path).some((one) => one.seq < before && follows(facts.view(one)?.token));
  if (path && !inRecord && inSecretOf(facts, other, follows, before)) {
    const sees = job.plan.rotateTo !== "none" && job.plan.token === "good" && job.plan.ledger?.credential;
    return sees ? undefined : "published in the secret alone, and a job that does not see it took over";
  }
  if (!(path ? inRecord : inSecret))
    return whyNotStored(facts, shown, spender.id) ?? whyTooLate(facts, other, path, spender, call);
  if (job.snapshot?.by === "a person" && job.snapshot.index > 0) return BACKUP;
  const next = facts.versionsFor(job)[(job.snapshot?.index ?? 0) + 1];
  const savedAt = savedAtIn(job.snapshot?.value?.() ?? "");
  if (next && savedAt !== undefined && updatedAt(next) <= savedAt + 10_000) return TEN_SECONDS;
  if (!job.snapshot?.value?.().startsWith("oc1.") && job.attempt === 1 && !job.plan.readsRuns) {
    return "a raw copy cannot be judged where the token may not read the run";
  }
  return undefined;
}

/** Whether the job had stored the successor in its secret before. */
const inSecretOf = (facts: Facts, job: Job, follows: (token?: RefreshToken) => boolean, before: number): boolean =>
  facts
    .versionsAt(facts.targetOf(job))
    .some((one) => one.call !== undefined && one.seq < before && follows(facts.tokenIn(one)));

/** It was stored in the end, but another job had taken over meanwhile. */
function whyTooLate(facts: Facts, job: Job, path: string | undefined, spender: Call, next: Call): string | undefined {
  if (!path) return undefined;
  const [renewed, again] = [spender.arrivals[0]?.t ?? 0, next.sentAt?.t ?? 0];
  if (job.slept.some(({ from, until }) => from < again && until > renewed)) {
    return "its machine slept after the renewal, until another job took over";
  }
  const calls = ["main", "post"].flatMap((step) => facts.calls.get(`${job.name}.${step}`) ?? []);
  if (job.main?.death) return "killed before storing, and post came too late";
  return calls.some(({ trouble }) => trouble !== undefined)
    ? "could not be stored before another job took over"
    : undefined;
}

import type { Job } from "../core/job.ts";
import type { Call } from "../core/log.ts";
import type { Proc } from "../core/proc.ts";
import { arrivedLate, type Facts, shownBy } from "./facts.ts";

/*
 * A generation that a process had, and that stands nowhere: did it do all that it could to store it? For each place
 * there are calls that would have done so. Trouble of any other call is no excuse, nor is one that was asked once.
 */

/** How long a process has to try before it may give up, ms: less than its limit, since it waits between two tries. */
const LEAST_MS = { record: 45_000, secret: 150_000, stopped: 0 } as const;

/** Statuses of GitHub after which asking again is of no use to this process. */
const FINAL: ReadonlySet<number> = new Set([400, 401, 403, 404, 413, 422]);

/** What a server asks to wait if it does not say for how long. */
const LIMITED: ReadonlySet<string | undefined> = new Set(["429-wait", "403-limit"]);

export const isSecretCall = ({ request }: Call): boolean => request.url.includes("/actions/");

const status = ({ end }: Call): number => end?.arrival?.status ?? 0;

/** Whether it did not do what it was asked to, or nobody can tell. */
export const failed = ({ end, trouble }: Call): boolean =>
  !end?.arrival || end.arrival.status >= 400 || trouble !== undefined || end.arrival.effect.kind === "declined";

/**
 * Why this process could not store, by the calls that it made after `from`; undefined if it could have, and did not.
 *
 * @param from the entry of the log with which it had the generation, and its time, ms
 */
export function whyGaveUp(
  facts: Facts,
  job: Job,
  proc: Proc,
  from: { readonly seq: number; readonly t: number },
): string | undefined {
  const calls = (facts.calls.get(proc.who) ?? []).filter(
    ({ end }) => (end?.seq ?? Number.POSITIVE_INFINITY) > from.seq,
  );
  const over = facts
    .entriesOf(proc.who)
    .some(({ seq, what }) => seq > from.seq && (what === "outputs" || what === "ends"));
  const secret = calls.filter(isSecretCall);
  const moved = whyMoved(facts, job, secret);
  const record = facts.recordPathOf(job) !== undefined;
  // Settled by that, whatever becomes of the process.
  if (moved && !record && proc.said.state["stored"] === "") return moved;
  if (proc.death && !over) return "killed before storing";
  const reasons: (string | undefined)[] = [];
  if (record)
    reasons.push(
      whyFailed(
        job,
        calls.filter((call) => !isSecretCall(call)),
        from.t,
        LEAST_MS.record,
      ),
    );
  if (moved) reasons.push(moved);
  else if (mustStoreBeside(job)) {
    // Beside a ledger the place is proved first, for which there is less time.
    reasons.push(whyFailed(job, secret, from.t, record ? 0 : LEAST_MS.secret));
  }
  return reasons.length > 0 && reasons.every((reason) => reason !== undefined) ? reasons.at(-1) : undefined;
}

/** Why the last of the calls for one place is the last. */
function whyFailed({ times }: Job, calls: readonly Call[], since: number, leastMs: number): string | undefined {
  const last = calls.findLast(({ end }) => end !== undefined);
  if (!last?.end || !failed(last)) return undefined;
  const isFinal = FINAL.has(status(last)) && !LIMITED.has(last.trouble);
  const least = times.cancelled === undefined ? leastMs : LEAST_MS.stopped;
  const waits = LIMITED.has(last.trouble) ? Math.max(last.troubleMs, last.trouble === "403-limit" ? 60_000 : 0) : 0;
  const tried = last.end.t - since + waits;
  return isFinal || tried >= least ? "could not be stored" : undefined;
}

/** Whether the secret is a place at all: it can be the second one only if the job is sure of what stands there. */
function mustStoreBeside({ plan, snapshot }: Job): boolean {
  if (plan.rotateTo === "none") return false;
  if (!plan.ledger) return true;
  const known = snapshot?.value?.().startsWith("oc1.") || plan.readsRuns;
  return plan.ledger.credential && plan.token === "good" && snapshot?.value !== undefined && Boolean(known);
}

/** The secret was written by somebody else, or deleted, after this job's copy was taken: then it is left as it is. */
function whyMoved(facts: Facts, job: Job, calls: readonly Call[]): string | undefined {
  const path = facts.targetOf(job);
  const shown = calls.map((call) => shownBy(call, path)).findLast((version) => version !== undefined);
  const copy = job.snapshot?.index ?? -1;
  if (shown && shown.index === copy && wasBehind(facts, job, path))
    return "GitHub had shown the secret older than the job's copy";
  if (!shown || shown.index <= copy) return undefined;
  if (arrivedLate(facts.played.stage.calls[shown.call ?? -1])) return "an old writing arrived late";
  if (shown.by.startsWith(`${job.name}.`)) return undefined;
  if (!shown.value) return "the secret had been deleted";
  return shown.by === "a person" ? "a person wrote the secret meanwhile" : "another job wrote the secret meanwhile";
}

/**
 * A server that lags has shown main what stood there before its own copy, which therefore looks like somebody else's.
 * Only what a person has pasted does not say itself since when it stands there.
 */
const wasBehind = (facts: Facts, job: Job, path: string): boolean =>
  !job.snapshot?.value?.().startsWith("oc1.") &&
  (facts.calls.get(`${job.name}.main`) ?? []).some((call) => {
    const shown = shownBy(call, path);
    return shown !== undefined && shown.index < (job.snapshot?.index ?? 0);
  });

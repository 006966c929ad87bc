import { USABLE_MS } from "../credential/credential.ts";
import type { LedgerRecord } from "./record.ts";

/** What a job knows when it decides what to do with a shared login. Times in ms. */
export interface Situation {
  readonly record: Pick<LedgerRecord, "lineage" | "generation" | "epoch" | "dead" | "lease"> | undefined;
  /** The end of the record's access token; 0 if there is none that the provider takes, undefined if it told no end. */
  readonly accessEndsAt: number | undefined;
  /** 0 or less: nobody holds the lease. */
  readonly leaseLeftMs: number;
  /** Whether it has the root key that the record is sealed under; without a record: a root key. */
  readonly mayRenew: boolean;
  /** The refresh token in `credential`: none, one of this login's lineages, or one that was never seen. */
  readonly snapshot: "none" | "known" | "unknown";
  /** What the envelope in `credential` says of the ledger from which it was stored. */
  readonly stored: StoredBy | undefined;
  readonly firstAttempt: boolean;
  readonly refresh: "auto" | "always" | "never";
  readonly minValidityMs: number;
  /** Whether the job's program is to get the refresh token (`write-refresh-token`). */
  readonly checksOut: boolean;
  /** Whether a new generation has come since this job first looked. */
  readonly renewedMeanwhile: boolean;
  readonly now: number;
}

export interface StoredBy {
  readonly lineage: string;
  readonly generation: number;
  /** The ledger could not be written then. */
  readonly unpublished: boolean;
  /** The lineage that stood in the ledger, if this job can open all that is needed to make up for that. */
  readonly adoptableOver: string | undefined;
  /** The lease under which it was renewed, if it was not published. */
  readonly by?: number | undefined;
}

export type Decision =
  /** The record's access token, as it is. `short`: it ends sooner than was asked for. */
  | { readonly type: "use"; readonly short: boolean }
  | { readonly type: "wait" }
  /** Spend a refresh token: the record's, that of a fresh sign-in, or the one that begins the record. */
  | { readonly type: "renew"; readonly what: "record" | "sign-in" | "seed" }
  /** Publish what an earlier job could store in the secret only: the next generation, or a new lineage. */
  | { readonly type: "adopt"; readonly what: "record" | "sign-in" }
  | { readonly type: "fail"; readonly why: Why };

export type Why =
  | "no-login"
  | "re-run"
  | "stored-by-ledger"
  | "access-key"
  | "rolled-back"
  | "dead"
  | "cannot-renew"
  | "must-not-renew";

const WAIT: Decision = { type: "wait" };
const fail = (why: Why): Decision => ({ type: "fail", why });

type Place = Pick<StoredBy, "lineage" | "generation">;

const isNext = (record: Place, stored: Place): boolean =>
  stored.lineage !== record.lineage || stored.generation === record.generation + 1;

/** Whether the copy may be put into the record: it was not published, and what it was made over still stands there. */
export const isAdoptable = ({ record, stored, snapshot }: Situation): boolean =>
  record !== undefined && stored?.adoptableOver === record.lineage && isNext(record, stored) && snapshot === "unknown";

/** Pure: the same situation has always the same answer. */
export function decide(at: Situation): Decision {
  const { record, mayRenew, stored, snapshot, firstAttempt, refresh, checksOut } = at;
  if (!record) {
    if (!mayRenew) return fail("access-key");
    if (snapshot === "none" && !stored) return fail("no-login");
    // It was there once: beginning anew with this copy could spend a token that is spent.
    if (stored) return fail("stored-by-ledger");
    return firstAttempt ? { type: "renew", what: "seed" } : fail("re-run");
  }
  const held = record.lease !== undefined && at.leaseLeftMs > 0;
  // Without a known end it may have ended: whoever can asks for the next one, unless another job has just done so.
  const asIs = !mayRenew || refresh === "never" || at.renewedMeanwhile;
  const left = (at.accessEndsAt ?? (asIs && !record.dead ? Infinity : 0)) - at.now;
  const usable = left > USABLE_MS;
  const short = left <= at.minValidityMs;
  const use: Decision = { type: "use", short };

  if (stored) {
    const ahead = stored.lineage === record.lineage && stored.generation > record.generation;
    // The check-out that it came of holds nobody up: its program has spent what was lent, and its post step, which alone
    // publishes under it, has taken the program's login once and can publish nothing else.
    const itsOwn = record.lease?.phase === "checked-out" && record.epoch === stored.by;
    if (isAdoptable(at) && mayRenew) {
      return held && !itsOwn ? WAIT : { type: "adopt", what: ahead ? "record" : "sign-in" };
    }
    // Only what was published proves that the ledger had it.
    if (ahead && !(stored.unpublished && isNext(record, stored))) return fail("rolled-back");
  }
  // A person has signed in anew: theirs replaces the present login as soon as it has worked once.
  const signIn = mayRenew && snapshot === "unknown" && !stored && firstAttempt && refresh !== "never";
  if (signIn && !at.renewedMeanwhile) {
    if (!held) return { type: "renew", what: "sign-in" };
    // A job's program keeps a login for as long as the job: nobody waits for that who need not.
    return record.lease?.phase === "checked-out" && usable && !checksOut ? use : WAIT;
  }
  // To hand out what renews it, nobody else may have it, and it must be alive.
  if (checksOut) {
    if (!mayRenew) return fail("cannot-renew");
    if (record.dead) return fail("dead");
    if (held) return WAIT;
  }
  if (!short && (refresh !== "always" || at.renewedMeanwhile)) return use;
  // Whoever has just renewed it got no longer token than this: asking once more would give none either.
  if (usable && at.renewedMeanwhile) return use;
  if (record.dead) return usable && refresh !== "always" ? use : fail("dead");
  if (held && record.lease?.phase === "checked-out") return usable ? use : WAIT;
  if (!mayRenew || refresh === "never") {
    if (usable) return use;
    return held ? WAIT : fail(mayRenew ? "must-not-renew" : "cannot-renew");
  }
  return held ? WAIT : { type: "renew", what: "record" };
}

import type { LedgerRecord } from "./record.ts";

/** What a job knows when it decides what to do with a shared login. Times in ms. */
export interface Situation {
  readonly record: Pick<LedgerRecord, "lineage" | "generation" | "accessExpiresAt" | "dead" | "lease"> | undefined;
  /** 0 or less: nobody holds the lease. */
  readonly leaseLeftMs: number;
  /** Whether it has a root key. */
  readonly mayRenew: boolean;
  /** The refresh token in `credential`: none, one of this login's lineages, or one that was never seen. */
  readonly snapshot: "none" | "known" | "unknown";
  /** What the envelope in `credential` says of the ledger from which it was stored. */
  readonly stored: { readonly lineage: string; readonly generation: number; readonly unpublished: boolean } | undefined;
  readonly firstAttempt: boolean;
  readonly refresh: "auto" | "always" | "never";
  readonly minValidityMs: number;
  /** Whether a new generation has come since this job first looked. */
  readonly renewedMeanwhile: boolean;
  readonly now: number;
}

export type Decision =
  /** The record's access token, as it is. `short`: it ends sooner than was asked for. */
  | { readonly type: "use"; readonly short: boolean }
  | { readonly type: "wait" }
  /** Spend a refresh token: the record's, that of a fresh sign-in, or the one that begins the record. */
  | { readonly type: "renew"; readonly what: "record" | "sign-in" | "seed" }
  /** Publish what an earlier job could store in the secret only. */
  | { readonly type: "adopt" }
  | { readonly type: "fail"; readonly why: Why };

export type Why = "no-login" | "re-run" | "stored-by-ledger" | "access-key" | "rolled-back" | "dead" | "cannot-renew";

/** An access token that ends sooner is not worth handing to a job. */
export const USABLE_MS = 5 * 60_000;

const fail = (why: Why): Decision => ({ type: "fail", why });

/** Pure: the same situation has always the same answer. */
export function decide(at: Situation): Decision {
  const { record, mayRenew, stored, snapshot, firstAttempt, refresh } = at;
  if (!record) {
    if (!mayRenew) return fail("access-key");
    if (snapshot === "none") return fail("no-login");
    // It was there once: beginning anew with this copy could spend a token that is spent.
    if (stored) return fail("stored-by-ledger");
    return firstAttempt ? { type: "renew", what: "seed" } : fail("re-run");
  }
  if (stored?.lineage === record.lineage && stored.generation > record.generation) {
    const next = stored.unpublished && stored.generation === record.generation + 1;
    if (!next) return fail("rolled-back");
    if (mayRenew) return { type: "adopt" };
  }
  const left = (record.accessExpiresAt ?? 0) - at.now;
  const held = record.lease !== undefined && at.leaseLeftMs > 0;
  const usable = left > USABLE_MS;
  const enough = left > at.minValidityMs && (refresh !== "always" || at.renewedMeanwhile);

  // A person has signed in anew: theirs replaces the present login as soon as it has worked once.
  if (mayRenew && snapshot === "unknown" && !stored && firstAttempt && refresh !== "never" && !at.renewedMeanwhile) {
    return held ? { type: "wait" } : { type: "renew", what: "sign-in" };
  }
  if (enough) return { type: "use", short: false };
  if (record.dead) return usable && refresh !== "always" ? { type: "use", short: true } : fail("dead");
  // Whoever has checked it out may renew it at any time, but keeps it for as long as a job: nobody waits for that.
  if (held && record.lease?.phase === "checked-out") {
    return usable ? { type: "use", short: true } : { type: "wait" };
  }
  if (!mayRenew || refresh === "never") {
    if (usable) return { type: "use", short: true };
    return held ? { type: "wait" } : fail("cannot-renew");
  }
  return held ? { type: "wait" } : { type: "renew", what: "record" };
}

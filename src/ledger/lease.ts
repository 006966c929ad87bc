import type { Entry } from "./ledger.ts";
import type { Lease } from "./record.ts";

/** How long a holder has from its intent until others may take over. */
export const TTL_MS = 120_000;
/** A send that begins later than this after its intent could outlive the lease: it is not made. */
export const SEND_WITHIN_MS = 30_000;
/** One send, from the first byte of the connection to the last of the answer. */
export const LONGEST_SEND_MS = 25_000;
/** A program of the job may renew a login that was checked out for as long as a job can run. */
export const CHECK_OUT_MS = 6.5 * 3_600_000;
/** How far the server's times may be from what it says they are. */
const SKEW_MS = 15_000;
/** One change of the record, its answer included: two calls of GitHub's API, or a push. */
const CHANGE_MS = 20_000;
/** How long after its intent a holder begins to publish what it has renewed: then no other has taken over when it ends. */
export const PUBLISH_WITHIN_MS = TTL_MS + SKEW_MS - CHANGE_MS;

/** When a record was first seen, for ledgers whose server tells no time: local ms by version. */
export type FirstSeen = Map<string, number>;

/** How much longer a lease is held, ms; 0 or less: its holder is gone. */
export function leftOf(
  lease: Lease,
  entry: Entry,
  times: { readonly server: number | undefined; readonly local: number; readonly seen: FirstSeen },
): number {
  const { writtenAt } = entry;
  // What was written in the future was written by a clock that has been put right since.
  if (writtenAt !== undefined && times.server !== undefined && writtenAt <= times.server + SKEW_MS) {
    return writtenAt + lease.ttlMs + SKEW_MS - times.server;
  }
  // Without server time it counts from when we first saw it: never too early, whatever the clocks say.
  const since = times.seen.get(entry.version) ?? times.local;
  if (!times.seen.has(entry.version)) times.seen.set(entry.version, since);
  return since + lease.ttlMs + SKEW_MS - times.local;
}

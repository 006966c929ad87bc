import type { Credential } from "../credential/credential.ts";
import type { Secret } from "../secret.ts";
import { asFailure } from "../as-failure.ts";
import type { Failure } from "../errors.ts";
import { deadlineFor } from "../refresh/deadline.ts";
import type { World } from "../world/world.ts";
import { withFingerprint } from "./fingerprints.ts";
import { type Entry, LedgerProblem } from "./ledger.ts";
import { recordOf, REVOKED, type RootRecord, withGeneration, withLineage, withoutKept } from "./record.ts";
import { look, problem, saying, type Seen, type Session, swap } from "./session.ts";
import type { TurnState } from "./turn.ts";

export type Published =
  /** `record` is what stands in the ledger now. */
  | { readonly type: "published"; readonly record: RootRecord; readonly entry: Entry }
  /** A later lease has renewed the login too: theirs is the one that is alive. */
  | { readonly type: "superseded" }
  | { readonly type: "failed"; readonly failure: Failure };

/** How long a renewed login is tried to be published, before it is stored elsewhere. */
const PUBLISH_MS = 60_000;
/** For another round of tries; less is left once the job was asked to stop. */
const ROUND_MS = 10_000;
/** A single look on the way; the whole is tried again anyway. */
const LOOK_MS = 4000;

/** Until when (local ms) it is tried at first: what else there is must not wait for a ledger that is down. */
export function atFirst(world: World, deadline: () => number): () => number {
  const own = deadlineFor(world, PUBLISH_MS);
  return () => Math.min(deadline(), own());
}

/** Whether to go on after that. */
export const mayGoOn = (world: World, deadline: () => number): boolean => deadline() - world.now() > ROUND_MS;

/**
 * Publishes the next generation. Over any record that is still at ours, whoever holds its lease by now; and over
 * one that an earlier lease made from the same token, which is dead then. Never throws.
 *
 * @param known the record with our lease, as it was written; post has none
 * @param deadline local ms after which no further try is begun
 * @param spent the token that was sent: it is known from now on, whoever still has a copy of it
 * @param failed called after each try that has failed. Must not throw
 */
export async function publish(
  session: Session,
  known: { readonly record: RootRecord; readonly entry: Entry | undefined } | undefined,
  turn: TurnState,
  next: Credential,
  deadline: () => number,
  spent: Secret | undefined,
  failed?: () => unknown,
): Promise<Published> {
  const { world, ledger } = session;
  const mayWait = (ms: number) => world.now() + ms <= deadline();
  let base = known;
  let eager = 2;
  for (let pause = 250; ; pause = Math.min(pause * 2, 8000)) {
    let failure: Failure | undefined;
    try {
      if (base) {
        const record = successor(session, base.record, turn, next, spent);
        const done = await swap(session, base.entry, record);
        if (done.type === "swapped") {
          return { type: "published", record, entry: { version: done.version, text: "", writtenAt: done.writtenAt } };
        }
      }
      const now = await look(session, LOOK_MS);
      const there = judge(now, turn, next);
      if (there === "ours") return { type: "published", record: now.record as RootRecord, entry: now.entry as Entry };
      if (there === "theirs") return { type: "superseded" };
      // A record that somebody has deleted meanwhile is made again: nobody has a newer one.
      const record = there === "gone" ? (known?.record ?? beginning(session, turn, next)) : (now.record as RootRecord);
      base = { record, entry: now.entry };
      // One try after a good look, however late it is: nothing stands in the way of it.
      if (eager-- > 0) continue;
    } catch (error) {
      failure = error instanceof LedgerProblem ? await problem(error, ledger.label) : asFailure(error);
      base = undefined; // whether it was carried out, the record tells
      if (error instanceof LedgerProblem) pause = Math.max(pause, error.retryAfterMs ?? 0);
      failed?.();
    }
    const hopeless = failure?.code === "ledger-unreadable" || failure?.code === "unexpected";
    if (hopeless || !mayWait(pause)) {
      const { sayAfterwards } = await saying();
      return { type: "failed", failure: sayAfterwards(failure ?? (await conflicts(ledger.label))) };
    }
    await world.sleep(pause);
  }
}

const conflicts = (label: string): Promise<Failure> => problem(new LedgerProblem("unreachable", true), label);

/** Whose the record is that stands there now. */
function judge({ record }: Seen, turn: TurnState, next: Credential): "ours" | "theirs" | "base" | "gone" {
  if (!record) return "gone";
  // Both, since not every provider gives a new refresh token.
  if (next.refresh?.equals(record.refresh) && next.access?.equals(record.access.access)) return "ours";
  const later = record.by >= turn.epoch;
  if (turn.what === "sign-in") return record.lineage === turn.lineage || !later ? "base" : "theirs";
  if (record.lineage !== turn.lineage) return "theirs";
  return record.generation > turn.generation && later ? "theirs" : "base";
}

function successor(
  { world }: Session,
  record: RootRecord,
  turn: TurnState,
  next: Credential,
  spent: Secret | undefined,
): RootRecord {
  const made =
    turn.what === "sign-in" && record.lineage !== turn.nextLineage
      ? { ...withLineage(record, next, (bytes) => world.random(bytes)), lineage: turn.nextLineage }
      : // It has worked once, so no login before it is needed any more.
        withoutKept(withGeneration(record, { ...next, generation: Math.max(record.generation + 1, next.generation) }));
  const { dead, accessExpiresAt } = record;
  // Whatever a job, or its program, had made of it by then.
  const ended = turn.what !== "sign-in" && dead?.why === REVOKED ? { dead, accessExpiresAt } : {};
  const known = spent ? withFingerprint(made, spent) : made;
  return { ...known, ...ended, by: turn.epoch, epoch: Math.max(record.epoch, turn.epoch) };
}

/** A record for a login whose own is gone, in its lineage. */
function beginning({ site, world }: Session, turn: TurnState, next: Credential): RootRecord {
  const record = recordOf(next, site.account, (bytes) => world.random(bytes));
  return { ...record, lineage: turn.nextLineage, generation: next.generation - 1 };
}

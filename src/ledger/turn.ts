import type { Credential } from "../credential/credential.ts";
import { asFailure, Failure } from "../errors.ts";
import { withFingerprint } from "./fingerprints.ts";
import { CHECK_OUT_MS, SEND_WITHIN_MS, TTL_MS } from "./lease.ts";
import { type Entry, LedgerProblem } from "./ledger.ts";
import {
  type DeadMark,
  type Lease,
  recordOf,
  type RootRecord,
  withGeneration,
  withLineage,
  withoutKept,
} from "./record.ts";
import { isFinal, isRoot, look, problem, saying, type Seen, type Session, swap } from "./session.ts";

/** Somebody else's record stands where ours was to be: look again. */
export class Superseded extends Error {}

/** What post needs to publish for a main step that was killed: no secret. */
export interface TurnState {
  readonly what: "record" | "sign-in" | "seed";
  readonly lineage: string;
  readonly generation: number;
  readonly epoch: number;
  readonly nonce: string;
}

export type Published =
  /** `record` is what stands in the ledger now. */
  | { readonly type: "published"; readonly record: RootRecord; readonly entry: Entry }
  /** A later lease has renewed the login too: theirs is the one that is alive. */
  | { readonly type: "superseded" }
  | { readonly type: "failed"; readonly failure: Failure };

/** How long a renewed login is tried to be published. */
const PUBLISH_MS = 60_000;
/** A refresh and its publishing take at most 8 calls; the rest is for whoever shares the token. */
const FEWEST_CALLS = 50;

/**
 * One turn at renewing: from the intent, which is written before each sending and proves that the ledger can be
 * written, to the publishing, all by compare-and-swap.
 */
export class Turn {
  readonly #session: Session;
  readonly #seen: Seen;
  readonly #what: TurnState["what"];
  readonly #fresh: Credential | undefined;
  readonly #nonce: string;
  #attempts = 0;
  /** The record with our lease, as we wrote it last. */
  #mine: { record: RootRecord; entry: Entry } | undefined;

  /** @param fresh the login that begins the record, or a new lineage of it */
  constructor(session: Session, seen: Seen, what: TurnState["what"], fresh: Credential | undefined) {
    this.#session = session;
    this.#seen = seen;
    this.#what = what;
    this.#fresh = fresh;
    this.#nonce = Buffer.from(session.world.random(9)).toString("base64url");
  }

  get begun(): boolean {
    return this.#mine !== undefined;
  }

  /** Whether the lease was taken from a holder who may still be alive. */
  get takenOver(): boolean {
    return this.#seen.record?.lease !== undefined;
  }

  get state(): TurnState | undefined {
    const record = this.#mine?.record;
    return (
      record && {
        what: this.#what,
        lineage: record.lineage,
        generation: record.generation,
        epoch: record.epoch,
        nonce: this.#nonce,
      }
    );
  }

  /** Writes the intent. Throws Superseded, or a Failure if the ledger cannot be written: nothing is sent then. */
  async intend(phase: Lease["phase"] = "intent"): Promise<void> {
    const { world, ledger, owner } = this.#session;
    const seen = this.#mine ? await look(this.#session) : this.#seen;
    if (this.#mine && seen.record?.lease?.nonce !== this.#nonce) throw new Superseded();
    const left = ledger.budget?.();
    if (left !== undefined && left < FEWEST_CALLS) throw (await saying()).sayBudget(left);
    const base = isRoot(seen.record)
      ? seen.record
      : recordOf(this.#fresh as Credential, this.#session.site.account, (bytes) => world.random(bytes));
    const ttlMs = phase === "intent" ? TTL_MS : CHECK_OUT_MS;
    const lease: Lease = { owner, nonce: this.#nonce, phase, ttlMs, attempts: ++this.#attempts };
    const record = { ...base, epoch: this.#mine ? base.epoch : base.epoch + 1, lease };
    const begun = world.now();
    this.#mine = { record, entry: await this.#write(seen.entry, record) };
    // Sent so late, the request could outlive the lease.
    if (phase === "intent" && world.now() - begun > SEND_WITHIN_MS) {
      await this.release();
      throw new Superseded();
    }
  }

  /** Writes our record. A conflict that carries our own nonce is a lost answer. */
  async #write(expected: Entry | undefined, record: RootRecord): Promise<Entry> {
    for (let tries = 1; ; tries++) {
      try {
        const done = await swap(this.#session, expected, record);
        if (done.type === "swapped") return { version: done.version, text: "", writtenAt: done.writtenAt };
      } catch (error) {
        if (!(error instanceof LedgerProblem)) throw error;
        if (isFinal(error) || tries === 3) throw await problem(error, this.#session.ledger.label);
        await this.#session.world.sleep(Math.max(1000 * tries, error.retryAfterMs ?? 0));
      }
      const now = await look(this.#session);
      const { lease } = now.record ?? {};
      if (now.entry && lease?.nonce === this.#nonce && lease.attempts === record.lease?.attempts) return now.entry;
      if (now.entry?.version !== expected?.version) throw new Superseded();
    }
  }

  /**
   * Publishes the next generation. Over any record that is still at ours, whoever holds its lease by now; and over
   * one that an earlier lease made from the same token, which is dead then. Never throws.
   */
  async publish(next: Credential, deadline: () => number): Promise<Published> {
    const mine = this.#mine;
    return mine ? publish(this.#session, mine, this.state as TurnState, next, deadline) : { type: "superseded" };
  }

  /** Gives the lease back, if it is still ours. What goes wrong with that, time mends. */
  async release(change: (record: RootRecord) => RootRecord = (record) => record): Promise<void> {
    try {
      const { record, entry } = await look(this.#session);
      if (!isRoot(record) || record.lease?.nonce !== this.#nonce) return;
      await swap(this.#session, entry, change({ ...record, lease: undefined }));
    } catch (error) {
      if (!(error instanceof LedgerProblem) && !(error instanceof Failure)) throw error;
    }
  }

  /** No job need ask the provider again. */
  markDead(dead: DeadMark): Promise<void> {
    return this.release((record) => ({ ...record, dead }));
  }

  /** The fresh sign-in is none: its token is known from now on, so that nobody sends it again. */
  forget(): Promise<void> {
    const token = this.#fresh?.refresh;
    return this.release((record) => (token ? withFingerprint(record, token) : record));
  }
}

/** Gives a lease back that main had, where nothing came of it. */
export async function releaseLease(session: Session, nonce: string): Promise<void> {
  const { record, entry } = await look(session);
  if (isRoot(record) && record.lease?.nonce === nonce) await swap(session, entry, { ...record, lease: undefined });
}

/** See Turn.publish. Also post's way, for a main step that was killed. */
export async function publish(
  session: Session,
  known: { readonly record: RootRecord; readonly entry: Entry | undefined } | undefined,
  turn: TurnState,
  next: Credential,
  deadline: () => number,
): Promise<Published> {
  const { world, ledger } = session;
  const begun = world.now();
  const until = () => Math.min(deadline(), begun + PUBLISH_MS);
  let base = known;
  for (let pause = 500; ; pause = Math.min(pause * 2, 8000)) {
    try {
      if (base) {
        const record = successor(session, base.record, turn, next);
        const done = await swap(session, base.entry, record);
        if (done.type === "swapped") {
          return { type: "published", record, entry: { version: done.version, text: "", writtenAt: done.writtenAt } };
        }
      }
      const now = await look(session);
      const there = judge(now, turn, next);
      if (there === "ours") return { type: "published", record: now.record as RootRecord, entry: now.entry as Entry };
      if (there === "theirs") return { type: "superseded" };
      // A record that somebody has deleted meanwhile is made again: nobody has a newer one.
      const anew = () => known?.record ?? recordOf(next, session.site.account, (bytes) => world.random(bytes));
      base = { record: there === "gone" ? anew() : (now.record as RootRecord), entry: now.entry };
      pause = 250;
    } catch (error) {
      const failure = error instanceof LedgerProblem ? await problem(error, ledger.label) : asFailure(error);
      const wait = Math.max(pause, error instanceof LedgerProblem ? (error.retryAfterMs ?? 0) : 0);
      if (failure.code === "ledger-unreadable" || failure.code === "unexpected" || world.now() + wait > until())
        return { type: "failed", failure };
      await world.sleep(wait);
      base = undefined; // whether it was carried out, the record tells
    }
  }
}

/** Whose the record is that stands there now. */
function judge({ record }: Seen, turn: TurnState, next: Credential): "ours" | "theirs" | "base" | "gone" {
  if (!record) return "gone";
  if (next.refresh?.equals(record.refresh)) return "ours";
  const later = record.by >= turn.epoch;
  if (turn.what === "sign-in") return record.lineage === turn.lineage || !later ? "base" : "theirs";
  if (record.lineage !== turn.lineage) return "theirs";
  return record.generation > turn.generation && later ? "theirs" : "base";
}

function successor({ world }: Session, record: RootRecord, turn: TurnState, next: Credential): RootRecord {
  const made =
    turn.what === "sign-in"
      ? withLineage(record, next, (bytes) => world.random(bytes))
      : // It has worked once, so no login before it is needed any more.
        withoutKept(withGeneration(record, { ...next, generation: Math.max(record.generation + 1, next.generation) }));
  return { ...made, by: turn.epoch, epoch: Math.max(record.epoch, turn.epoch) };
}

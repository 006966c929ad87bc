import type { Credential } from "../credential/credential.ts";
import { Failure } from "../errors.ts";
import type { Prepared } from "../rotation/rotate.ts";
import type { Secret } from "../secret.ts";
import { withFingerprint } from "./fingerprints.ts";
import { CHECK_OUT_MS, PUBLISH_WITHIN_MS, SEND_WITHIN_MS, TTL_MS } from "./lease.ts";
import { type Entry, LedgerProblem } from "./ledger.ts";
import { publish, type Published } from "./publish.ts";
import { type DeadMark, type Lease, newLineage, recordOf, type RootRecord } from "./record.ts";
import { amend, isFinal, isRoot, look, lookOnward, problem, saying, type Seen, type Session, swap } from "./session.ts";

/** Somebody else's record stands where ours was to be: look again. */
export class Superseded extends Error {}

/** What post needs to publish for a main step that was killed: no secret. */
export interface TurnState {
  readonly what: "record" | "sign-in" | "seed";
  readonly place: string;
  /** The generation that is renewed. */
  readonly lineage: string;
  readonly generation: number;
  /** The lineage that the renewed login belongs to: a new one for a fresh sign-in. */
  readonly nextLineage: string;
  readonly epoch: number;
  readonly nonce: string;
  /** Whether the secret may be overwritten; see Copy. */
  readonly replaceable?: boolean;
  /** What main has found out of it; see Copy. */
  readonly proved?: Prepared | undefined;
  /** The login was checked out, and nothing renewed: the capsule with what the job's program was given. */
  readonly lent?: string;
  /** What is sent in this turn, sealed: for the copy that post makes of what came of it. */
  readonly spent?: string;
}

/** A refresh and its publishing take at most 8 calls; the rest is for whoever shares the token. */
const FEWEST_CALLS = 50;
const TRIES = 4;
/** Before a write is tried again: a server that asks for more is left alone, and the job goes on without it. */
const LONGEST_PAUSE_MS = 30_000;

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
  readonly #nextLineage: string | undefined;
  #attempts: number;
  /** Local ms. */
  #intendedAt = 0;
  /** The record with our lease, as we wrote it last. */
  #mine: { record: RootRecord; entry: Entry } | undefined;

  /** @param fresh the login that begins the record, or a new lineage of it */
  constructor(session: Session, seen: Seen, what: TurnState["what"], fresh: Credential | undefined) {
    const random = (bytes: number) => session.world.random(bytes);
    this.#session = session;
    this.#seen = seen;
    this.#what = what;
    this.#fresh = fresh;
    this.#nonce = newLineage(random);
    this.#nextLineage = what === "sign-in" ? (fresh?.shared?.lineage ?? newLineage(random)) : undefined;
    // Whoever held the lease before may have sent the token too.
    this.#attempts = what === "record" ? (seen.record?.lease?.attempts ?? 0) : 0;
  }

  get begun(): boolean {
    return this.#mine !== undefined;
  }

  /** Who held the lease before us, and may have sent the token without living to say what came of it. */
  get takenFrom(): Lease | undefined {
    return this.#what === "record" ? this.#seen.record?.lease : undefined;
  }

  /** What this turn sends first of all, and the next would without it; undefined before the intent. */
  get spends(): Secret | undefined {
    return this.#mine && (this.#fresh ?? this.#mine.record).refresh;
  }

  get state(): TurnState | undefined {
    return this.#mine && this.#stateOf(this.#mine.record);
  }

  #stateOf({ lineage, generation, epoch }: RootRecord): TurnState {
    const nextLineage = this.#nextLineage ?? lineage;
    const { place } = this.#session.site;
    return { what: this.#what, place, lineage, generation, nextLineage, epoch, nonce: this.#nonce };
  }

  /**
   * Writes the intent. Throws Superseded, or a Failure if the ledger cannot be written: nothing is sent then.
   *
   * @param tell called right before it is written: whoever is killed then has left word of it
   */
  async intend(phase: Lease["phase"] = "intent", tell?: (state: TurnState) => void): Promise<void> {
    const { ledger, owner } = this.#session;
    const again = this.#mine !== undefined;
    const seen = again ? await lookOnward(this.#session) : this.#seen;
    if (again && seen.record?.lease?.nonce !== this.#nonce) throw new Superseded();
    const left = ledger.budget?.();
    if (left !== undefined && left < FEWEST_CALLS) throw (await saying()).sayBudget(left);
    const base = this.#base(seen);
    const ttlMs = phase === "intent" ? TTL_MS : CHECK_OUT_MS;
    const lease: Lease = { owner, nonce: this.#nonce, phase, ttlMs, attempts: ++this.#attempts };
    const record = { ...base, epoch: again ? base.epoch : base.epoch + 1, lease };
    tell?.(this.#stateOf(record));
    this.#mine = { record, entry: await this.#write(seen.entry, record) };
    if (phase === "checked-out" || this.mayStillSend()) return;
    // Sent so late, the request could outlive the lease. What was sent before stays unclear, and the lease with it.
    if (again) throw await problem(new LedgerProblem("unreachable", true), ledger.label);
    await this.release();
    throw new Superseded();
  }

  /**
   * The same where nothing will be sent: to publish what an earlier job has renewed. While a login is checked out there
   * is no intent: ours would take the place of that lease and end hours before it, and should we not live to publish,
   * whoever comes next would send the token that is known to be spent.
   */
  async intendToPublish(): Promise<void> {
    const { entry, record, leaseLeftMs } = this.#seen;
    const lent = record?.lease?.phase === "checked-out" && leaseLeftMs > 0;
    if (lent && entry && isRoot(record)) this.#mine = { record, entry };
    else await this.intend();
  }

  /** Until when (local ms) the last try to publish what this turn has renewed may begin: nobody has taken over by then. */
  get publishUntil(): number {
    return this.#intendedAt + PUBLISH_WITHIN_MS;
  }

  /** A request that leaves later, after a machine has slept, could outlive the lease. */
  mayStillSend(): boolean {
    return this.#session.world.now() - this.#intendedAt <= SEND_WITHIN_MS;
  }

  #base({ record }: Seen): RootRecord {
    if (isRoot(record)) return record;
    // Never over a record that could not be opened.
    if (record || !this.#fresh) throw new Superseded();
    return recordOf(this.#fresh, this.#session.site.account, (bytes) => this.#session.world.random(bytes));
  }

  /** Writes our record. A conflict that carries our own nonce is a lost answer. */
  async #write(expected: Entry | undefined, record: RootRecord): Promise<Entry> {
    this.#intendedAt = this.#session.world.now();
    for (let tries = 1; ; tries++) {
      try {
        const done = await swap(this.#session, expected, record);
        if (done.type === "swapped") return { version: done.version, text: "", writtenAt: done.writtenAt };
      } catch (error) {
        if (!(error instanceof LedgerProblem)) throw error;
        const pause = Math.max(1000 * tries, error.retryAfterMs ?? 0);
        if (isFinal(error) || tries === TRIES || pause > LONGEST_PAUSE_MS) {
          throw await problem(error, this.#session.ledger.label, !this.begun && !this.#session.hasSent);
        }
        await this.#session.world.sleep(pause);
        if (!error.sent) this.#intendedAt = this.#session.world.now();
      }
      const now = await look(this.#session);
      const { lease } = now.record ?? {};
      if (now.entry && lease?.nonce === this.#nonce && lease.attempts === record.lease?.attempts) return now.entry;
      if (tries === TRIES || now.entry?.version !== expected?.version) throw new Superseded();
    }
  }

  /** Never throws; see publish. */
  async publish(next: Credential, deadline: () => number, by?: number, failed?: () => unknown): Promise<Published> {
    const mine = this.#mine;
    if (!mine) return { type: "superseded" };
    const state = this.state as TurnState;
    const turn = by === undefined ? state : { ...state, epoch: by };
    return publish(this.#session, mine, turn, next, deadline, this.#fresh?.refresh, failed);
  }

  /** Gives the lease back, if it is still ours. What goes wrong with that, time mends. */
  async release(change: (record: RootRecord) => RootRecord = (record) => record): Promise<void> {
    for (let tries = 1; tries <= 2; tries++) {
      try {
        const { record, entry } = await lookOnward(this.#session);
        if (!isRoot(record) || record.lease?.nonce !== this.#nonce) return;
        const done = await swap(this.#session, entry, change({ ...record, lease: undefined }));
        if (done.type === "swapped") return;
      } catch (error) {
        if (!(error instanceof LedgerProblem) && !(error instanceof Failure)) throw error;
      }
    }
  }

  /** No job need ask the provider again. */
  markDead(dead: DeadMark): Promise<void> {
    return this.release((record) => ({ ...record, dead: record.dead ?? dead }));
  }

  /** The fresh sign-in is none: its token is known from now on, so that nobody sends it again. */
  forget(): Promise<void> {
    const token = this.#fresh?.refresh;
    return this.release((record) => (token ? withFingerprint(record, token) : record));
  }
}

/**
 * Gives back what main checked out in this turn, where nothing came of it. Main may have been killed while its request
 * was under way, which then arrives when post has looked: as soon as the version that it expects is gone, it is a
 * conflict. Throws a Failure if what is lent could not be given back.
 */
export async function releaseLease(session: Session, { nonce, epoch }: TurnState): Promise<void> {
  const hold = session.world.holdSignals();
  let lent = true;
  const free = ({ record, leaseLeftMs }: Seen): RootRecord | undefined => {
    if (!isRoot(record)) return undefined;
    lent = record.lease?.nonce === nonce;
    // Main saw no lease that was held: whoever holds one now has changed the version since.
    const mayArrive = record.epoch < epoch && leaseLeftMs <= 0;
    return lent || mayArrive ? { ...record, lease: undefined } : undefined;
  };
  try {
    await amend(session, free, hold);
  } catch (error) {
    if (lent || !(error instanceof Failure)) throw error;
  } finally {
    hold.release();
  }
}

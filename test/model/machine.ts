/**
 * A job's way through a renewal, one call at a time. What it decides is the code's own `decide`; the rest of it
 * (Turn, publish, afterFailure) is said here once more, and `ledger-model.test.ts` compares the two.
 */
import { USABLE_MS } from "../../src/credential/credential.ts";
import { decide, type Decision, type Situation } from "../../src/ledger/decide.ts";
import { lives, redeem } from "./provider.ts";
import type { Call, Copy, Fate, Job, ModelTurn, Place, Rec, Scenario, State, What } from "./state.ts";
import { LONG_MS } from "./state.ts";

/** A lease and the skew that is allowed for. */
export const LEASE_MS = 135_000;
/** How long main tries to publish, and for how much less it does not begin once more. */
const PUBLISH_WITHIN_MS = 115_000;
const ROUND_MS = 10_000;
const FENCE_MS = 30_000;
const MARGIN_MS = 15_000;
const LONGEST_WAIT_MS = 180_000;
const MIN_VALIDITY_MS = 3_600_000;
const UNLIKELY = new Set(["rolled-back", "stored-by-ledger", "no-login", "access-key", "re-run"]);

/** What a spent token's successor may be lost to. */
export const LOST = {
  killedBefore: "killed after the provider renewed it, before the answer",
  killedAfter: "killed with the answer, before it was published",
  answer: "the answer was lost",
  ledger: "the ledger could not be written",
} as const;

const CALLS: Record<Place, Call | undefined> = {
  look: "load",
  prove: "secret",
  "since?": "secret",
  intend: "swap",
  "intended?": "load",
  again: "load",
  send: "send",
  publish: "swap",
  "published?": "load",
  put: "secret",
  refused: "load",
  watch: "load",
  "give: look": "load",
  "give: swap": "swap",
  done: undefined,
  killed: undefined,
};

/** Begins the post step of a job that has a renewed login in its capsule. */
export function startPost(state: State, index: number): State {
  const job = state.jobs[index] as Job;
  const next = job.capsule?.next ? { ...job.capsule.next, failed: false, last: false, inSecret: false } : null;
  const turn = job.capsule && { ...job.capsule, next };
  const post: Job = { ...job, at: "published?", turn, capsule: null, post: true };
  return { ...state, jobs: state.jobs.with(index, post) };
}

export const callOf = (job: Job): Call | undefined => CALLS[job.at];

/** Whether its request would not leave any more, so long after its intent. */
export const isTooLate = ({ now }: State, { begun }: ModelTurn): boolean => now - begun > FENCE_MS;

/** A copy of the login that is good for the whole job is used as it is. */
export function firstCall({ jobs }: Scenario, { secret, now }: State, index: number): Call {
  const { snapshot, refresh } = jobs[index] as Scenario["jobs"][number];
  const good = snapshot === "secret" && secret !== null && secret.ends - now > MIN_VALIDITY_MS;
  return good && refresh !== "always" ? "none" : "load";
}

export const leaseLeft = (record: Rec | null, now: number): number =>
  record?.lease ? record.writtenAt + LEASE_MS - now : 0;

export const isAlive = (job: Job): boolean => job.at !== "done" && job.at !== "killed";

export const newJob = (): Job => ({
  at: "look",
  started: false,
  waited: 0,
  rounds: 0,
  first: null,
  snapshot: null,
  serial: 0,
  distrusted: false,
  hopeless: null,
  doubts: 0,
  turns: 0,
  waits: null,
  turn: null,
  capsule: null,
  post: false,
  result: "",
});

/** What the job's call does, and where that takes it. Things that must not happen go to `wrong`. */
export function carry(
  scenario: Scenario,
  before: State,
  index: number,
  fate: Fate,
  wrong: (what: string) => void,
): State {
  const draft = new Draft(scenario, before, index, wrong);
  draft.run(fate);
  return draft.result();
}

/** One step in the making. The state that it began with is never changed. */
class Draft {
  readonly #scenario: Scenario;
  readonly #index: number;
  readonly #wrong: (what: string) => void;
  #state: State;
  #job: Job;

  constructor(scenario: Scenario, state: State, index: number, wrong: (what: string) => void) {
    this.#scenario = scenario;
    this.#state = state;
    this.#index = index;
    this.#wrong = wrong;
    this.#job = state.jobs[index] as Job;
  }

  result(): State {
    return { ...this.#state, jobs: this.#state.jobs.with(this.#index, this.#job) };
  }

  get #spec() {
    return this.#scenario.jobs[this.#index] as Scenario["jobs"][number];
  }

  get #turn(): ModelTurn {
    return this.#job.turn as ModelTurn;
  }

  #move(at: Place, turn: Partial<ModelTurn> = {}): void {
    this.#job = { ...this.#job, at, turn: this.#job.turn && { ...this.#job.turn, ...turn } };
  }

  #end(result: string): void {
    this.#job = { ...this.#job, at: "done", turn: null, waits: null, result };
  }

  /** The next round of looking and deciding; a post step has none. */
  #again(): void {
    if (this.#job.post) this.#end("settled");
    else this.#job = { ...this.#job, at: "look", turn: null };
  }

  #spentSilently(token: number, how: string): void {
    const { ghost } = this.#state;
    this.#state = { ...this.#state, ghost: { ...ghost, silentSpends: { ...ghost.silentSpends, [token]: how } } };
  }

  get #wasSlow(): boolean {
    return this.#state.faults.slow < this.#scenario.faults.slow;
  }

  run(fate: Fate): void {
    if (!this.#job.started) {
      const call = firstCall(this.#scenario, this.#state, this.#index);
      this.#start();
      if (call === "none") return this.#end("secret");
    }
    const call = callOf(this.#job) as Call;
    if (fate === "killed-before") return this.#kill(false);
    const done = fate === "done" || fate === "lost-after" || fate === "killed-after";
    const after = fate === "killed-after" ? "killed" : fate === "done" ? "done" : "lost";
    if (call === "load") return after === "killed" ? this.#kill(false) : this.#loaded();
    if (call === "secret") return this.#atSecret(after === "killed");
    if (call === "send") return this.#send(fate);
    if (fate === "down") return this.#notPublished();
    const swapped = done && this.#swap();
    if (after === "killed") return this.#kill(swapped);
    if (after === "done" && swapped) return this.#swapped(this.#state.version);
    return this.#notSwapped();
  }

  #start(): void {
    const { secret } = this.#state;
    const { snapshot } = this.#spec;
    const pasted = (token: number): Copy => ({
      token,
      lineage: null,
      generation: 0,
      access: -1,
      ends: 0,
      unpublished: null,
      serial: 0,
      writtenAt: 0,
    });
    this.#job = {
      ...this.#job,
      started: true,
      snapshot: snapshot === "none" ? null : snapshot === "secret" ? secret : pasted(snapshot),
      serial: secret?.serial ?? 0,
    };
  }

  /** @param published whether the call that it was killed after has published what it had */
  #kill(published: boolean): void {
    const { turn, at } = this.#job;
    const publishing = at === "publish" || at === "published?" || (at === "put" && turn?.next?.failed);
    const hasAnswer = publishing && turn?.next && !turn.adopts;
    if (hasAnswer && !published && !this.#isPublished()) {
      this.#spentSilently(turn.token, LOST.killedAfter);
    }
    this.#job = {
      ...this.#job,
      at: "killed",
      waits: null,
      turn: null,
      capsule: hasAnswer && !this.#job.post ? turn : null,
    };
  }

  #isPublished(): boolean {
    const { record } = this.#state;
    return record?.token === this.#turn.next?.token && record?.access === this.#turn.next?.access;
  }

  // Looking

  #loaded(): void {
    const { record } = this.#state;
    const turn = this.#job.turn;
    const ours = turn !== null && record?.lease?.nonce === turn.nonce;
    switch (this.#job.at) {
      case "look":
        return this.#decide();
      case "intended?":
        if (ours && record?.lease?.attempts === turn.attempts) return this.#intended(record.version);
        return (record?.version ?? 0) === turn?.expect ? this.#move("intend") : this.#again();
      case "again":
        return ours ? this.#intend(record?.version ?? 0) : this.#again();
      case "published?":
        return this.#judge();
      case "refused":
        return ours ? this.#refused() : this.#again();
      case "watch":
        if (!ours) return this.#again();
        return this.#state.now >= turn.until ? this.#give("dead") : undefined;
      default:
        return ours ? this.#move("give: swap", { expect: record?.version ?? 0 }) : this.#given();
    }
  }

  #situation(): Situation {
    const { record, now } = this.#state;
    const { root, firstAttempt = true, refresh = "auto" } = this.#spec;
    const { snapshot, distrusted, first } = this.#job;
    // What renews a shared copy is sealed.
    const token = snapshot && (snapshot.lineage === null || root) ? snapshot.token : undefined;
    const known = distrusted || (root && token !== undefined && record?.known.includes(token) === true);
    const lease = record?.lease && {
      owner: String(record.lease.job),
      nonce: String(record.lease.nonce),
      phase: "intent" as const,
      ttlMs: 120_000,
      attempts: record.lease.attempts,
    };
    return {
      record: record
        ? {
            lineage: String(record.lineage),
            generation: record.generation,
            epoch: record.epoch,
            dead: record.dead ? { at: 0, why: "" } : undefined,
            lease: lease ?? undefined,
          }
        : undefined,
      accessEndsAt: record?.ends ?? 0,
      leaseLeftMs: leaseLeft(record, now),
      mayRenew: root,
      snapshot: token === undefined ? "none" : known ? "known" : "unknown",
      stored:
        snapshot && snapshot.lineage !== null
          ? {
              lineage: String(snapshot.lineage),
              generation: snapshot.generation,
              unpublished: snapshot.unpublished !== null,
              adoptableOver: root && snapshot.unpublished ? String(snapshot.unpublished.over) : undefined,
              by: snapshot.unpublished?.epoch,
            }
          : undefined,
      firstAttempt,
      refresh,
      minValidityMs: MIN_VALIDITY_MS,
      checksOut: false,
      renewedMeanwhile:
        first !== null && record !== null && (record.lineage !== first.lineage || record.generation > first.generation),
      now,
    };
  }

  #decide(): void {
    const { record, now } = this.#state;
    const situation = this.#situation();
    const decision = decide(situation);
    const job = this.#job;
    const first = job.first ?? (record && { lineage: record.lineage, generation: record.generation });
    const waited = job.waited + (job.waits ? now - job.waits.since : 0);
    this.#job = { ...job, rounds: job.rounds + 1, first, waits: null, waited };
    if (decision.type === "wait") {
      if (waited > LONGEST_WAIT_MS) return this.#end("ledger-busy");
      const waits = { version: record?.version ?? 0, since: now, until: now + leaseLeft(record, now) };
      this.#job = { ...this.#job, waits };
      return undefined;
    }
    if (decision.type === "fail") {
      if (UNLIKELY.has(decision.why) && job.doubts < 2) {
        this.#job = { ...this.#job, doubts: job.doubts + 1 };
        return undefined;
      }
      if (decision.why === "dead") this.#mustHaveEnded(record?.token ?? -1, "a job is told of a dead login");
      return this.#end(decision.why);
    }
    if (decision.type === "use") return this.#use(situation);
    return this.#begin(decision, situation);
  }

  #use({ snapshot: kind }: Situation): void {
    const { record } = this.#state;
    const copy = this.#job.snapshot;
    const behind = copy?.lineage !== record?.lineage || (copy?.generation ?? 0) < (record?.generation ?? 0);
    if (this.#hasSecret() && copy && kind !== "unknown" && behind) return this.#move("put");
    return this.#end("ledger");
  }

  #hasSecret = (): boolean => this.#scenario.secret !== undefined && this.#spec.root;

  #begin(decision: Extract<Decision, { type: "renew" | "adopt" }>, { snapshot: kind }: Situation): void {
    const { record } = this.#state;
    const { turns, snapshot, hopeless } = this.#job;
    const what: What = decision.what;
    const adopts = decision.type === "adopt" ? snapshot : null;
    const fresh = adopts !== null || what !== "record";
    const token = fresh ? (snapshot?.token ?? -1) : (record?.token ?? -1);
    if (!fresh && hopeless === token) return this.#endRefused(token);
    const nonce = this.#index * 10 + turns + 1;
    const turn: ModelTurn = {
      what,
      nonce,
      token,
      expect: 0,
      begun: 0,
      attempts: what === "record" ? (record?.lease?.attempts ?? 0) : 0,
      mine: false,
      epoch: 0,
      lineage: 0,
      generation: 0,
      nextLineage: what === "sign-in" ? (adopts?.lineage ?? 100 + nonce) : 0,
      takenFrom: what === "record" && record?.lease !== null,
      since: record?.writtenAt ?? 0,
      present: record?.ends ?? 0,
      adopts,
      unclear: 0,
      silent: false,
      until: 0,
      next: null,
      giving: null,
      tries: 0,
      replaceable: snapshot !== null && (fresh || kind !== "unknown"),
    };
    this.#job = { ...this.#job, turns: turns + 1, turn };
    const asks = this.#hasSecret() && (fresh ? !adopts && "prove" : turn.takenFrom && "since?");
    if (asks) return this.#move(asks, { expect: record?.version ?? 0 });
    return this.#intend(record?.version ?? 0);
  }

  // Intents

  #intend(expect: number): void {
    this.#move("intend", { expect, begun: this.#state.now, attempts: this.#turn.attempts + 1 });
  }

  #intended(version: number): void {
    const { now, record } = this.#state;
    const { begun, adopts, silent, until } = this.#turn;
    const { lineage, generation, epoch } = record as Rec;
    const nextLineage = this.#turn.nextLineage || lineage;
    this.#move("send", { mine: true, expect: version, lineage, generation, epoch, nextLineage });
    if (now - begun > FENCE_MS) return this.#give("fence");
    if (silent) return now >= until ? this.#give("dead") : this.#move("watch");
    if (adopts) {
      const { access, ends } = adopts;
      return this.#publish({ token: adopts.token, generation: adopts.generation, access, ends });
    }
    return undefined;
  }

  // Sending

  #send(fate: Fate): void {
    const { issuer, ghost, record, faults } = this.#state;
    const { token, what, unclear, nonce } = this.#turn;
    if (isTooLate(this.#state, this.#turn)) return this.#move("again");
    if (fate === "throttled") {
      return unclear > 0 ? this.#end("answer-unclear") : this.#give("release");
    }
    if (fate !== "lost-before") {
      // A post step may publish over an intent, as late as it likes.
      const intended = record?.lease?.nonce === nonce || this.#wasSlow || this.#scenario.post === "late";
      if (!intended) this.#wrong("a token is sent without an intent in the record");
      if (
        !lives(issuer, token) &&
        this.#scenario.manner !== "none" &&
        !(token in ghost.silentSpends) &&
        !this.#wasSlow
      ) {
        this.#wrong(`a spent token is sent (as ${what})`);
      }
      const issued = redeem(issuer, this.#scenario.manner, token);
      this.#state = { ...this.#state, issuer: issued.issuer, faults };
      if (fate === "killed-after" || fate === "lost-after") {
        const how = fate === "killed-after" ? LOST.killedBefore : LOST.answer;
        if (issued.token !== undefined) this.#spentSilently(token, how);
      }
      if (fate === "killed-after") return this.#kill(false);
      if (fate === "done") return issued.token === undefined ? this.#refusal() : this.#answered(issued.token);
    }
    if (unclear > 0) return this.#end("answer-unclear");
    return this.#move("again", { unclear: 1 });
  }

  #answered(token: number): void {
    const { what, generation, nonce, unclear } = this.#turn;
    const access = 1000 + nonce * 10 + unclear;
    const ends = this.#state.now + LONG_MS;
    this.#publish({ token, generation: what === "record" ? generation + 1 : 1, access, ends });
  }

  #refusal(): void {
    const { token, what } = this.#turn;
    const { ghost } = this.#state;
    this.#state = { ...this.#state, ghost: { ...ghost, refused: [...ghost.refused, [token, this.#index]] } };
    if (what === "sign-in") {
      this.#job = { ...this.#job, distrusted: true };
      return this.#give("forget");
    }
    return this.#move("refused");
  }

  #refused(): void {
    const { now, record } = this.#state;
    const { token, takenFrom } = this.#turn;
    this.#job = { ...this.#job, hopeless: token };
    if (!takenFrom) return this.#give("dead");
    return this.#move("again", { silent: true, until: now + leaseLeft(record, now) - MARGIN_MS });
  }

  // Publishing

  #publish(next: NonNullable<ModelTurn["next"]>): void {
    this.#move("publish", { next });
  }

  #judge(): void {
    const { record } = this.#state;
    const turn = this.#turn;
    // The time in which a machine was held up does not count: nobody gives up for that.
    const base = () => this.#move("publish", { expect: record?.version ?? 0 });
    if (!record) return base();
    if (this.#isPublished()) return this.#published();
    const later = record.by >= this.#by();
    const theirs =
      turn.what === "sign-in"
        ? record.lineage !== turn.lineage && later
        : record.lineage !== turn.lineage || (record.generation > turn.generation && later);
    if (!theirs) return base();
    // The other one is dead then, or the same.
    return this.#again();
  }

  #by = (): number => this.#turn.adopts?.unpublished?.epoch ?? this.#turn.epoch;

  #published(): void {
    const { next, replaceable } = this.#turn;
    const generation = this.#state.record?.generation ?? 0;
    const wanted = this.#hasSecret() && replaceable && !next?.inSecret;
    if (wanted) return this.#move("put", { next: next && { ...next, generation } });
    return this.#finish(true);
  }

  /** The first time it goes to the secret; what is tried after that is the last. */
  #notPublished(): void {
    const { next, replaceable } = this.#turn;
    const wanted = this.#hasSecret() && replaceable && !next?.last;
    return wanted ? this.#move("put", { next: next && { ...next, failed: true } }) : this.#givenUp();
  }

  /** The secret has had its turn: the ledger is tried once more, by main as long as nobody else may take over. */
  #onceMore(inSecret: boolean): void {
    const { next, begun, adopts } = this.#turn;
    const inTime = begun + PUBLISH_WITHIN_MS - this.#state.now > ROUND_MS;
    if (adopts || !(this.#job.post || inTime)) return this.#givenUp();
    const last = next && { ...next, failed: false, last: true, inSecret };
    return this.#move(this.#job.post ? "published?" : "publish", { next: last });
  }

  #givenUp(): void {
    this.#spentSilently(this.#turn.token, LOST.ledger);
    return this.#finish(false);
  }

  #finish(published: boolean): void {
    if (this.#job.post) return this.#end("settled");
    if (!this.#turn.adopts) {
      const capsule = published ? null : this.#turn;
      this.#end("refreshed");
      this.#job = { ...this.#job, capsule };
      return undefined;
    }
    return published ? this.#again() : this.#end("ledger-unreachable");
  }

  // The secret

  #atSecret(killed: boolean): void {
    const { secret } = this.#state;
    const { serial, turn, at } = this.#job;
    const stale = (secret?.serial ?? 0) > serial;
    if (at === "prove") {
      if (killed) return this.#kill(false);
      // If the record has changed since it decided, its intent will not be written.
      if (!stale) return this.#intend(this.#turn.expect);
      if (turn?.what === "seed") return this.#end("snapshot-stale");
      this.#job = { ...this.#job, distrusted: true };
      return this.#again();
    }
    if (at === "since?") {
      // Whoever held the lease may have stored the renewed login in the secret alone.
      const since = stale && (secret?.writtenAt ?? 0) > (turn?.since ?? 0);
      return since ? this.#end(this.#goesOn() ? "ledger" : "snapshot-stale") : this.#intend(turn?.expect ?? 0);
    }
    if (!stale) this.#write();
    if (killed) return this.#kill(false);
    if (turn?.next?.failed) return this.#onceMore(!stale);
    return turn ? this.#finish(true) : this.#end("ledger");
  }

  #write(): void {
    const { secret, record } = this.#state;
    const { turn } = this.#job;
    const serial = (secret?.serial ?? 0) + 1;
    const failed = turn?.next?.failed === true;
    const source = turn?.next ?? (record as Rec);
    const copy: Copy = {
      token: source.token,
      access: source.access,
      ends: source.ends,
      lineage: turn ? turn.nextLineage : (record?.lineage ?? 0),
      generation: source.generation,
      unpublished: turn && failed ? { epoch: this.#by(), over: turn.lineage } : null,
      serial,
      writtenAt: this.#state.now + (serial - 1) * 60_000,
    };
    this.#mustNotReplace(copy);
    this.#state = { ...this.#state, secret: copy };
  }

  // Giving back

  #give(giving: NonNullable<ModelTurn["giving"]>): void {
    this.#move("give: look", { giving, tries: 2 });
  }

  #given(): void {
    const { giving } = this.#turn;
    if (giving === "dead") return this.#endRefused(this.#turn.token);
    if (giving !== "release") return this.#again();
    return this.#end(this.#goesOn() ? "ledger" : "throttled");
  }

  /** With the record's access token, where nothing was spent. */
  #goesOn(): boolean {
    const { present, what } = this.#turn;
    return (this.#spec.refresh !== "always" || what !== "record") && present - this.#state.now > USABLE_MS;
  }

  // Swaps

  #swap(): boolean {
    const { record, version, now } = this.#state;
    const { expect } = this.#turn;
    if ((record?.version ?? 0) !== expect) return false;
    const next = { ...this.#written(record), version: version + 1, writtenAt: now };
    this.#mustNotGoBack(record, next);
    this.#state = { ...this.#state, record: next, version: version + 1 };
    return true;
  }

  #written(record: Rec | null): Rec {
    const turn = this.#turn;
    if (this.#job.at === "intend") {
      const base = record ?? this.#beginning();
      if (!turn.silent && !turn.adopts) this.#mustNotBeRefused(turn.token);
      return {
        ...base,
        epoch: turn.mine ? base.epoch : base.epoch + 1,
        lease: { job: this.#index, nonce: turn.nonce, attempts: turn.attempts },
      };
    }
    const base = record as Rec;
    if (this.#job.at === "give: swap") {
      const dead = base.dead || turn.giving === "dead";
      if (dead && !base.dead) this.#mustHaveEnded(base.token, "a login is marked as dead");
      const known = turn.giving === "forget" ? withKnown(base.known, turn.token) : base.known;
      return { ...base, lease: null, dead, known };
    }
    const next = turn.next as NonNullable<ModelTurn["next"]>;
    const isNew = turn.what === "sign-in" && base.lineage !== turn.nextLineage;
    return {
      ...base,
      lineage: isNew ? turn.nextLineage : base.lineage,
      generation: isNew ? next.generation : Math.max(base.generation + 1, next.generation),
      token: next.token,
      access: next.access,
      ends: next.ends,
      lease: null,
      dead: false,
      by: this.#by(),
      epoch: Math.max(base.epoch, this.#by()),
      known: withKnown(withKnown(base.known, turn.token), next.token),
    };
  }

  #beginning(): Rec {
    const { token, nonce } = this.#turn;
    return {
      version: 0,
      lineage: 200 + nonce,
      generation: 0,
      token,
      access: -1,
      ends: 0,
      epoch: 0,
      by: 0,
      lease: null,
      writtenAt: 0,
      dead: false,
      known: [token],
    };
  }

  #swapped(version: number): void {
    if (this.#job.at === "intend") return this.#intended(version);
    return this.#job.at === "publish" ? this.#published() : this.#given();
  }

  #notSwapped(): void {
    if (this.#job.at === "intend") return this.#move("intended?");
    if (this.#job.at === "publish") return this.#move("published?");
    const tries = this.#turn.tries - 1;
    return tries > 0 ? this.#move("give: look", { tries }) : this.#given();
  }

  // What must never be

  #mustHaveEnded(token: number, what: string): void {
    const { issuer, jobs } = this.#state;
    if (this.#wasSlow) return;
    const family = issuer.tokens[token];
    const current = issuer.families[family as number]?.current;
    const willTell = jobs.some(({ turn }) => turn?.next && turn.next.token === current);
    if (current === token || willTell) this.#wrong(`${what}, which is alive`);
  }

  #endRefused(token: number): void {
    this.#mustHaveEnded(token, "a job says that a login has ended");
    this.#end("refused");
  }

  #mustNotBeRefused(token: number): void {
    const { ghost, jobs } = this.#state;
    const by = ghost.refused.find(([refused, job]) => refused === token && jobs[job]?.at !== "killed");
    if (by && !this.#wasSlow) this.#wrong("a token is to be sent that a living job knows to be refused");
  }

  /** A person's sign-in is the newest login, as long as it is alive. */
  #mustNotGoBack(before: Rec | null, after: Rec): void {
    if (!before || before.lineage === after.lineage) return;
    const { issuer } = this.#state;
    const [old, now] = [issuer.tokens[before.token] as number, issuer.tokens[after.token] as number];
    const alive = issuer.families[old]?.current !== undefined;
    if (now < old && alive) this.#wrong("a fresh sign-in is overwritten by an older login");
    const excused = this.#wasSlow || this.#turn.token in this.#state.ghost.silentSpends;
    if (!lives(issuer, after.token) && !excused) this.#wrong("a token that does not work becomes a lineage");
  }

  #mustNotReplace(copy: Copy): void {
    const { secret, issuer } = this.#state;
    if (!secret || secret.lineage !== null) return;
    const pasted = issuer.tokens[secret.token] as number;
    const untouched = issuer.families[pasted]?.current === secret.token;
    if (untouched && issuer.tokens[copy.token] !== pasted)
      this.#wrong("a sign-in in the secret is overwritten by another login");
  }
}

const withKnown = (known: readonly number[], token: number): readonly number[] =>
  known.includes(token) ? known : [...known, token].toSorted((a, b) => a - b);

import type { Acquired } from "../acquire.ts";
import { type Credential, livesFor, tokensOf } from "../credential/credential.ts";
import { isoTime, sayDuration, sayTime } from "../duration.ts";
import { Failure } from "../errors.ts";
import type { Inputs } from "../inputs.ts";
import type { Detected } from "../recognise/detect.ts";
import { loadProvider, nothingWasSpent, refreshLogin } from "../refresh/index.ts";
import { maskSecrets } from "../runner/mask.ts";
import type { World } from "../world/world.ts";
import { decide, type Decision, type Situation, type Why } from "./decide.ts";
import { knows } from "./fingerprints.ts";
import { parseKeys } from "./keys.ts";
import { LONGEST_SEND_MS } from "./lease.ts";
import { openLedger } from "./open.ts";
import { credentialOf, type LedgerRecord } from "./record.ts";
import type { Site } from "./record-text.ts";
import { keepShared } from "./second-sink.ts";
import { isRoot, look, saying, type Seen, type Session } from "./session.ts";
import { openShared } from "./shared-envelope.ts";
import { Superseded, Turn } from "./turn.ts";

/** How long a job waits for another one that renews the login: longer than a lease. */
const LONGEST_WAIT_MS = 180_000;

/** The dealings of this job with the ledger that its settings name. */
export async function openSession(world: World, inputs: Inputs, provider: Site["provider"]): Promise<Session> {
  const keys = parseKeys(inputs.ledgerKey?.reveal() ?? "");
  if (typeof keys === "string") throw new Failure("input-invalid", keys, "`oauth-creds key` makes one.");
  const ledger = await openLedger(world, inputs, provider);
  const { runId, runAttempt } = inputs.github;
  const job = world.env["GITHUB_JOB"] ?? "a job";
  const owner = runId ? `${job} of run ${runId}, attempt ${runAttempt}` : job;
  const site = {
    get place() {
      return ledger.place; // some ledgers know it only after they have been asked
    },
    provider,
    account: inputs.account,
  };
  return { world, ledger, keys, site, owner, seen: new Map(), masked: new Set() };
}

/**
 * From a login that many jobs share to a working access token: the record's, as long as it is good for; else
 * whoever comes first renews it, and the others wait for that.
 *
 * @param detected what stands in `credential`; undefined if that is empty
 */
export async function acquireShared(
  world: World,
  inputs: Inputs,
  detected: Detected | undefined,
  provider: Site["provider"],
): Promise<Acquired> {
  const session = await openSession(world, inputs, provider);
  const { runner } = world;
  const began = world.now();
  let first: LedgerRecord | undefined;
  let waiting: string | undefined;
  for (let pause = 2000; ;) {
    const seen = await look(session);
    const snapshot = detected && openShared(detected.credential, session.keys, session.site);
    // Some ledgers know their place, and with it what was sealed for it, only now.
    if (snapshot && !first) maskSecrets(runner, tokensOf(snapshot));
    const situation = describe(session, inputs, seen, snapshot, first);
    const decision = decide(situation);
    first ??= seen.record;
    if (decision.type === "wait") {
      const { lease } = seen.record as LedgerRecord;
      const owner = lease?.owner ?? "another job";
      const waited = world.now() - began;
      if (waited > LONGEST_WAIT_MS) throw (await saying()).sayBusy(owner, waited);
      if (waiting !== lease?.nonce) {
        runner.log(`Waiting for ${owner}, which is renewing the login (for ${sayDuration(seen.leaseLeftMs)} at most).`);
        waiting = lease?.nonce;
        pause = 2000;
      }
      // With jitter, so that many who wait do not ask all at once.
      const jitter = 0.75 + ((world.random(1)[0] ?? 0) / 255) * 0.5;
      await world.sleep(Math.min(pause, 30_000) * jitter);
      pause *= 1.5;
      continue;
    }
    const acquired = await carryOut(world, inputs, session, seen, decision, snapshot, detected);
    if (!acquired) continue;
    return inputs.writeRefreshToken ? checkOut(world, session, acquired) : acquired;
  }
}

function describe(
  { keys, world }: Session,
  inputs: Inputs,
  { record, leaseLeftMs }: Seen,
  snapshot: Credential | undefined,
  first: LedgerRecord | undefined,
): Situation {
  const refresh = snapshot?.refresh;
  const known = isRoot(record) && refresh !== undefined && knows(record, refresh);
  const shared = snapshot?.shared;
  return {
    record,
    leaseLeftMs,
    mayRenew: keys.root.length > 0,
    snapshot: refresh === undefined ? "none" : known ? "known" : "unknown",
    stored: shared && {
      lineage: shared.lineage,
      generation: snapshot?.generation ?? 0,
      unpublished: shared.unpublished === true,
    },
    firstAttempt: inputs.github.runAttempt === 1,
    refresh: inputs.refresh,
    minValidityMs: inputs.minValidityMs,
    renewedMeanwhile:
      first !== undefined &&
      record !== undefined &&
      (record.lineage !== first.lineage || record.generation > first.generation),
    now: world.now(),
  };
}

/** Undefined if the record has to be looked at again. */
async function carryOut(
  world: World,
  inputs: Inputs,
  session: Session,
  seen: Seen,
  decision: Exclude<Decision, { type: "wait" }>,
  snapshot: Credential | undefined,
  detected: Detected | undefined,
): Promise<Acquired | undefined> {
  if (decision.type === "fail") throw await sayWhy(session, seen, decision.why, snapshot);
  if (decision.type === "use") {
    const credential = credentialOf(seen.record as LedgerRecord);
    if (decision.short) {
      const end = credential.accessExpiresAt ?? world.now();
      world.runner.warning(
        `The access token ends at ${sayTime(end)} (in ${sayDuration(end - world.now())}), sooner than \`min-validity\`, and this job cannot have a later one.`,
      );
    }
    return { credential, source: "ledger", result: undefined, ledger: session.ledger.label };
  }
  const fresh = decision.type === "adopt" || decision.what !== "record" ? snapshot : undefined;
  const turn = new Turn(session, seen, decision.type === "adopt" ? "record" : decision.what, fresh);
  const keeping = keepShared(world, inputs, session, turn, detected?.stored);
  if (decision.type === "adopt") return adopt(world, session, turn, keeping, snapshot as Credential);
  return renew(world, inputs, session, seen, turn, keeping, fresh);
}

/** The job's program gets what renews the login: until post has taken it back, nobody else renews it. */
async function checkOut(world: World, session: Session, acquired: Acquired): Promise<Acquired> {
  const seen = await look(session);
  if (!isRoot(seen.record)) throw (await saying()).sayCannotRenew();
  const turn = new Turn(session, seen, "record", undefined);
  try {
    await turn.intend("checked-out");
  } catch (error) {
    if (!(error instanceof Superseded)) throw error;
    throw (await saying()).sayBusy("which came first", 0);
  }
  world.runner.state("turn", JSON.stringify(turn.state));
  world.runner.state("checked-out", "true");
  return { ...acquired, credential: credentialOf(seen.record) };
}

/** Publishes what an earlier job had renewed and could store in the secret only. */
async function adopt(
  world: World,
  session: Session,
  turn: Turn,
  keeping: ReturnType<typeof keepShared>,
  snapshot: Credential,
): Promise<Acquired | undefined> {
  await untilSuperseded(() => turn.intend());
  if (!turn.begun) return undefined;
  const result = await keeping.store({ ...snapshot, shared: undefined }, () => Number.POSITIVE_INFINITY);
  if (result.type === "failed") throw result.failure;
  world.runner.notice(`A login that an earlier job could not publish now stands in ${session.ledger.label}.`);
  return undefined;
}

async function renew(
  world: World,
  inputs: Inputs,
  session: Session,
  seen: Seen,
  turn: Turn,
  keeping: ReturnType<typeof keepShared>,
  fresh: Credential | undefined,
): Promise<Acquired | undefined> {
  const login = fresh ?? credentialOf(seen.record as LedgerRecord);
  const timeoutMs = Math.min(inputs.request.timeoutMs, LONGEST_SEND_MS);
  const provider = await loadProvider(login.provider);
  try {
    const settings = { ...inputs, request: { ...inputs.request, timeoutMs } };
    const { credential, result } = await refreshLogin(world, settings, provider, login, keeping);
    if (keeping.superseded) return undefined; // whoever came later has the living one
    const ledger = session.ledger.label;
    return { credential, source: "refreshed", result: result?.type === "failed" ? result : keeping.beside, ledger };
  } catch (error) {
    if (error instanceof Superseded) return undefined;
    if (!(error instanceof Failure)) throw error;
    return await afterFailure(world, inputs, session, seen, turn, keeping.stored, fresh, error);
  }
}

/** What a refresh that failed means for everybody who shares the login. Undefined: look again. */
async function afterFailure(
  world: World,
  inputs: Inputs,
  session: Session,
  seen: Seen,
  turn: Turn,
  stored: boolean,
  fresh: Credential | undefined,
  failure: Failure,
): Promise<Acquired | undefined> {
  if (stored || !turn.begun) throw failure;
  const { code } = failure;
  if (code === "login-refused" || code === "login-ended" || code === "login-lost-in-flight") {
    const now = await look(session);
    const theirs = now.record && seen.record && now.record.generation > seen.record.generation;
    if (theirs) return undefined;
    if (turn.state?.what === "sign-in") {
      await turn.forget();
      world.runner.warning(
        `The login in \`credential\` was not taken by the provider. ${failure.explain()} Going on with the one in the ledger.`,
      );
      return undefined;
    }
    // The one before us may have renewed it and be about to say so.
    if (turn.takenOver && (await publishedWithin(session, now.leaseLeftMs, turn))) return undefined;
    const at = now.entry?.writtenAt ?? world.now();
    await turn.markDead({ at, why: code });
    throw failure;
  }
  if (code === "answer-unclear") throw failure; // the intent stays: whoever comes next knows that it is not clear
  await turn.release();
  const { record } = seen;
  const present = record && !fresh ? credentialOf(record) : undefined;
  if (!present || !nothingWasSpent(failure) || inputs.refresh === "always" || !livesFor(present, 0, world.now())) {
    throw failure;
  }
  world.runner.warning(
    `${failure.explain()} The job goes on with the access token of the ledger, which ends at ${isoTime(present.accessExpiresAt ?? 0)}.`,
  );
  return { credential: present, source: "ledger", result: undefined, ledger: session.ledger.label };
}

/** Whether the record is somebody else's before our lease has ended. */
async function publishedWithin(session: Session, ms: number, turn: Turn): Promise<boolean> {
  const until = session.world.now() + ms;
  while (session.world.now() < until) {
    await session.world.sleep(Math.min(5000, Math.max(1, until - session.world.now())));
    const { record } = await look(session);
    if (record?.lease?.nonce !== turn.state?.nonce) return true;
  }
  return false;
}

async function untilSuperseded(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof Superseded)) throw error;
  }
}

async function sayWhy(
  session: Session,
  { record }: Seen,
  why: Why,
  snapshot: Credential | undefined,
): Promise<Failure> {
  const say = await saying();
  const { label } = session.ledger;
  if (why === "rolled-back") return say.sayRolledBack(label, record as LedgerRecord, snapshot?.generation ?? 0);
  if (why === "dead") return say.sayDead(record?.dead?.at ?? 0, record?.dead?.why ?? "");
  return why === "cannot-renew" ? say.sayCannotRenew() : say.sayMissing(label, why);
}

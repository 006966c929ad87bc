import type { Acquired } from "../acquire.ts";
import type { Credential } from "../credential/credential.ts";
import { sayDuration, sayTime } from "../duration.ts";
import { Failure } from "../errors.ts";
import { loadProvider, openStore, refreshLogin } from "../refresh/index.ts";
import { prepare } from "../rotation/rotate.ts";
import { adopt } from "./adopt.ts";
import { afterFailure } from "./after-failure.ts";
import { type Decision, isAdoptable, type Why } from "./decide.ts";
import { LONGEST_SEND_MS } from "./lease.ts";
import { credentialOf, type LedgerRecord } from "./record.ts";
import type { Carried, Round } from "./round.ts";
import { type Copy, keepShared, seenAfter, storeBeside } from "./second-sink.ts";
import { isRoot, saying } from "./session.ts";
import { takeOver } from "./take-over.ts";
import { Superseded, Turn } from "./turn.ts";

/** Undefined if the record has to be looked at again. */
export async function carryOut(
  round: Round,
  decision: Exclude<Decision, { type: "wait" }>,
): Promise<Carried | undefined> {
  const { world, inputs, session, seen, snapshot } = round;
  if (decision.type === "fail") throw await sayWhy(round, decision.why);
  const fresh =
    decision.type === "use" || (decision.type === "renew" && decision.what === "record") ? undefined : snapshot;
  const kept = decision.type === "renew" && fresh && (await whyNotSent(round, decision.what));
  if (kept) {
    round.learned.distrusted = true;
    // It may be a sign-in all the same.
    round.learned.spared ||= kept === "not proved";
    return undefined;
  }
  // A job's program spends what it is handed, too.
  const spends = decision.type === "renew" || (decision.type === "use" && inputs.writeRefreshToken);
  const what = decision.type === "renew" ? decision.what : "record";
  const copy = copyOf(round, fresh !== undefined);
  const left = spends && (await takeOver(round, what, fresh, copy));
  if (left) return left.carried;
  if (decision.type === "use") return use(round, decision.short);
  if (decision.type === "adopt") return adopt(round, decision.what, copy);
  const turn = new Turn(session, seen, decision.what, fresh);
  return renew(round, turn, keepShared(world, inputs, session, turn, copy), fresh);
}

async function use(round: Round, short: boolean): Promise<Carried> {
  const { world, inputs, session, seen, situation } = round;
  const credential = credentialOf(seen.record as LedgerRecord);
  // The key alone does not tell: of several, one may open the record and another be a root key.
  if (inputs.refresh === "always" && !situation.mayRenew && !situation.renewedMeanwhile) {
    world.runner.warning(
      "`refresh` is `always`, but this job cannot renew the login: `ledger-key` holds no root key (ocr1_…) of it. It uses the access token of the ledger.",
    );
  }
  if (short) {
    const end = credential.accessExpiresAt ?? world.now();
    world.runner.warning(
      `The access token ends at ${sayTime(end)} (in ${sayDuration(end - world.now())}), sooner than \`min-validity\`, and this job cannot have a later one.`,
    );
  }
  const result = inputs.rotateTo ? await repair(round) : undefined;
  const keptAt = isRoot(seen.record) ? seen.entry?.writtenAt : undefined;
  return { acquired: { credential, source: "ledger", result, ledger: session.ledger.label, keptAt }, at: seen };
}

/** What may be done with the secret that the credential was read from. */
export const copyOf = (round: Round, itsOwn: boolean): Copy => ({
  stored: round.detected?.stored,
  proved: round.learned.proved,
  // Without a credential it is not known what stands there.
  replaceable: round.detected !== undefined && (itsOwn || !(holdsMore(round) || round.learned.spared)),
});

/** Whether the credential may hold a login that the record has not: a sign-in, or one that was not published. */
function holdsMore({ situation, seen }: Round): boolean {
  const { snapshot, stored } = situation;
  if (snapshot !== "unknown") return false;
  // Otherwise the record has gone on without it; unless that was by an earlier lease: then it is the living one.
  return !stored || isAdoptable(situation) || (stored.by ?? 0) > (seen.record?.by ?? 0);
}

/** Stores the login in its secret too, where an earlier run could not: only who may renew does that. */
async function repair(round: Round): Promise<Acquired["result"]> {
  const { world, inputs, session, seen, situation, snapshot } = round;
  const { record } = seen;
  if (!isRoot(record) || !snapshot) return undefined;
  const { shared, generation } = snapshot;
  const isPresent = shared?.lineage === record.lineage && generation >= record.generation;
  // Of an unknown token it is another one of this generation, which was not published.
  if (isPresent && situation.snapshot !== "unknown") return undefined;
  const until = world.now() + 60_000;
  const copy = copyOf(round, false);
  const result = await storeBeside(world, inputs, session, credentialOf(record), record.lineage, copy, () => until);
  // Another job that found the secret behind was faster.
  if (result?.type !== "failed") return result?.type === "stored" ? result : undefined;
  const label = inputs.rotateTo?.label;
  world.runner.warning(`${label} is behind the ledger and could not be written. ${result.failure.explain()}`);
  return undefined;
}

/**
 * Whether the login in the credential may be spent: not if its copy is an old one, which is told. What was renewed
 * before has to be proved to be the present one; a login that never was, pasted or stored by `login`, is taken for it on
 * the first attempt of a run.
 */
async function whyNotSent(
  { world, inputs, session, detected, learned }: Round,
  what: "sign-in" | "seed" | "record",
): Promise<"old" | "not proved" | undefined> {
  const store = await openStore(world, inputs);
  const renewedBefore = (detected?.credential.generation ?? 0) > 0;
  const passedOver = (why: string) =>
    world.runner.notice(`The login in \`credential\` is not taken for a fresh sign-in: the ledger's is used. ${why}`);
  if (!store) {
    if (!renewedBefore) return undefined;
    const { sayUnproved, UNPROVED } = await saying();
    if (what === "seed") throw sayUnproved(session.ledger.label);
    passedOver(`It was renewed before, and ${UNPROVED}.`);
    return "old";
  }
  try {
    const rules = { createSecrets: inputs.createSecrets, runAttempt: inputs.github.runAttempt };
    learned.proved = await prepare(world, store, { stored: detected?.stored }, rules);
    return undefined;
  } catch (error) {
    if (what !== "sign-in" || !(error instanceof Failure)) throw error;
    const old = error.code === "snapshot-stale" || error.code === "secret-elsewhere";
    if (old) passedOver(error.explain());
    else world.runner.warning(`The login in \`credential\` is left alone in this run. ${error.explain()}`);
    return old ? "old" : "not proved";
  }
}

/**
 * Throws if the job that held the lease before may have stored the renewed login in the secret alone: it was written
 * after the intent, and this job has an older copy of it. A new run has the newer one.
 */
async function refuseIfStoredSince({ world, inputs, seen, detected }: Round): Promise<void> {
  const intendedAt = seen.record?.lease && seen.entry?.writtenAt;
  const store = intendedAt === undefined ? undefined : await openStore(world, inputs);
  if (!store || intendedAt === undefined) return;
  const rules = { createSecrets: inputs.createSecrets, runAttempt: inputs.github.runAttempt };
  try {
    const { updatedAt = 0 } = await store.meta();
    if (updatedAt > intendedAt) await prepare(world, store, { stored: detected?.stored }, rules);
  } catch (error) {
    if (error instanceof Failure && error.code === "snapshot-stale") throw error;
    // Whatever else: the secret tells nothing.
  }
}

async function renew(
  round: Round,
  turn: Turn,
  keeping: ReturnType<typeof keepShared>,
  fresh: Credential | undefined,
): Promise<Carried | undefined> {
  const { world, inputs, session, seen } = round;
  const login = fresh ?? credentialOf(seen.record as LedgerRecord);
  const timeoutMs = Math.min(inputs.request.timeoutMs, LONGEST_SEND_MS);
  const settings = { ...inputs, request: { ...inputs.request, timeoutMs } };
  const provider = await loadProvider(login.provider);
  try {
    if (!fresh) await refuseIfStoredSince(round);
    const { credential, used, result, capsule } = await refreshLogin(world, settings, provider, login, keeping);
    const { published, beside } = keeping;
    // It stands in the ledger, or whoever came later has the living one: nothing is left for post.
    if (capsule && published?.type !== "failed") world.files.remove(capsule);
    if (published?.type === "superseded") return undefined;
    const ledger = session.ledger.label;
    const at = published?.type === "published" ? seenAfter(published) : undefined;
    // What the secret did not take was told when it happened: the login itself is stored.
    const told = at && beside?.type !== "stored" ? undefined : beside;
    return {
      acquired: {
        credential,
        source: "refreshed",
        used,
        result: result?.type === "failed" ? result : told,
        ledger,
        keptAt: at?.entry?.writtenAt,
      },
      at,
    };
  } catch (error) {
    if (error instanceof Superseded) return undefined;
    if (!(error instanceof Failure)) throw error;
    return afterFailure(round, turn, keeping.published !== undefined, fresh !== undefined, error);
  }
}

async function sayWhy({ inputs, session, seen: { record }, snapshot }: Round, why: Why): Promise<Failure> {
  const say = await saying();
  const { label } = session.ledger;
  switch (why) {
    case "rolled-back":
      return say.sayRolledBack(label, record as LedgerRecord, snapshot?.generation ?? 0);
    case "dead":
      return say.sayDead(record?.dead?.at ?? 0, record?.dead?.why ?? "");
    case "cannot-renew":
      // What was to be handed out is not there, however long the access token lives.
      return inputs.writeRefreshToken ? (await import("../say-ended.ts")).sayNoKey(inputs) : say.sayCannotRenew();
    case "must-not-renew":
      return say.sayMustNotRenew();
    default: {
      const place = why === "stored-by-ledger" ? snapshot?.shared?.place : undefined;
      const elsewhere = place !== undefined && place !== session.site.place;
      return elsewhere ? say.sayElsewhere(label, place) : say.sayMissing(label, why);
    }
  }
}

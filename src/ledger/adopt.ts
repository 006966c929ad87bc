import { type Credential, livesFor, USABLE_MS } from "../credential/credential.ts";
import { Failure } from "../errors.ts";
import { nothingWasSpent } from "../refresh/index.ts";
import { credentialOf, type LedgerRecord } from "./record.ts";
import type { Carried, Round } from "./round.ts";
import { type Copy, keepShared, type SharedKeeping } from "./second-sink.ts";
import { maskOnce } from "./session.ts";
import { spentFor } from "./shared-envelope.ts";
import { Superseded, Turn, type TurnState } from "./turn.ts";

/** How long it is tried, ms. */
const PUBLISH_MS = 60_000;

/**
 * Publishes what an earlier job had renewed and could store in the secret only. Undefined: look again. Where the ledger
 * cannot be written the job goes on with a token that is there already; throws a Failure if there is none.
 *
 * @param copy what may be done with the secret
 */
export async function adopt(round: Round, what: TurnState["what"], copy: Copy): Promise<Carried | undefined> {
  const { world, inputs, session, seen } = round;
  const snapshot = round.snapshot as Credential;
  const turn = new Turn(session, seen, what, signInOf(round, snapshot));
  const keeping = keepShared(world, inputs, session, turn, copy, snapshot.shared?.unpublished?.epoch);
  try {
    await turn.intendToPublish();
  } catch (error) {
    if (error instanceof Superseded) return undefined;
    if (!(error instanceof Failure)) throw error;
    return goOn(round, snapshot, keeping, error);
  }
  const until = world.now() + PUBLISH_MS;
  await keeping.store({ ...snapshot, shared: undefined }, () => until);
  const { published } = keeping;
  if (published?.type === "failed") return goOn(round, snapshot, keeping, published.failure);
  if (published?.type === "published") {
    world.runner.notice(`A login that an earlier job could not publish now stands in ${session.ledger.label}.`);
  }
  return undefined;
}

/** What a copy of a sign-in came of, with the token that was spent for it: that becomes a known one. */
function signInOf({ session }: Round, copy: Credential): Credential {
  const spent = spentFor(copy, session.keys, session.site);
  if (!spent) return copy;
  const signIn = { ...copy, refresh: spent };
  maskOnce(session, signIn);
  return signIn;
}

/** With the copy's access token, or else the record's. */
function goOn(round: Round, snapshot: Credential, { beside }: SharedKeeping, failure: Failure): Carried {
  const { world, inputs, session, seen, situation, learned } = round;
  const mayGoOn = nothingWasSpent(failure) && inputs.refresh !== "always" && !inputs.writeRefreshToken;
  const now = world.now();
  const own = livesFor(snapshot, USABLE_MS, now) && !learned.refused?.equals(snapshot.access);
  if (!mayGoOn || !(own || (situation.accessEndsAt ?? Number.POSITIVE_INFINITY) - now > USABLE_MS)) throw failure;
  world.runner.warning(
    `A login that an earlier job had renewed and could not publish still stands in no ledger. ${failure.explain()} The job goes on with ${own ? "its access token" : "the access token of the ledger"}.`,
  );
  const result = beside?.type === "stored" ? beside : undefined;
  if (own) {
    return { acquired: { credential: { ...snapshot, shared: undefined }, source: "recovered", result }, at: undefined };
  }
  const credential = credentialOf(seen.record as LedgerRecord);
  return { acquired: { credential, source: "ledger", result, ledger: session.ledger.label }, at: undefined };
}

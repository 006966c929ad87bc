import { livesFor, USABLE_MS } from "../credential/credential.ts";
import { isoTime } from "../duration.ts";
import { type Code, Failure } from "../errors.ts";
import { nothingWasSpent } from "../refresh/index.ts";
import { credentialOf } from "./record.ts";
import { type Carried, refreshTokenOf, type Round } from "./round.ts";
import { look, lookOnward, saying, type Session } from "./session.ts";
import { Superseded, type Turn } from "./turn.ts";

/** What it takes to mark a login as dead, and more. */
const MARGIN_MS = 15_000;

/** The provider will never take this token again. */
const DEAD: ReadonlySet<Code> = new Set<Code>(["login-refused", "login-ended", "login-lost-in-flight"]);

/** The provider's own program says that it was not taken, and not why. */
const NOT_TAKEN: Code = "login-not-taken";

/**
 * What a refresh that failed means for everybody who shares the login. Undefined: look again.
 *
 * @param stored whether there was an answer, and it was the storing that failed
 */
export async function afterFailure(
  round: Round,
  turn: Turn,
  stored: boolean,
  isFresh: boolean,
  failure: Failure,
): Promise<Carried | undefined> {
  if (stored) throw failure;
  if (turn.begun && DEAD.has(failure.code)) return afterRefusal(round, turn, await orLostBefore(round, turn, failure));
  // The intent stays: whoever comes next knows that it is not clear what became of it.
  if (failure.code === "answer-unclear") throw failure;
  if (turn.begun) await turn.release();
  // It may be alive: not known as an old copy, as a refused one is, but neither sent again by this job.
  if (failure.code === NOT_TAKEN && turn.state?.what === "sign-in") return goOnWithout(round, failure);

  const { world, inputs, session, seen } = round;
  const present = seen.record && credentialOf(seen.record);
  const mayGoOn = nothingWasSpent(failure) && (inputs.refresh !== "always" || isFresh) && !inputs.writeRefreshToken;
  if (!present || !mayGoOn || !livesFor(present, USABLE_MS, world.now())) throw failure;
  world.runner.warning(
    `${failure.explain()} The job goes on with the access token of the ledger, which ends at ${isoTime(present.accessExpiresAt ?? 0)}.`,
  );
  return {
    acquired: { credential: present, source: "ledger", result: undefined, ledger: session.ledger.label },
    at: undefined,
  };
}

/** What an earlier turn of this job had sent without an answer was spent by that, and not somewhere else. */
async function orLostBefore(
  { inputs, session, seen, snapshot }: Round,
  turn: Turn,
  failure: Failure,
): Promise<Failure> {
  const login = snapshot ?? (seen.record && credentialOf(seen.record));
  if (failure.code !== "login-refused" || !login || !session.unclear?.equals(turn.spends)) return failure;
  const { sayOutcome } = await import("../refresh/say-outcome.ts");
  return sayOutcome({ type: "refused", why: "spent-or-revoked" }, true, login, inputs);
}

async function afterRefusal(round: Round, turn: Turn, failure: Failure): Promise<undefined> {
  const { world, session, seen, snapshot, learned } = round;
  if (turn.state?.what === "sign-in") {
    await turn.forget();
    return goOnWithout(round, failure);
  }
  learned.hopeless = { token: refreshTokenOf(seen) ?? snapshot?.refresh, failure };
  const now = await lookOnward(session);
  if (now.record?.lease?.nonce !== turn.state?.nonce) return undefined; // somebody else has come by
  const before = turn.takenFrom;
  try {
    if (before && !(await keepsSilent(session, turn, now.leaseLeftMs))) return undefined;
  } catch (error) {
    throw error instanceof Failure ? failure : error; // the ledger's trouble is not what this job failed for
  }
  const at = now.entry?.writtenAt ?? world.now();
  await turn.markDead({ at, why: failure.code });
  throw before && failure.code === "login-refused" ? (await saying()).sayLostByHolder(before.owner) : failure;
}

/** Without the fresh sign-in, in this job. */
function goOnWithout({ world, learned }: Round, failure: Failure): undefined {
  learned.distrusted = true;
  world.runner.warning(
    `The login in \`credential\` was not taken by the provider. ${failure.explain()} Going on with the one in the ledger.`,
  );
  return undefined;
}

/**
 * Whether the holder before us, who may have renewed the login, publishes nothing for as long as a lease. Meanwhile
 * ours is renewed, so that nobody else sends the refused token again.
 */
async function keepsSilent(session: Session, turn: Turn, ms: number): Promise<boolean> {
  const { world } = session;
  // Before ours ends, for all who would take it over then.
  const until = world.now() + ms - MARGIN_MS;
  try {
    await turn.intend();
  } catch (error) {
    if (error instanceof Superseded) return false;
    throw error;
  }
  while (world.now() < until) {
    await world.sleep(Math.min(5000, Math.max(1, until - world.now())));
    const { record } = await look(session);
    if (record?.lease?.nonce !== turn.state?.nonce) return false;
  }
  return true;
}

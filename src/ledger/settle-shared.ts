import { readCapsule } from "../capsule-open.ts";
import { type Credential, tokensOf } from "../credential/credential.ts";
import { openEnvelope } from "../credential/envelope.ts";
import type { Inputs } from "../inputs.ts";
import { asFailure } from "../as-failure.ts";
import { parseObject } from "../json.ts";
import type { Detected } from "../recognise/detect.ts";
import { deadlineFor } from "../refresh/deadline.ts";
import { STILL_RENEWS } from "../report/say-result.ts";
import { maskSecrets } from "../runner/mask.ts";
import { noteForPost } from "../world/note.ts";
import type { World } from "../world/world.ts";
import { atFirst, mayGoOn, publish } from "./publish.ts";
import { credentialOf } from "./record.ts";
import { copying, openSpent, storeBeside } from "./second-sink.ts";
import { isRoot, lookOnward, openSession, type Session } from "./session.ts";
import { type CameOf, openShared } from "./shared-envelope.ts";
import { releaseLease, type TurnState } from "./turn.ts";

/** How long post tries in all, and once the runner has asked it to stop. */
const SETTLE_MS = 90_000;
const AFTER_SIGNAL_MS = 7000;

const turnOf = ({ env }: World): TurnState | undefined => parseObject(env["STATE_turn"] ?? "") as TurnState | undefined;

/**
 * The login as main handed it out; undefined if it did not. Where a step has emptied RUNNER_TEMP it is what the ledger
 * holds under our lease. Throws a Failure if that cannot be read: whether the program has spent it is not known then, so
 * it is not given back.
 */
export async function lentLogin(
  world: World,
  inputs: Inputs,
  detected: Detected | undefined,
): Promise<Credential | undefined> {
  const { lent, nonce } = turnOf(world) ?? {};
  if (lent === undefined) return undefined;
  const text = readCapsule(world, inputs.sealingKey, lent);
  if (text !== undefined) return openEnvelope(text).credential;
  const { record } = await lookOnward(await sessionOf(world, inputs, detected));
  return isRoot(record) && record.lease?.nonce === nonce ? credentialOf(record) : undefined;
}

/**
 * Publishes what main renewed and could not, or what the job's program renewed, and gives back what was checked out.
 *
 * @param captured what the job's program renewed, with the token that it was given as the one before
 * @param renewed what main renewed, if its capsule holds something
 */
export async function settleShared(
  world: World,
  inputs: Inputs,
  detected: Detected | undefined,
  captured: Credential | undefined,
  renewed: Credential | undefined,
): Promise<void> {
  const turn = turnOf(world) as TurnState;
  const { nonce, lent } = turn;
  const session = await sessionOf(world, inputs, detected);
  // What was checked out had been published before.
  const unpublished = lent === undefined && world.env["STATE_published"] !== nonce ? renewed : undefined;
  const newest = captured ?? unpublished;
  const now = newest && (await settle(world, inputs, session, turn, detected, newest, captured !== undefined));
  // Publishing gives the lease back as well; and while the ledger holds the token that was spent, nobody else gets it.
  if (lent !== undefined && (!newest || now === "superseded")) await giveBack(session, turn);
  // Kept for another attempt, where there is one (the command line's `clean`).
  if (lent !== undefined && (now === "published" || !newest)) world.files.remove(lent);
  if (!newest && lent === undefined) world.runner.log("The shared login was settled by the main step.");
}

async function giveBack(session: Session, turn: TurnState): Promise<void> {
  try {
    await releaseLease(session, turn);
  } catch (error) {
    const { world, ledger } = session;
    // The command line can try again.
    noteForPost(world, "still-lent", turn.nonce);
    world.runner.warning(
      `The login in ${ledger.label} was lent to this job and could not be given back: until its lease ends, other jobs use its access token and cannot renew it. ${asFailure(error).explain()}`,
    );
  }
}

/**
 * Gives what became of it in the ledger. `unpublished`: a program's login then stays checked out until the time is up,
 * as after a job that was killed. Whoever had it given back would send the token that the program has spent, at once,
 * unless it sees the copy: in the secret, which another job may have an older copy of, or in the cache, which does not
 * show it on another branch. Who sees it publishes it in spite of the lease.
 */
async function settle(
  world: World,
  inputs: Inputs,
  session: Session,
  turn: TurnState,
  detected: Detected | undefined,
  newest: Credential,
  byProgram: boolean,
): Promise<"published" | "superseded" | "unpublished"> {
  const { runner } = world;
  maskSecrets(runner, tokensOf(newest));
  const hold = world.holdSignals();
  const deadline = deadlineFor(world, SETTLE_MS, hold, AFTER_SIGNAL_MS);
  const what = byProgram ? "The login that the job's program renewed" : "The login that this job renewed";
  const { label } = session.ledger;
  try {
    const present = detected && openShared(detected.credential, session.keys, session.site);
    const known = turn.what === "record" ? undefined : present?.refresh;
    const how = { epoch: turn.epoch, over: turn.lineage };
    const told = byProgram ? [] : (world.env["STATE_copied"] ?? "").split(" ");
    const toldByMain = told[0] === turn.nonce;
    const spent = byProgram ? newest.predecessor : openSpent(session, turn);
    const toCopy = toldByMain && told[1] === "cache" ? undefined : spent;
    const failed = copying(session, toCopy, { next: newest, lineage: turn.nextLineage, how }, deadline);
    const tryUntil = (until: () => number) => publish(session, undefined, turn, newest, until, known, failed);
    // Another than main's own copy may stand in the secret by now: prepare tells.
    const replaceable = detected !== undefined && turn.replaceable !== false;
    const copy = { stored: detected?.stored, proved: turn.proved, replaceable };
    const store = (login: Credential, lineage: string, cameOf?: CameOf) =>
      storeBeside(world, inputs, session, login, lineage, copy, deadline, cameOf);
    const byMain = !byProgram && world.env["STATE_beside"] === turn.nonce;
    let inSecret = byMain;
    let published = await tryUntil(atFirst(world, deadline));
    if (published.type === "failed") {
      inSecret ||= (await store(newest, turn.nextLineage, { ...how, spent }))?.type === "stored";
      if (!inSecret) await failed();
      // The ledger may be back by now.
      if (mayGoOn(world, deadline)) published = await tryUntil(deadline);
    }
    if (published.type === "superseded") {
      runner.log(`${what} was renewed by another job too, whose is the living one.`);
      return "superseded";
    }
    if (published.type === "published") {
      const { lineage, generation } = published.record;
      if (byMain || !inSecret) await store({ ...newest, generation }, lineage);
      runner.notice(`${what} now stands in ${label}${byProgram ? "" : " (the main step could not publish it)"}.`);
      return "published";
    }
    if (inSecret) {
      const why = published.failure.explain();
      runner.warning(`${what} could not be published, and is kept in ${inputs.rotateTo?.label}. ${why}`);
    } else {
      const kept = await failed();
      if (!toldByMain) kept?.tell();
      const copied = toldByMain || kept !== undefined;
      const way = copied ? "Its recovery copy is the way back; without that, sign in again." : "Sign in again.";
      const why = published.failure.explain();
      runner.error(
        newest.refresh?.equals(spent)
          ? `${what} could not be published in ${label}. ${STILL_RENEWS} ${why}`
          : `${what} could not be published, and the login in ${label} has ended. ${why} ${way}`,
        "oauth-creds: could-not-store",
      );
    }
    return "unpublished";
  } finally {
    hold.release();
  }
}

function sessionOf(world: World, inputs: Inputs, detected: Detected | undefined): Promise<Session> {
  const provider = detected?.credential.provider ?? (inputs.provider as Credential["provider"]);
  return openSession(world, inputs, provider, turnOf(world)?.place);
}

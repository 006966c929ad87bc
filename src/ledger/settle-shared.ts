import { type Credential, tokensOf } from "../credential/credential.ts";
import type { Inputs } from "../inputs.ts";
import type { Detected } from "../recognise/detect.ts";
import { maskSecrets } from "../runner/mask.ts";
import type { World } from "../world/world.ts";
import { publish } from "./publish.ts";
import { credentialOf } from "./record.ts";
import { storeBeside } from "./second-sink.ts";
import { look, type Session } from "./session.ts";
import { openSession } from "./share.ts";
import { openShared } from "./shared-envelope.ts";
import { releaseLease, type TurnState } from "./turn.ts";

/** How long post tries in all, and once the runner has asked it to stop. */
const SETTLE_MS = 90_000;
const AFTER_SIGNAL_MS = 7000;

/** The login as main handed it out, for comparison with what the job's program made of it. */
export async function checkedOut(
  world: World,
  inputs: Inputs,
  detected: Detected | undefined,
): Promise<Credential | undefined> {
  if (!world.env["STATE_checked-out"]) return undefined;
  const { record } = await look(await sessionOf(world, inputs, detected));
  return record && credentialOf(record);
}

/**
 * Publishes what main renewed and could not, or what the job's program renewed, and gives back what was checked out.
 *
 * @param captured what the job's program renewed
 * @param renewed what main renewed, if its capsule holds something
 */
export async function settleShared(
  world: World,
  inputs: Inputs,
  detected: Detected | undefined,
  captured: Credential | undefined,
  renewed: Credential | undefined,
): Promise<void> {
  const { env, runner } = world;
  const turn = JSON.parse(env["STATE_turn"] ?? "null") as TurnState;
  const session = await sessionOf(world, inputs, detected);
  const newest = captured ?? (env["STATE_published"] === turn.nonce ? undefined : renewed);
  if (newest) await settle(world, inputs, session, turn, detected, newest, captured !== undefined);
  if (env["STATE_checked-out"]) await releaseLease(session, turn.nonce);
  else if (!newest) runner.log("The shared login was settled by the main step.");
}

async function settle(
  world: World,
  inputs: Inputs,
  session: Session,
  turn: TurnState,
  detected: Detected | undefined,
  newest: Credential,
  byProgram: boolean,
): Promise<void> {
  const { runner } = world;
  maskSecrets(runner, tokensOf(newest));
  const hold = world.holdSignals();
  const begun = world.now();
  const deadline = () =>
    Math.min(begun + SETTLE_MS, (hold.signalledAt() ?? Number.POSITIVE_INFINITY) + AFTER_SIGNAL_MS);
  const what = byProgram ? "The login that the job's program renewed" : "The login that this job renewed";
  const { label } = session.ledger;
  try {
    const present = detected && openShared(detected.credential, session.keys, session.site);
    const spent = turn.what === "record" ? undefined : present?.refresh;
    const published = await publish(session, undefined, turn, newest, deadline, spent);
    if (published.type === "superseded") {
      runner.log(`${what} was renewed by another job too, whose is the living one.`);
      return;
    }
    // Another than main's own copy may stand in the secret by now: prepare tells.
    const copy = { stored: detected?.stored, replaceable: detected !== undefined && turn.replaceable !== false };
    const done = published.type === "published";
    const lineage = done ? published.record.lineage : turn.nextLineage;
    const generation = done ? published.record.generation : newest.generation;
    const login = { ...newest, generation };
    const beside = done
      ? await storeBeside(world, inputs, session, login, lineage, copy, deadline)
      : await storeBeside(world, inputs, session, login, lineage, copy, deadline, {
          epoch: turn.epoch,
          over: turn.lineage,
        });
    if (done) {
      runner.notice(`${what} now stands in ${label}${byProgram ? "" : " (the main step could not publish it)"}.`);
    } else if (beside?.type === "stored") {
      const why = published.failure.explain();
      runner.warning(`${what} could not be published, and is kept in ${inputs.rotateTo?.label}. ${why}`);
    } else {
      runner.error(
        `${what} could not be published, and the login in ${label} has ended. ${published.failure.explain()} Sign in again.`,
        "oauth-creds: could-not-store",
      );
    }
  } finally {
    hold.release();
  }
}

function sessionOf(world: World, inputs: Inputs, detected: Detected | undefined): Promise<Session> {
  const provider = detected?.credential.provider ?? (inputs.provider as Credential["provider"]);
  const turn = JSON.parse(world.env["STATE_turn"] ?? "null") as TurnState | null;
  return openSession(world, inputs, provider, turn?.place);
}

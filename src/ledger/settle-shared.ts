import type { Credential } from "../credential/credential.ts";
import type { Inputs } from "../inputs.ts";
import type { Detected } from "../recognise/detect.ts";
import { maskSecrets } from "../runner/mask.ts";
import { tokensOf } from "../credential/credential.ts";
import type { World } from "../world/world.ts";
import { credentialOf } from "./record.ts";
import { storeBeside } from "./second-sink.ts";
import { look, type Session } from "./session.ts";
import { openSession } from "./share.ts";
import { publish, releaseLease, type TurnState } from "./turn.ts";

/** The login as main handed it out, for comparison with what the job's program made of it. */
export async function checkedOut(
  world: World,
  inputs: Inputs,
  detected: Detected | undefined,
): Promise<Credential | undefined> {
  const { record } = await look(await sessionOf(world, inputs, detected));
  return record && credentialOf(record);
}

/**
 * Publishes what main renewed and could not, or what the job's program renewed; gives the lease back if there is
 * nothing to publish.
 */
export async function settleShared(
  world: World,
  inputs: Inputs,
  detected: Detected | undefined,
  captured: Credential | undefined,
  renewed: Credential,
): Promise<void> {
  const { env, runner } = world;
  const turn = JSON.parse(env["STATE_turn"] ?? "null") as TurnState;
  const session = await sessionOf(world, inputs, detected);
  const unpublished =
    env["STATE_capsule"] && env["STATE_published"] === undefined && env["STATE_checked-out"] === undefined;
  const newest = captured ?? (unpublished ? renewed : undefined);
  if (!newest) {
    if (env["STATE_checked-out"]) await releaseLease(session, turn.nonce);
    return;
  }
  maskSecrets(runner, tokensOf(newest));
  const hold = world.holdSignals();
  try {
    const deadline = () =>
      (hold.signalledAt() === undefined ? Number.POSITIVE_INFINITY : (hold.signalledAt() ?? 0)) + 7000;
    const what = captured ? "The login that the job's program renewed" : "The login that this job renewed";
    const published = await publish(session, undefined, turn, newest, deadline);
    const { label } = session.ledger;
    if (published.type === "superseded") {
      runner.log(`${what} was renewed by another job too, whose is the living one.`);
      return;
    }
    const lineage = published.type === "published" ? published.record.lineage : turn.lineage;
    const generation = published.type === "published" ? published.record.generation : newest.generation;
    const beside = await storeBeside(world, inputs, session, { ...newest, generation }, lineage, detected?.stored, {
      unpublished: published.type === "failed",
      deadline,
    });
    if (published.type === "published") {
      runner.notice(`${what} now stands in ${label}${captured ? "" : " (the main step could not publish it)"}.`);
    } else if (beside?.type === "stored") {
      runner.warning(
        `${what} could not be published, and is kept in ${inputs.rotateTo?.label}. ${published.failure.explain()}`,
      );
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

const sessionOf = (world: World, inputs: Inputs, detected: Detected | undefined): Promise<Session> =>
  openSession(world, inputs, detected?.credential.provider ?? (inputs.provider as Credential["provider"]));

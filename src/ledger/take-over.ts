import { type Credential, livesFor, USABLE_MS } from "../credential/credential.ts";
import { sayTime } from "../duration.ts";
import { Failure } from "../errors.ts";
import type { Renewed } from "../recovery/unpublished.ts";
import { credentialOf } from "./record.ts";
import { type Carried, refreshTokenOf, type Round } from "./round.ts";
import { type Copy, keepShared, seenAfter, type SharedKeeping } from "./second-sink.ts";
import type { Seen } from "./session.ts";
import { Superseded, Turn, type TurnState } from "./turn.ts";

/** How long what was left is tried to be published, ms. */
const PUBLISH_MS = 60_000;

/** What became of a token that a job has not sent: it was spent before. Without `carried` the record has to be looked at again. */
export interface TakenOver {
  readonly carried: Carried | undefined;
}

/**
 * Looks for what an earlier job made of the token that this one is about to send, or to hand out, and could not
 * publish. If there is something, that is published, and the token stays unsent. Undefined if there is nothing.
 *
 * @param fresh the login in `credential`, if it is that which is to be sent
 * @param copy what may be done with the secret
 */
export async function takeOver(
  round: Round,
  what: TurnState["what"],
  fresh: Credential | undefined,
  copy: Copy,
): Promise<TakenOver | undefined> {
  const { world, inputs, session, seen } = round;
  const spent = fresh ? fresh.refresh : refreshTokenOf(seen);
  // Nothing is loaded where there is no cache.
  if (!spent || !world.env["ACTIONS_RUNTIME_TOKEN"]) return undefined;
  const left = await (await import("../recovery/unpublished.ts")).findUnpublished(session, spent);
  if (!left) return undefined;
  if (isOvertaken(what, seen, left)) {
    round.learned.distrusted = true;
    return { carried: undefined };
  }
  const { published, beside } = (await publishLeft(round, what, fresh, copy, left).catch(failedWith)) ?? {};
  const result = beside?.type === "stored" ? beside : undefined;
  const { label } = session.ledger;
  const LEFT = "An earlier job had renewed this login and could not publish it. Its recovery copy";
  if (published?.type === "failed") {
    const { failure } = published;
    if (!livesFor(left.next, USABLE_MS, world.now())) throw failure;
    world.runner.warning(`${LEFT} is used by this job, and still stands in no ledger. ${failure.explain()}`);
    return { carried: { acquired: { credential: left.next, source: "recovered", result }, at: undefined } };
  }
  if (published?.type !== "published") return { carried: undefined };
  world.runner.notice(`${LEFT} now stands in ${label}.`);
  const at = seenAfter(published);
  const credential = credentialOf(published.record);
  const now = world.now();
  const enough = inputs.refresh !== "always" && livesFor(credential, inputs.minValidityMs, now);
  // Whether it was spent in its turn could not be seen: better a short token than to send it now.
  if (!enough && (left.complete || !livesFor(credential, USABLE_MS, now))) {
    round.learned.first = undefined;
    return { carried: undefined };
  }
  if (!enough && credential.accessExpiresAt !== undefined) {
    world.runner.warning(
      `The recovered login's access token ends at ${sayTime(credential.accessExpiresAt)}, and is not renewed in this run.`,
    );
  }
  const keptAt = at.entry?.writtenAt;
  return { carried: { acquired: { credential, source: "recovered", result, ledger: label, keptAt }, at } };
}

/** The ledger could not be written at all: then, too, the job may have its token. */
function failedWith(error: unknown): Pick<SharedKeeping, "published" | "beside"> {
  if (!(error instanceof Failure)) throw error;
  return { published: { type: "failed", failure: error }, beside: undefined };
}

/** A person has signed in anew since: what came of a sign-in before that must not replace theirs. */
export const isOvertaken = (what: TurnState["what"], { record }: Seen, { how }: Renewed): boolean =>
  what === "sign-in" && how.over !== record?.lineage;

/**
 * Publishes it by a turn in which nothing is sent. Undefined if somebody else was faster: look again.
 * Throws a Failure if the ledger cannot be written.
 */
export async function publishLeft(
  { world, inputs, session, seen }: Pick<Round, "world" | "inputs" | "session" | "seen">,
  what: TurnState["what"],
  fresh: Credential | undefined,
  copy: Copy,
  { next, lineage, how }: Renewed,
): Promise<SharedKeeping | undefined> {
  // The token that was spent becomes a known one, and the lineage is the one that the job which spent it has named.
  const shared = { place: session.site.place, lineage, sealed: "" };
  const turn = new Turn(session, seen, what, fresh && what === "sign-in" ? { ...fresh, shared } : fresh);
  const keeping = keepShared(world, inputs, session, turn, copy, how.epoch);
  try {
    await turn.intendToPublish();
  } catch (error) {
    if (error instanceof Superseded) return undefined;
    throw error;
  }
  const until = world.now() + PUBLISH_MS;
  await keeping.store(next, () => until);
  return keeping;
}

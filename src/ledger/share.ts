import type { Acquired } from "../acquire.ts";
import type { Credential } from "../credential/credential.ts";
import { Failure } from "../errors.ts";
import type { Inputs } from "../inputs.ts";
import type { Detected } from "../recognise/detect.ts";
import { refusedByProvider } from "../refused.ts";
import type { Secret } from "../secret.ts";
import type { World } from "../world/world.ts";
import { carryOut, copyOf } from "./carry-out.ts";
import { handOut, tellPost } from "./check-out.ts";
import { decide, type Decision, type Situation } from "./decide.ts";
import { knows } from "./fingerprints.ts";
import { sealHandOver } from "./handover.ts";
import { parseKeys } from "./keys.ts";
import type { Site } from "./record-text.ts";
import { type Carried, type Learned, refreshTokenOf, type Round } from "./round.ts";
import { isRoot, lookOnward, maskOnce, openSession, saying, type Seen, type Session } from "./session.ts";
import { openShared } from "./shared-envelope.ts";
import { takeOver } from "./take-over.ts";
import { LONGEST_WAIT_MS, Waiting } from "./waiting.ts";

/** Far more than waiting takes: others have been faster each time. */
const MOST_ROUNDS = 50;
/** What a reader may see that is behind what was written a moment ago: looked at again before it is believed. */
const UNLIKELY: ReadonlySet<string> = new Set(["rolled-back", "stored-by-ledger", "no-login", "access-key", "re-run"]);

/**
 * From a login that many jobs share to a working access token: the record's, as long as it is good for; else
 * whoever comes first renews it, and the others wait for that.
 *
 * @param detected what stands in `credential`; undefined if that is empty
 * @param refused an access token that the provider did not take (`validate: online`)
 */
export async function acquireShared(
  world: World,
  inputs: Inputs,
  detected: Detected | undefined,
  provider: Site["provider"],
  refused?: Secret,
): Promise<Acquired> {
  const session = await openSession(world, inputs, provider);
  const learned: Learned = {
    first: undefined,
    refused,
    distrusted: false,
    spared: false,
    proved: undefined,
    hopeless: undefined,
    searched: undefined,
    doubts: 0,
  };
  const cache = inputs.accessCache ? await import("./from-cache.ts") : undefined;
  const cached = refused ? undefined : await cache?.fromCache(world, inputs, session, detected?.credential, provider);
  if (cached) {
    const { access } = cached.credential;
    learned.refused = (await refusedByProvider(world, inputs, cached.credential)) && access;
    if (!learned.refused) {
      tellPost(world, inputs, cached.credential);
      return cached;
    }
  }
  const waiting = new Waiting(session);
  for (let rounds = 1; ; rounds++) {
    const round = await lookAround(world, inputs, session, detected, learned);
    const carried = await play(round, rounds, waiting);
    const acquired = carried && (await handOut(round, carried));
    if (!acquired) continue;
    tellPost(world, inputs, acquired.credential);
    if (isRoot(carried.at?.record)) cache?.forCache(world, inputs, session, carried.at.record);
    mint(session, acquired.credential);
    return acquired;
  }
}

/** What there is to decide on. Throws a Failure if the record cannot be read, or somebody has put it back. */
async function lookAround(
  world: World,
  inputs: Inputs,
  session: Session,
  detected: Detected | undefined,
  learned: Learned,
): Promise<Round> {
  const seen = await lookOnward(session);
  if (seen.behind) throw (await saying()).sayPutBack(session.ledger.label);
  const snapshot = detected && openShared(detected.credential, session.keys, session.site);
  if (snapshot) maskOnce(session, snapshot);
  const situation = describe(session, inputs, seen, snapshot, learned);
  learned.first ??= seen.record;
  return { world, inputs, session, seen, situation, snapshot, detected, learned };
}

/** Does what the situation asks for, once. Undefined: look again. */
async function play(round: Round, rounds: number, waiting: Waiting): Promise<Carried | undefined> {
  const { world, learned } = round;
  const decision = decide(round.situation);
  await refuseEndless(round, decision, rounds, waiting);
  if (decision.type === "wait") return wait(round, waiting);
  waiting.end();
  if (decision.type === "fail" && UNLIKELY.has(decision.why) && learned.doubts++ < 2) {
    await world.sleep(3000);
    return undefined;
  }
  return carryOut(round, decision);
}

/** Throws a Failure for what would go on for too long, or would only be refused once more. */
async function refuseEndless(
  { seen, learned }: Round,
  { type, what }: Decision & { readonly what?: string },
  rounds: number,
  { waitedMs }: Waiting,
): Promise<void> {
  const tooLong = type === "wait" ? waitedMs > LONGEST_WAIT_MS : rounds > MOST_ROUNDS;
  if (rounds > 1 && tooLong && type !== "use" && type !== "fail") {
    throw (await saying()).sayBusy(seen.record?.lease, waitedMs);
  }
  const { hopeless } = learned;
  const onRecord = type === "wait" || (type === "renew" && what === "record");
  if (onRecord && hopeless?.token?.equals(refreshTokenOf(seen))) throw hopeless.failure;
}

/** For whoever holds the lease; but what a check-out's job could not publish is looked for, once: nobody else ends it. */
async function wait(round: Round, waiting: Waiting): Promise<Carried | undefined> {
  const { seen, learned } = round;
  const lease = seen.record?.lease;
  const loan = lease?.phase === "checked-out" ? lease.nonce : undefined;
  if (loan !== undefined && loan !== learned.searched) {
    learned.searched = loan;
    const left = await takeOver(round, "record", undefined, copyOf(round, false));
    if (left) {
      waiting.end();
      return left.carried;
    }
  }
  await waiting.wait(seen);
  return undefined;
}

function describe(
  { keys, world }: Session,
  inputs: Inputs,
  { record, leaseLeftMs }: Seen,
  snapshot: Credential | undefined,
  { first, distrusted, refused }: Learned,
): Situation {
  const refresh = snapshot?.refresh;
  const known = distrusted || (isRoot(record) && refresh !== undefined && knows(record, refresh));
  const shared = snapshot?.shared;
  const dead = refused !== undefined && refused.equals(record?.access.access);
  return {
    record,
    accessEndsAt: dead || !record?.access.access ? 0 : record.accessExpiresAt,
    leaseLeftMs,
    mayRenew: record ? isRoot(record) : keys.root.length > 0,
    snapshot: refresh === undefined ? "none" : known ? "known" : "unknown",
    stored: shared && {
      lineage: shared.lineage,
      generation: snapshot?.generation ?? 0,
      unpublished: shared.unpublished !== undefined,
      adoptableOver: refresh && shared.unpublished?.over,
      by: shared.unpublished?.epoch,
    },
    firstAttempt: inputs.github.runAttempt === 1,
    refresh: dead && inputs.refresh !== "never" ? "auto" : inputs.refresh,
    minValidityMs: inputs.minValidityMs,
    checksOut: inputs.writeRefreshToken,
    renewedMeanwhile:
      first !== undefined &&
      record !== undefined &&
      (record.lineage !== first.lineage || record.generation > first.generation),
    now: world.now(),
  };
}

/** The same from the copy in a secret, which is good for the whole job: no call is made. */
export function handOverCopy(world: World, inputs: Inputs, credential: Credential): void {
  const keys = parseKeys(inputs.ledgerKey?.reveal() ?? "");
  if (typeof keys === "string") throw new Failure("input-invalid", keys, "`oauth-creds key` makes one.");
  const site = { place: credential.shared?.place ?? "", provider: credential.provider, account: inputs.account };
  mint({ keys, site, world }, credential);
}

/** A sealed hand-over, for other jobs of this run that have an access key. Only who may renew the login makes one. */
function mint({ keys, site, world }: Pick<Session, "keys" | "site" | "world">, credential: Credential): void {
  const [key] = keys.root;
  if (!key) return;
  world.runner.outputs({ sealed: sealHandOver(credential, key.access, site, (bytes) => world.random(bytes)) });
}

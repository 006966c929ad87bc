import { fingerprint, openCapsule } from "../capsule.ts";
import type { Acquired } from "../acquire.ts";
import type { Credential } from "../credential/credential.ts";
import { sealEnvelope } from "../credential/envelope.ts";
import { Failure } from "../errors.ts";
import type { Inputs } from "../inputs.ts";
import type { Detected } from "../recognise/detect.ts";
import { refusedByProvider } from "../refused.ts";
import type { Secret } from "../secret.ts";
import type { World } from "../world/world.ts";
import { type Carried, carryOut, copyOf, type Round } from "./carry-out.ts";
import { decide, type Situation } from "./decide.ts";
import { knows } from "./fingerprints.ts";
import { sealHandOver } from "./handover.ts";
import { parseKeys } from "./keys.ts";
import { openLedger } from "./open.ts";
import { credentialOf, type LedgerRecord } from "./record.ts";
import type { Site } from "./record-text.ts";
import { isRoot, lookOnward, maskOnce, saying, type Seen, type Session } from "./session.ts";
import { openShared } from "./shared-envelope.ts";
import { takeOver } from "./take-over.ts";
import { Superseded, Turn, type TurnState } from "./turn.ts";
import { LONGEST_WAIT_MS, Waiting } from "./waiting.ts";

/** Far more than waiting takes: others have been faster each time. */
const MOST_ROUNDS = 50;
/** What a reader may see that is behind what was written a moment ago: looked at again before it is believed. */
const UNLIKELY: ReadonlySet<string> = new Set(["rolled-back", "stored-by-ledger", "no-login", "access-key", "re-run"]);

/** The dealings of this job with the ledger that its settings name. `place`: where it is, if that is known already. */
export async function openSession(
  world: World,
  inputs: Inputs,
  provider: Site["provider"],
  place?: string,
): Promise<Session> {
  const keys = parseKeys(inputs.ledgerKey?.reveal() ?? "");
  if (typeof keys === "string") throw new Failure("input-invalid", keys, "`oauth-creds key` makes one.");
  const ledger = await openLedger(world, inputs, provider);
  const { runId, runAttempt } = inputs.github;
  const job = world.env["GITHUB_JOB"] ?? "a job";
  const owner = runId ? `${job} of run ${runId}, attempt ${runAttempt}` : job;
  const site = {
    get place() {
      return place ?? ledger.place; // some ledgers know it only after they have been asked
    },
    provider,
    account: inputs.account,
  };
  return { world, ledger, keys, site, owner, seen: new Map(), masked: new Set(), latest: { epoch: 0, held: true } };
}

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
  const cache = inputs.accessCache ? await import("./from-cache.ts") : undefined;
  const cached = refused ? undefined : await cache?.fromCache(world, inputs, session, detected?.credential, provider);
  if (cached) {
    refused = (await refusedByProvider(world, inputs, cached.credential)) && cached.credential.access;
    if (!refused) {
      tellPost(world, inputs, cached.credential);
      return cached;
    }
  }
  let first: LedgerRecord | undefined;
  let distrusted = false;
  let spared = false;
  /** The check-out whose leavings were looked for. */
  let asked: string | undefined;
  let doubts = 0;
  let hopeless: { readonly token: Secret | undefined; readonly failure: Failure } | undefined;
  const waiting = new Waiting(session);
  for (let rounds = 1; ; rounds++) {
    const seen = await lookOnward(session);
    if (seen.behind) throw (await saying()).sayPutBack(session.ledger.label);
    const snapshot = detected && openShared(detected.credential, session.keys, session.site);
    if (snapshot) maskOnce(session, snapshot);
    const situation = describe(session, inputs, seen, snapshot, first, distrusted, refused);
    first ??= seen.record;
    const decision = decide(situation);
    const tooLong = decision.type === "wait" ? waiting.waitedMs > LONGEST_WAIT_MS : rounds > MOST_ROUNDS;
    if (rounds > 1 && tooLong && decision.type !== "use" && decision.type !== "fail") {
      throw (await saying()).sayBusy(seen.record?.lease, waiting.waitedMs);
    }
    const record = isRoot(seen.record) ? seen.record.refresh : undefined;
    const again = decision.type === "wait" || (decision.type === "renew" && decision.what === "record");
    if (again && hopeless?.token?.equals(record)) throw hopeless.failure;
    const distrust = (spare: boolean) => {
      distrusted = true;
      spared ||= spare;
    };
    const giveUp = (failure: Failure) => void (hopeless = { token: record ?? snapshot?.refresh, failure });
    const anew = () => void (first = undefined);
    const round = { world, inputs, session, seen, situation, snapshot, detected, distrust, spared, giveUp, anew };
    // What its job's program renewed, and its post step could not publish, leaves a login checked out.
    const loan = decision.type === "wait" && seen.record?.lease?.phase === "checked-out" && seen.record.lease.nonce;
    const left = loan && loan !== asked ? await takeOver(round, "record", undefined, copyOf(round, false)) : undefined;
    asked = loan || asked;
    if (decision.type === "wait" && !left) {
      await waiting.wait(seen);
      continue;
    }
    waiting.end();
    if (decision.type === "fail" && UNLIKELY.has(decision.why) && doubts++ < 2) {
      await world.sleep(3000);
      continue;
    }
    const carried = decision.type === "wait" ? left?.carried : await carryOut(round, decision);
    if (!carried) continue;
    const { credential, source } = carried.acquired;
    const refusal = source !== "refreshed" ? await refusedByProvider(world, inputs, credential) : undefined;
    if (refusal) {
      if (refused?.equals(credential.access) || !situation.mayRenew || inputs.refresh === "never") throw refusal;
      refused = credential.access;
      continue;
    }
    const handed = inputs.writeRefreshToken ? await checkOut(round, carried) : carried.acquired;
    if (!handed) continue;
    tellPost(world, inputs, handed.credential);
    if (isRoot(carried.at?.record)) cache?.forCache(world, inputs, session, carried.at.record);
    handOver(session, handed.credential);
    return handed;
  }
}

function describe(
  { keys, world }: Session,
  inputs: Inputs,
  { record, leaseLeftMs }: Seen,
  snapshot: Credential | undefined,
  first: LedgerRecord | undefined,
  distrusted: boolean,
  refused: Secret | undefined,
): Situation {
  const refresh = snapshot?.refresh;
  const known = distrusted || (isRoot(record) && refresh !== undefined && knows(record, refresh));
  const shared = snapshot?.shared;
  const dead = refused !== undefined && refused.equals(record?.access.access);
  return {
    record,
    accessEndsAt: dead ? 0 : (record?.accessExpiresAt ?? 0),
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

/**
 * The job's program gets what renews the login: until post has taken it back, nobody else renews it. Undefined: look
 * again. What could not be published is not handed out: it is the only copy.
 */
async function checkOut(
  { world, inputs, session, situation, spared }: Round,
  { acquired, at }: Carried,
): Promise<Acquired | undefined> {
  if (!at || !isRoot(at.record)) {
    return { ...acquired, credential: { ...acquired.credential, refresh: undefined, predecessor: undefined } };
  }
  const credential = credentialOf(at.record);
  const turn = new Turn(session, at, "record", undefined);
  // For post, which has to know what the program was given, whatever stands in the ledger by then.
  const lent = openCapsule(world, inputs.sealingKey, "lent");
  // What main has put there itself may be replaced, whatever stood there before.
  const replaceable = (situation.snapshot !== "unknown" && !spared) || session.beside !== undefined;
  try {
    // Told before the lease is taken: it is a long one, and only post gives it back.
    await turn.intend("checked-out", (state) => {
      world.runner.state("turn", JSON.stringify({ ...state, replaceable, lent: lent.path } satisfies TurnState));
      world.runner.state("checked-out", "true");
      lent.save(sealEnvelope(credential, undefined));
    });
  } catch (error) {
    lent.discard();
    world.files.remove(lent.path);
    if (!(error instanceof Superseded)) throw error;
    world.runner.state("checked-out", "");
    return undefined;
  }
  return { ...acquired, credential };
}

/** The same from the copy in a secret, which is good for the whole job: no call is made. */
export function handOverCopy(world: World, inputs: Inputs, credential: Credential): void {
  const keys = parseKeys(inputs.ledgerKey?.reveal() ?? "");
  if (typeof keys === "string") throw new Failure("input-invalid", keys, "`oauth-creds key` makes one.");
  const site = { place: credential.shared?.place ?? "", provider: credential.provider, account: inputs.account };
  handOver({ keys, site, world }, credential);
}

/** How post knows the files that are written from this. */
function tellPost({ runner }: World, { sealingKey, writeRefreshToken }: Inputs, { access, refresh }: Credential): void {
  if (access) runner.state("access", fingerprint(sealingKey, access));
  if (writeRefreshToken && refresh) runner.state("refresh", fingerprint(sealingKey, refresh));
}

/** For other jobs of this run that have an access key. Only who renews mints. */
function handOver({ keys, site, world }: Pick<Session, "keys" | "site" | "world">, credential: Credential): void {
  const [key] = keys.root;
  if (!key) return;
  world.runner.outputs({ sealed: sealHandOver(credential, key.access, site, (bytes) => world.random(bytes)) });
}

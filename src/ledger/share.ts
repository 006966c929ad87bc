import type { Acquired } from "../acquire.ts";
import { type Credential, tokensOf } from "../credential/credential.ts";
import { sayDuration } from "../duration.ts";
import { Failure } from "../errors.ts";
import type { Inputs } from "../inputs.ts";
import type { Detected } from "../recognise/detect.ts";
import { maskSecrets } from "../runner/mask.ts";
import type { World } from "../world/world.ts";
import { carryOut, checkOut } from "./carry-out.ts";
import { decide, type Situation } from "./decide.ts";
import { knows } from "./fingerprints.ts";
import { sealHandOver } from "./handover.ts";
import { parseKeys } from "./keys.ts";
import { openLedger } from "./open.ts";
import type { LedgerRecord } from "./record.ts";
import type { Site } from "./record-text.ts";
import { isRoot, look, saying, type Seen, type Session } from "./session.ts";
import { openShared } from "./shared-envelope.ts";

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
    const handed = inputs.writeRefreshToken ? await checkOut(world, session, acquired) : acquired;
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

/** For other jobs of this run that have an access key. Only who renews mints. */
function handOver({ keys, site, world }: Session, credential: Credential): void {
  const [key] = keys.root;
  if (!key) return;
  world.runner.outputs({ sealed: sealHandOver(credential, key.access, site, (bytes) => world.random(bytes)) });
}

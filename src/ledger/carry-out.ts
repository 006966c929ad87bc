import type { Acquired } from "../acquire.ts";
import type { Credential } from "../credential/credential.ts";
import { sayDuration, sayTime } from "../duration.ts";
import { Failure } from "../errors.ts";
import type { Inputs } from "../inputs.ts";
import type { Detected } from "../recognise/detect.ts";
import { loadProvider, refreshLogin } from "../refresh/index.ts";
import type { StoreResult } from "../rotation/rotate.ts";
import type { World } from "../world/world.ts";
import { afterFailure } from "./after-failure.ts";
import type { Decision, Why } from "./decide.ts";
import { LONGEST_SEND_MS } from "./lease.ts";
import { credentialOf, type LedgerRecord } from "./record.ts";
import { keepShared, storeBeside } from "./second-sink.ts";
import { isRoot, look, saying, type Seen, type Session } from "./session.ts";
import { Superseded, Turn } from "./turn.ts";

/** Undefined if the record has to be looked at again. */
export async function carryOut(
  world: World,
  inputs: Inputs,
  session: Session,
  seen: Seen,
  decision: Exclude<Decision, { type: "wait" }>,
  snapshot: Credential | undefined,
  detected: Detected | undefined,
): Promise<Acquired | undefined> {
  if (decision.type === "fail") throw await sayWhy(session, seen, decision.why, snapshot);
  if (decision.type === "use") {
    const credential = credentialOf(seen.record as LedgerRecord);
    if (decision.short) {
      const end = credential.accessExpiresAt ?? world.now();
      world.runner.warning(
        `The access token ends at ${sayTime(end)} (in ${sayDuration(end - world.now())}), sooner than \`min-validity\`, and this job cannot have a later one.`,
      );
    }
    const result = await repair(world, inputs, session, seen, snapshot, detected);
    return { credential, source: "ledger", result, ledger: session.ledger.label };
  }
  const fresh = decision.type === "adopt" || decision.what !== "record" ? snapshot : undefined;
  const turn = new Turn(session, seen, decision.type === "adopt" ? "record" : decision.what, fresh);
  const keeping = keepShared(world, inputs, session, turn, detected?.stored);
  if (decision.type === "adopt") return adopt(world, session, turn, keeping, snapshot as Credential);
  return renew(world, inputs, session, seen, turn, keeping, fresh);
}

/** Stores the login in its secret too, where an earlier run could not: only who may renew does that. */
async function repair(
  world: World,
  inputs: Inputs,
  session: Session,
  { record }: Seen,
  snapshot: Credential | undefined,
  detected: Detected | undefined,
): Promise<StoreResult | undefined> {
  if (!isRoot(record) || !snapshot || !inputs.rotateTo) return undefined;
  const { shared, generation } = snapshot;
  if (shared?.lineage === record.lineage && generation >= record.generation) return undefined;
  const { lineage } = record;
  const deadline = world.now() + 60_000;
  const result = await storeBeside(world, inputs, session, credentialOf(record), lineage, detected?.stored, {
    unpublished: false,
    deadline: () => deadline,
  });
  if (result?.type === "failed") {
    world.runner.warning(
      `${inputs.rotateTo.label} is behind the ledger and could not be written. ${result.failure.explain()}`,
    );
    return undefined;
  }
  return result;
}

/** Publishes what an earlier job had renewed and could store in the secret only. */
async function adopt(
  world: World,
  session: Session,
  turn: Turn,
  keeping: ReturnType<typeof keepShared>,
  snapshot: Credential,
): Promise<Acquired | undefined> {
  await untilSuperseded(() => turn.intend());
  if (!turn.begun) return undefined;
  const result = await keeping.store({ ...snapshot, shared: undefined }, () => Number.POSITIVE_INFINITY);
  if (result.type === "failed") throw result.failure;
  world.runner.notice(`A login that an earlier job could not publish now stands in ${session.ledger.label}.`);
  return undefined;
}

async function renew(
  world: World,
  inputs: Inputs,
  session: Session,
  seen: Seen,
  turn: Turn,
  keeping: ReturnType<typeof keepShared>,
  fresh: Credential | undefined,
): Promise<Acquired | undefined> {
  const login = fresh ?? credentialOf(seen.record as LedgerRecord);
  const timeoutMs = Math.min(inputs.request.timeoutMs, LONGEST_SEND_MS);
  const provider = await loadProvider(login.provider);
  try {
    const settings = { ...inputs, request: { ...inputs.request, timeoutMs } };
    const { credential, result } = await refreshLogin(world, settings, provider, login, keeping);
    if (keeping.superseded) return undefined; // whoever came later has the living one
    const ledger = session.ledger.label;
    return { credential, source: "refreshed", result: result?.type === "failed" ? result : keeping.beside, ledger };
  } catch (error) {
    if (error instanceof Superseded) return undefined;
    if (!(error instanceof Failure)) throw error;
    return await afterFailure(world, inputs, session, seen, turn, keeping.stored, fresh, error);
  }
}

async function untilSuperseded(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof Superseded)) throw error;
  }
}

async function sayWhy(
  session: Session,
  { record }: Seen,
  why: Why,
  snapshot: Credential | undefined,
): Promise<Failure> {
  const say = await saying();
  const { label } = session.ledger;
  if (why === "rolled-back") return say.sayRolledBack(label, record as LedgerRecord, snapshot?.generation ?? 0);
  if (why === "dead") return say.sayDead(record?.dead?.at ?? 0, record?.dead?.why ?? "");
  return why === "cannot-renew" ? say.sayCannotRenew() : say.sayMissing(label, why);
}

/** The job's program gets what renews the login: until post has taken it back, nobody else renews it. */
export async function checkOut(world: World, session: Session, acquired: Acquired): Promise<Acquired> {
  const seen = await look(session);
  if (!isRoot(seen.record)) throw (await saying()).sayCannotRenew();
  const turn = new Turn(session, seen, "record", undefined);
  try {
    await turn.intend("checked-out");
  } catch (error) {
    if (!(error instanceof Superseded)) throw error;
    throw (await saying()).sayBusy("which came first", 0);
  }
  world.runner.state("turn", JSON.stringify(turn.state));
  world.runner.state("checked-out", "true");
  return { ...acquired, credential: credentialOf(seen.record) };
}

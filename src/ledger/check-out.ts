import { fingerprint, openCapsule } from "../capsule.ts";
import type { Acquired } from "../acquire.ts";
import type { Credential } from "../credential/credential.ts";
import { sealEnvelope } from "../credential/envelope.ts";
import type { Inputs } from "../inputs.ts";
import { refusedByProvider } from "../refused.ts";
import type { World } from "../world/world.ts";
import { copyOf } from "./carry-out.ts";
import { credentialOf } from "./record.ts";
import type { Carried, Round } from "./round.ts";
import { isRoot } from "./session.ts";
import { Superseded, Turn, type TurnState } from "./turn.ts";

/** The login as the job gets it: checked, and checked out if its program is to have all of it. Undefined: look again. */
export async function handOut(round: Round, carried: Carried): Promise<Acquired | undefined> {
  const { world, inputs, situation, learned } = round;
  const { credential, source } = carried.acquired;
  const refusal = source !== "refreshed" ? await refusedByProvider(world, inputs, credential) : undefined;
  if (refusal) {
    if (learned.refused?.equals(credential.access) || !situation.mayRenew || inputs.refresh === "never") throw refusal;
    learned.refused = credential.access;
    return undefined;
  }
  return inputs.writeRefreshToken ? checkOut(round, carried) : carried.acquired;
}

/**
 * The job's program gets what renews the login: until post has taken it back, nobody else renews it. Undefined: look
 * again. What could not be published is not handed out: it is the only copy.
 */
async function checkOut(round: Round, { acquired, at }: Carried): Promise<Acquired | undefined> {
  const { world, inputs, session } = round;
  if (!at || !isRoot(at.record)) {
    return { ...acquired, credential: { ...acquired.credential, refresh: undefined, predecessor: undefined } };
  }
  const credential = credentialOf(at.record);
  const turn = new Turn(session, at, "record", undefined);
  // For post, which has to know what the program was given, whatever stands in the ledger by then.
  const lent = openCapsule(world, inputs.sealingKey, "lent");
  // What main has put there itself may be replaced, whatever stood there before.
  const { proved, ...copy } = copyOf(round, false);
  const replaceable = copy.replaceable || session.beside !== undefined;
  try {
    // Told before the lease is taken: it is a long one, and only post gives it back.
    await turn.intend("checked-out", (state) => {
      const told: TurnState = { ...state, replaceable, proved, lent: lent.path };
      world.runner.state("turn", JSON.stringify(told));
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

/** How post knows the files that are written from this. */
export function tellPost(
  { runner }: World,
  { sealingKey, writeRefreshToken }: Inputs,
  { access, refresh }: Credential,
): void {
  if (access) runner.state("access", fingerprint(sealingKey, access));
  if (writeRefreshToken && refresh) runner.state("refresh", fingerprint(sealingKey, refresh));
}

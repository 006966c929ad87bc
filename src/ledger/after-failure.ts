import type { Acquired } from "../acquire.ts";
import { type Credential, livesFor } from "../credential/credential.ts";
import { isoTime } from "../duration.ts";
import type { Failure } from "../errors.ts";
import type { Inputs } from "../inputs.ts";
import { nothingWasSpent } from "../refresh/index.ts";
import type { World } from "../world/world.ts";
import { credentialOf } from "./record.ts";
import { look, type Seen, type Session } from "./session.ts";
import type { Turn } from "./turn.ts";

/** What a refresh that failed means for everybody who shares the login. Undefined: look again. */
export async function afterFailure(
  world: World,
  inputs: Inputs,
  session: Session,
  seen: Seen,
  turn: Turn,
  stored: boolean,
  fresh: Credential | undefined,
  failure: Failure,
): Promise<Acquired | undefined> {
  if (stored || !turn.begun) throw failure;
  const { code } = failure;
  if (code === "login-refused" || code === "login-ended" || code === "login-lost-in-flight") {
    const now = await look(session);
    const theirs = now.record && seen.record && now.record.generation > seen.record.generation;
    if (theirs) return undefined;
    if (turn.state?.what === "sign-in") {
      await turn.forget();
      world.runner.warning(
        `The login in \`credential\` was not taken by the provider. ${failure.explain()} Going on with the one in the ledger.`,
      );
      return undefined;
    }
    // The one before us may have renewed it and be about to say so.
    if (turn.takenOver && (await publishedWithin(session, now.leaseLeftMs, turn))) return undefined;
    const at = now.entry?.writtenAt ?? world.now();
    await turn.markDead({ at, why: code });
    throw failure;
  }
  if (code === "answer-unclear") throw failure; // the intent stays: whoever comes next knows that it is not clear
  await turn.release();
  const { record } = seen;
  const present = record && !fresh ? credentialOf(record) : undefined;
  if (!present || !nothingWasSpent(failure) || inputs.refresh === "always" || !livesFor(present, 0, world.now())) {
    throw failure;
  }
  world.runner.warning(
    `${failure.explain()} The job goes on with the access token of the ledger, which ends at ${isoTime(present.accessExpiresAt ?? 0)}.`,
  );
  return { credential: present, source: "ledger", result: undefined, ledger: session.ledger.label };
}

/** Whether the record is somebody else's before our lease has ended. */
async function publishedWithin(session: Session, ms: number, turn: Turn): Promise<boolean> {
  const until = session.world.now() + ms;
  while (session.world.now() < until) {
    await session.world.sleep(Math.min(5000, Math.max(1, until - session.world.now())));
    const { record } = await look(session);
    if (record?.lease?.nonce !== turn.state?.nonce) return true;
  }
  return false;
}

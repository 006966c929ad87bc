import type { ProviderName } from "../../credential/credential.ts";
import { Failure } from "../../errors.ts";
import type { Inputs } from "../../inputs.ts";
import { look, openSession, type Seen, type Session } from "../../ledger/session.ts";
import type { World } from "../../world/world.ts";
import { withScratch } from "../scratch.ts";

/** A place in the ledger, and what was seen there. */
export interface RecordSeen {
  readonly provider: ProviderName;
  /** For people; undefined if the settings do not lead to a ledger. */
  readonly label: string | undefined;
  readonly session: Session | undefined;
  /** Undefined if it could not be read: `failure` says why. */
  readonly seen: Seen | undefined;
  readonly failure: Failure | undefined;
}

/**
 * The records that the settings name, read once each. Without a provider in them, those of both are looked for.
 *
 * @param provider of the credential, if there is one
 */
export async function records(world: World, inputs: Inputs, provider?: ProviderName): Promise<RecordSeen[]> {
  const named = provider ?? (inputs.provider === "auto" ? undefined : inputs.provider);
  const providers: readonly ProviderName[] = named ? [named] : ["anthropic", "openai"];
  return withScratch(world, (own) => Promise.all(providers.map((each) => readOne(own, inputs, each))));
}

async function readOne(world: World, inputs: Inputs, provider: ProviderName): Promise<RecordSeen> {
  let session: Session | undefined;
  try {
    session = await openSession(world, inputs, provider);
    const seen = await look(session, 0);
    return { provider, label: session.ledger.label, session, seen, failure: undefined };
  } catch (failure) {
    if (!(failure instanceof Failure)) throw failure;
    return { provider, label: session?.ledger.label, session, seen: undefined, failure };
  }
}

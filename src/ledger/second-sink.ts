import type { Credential } from "../credential/credential.ts";
import type { Stored } from "../credential/envelope.ts";
import { Failure } from "../errors.ts";
import type { Inputs } from "../inputs.ts";
import type { Keeping } from "../refresh/keeping.ts";
import { openStore } from "../refresh/index.ts";
import { prepare, storeGeneration, type StoreResult } from "../rotation/rotate.ts";
import type { World } from "../world/world.ts";
import type { RootKey } from "./keys.ts";
import type { RootRecord } from "./record.ts";
import type { Session } from "./session.ts";
import { sealShared } from "./shared-envelope.ts";
import type { Turn } from "./turn.ts";

/** Where a shared login is kept: in the ledger, which is the truth, and then in the secret of `rotate-to`. */
export interface SharedKeeping extends Keeping {
  /** Whether a renewed login was there to be stored, whatever became of it. */
  readonly stored: boolean;
  /** What became of the secret; undefined if there is none to be written. */
  readonly beside: StoreResult | undefined;
  /** A later lease has renewed it too: this one's is dead. */
  readonly superseded: boolean;
}

export function keepShared(
  world: World,
  inputs: Inputs,
  session: Session,
  turn: Turn,
  stored: Stored | undefined,
): SharedKeeping {
  const now: { stored: boolean; superseded: boolean; beside: StoreResult | undefined } = {
    stored: false,
    superseded: false,
    beside: undefined,
  };
  return {
    get beside() {
      return now.beside;
    },
    get stored() {
      return now.stored;
    },
    get superseded() {
      return now.superseded;
    },
    async beforeSend() {
      await turn.intend();
      world.runner.state("turn", JSON.stringify(turn.state));
    },
    async store(next, deadline) {
      now.stored = true;
      const published = await turn.publish(next, deadline);
      if (published.type === "superseded") {
        now.superseded = true;
        return { type: "moved", deleted: false };
      }
      const lineage = published.type === "published" ? published.record.lineage : (turn.state?.lineage ?? "");
      if (published.type === "published") world.runner.state("published", "true");
      const generation = published.type === "published" ? published.record.generation : next.generation;
      const beside = await storeBeside(world, inputs, session, { ...next, generation }, lineage, stored, {
        unpublished: published.type === "failed",
        deadline,
      });
      now.beside = beside;
      if (published.type === "published") {
        if (beside?.type === "failed") {
          world.runner.warning(
            `The renewed login stands in the ledger, but not in ${inputs.rotateTo?.label}: ${beside.failure.explain()} The next run stores it there.`,
          );
        }
        await tidyUp(session, published.record, published.entry.version);
        return { type: "stored", confirmed: true, updatedAt: undefined };
      }
      // The secret is the only copy then; post tries the ledger again.
      return beside?.type === "stored" ? beside : { type: "failed", failure: published.failure };
    },
  };
}

/** The second sink. Undefined if there is none, or if the secret was written since by another rotation. */
export async function storeBeside(
  world: World,
  inputs: Inputs,
  session: Session,
  credential: Credential,
  lineage: string,
  stored: Stored | undefined,
  { unpublished, deadline }: { readonly unpublished: boolean; readonly deadline: () => number },
): Promise<StoreResult | undefined> {
  const store = openStore(world, inputs);
  const key = session.keys.root[0] as RootKey | undefined;
  if (!store || !key) return undefined;
  try {
    const rules = { createSecrets: inputs.createSecrets, runAttempt: inputs.github.runAttempt };
    const prepared = await prepare(world, store, { stored }, rules);
    const sealed = sealShared(credential, lineage, key, session.site, (bytes) => world.random(bytes), unpublished);
    return await storeGeneration(
      world,
      store,
      sealed,
      prepared,
      undefined,
      { unsure: false, tell: () => {} },
      deadline,
    );
  } catch (error) {
    // Somebody has written it since: another rotation, or a person, whose sign-in must not be overwritten.
    if (error instanceof Failure && error.code === "snapshot-stale") return undefined;
    if (error instanceof Failure) return { type: "failed", failure: error };
    throw error;
  }
}

/** Versions between two that are left without a parent, so that the repository does not grow for ever. */
const COMPACT_EVERY = 64;

async function tidyUp({ ledger }: Session, { generation }: RootRecord, version: string): Promise<void> {
  const { compact } = ledger as { compact?: (expected: string) => Promise<unknown> };
  if (!compact || generation % COMPACT_EVERY !== 0) return;
  await compact(version).catch(() => {}); // some other time
}

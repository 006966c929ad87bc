import type { Credential } from "../credential/credential.ts";
import { type SealedBody, sealEnvelope, type Stored } from "../credential/envelope.ts";
import { asFailure, type Failure } from "../errors.ts";
import type { World } from "../world/world.ts";
import { ApiProblem, patiently } from "./github-api.ts";
import { sameLocation, storedLocation } from "./location.ts";
import type { PublicKey } from "./sealed-box.ts";
import type { Meta, SecretStore } from "./secret-store.ts";

/** What is known about the place before anything is spent; post needs it too, so it is plain data. */
export interface Prepared {
  /** When the secret was last written before us, ms; undefined if it does not exist yet. */
  readonly baseline: number | undefined;
  readonly probe: SealedBody;
}

export type StoreResult =
  /** `confirmed`: GitHub was seen to show it. */
  | { readonly type: "stored"; readonly confirmed: boolean; readonly updatedAt: number | undefined }
  /** Somebody else wrote the secret meanwhile, or deleted it: not overwritten. */
  | { readonly type: "moved"; readonly deleted: boolean }
  | { readonly type: "failed"; readonly failure: Failure };

/** Whether a PUT may have been carried out already; `tell` is called before each one, and must not throw. */
export interface Begun {
  readonly unsure: boolean;
  readonly tell: () => void;
}

/** Why a copy is an old one; times in ms. */
export type Staleness =
  | { readonly type: "written-again" | "written-after-run"; readonly updatedAt: number; readonly since: number }
  | { readonly type: "written-by-rotation"; readonly updatedAt: number }
  | { readonly type: "re-run" };

/** What is said of failures, which most runs never need. */
const problems = () => import("./say-problem.ts");

/** `updated_at` comes in whole seconds, and the write takes a moment. */
const STALE_AFTER_MS = 10_000;
/** A rotation writes its probe right after the login; no run starts that soon after a person's paste. */
const MARKED_WITHIN_MS = 3000;

/**
 * Before anything is spent: proves that the place can be written, and that the copy which this job holds is
 * the one that is stored. Throws a Failure if either is not so.
 */
export async function prepare(
  world: World,
  store: SecretStore,
  credential: { readonly stored: Stored | undefined },
  rules: { readonly createSecrets: boolean; readonly runAttempt: number },
): Promise<Prepared> {
  const { stored } = credential;
  const { location } = store;
  if (stored && !sameLocation(stored.location, location)) throw (await problems()).sayElsewhere(stored, location);
  const deadline = world.now() + 20_000;
  const ask = <T>(call: () => Promise<T>) => patiently(world, () => deadline, call);
  try {
    // A raw credential is judged by the times of the secret and of its probe, so its probe is written afterwards.
    const early = stored && ask(() => store.probe(stored.probe));
    const [meta, probed, runCreatedAt] = await Promise.all([
      ask(store.meta),
      stored ? undefined : ask(store.probeMeta),
      stored ? undefined : store.runCreatedAt(),
      early,
    ]);
    const stale = staleness(meta, stored, runCreatedAt, probed?.updatedAt, rules.runAttempt);
    if (stale) throw (await problems()).sayStale(stale);
    const probe = (await early) ?? (await ask(() => store.probe(undefined)));
    if (meta.updatedAt === undefined && !rules.createSecrets) {
      throw (await problems()).sayNotFound(location.label);
    }
    return { baseline: meta.updatedAt, probe };
  } catch (error) {
    throw error instanceof ApiProblem ? (await problems()).sayProblem(error, location.label) : error;
  }
}

/** Why the copy that this job holds is not the one that is stored now; undefined if it is. */
function staleness(
  { updatedAt }: Meta,
  stored: Stored | undefined,
  runCreatedAt: number | undefined,
  probedAt: number | undefined,
  runAttempt: number,
): Staleness | undefined {
  if (updatedAt === undefined) return undefined;
  if (stored) {
    const later = updatedAt > stored.savedAt + STALE_AFTER_MS;
    return later ? { type: "written-again", updatedAt, since: stored.savedAt } : undefined;
  }
  if (runCreatedAt !== undefined && updatedAt > runCreatedAt) {
    return { type: "written-after-run", updatedAt, since: runCreatedAt };
  }
  if (probedAt !== undefined && probedAt >= updatedAt && probedAt - updatedAt <= MARKED_WITHIN_MS) {
    return { type: "written-by-rotation", updatedAt };
  }
  return runCreatedAt !== undefined || runAttempt === 1 ? undefined : { type: "re-run" };
}

/**
 * Stores a generation. Reads the secret's time before every attempt, so that a login which somebody stored
 * meanwhile is never overwritten, and once after it. Never throws.
 *
 * @param ahead the public key, if it was fetched while the refresh was in flight
 * @param begun what is known of earlier attempts in this job, and where it is noted that one begins
 * @param deadline local ms after which no further attempt is begun
 */
export async function storeGeneration(
  world: World,
  store: SecretStore,
  credential: Credential,
  prepared: Prepared,
  ahead: PublicKey | undefined,
  begun: Begun,
  deadline: () => number,
): Promise<StoreResult> {
  const { seal } = await import("./sealed-box.ts");
  const { baseline, probe } = prepared;
  let key = ahead;
  /** An attempt had no clear answer, so the secret may already hold what we write. */
  let { unsure } = begun;
  let missing = 0;
  const attempt = async (): Promise<StoreResult> => {
    key ??= await store.publicKey();
    const asked = world.now();
    const before = await store.meta();
    const deleted = before.updatedAt === undefined && baseline !== undefined;
    if (deleted && missing++ < 2) throw new ApiProblem(502, true); // believed only when it is said again
    if (deleted || (before.updatedAt ?? 0) > (baseline ?? 0)) {
      if (!unsure && !deleted) await unmark(world, store, before, probe, deadline);
      return unsure && !deleted
        ? { type: "stored", confirmed: false, updatedAt: before.updatedAt }
        : { type: "moved", deleted };
    }
    // Not before GitHub's clock at the PUT, however slow this answer was: a copy is stale by what came later.
    const savedAt = before.date + Math.max(0, world.now() - asked);
    const envelope = sealEnvelope(credential, { savedAt, location: storedLocation(store.location), probe });
    begun.tell();
    const putAt = await store.put(seal(envelope, key)).catch((error: unknown) => {
      if (error instanceof ApiProblem && error.sent && (error.status === 0 || error.status >= 500)) unsure = true;
      throw error;
    });
    const mark = store.probe(probe).catch(() => undefined);
    const [after] = await Promise.all([readBack(world, store, before.date), mark]);
    return { type: "stored", confirmed: after !== undefined, updatedAt: after ?? putAt };
  };
  const withPresentKey = () =>
    attempt().catch(async (error: unknown) => {
      // 422: sealed for a key that GitHub has replaced since. Once, and with another look at the secret's time.
      if (!(error instanceof ApiProblem) || error.status !== 422) throw error;
      key = await store.publicKey();
      return attempt();
    });
  try {
    return await patiently(world, deadline, withPresentKey);
  } catch (error) {
    // Whatever it is, the caller goes on: the job is to have its access token, and post will try again.
    return {
      type: "failed",
      failure:
        error instanceof ApiProblem ? (await problems()).sayProblem(error, store.location.label) : asFailure(error),
    };
  }
}

/**
 * Somebody has stored theirs right after our probe, which would look as if a rotation had: the probe is written once
 * more, when that can no longer be.
 */
async function unmark(
  world: World,
  store: SecretStore,
  { updatedAt = 0, date }: Meta,
  probe: SealedBody,
  deadline: () => number,
): Promise<void> {
  const wait = updatedAt + MARKED_WITHIN_MS + 2000 - date;
  if (wait <= 0 || world.now() + wait > deadline()) return;
  await world.sleep(wait);
  await store.probe(probe).catch(() => {});
}

/** Why a renewed login was not stored although it could be. */
export const sayMoved = (deleted: boolean, label: string): string =>
  deleted ? `${label} was deleted meanwhile.` : `${label} was written by somebody else meanwhile, and theirs was kept.`;

/** The secret's time after our write, or undefined if it could not be seen. `since`: GitHub's clock before it, ms. */
async function readBack(world: World, store: SecretStore, since: number): Promise<number | undefined> {
  for (const pause of [0, 1000, 2000]) {
    if (pause > 0) await world.sleep(pause);
    try {
      const { updatedAt } = await store.meta();
      // The time has whole seconds, so a write in the same second is as good.
      if (updatedAt !== undefined && updatedAt >= Math.floor(since / 1000) * 1000) return updatedAt;
    } catch (error) {
      if (!(error instanceof ApiProblem)) throw error;
    }
  }
  return undefined;
}

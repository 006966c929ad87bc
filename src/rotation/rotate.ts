import type { Credential } from "../credential/credential.ts";
import { type SealedBody, sealEnvelope, type Stored } from "../credential/envelope.ts";
import type { Failure } from "../errors.ts";
import type { World } from "../world/world.ts";
import { ApiProblem, patiently } from "./github-api.ts";
import { type Location, sameLocation, storedLocation } from "./location.ts";
import type { PublicKey } from "./sealed-box.ts";
import type { SecretStore } from "./secret-store.ts";

/** What is known about the place before anything is spent; post needs it too, so it is plain data. */
export interface Prepared {
  /**
   * When the secret was last written before us, ms; where its value can be read, a mark of that instead. Undefined if
   * it does not exist yet.
   */
  readonly baseline: number | undefined;
  readonly probe: SealedBody;
}

export type StoreResult =
  /** `confirmed`: GitHub was seen to show it. `updatedAt`: the next baseline. */
  | { readonly type: "stored"; readonly confirmed: boolean; readonly updatedAt: number | undefined }
  /** Somebody else wrote the secret meanwhile, or deleted it: not overwritten. */
  | { readonly type: "moved"; readonly deleted: boolean }
  | { readonly type: "failed"; readonly failure: Failure };

/** What is known of attempts before this one. */
export interface Begun {
  /** When this generation was sent by a PUT whose answer is not known, ms by the server's clock. */
  readonly sentAt?: number | undefined;
  /** What this one replaces, should it have been written: sent at `at` in the same way. */
  readonly earlier?: { readonly credential: Credential; readonly at: number } | undefined;
  /** Called before each PUT, with the server's time, ms. Must not throw. */
  readonly tell: (at: number) => void;
  /** Called when an attempt has failed that is to be repeated. Must not throw. */
  readonly failed?: () => unknown;
}

export interface Rules {
  readonly createSecrets: boolean;
  readonly runAttempt: number;
  /** Whether this copy is to be spent: then its successor has to be told from it by the secret's time. */
  readonly spends?: boolean;
}

/** Why a copy is an old one; times in ms. */
export type Staleness =
  | {
      readonly type: "written-again";
      readonly updatedAt: number;
      readonly since: number;
      readonly kind: Location["kind"];
    }
  | { readonly type: "written-after-run"; readonly updatedAt: number; readonly since: number }
  | { readonly type: "written-by-rotation"; readonly updatedAt: number }
  | { readonly type: "re-run" | "another-value" };

export { sayMoved } from "./say-moved.ts";

/** What is said of failures, which most runs never need. */
const problems = () => import("./say-problem.ts");

/** `updated_at` comes in whole seconds, and the write takes a moment. */
export const STALE_AFTER_MS = 10_000;

/**
 * Before anything is spent: proves that the place can be written, and that the copy which this job holds is
 * the one that is stored. Throws a Failure if either is not so.
 */
export async function prepare(
  world: World,
  store: SecretStore,
  credential: { readonly stored: Stored | undefined },
  rules: Rules,
): Promise<Prepared> {
  const { stored } = credential;
  const { location } = store;
  if (stored && !sameLocation(stored.location, location)) throw (await problems()).sayElsewhere(stored, location);
  if (store.prepare) return store.prepare(rules.createSecrets);
  if (!stored) return (await import("./pasted.ts")).preparePasted(world, store, rules);
  const ask = asking(world);
  try {
    let [probe, meta] = await Promise.all([
      ask(() => store.probe(stored.probe)),
      ask(store.meta),
      store.ready && ask(store.ready),
    ]);
    const { savedAt: since } = stored;
    // Successive renewals differ by more than the times can hide.
    if (rules.spends && meta.date - since < 2 * STALE_AFTER_MS) {
      meta = await (await import("./apart.ts")).comeApart(world, store, since, meta);
    }
    const updatedAt = meta.updatedAt ?? (await (await import("./pasted.ts")).missing(world, store, rules));
    const late = updatedAt !== undefined && updatedAt > since + STALE_AFTER_MS;
    if (late) throw (await problems()).sayStale({ type: "written-again", updatedAt, since, kind: location.kind });
    // A server that lags: it will show the writing of our own copy later, which is nobody else's.
    const behind = updatedAt !== undefined && updatedAt < since - 1000;
    return { baseline: behind ? since + STALE_AFTER_MS : updatedAt, probe };
  } catch (error) {
    throw await told(error, location);
  }
}

/** Asks patiently before anything is spent, where nobody waits for long. */
export function asking(world: World): <T>(call: () => Promise<T>) => Promise<T> {
  const deadline = world.now() + 20_000;
  return (call) => patiently(world, () => deadline, call);
}

/** For people, if it is an answer of the server of secrets. */
export const told = async (error: unknown, location: Location): Promise<unknown> =>
  error instanceof ApiProblem ? (await problems()).sayProblem(error, location) : error;

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
  if (store.store) return store.store(credential, prepared, begun, deadline);
  const { seal } = await import("./sealed-box.ts");
  const { baseline, probe } = prepared;
  const newestOfOurs = Math.max(baseline ?? 0, begun.earlier ? begun.earlier.at + STALE_AFTER_MS : 0);
  let key = ahead;
  let { sentAt } = begun;
  let missing = 0;
  const attempt = async (): Promise<StoreResult> => {
    key ??= await store.publicKey();
    const ready = await store.ready?.();
    const asked = world.now();
    const before = await store.meta();
    const { updatedAt } = before;
    if (ready?.absent && updatedAt !== undefined) throw new ApiProblem(502, true); // one of the two answers is wrong
    if (updatedAt === undefined && baseline !== undefined) {
      // Believed only when it is said again, and by a server that lets this token see the others.
      if (missing++ < 2) throw new ApiProblem(502, true);
      await store.publicKey();
      return { type: "moved", deleted: true };
    }
    if ((updatedAt ?? 0) > newestOfOurs) {
      // It may be ours already, unless it came too late for that.
      const mayBeOurs = sentAt !== undefined && (updatedAt ?? 0) <= sentAt + STALE_AFTER_MS;
      if (mayBeOurs) return { type: "stored", confirmed: false, updatedAt };
      await (await import("./pasted.ts")).unmark(world, store, before, probe, deadline);
      return { type: "moved", deleted: false };
    }
    // Not before GitHub's clock at the PUT, however slow this answer was: a copy is stale by what came later.
    const savedAt = before.date + Math.max(0, world.now() - asked);
    const envelope = sealEnvelope(credential, { savedAt, location: storedLocation(store.location), probe });
    begun.tell(savedAt);
    const putAt = await store.put(seal(envelope, key)).catch((error: unknown) => {
      if (error instanceof ApiProblem && error.sent && (error.status === 0 || error.status >= 500)) sentAt = savedAt;
      throw error;
    });
    const mark = store.probe(probe).catch(() => undefined);
    const [after] = await Promise.all([readBack(world, store, before.date, putAt), mark]);
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
    return await patiently(world, deadline, withPresentKey, begun.failed);
  } catch (error) {
    // Whatever it is, the caller goes on: the job is to have its access token, and post will try again.
    const { asFailure } = await import("../as-failure.ts");
    return { type: "failed", failure: asFailure(await told(error, store.location)) };
  }
}

/**
 * The secret's time after our write, or undefined if it could not be seen.
 *
 * @param since GitHub's clock before the write, ms; `putAt`: after it
 */
async function readBack(world: World, store: SecretStore, since: number, putAt: number): Promise<number | undefined> {
  for (const pause of [0, 1000, 2000]) {
    if (pause > 0) await world.sleep(pause);
    try {
      const { updatedAt, date } = await store.meta();
      // The time has whole seconds, so a write in the same second is as good. What was written later than GitHub had
      // answered us is somebody else's, and has to look like it; unless GitHub's clocks differ.
      if (updatedAt !== undefined && updatedAt >= Math.floor(since / 1000) * 1000) {
        return updatedAt > date ? updatedAt : Math.min(updatedAt, putAt + 1000);
      }
    } catch (error) {
      if (!(error instanceof ApiProblem)) throw error;
    }
  }
  return undefined;
}

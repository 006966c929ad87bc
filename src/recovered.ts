import { type Acquired, renew } from "./acquire.ts";
import { fingerprint, openCapsule } from "./capsule.ts";
import { type Credential, livesFor, USABLE_MS } from "./credential/credential.ts";
import { sealEnvelope } from "./credential/envelope.ts";
import { sayTime } from "./duration.ts";
import { Failure } from "./errors.ts";
import type { Inputs } from "./inputs.ts";
import type { Place } from "./refresh/index.ts";
import { storeDeadline } from "./refresh/refresh.ts";
import { comeApart } from "./rotation/apart.ts";
import { storeGeneration, type StoreResult } from "./rotation/rotate.ts";
import { noteForPost } from "./world/note.ts";
import type { World } from "./world/world.ts";

/** What was left of a login by a job that could not store it. `complete`: it may be spent in its turn. */
interface Left {
  readonly next: Credential;
  readonly complete: boolean;
}

/**
 * Makes a generation that an earlier job could not store the stored one. It is spent only from there: so there is
 * never a copy whose predecessor stands nowhere.
 *
 * @param left a Failure where it is there, and not for this job
 */
export async function takeOver(world: World, inputs: Inputs, place: Place, left: Left | Failure): Promise<Acquired> {
  if (left instanceof Failure) throw left;
  const { next, complete } = left;
  const { runner } = world;
  const { store } = place;
  const { label } = store.location;
  let savedAt = 0;
  const begun = {
    tell(at: number) {
      savedAt = at;
      noteForPost(world, "putting", String(at));
    },
  };
  // What the job's program is given: post tells by it whether the program has renewed it, and stores it if we cannot.
  const capsule = openCapsule(world, inputs.sealingKey, "login");
  runner.state("capsule", capsule.path);
  runner.state("copied", "true");
  capsule.save(sealEnvelope(next, undefined));
  const hold = world.holdSignals();
  let result: StoreResult;
  try {
    const until = storeDeadline(world, hold);
    result = await storeGeneration(world, store, next, place.prepared, undefined, begun, until);
  } finally {
    hold.release();
  }
  const usable = livesFor(next, USABLE_MS, world.now());
  const WHAT = {
    stored:
      result.type === "stored" && result.confirmed
        ? `is now stored in ${label}.`
        : `may be stored in ${label}: what stands there was not seen to be it, and may be somebody else's.`,
    moved: `was not needed: ${label} was ${result.type === "moved" && result.deleted ? "deleted" : "written by somebody else"}.`,
    failed: `is ${usable ? "used by this job, and " : ""}still not stored: see below.`,
  };
  runner.notice(`An earlier job had renewed this login and could not store it. Its recovery copy ${WHAT[result.type]}`);
  const goodEnough = inputs.refresh !== "always" && livesFor(next, inputs.minValidityMs, world.now());
  const baseline = result.type === "stored" ? (result.updatedAt ?? place.prepared.baseline) : undefined;
  // How post knows the file that is written from this, and what stands in the secret by now.
  if (next.access) runner.state("access", fingerprint(inputs.sealingKey, next.access));
  if (inputs.writeRefreshToken && next.refresh) runner.state("refresh", fingerprint(inputs.sealingKey, next.refresh));
  // What was not seen to stand there may be somebody else's.
  let mayRenew = inputs.refresh !== "never" && complete && result.type === "stored" && result.confirmed;
  if (!goodEnough && mayRenew && !store.prepare) {
    // Told to stop, it need not wait: nothing is sent then.
    const waiting = world.holdSignals();
    const wanted = () => waiting.signalledAt() === undefined;
    const now = await comeApart(world, store, savedAt, undefined, wanted)
      .catch(() => undefined)
      .finally(waiting.release);
    mayRenew = now !== undefined && (now.updatedAt ?? 0) <= (baseline ?? 0);
    if (now && !mayRenew) result = { type: "moved", deleted: false };
  }
  if (goodEnough || !mayRenew) {
    if (result.type !== "failed") runner.state("stored", String(baseline ?? ""));
    if (!usable) {
      if (result.type === "failed") throw result.failure;
      const { sayEnded, sayLeftEnded } = await import("./say-ended.ts");
      throw inputs.refresh === "never" ? sayEnded(next) : sayLeftEnded(next, result, label);
    }
    if (!goodEnough && next.accessExpiresAt !== undefined) {
      runner.warning(
        `The recovered login's access token ends at ${sayTime(next.accessExpiresAt)}, sooner than \`min-validity\`.`,
      );
    }
    return { credential: next, source: "recovered", result };
  }
  // From here on it is a login like any other: what comes of it is neither stored nor copied yet, whoever dies now.
  const prepared = { ...place.prepared, baseline };
  runner.state("prepared", JSON.stringify(prepared));
  for (const name of ["copied", "putting"]) runner.state(name, "");
  // The renewing has a capsule of its own; from this one post knows what stands in the secret.
  runner.state("taken", capsule.path);
  try {
    return await renew(world, inputs, next, { ...place, prepared });
  } catch (error) {
    (await import("./say-ended.ts")).goOnOrThrow(world, inputs, error, next);
    // As if it had been good enough: the renewing has left nothing.
    const settled = { stored: String(baseline ?? ""), capsule: capsule.path, taken: "" };
    for (const [name, value] of Object.entries(settled)) runner.state(name, value);
    return { credential: next, source: "recovered", result };
  }
}

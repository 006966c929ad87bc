import { type Credential, tokensOf } from "../credential/credential.ts";
import type { Inputs } from "../inputs.ts";
import { deadlineFor } from "../refresh/deadline.ts";
import { openStore } from "../refresh/index.ts";
import { storeDeadline } from "../refresh/refresh.ts";
import { comeApart } from "../rotation/apart.ts";
import { type Prepared, sayMoved, storeGeneration } from "../rotation/rotate.ts";
import { STILL_RENEWS } from "../report/say-result.ts";
import { maskSecrets } from "../runner/mask.ts";
import type { World } from "../world/world.ts";
import type { Generations } from "./generations.ts";
import type { StoredNow } from "./once-more.ts";

/** How long a recovery copy may take, and once the runner has asked us to stop (it kills 10 s after that). */
const COPY_MS = 20_000;
const AFTER_SIGNAL_MS = 8_000;

/**
 * Stores the newest generation in its secret, or keeps a recovery copy of it, and tells what came of that.
 *
 * @param latest the newest of them
 * @param done called with what the secret was seen to take
 */
export async function storeNewest(
  world: World,
  inputs: Inputs,
  generations: Generations,
  latest: Credential,
  done: (stored: StoredNow) => void,
): Promise<void> {
  const { env, runner } = world;
  const { given, taken, renewed, captured } = generations;
  const store = await openStore(world, inputs);
  const prepared = JSON.parse(env["STATE_prepared"] ?? "null") as Prepared | null;
  // Main was stopped before the place was proved, so nothing can have been spent.
  if (!store || !prepared) return;
  const { newRecoveryKey } = await import("../recovery/copy.ts");
  const recovery = latest.recovery ?? given?.recovery ?? newRecoveryKey((bytes) => world.random(bytes));
  const newest = { ...latest, recovery };
  maskSecrets(runner, tokensOf(newest));

  const place = { ...prepared, baseline: Number(env["STATE_stored"]) || prepared.baseline };
  // What main may have written itself is not somebody else's: of what it renewed nothing has to be done then, and
  // what its job's program made of that has to replace it.
  const putAt = env["STATE_stored"] === undefined ? Number(env["STATE_putting"]) : 0;
  const earlier = captured && renewed && putAt > 0 ? { credential: renewed, at: putAt } : undefined;
  /** Of what this job has written there last. */
  let savedAt = Number(env["STATE_putting"]);
  const begun = {
    sentAt: captured ? undefined : putAt || undefined,
    earlier,
    tell: (at: number) => void (savedAt = at),
  };
  const what = captured ? "The login that the job's program renewed" : "The login that this job renewed";
  const { label } = store.location;
  const hold = world.holdSignals();
  try {
    if (captured && savedAt > 0 && !store.prepare) {
      // Stored too early is better than not at all.
      await comeApart(world, store, savedAt, undefined, () => hold.signalledAt() === undefined).catch(() => {});
    }
    const result = await storeGeneration(world, store, newest, place, undefined, begun, storeDeadline(world, hold));
    if (result.type === "stored" && result.confirmed) {
      if (result.updatedAt !== undefined) done({ login: newest, at: result.updatedAt, savedAt });
      runner.notice(`${what} is now stored in ${label}${captured ? "" : " (the main step could not)"}.`);
    } else if (result.type === "stored") {
      runner.warning(
        `${what}: ${label} was written meanwhile, by this job's main step or by somebody else, and left as it is.`,
      );
    } else if (result.type === "moved") {
      runner.warning(`${what} was not stored: ${sayMoved(result.deleted, label)}`);
    } else {
      const { keepWayBack } = await import("./way-back.ts");
      const until = deadlineFor(world, COPY_MS, hold, AFTER_SIGNAL_MS);
      const hasCopy = await keepWayBack(world, inputs, store.location, generations, newest, until);
      const why = result.failure.explain();
      const ended = !newest.refresh?.equals((taken ?? given)?.refresh);
      const way = hasCopy ? "Its recovery copy is the way back; without that, sign in again." : "Sign in again.";
      runner.error(
        ended
          ? `${what} could not be stored, and the login in ${label} has ended. ${why} ${way}`
          : `${what} could not be stored in ${label}. ${STILL_RENEWS} ${why}`,
        "oauth-creds: could-not-store",
      );
    }
    if (result.type === "stored") await copyOn(world, inputs, newest, result.updatedAt);
  } finally {
    hold.release();
  }
}

/** The access token of a login that is younger than what main copied, or of one that main could not copy. */
export async function copyOn(
  world: World,
  inputs: Inputs,
  login: Credential | undefined,
  since: number | undefined,
): Promise<void> {
  if (!login || inputs.accessTo.length === 0) return;
  const { projectAccess } = await import("../rotation/projections.ts");
  await projectAccess(world, inputs, login, since);
}

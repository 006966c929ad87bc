import { openEnvelope } from "../credential/envelope.ts";
import { type Credential, tokensOf } from "../credential/credential.ts";
import type { Inputs } from "../inputs.ts";
import { openStore } from "../refresh/index.ts";
import { readCapsule } from "../capsule-open.ts";
import { deadlineFor } from "../refresh/deadline.ts";
import { storeDeadline } from "../refresh/refresh.ts";
import { type Prepared, sayMoved, storeGeneration } from "../rotation/rotate.ts";
import type { Detected } from "../recognise/detect.ts";
import { maskSecrets } from "../runner/mask.ts";
import type { FileEntry } from "../targets/manifest.ts";
import type { World } from "../world/world.ts";
import type { StoredNow } from "./once-more.ts";
import { readBack } from "./read-back.ts";

/** How long a recovery copy may take, and once the runner has asked us to stop (it kills 10 s after that). */
const COPY_MS = 20_000;
const AFTER_SIGNAL_MS = 8_000;

/**
 * Makes the newest generation that this job knows of the stored one: see `settleOnce`. If the job's program renews it
 * once more meanwhile, that one too. Gives what it took over from the file last.
 */
export async function settle(
  world: World,
  inputs: Inputs,
  detected: Detected | undefined,
  files: readonly FileEntry[],
): Promise<Credential | undefined> {
  let stored: StoredNow | undefined;
  const captured = await settleOnce(world, inputs, detected, files, (login, at) => (stored = { login, at }));
  if (!captured) return undefined;
  const later = await (await import("./once-more.ts")).onceMore(world, files, captured, stored);
  if (!later || !stored || !detected) return captured;
  return (await settleOnce(later, inputs, { ...detected, credential: stored.login }, files)) ?? captured;
}

/**
 * Makes the newest generation that this job knows of the stored one: what the job's program renewed in its
 * file, else what main renewed and could not store. Gives what it took over from the file.
 *
 * @param done called with what the secret was seen to take, and its next baseline
 */
async function settleOnce(
  world: World,
  inputs: Inputs,
  detected: Detected | undefined,
  files: readonly FileEntry[],
  done?: (login: Credential, at: number) => void,
): Promise<Credential | undefined> {
  const { env, runner } = world;
  const key = inputs.sealingKey;
  const kept = env["STATE_capsule"] ? readCapsule(world, key, env["STATE_capsule"]) : undefined;
  const renewed = kept ? openEnvelope(kept).credential : undefined;
  const takenOver = env["STATE_taken"] ? readCapsule(world, key, env["STATE_taken"]) : undefined;
  const taken = takenOver ? openEnvelope(takenOver).credential : undefined;
  maskSecrets(
    runner,
    [renewed, taken].flatMap((login) => (login ? tokensOf(login) : [])),
  );
  const shared = inputs.ledgerKey && env["STATE_turn"] ? await import("../ledger/settle-shared.ts") : undefined;
  // Of a login that many share, what main handed out, which another job may have renewed.
  const known = shared ? shared.lentLogin(world, inputs) : (renewed ?? detected?.credential);
  maskSecrets(runner, known ? tokensOf(known) : []);

  const captured = inputs.writeRefreshToken && known ? await captureFirst(world, files, known) : undefined;
  if (shared) {
    await shared.settleShared(world, inputs, detected, captured, renewed);
    await copyOn(world, inputs, captured ?? (env["STATE_unprojected"] ? renewed : undefined), undefined);
    return captured;
  }
  const latest = captured ?? (env["STATE_stored"] === undefined ? renewed : undefined);
  // Stored by main, and not copied to every place that takes the access token.
  if (!latest && env["STATE_unprojected"]) {
    await copyOn(world, inputs, renewed, Number(env["STATE_stored"]) || undefined);
  }
  const store = await openStore(world, inputs);
  if (!latest || !store) return captured;
  const { newRecoveryKey } = await import("../recovery/copy.ts");
  const recovery = latest.recovery ?? detected?.credential.recovery ?? newRecoveryKey((bytes) => world.random(bytes));
  const newest = { ...latest, recovery };

  maskSecrets(runner, tokensOf(newest));
  const prepared = JSON.parse(env["STATE_prepared"] ?? "null") as Prepared | null;
  if (!prepared) return captured; // main was stopped before the place was proved, so nothing can have been spent
  const storedAt = Number(env["STATE_stored"]) || prepared.baseline;
  const hold = world.holdSignals();
  try {
    const place = { ...prepared, baseline: storedAt };
    // What main may have written itself is not somebody else's: of what it renewed nothing has to be done then, and
    // what its job's program made of that has to replace it.
    const putAt = env["STATE_stored"] === undefined ? Number(env["STATE_putting"]) : 0;
    const earlier = captured && renewed && putAt > 0 ? { credential: renewed, at: putAt } : undefined;
    const begun = { sentAt: captured ? undefined : putAt || undefined, earlier, tell: () => {} };
    const result = await storeGeneration(world, store, newest, place, undefined, begun, storeDeadline(world, hold));
    const what = captured ? "The login that the job's program renewed" : "The login that this job renewed";
    const { label } = store.location;
    if (result.type === "stored" && result.confirmed) {
      if (result.updatedAt !== undefined) done?.(newest, result.updatedAt);
      runner.notice(`${what} is now stored in ${label}${captured ? "" : " (the main step could not)"}.`);
    } else if (result.type === "stored") {
      runner.warning(
        `${what}: ${label} was written meanwhile, by this job's main step or by somebody else, and left as it is.`,
      );
    } else if (result.type === "moved") {
      runner.warning(`${what} was not stored: ${sayMoved(result.deleted, label)}`);
    } else {
      const { keepWayBack } = await import("./way-back.ts");
      const generations = { given: detected?.credential, taken, renewed, captured };
      const until = deadlineFor(world, COPY_MS, hold, AFTER_SIGNAL_MS);
      const hasCopy = await keepWayBack(world, inputs, store.location, generations, newest, until);
      runner.error(
        `${what} could not be stored, and the login in ${label} has ended. ${result.failure.explain()} ` +
          (hasCopy ? "Its recovery copy is the way back; without that, sign in again." : "Sign in again."),
        "oauth-creds: could-not-store",
      );
    }
    if (result.type === "stored") await copyOn(world, inputs, newest, result.updatedAt);
  } finally {
    hold.release();
  }
  return captured;
}

/** The access token of a login that is younger than what main copied, or of one that main could not copy. */
async function copyOn(
  world: World,
  inputs: Inputs,
  login: Credential | undefined,
  since: number | undefined,
): Promise<void> {
  if (!login || inputs.accessTo.length === 0) return;
  const { projectAccess } = await import("../rotation/projections.ts");
  await projectAccess(world, inputs, login, since);
}

async function captureFirst(
  world: World,
  files: readonly FileEntry[],
  known: Credential,
): Promise<Credential | undefined> {
  for (const entry of files) {
    const found = await readBack(world, entry, known);
    if (!found) continue;
    if (found.credential) return found.credential;
    world.runner.warning(
      `${entry.path}: ${found.refused} The stored login was left as it is; if the program has renewed it, it has ended: sign in again.`,
    );
  }
  return undefined;
}

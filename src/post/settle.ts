import { type Credential, tokensOf } from "../credential/credential.ts";
import type { Inputs } from "../inputs.ts";
import type { Detected } from "../recognise/detect.ts";
import { maskSecrets } from "../runner/mask.ts";
import type { FileEntry } from "../targets/manifest.ts";
import type { World } from "../world/world.ts";
import { capturedFrom, leftByMain } from "./generations.ts";
import type { StoredNow } from "./once-more.ts";
import { copyOn, storeNewest } from "./store-newest.ts";

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
  const captured = await settleOnce(world, inputs, detected, files, (now) => (stored = now));
  if (!captured) return undefined;
  const later = await (await import("./once-more.ts")).onceMore(world, files, captured, stored);
  if (!later || !stored || !detected) return captured;
  return (await settleOnce(later, inputs, { ...detected, credential: stored.login }, files)) ?? captured;
}

/**
 * Makes the newest generation that this job knows of the stored one: what the job's program renewed in its
 * file, else what main renewed and could not store. Gives what it took over from the file.
 *
 * @param done called with what the secret was seen to take
 */
async function settleOnce(
  world: World,
  inputs: Inputs,
  detected: Detected | undefined,
  files: readonly FileEntry[],
  done: (stored: StoredNow) => void = () => {},
): Promise<Credential | undefined> {
  const { env, runner } = world;
  const left = leftByMain(world, inputs, detected);
  const { renewed } = left;
  const shared = inputs.ledgerKey && env["STATE_turn"] ? await import("../ledger/settle-shared.ts") : undefined;
  // Of a login that many share, what main handed out, which another job may have renewed.
  const handedOut = shared ? await shared.lentLogin(world, inputs, detected) : (renewed ?? left.given);
  maskSecrets(runner, handedOut ? tokensOf(handedOut) : []);
  const captured =
    inputs.writeRefreshToken && handedOut ? await capturedFrom(world, inputs, files, handedOut) : undefined;

  if (shared) {
    await shared.settleShared(world, inputs, detected, captured, renewed);
    await copyOn(world, inputs, captured ?? (env["STATE_unprojected"] ? renewed : undefined), undefined);
    return captured;
  }
  const latest = captured ?? (env["STATE_stored"] === undefined ? renewed : undefined);
  if (latest) await storeNewest(world, inputs, { ...left, captured }, latest, done);
  // Stored by main, and not copied to every place that takes the access token.
  else if (env["STATE_unprojected"]) await copyOn(world, inputs, renewed, Number(env["STATE_stored"]) || undefined);
  return captured;
}

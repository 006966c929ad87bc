/** What the rest of the program may use of a refresh. */
import type { Stored } from "../credential/envelope.ts";
import { Failure } from "../errors.ts";
import type { Inputs } from "../inputs.ts";
import { githubApi } from "../rotation/github-api.ts";
import { prepare } from "../rotation/rotate.ts";
import { secretStore, type SecretStore } from "../rotation/secret-store.ts";
import type { World } from "../world/world.ts";
import type { Place } from "./refresh.ts";

export { anthropic as provider } from "../providers/anthropic.ts";
export { type Place, refreshLogin } from "./refresh.ts";
export { nothingWasSpent } from "./say-outcome.ts";

/** The place in `rotate-to`, or undefined if there is none. */
export function openStore(world: World, inputs: Inputs): SecretStore | undefined {
  const { rotateTo, secretsToken, github, request } = inputs;
  if (!rotateTo || !secretsToken) return undefined;
  return secretStore(world, rotateTo, github, githubApi(world, github.apiUrl, secretsToken, request.userAgent));
}

/**
 * The place for the successor of a refresh token, proved to be writable; undefined only where the user allowed
 * the successor to be lost.
 */
export async function findPlace(world: World, inputs: Inputs, stored: Stored | undefined): Promise<Place | undefined> {
  const store = openStore(world, inputs);
  if (store) {
    const rules = { createSecrets: inputs.createSecrets, runAttempt: inputs.github.runAttempt };
    return { store, prepared: await prepare(world, store, { stored }, rules) };
  }
  if (inputs.allowUnstoredRefresh) return undefined;
  throw new Failure(
    "nowhere-to-store",
    "The login has to be renewed, but there is nowhere to keep the new one: its refresh token works once, so the stored " +
      "login would be dead after this job. Nothing was spent.",
    "Set `rotate-to` (the name of the secret) and `secrets-token` (a token that may write it), or let a scheduled " +
      "workflow do the renewing, or use a setup token.",
  );
}

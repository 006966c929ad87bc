/** What the rest of the program may use of a refresh. */
import type { ProviderName } from "../credential/credential.ts";
import type { Stored } from "../credential/envelope.ts";
import type { Inputs } from "../inputs.ts";
import { anthropic } from "../providers/anthropic.ts";
import type { Provider } from "../providers/provider.ts";
import { githubApi } from "../rotation/github-api.ts";
import { prepare } from "../rotation/rotate.ts";
import { secretStore, type SecretStore } from "../rotation/secret-store.ts";
import type { World } from "../world/world.ts";
import type { Place } from "./keeping.ts";

export { nothingWasSpent } from "./outcome.ts";
export { keepInSecret, type Place } from "./keeping.ts";
export { refreshLogin } from "./refresh.ts";

/** A provider's protocol; all but Anthropic's are loaded only where they are needed. */
export async function loadProvider(name: ProviderName): Promise<Provider> {
  if (name === "openai") return (await import("../providers/openai.ts")).openai;
  return name === "custom" ? (await import("../providers/custom.ts")).custom : anthropic;
}

/** The place in `rotate-to`, or undefined if there is none. */
export async function openStore(world: World, inputs: Inputs): Promise<SecretStore | undefined> {
  const { rotateTo, secretsToken, github, request } = inputs;
  if (!rotateTo || !secretsToken) return undefined;
  if (rotateTo.kind !== "repository" || rotateTo.forge) {
    return (await import("../rotation/other-places.ts")).openPlace(world, inputs, rotateTo);
  }
  return secretStore(world, rotateTo, github, githubApi(world, github.apiUrl, secretsToken, request.userAgent));
}

/**
 * The place for the successor of a refresh token, proved to be writable; undefined only where the user allowed
 * the successor to be lost.
 */
export async function findPlace(world: World, inputs: Inputs, stored: Stored | undefined): Promise<Place | undefined> {
  const store = await openStore(world, inputs);
  if (store) {
    const rules = { createSecrets: inputs.createSecrets, runAttempt: inputs.github.runAttempt, spends: true };
    return { store, prepared: await prepare(world, store, { stored }, rules) };
  }
  if (inputs.allowUnstoredRefresh) return undefined;
  throw (await import("../rotation/say-problem.ts")).sayNowhere();
}

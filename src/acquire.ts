import { type Credential, livesFor } from "./credential/credential.ts";
import { MINUTE_MS, sayDuration, sayTime } from "./duration.ts";
import { Failure } from "./errors.ts";
import type { Inputs } from "./inputs.ts";
import type { Detected } from "./recognise/detect.ts";
import { findPlace, keepInSecret, loadProvider, nothingWasSpent, type Place, refreshLogin } from "./refresh/index.ts";
import type { StoreResult } from "./rotation/rotate.ts";
import type { World } from "./world/world.ts";

export interface Acquired {
  readonly credential: Credential;
  readonly source: "secret" | "refreshed";
  /** What became of the renewed login; undefined if nothing was to be stored. */
  readonly result: StoreResult | undefined;
}

/** An access token that ends sooner is not worth handing to a job. */
const USABLE_MS = 5 * MINUTE_MS;

/**
 * From the stored credential to a working access token. One that lives longer than `min-validity` is used as
 * it is, with no network at all.
 */
export async function acquire(world: World, inputs: Inputs, detected: Detected): Promise<Acquired> {
  const { credential } = detected;
  const now = world.now();
  const asItIs: Acquired = { credential, source: "secret", result: undefined };

  if (credential.kind !== "login") {
    if (!livesFor(credential, 0, now)) throw (await import("./say-ended.ts")).sayEnded(credential);
    const refused = await refusedByProvider(world, inputs, credential);
    if (refused) throw refused;
    return asItIs;
  }
  const longEnough = inputs.refresh !== "always" && livesFor(credential, inputs.minValidityMs, now);
  const refused = longEnough ? await refusedByProvider(world, inputs, credential) : undefined;
  if (refused && inputs.refresh === "never") throw refused;
  const goodEnough = longEnough && !refused;
  const handsOutRefresh = inputs.writeRefreshToken;
  if (goodEnough && !handsOutRefresh) return asItIs;

  const usable = !refused && livesFor(credential, USABLE_MS, now);
  if (inputs.refresh === "never" && !goodEnough) {
    if (!usable) throw (await import("./say-ended.ts")).sayEnded(credential);
    world.runner.warning(
      `The access token ends ${sayEnd(credential, now)}, sooner than \`min-validity\`, and \`refresh\` is \`never\`.`,
    );
  }
  const refreshing = inputs.refresh !== "never" && !goodEnough;
  if (!refreshing && !handsOutRefresh) return asItIs;

  try {
    // A job whose program may spend the refresh token needs a proved place for its successor as much as we do.
    const place: Place | undefined = await findPlace(world, inputs, detected.stored);
    if (place) world.runner.state("prepared", JSON.stringify(place.prepared));
    if (!refreshing) return asItIs;
    const provider = await loadProvider(credential.provider);
    const { credential: next, result } = await refreshLogin(
      world,
      inputs,
      provider,
      credential,
      place && keepInSecret(world, place),
    );
    return { credential: next, source: "refreshed", result };
  } catch (error) {
    const mayGoOn = error instanceof Failure && nothingWasSpent(error) && usable && inputs.refresh !== "always";
    if (!mayGoOn || handsOutRefresh) throw error;
    world.runner.warning(
      `${error.explain()} The job goes on with the access token that it has, which ends ${sayEnd(credential, now)}.`,
    );
    return asItIs;
  }
}

/** With `validate: online`: why the provider does not take the access token; undefined if it does, or was not asked. */
async function refusedByProvider(world: World, inputs: Inputs, credential: Credential): Promise<Failure | undefined> {
  if (inputs.validate === "none") return undefined;
  const { validate, sayVerdict } = await import("./validate.ts");
  const verdict = await validate(world, credential, inputs.request);
  if (!verdict) return undefined;
  const said = sayVerdict(verdict, credential);
  if (said.level === "failure") return said.failure;
  world.runner[said.level](said.text);
  return undefined;
}

const sayEnd = ({ accessExpiresAt }: Credential, now: number): string =>
  accessExpiresAt === undefined
    ? "at a time that is not known"
    : `at ${sayTime(accessExpiresAt)} (in ${sayDuration(accessExpiresAt - now)})`;

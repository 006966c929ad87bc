import { type Credential, livesFor, sayKind } from "./credential/credential.ts";
import type { Detected } from "./credential/detect.ts";
import { isoTime, MINUTE_MS, sayDuration, sayTime } from "./duration.ts";
import { Failure } from "./errors.ts";
import type { Inputs } from "./inputs.ts";
import { findPlace, nothingWasSpent, provider, type Place, refreshLogin } from "./refresh/index.ts";
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
    if (!livesFor(credential, 0, now)) throw sayEnded(credential);
    return asItIs;
  }
  const goodEnough = inputs.refresh !== "always" && livesFor(credential, inputs.minValidityMs, now);
  const handsOutRefresh = inputs.writeRefreshToken;
  if (goodEnough && !handsOutRefresh) return asItIs;

  const usable = livesFor(credential, USABLE_MS, now);
  if (inputs.refresh === "never" && !goodEnough) {
    if (!usable) throw sayEnded(credential);
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
    const { credential: next, result } = await refreshLogin(world, inputs, provider, credential, place);
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

const sayEnd = ({ accessExpiresAt }: Credential, now: number): string =>
  accessExpiresAt === undefined
    ? "at a time that is not known"
    : `at ${sayTime(accessExpiresAt)} (in ${sayDuration(accessExpiresAt - now)})`;

function sayEnded(credential: Credential): Failure {
  const end = credential.accessExpiresAt === undefined ? "" : ` at ${isoTime(credential.accessExpiresAt)}`;
  if (credential.kind === "login") {
    return new Failure(
      "credential-ended",
      credential.access
        ? `The access token ends too soon${end}, and \`refresh: never\` forbids to renew it.`
        : "The credential holds no access token, and `refresh: never` forbids to fetch one.",
      "Let another job refresh it first, or set `refresh: auto`.",
    );
  }
  return new Failure(
    "credential-ended",
    `The ${sayKind(credential)} ended${end}, and it cannot be renewed.`,
    "Make a new one with `claude setup-token` and store it with `gh secret set`.",
  );
}

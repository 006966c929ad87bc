import type { Credential } from "../credential/credential.ts";
import { Failure } from "../errors.ts";
import type { Inputs } from "../inputs.ts";
import type { Location } from "../rotation/location.ts";
import { storedLocation } from "../rotation/location.ts";
import { noteForPost } from "../world/note.ts";
import type { World } from "../world/world.ts";
import { cacheService } from "./cache-service.ts";
import { findCopy, isKept, type Kept, keepCopy } from "./copies.ts";
import type { CopySite, RecoveryKey } from "./copy.ts";
import { placeOfSecret } from "./place.ts";
import { recoverySection } from "./say.ts";

export interface Copied {
  /** Undefined if there is no key for one, or no need. */
  readonly kept: Kept | undefined;
  /**
   * Called when the generation could not be stored for good: the ciphertext goes to the job summary.
   *
   * @param again whether the rest was said already, of another copy
   */
  tell(again?: boolean): void;
}

/** A cache that does not answer must not keep a job from its login. */
const LOOK_MS = 8_000;

/** The stored login, as the job that reads it has it. */
export interface StoredLogin {
  readonly login: Credential;
  readonly account: string;
  readonly location: Location;
}

/**
 * Keeps a sealed copy of a generation that its secret does not take, in the Actions cache, where the next run finds it.
 * Never throws.
 *
 * @param deadline local ms after which nothing more is begun
 */
export async function keepUnstored(
  world: World,
  { login, account, location }: StoredLogin,
  next: Credential,
  deadline?: () => number,
): Promise<Copied> {
  const key = keyOf(login);
  const site = { ...siteOf(login, account, location), label: location.label };
  const kept = key && login.refresh && (await keepCopy(world, key, site, login.refresh, next, deadline));
  // What is stored renews the login as well.
  const needless = !kept && (login.recovery !== undefined || next.refresh?.equals(login.refresh) === true);
  return {
    kept,
    tell(again = false) {
      if (needless) return;
      if (world.env["GITHUB_STEP_SUMMARY"]) sayUnstored(world, location, kept, again);
      else if (again || world.env["STATE_told"] !== String(next.generation)) {
        sayOutside(world, location, kept);
        noteForPost(world, "told", String(next.generation));
      }
    },
  };
}

/** Where there is no summary, and mostly no job: main and post are one command then, which says it once. */
function sayOutside({ runner }: World, { label }: Location, kept: Kept | undefined): void {
  runner.warning(
    kept
      ? `A sealed recovery copy of the renewed login, should this machine go before it is stored: give the line below to \`oauth-creds recover\`, with what ${label} holds now as \`credential\`.\n${kept.text}`
      : `${label} holds a login as a person has pasted it, which carries no key for a recovery copy: should this machine go before the renewed login is stored, it is lost, and somebody has to sign in again.`,
  );
}

function sayUnstored({ runner }: World, location: Location, kept: Kept | undefined, again: boolean): void {
  if (!kept) {
    runner.warning(
      `${location.label} holds a login as a person has pasted it, which carries no key for a recovery copy: if the renewed ` +
        "login cannot be stored by this job, it is lost, and somebody has to sign in again.",
    );
    return;
  }
  runner.summary(recoverySection(kept.text, isKept(kept)));
  if (again) return;
  runner.warning(
    isKept(kept)
      ? `A sealed recovery copy of the renewed login is in the Actions cache and in the job summary: the next run takes it over and stores it in ${location.label}.`
      : "A sealed recovery copy of the renewed login is in the job summary only, which says how to use it (the Actions cache did not take it).",
  );
}

/**
 * What an earlier job made of this login and could not store: undefined if there is nothing, or the cache cannot tell.
 * `complete`: it may be spent in its turn. A Failure: it is there, and not for this `account`; the login is spent all
 * the same. Never throws; its tokens are masked.
 */
export async function findUnstored(
  world: World,
  { rotateTo, account }: Inputs,
  login: Credential,
): Promise<{ readonly next: Credential; readonly complete: boolean } | Failure | undefined> {
  const key = keyOf(login);
  if (!key || !login.refresh || !rotateTo || !cacheService(world.env)) return undefined;
  const until = world.now() + LOOK_MS;
  const found = await findCopy(world, [key], siteOf(login, account, rotateTo), login.refresh, () => until);
  if (found.type === "unclear") {
    world.runner.warning(
      "The Actions cache did not answer, so it cannot be told whether an earlier run has left a recovery copy of this " +
        "login there. If the provider refuses the login now, look into the summaries of the last runs for one.",
    );
  }
  if (found.type === "other-account") {
    return new Failure(
      "input-invalid",
      `An earlier job has renewed this login for the account \`${found.account}\` and could not store it: its recovery copy is in the Actions cache, and what ${rotateTo.label} holds is spent.`,
      `Set \`account: ${found.account}\` for one run, which stores it there. (Or sign in once more.)`,
    );
  }
  return found.type === "found" ? { next: found.credential, complete: found.complete } : undefined;
}

const keyOf = ({ recovery }: Credential): RecoveryKey | undefined => recovery && { from: "envelope", key: recovery };

const siteOf = ({ provider }: Credential, account: string, location: Location): CopySite => ({
  provider,
  account,
  place: placeOfSecret(storedLocation(location)),
});

import { type Credential, livesFor, type ProviderName, USABLE_MS } from "./credential/credential.ts";
import type { Failure } from "./errors.ts";
import { InputProblems } from "./input-problems.ts";
import type { Inputs } from "./inputs.ts";
import type { Detected } from "./recognise/detect.ts";
import { findPlace, keepInSecret, loadProvider, type Place, refreshLogin } from "./refresh/index.ts";
import type { StoreResult } from "./rotation/rotate.ts";
import { Secret } from "./secret.ts";
import type { World } from "./world/world.ts";

export interface Acquired {
  readonly credential: Credential;
  readonly source: "secret" | "ledger" | "refreshed" | "recovered";
  /** What became of the renewed login; undefined if nothing was to be stored. */
  readonly result: StoreResult | undefined;
  /** The refresh token that was sent, if one was. */
  readonly used?: Secret;
  /** The ledger that the login is kept in, for people. */
  readonly ledger?: string;
  /** When the ledger took this generation or a later record of it, ms by its clock; for jobs that may renew it. */
  readonly keptAt?: number | undefined;
}

/** Renews a login that stands in a secret, and stores it there; without a place it is stored nowhere. */
export async function renew(
  world: World,
  inputs: Inputs,
  credential: Credential,
  place: Place | undefined,
): Promise<Acquired> {
  const protocol = await loadProvider(credential.provider);
  const keeping = place && keepInSecret(world, place, { login: credential, account: inputs.account });
  // One key for all generations: a copy of a copy is then found too.
  const recovery = credential.recovery ?? new Secret(Buffer.from(world.random(32)).toString("base64url"));
  const login = { ...credential, recovery };
  const { credential: next, used, result } = await refreshLogin(world, inputs, protocol, login, keeping);
  return { credential: next, source: "refreshed", used, result };
}

/** With `validate: online`: why the provider does not take the access token. */
const refusalOf = async (world: World, inputs: Inputs, credential: Credential): Promise<Failure | undefined> =>
  inputs.validate === "none" ? undefined : (await import("./refused.ts")).refusedByProvider(world, inputs, credential);

/** What is said of ends, which most runs never need. */
const saying = () => import("./say-ended.ts");

const unchanged = (credential: Credential): Acquired => ({ credential, source: "secret", result: undefined });

/**
 * From the stored credential to a working access token. One that lives longer than `min-validity` is used as
 * it is, with no network at all.
 */
export async function acquire(
  world: World,
  inputs: Inputs,
  detected: Detected | undefined,
  provider: ProviderName,
): Promise<Acquired> {
  const now = world.now();
  const credential = detected?.credential;
  const { ledgerKey, refresh, minValidityMs, writeRefreshToken: handsOutRefresh } = inputs;
  const longEnough = credential && refresh !== "always" && livesFor(credential, minValidityMs, now);
  // A login that many jobs share is dealt with by its own code, unless this copy is good for the whole job.
  if (ledgerKey && credential?.kind !== "setup-token") {
    const renews = /\bocr1_/.test(ledgerKey.reveal());
    // A pasted login is to stand in the ledger as soon as a job sees it that may put it there.
    const lasts = longEnough && !handsOutRefresh && !(credential.refresh && renews);
    const refused = lasts ? await refusalOf(world, inputs, credential) : undefined;
    if (lasts && !refused && !renews) return unchanged(credential);
    const { acquireShared, handOverCopy } = await import("./ledger/share.ts");
    if (!lasts || refused) return acquireShared(world, inputs, detected, provider, refused && credential?.access);
    handOverCopy(world, inputs, credential);
    return unchanged(credential);
  }
  if (!credential) throw new InputProblems([["missing", "credential"]]);

  // For those who have the ledger's key: this job can use it, and cannot renew it.
  const sealed = credential.kind === "login" && !credential.refresh;
  if (sealed || credential.kind !== "login") {
    if (sealed && (refresh === "always" || handsOutRefresh)) throw (await saying()).sayNoKey(inputs);
    if (!livesFor(credential, sealed ? USABLE_MS : 0, now)) throw (await saying()).sayEnded(credential);
    const refused = await refusalOf(world, inputs, credential);
    if (refused) throw refused;
    return unchanged(credential);
  }
  const refused = longEnough ? await refusalOf(world, inputs, credential) : undefined;
  if (refused && refresh === "never") throw refused;
  const refreshing = refresh !== "never" && (!longEnough || refused !== undefined);
  if (refresh === "never" && !longEnough) {
    if (!livesFor(credential, USABLE_MS, now)) throw (await saying()).sayEnded(credential);
    world.runner.warning((await saying()).sayTooSoon(credential, now));
  }
  if (!refreshing && !handsOutRefresh) return unchanged(credential);

  try {
    // What an earlier job made of this login and could not store. Nothing is loaded where there is no cache.
    const left =
      credential.recovery &&
      world.env["ACTIONS_RUNTIME_TOKEN"] &&
      (await import("./recovery/unstored.ts")).findUnstored(world, inputs, credential);
    // A job whose program may spend the refresh token needs a proved place for its successor as much as we do.
    const place: Place | undefined = await findPlace(world, inputs, detected?.stored);
    if (place) world.runner.state("prepared", JSON.stringify(place.prepared));
    const copy = place && (await left);
    if (copy) return await (await import("./recovered.ts")).takeOver(world, inputs, place, copy);
    return refreshing ? await renew(world, inputs, credential, place) : unchanged(credential);
  } catch (error) {
    if (refused) throw error;
    (await saying()).goOnOrThrow(world, inputs, error, credential);
    return unchanged(credential);
  }
}

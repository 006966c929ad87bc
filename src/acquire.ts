import { type Credential, livesFor, type ProviderName, USABLE_MS } from "./credential/credential.ts";
import { Failure } from "./errors.ts";
import { InputProblems } from "./input-problems.ts";
import type { Inputs } from "./inputs.ts";
import type { Detected } from "./recognise/detect.ts";
import { findPlace, keepInSecret, loadProvider, nothingWasSpent, type Place, refreshLogin } from "./refresh/index.ts";
import type { StoreResult } from "./rotation/rotate.ts";
import { Secret } from "./secret.ts";
import type { World } from "./world/world.ts";

export interface Acquired {
  readonly credential: Credential;
  readonly source: "secret" | "ledger" | "refreshed" | "recovered";
  /** What became of the renewed login; undefined if nothing was to be stored. */
  readonly result: StoreResult | undefined;
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
  const { credential: next, result } = await refreshLogin(world, inputs, protocol, login, keeping);
  return { credential: next, source: "refreshed", result };
}

/** With `validate: online`: why the provider does not take the access token. */
const refusalOf = async (world: World, inputs: Inputs, credential: Credential): Promise<Failure | undefined> =>
  inputs.validate === "none" ? undefined : (await import("./refused.ts")).refusedByProvider(world, inputs, credential);

/** What is said of ends, which most runs never need. */
const ended = () => import("./say-ended.ts");

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
  // A login that many jobs share is dealt with by its own code, unless this copy is good for the whole job.
  const copyWillDo =
    credential &&
    inputs.refresh !== "always" &&
    livesFor(credential, inputs.minValidityMs, now) &&
    !inputs.writeRefreshToken;
  if (inputs.ledgerKey && credential?.kind !== "setup-token") {
    // A pasted login is to stand in the ledger as soon as a job sees it that may put it there.
    const pasted = credential?.refresh && /\bocr1_/.test(inputs.ledgerKey.reveal());
    const refused = copyWillDo && !pasted ? await refusalOf(world, inputs, credential) : undefined;
    const willDo = copyWillDo && !pasted && !refused;
    if (willDo && !/\bocr1_/.test(inputs.ledgerKey.reveal()))
      return { credential, source: "secret", result: undefined };
    const { acquireShared, handOverCopy } = await import("./ledger/share.ts");
    if (willDo) {
      handOverCopy(world, inputs, credential);
      return { credential, source: "secret", result: undefined };
    }
    return acquireShared(world, inputs, detected, provider, refused && credential?.access);
  }
  if (!credential) throw new InputProblems([["missing", "credential"]]);
  const asItIs: Acquired = { credential, source: "secret", result: undefined };

  // For those who have the ledger's key: this job can use it, and cannot renew it.
  const sealed = credential.kind === "login" && !credential.refresh;
  if (sealed || credential.kind !== "login") {
    if (sealed && (inputs.refresh === "always" || inputs.writeRefreshToken)) throw (await ended()).sayNoKey(inputs);
    if (!livesFor(credential, sealed ? USABLE_MS : 0, now)) throw (await ended()).sayEnded(credential);
    const refused = await refusalOf(world, inputs, credential);
    if (refused) throw refused;
    return asItIs;
  }
  const longEnough = inputs.refresh !== "always" && livesFor(credential, inputs.minValidityMs, now);
  const refused = longEnough ? await refusalOf(world, inputs, credential) : undefined;
  if (refused && inputs.refresh === "never") throw refused;
  const goodEnough = longEnough && !refused;
  const handsOutRefresh = inputs.writeRefreshToken;
  if (goodEnough && !handsOutRefresh) return asItIs;

  const usable = !refused && livesFor(credential, USABLE_MS, now);
  if (inputs.refresh === "never" && !goodEnough) {
    if (!usable) throw (await ended()).sayEnded(credential);
    world.runner.warning((await ended()).sayTooSoon(credential, now));
  }
  const refreshing = inputs.refresh !== "never" && !goodEnough;
  if (!refreshing && !handsOutRefresh) return asItIs;

  try {
    // A job whose program may spend the refresh token needs a proved place for its successor as much as we do.
    // What an earlier job made of this login and could not store.
    const left =
      credential.recovery && (await import("./recovery/unstored.ts")).findUnstored(world, inputs, credential);
    const place: Place | undefined = await findPlace(world, inputs, detected?.stored);
    if (place) world.runner.state("prepared", JSON.stringify(place.prepared));
    const copy = place && (await left);
    if (copy) return await (await import("./recovered.ts")).takeOver(world, inputs, place, copy);
    if (!refreshing) return asItIs;
    return await renew(world, inputs, credential, place);
  } catch (error) {
    const mayGoOn = error instanceof Failure && nothingWasSpent(error) && usable && inputs.refresh !== "always";
    if (!mayGoOn || handsOutRefresh) throw error;
    world.runner.warning((await ended()).sayGoesOn(error, credential, now));
    return asItIs;
  }
}

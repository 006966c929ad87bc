import type { Credential } from "../credential/credential.ts";
import { isEnvelope, openEnvelope, sealEnvelope } from "../credential/envelope.ts";
import { asFailure } from "../as-failure.ts";
import type { World } from "../world/world.ts";
import { ApiProblem, patiently } from "./github-api.ts";
import { type Location, storedLocation } from "./location.ts";
import { asking, type Begun, type Prepared, type StoreResult, told } from "./rotate.ts";
import type { SecretStore } from "./secret-store.ts";

/*
 * Where the value of a secret can be read, no time is needed to tell whose it is: the copy of a job is the present one
 * if it is what stands there, and what was written meanwhile is something else. Values are compared and never shown.
 */

/** A secret whose value can be read. Each call throws an ApiProblem. */
export interface Readable {
  readonly location: Location;
  /** What this job got as its credential. */
  readonly held: string | undefined;
  /** Undefined if it does not exist. */
  read(): Promise<Reading | undefined>;
  /** Creates it, or gives it another value; all else stays as it was when it was last read. */
  write(value: string): Promise<void>;
  /** Proves by a secret of its own, in the same place, that this can be done. */
  prove(): Promise<void>;
}

export interface Reading {
  /** Undefined if the server keeps it to itself. */
  readonly value: string | undefined;
  /** The server's clock, ms. */
  readonly date: number;
}

/** No box needs to be ready-made where nothing is sealed. */
const NO_PROBE = { encrypted_value: "", key_id: "" };

export const byValue = (world: World, place: Readable): Pick<Required<SecretStore>, "prepare" | "store"> => ({
  prepare: (createSecrets) => prepareByValue(world, place, createSecrets),
  store: (...given) => storeByValue(world, place, ...given),
});

async function prepareByValue(world: World, place: Readable, createSecrets: boolean): Promise<Prepared> {
  const { location, held } = place;
  const ask = asking(world);
  const say = () => import("./say-problem.ts");
  try {
    const [present] = await Promise.all([ask(place.read), ask(place.prove)]);
    if (!present) {
      if (!createSecrets) throw (await say()).sayNotFound(location.label);
      return { baseline: undefined, probe: NO_PROBE };
    }
    if (present.value === undefined) throw (await say()).sayHidden(location.label);
    if (bare(present.value) !== bare(held ?? "")) throw (await say()).sayStale({ type: "another-value" });
    return { baseline: markOf(present.value), probe: NO_PROBE };
  } catch (error) {
    throw await told(error, location);
  }
}

/** Never throws. */
async function storeByValue(
  world: World,
  place: Readable,
  credential: Credential,
  { baseline }: Prepared,
  begun: Begun,
  deadline: () => number,
): Promise<StoreResult> {
  let missing = 0;
  const attempt = async (): Promise<StoreResult> => {
    const before = await place.read();
    const deleted = !before && baseline !== undefined;
    if (deleted && missing++ < 2) throw new ApiProblem(502, true); // believed only when it is said again
    if (deleted) return { type: "moved", deleted };
    // An attempt without an answer, or the main step: it need not be written twice.
    if (before?.value !== undefined && holds(before.value, credential)) {
      return { type: "stored", confirmed: true, updatedAt: markOf(before.value) };
    }
    const isOurs = (value: string) =>
      markOf(value) === baseline || (begun.earlier !== undefined && holds(value, begun.earlier.credential));
    if (before && (before.value === undefined || !isOurs(before.value))) return { type: "moved", deleted: false };
    const stored = { savedAt: before?.date ?? world.now(), location: storedLocation(place.location), probe: undefined };
    const envelope = sealEnvelope(credential, stored);
    begun.tell(stored.savedAt);
    await place.write(envelope);
    return { type: "stored", confirmed: await isThere(world, place, envelope), updatedAt: markOf(envelope) };
  };
  try {
    return await patiently(world, deadline, attempt, begun.failed);
  } catch (error) {
    return { type: "failed", failure: asFailure(await told(error, place.location)) };
  }
}

async function isThere(world: World, place: Readable, envelope: string): Promise<boolean> {
  for (const pause of [0, 1000, 2000]) {
    if (pause > 0) await world.sleep(pause);
    try {
      if ((await place.read())?.value === envelope) return true;
    } catch (error) {
      if (!(error instanceof ApiProblem)) throw error;
    }
  }
  return false;
}

/** Whether a value is this very generation, whenever it was stored. */
function holds(value: string, credential: Credential): boolean {
  const there = openedOf(value);
  if (!there || there.generation !== credential.generation) return false;
  const { refresh, shared } = credential;
  return refresh ? refresh.equals(there.refresh) : shared !== undefined && shared.sealed === there.shared?.sealed;
}

/** What an envelope holds; undefined for anything else. */
export function openedOf(value: string): Credential | undefined {
  try {
    return isEnvelope(value.trim()) ? openEnvelope(value.trim()).credential : undefined;
  } catch {
    return undefined;
  }
}

/** Servers and shells add and take away line breaks. */
const bare = (value: string): string => value.replaceAll(/\s+/g, "");

/** Tells a value again without revealing it: 48 bits of a hash, as a number, since it takes the place of a time. */
function markOf(value: string): number {
  const { createHash } = process.getBuiltinModule("node:crypto");
  return createHash("sha256")
    .update(`oauth-creds mark\n${bare(value)}`)
    .digest()
    .readUIntBE(0, 6);
}

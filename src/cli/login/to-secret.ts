import type { Credential } from "../../credential/credential.ts";
import { Failure } from "../../errors.ts";
import type { Inputs } from "../../inputs.ts";
import { openStore } from "../../refresh/index.ts";
import { storedLocation } from "../../rotation/location.ts";
import { type Prepared, prepare, storeGeneration, type StoreResult } from "../../rotation/rotate.ts";
import type { SecretStore } from "../../rotation/secret-store.ts";
import type { World } from "../../world/world.ts";
import type { Person } from "./person.ts";

/** A secret that was proved to be writable before the person signs in. */
export interface LoginSecret {
  readonly label: string;
  /** Throws a Failure. */
  store(credential: Credential): Promise<Extract<StoreResult, { type: "stored" }>>;
}

const STORE_MS = 180_000;
/** How often somebody else may write the secret while we do. */
const ROUNDS = 3;

/** Undefined if `rotate-to` names none. Throws a Failure if the token may not write it: nobody has signed in yet. */
export async function openSecret(world: World, inputs: Inputs, person: Person): Promise<LoginSecret | undefined> {
  const store = await openStore(world, inputs);
  if (!store) return undefined;
  const { label } = store.location;
  let prepared: Prepared;
  try {
    prepared = await proveWritable(world, store, inputs.createSecrets);
  } catch (error) {
    const missing = error instanceof Failure && error.code === "secret-not-found" && person.present;
    if (!missing) throw error;
    const answer = await person.ask(`There is no ${label.replace(/^the /, "")} yet. Make it? [Y/n] `);
    if (answer === undefined) throw (await import("./say.ts")).sayCancelled();
    if (!/^(y|yes|)$/i.test(answer)) throw error;
    prepared = await proveWritable(world, store, true);
  }
  if (prepared.baseline !== undefined) person.tell(`What stands in ${label} now will be replaced.`);
  return { label, store: (credential) => replace(world, store, credential, prepared) };
}

/** Whatever stands there is older than this sign-in, and meant to be replaced: nothing in it can be stale. */
function proveWritable(world: World, store: SecretStore, createSecrets: boolean): Promise<Prepared> {
  const location = storedLocation(store.location);
  const stored = { savedAt: Number.MAX_SAFE_INTEGER, location, probe: undefined };
  return prepare(world, store, { stored }, { createSecrets, runAttempt: 1 });
}

/** A rotation may have written its own meanwhile: a sign-in comes after all of those. */
async function replace(world: World, store: SecretStore, credential: Credential, before: Prepared) {
  const began = world.now();
  const begun = { tell: () => {} };
  let prepared = before;
  for (let round = 1; ; round++) {
    const result = await storeGeneration(world, store, credential, prepared, undefined, begun, () => began + STORE_MS);
    if (result.type === "stored") return result;
    if (result.type === "failed") throw result.failure;
    if (round === ROUNDS) {
      const what = result.deleted ? "deletes" : "writes";
      throw new Failure(
        "could-not-store",
        `Somebody else ${what} ${store.location.label} again and again.`,
        "Stop the workflow that does it, and store the login then.",
      );
    }
    prepared = await proveWritable(world, store, true);
  }
}

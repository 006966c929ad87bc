import type { Credential } from "../credential/credential.ts";
import type { keepUnstored } from "../recovery/unstored.ts";
import { type Prepared, storeGeneration, type StoreResult } from "../rotation/rotate.ts";
import type { PublicKey } from "../rotation/sealed-box.ts";
import type { SecretStore } from "../rotation/secret-store.ts";
import { noteForPost } from "../world/note.ts";
import type { World } from "../world/world.ts";

/** Where a renewed login is kept. */
export interface Keeping {
  /** Called right before each sending of the refresh token; throws a Failure if it must not be sent. */
  readonly beforeSend?: () => Promise<void>;
  /** Asked when the connection to the provider stands; false ends the request before a byte of it left. */
  readonly stillWanted?: () => boolean;
  /** Told when an attempt had no clear answer: the token may be spent. */
  readonly unclear?: () => void;
  /** Never throws. No attempt is begun after `deadline()`, local ms. */
  store(next: Credential, deadline: () => number): Promise<StoreResult>;
}

/** A secret, proved to be writable. */
export interface Place {
  readonly store: SecretStore;
  readonly prepared: Prepared;
}

/** @param stored the login as it stands in that secret, and its account */
export function keepInSecret(
  world: World,
  { store, prepared }: Place,
  stored: { readonly login: Credential; readonly account: string },
): Keeping {
  let ahead: Promise<PublicKey | undefined> | undefined;
  return {
    // What storing will need comes while the refresh is under way.
    beforeSend: async () => void (ahead ??= prepareSealing(store)),
    async store(next, deadline) {
      const place = { ...stored, location: store.location };
      let copy: ReturnType<typeof keepUnstored> | undefined;
      // Made beside the retries, whose end the job may not live to see.
      const failed = () =>
        (copy ??= import("../recovery/unstored.ts").then((it) => it.keepUnstored(world, place, next, deadline)));
      const result = await storeGeneration(
        world,
        store,
        next,
        prepared,
        await ahead,
        { tell: (at) => noteForPost(world, "putting", String(at)), failed },
        deadline,
      );
      if (result.type === "failed") (await failed()).tell();
      return result;
    },
  };
}

/** The public key and the sealing code. A failure is met again when they are needed. */
async function prepareSealing(store: SecretStore): Promise<PublicKey | undefined> {
  const wanted = [store.publicKey(), import("../rotation/sealed-box.ts")] as const;
  return Promise.all(wanted).then(
    ([key]) => key,
    () => undefined,
  );
}

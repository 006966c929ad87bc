import type { Inputs } from "../inputs.ts";
import type { World } from "../world/world.ts";
import type { Location } from "./location.ts";
import type { SecretStore } from "./secret-store.ts";

const ALL = ["ready", "meta", "probeMeta", "runCreatedAt", "refuseStranger", "publicKey", "put", "probe"] as const;
/** Only GitLab's values can be read. */
const BY_VALUE = ["prepare", "store"] as const;

/** The secrets of a place that few jobs have: its code is loaded when it is first asked something. */
export function lazyStore(world: World, inputs: Inputs, location: Location): SecretStore {
  let opened: Promise<SecretStore> | undefined;
  const methods = [...ALL, ...(location.forge ? BY_VALUE : [])].map((name) => [
    name,
    async (...given: never[]) => {
      opened ??= import("./other-places.ts").then(({ openPlace }) => openPlace(world, inputs, location));
      const store = (await opened) as unknown as Record<string, ((...given: never[]) => unknown) | undefined>;
      return store[name]?.(...given);
    },
  ]);
  return { location, ...Object.fromEntries(methods) } as SecretStore;
}

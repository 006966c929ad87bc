import type { Credential } from "../../credential/credential.ts";
import { sealEnvelope } from "../../credential/envelope.ts";
import { deriveAccessKey, makeRootKey, parseKeys } from "../../ledger/keys.ts";
import { accessPart } from "../../rotation/access-part.ts";
import { Secret } from "../../secret.ts";
import type { World } from "../../world/world.ts";
import { usage } from "../arguments.ts";
import type { Holds } from "./choices.ts";

/** What goes into the secrets. Keys are made here, unless `rootKey` is given. */
export function valuesOf(
  world: World,
  holds: ReadonlySet<Holds>,
  credential: Credential | undefined,
  secretsToken: Secret | undefined,
  rootKey?: string,
): Readonly<Partial<Record<Holds, Secret>>> {
  return {
    ...(holds.has("root-key") || holds.has("access-key") ? keys(world, rootKey) : {}),
    ...(secretsToken && { "secrets-token": secretsToken }),
    ...(credential && { credential: storable(credential) }),
    ...(credential?.kind === "login" && credential.access
      ? { "access-part": new Secret(sealEnvelope(accessPart(credential), undefined)) }
      : {}),
  };
}

/** A bare token, which other programs and actions take too; of a login all that was pasted, on one line. */
function storable(credential: Credential): Secret {
  const bare = credential.kind === "setup-token" ? credential.access : undefined;
  return bare ?? new Secret(sealEnvelope(credential, undefined));
}

function keys(world: World, given: string | undefined): { readonly "root-key": Secret; readonly "access-key": Secret } {
  const text = given ?? makeRootKey((bytes) => world.random(bytes));
  const ring = parseKeys(text);
  if (typeof ring === "string") throw usage(ring);
  const [root] = ring.root;
  if (!root || ring.root.length > 1) throw usage("`--ledger-key` takes one root key (ocr1_…) here.");
  const pair = { "root-key": new Secret(text), "access-key": new Secret(deriveAccessKey(root)) };
  world.runner.mask(Object.values(pair).map((key) => key.reveal()));
  return pair;
}

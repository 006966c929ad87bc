import type { Credential, Unpublished } from "../credential/credential.ts";
import { parseObject } from "../json.ts";
import { type Secret, secretOf } from "../secret.ts";
import type { Keyring, RootKey } from "./keys.ts";
import type { Site } from "./record-text.ts";
import { type Random, seal, unseal } from "./seal.ts";

/*
 * The copy of a shared login in a secret: its access token is for every job that names the secret, what renews it
 * only for those who have the root key. A job without the key can use it, and cannot spend it.
 */

const bound = ({ provider, account }: Site, place: string, lineage: string, generation: number) => [
  place,
  provider,
  account,
  lineage,
  generation,
];

/** How a copy came to be that stands in no ledger. */
export interface CameOf extends Unpublished {
  /** What was sent for it: of a fresh sign-in no record has it, and other jobs may still hold it. */
  readonly spent: Secret | undefined;
}

/** @param cameOf how it came to be, if the ledger could not be written: then this is the only copy */
export function sealShared(
  credential: Credential,
  lineage: string,
  key: RootKey,
  site: Site,
  random: Random,
  cameOf: CameOf | undefined,
): Credential {
  const { refresh, predecessor, clientAuth, generation } = credential;
  const spent = cameOf && cameOf.over !== lineage ? cameOf.spent?.reveal() : undefined;
  const text = JSON.stringify({ refresh: refresh?.reveal(), predecessor: predecessor?.reveal(), clientAuth, spent });
  const sealed = seal(key.key, "envelope sealing", bound(site, site.place, lineage, generation), text, random);
  const unpublished = cameOf && { epoch: cameOf.epoch, over: cameOf.over };
  const shared = { place: site.place, lineage, sealed, ...(unpublished && { unpublished }) };
  return { ...credential, refresh: undefined, predecessor: undefined, recovery: undefined, shared };
}

/** With what renews it, if it was sealed for this ledger and one of these keys; as it is otherwise. */
export function openShared(credential: Credential, keys: Keyring, site: Site): Credential {
  const fields = unsealed(credential, keys, site);
  if (!fields) return credential;
  return {
    ...credential,
    refresh: secretOf(fields["refresh"]),
    predecessor: secretOf(fields["predecessor"]),
    clientAuth: fields["clientAuth"] === "post" ? "post" : undefined,
  };
}

/** The sign-in that an unpublished copy came of, by its token. Undefined for any other, and where an older release made it. */
export const spentFor = (credential: Credential, keys: Keyring, site: Site): Secret | undefined =>
  secretOf(unsealed(credential, keys, site)?.["spent"]);

function unsealed({ shared, generation }: Credential, keys: Keyring, site: Site): Record<string, unknown> | undefined {
  if (!shared || shared.place !== site.place) return undefined;
  for (const { key } of keys.root) {
    const text = unseal(key, "envelope sealing", bound(site, shared.place, shared.lineage, generation), shared.sealed);
    const fields = text === undefined ? undefined : parseObject(text);
    if (fields) return fields;
  }
  return undefined;
}

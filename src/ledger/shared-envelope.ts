import type { Credential, Unpublished } from "../credential/credential.ts";
import { parseObject } from "../json.ts";
import { secretOf } from "../secret.ts";
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

/** @param unpublished how it came to be, if the ledger could not be written: then this is the only copy */
export function sealShared(
  credential: Credential,
  lineage: string,
  key: RootKey,
  site: Site,
  random: Random,
  unpublished: Unpublished | undefined,
): Credential {
  const { refresh, predecessor, clientAuth, generation } = credential;
  const text = JSON.stringify({ refresh: refresh?.reveal(), predecessor: predecessor?.reveal(), clientAuth });
  const sealed = seal(key.key, "envelope sealing", bound(site, site.place, lineage, generation), text, random);
  const shared = { place: site.place, lineage, sealed, ...(unpublished !== undefined && { unpublished }) };
  return { ...credential, refresh: undefined, predecessor: undefined, recovery: undefined, shared };
}

/** With what renews it, if it was sealed for this ledger and one of these keys; as it is otherwise. */
export function openShared(credential: Credential, keys: Keyring, site: Site): Credential {
  const { shared, generation } = credential;
  if (!shared || shared.place !== site.place) return credential;
  for (const { key } of keys.root) {
    const text = unseal(key, "envelope sealing", bound(site, shared.place, shared.lineage, generation), shared.sealed);
    const fields = text === undefined ? undefined : parseObject(text);
    if (!fields) continue;
    return {
      ...credential,
      refresh: secretOf(fields["refresh"]),
      predecessor: secretOf(fields["predecessor"]),
      clientAuth: fields["clientAuth"] === "post" ? "post" : undefined,
    };
  }
  return credential;
}

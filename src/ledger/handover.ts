import { type Credential, EMPTY, type ProviderName } from "../credential/credential.ts";
import { possibleTime } from "../duration.ts";
import { parseObject } from "../json.ts";
import { secretOf } from "../secret.ts";
import type { AccessKey, Keyring } from "./keys.ts";
import type { Site } from "./record-text.ts";
import { type Random, seal, unseal } from "./seal.ts";

/*
 * What a mint job hands to other jobs of its run: `ocs1.` and base64url of JSON, with the access token sealed under
 * the access key. A job output in which anything would be masked is dropped by GitHub; this holds nothing to mask.
 */
export const HAND_OVER = "ocs1.";

const boundOf = (fields: Readonly<Record<string, unknown>>): unknown[] =>
  ["v", "place", "provider", "account", "generation"].map((name) => fields[name]);

export function sealHandOver(credential: Credential, key: AccessKey, site: Site, random: Random): string {
  const { access, idToken, accountId, accessExpiresAt, scopes, plan, generation } = credential;
  const fields = { v: 1, kid: key.kid, place: site.place, provider: site.provider, account: site.account, generation };
  const part = { access: access?.reveal(), idToken: idToken?.reveal(), accountId, accessExpiresAt, scopes, plan };
  const sealed = seal(key.key, "hand-over sealing", boundOf(fields), JSON.stringify(part), random);
  return HAND_OVER + Buffer.from(JSON.stringify({ ...fields, sealed })).toString("base64url");
}

/** An access token for this job. A text as the result is what is wrong with it. */
export function openHandOver(text: string, keys: Keyring): Credential | string {
  const fields = parseObject(Buffer.from(text.slice(HAND_OVER.length), "base64url").toString("utf8"));
  if (!fields) return "it is a mint job's hand-over (ocs1.…) that was cut off or altered";
  if (fields["v"] !== 1) return "it is the hand-over of a newer oauth-creds than this one";
  const ring = [...keys.root.map(({ access }) => access), ...keys.access];
  const key = ring.find(({ kid }) => kid === fields["kid"]);
  if (!key) return "it is a mint job's hand-over that was sealed with another `ledger-key` than this job has";
  const part = parseObject(unseal(key.key, "hand-over sealing", boundOf(fields), fields["sealed"]) ?? "");
  if (!part) return "it is a mint job's hand-over (ocs1.…) that was cut off or altered";
  const { accessExpiresAt, accountId, scopes, plan } = part;
  return {
    ...EMPTY,
    kind: "access",
    provider: fields["provider"] as ProviderName,
    generation: fields["generation"] as number,
    access: secretOf(part["access"]),
    idToken: secretOf(part["idToken"]),
    accessExpiresAt: typeof accessExpiresAt === "number" ? possibleTime(accessExpiresAt) : undefined,
    accountId: accountId as string | undefined,
    scopes: scopes as string[] | undefined,
    plan: plan as string | undefined,
  };
}

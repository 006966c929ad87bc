import { type Credential, EMPTY } from "../credential/credential.ts";
import { openEnvelope, sealEnvelope } from "../credential/envelope.ts";
import { HOUR_MS, MINUTE_MS } from "../duration.ts";
import { parseObject } from "../json.ts";
import type { AccessKey, Keyring, RootKey } from "../ledger/keys.ts";
import type { Site } from "../ledger/record-text.ts";
import { seal, sign, unseal, verify } from "../ledger/seal.ts";
import type { World } from "../world/world.ts";
import { type Entry, loadEntry } from "./cache.ts";
import { derive, hmac } from "./derive.ts";

/*
 * The read accelerator: the access part of a ledger's login, sealed under the access key, in the Actions cache. So a
 * repository with thousands of jobs an hour spends none of its API budget on reading. It is never the truth, and
 * never a lock: whatever is wrong with an entry, the ledger is read.
 *
 * `ocacc1.` and base64url of JSON with the sealed part in it, `.`, and the root key's signature: a job with an access
 * key alone could seal what it likes, and is not to choose which account the others work with.
 */
const ACCESS = "ocacc1.";

/** An entry that is older is ignored, whatever its token's end: the login may have been replaced since. */
const OLDEST_MS = 6 * HOUR_MS;
const SKEW_MS = 10 * MINUTE_MS;

/** What a job asks of an access token. Times in ms. */
export interface Wanted {
  readonly minValidityMs: number;
  /** The generation that the job knows of already, from the copy in its secret. An older one is ignored. */
  readonly atLeast?: { readonly lineage: string; readonly generation: number } | undefined;
}

export interface Found {
  /** As the ledger gives it to a job with the access key. */
  readonly credential: Credential;
  /** When it was sealed, by that job's clock; ms. */
  readonly savedAt: number;
}

/**
 * The present access part as an entry of the cache. Entries never change: each generation has its own, and each hour.
 *
 * @param site what names the ledger for those who read; `place` need not be the one that records are bound to
 */
export function accessEntry(
  world: Pick<World, "now" | "random">,
  { key, access }: RootKey,
  site: Site,
  credential: Credential,
  lineage: string,
): Entry {
  const now = world.now();
  const { provider, account, place } = site;
  const { kind, generation } = credential;
  const fields = { v: 1, place, provider, account, lineage, generation, kind, savedAt: now };
  const part = sealEnvelope(withoutRefresh(credential), undefined);
  const sealed = seal(access.key, "access entry", boundTo(fields), part, (bytes) => world.random(bytes));
  const payload = Buffer.from(JSON.stringify({ ...fields, sealed })).toString("base64url");
  const which = hmac(keyOf(access), `${lineage}\n${generation}`).toString("hex").slice(0, 16);
  return {
    name: `${prefixOf(access, site)}${which}-${Math.floor(now / HOUR_MS).toString(36)}`,
    text: `${ACCESS}${payload}.${sign(key, signedText(payload))}`,
  };
}

/** An access token that lives for as long as wanted, or undefined: then the ledger tells. Never throws. */
export async function loadAccess(
  world: World,
  keys: Keyring,
  site: Site,
  wanted: Wanted,
  deadline?: () => number,
): Promise<Credential | undefined> {
  const ring = [...keys.root.map(({ access }) => access), ...keys.access];
  for (const key of ring) {
    const loaded = await loadEntry(world, prefixOf(key, site), "prefix", deadline);
    if (loaded.type === "denied" || loaded.type === "unavailable") return undefined;
    // Two at most, packed differently: the one that was sealed last may be of a later sign-in.
    const [newest] = (loaded.type === "found" ? loaded.entries : [])
      .map(({ text }) => openAccess(text, key, site, wanted, world.now()))
      .filter((found) => found !== undefined)
      .toSorted((a, b) => b.savedAt - a.savedAt);
    if (newest) return newest.credential;
  }
  return undefined;
}

/** Undefined for whatever is not the present access token of this ledger's login, as far as that can be told. */
export function openAccess(
  text: string,
  key: AccessKey,
  site: Site,
  { minValidityMs, atLeast }: Wanted,
  now: number,
): Found | undefined {
  const [, payload, signature] = /^ocacc1\.([\w-]+)\.([\w-]{86})$/.exec(text) ?? [];
  if (!payload || !signature || !verify(key.publicKey, signedText(payload), signature)) return undefined;
  const fields = parseObject(Buffer.from(payload, "base64url").toString("utf8")) ?? {};
  const { v, place, provider, account, lineage, kind, savedAt, sealed } = fields;
  if (v !== 1 || typeof savedAt !== "number") return undefined;
  if (savedAt > now + SKEW_MS || savedAt < now - OLDEST_MS) return undefined;
  if (place !== site.place || provider !== site.provider || account !== site.account) return undefined;
  const part = unseal(key.key, "access entry", boundTo(fields), sealed);
  const credential = part === undefined ? undefined : opened(part, kind as Credential["kind"]);
  if (!credential?.access || credential.accessExpiresAt === undefined) return undefined;
  if (credential.accessExpiresAt - now <= minValidityMs) return undefined;
  const older = atLeast && atLeast.lineage === lineage && credential.generation < atLeast.generation;
  return older ? undefined : { credential, savedAt };
}

const boundTo = (fields: Readonly<Record<string, unknown>>): unknown[] =>
  ["v", "place", "provider", "account", "lineage", "generation", "kind", "savedAt"].map((name) => fields[name]);

/** What stands in the access part of a record too, and nothing else: never what only the root key is to open. */
function withoutRefresh(credential: Credential): Credential {
  const { provider, generation, access, accessExpiresAt, loginExpiresAt } = credential;
  const { idToken, accountId, scopes, plan, clientId, other } = credential;
  const header = { ...EMPTY, provider, generation, accessExpiresAt, loginExpiresAt };
  // An envelope takes no login without what renews it: its kind stands outside.
  return { ...header, kind: "access", access, idToken, accountId, scopes, plan, clientId, other };
}

/** Undefined for what a later version has made. */
function opened(part: string, kind: Credential["kind"]): Credential | undefined {
  try {
    return { ...openEnvelope(part).credential, kind };
  } catch {
    return undefined;
  }
}

/** Not to be mistaken for a record, which the same key signs. */
const signedText = (payload: string): string => `access part\n${payload}`;

const keyOf = ({ key }: AccessKey): Buffer => derive({ from: "access", key }, "entry name");

const prefixOf = (key: AccessKey, { place, provider, account }: Site): string => {
  const name = hmac(keyOf(key), JSON.stringify([place, provider, account]))
    .toString("hex")
    .slice(0, 32);
  return `oauth-creds-access-v1-${name}-`;
};

import type { Credential } from "../credential/credential.ts";
import { HOUR_MS, MINUTE_MS } from "../duration.ts";
import { parseObject } from "../json.ts";
import { HAND_OVER, openHandOver, sealHandOver } from "../ledger/handover.ts";
import type { AccessKey, Keyring, RootKey } from "../ledger/keys.ts";
import type { Site } from "../ledger/record-text.ts";
import { sign, verify } from "../ledger/seal.ts";
import type { World } from "../world/world.ts";
import { loadEntry, type Saved, saveEntry } from "./cache.ts";
import { derive, hmac } from "./derive.ts";

/*
 * The read accelerator: the access token of a ledger's login, sealed under the access key, in the Actions cache. So a
 * repository with thousands of jobs an hour spends none of its API budget on reading. It is never the truth, and
 * never a lock: whatever is wrong with an entry, the ledger is read.
 *
 * `ocacc1.` and base64url of JSON with a mint job's hand-over in it, `.`, and the root key's signature: a job with an
 * access key alone could seal a hand-over, and is not to choose which account the others work with.
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

/**
 * Puts the present access token into the cache: after each renewal, and at most once an hour after that. Never throws.
 *
 * @param site what names the ledger in both calls; `place` need not be the one that records are bound to
 */
export function saveAccess(
  world: World,
  key: RootKey,
  site: Site,
  credential: Credential,
  lineage: string,
  deadline?: () => number,
): Promise<Saved> {
  const now = world.now();
  const handOver = sealHandOver(credential, key.access, site, (bytes) => world.random(bytes));
  const payload = Buffer.from(JSON.stringify({ v: 1, handOver, lineage, savedAt: now })).toString("base64url");
  const text = `${ACCESS}${payload}.${sign(key.key, signedText(payload))}`;
  // Entries never change: each generation has its own, and each hour.
  const which = hmac(keyOf(key.access), `${lineage}\n${credential.generation}`).toString("hex").slice(0, 16);
  const name = `${prefixOf(key.access, site)}${which}-${Math.floor(now / HOUR_MS).toString(36)}`;
  return saveEntry(world, name, text, deadline);
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
    const found = (loaded.type === "found" ? loaded.entries : [])
      .map(({ text }) => openAccess(text, key, site, wanted, world.now()))
      .filter((credential) => credential !== undefined)
      .toSorted((a, b) => (b.accessExpiresAt ?? 0) - (a.accessExpiresAt ?? 0));
    if (found[0]) return found[0];
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
): Credential | undefined {
  const [, payload, signature] = /^ocacc1\.([\w-]+)\.([\w-]{86})$/.exec(text) ?? [];
  if (!payload || !signature || !verify(key.publicKey, signedText(payload), signature)) return undefined;
  const fields = parseObject(Buffer.from(payload, "base64url").toString("utf8"));
  const { v, handOver, lineage, savedAt } = fields ?? {};
  if (v !== 1 || typeof handOver !== "string" || typeof savedAt !== "number") return undefined;
  if (savedAt > now + SKEW_MS || savedAt < now - OLDEST_MS) return undefined;
  const said = parseObject(Buffer.from(handOver.slice(HAND_OVER.length), "base64url").toString("utf8"));
  const { place, provider, account } = said ?? {};
  if (place !== site.place || provider !== site.provider || account !== site.account) return undefined;
  const credential = openHandOver(handOver, { root: [], access: [key] });
  if (typeof credential === "string" || !credential.access) return undefined;
  const { accessExpiresAt, generation } = credential;
  if (accessExpiresAt === undefined || accessExpiresAt - now <= minValidityMs) return undefined;
  return atLeast && atLeast.lineage === lineage && generation < atLeast.generation ? undefined : credential;
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

import * as crypto from "node:crypto";
import { type Credential, EMPTY } from "../../../src/credential/credential.ts";
import { sealEnvelope } from "../../../src/credential/envelope.ts";
import { withFingerprint } from "../../../src/ledger/fingerprints.ts";
import { deriveAccessKey, type Keyring, makeRootKey, parseKeys, type RootKey } from "../../../src/ledger/keys.ts";
import { recordOf } from "../../../src/ledger/record.ts";
import { sealRecord, type Site } from "../../../src/ledger/record-text.ts";
import { sealShared } from "../../../src/ledger/shared-envelope.ts";
import { Secret } from "../../../src/secret.ts";
import type { LedgerUse, LoginLedger, LoginPlan } from "../plan/plan.ts";
import type { Git } from "../servers/git.ts";
import { idOf } from "../servers/git-names.ts";
import { SCOPES } from "../servers/provider.ts";
import { boxKeys } from "../servers/sealed-box.ts";
import type { Issued, RefreshToken } from "./effects.ts";
import { Stream } from "./random.ts";

/** Root keys of every simulation: they are made once, since making them has nothing to do with a schedule. */
const roots = [1, 2, 3].map((seed) => makeRootKey((bytes) => new Stream(seed, 0x600d).bytes(bytes)));
const [ROOT, NEXT, STRANGER] = roots as [string, string, string];

let ring: readonly RootKey[] | undefined;
const rootKeys = (): readonly RootKey[] =>
  (ring ??= roots.map((text) => (parseKeys(text) as Keyring).root[0] as RootKey));

/** `ledger-key` as a step has it. */
export function keysOf({ key }: LedgerUse): string {
  const [root] = rootKeys() as [RootKey];
  switch (key) {
    case "root":
      return ROOT;
    case "access":
      return deriveAccessKey(root);
    case "both":
      return `${ROOT} ${NEXT}`;
    case "next":
      return `${NEXT} ${ROOT}`;
    case "stranger":
      return STRANGER;
  }
}

/** The two places where the record can be, as the git database names them: a branch where the server takes nothing else. */
export const placesOf = ({ repository, account }: LoginLedger): readonly [string, string] => [
  `${repository} refs/oauth-creds/v1/anthropic/${account}`,
  `${repository} refs/heads/oauth-creds/anthropic/${account}`,
];

/** Where the record is, or would be. */
export function refOf(ledger: LoginLedger, { refs, takesOwnRefs }: Git): string {
  const [own, branch] = placesOf(ledger);
  if (refs.has(own)) return own;
  return refs.has(branch) || !takesOwnRefs ? branch : own;
}

const siteOf = ({ repository, account }: LoginLedger): Site => ({
  place: `github:${idOf(repository)}:refs/oauth-creds/v1/anthropic/${account}`,
  provider: "anthropic",
  account,
});

/** What earlier runs have left behind: the record, and the copy of it in a secret. */
export function madeEarlier(login: LoginPlan & { ledger: LoginLedger }, now: Issued, before: RefreshToken, at: number) {
  const random = new Stream(at, now.refresh.generation);
  const bytes = (count: number) => random.bytes(count);
  const { access, refresh } = now;
  const credential: Credential = {
    ...EMPTY,
    kind: "login",
    access: new Secret(access.text),
    accessExpiresAt: Math.floor(access.endsAt / 1000) * 1000,
    refresh: new Secret(refresh.text),
    scopes: SCOPES.split(" "),
    generation: 3,
  };
  const [key] = rootKeys() as [RootKey];
  const site = siteOf(login.ledger);
  const record = withFingerprint(recordOf(credential, login.ledger.account, bytes), new Secret(before.text));
  const shared = sealShared(credential, record.lineage, key, site, bytes, undefined);
  const { secret: name, repository } = login;
  const location = { kind: "repository" as const, name, repository, repositoryId: String(idOf(repository)) };
  const probe = { encrypted_value: "AAAA", key_id: boxKeys()[0].id };
  const savedAt = Math.floor(at / 1000) * 1000;
  return {
    record: sealRecord(record, key, site.place, bytes),
    envelope: sealEnvelope(shared, { savedAt, location, probe }),
  };
}

const FORMAT = "oauth-creds ledger v1";
const derived = new Map<string, Buffer>();

/**
 * The simulator's own opening of what is sealed under a root key (HKDF-SHA-256, AES-256-GCM), without any of the
 * product's checks. Undefined if it is sealed under none of the keys that there are.
 */
export function unseal(purpose: "refresh sealing" | "envelope sealing", bound: readonly unknown[], sealed: string) {
  const bytes = Buffer.from(sealed, "base64url");
  const aad = Buffer.from(JSON.stringify([FORMAT, purpose, ...bound]));
  for (const root of roots) {
    const name = `${root} ${purpose}`;
    let key = derived.get(name);
    if (!key) {
      const input = Buffer.from(root.slice("ocr1_".length), "base64url");
      key = Buffer.from(crypto.hkdfSync("sha256", input, "", `${FORMAT} ${purpose}`, 32));
      derived.set(name, key);
    }
    try {
      const decipher = crypto.createDecipheriv("aes-256-gcm", key, bytes.subarray(0, 12));
      decipher.setAAD(aad).setAuthTag(bytes.subarray(12, 28));
      const text = Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()]).toString("utf8");
      return JSON.parse(text) as Record<string, unknown>;
    } catch {
      // Another key's.
    }
  }
  return undefined;
}

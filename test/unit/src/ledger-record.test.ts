import { createPrivateKey, createPublicKey, randomBytes, webcrypto } from "node:crypto";
import { inspect } from "node:util";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Credential } from "../../../src/credential/credential.ts";
import { knows, withFingerprint } from "../../../src/ledger/fingerprints.ts";
import { deriveAccessKey, type Keyring, makeRootKey, parseKeys, type RootKey } from "../../../src/ledger/keys.ts";
import { type Opened, openRecord, type Refusal, sealRecord, type Site } from "../../../src/ledger/record-text.ts";
import {
  credentialOf,
  type Lease,
  type LedgerRecord,
  recordOf,
  type RootRecord,
  withGeneration,
  withLineage,
  withoutKept,
} from "../../../src/ledger/record.ts";
import { derive, type Purpose, seal, sign, unseal } from "../../../src/ledger/seal.ts";
import { Secret } from "../../../src/secret.ts";
import { anyTime, newChatGpt, newLogin, newOpenaiRefresh, newToken, NOW, pieceOf, word } from "./support.ts";

const SITE: Site = {
  place: "repository 42 refs/oauth-creds/v1/anthropic/default",
  provider: "anthropic",
  account: "default",
};

function ringOf(...texts: string[]): Keyring {
  const keys = parseKeys(texts.join(" "));
  if (typeof keys === "string") throw new Error(keys);
  return keys;
}
interface Keys {
  readonly text: string;
  readonly key: RootKey;
  /** A job that renews, and one that only uses the login. */
  readonly root: Keyring;
  readonly access: Keyring;
}
function newKeys(): Keys {
  const text = makeRootKey(randomBytes);
  const root = ringOf(text);
  const key = root.root[0] as RootKey;
  return { text, key, root, access: ringOf(deriveAccessKey(key)) };
}
const KEYS = newKeys();

const first = (credential: Credential = newLogin(), site = SITE): RootRecord =>
  recordOf(credential, site.account, randomBytes);
const write = (record: RootRecord, keys = KEYS, { place } = SITE): string =>
  sealRecord(record, keys.key, place, randomBytes);

const open = (text: string, ring = KEYS.root, site = SITE): Opened => openRecord(text, site, ring);
const refusal = (text: string, ring = KEYS.root, site = SITE): Refusal | "opened" => {
  const opened = open(text, ring, site);
  return opened.type === "refused" ? opened.why : "opened";
};
function withRoot(text: string, ring = KEYS.root, site = SITE): RootRecord {
  const opened = open(text, ring, site);
  if (opened.type !== "root") throw new Error(JSON.stringify(opened));
  return opened.record;
}
function withAccess(text: string, ring = KEYS.access, site = SITE): LedgerRecord {
  const opened = open(text, ring, site);
  if (opened.type !== "access") throw new Error(JSON.stringify(opened));
  return opened.record;
}

type Fields = Record<string, unknown>;
const fieldsOf = (text: string): Fields => JSON.parse(text) as Fields;
/** The text with other fields and a true signature: what nobody without the root key can make. */
function signedAgain(change: Fields, text: string, keys = KEYS): string {
  const { signature: _signature, ...fields } = { ...fieldsOf(text), ...change };
  const signed = JSON.stringify(fields).slice(0, -1);
  return `${signed},"signature":"${sign(keys.key.key, signed)}"}`;
}
/** The same with the old signature. */
function changed(change: Fields, text: string): string {
  const { signature, ...fields } = { ...fieldsOf(text), ...change };
  return JSON.stringify({ ...fields, signature });
}

/** With the tokens themselves, which a comparison of Secrets would not see. */
const bare = (value: unknown): unknown =>
  value instanceof Secret
    ? { secret: value.reveal() }
    : Array.isArray(value)
      ? value.map(bare)
      : typeof value === "object" && value !== null
        ? Object.fromEntries(Object.entries(value).map(([name, one]) => [name, bare(one)]))
        : value;

const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const anySecret = fc.string({ unit: "grapheme", minLength: 1, maxLength: 60 }).map((text) => new Secret(text));
const json = fc.jsonValue().map((value) => JSON.parse(JSON.stringify(value)) as unknown);
const anyCredential: fc.Arbitrary<Credential> = fc.record({
  kind: fc.constantFrom("login" as const, "access" as const, "setup-token" as const),
  provider: fc.constantFrom("anthropic" as const, "openai" as const, "custom" as const),
  generation: fc.integer(),
  access: maybe(anySecret),
  accessExpiresAt: maybe(anyTime.map((ms) => ms + 7)),
  refresh: maybe(anySecret),
  loginExpiresAt: maybe(anyTime),
  scopes: maybe(fc.array(fc.string(), { maxLength: 4 })),
  clientId: maybe(fc.string()),
  clientAuth: maybe(fc.constant("post" as const)),
  plan: maybe(fc.string()),
  idToken: maybe(anySecret),
  accountId: maybe(fc.string()),
  other: fc.dictionary(word(1, 9), json, { maxKeys: 4 }),
  shared: fc.constant(undefined),
  recovery: fc.constant(undefined),
  predecessor: maybe(anySecret),
});
const anyLease: fc.Arbitrary<Lease> = fc.record({
  owner: fc.string({ unit: "grapheme" }),
  nonce: word(1, 20),
  phase: fc.constantFrom("intent" as const, "checked-out" as const),
  ttlMs: fc.nat(),
  attempts: fc.nat(),
});
const anyDead = fc.record({ at: anyTime, why: fc.string() });
const anySite = (provider: Site["provider"]): fc.Arbitrary<Site> =>
  fc.record({ place: fc.string({ unit: "grapheme" }), provider: fc.constant(provider), account: word(1, 20) });

describe("a record", () => {
  test("opens as what was written: whole with the root key, without what renews it with the access key", () => {
    const any = anyCredential.chain((credential) =>
      fc.tuple(fc.constant(credential), anySite(credential.provider), maybe(anyLease), maybe(anyDead), anyCredential),
    );
    fc.assert(
      fc.property(any, ([credential, site, lease, dead, before]) => {
        const old = first({ ...before, provider: credential.provider }, site);
        const record: RootRecord = { ...withLineage(old, credential, randomBytes), lease, dead };
        const text = write(record, KEYS, site);
        const opened = withRoot(text, KEYS.root, site);
        // What is kept is an envelope, which says times in seconds.
        expect(bare({ ...opened, root: { ...opened.root, kept: [] } })).toEqual(
          bare({ ...record, root: { ...record.root, kept: [] } }),
        );
        expect(opened.root.kept.map(({ lineage, credential: kept }) => [lineage, kept.refresh?.reveal()])).toEqual(
          before.refresh ? [[old.lineage, before.refresh.reveal()]] : [],
        );
        expect(bare(credentialOf(opened))).toEqual(bare(credential));

        const seen = withAccess(text, KEYS.access, site);
        expect(bare(seen)).toEqual(bare({ ...opened, refresh: undefined, root: undefined }));
        expect(bare(credentialOf(seen))).toEqual(
          bare({ ...credential, refresh: undefined, predecessor: undefined, clientAuth: undefined }),
        );
      }),
      { numRuns: 60 },
    );
  });

  test("is one line of JSON in ASCII that a person can read", () => {
    const site = { ...SITE, place: "/home/zoë/ledger 🔑" };
    const lease: Lease = {
      owner: "run 7, job ‘büro’",
      nonce: "n",
      phase: "intent",
      ttlMs: 120_000,
      attempts: 1,
    };
    const text = write(
      { ...first(newLogin({ accessExpiresAt: NOW + 7 })), lease, dead: { at: NOW, why: "revoked" } },
      KEYS,
      site,
    );
    expect(text).toMatch(/^\{"v":1,"kid":"[0-9a-f]{8}","place":"[ -~]+"\}$/);
    expect(fieldsOf(text)).toMatchObject({
      kid: KEYS.key.access.kid,
      place: site.place,
      provider: "anthropic",
      account: "default",
      generation: 0,
      accessExpiresAt: "2031-05-06T07:08:09.007Z",
      lease,
      dead: { at: "2031-05-06T07:08:09.000Z", why: "revoked" },
    });
    expect(withRoot(text, KEYS.root, site).lease).toEqual(lease);
  });

  test("may have got a line break at its end, as commit messages do", () => {
    const text = write(first());
    expect(withRoot(`${text}\n`)).toEqual(withRoot(text));
  });

  test("is as long as a commit message may well be", () => {
    // As long as real ones.
    const long = (bytes: number) => new Secret(`eyJ${randomBytes(bytes).toString("base64url")}`);
    const chatGpt = newChatGpt({ access: long(1500), idToken: long(1200), refresh: new Secret(newOpenaiRefresh()) });
    const grown = (credential: Credential) =>
      Array.from({ length: 60 }).reduce<RootRecord>(
        (record) => withFingerprint(record, new Secret(newToken())),
        first(credential),
      );
    expect(write(first()).length).toBeLessThan(1800);
    expect(write(grown(newLogin())).length).toBeLessThan(2700);
    expect(write(grown(chatGpt)).length).toBeLessThan(8192);
    expect(write(grown(newLogin())).length - write(first()).length).toBeLessThan(16 * 60 + 60);
  });

  test("prints as [secret] where a token is", () => {
    const opened = open(write(first()));
    const printed = inspect(opened, { depth: 9 }) + JSON.stringify(opened);
    const record = (opened as { record: RootRecord }).record;
    for (const token of [record.refresh, record.access.access, record.root.fingerprintKey]) {
      expect(pieceOf(token?.reveal() as string, printed)).toBeUndefined();
    }
  });

  test("opens for another implementation that follows the description", async () => {
    const { subtle } = webcrypto;
    const credential = newLogin();
    const text = write({ ...first(credential), generation: 3 });
    const fields = fieldsOf(text);
    const hkdf = async (bytes: Uint8Array, use: string) => {
      const key = await subtle.importKey("raw", bytes, "HKDF", false, ["deriveBits"]);
      const info = Buffer.from(`oauth-creds ledger v1 ${use}`);
      return Buffer.from(
        await subtle.deriveBits({ name: "HKDF", hash: "SHA-256", salt: new Uint8Array(), info }, key, 256),
      );
    };
    const decrypt = async (key: Uint8Array, purpose: string, sealed: unknown) => {
      const bytes = Buffer.from(sealed as string, "base64url");
      const { place, provider, account } = SITE;
      const bound = ["oauth-creds ledger v1", purpose, 1, place, provider, account, fields["lineage"], 3];
      const imported = await subtle.importKey("raw", key, "AES-GCM", false, ["decrypt"]);
      const plain = await subtle.decrypt(
        { name: "AES-GCM", iv: bytes.subarray(0, 12), additionalData: Buffer.from(JSON.stringify(bound)) },
        imported,
        Buffer.concat([bytes.subarray(28), bytes.subarray(12, 28)]),
      );
      return fieldsOf(Buffer.from(plain).toString());
    };
    const root = Buffer.from(KEYS.text.slice(5), "base64url");
    const access = await hkdf(root, "access key");
    expect(await decrypt(await hkdf(access, "access sealing"), "access sealing", fields["access"])).toMatchObject({
      kind: "login",
      access: credential.access?.reveal(),
      scopes: credential.scopes,
    });
    expect(await decrypt(await hkdf(root, "refresh sealing"), "refresh sealing", fields["refresh"])).toMatchObject({
      refresh: credential.refresh?.reveal(),
      kept: [],
    });
    const x = KEYS.key.access.publicKey;
    const publicKey = await subtle.importKey("jwk", { kty: "OKP", crv: "Ed25519", x }, "Ed25519", false, ["verify"]);
    const [, signed, signature] = /^(.*),"signature":"(.*)"\}$/.exec(text) as unknown as [string, string, string];
    const bytes = Buffer.from(`oauth-creds ledger v1 record\n${signed}`);
    expect(await subtle.verify("Ed25519", publicKey, Buffer.from(signature, "base64url"), bytes)).toBe(true);
  });
});

describe("is refused", () => {
  const text = write({ ...first(), generation: 2 });

  test("with one bit of one byte turned, wherever it is", () => {
    const bytes = Buffer.from(text, "ascii");
    for (let at = 0; at < bytes.length; at++) {
      const altered = Buffer.from(bytes);
      altered[at] = (altered[at] as number) ^ (1 << (at % 8));
      expect(refusal(altered.toString("latin1")), `byte ${at}`).not.toBe("opened");
    }
  });

  test("for a job with the access key too", () => {
    const anyAt = fc.integer({ min: 0, max: text.length - 1 });
    fc.assert(
      fc.property(anyAt, fc.integer({ min: 32, max: 126 }), (at, code) => {
        const altered = text.slice(0, at) + String.fromCharCode(code) + text.slice(at + 1);
        expect(refusal(altered, KEYS.access) === "opened").toBe(altered === text);
      }),
    );
  });

  test("with something cut off, put in, or behind it", () => {
    const anyAt = fc.integer({ min: 0, max: text.length - 1 });
    fc.assert(
      fc.property(anyAt, fc.string({ minLength: 1, maxLength: 3 }), (at, more) => {
        expect(refusal(text.slice(0, at))).toBe("altered");
        expect(refusal(text.slice(at + 1))).toBe("altered");
        expect(refusal(text.slice(0, at) + more + text.slice(at))).not.toBe("opened");
        expect(refusal(`${text} ${more.trim() || "x"}`)).not.toBe("opened");
      }),
    );
  });

  test("whatever it is", () => {
    const foreign = fc.oneof(
      fc.string({ unit: "grapheme" }),
      fc.json(),
      fc.string().map((more) => `{"v":1${more}`),
    );
    fc.assert(fc.property(foreign, (any) => void expect(refusal(any)).toMatch(/^altered$|^newer-format$/)));
    expect(refusal("")).toBe("altered");
    expect(refusal("[".repeat(200_000))).toBe("altered");
    expect(refusal(text.replace('"v":1', '"v":"1"'))).toBe("altered");
  });

  test("the same fields in another order or spelling", () => {
    const { v, kid, ...rest } = fieldsOf(text);
    expect(refusal(JSON.stringify({ kid, v, ...rest }))).toBe("altered");
    expect(refusal(text.replace('"account"', String.raw`"\u0061ccount"`))).toBe("altered");
    expect(refusal(text.replace(",", ", "))).toBe("altered");
    expect(refusal(text.replace('"v":1', '"v":1,"v":1'))).toBe("altered");
  });

  test.each<[string, Site, Refusal]>([
    ["another repository", { ...SITE, place: SITE.place.replace("42", "43") }, "other-place"],
    ["another ref", { ...SITE, place: SITE.place.replace("default", "other") }, "other-place"],
    ["another account", { ...SITE, account: "other" }, "other-place"],
    ["another provider", { ...SITE, provider: "openai" }, "other-place"],
  ])("from %s", (_, site, why) => {
    expect(refusal(text, KEYS.root, site)).toBe(why);
    expect(refusal(text, KEYS.access, site)).toBe(why);
  });

  test("of a key that is not among ours", () => {
    const other = newKeys();
    expect(refusal(text, other.root)).toBe("unknown-key");
    expect(refusal(text, other.access)).toBe("unknown-key");
    expect(refusal(text, { root: [], access: [] })).toBe("unknown-key");
  });

  test("of another key that goes by the name of ours", () => {
    const other = newKeys();
    const forged = signedAgain({ kid: KEYS.key.access.kid }, write(first(), other), other);
    expect(refusal(forged)).toBe("altered");
    expect(refusal(forged, KEYS.access)).toBe("altered");
  });
});

describe("a part from elsewhere is refused", () => {
  const here = { ...first(), generation: 5 };
  const { lineage } = here;
  const other = newKeys();
  const own = write(here);
  const elsewhere: [string, string][] = [
    ["another generation", write({ ...withGeneration(here, newLogin()), generation: 6 })],
    ["another lineage", write({ ...first(), generation: 5 })],
    ["another account", write({ ...here, account: "other" })],
    ["another provider", write({ ...here, provider: "openai" })],
    ["another place", write(here, KEYS, { ...SITE, place: "elsewhere" })],
    ["another key", write(here, other)],
  ];
  const parts = ["access", "refresh", "both"];

  test.each(elsewhere.flatMap(([where, text]) => parts.map((part) => [part, where, text] as const)))(
    "%s of %s",
    (part, _, text) => {
      const { access, refresh } = fieldsOf(text);
      const change = part === "both" ? { access, refresh } : part === "access" ? { access } : { refresh };
      for (const ring of [KEYS.root, KEYS.access]) expect(refusal(changed(change, own), ring)).toBe("altered");
      // Even if a holder of the root key put it together by mistake.
      expect(refusal(signedAgain(change, own))).toBe("altered");
      if (part !== "refresh") expect(refusal(signedAgain(change, own), KEYS.access)).toBe("altered");
    },
  );

  test.each<[string, Fields]>([
    ["a lease", { lease: { owner: "o", nonce: "n", phase: "intent", ttlMs: 1, attempts: 0 } }],
    ["a dead mark", { dead: { at: "2031-01-01T00:00:00.000Z", why: "refused" } }],
    ["a generation", { generation: 6 }],
    ["a lineage", { lineage: "other" }],
    ["an end", { accessExpiresAt: "2041-01-01T00:00:00.000Z" }],
    ["the end of the login", { loginExpiresAt: undefined }],
    ["fingerprints", { fingerprints: "" }],
    ["a later field", { more: 1 }],
  ])("%s", (_, change) => {
    for (const ring of [KEYS.root, KEYS.access]) expect(refusal(changed(change, own), ring)).toBe("altered");
  });

  test("a lease that was taken away", () => {
    const lease: Lease = { owner: "o", nonce: "n", phase: "intent", ttlMs: 1, attempts: 0 };
    const leased = write({ ...here, lease });
    expect(withAccess(leased).lease).toEqual(lease);
    for (const ring of [KEYS.root, KEYS.access])
      expect(refusal(changed({ lease: undefined }, leased), ring)).toBe("altered");
  });

  test("the one part in the place of the other", () => {
    const { access, refresh } = fieldsOf(own);
    expect(refusal(signedAgain({ access: refresh, refresh: access }, own))).toBe("altered");
    expect(refusal(signedAgain({ refresh: access }, own))).toBe("altered");
    expect(refusal(signedAgain({ access: refresh }, own), KEYS.access)).toBe("altered");
  });

  test.each([[undefined], [null], [1], [{ toString: 1, valueOf: 1 }], [""]])("%j in the place of a part", (part) => {
    expect(refusal(signedAgain({ access: part }, own))).toBe("altered");
    expect(refusal(signedAgain({ refresh: part }, own))).toBe("altered");
    expect(refusal(signedAgain({ access: part }, own), KEYS.access)).toBe("altered");
  });

  test("a signature of another record", () => {
    const { signature } = fieldsOf(write({ ...here, lineage }));
    expect(refusal(changed({ signature }, own))).toBe("altered");
  });
});

describe("a holder of the access key", () => {
  const record = { ...first(), generation: 4 };
  const text = write(record);
  const { access } = KEYS.key;
  const purposes: Purpose[] = ["access key", "key id", "access sealing", "refresh sealing", "signature"];
  /** Every key that can be made of what such a job holds. */
  const within = [access.key, new Secret(access.publicKey)].flatMap((key) => [
    key,
    ...purposes.map((purpose) => new Secret(derive(key, purpose).toString("base64url"))),
  ]);

  test("cannot open the refresh part", () => {
    const { place, provider, account } = SITE;
    const bound = [1, place, provider, account, record.lineage, 4];
    const { refresh } = fieldsOf(text);
    expect(unseal(KEYS.key.key, "refresh sealing", bound, refresh as string)).toContain(record.refresh?.reveal());
    for (const key of within) {
      for (const purpose of purposes) expect(unseal(key, purpose, bound, refresh as string)).toBeUndefined();
    }
  });

  test("cannot make a record that verifies, for itself or for others", () => {
    const tokens = newLogin();
    for (const key of within) {
      const forged = write(first(tokens), { ...KEYS, key: { key, access } });
      expect(refusal(forged, KEYS.access)).toBe("altered");
      expect(refusal(forged, KEYS.root)).toBe("altered");
    }
  });

  test("cannot put its own access part into a true record, though it can seal one", () => {
    const { place, provider, account } = SITE;
    const part = JSON.stringify({ kind: "login", access: newToken(), other: {} });
    const sealed = seal(
      access.key,
      "access sealing",
      [1, place, provider, account, record.lineage, 4],
      part,
      randomBytes,
    );
    expect(withAccess(signedAgain({ access: sealed }, text)).access.kind).toBe("login");
    expect(refusal(changed({ access: sealed }, text), KEYS.access)).toBe("altered");
  });

  test("has nothing in its hands that leads to the refresh token", () => {
    const opened = withAccess(text);
    expect(opened.refresh).toBeUndefined();
    expect(opened.root).toBeUndefined();
    expect(JSON.stringify(bare(opened))).not.toContain(record.refresh?.reveal());
    expect(credentialOf(opened)).toMatchObject({ kind: "login", refresh: undefined, predecessor: undefined });
  });

  test("has a public key that belongs to the root key", () => {
    const pkcs8 = Buffer.from("302e020100300506032b657004220420", "hex");
    const publicKeys = within.map((key) => {
      const seed = Buffer.concat([pkcs8, Buffer.from(key.reveal(), "base64url").subarray(0, 32)]);
      if (seed.length !== 48) return "";
      return createPublicKey(createPrivateKey({ key: seed, format: "der", type: "pkcs8" })).export({ format: "jwk" }).x;
    });
    expect(publicKeys).not.toContain(access.publicKey);
  });
});

describe("nothing secret stands in the text", () => {
  /** Whether 12 characters of it stand there as they are, or as base64 of either alphabet at any offset. */
  function leak(secret: string, text: string): string | undefined {
    for (let at = 0; at + 12 <= secret.length; at++) {
      const piece = secret.slice(at, at + 12);
      const encoded = [0, 1, 2].flatMap((skip) => {
        const whole = piece.slice(skip, skip + 3 * Math.floor((12 - skip) / 3));
        return [Buffer.from(whole).toString("base64"), Buffer.from(whole).toString("base64url")];
      });
      for (const form of [piece, ...encoded]) if (text.includes(form)) return form;
    }
    return undefined;
  }

  test("no piece of a token or key, as it is or in base64", () => {
    const rotated = newChatGpt({ predecessor: new Secret(newOpenaiRefresh()) });
    const later = withLineage(first(newLogin({ provider: "openai" })), rotated, randomBytes);
    const record = {
      ...later,
      lease: { owner: "o", nonce: "n", phase: "intent", ttlMs: 9, attempts: 0 } as const,
    };
    const text = write(record);
    const { access, root } = record;
    const kept = root.kept[0]?.credential;
    const secrets = [
      access.access,
      access.idToken,
      record.refresh,
      root.predecessor,
      kept?.refresh,
      kept?.access,
      root.fingerprintKey,
      KEYS.key.key,
      KEYS.key.access.key,
    ].map((secret) => secret?.reveal());
    const raw = secrets.slice(-3).map((key) => Buffer.from(key as string, "base64url").toString("hex"));
    const all = [...secrets, ...raw, KEYS.text, access.accountId] as string[];
    expect(all.every((one) => one.length > 12)).toBe(true);
    // The parts too: what they hold must be ciphertext, not text in another coating.
    const inside = ["access", "refresh"].map((part) =>
      Buffer.from(fieldsOf(text)[part] as string, "base64url").toString("latin1"),
    );
    for (const secret of all) for (const where of [text, ...inside]) expect(leak(secret, where)).toBeUndefined();
    expect(leak(SITE.place, text)).toBeDefined();
    expect(leak("twelve chars", Buffer.from("x twelve chars").toString("base64"))).toBeDefined();
  });

  test("the same record is written differently each time", () => {
    const record = first();
    const [one, two] = [fieldsOf(write(record)), fieldsOf(write(record))];
    for (const part of ["access", "refresh", "signature"]) expect(one[part]).not.toBe(two[part]);
  });
});

describe("with another key", () => {
  const old = newKeys();
  const next = newKeys();
  const token = newLogin();
  const text = write(first(token), old);
  const both = ringOf(next.text, old.text);

  test("a record is opened with the old one and written with the first; its fingerprints stay", () => {
    const opened = open(text, both);
    expect(opened).toMatchObject({ type: "root", kid: old.key.access.kid });
    const moved = sealRecord(withRoot(text, both), both.root[0] as RootKey, SITE.place, randomBytes);
    expect(open(moved, both)).toMatchObject({ type: "root", kid: next.key.access.kid });
    expect(open(moved, next.access)).toMatchObject({ type: "access", kid: next.key.access.kid });
    expect(knows(withRoot(moved, next.root), token.refresh as Secret)).toBe(true);
    expect(bare(withRoot(moved, next.root))).toEqual(bare(withRoot(text, old.root)));
    expect(refusal(moved, old.root)).toBe("unknown-key");
    expect(refusal(moved, old.access)).toBe("unknown-key");
  });

  test("jobs with both access keys follow", () => {
    const accesses = ringOf(deriveAccessKey(next.key), deriveAccessKey(old.key));
    expect(open(text, accesses)).toMatchObject({ type: "access", kid: old.key.access.kid });
    expect(open(write(first(token), next), accesses)).toMatchObject({ type: "access", kid: next.key.access.kid });
  });

  test("the root key counts where both kinds of one key are given", () => {
    expect(open(text, ringOf(deriveAccessKey(old.key), old.text)).type).toBe("root");
  });

  test("of the same name the one is taken that made the record", () => {
    const namesake = { ...next.key, access: { ...next.key.access, kid: old.key.access.kid } };
    expect(open(text, { root: [namesake, old.key], access: [] }).type).toBe("root");
    expect(open(text, { root: [namesake], access: old.access.access }).type).toBe("access");
    expect(refusal(text, { root: [namesake], access: [] })).toBe("altered");
  });
});

describe("a later version's", () => {
  const record = first();
  const { place, provider, account } = SITE;
  const bound = [1, place, provider, account, record.lineage, 0];
  const text = write(record);
  const accessPart = (change: Fields) => {
    const part = fieldsOf(
      unseal(KEYS.key.access.key, "access sealing", bound, fieldsOf(text)["access"] as string) as string,
    );
    return {
      access: seal(KEYS.key.access.key, "access sealing", bound, JSON.stringify({ ...part, ...change }), randomBytes),
    };
  };
  const rootPart = (change: Fields) => {
    const part = fieldsOf(
      unseal(KEYS.key.key, "refresh sealing", bound, fieldsOf(text)["refresh"] as string) as string,
    );
    return {
      refresh: seal(KEYS.key.key, "refresh sealing", bound, JSON.stringify({ ...part, ...change }), randomBytes),
    };
  };

  test("fields are kept and written again, each where it was", () => {
    const odd = JSON.parse('{"__proto__":{"a":1},"constructor":2,"n":[null]}') as Fields;
    const fields = {
      ...accessPart({ seen: odd }),
      ...rootPart({ hidden: odd, more: { device: odd } }),
      clear: odd,
      toString: 1,
    };
    const opened = withRoot(signedAgain(fields, text));
    expect(credentialOf(opened)).toMatchObject({ device: odd });
    expect(Object.keys(credentialOf(opened))).not.toContain("hidden");
    const next = withGeneration(opened, {
      ...credentialOf(opened),
      generation: 1,
      refresh: new Secret(newToken("ort")),
    });
    const again = write(next);
    const all = withRoot(again);
    expect(all.later).toEqual({ clear: odd, toString: 1 });
    expect(all.access.later).toEqual({ seen: odd });
    expect(all.root.later).toEqual({ hidden: odd });
    expect(all.root.more).toEqual({ device: odd });
    expect(JSON.stringify(all.later)).toContain('"__proto__":{"a":1}');
    expect(withAccess(again).access.later).toEqual({ seen: odd });
    expect(again).not.toContain("hidden");
  });

  test("fields of a credential are sealed under the root key", () => {
    const credential = { ...newLogin(), device: "of a later version" };
    const own = write(first(credential));
    expect(credentialOf(withRoot(own))).toMatchObject({ device: "of a later version" });
    expect(JSON.stringify(bare(withAccess(own)))).not.toContain("of a later version");
  });

  test("format is refused as what it is, signed or not", () => {
    for (const v of [2, 3, 1e9]) {
      expect(refusal(changed({ v }, text))).toBe("newer-format");
      expect(refusal(JSON.stringify({ v, anything: true }), { root: [], access: [] })).toBe("newer-format");
    }
    for (const v of [0, -1, null, "2", true, {}]) expect(refusal(changed({ v }, text))).toBe("altered");
  });

  const lease: Lease = { owner: "o", nonce: "n", phase: "intent", ttlMs: 1, attempts: 0 };
  test.each<[string, () => Fields]>([
    ["phase of a lease", () => ({ lease: { ...lease, phase: "resting" } })],
    ["kind of lease", () => ({ lease: { owner: "o" } })],
    ["lease that is a text", () => ({ lease: "mine" })],
    ["empty lease", () => ({ lease: null })],
    ["ttl in words", () => ({ lease: { ...lease, ttlMs: "2 min" } })],
    ["dead mark", () => ({ dead: true })],
    ["dead mark without a reason", () => ({ dead: { at: "2031-01-01T00:00:00Z" } })],
    ["time", () => ({ accessExpiresAt: 1 })],
    ["time of another calendar", () => ({ loginExpiresAt: "soon" })],
    ["generation", () => ({ generation: undefined })],
    ["fingerprints", () => ({ fingerprints: ["a"] })],
    ["list of fingerprints", () => ({ fingerprints: "a" })],
    ["kind of credential", () => accessPart({ kind: "passkey" })],
    ["access token", () => accessPart({ access: {} })],
    ["scopes", () => accessPart({ scopes: "all" })],
    ["scopes, one of which is none", () => accessPart({ scopes: ["a", 1] })],
    ["other fields", () => accessPart({ other: null })],
    ["refresh token", () => rootPart({ refresh: ["a"] })],
    ["key of the fingerprints", () => rootPart({ fingerprintKey: undefined })],
    ["earlier lineages", () => rootPart({ kept: {} })],
    ["earlier lineage", () => rootPart({ kept: [{ lineage: "a", credential: "oc2.abc" }] })],
    ["earlier lineage that is none", () => rootPart({ kept: [null] })],
    ["credential", () => rootPart({ more: 1 })],
  ])("%s is refused, not guessed at", (name, change) => {
    // A generation is bound to the sealed parts: without one they do not open.
    expect(refusal(signedAgain(change(), text))).toBe(name === "generation" ? "altered" : "newer-format");
  });

  test("fields of a lease and of a dead mark stay while it stands", () => {
    const long = {
      lease: { ...lease, since: "x" },
      dead: { at: "2031-01-01T00:00:00.000Z", why: "refused", who: "y" },
    };
    expect(fieldsOf(write(withRoot(signedAgain(long, text))))).toMatchObject(long);
  });
});

describe("whatever a provider gives, what is written can be read", () => {
  const odd = JSON.parse('{"__proto__":1,"":"\\ud800","deep":[[[{}]]]}') as Fields;
  test.each<[string, Partial<Credential>]>([
    ["a generation below zero", { generation: -1 }],
    ["a generation beyond counting", { generation: 1e300 }],
    ["an endless token", { accessExpiresAt: Infinity, loginExpiresAt: 1e20 }],
    ["an end that is no number", { accessExpiresAt: Number.NaN, loginExpiresAt: Number.NaN }],
    ["an end before time", { accessExpiresAt: -1, loginExpiresAt: 0 }],
    ["half a millisecond", { accessExpiresAt: NOW + 0.5, loginExpiresAt: 0.5 }],
    ["the last moment", { accessExpiresAt: 8.64e15 }],
    ["half a character", { plan: "\ud800", refresh: new Secret("\ud800\u0000\n") }],
    ["odd fields", { other: odd }],
    ["no token at all", { access: undefined, refresh: undefined }],
  ])("%s", (_, change) => {
    const credential = newLogin(change);
    const record = first(credential);
    const opened = withRoot(write({ ...record, dead: { at: Number.NaN, why: "refused" } }));
    const { access: _access, refresh, other, plan, generation } = credentialOf(opened);
    expect(refresh?.reveal()).toBe(credential.refresh?.reveal());
    expect({ other: JSON.stringify(other), plan, generation }).toEqual({
      other: JSON.stringify(credential.other),
      plan: credential.plan,
      generation: credential.generation,
    });
    expect(opened.dead).toEqual({ at: 0, why: "refused" });
    // And once more as what is kept of an earlier lineage.
    const next = withRoot(write(withLineage(record, newLogin(), randomBytes)));
    expect(next.root.kept.map((kept) => kept.credential.refresh?.reveal())).toEqual(
      credential.refresh ? [credential.refresh.reveal()] : [],
    );
  });
});

describe("over its life", () => {
  const start = newLogin();
  const second = newLogin({ generation: 1, predecessor: new Secret(newToken("ort")) });
  const lease: Lease = { owner: "o", nonce: "n", phase: "intent", ttlMs: 1, attempts: 0 };
  const tokens = [start.refresh, second.refresh, second.predecessor] as Secret[];

  test("a record knows every refresh token that it held, without being told", () => {
    const record = withGeneration(first(start), second);
    for (const token of tokens) expect(knows(withRoot(write(record)), token)).toBe(true);
    expect(knows(record, new Secret(newToken("ort")))).toBe(false);
    expect(knows(record, start.access as Secret)).toBe(false);
  });

  test("a new generation ends the lease and the dead mark, and stays in its lineage", () => {
    const held: RootRecord = { ...first(start), lease, dead: { at: NOW, why: "refused" } };
    const next = withGeneration(held, second);
    expect(next).toMatchObject({ lease: undefined, dead: undefined, generation: 1, lineage: held.lineage });
    expect(next.root.fingerprintKey).toBe(held.root.fingerprintKey);
    expect(bare(credentialOf(next))).toEqual(bare(second));
  });

  test("a fresh sign-in begins a lineage and keeps the one before until it has worked", () => {
    const old = withGeneration(first(start), second);
    const fresh = newLogin();
    const next = withRoot(write(withLineage(old, fresh, randomBytes)));
    expect(next.lineage).not.toBe(old.lineage);
    expect(bare(credentialOf(next))).toEqual(bare(fresh));
    expect(bare(next.root.kept)).toEqual(bare([{ lineage: old.lineage, credential: second }]));
    const again = withLineage(next, newLogin(), randomBytes);
    expect(again.root.kept.map((kept) => kept.lineage)).toEqual([old.lineage, next.lineage]);

    const settled = withRoot(write(withoutKept(again)));
    expect(settled.root.kept).toEqual([]);
    for (const token of [...tokens, fresh.refresh as Secret]) expect(knows(settled, token)).toBe(true);
  });

  test("two records of one login have nothing in common that could be seen", () => {
    const [one, two] = [first(start), first(start)];
    expect(one.lineage).toMatch(/^[\w-]{12}$/);
    expect(one.lineage).not.toBe(two.lineage);
    expect(one.fingerprints).not.toEqual(two.fingerprints);
    expect(Buffer.from(one.root.fingerprintKey.reveal(), "base64url")).toHaveLength(32);
  });
});

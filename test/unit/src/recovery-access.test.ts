import { randomBytes } from "node:crypto";
import { describe, expect, test } from "vitest";
import { deriveAccessKey, type Keyring, makeRootKey, parseKeys, type RootKey } from "../../../src/ledger/keys.ts";
import { seal, sign } from "../../../src/ledger/seal.ts";
import { accessEntry, loadAccess, openAccess } from "../../../src/recovery/access.ts";
import { saveEntry } from "../../../src/recovery/cache.ts";
import { type Credential, EMPTY } from "../../../src/credential/credential.ts";
import { sealEnvelope } from "../../../src/credential/envelope.ts";
import { Secret } from "../../../src/secret.ts";
import { CACHE_ENV, type FakeCache, fakeCache } from "../../support/cache/fake.ts";
import {
  DAY,
  type FakeWorld,
  fakeWorld,
  HOUR,
  MINUTE,
  newLogin,
  newToken,
  NOW,
  pieceOf,
  tempFolder,
} from "./support.ts";

const random = (bytes: number) => randomBytes(bytes);
const SITE = { provider: "anthropic", account: "default", place: "github:42:refs/x" } as const;
const WANTED = { minValidityMs: HOUR };

function newRing(): { ring: Keyring; root: RootKey; accessOnly: Keyring } {
  const ring = parseKeys(makeRootKey(random)) as Keyring;
  const root = ring.root[0] as RootKey;
  return { ring, root, accessOnly: parseKeys(deriveAccessKey(root)) as Keyring };
}

interface Stage {
  readonly world: FakeWorld;
  readonly cache: FakeCache;
}

function stage(env: Record<string, string> = {}): Stage {
  const cache = fakeCache();
  const world = fakeWorld({
    env: { ...CACHE_ENV, RUNNER_TEMP: tempFolder(), ...env },
    http: cache.http,
    run: cache.run,
  });
  return { world, cache };
}

const textOf = (world: FakeWorld, root: RootKey, credential: Credential, lineage = "row") =>
  accessEntry(world, root, SITE, credential, lineage).text;

function saveAccess(world: FakeWorld, root: RootKey, site: typeof SITE, credential: Credential, lineage: string) {
  const { name, text } = accessEntry(world, root, site, credential, lineage);
  return saveEntry(world, name, text);
}

test("a job with the access key gets the access token, and nothing that renews it", async () => {
  const { world, cache } = stage();
  const { root, accessOnly } = newRing();
  const part = { ...newLogin(), plan: "max", scopes: ["a"], clientId: "c", other: { tier: 4 }, generation: 3 };
  const login = { ...part, loginExpiresAt: NOW + 9 * DAY, predecessor: new Secret(newToken("ort")) };
  expect(await saveAccess(world, root, SITE, login, "row")).toEqual({ type: "saved", proved: true });
  const found = await loadAccess(world, accessOnly, SITE, WANTED);
  expect(found?.access?.reveal()).toBe(login.access?.reveal());
  // All that a record's access part has: a job works with it as with the ledger's.
  expect({ ...found, access: undefined }).toEqual({
    ...EMPTY,
    kind: "login",
    generation: 3,
    plan: "max",
    scopes: ["a"],
    clientId: "c",
    other: { tier: 4 },
    access: undefined,
    accessExpiresAt: login.accessExpiresAt,
    loginExpiresAt: login.loginExpiresAt,
  });
  const bytes = cache.entries.map(({ name }) => name).join() + textOf(world, root, login);
  for (const secret of [login.access, login.refresh, root.key, root.access.key]) {
    expect(pieceOf(secret?.reveal() ?? "", bytes)).toBeUndefined();
  }
});

test("each generation and each hour has an entry of its own; the newest counts", async () => {
  const { world, cache } = stage();
  const { root, accessOnly } = newRing();
  const first = newLogin({ generation: 3 });
  await saveAccess(world, root, SITE, first, "row");
  expect(await saveAccess(world, root, SITE, first, "row")).toEqual({ type: "present", same: false });
  world.pass(HOUR);
  expect(await saveAccess(world, root, SITE, first, "row")).toEqual({ type: "saved", proved: true });
  const second = newLogin({ generation: 4 });
  await saveAccess(world, root, SITE, second, "row");
  expect(cache.entries).toHaveLength(3);
  expect((await loadAccess(world, accessOnly, SITE, WANTED))?.generation).toBe(4);
  const begun = newLogin({ generation: 0 });
  await saveAccess(world, root, SITE, begun, "another row");
  expect((await loadAccess(world, accessOnly, SITE, WANTED))?.access?.reveal()).toBe(begun.access?.reveal());
});

describe("what is ignored", () => {
  test("a token that ends too soon, or whose end is not known", async () => {
    const { world } = stage();
    const { root, accessOnly } = newRing();
    await saveAccess(world, root, SITE, newLogin({ accessExpiresAt: NOW + HOUR }), "row");
    expect(await loadAccess(world, accessOnly, SITE, WANTED)).toBeUndefined();
    expect(await loadAccess(world, accessOnly, SITE, { minValidityMs: 30 * MINUTE })).toBeDefined();
    const unknown = textOf(world, root, newLogin({ accessExpiresAt: undefined }));
    expect(openAccess(unknown, root.access, SITE, { minValidityMs: 0 }, NOW)).toBeUndefined();
  });

  test("an older generation than the job knows of; of another lineage it cannot tell", async () => {
    const { world } = stage();
    const { root, accessOnly } = newRing();
    await saveAccess(world, root, SITE, newLogin({ generation: 3 }), "row");
    const atLeast = (generation: number, lineage = "row") =>
      loadAccess(world, accessOnly, SITE, { ...WANTED, atLeast: { lineage, generation } });
    expect(await atLeast(3)).toBeDefined();
    expect(await atLeast(4)).toBeUndefined();
    expect(await atLeast(4, "an earlier row")).toBeDefined();
  });

  test("an entry that is hours old, or from the future", async () => {
    const { world } = stage();
    const { root, accessOnly } = newRing();
    await saveAccess(world, root, SITE, newLogin({ accessExpiresAt: NOW + DAY }), "row");
    world.pass(6 * HOUR);
    expect(await loadAccess(world, accessOnly, SITE, WANTED)).toBeDefined();
    world.pass(1);
    expect(await loadAccess(world, accessOnly, SITE, WANTED)).toBeUndefined();
    const text = textOf(world, root, newLogin({ accessExpiresAt: NOW + DAY }));
    expect(openAccess(text, root.access, SITE, WANTED, NOW)).toBeUndefined();
  });

  test("another ledger's, another login's, another key's", async () => {
    const { world, cache } = stage();
    const { root, accessOnly } = newRing();
    await saveAccess(world, root, SITE, newLogin(), "row");
    for (const other of [{ place: "github:43:refs/x" }, { account: "work" }, { provider: "openai" as const }]) {
      expect(await loadAccess(world, accessOnly, { ...SITE, ...other }, WANTED)).toBeUndefined();
      const text = textOf(world, root, newLogin());
      expect(openAccess(text, root.access, { ...SITE, ...other }, WANTED, NOW)).toBeUndefined();
    }
    const stranger = newRing();
    expect(await loadAccess(world, stranger.accessOnly, SITE, WANTED)).toBeUndefined();
    const text = textOf(world, root, newLogin());
    expect(openAccess(text, stranger.root.access, SITE, WANTED, NOW)).toBeUndefined();
    expect(cache.entries).toHaveLength(1);
  });

  test("what a job with the access key has made up: it cannot sign", async () => {
    const { world } = stage();
    const { root, accessOnly } = newRing();
    const key = accessOnly.access[0]!;
    const fields = { v: 1, ...SITE, lineage: "row", generation: 0, kind: "login", savedAt: NOW };
    const names = ["v", "place", "provider", "account", "lineage", "generation", "kind", "savedAt"] as const;
    const part = sealEnvelope({ ...newLogin(), kind: "access" }, undefined);
    const bound = names.map((name) => fields[name]);
    const sealed = seal(key.key, "access entry", bound, part, random);
    const payload = Buffer.from(JSON.stringify({ ...fields, sealed })).toString("base64url");
    const stolen = textOf(world, root, newLogin()).split(".")[2];
    const signatures = [stolen, sign(key.key, `access part\n${payload}`), sign(root.key, payload), "A".repeat(86)];
    for (const signature of signatures) {
      expect(openAccess(`ocacc1.${payload}.${signature}`, key, SITE, WANTED, NOW)).toBeUndefined();
    }
    expect(
      openAccess(`ocacc1.${payload}.${sign(root.key, `access part\n${payload}`)}`, key, SITE, WANTED, NOW),
    ).toBeDefined();
  });

  test("every character that is another", async () => {
    const { world } = stage();
    const { root } = newRing();
    const text = textOf(world, root, newLogin());
    expect(openAccess(text, root.access, SITE, WANTED, NOW)).toBeDefined();
    for (let at = 0; at < text.length; at += 7) {
      const altered = text.slice(0, at) + (text[at] === "A" ? "B" : "A") + text.slice(at + 1);
      expect(openAccess(altered, root.access, SITE, WANTED, NOW), `at ${at}`).toBeUndefined();
    }
    for (const other of ["", "ocs1.x", text.slice(0, -1), `${text}\n`]) {
      expect(openAccess(other, root.access, SITE, WANTED, NOW)).toBeUndefined();
    }
  });
});

test("no cache, or a closed one: the ledger is read", async () => {
  const { root, accessOnly } = newRing();
  for (const env of [{ ACTIONS_RUNTIME_TOKEN: "" }, { ACTIONS_CACHE_MODE: "none" }]) {
    const { world, cache } = stage(env);
    expect(await loadAccess(world, accessOnly, SITE, WANTED)).toBeUndefined();
    expect((await saveAccess(world, root, SITE, newLogin(), "row")).type).toMatch(/^(denied|unavailable)$/);
    expect(cache.calls).toEqual([]);
  }
});

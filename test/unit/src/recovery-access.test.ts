import { randomBytes } from "node:crypto";
import { describe, expect, test } from "vitest";
import { sealHandOver } from "../../../src/ledger/handover.ts";
import { deriveAccessKey, type Keyring, makeRootKey, parseKeys, type RootKey } from "../../../src/ledger/keys.ts";
import { sign } from "../../../src/ledger/seal.ts";
import { loadAccess, openAccess, saveAccess } from "../../../src/recovery/access.ts";
import type { Credential } from "../../../src/credential/credential.ts";
import { CACHE_ENV, type FakeCache, fakeCache } from "../../support/cache/fake.ts";
import { DAY, type FakeWorld, fakeWorld, HOUR, MINUTE, newLogin, NOW, pieceOf, tempFolder } from "./support.ts";

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

const textsOf = async (world: FakeWorld, root: RootKey, credential: Credential, lineage = "row") => {
  const beside = stage();
  beside.world.pass(world.now() - NOW);
  let text = "";
  beside.cache.writings.push((_name, { cwd }) => {
    text = beside.world.files.read(`${cwd}/oauth-creds`) ?? "";
    return { status: 3 };
  });
  await saveAccess(beside.world, root, SITE, credential, lineage);
  return text;
};

test("a job with the access key gets the access token, and nothing that renews it", async () => {
  const { world, cache } = stage();
  const { root, accessOnly } = newRing();
  const login = newLogin({ generation: 3 });
  expect(await saveAccess(world, root, SITE, login, "row")).toEqual({ type: "saved", proved: true });
  const found = await loadAccess(world, accessOnly, SITE, WANTED);
  expect(found?.access?.reveal()).toBe(login.access?.reveal());
  expect(found).toMatchObject({
    kind: "access",
    generation: 3,
    refresh: undefined,
    accessExpiresAt: login.accessExpiresAt,
  });
  const bytes = cache.entries.map(({ name }) => name).join() + (await textsOf(world, root, login));
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
    const unknown = await textsOf(world, root, newLogin({ accessExpiresAt: undefined }));
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
    const text = await textsOf(world, root, newLogin({ accessExpiresAt: NOW + DAY }));
    expect(openAccess(text, root.access, SITE, WANTED, NOW)).toBeUndefined();
  });

  test("another ledger's, another login's, another key's", async () => {
    const { world, cache } = stage();
    const { root, accessOnly } = newRing();
    await saveAccess(world, root, SITE, newLogin(), "row");
    for (const other of [{ place: "github:43:refs/x" }, { account: "work" }, { provider: "openai" as const }]) {
      expect(await loadAccess(world, accessOnly, { ...SITE, ...other }, WANTED)).toBeUndefined();
      const text = await textsOf(world, root, newLogin());
      expect(openAccess(text, root.access, { ...SITE, ...other }, WANTED, NOW)).toBeUndefined();
    }
    const stranger = newRing();
    expect(await loadAccess(world, stranger.accessOnly, SITE, WANTED)).toBeUndefined();
    const text = await textsOf(world, root, newLogin());
    expect(openAccess(text, stranger.root.access, SITE, WANTED, NOW)).toBeUndefined();
    expect(cache.entries).toHaveLength(1);
  });

  test("what a job with the access key has made up: it cannot sign", async () => {
    const { world } = stage();
    const { root, accessOnly } = newRing();
    const key = accessOnly.access[0]!;
    const handOver = sealHandOver(newLogin(), key, SITE, random);
    const payload = Buffer.from(JSON.stringify({ v: 1, handOver, lineage: "row", savedAt: NOW })).toString("base64url");
    const stolen = (await textsOf(world, root, newLogin())).split(".")[2];
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
    const text = await textsOf(world, root, newLogin());
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

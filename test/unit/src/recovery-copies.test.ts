import { randomBytes } from "node:crypto";
import { describe, expect, test } from "vitest";
import { findCopy, isKept, keepCopy } from "../../../src/recovery/copies.ts";
import { entryName, newRecoveryKey, openCopy, type RecoveryKey, sealCopy } from "../../../src/recovery/copy.ts";
import type { Credential } from "../../../src/credential/credential.ts";
import { HttpFailure } from "../../../src/world/world.ts";
import { Secret } from "../../../src/secret.ts";
import { packed, tar, versionOf } from "../../support/cache/archives.ts";
import { CACHE_ENV, type FakeCache, fakeCache, reply } from "../../support/cache/fake.ts";
import { type FakeWorld, fakeWorld, newLogin, newToken, NOW, tempFolder } from "./support.ts";

const random = (bytes: number) => randomBytes(bytes);
const newKey = (): RecoveryKey => ({ from: "ledger", key: newRecoveryKey(random) });
const SITE = { provider: "anthropic", account: "default", place: "github:42:refs/x", label: "the ledger" } as const;
const refreshOf = (credential: Credential): Secret => credential.refresh as Secret;

interface Stage {
  readonly world: FakeWorld;
  readonly cache: FakeCache;
}

function stage(env: Record<string, string> = {}): Stage {
  const cache = fakeCache();
  const given = { ...CACHE_ENV, RUNNER_TEMP: tempFolder(), ...env };
  return { cache, world: fakeWorld({ env: given, http: cache.http, run: cache.run }) };
}

const lost = () => {
  throw new HttpFailure(true, "ECONNRESET");
};

test("what one job keeps, the next finds; its tokens are masked by then", async () => {
  const { world, cache } = stage();
  const [key, spent, next] = [newKey(), new Secret(newToken("ort")), newLogin({ generation: 7 })];
  const kept = await keepCopy(world, key, SITE, spent, next);
  expect(kept && isKept(kept)).toBe(true);
  expect(cache.entries.map(({ name }) => name)).toEqual([`${entryName(key, "anthropic", spent)}.1`]);
  const other = stage();
  cache.entries.forEach((entry) => other.cache.entries.push(entry));
  const found = await findCopy(other.world, [newKey(), key], SITE, spent);
  expect(found).toMatchObject({ type: "found", at: NOW, complete: true, credential: { generation: 7 } });
  expect(found.type === "found" && refreshOf(found.credential).reveal()).toBe(refreshOf(next).reveal());
  expect(other.world.recorded.masks).toContain(refreshOf(next).reveal());
  expect(other.world.recorded.masks).toContain(next.access?.reveal());
  expect(openCopy(kept?.text ?? "", key, SITE, spent).type).toBe("opened");
  expect(world.recorded.text()).toBe("");
});

test("a provider that does not rotate leaves nothing to be kept", async () => {
  const { world, cache } = stage();
  const next = newLogin();
  expect(await keepCopy(world, newKey(), SITE, refreshOf(next), next)).toBeUndefined();
  expect(cache.calls).toEqual([]);
});

describe("keeping", () => {
  test("a name that a dead job has reserved, or that holds something else, is passed by", async () => {
    const { world, cache } = stage();
    const [key, spent, next] = [newKey(), new Secret(newToken("ort")), newLogin()];
    const name = entryName(key, "anthropic", spent);
    cache.writings.push(() => ({ status: 3, stdout: "Failed request: (409) Conflict" })); // and nothing is there
    cache.add(`${name}.2`, "something else");
    const kept = await keepCopy(world, key, SITE, spent, next);
    expect(kept?.saved).toEqual({ type: "saved", proved: true });
    expect(cache.calls.filter((call) => call.startsWith("save")).map((call) => call.slice(-2))).toEqual([
      ".1",
      ".2",
      ".3",
    ]);
    expect(await findCopy(world, [key], SITE, spent)).toMatchObject({ type: "found" });
  });

  test("all three taken: the copy is there for the summary all the same", async () => {
    const { world, cache } = stage();
    const [key, spent, next] = [newKey(), new Secret(newToken("ort")), newLogin()];
    for (const number of [1, 2, 3]) cache.add(`${entryName(key, "anthropic", spent)}.${number}`, "something else");
    const kept = await keepCopy(world, key, SITE, spent, next);
    expect(kept?.saved).toEqual({ type: "present", same: false });
    expect(kept && isKept(kept)).toBe(false);
    expect(openCopy(kept?.text ?? "", key, SITE, spent).type).toBe("opened");
  });

  test.each([
    ["denied", { ACTIONS_CACHE_MODE: "read" }],
    ["unavailable", { ACTIONS_RUNTIME_TOKEN: "" }],
  ])("%s: it is not tried again", async (type, env) => {
    const { world, cache } = stage(env);
    const [key, spent, next] = [newKey(), new Secret(newToken("ort")), newLogin()];
    const kept = await keepCopy(world, key, SITE, spent, next);
    expect(kept?.saved).toEqual({ type });
    expect(cache.calls).toEqual([]);
    expect(openCopy(kept?.text ?? "", key, SITE, spent).type).toBe("opened");
  });

  test("no further name is tried after the deadline, or against the rate limit", async () => {
    const { world, cache } = stage();
    const [key, spent, next] = [newKey(), new Secret(newToken("ort")), newLogin()];
    cache.writings.push(() => {
      world.pass(21_000);
      return { status: 3, stdout: "(409)" };
    });
    expect((await keepCopy(world, key, SITE, spent, next))?.saved.type).toBe("unclear");
    cache.writings.push(() => ({ status: 3, stdout: "Rate limited: x" }));
    expect((await keepCopy(world, key, SITE, spent, next))?.saved).toEqual({ type: "unclear", reason: "throttled" });
    expect(cache.calls.filter((call) => call.startsWith("save"))).toHaveLength(2);
  });

  test("two jobs that spent the same token (a grace window): the newest copy is found, the other is beside it", async () => {
    const { world, cache } = stage();
    const [key, spent] = [newKey(), new Secret(newToken("ort"))];
    const [one, two] = [newLogin({ generation: 2 }), newLogin({ generation: 2 })];
    await keepCopy(world, key, SITE, spent, one);
    await keepCopy(world, key, SITE, spent, two);
    expect(cache.entries).toHaveLength(2);
    const found = await findCopy(world, [key], SITE, spent);
    expect(found.type === "found" && refreshOf(found.credential).reveal()).toBe(refreshOf(two).reveal());
  });
});

describe("finding", () => {
  test("nothing, in one round of looks", async () => {
    const { world, cache } = stage();
    expect(await findCopy(world, [newKey()], SITE, new Secret(newToken("ort")))).toEqual({ type: "none" });
    expect(cache.calls).toHaveLength(2);
  });

  test("a row of generations is followed to its end", async () => {
    const { world } = stage();
    const key = newKey();
    const row = [1, 2, 3, 4].map((generation) => newLogin({ generation }));
    for (const [index, next] of row.slice(1).entries()) {
      await keepCopy(world, key, SITE, refreshOf(row[index] as Credential), next);
    }
    for (const from of [0, 1, 2]) {
      const found = await findCopy(world, [key], SITE, refreshOf(row[from] as Credential));
      expect(found).toMatchObject({ type: "found", complete: true, credential: { generation: 4 } });
    }
    expect(await findCopy(world, [key], SITE, refreshOf(row[3] as Credential))).toEqual({ type: "none" });
  });

  test("a row of which the rest cannot be asked is not complete", async () => {
    const { world, cache } = stage();
    const [key, spent, next] = [newKey(), new Secret(newToken("ort")), newLogin()];
    await keepCopy(world, key, SITE, spent, next);
    cache.downloads.push((request) => {
      cache.gets.push(...Array.from({ length: 6 }, () => lost));
      const bytes = cache.entries[Number(new URL(request.url).pathname.slice(1))]?.bytes;
      return reply(200, bytes?.toString("latin1") ?? "");
    });
    expect(await findCopy(world, [key], SITE, spent)).toMatchObject({ type: "found", complete: false });
  });

  test("a ring of tokens, which only a broken provider could make, has an end", async () => {
    const { world } = stage();
    const key = newKey();
    const [one, two] = [newLogin(), newLogin()];
    await keepCopy(world, key, SITE, refreshOf(one), two);
    await keepCopy(world, key, SITE, refreshOf(two), one);
    expect(await findCopy(world, [key], SITE, refreshOf(one))).toMatchObject({ type: "found", complete: false });
  });

  test("a poisoned entry in front of ours does not hide it", async () => {
    const { world, cache } = stage();
    const [key, spent, next] = [newKey(), new Secret(newToken("ort")), newLogin()];
    await keepCopy(world, key, SITE, spent, next);
    const name = entryName(key, "anthropic", spent);
    cache.add(`${name}.9`, "junk");
    cache.entries.push({
      name: `${name}.8`,
      version: versionOf("gzip"),
      bytes: packed.gzip(tar([{ name: "../x", content: "evil" }])),
    });
    expect(await findCopy(world, [key], SITE, spent)).toMatchObject({ type: "found" });
  });

  test("poison alone is told, and is not taken for anything", async () => {
    const spent = new Secret(newToken("ort"));
    const key = newKey();
    const name = `${entryName(key, "anthropic", spent)}.1`;
    const foreign = sealCopy(newLogin(), spent, newKey(), SITE, NOW, random);
    for (const [text, why] of [
      ["junk", "not-a-copy"],
      [foreign, "other-key"],
      [sealCopy(newLogin(), new Secret(newToken("ort")), key, SITE, NOW, random), "other-login"],
      [sealCopy(newLogin(), spent, key, { ...SITE, place: "github:43:refs/x" }, NOW, random), "other-place"],
      [sealCopy(newLogin({ refresh: spent }), spent, key, SITE, NOW, random), "no-successor"],
    ] as const) {
      const { world, cache } = stage();
      cache.add(name, text);
      expect(await findCopy(world, [key], SITE, spent)).toEqual({ type: "unreadable", why });
    }
    const { world, cache } = stage();
    cache.entries.push({
      name,
      version: versionOf("zstd"),
      bytes: packed.zstd(tar([{ name: "../x", content: "evil" }])),
    });
    expect(await findCopy(world, [key], SITE, spent)).toEqual({ type: "unreadable", why: "foreign" });
  });

  test("what was kept under another name of the account proves all the same that the token is spent", async () => {
    const [key, spent] = [newKey(), new Secret(newToken("ort"))];
    const text = sealCopy(newLogin(), spent, key, { ...SITE, account: "work" }, NOW, random);
    const { world, cache } = stage();
    cache.add(`${entryName(key, "anthropic", spent)}.1`, text);
    expect(await findCopy(world, [key], SITE, spent)).toEqual({ type: "other-account", account: "work" });
    // That of another token, put there by somebody, proves nothing.
    const later = stage();
    const other = new Secret(newToken("ort"));
    later.cache.add(`${entryName(key, "anthropic", other)}.1`, text);
    expect(await findCopy(later.world, [key], SITE, other)).toEqual({ type: "unreadable", why: "other-account" });
  });

  test("a cache that does not answer is no empty cache", async () => {
    const { world, cache } = stage();
    cache.gets.push(...Array.from({ length: 6 }, () => lost));
    expect(await findCopy(world, [newKey()], SITE, new Secret(newToken("ort")))).toEqual({
      type: "unclear",
      reason: "no answer",
    });
    const closed = stage({ ACTIONS_CACHE_MODE: "none" });
    expect(await findCopy(closed.world, [newKey()], SITE, new Secret(newToken("ort")))).toEqual({ type: "denied" });
    const without = stage({ ACTIONS_RUNTIME_TOKEN: "" });
    expect(await findCopy(without.world, [newKey()], SITE, new Secret(newToken("ort")))).toEqual({
      type: "unavailable",
    });
  });
});

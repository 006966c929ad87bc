import { readdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { loadEntry, saveEntry } from "../../../src/recovery/cache.ts";
import { cacheService, versions } from "../../../src/recovery/cache-service.ts";
import { HttpFailure } from "../../../src/world/world.ts";
import type { RunOptions } from "../../../src/world/programs.ts";
import { packed, tar, versionOf } from "../../support/cache/archives.ts";
import { CACHE_ENV, type FakeCache, fakeCache, reply } from "../../support/cache/fake.ts";
import { answer, type FakeWorld, fakeWorld, newToken, NOW, tempFolder } from "./support.ts";

interface Stage {
  readonly world: FakeWorld;
  readonly cache: FakeCache;
  readonly temp: string;
}

function stage(env: Record<string, string> = {}): Stage {
  const cache = fakeCache();
  const temp = tempFolder();
  const given = { ...CACHE_ENV, RUNNER_TEMP: temp, PATH: process.env["PATH"] ?? "", ...env };
  return { cache, temp, world: fakeWorld({ env: given, http: cache.http, run: cache.run }) };
}

const lost = () => {
  throw new HttpFailure(true, "ECONNRESET");
};

describe("which cache a job has", () => {
  const env = { ...CACHE_ENV, ACTIONS_CACHE_URL: "https://old.example/" };
  const which = (change: Record<string, string | undefined>) => cacheService({ ...env, ...change });

  test("version 2 on github.com and its tenants, version 1 elsewhere", () => {
    expect(which({})).toMatchObject({ version: "v2", url: CACHE_ENV.ACTIONS_RESULTS_URL });
    expect(which({ GITHUB_SERVER_URL: undefined })).toMatchObject({ version: "v2" });
    expect(which({ GITHUB_SERVER_URL: "https://tenant.ghe.com" })).toMatchObject({ version: "v2" });
    expect(which({ GITHUB_SERVER_URL: "https://github.corp.example" })).toMatchObject({
      version: "v1",
      url: env.ACTIONS_CACHE_URL,
    });
    expect(which({ GITHUB_SERVER_URL: "https://github.com.evil.example" })).toMatchObject({ version: "v1" });
    expect(which({ ACTIONS_CACHE_SERVICE_V2: undefined })).toMatchObject({ version: "v1" });
  });

  test("none without a token or an address", () => {
    expect(which({ ACTIONS_RUNTIME_TOKEN: undefined })).toBeUndefined();
    expect(which({ ACTIONS_RESULTS_URL: undefined })).toBeUndefined();
    expect(which({ ACTIONS_RESULTS_URL: "not an address" })).toBeUndefined();
    expect(which({ GITHUB_SERVER_URL: "https://ghes.example", ACTIONS_CACHE_URL: undefined })).toBeUndefined();
    expect(cacheService({})).toBeUndefined();
  });

  test.each([
    ["none", false, false],
    ["read", true, false],
    ["write", true, true],
    ["write-only", false, true],
    [" READ ", true, false],
    ["", true, true],
    ["unheard-of", true, true],
  ])("ACTIONS_CACHE_MODE=%s", (mode, readable, writable) => {
    expect(which({ ACTIONS_CACHE_MODE: mode })).toMatchObject({ readable, writable });
  });

  test("the versions of an entry are those of the official client", () => {
    expect(versions()).toEqual([versionOf("zstd"), versionOf("gzip")]);
  });
});

describe("loading", () => {
  test("what a machine with zstd has written, and one without", async () => {
    for (const method of ["zstd", "gzip"] as const) {
      const { world, cache } = stage();
      cache.add("name.1", "the text", method);
      expect(await loadEntry(world, "name.1")).toEqual({
        type: "found",
        entries: [{ name: "name.1", text: "the text" }],
      });
      expect(world.requests.filter(({ headers }) => headers["authorization"] === "Bearer runtime-token")).toHaveLength(
        2,
      );
      expect(world.requests.find(({ method: verb }) => verb === "GET")?.headers).toEqual({}); // no token to the blob store
    }
  });

  test("both, where both have", async () => {
    const { world, cache } = stage();
    cache.add("name.1", "one", "zstd");
    cache.add("name.1", "two", "gzip");
    expect(await loadEntry(world, "name.1")).toMatchObject({ entries: [{ text: "one" }, { text: "two" }] });
  });

  test("the newest of a prefix, and nothing longer where the name itself is asked for", async () => {
    const { world, cache } = stage();
    for (const number of [1, 2, 3]) cache.add(`name.${number}`, `text ${number}`);
    expect(await loadEntry(world, "name.", "prefix")).toMatchObject({ entries: [{ text: "text 3" }] });
    expect(await loadEntry(world, "name.")).toEqual({ type: "none" });
    expect(await loadEntry(world, "NAME.2")).toEqual({ type: "none" }); // this cache knows another name only
    cache.gets.push(() =>
      reply(200, { ok: true, signed_download_url: "https://blobs.example/1", matched_key: "NAME.2" }),
    );
    expect(await loadEntry(world, "name.2")).toMatchObject({ type: "found" });
    const other = () => reply(200, { ok: true, signed_download_url: "https://blobs.example/0", matched_key: "else" });
    cache.gets.push(other, other);
    expect(await loadEntry(world, "name.", "prefix")).toEqual({ type: "none" });
  });

  test("the other spelling of the answer's fields", async () => {
    const { world, cache } = stage();
    cache.add("name.1", "the text");
    cache.gets.push(() => reply(200, { ok: true, signedDownloadUrl: "https://blobs.example/0", matchedKey: "name.1" }));
    expect(await loadEntry(world, "name.1")).toMatchObject({ type: "found" });
  });

  test("nothing is there", async () => {
    const { world, cache } = stage();
    expect(await loadEntry(world, "name.1")).toEqual({ type: "none" });
    cache.gets.push(() => reply(404, { code: "not_found", msg: "" }));
    expect(await loadEntry(world, "name.1")).toEqual({ type: "none" });
  });

  test("evicted between the look and the download", async () => {
    const { world, cache } = stage();
    cache.add("name.1", "the text");
    cache.downloads.push(() => reply(404, "<Error/>"));
    expect(await loadEntry(world, "name.1")).toEqual({ type: "none" });
  });

  test("somebody else's content is told apart, and none of it comes back", async () => {
    const { world, cache } = stage();
    const hostile = packed.zstd(tar([{ name: "../../.bashrc", content: "evil" }]));
    cache.entries.push({ name: "name.1", version: versionOf("zstd"), bytes: hostile });
    expect(await loadEntry(world, "name.1")).toEqual({ type: "foreign" });
    cache.downloads.push(() => {
      throw new HttpFailure(true, "answer too large");
    });
    expect(await loadEntry(world, "name.1")).toEqual({ type: "foreign" });
  });

  test("a job that may not read", async () => {
    const { world, cache } = stage();
    const denied = () => reply(403, { code: "permission_denied", msg: "cache read denied: no scope" });
    cache.gets.push(denied, denied);
    expect(await loadEntry(world, "name.1")).toEqual({ type: "denied" });
    const ended = () => reply(401, { code: "unauthenticated" });
    cache.gets.push(ended, ended);
    expect(await loadEntry(world, "name.1")).toEqual({ type: "denied" });
    for (const mode of ["none", "write-only"]) {
      const closed = stage({ ACTIONS_CACHE_MODE: mode });
      expect(await loadEntry(closed.world, "name.1")).toEqual({ type: "denied" });
      expect(closed.cache.calls).toEqual([]);
    }
  });

  test("a step without a cache", async () => {
    const { world, cache } = stage({ ACTIONS_RUNTIME_TOKEN: "" });
    expect(await loadEntry(world, "name.1")).toEqual({ type: "unavailable" });
    expect(cache.calls).toEqual([]);
  });

  test.each<[string, () => never | ReturnType<typeof reply>]>([
    ["no answer", lost],
    ["server error", () => reply(503, "")],
  ])("%s: asked again, and then it is not clear", async (reason, fault) => {
    const { world, cache } = stage();
    cache.add("name.1", "the text");
    cache.gets.push(fault, fault);
    expect(await loadEntry(world, "name.1")).toMatchObject({ type: "found" });
    cache.downloads.push(fault);
    expect(await loadEntry(world, "name.1")).toMatchObject({ type: "found" });
    cache.gets.push(...Array.from({ length: 6 }, () => fault));
    expect(await loadEntry(world, "name.1")).toEqual({ type: "unclear", reason });
    expect(cache.gets).toEqual([]);
  });

  test("the rate limit is not argued with", async () => {
    const { world, cache } = stage();
    const limited = () => reply(429, { code: "resource_exhausted", msg: "slow down" });
    cache.gets.push(limited, limited);
    expect(await loadEntry(world, "name.1")).toEqual({ type: "unclear", reason: "throttled" });
    expect(cache.calls).toHaveLength(2);
  });

  test("nothing is begun after the deadline", async () => {
    const { world, cache } = stage();
    cache.gets.push(lost, lost);
    expect(await loadEntry(world, "name.1", "exact", () => NOW + 400)).toEqual({
      type: "unclear",
      reason: "no answer",
    });
    expect(cache.calls).toHaveLength(2);
    expect(await loadEntry(world, "name.1", "exact", () => NOW)).toEqual({ type: "unclear", reason: "no time left" });
    expect(cache.calls).toHaveLength(2);
    expect(world.requests.every(({ timeoutMs }) => timeoutMs <= 400)).toBe(true);
  });

  test("no answer whatever throws", async () => {
    const { world, cache } = stage();
    const bodies = fc.oneof(
      fc.json(),
      fc.string(),
      fc.constantFrom(`{"ok":true}`, `{"ok":true,"signed_download_url":"x","matched_key":"name.1"}`),
    );
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(200, 204, 302, 400, 403, 404, 418, 500), bodies, async (status, body) => {
        cache.gets.push(...Array.from({ length: 6 }, () => () => reply(status, body)));
        cache.downloads.push(() => reply(status, body));
        const loaded = await loadEntry(world, "name.1");
        expect(["none", "denied", "unclear", "foreign"]).toContain(loaded.type);
        cache.gets.length = 0;
        cache.downloads.length = 0;
      }),
      { numRuns: 60 },
    );
  });

  test("version 1 as GitHub Enterprise Server has it", async () => {
    const bytes = packed.gzip(tar([{ name: "oauth-creds", content: "the text" }])).toString("latin1");
    const asked: string[] = [];
    const env = {
      GITHUB_SERVER_URL: "https://ghes.example",
      ACTIONS_CACHE_URL: "https://ghes.example/_services/cache",
      ACTIONS_RUNTIME_TOKEN: "t",
    };
    const http = async ({ url, headers }: { url: string; headers: Readonly<Record<string, string>> }) => {
      const { pathname, searchParams } = new URL(url);
      asked.push(`${pathname} ${headers["authorization"] ?? ""}`);
      if (pathname === "/blob") return answer(200, bytes);
      if (searchParams.get("version") !== versionOf("gzip")) return answer(204, "");
      return answer(200, {
        archiveLocation: "https://ghes.example/blob",
        cacheKey: searchParams.get("keys")?.split(",")[0],
      });
    };
    const world = fakeWorld({ env, http });
    expect(await loadEntry(world, "name.1")).toMatchObject({ type: "found", entries: [{ text: "the text" }] });
    expect(asked.toSorted()).toEqual([
      "/_services/cache/_apis/artifactcache/cache Bearer t",
      "/_services/cache/_apis/artifactcache/cache Bearer t",
      "/blob ",
    ]);
  });
});

describe("saving", () => {
  test("it is proved by reading it back", async () => {
    const { world, cache, temp } = stage();
    expect(await saveEntry(world, "name.1", "the text")).toEqual({ type: "saved", proved: true });
    expect(cache.entries.map(({ name }) => name)).toEqual(["name.1"]);
    expect(readdirSync(temp)).toEqual([]);
    expect(world.recorded.events).toEqual([]);
  });

  test("the program gets a private folder, one file for nobody else, and no variable that it does not need", async () => {
    const token = newToken();
    const { world, cache, temp } = stage({
      INPUT_CREDENTIAL: token,
      NODE_OPTIONS: "--require evil",
      SEGMENT_DOWNLOAD_TIMEOUT_MINS: "1",
      TAR_OPTIONS: "--to-command=evil",
      GITHUB_ENV: "/x",
      RUNNER_DEBUG: "1",
      HTTPS_PROXY: "http://proxy.example",
    });
    let seen: RunOptions | undefined;
    let file = "";
    cache.writings.push((_name, options) => {
      seen = options;
      const folder = options.cwd ?? "";
      expect(dirname(folder)).toBe(temp);
      file = `${(statSync(folder).mode & 0o777).toString(8)} ${readdirSync(folder).join()} ${(statSync(join(folder, "oauth-creds")).mode & 0o777).toString(8)}`;
      return { status: 3 };
    });
    await saveEntry(world, "name.1", "the text");
    expect(file).toBe("700 oauth-creds 600");
    const given = Object.keys(seen?.env ?? {});
    for (const name of [
      "INPUT_CREDENTIAL",
      "NODE_OPTIONS",
      "SEGMENT_DOWNLOAD_TIMEOUT_MINS",
      "TAR_OPTIONS",
      "GITHUB_ENV",
      "RUNNER_DEBUG",
    ]) {
      expect(given).not.toContain(name);
    }
    expect(seen?.env).toMatchObject({ ...CACHE_ENV, HTTPS_PROXY: "http://proxy.example", HOME: seen?.cwd });
    expect(JSON.stringify(seen)).not.toContain(token.slice(20, 40));
    expect(readdirSync(temp)).toEqual([]);
  });

  test("an entry that is there already, with the same or with another text", async () => {
    const { world, cache } = stage();
    cache.add("name.1", "the text");
    expect(await saveEntry(world, "name.1", "the text")).toEqual({ type: "present", same: true });
    expect(await saveEntry(world, "name.1", "another")).toEqual({ type: "present", same: false });
    cache.entries[0]!.bytes = packed.zstd(tar([{ name: "/etc/x", content: "evil" }]));
    expect(await saveEntry(world, "name.1", "the text")).toEqual({ type: "present", same: false });
  });

  test("the program's word is not believed: neither when it says yes nor when it says no", async () => {
    const { world, cache } = stage();
    cache.writings.push(() => ({ status: 0 }));
    expect(await saveEntry(world, "name.1", "the text")).toEqual({ type: "unclear", reason: "saved and not shown" });
    cache.writings.push((name) => {
      cache.add(name, "the text");
      return { status: 3, stdout: "Unable to finalize cache" };
    });
    expect(await saveEntry(world, "name.1", "the text")).toEqual({ type: "present", same: true });
  });

  test("a reader that is behind is looked at once more", async () => {
    const { world, cache } = stage();
    cache.gets.push(...[1, 2].map(() => () => reply(200, { ok: false })));
    expect(await saveEntry(world, "name.1", "the text")).toEqual({ type: "saved", proved: true });
    expect(world.pauses).toEqual([1000]);
  });

  test("a job that may not write; one that may write and not read", async () => {
    for (const mode of ["none", "read"]) {
      const { world, cache } = stage({ ACTIONS_CACHE_MODE: mode });
      expect(await saveEntry(world, "name.1", "the text")).toEqual({ type: "denied" });
      expect(cache.calls).toEqual([]);
    }
    const { world, cache } = stage();
    cache.writings.push(() => ({ status: 3, stdout: "Failed to save: … More details: cache write denied: read-only" }));
    expect(await saveEntry(world, "name.1", "the text")).toEqual({ type: "denied" });
    const blind = stage({ ACTIONS_CACHE_MODE: "write-only" });
    expect(await saveEntry(blind.world, "name.1", "the text")).toEqual({ type: "saved", proved: false });
    expect(await saveEntry(blind.world, "name.1", "the text")).toEqual({
      type: "unclear",
      reason: "reserved by another job",
    });
    expect(blind.cache.calls).toEqual(["save name.1", "save name.1"]);
  });

  test("a step without a cache", async () => {
    const { world, cache } = stage({ ACTIONS_RESULTS_URL: "" });
    expect(await saveEntry(world, "name.1", "the text")).toEqual({ type: "unavailable" });
    expect(cache.calls).toEqual([]);
  });

  test.each([
    ["throttled", { status: 3, stdout: "Rate limited: Failed request: (429)" }],
    ["reserved by another job", { status: 3, stdout: "Failed request: (409) Conflict" }],
    ["no space left", { status: 3, stdout: "Cache storage quota has been hit" }],
    ["no connection", { status: 3, stdout: "Unable to make request: ECONNREFUSED" }],
    ["server error", { status: 3, stdout: "Failed to make request after 5 attempts: Failed request: (500)" }],
    ["no time left", { status: undefined }],
    ["not saved", { status: 3 }],
    ["status 4", { status: 4 }],
    ["not saved", { status: 1, stderr: `Error: ${newToken()}` }],
  ])("what went wrong in a few words of ours: %s", async (reason, ended) => {
    const { world, cache } = stage();
    cache.writings.push(() => ended);
    expect(await saveEntry(world, "name.1", "the text")).toEqual({ type: "unclear", reason });
  });

  test("no folder for it, and a text that is none of ours", async () => {
    const { world, cache, temp } = stage({ RUNNER_TEMP: "/dev/null/nowhere" });
    expect(await saveEntry(world, "name.1", "the text")).toEqual({ type: "unclear", reason: "no folder for it" });
    expect(await saveEntry(world, "name.1", "x".repeat(70_000))).toEqual({ type: "unclear", reason: "too large" });
    expect(cache.calls).toEqual([]);
    expect(readdirSync(temp)).toEqual([]);
  });

  test("the program is stopped at the deadline, also at one that a signal moves", async () => {
    const { world, cache } = stage();
    let options: RunOptions | undefined;
    let signalled = false;
    cache.writings.push((_name, given) => {
      options = given;
      return { status: undefined };
    });
    await saveEntry(world, "name.1", "the text", () => (signalled ? NOW + 7000 : Number.POSITIVE_INFINITY));
    const soFar = { stdout: "", stderr: "" };
    expect(options?.timeoutMs).toBe(20_000);
    world.pass(8000);
    expect(options?.until?.(soFar)).toBe(false);
    signalled = true;
    expect(options?.until?.(soFar)).toBe(true);
  });
});

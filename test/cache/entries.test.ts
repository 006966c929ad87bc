/** One entry of the cache: saved by the unmodified official client into a real blob store, read back by us. */
import { existsSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { versionOf } from "../support/cache/archives.ts";
import { expectQuiet, MAIN, stage } from "./stage.ts";

const world = stage();
const NAME = "oauth-creds-recovery-v1-0123456789abcdef.1";
const TEXT = "ocrec1.one-line-of-text";
const save = { do: "save", name: NAME, text: TEXT } as const;
const load = { do: "load", name: NAME } as const;
const found = { type: "found", entries: [{ name: NAME, text: TEXT }] };

/** A PATH without zstd. */
function withoutZstd(): string {
  const folder = mkdtempSync(join(tmpdir(), "oauth-creds-path-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const program of ["tar", "gzip"]) {
    const path = (process.env["PATH"] ?? "").split(delimiter).find((one) => existsSync(join(one, program)));
    symlinkSync(join(path ?? "/usr/bin", program), join(folder, program));
  }
  return folder;
}

describe("saved by one job, read by another", () => {
  test("on other runners, with other folders and homes; nothing is printed or left behind", async () => {
    const saved = await world.run(save);
    expect(saved.result).toEqual({ type: "saved", proved: true });
    expectQuiet(saved);
    const loaded = await world.run(load);
    expect(loaded.result).toEqual(found);
    expectQuiet(loaded);
    expect(world.service.names()).toEqual([NAME]);
  });

  test("in a container: no home, no workspace, no RUNNER_TEMP of its own", async () => {
    const bare = { HOME: undefined, GITHUB_WORKSPACE: undefined, RUNNER_TEMP: undefined };
    expect((await world.run(save, { env: bare })).result).toEqual({ type: "saved", proved: true });
    expect((await world.run(load)).result).toEqual(found);
  });

  test.skipIf(process.platform === "win32")("one of the two has no zstd", async () => {
    const PATH = withoutZstd();
    expect((await world.run(save, { env: { PATH } })).result).toEqual({ type: "saved", proved: true });
    expect((await world.run(load)).result).toEqual(found);
    world.service.evict(NAME);
    expect((await world.run(save)).result).toEqual({ type: "saved", proved: true });
    expect((await world.run(load, { env: { PATH } })).result).toEqual(found);
  });

  test("by version 1, as GitHub Enterprise Server, Gitea and Forgejo have it", async () => {
    const saved = await world.run(save, { old: true });
    expect(saved.result).toEqual({ type: "saved", proved: true });
    expectQuiet(saved);
    expect((await world.run(load, { old: true })).result).toEqual(found);
    expect((await world.run(save, { old: true })).result).toEqual({ type: "present", same: true });
    expect((await world.run({ ...load, name: `${NAME}0` }, { old: true })).result).toEqual({ type: "none" });
  });

  test("variables that would lead the client or Node elsewhere change nothing", async () => {
    const env = {
      NODE_OPTIONS: "--no-warnings",
      TAR_OPTIONS: "--transform=s/oauth-creds/other/",
      GITHUB_WORKSPACE: "/nowhere",
      CACHE_UPLOAD_CHUNK_SIZE: "0",
      AZURE_LOG_LEVEL: "verbose",
      SEGMENT_DOWNLOAD_TIMEOUT_MINS: "0",
    };
    const saved = await world.run(save, { env });
    expect(saved.result).toEqual({ type: "saved", proved: true });
    expectQuiet(saved);
  });

  test("evicted since", async () => {
    await world.run(save);
    world.service.evict(NAME);
    expect((await world.run(load)).result).toEqual({ type: "none" });
    await world.run(save);
    world.service.fault("download", { when: "before", status: 404 });
    expect((await world.run(load)).result).toEqual({ type: "none" });
  });
});

describe("entries never change", () => {
  test("the same text once more, and another one", async () => {
    await world.run(save);
    expect((await world.run(save)).result).toEqual({ type: "present", same: true });
    expect((await world.run({ ...save, text: "another" })).result).toEqual({ type: "present", same: false });
    expect((await world.run(load)).result).toEqual(found);
  });

  test("of two writers at once one has saved, and the other knows that it has not", async () => {
    const texts = ["one", "two"];
    const done = await Promise.all(texts.map((text) => world.run({ ...save, text })));
    const results = done.map(({ result }) => result);
    const winner = results.findIndex(({ type }) => type === "saved");
    expect(results.filter(({ type }) => type === "saved")).toEqual([{ type: "saved", proved: true }]);
    // The other sees the winner's text, unless the winner has only reserved the name by then.
    const other = results[1 - winner];
    expect([
      { type: "present", same: false },
      { type: "unclear", reason: "reserved by another job" },
    ]).toContainEqual(other);
    expect((await world.run(load)).result).toEqual({ type: "found", entries: [{ name: NAME, text: texts[winner] }] });
  });

  test("a name that a dead job has reserved is nobody's", async () => {
    world.service.reserve(NAME, versionOf("zstd"), MAIN);
    const done = await world.run(save);
    expect(done.result).toEqual({ type: "unclear", reason: "reserved by another job" });
    expectQuiet(done);
  });
});

describe("lost answers", () => {
  test("to the reservation: the name is reserved by nobody", async () => {
    world.service.fault("create", { when: "after" });
    const done = await world.run(save);
    expect(done.result).toEqual({ type: "unclear", reason: "no connection" });
    expectQuiet(done);
    expect(world.service.reserved()).toEqual([NAME]);
  });

  test("to the reservation, which the client then asks for again: its own first request has taken the name", async () => {
    world.service.fault("create", { when: "after", status: 500 });
    expect((await world.run(save)).result).toEqual({ type: "unclear", reason: "reserved by another job" });
    expect(world.service.names()).toEqual([]);
  });

  test("to the end of the upload: it is there, whatever the client says", async () => {
    world.service.fault("finalize", { when: "after" });
    const done = await world.run(save);
    expect(done.result).toEqual({ type: "present", same: true });
    expectQuiet(done);
    expect((await world.run(load)).result).toEqual(found);
  });

  test("the end of the upload never came: it is not there", async () => {
    world.service.fault("finalize", { when: "before" });
    const { result } = await world.run(save);
    expect(result["type"]).toBe("unclear");
    expect((await world.run(load)).result).toEqual({ type: "none" });
  });

  test("of the upload: the client tries again", async () => {
    world.service.fault("upload", { when: "before" });
    expect((await world.run(save)).result).toEqual({ type: "saved", proved: true });
  });

  test.each([{}, { status: 500 }, { status: 503 }])(
    "of the look and of the download (%j): we try again",
    async (how) => {
      await world.run(save);
      world.service.fault("get", { when: "after", ...how });
      expect((await world.run(load)).result).toEqual(found);
      world.service.fault("download", { when: "after", ...how });
      expect((await world.run(load)).result).toEqual(found);
    },
  );

  test("of the look that is to prove it", async () => {
    world.service.fault("get", { when: "before", times: 6 });
    expect((await world.run(save)).result).toEqual({ type: "unclear", reason: "saved and not read back" });
  });
});

describe("jobs that may not do everything", () => {
  test("a read-only token: of a run that somebody without write access could start", async () => {
    await world.run(save);
    world.service.tokens.set("job", { scope: MAIN, may: "read" });
    const denied = await world.run({ ...save, name: `${NAME}2` });
    expect(denied.result).toEqual({ type: "denied" });
    expectQuiet(denied);
    expect((await world.run(load)).result).toEqual(found);
    expect((await world.run({ ...save, name: `${NAME}2` }, { old: true })).result).toEqual({ type: "denied" });
  });

  test("a token without a scope that it may read", async () => {
    world.service.tokens.set("job", { scope: MAIN, may: "write" });
    expect((await world.run(load)).result).toEqual({ type: "denied" });
    expect((await world.run(load, { old: true })).result).toEqual({ type: "denied" });
    expect((await world.run(save)).result).toEqual({ type: "unclear", reason: "saved and not read back" });
  });

  test("a token that has ended", async () => {
    expect((await world.run(load, { token: "ended" })).result).toEqual({ type: "denied" });
    expect((await world.run(save, { token: "ended" })).result["type"]).toMatch(/^(denied|unclear)$/);
  });

  test.each([
    ["none", "denied", "denied"],
    ["read", "denied", "found"],
    ["write", "present", "found"],
    ["write-only", "unclear", "denied"],
  ])("ACTIONS_CACHE_MODE=%s", async (mode, saved, loaded) => {
    await world.run(save);
    const env = { ACTIONS_CACHE_MODE: mode };
    const before = world.service.calls.length;
    expect((await world.run(save, { env })).result.type).toBe(saved);
    expect((await world.run(load, { env })).result.type).toBe(loaded);
    if (mode === "none") expect(world.service.calls).toHaveLength(before);
  });

  test("ACTIONS_CACHE_MODE=write-only saves, and says that it is not proved", async () => {
    const env = { ACTIONS_CACHE_MODE: "write-only" };
    expect((await world.run(save, { env })).result).toEqual({ type: "saved", proved: false });
    expect((await world.run(load)).result).toEqual(found);
  });

  test("a step that has no cache", async () => {
    for (const name of ["ACTIONS_RUNTIME_TOKEN", "ACTIONS_RESULTS_URL"]) {
      const done = await world.run(save, { env: { [name]: undefined } });
      expect(done.result).toEqual({ type: "unavailable" });
      expectQuiet(done);
      expect((await world.run(load, { env: { [name]: undefined } })).result).toEqual({ type: "unavailable" });
    }
    expect((await world.run(save, { old: true, env: { ACTIONS_CACHE_URL: undefined } })).result).toEqual({
      type: "unavailable",
    });
  });
});

describe("a service in trouble", () => {
  test("it is down", async () => {
    await world.service.refuse();
    const saved = await world.run(save);
    expect(saved.result).toEqual({ type: "unclear", reason: "no connection" });
    expectQuiet(saved);
    const loaded = await world.run(load);
    expect(loaded.result).toEqual({ type: "unclear", reason: "no answer" });
    expectQuiet(loaded);
    await world.service.accept();
    expect((await world.run(save)).result).toEqual({ type: "saved", proved: true });
  });

  test("its rate limit", async () => {
    const limit = { when: "before", status: 429, headers: { "retry-after": "30" }, message: "slow down" } as const;
    world.service.fault("create", limit);
    const saved = await world.run(save);
    expect(saved.result).toEqual({ type: "unclear", reason: "throttled" });
    expectQuiet(saved);
    world.service.fault("get", { ...limit, times: 2 });
    expect((await world.run(load)).result).toEqual({ type: "unclear", reason: "throttled" });
  });

  test("no space is left", async () => {
    world.service.fault("create", { when: "before", status: 403, message: "insufficient usage to reserve cache" });
    expect((await world.run(save)).result).toEqual({ type: "unclear", reason: "no space left" });
  });

  test("it does not answer: after its time it is given up, and nothing goes on behind our back", async () => {
    world.service.fault("create", { when: "before", delayMs: 40_000 });
    const done = await world.run(save);
    expect(done.result).toEqual({ type: "unclear", reason: "no time left" });
    expectQuiet(done);
    await vi.waitFor(() => expect(world.service.abandoned).toEqual(["create"])); // the client is gone
  });

  test.skipIf(process.platform === "win32")("a signal ends the waiting", async () => {
    const begun = Promise.withResolvers<void>();
    world.service.fault("create", { when: "before", delayMs: 15_000 });
    const poll = setInterval(() => world.service.calls.length > 0 && begun.resolve(), 20);
    // The runner would kill it 10 s after the signal: it has to be through before.
    const done = await world.run(save, { stops: [{ kind: "cancel", whenPromise: begun.promise }] });
    clearInterval(poll);
    expect(done).toMatchObject({
      cancelled: true,
      exitCode: 0,
      signal: null,
      result: { type: "unclear", reason: "no time left" },
    });
    expectQuiet(done);
    await vi.waitFor(() => expect(world.service.abandoned).toEqual(["create"]));
  });
});

/** OpenClaw's kind of lock: a file that names its owner. The real program's code: test/readers/openclaw-lock.test.ts. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { clean } from "../../../src/post/clean.ts";
import { clawdbot } from "../../../src/targets/clawdbot.ts";
import { withLocks } from "../../../src/targets/lock.ts";
import { OTHERS } from "../../../src/targets/others.ts";
import { openclawFile } from "../../../src/targets/openclaw-file.ts";
import { pi } from "../../../src/targets/pi.ts";
import type { Lock } from "../../../src/targets/target.ts";
import { failureIn, fakeWorld, inputsOf, NOW, SECOND, tempFolder } from "./support.ts";

const STALE_MS = 30 * SECOND;
const newLock = (): Lock => ({ path: join(tempFolder(), "auth-profiles.json.lock"), kind: "file", staleMs: STALE_MS });
const iso = (ms: number) => new Date(ms).toISOString();
const gone = (): number => spawnSync(process.execPath, ["--version"]).pid;
const startOf = (pid: number) => Number(readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]!.split(" ")[19]);

/** Whether somebody who has this in the lock is waited for. */
async function isWaitedFor(lock: Lock, platform = "linux"): Promise<boolean> {
  const world = fakeWorld({ platform });
  let worked = 0;
  const failure = await failureIn(() => withLocks(world, [lock], () => void worked++)).catch(() => undefined);
  expect(worked).toBe(failure ? 0 : 1);
  if (failure) expect(failure.code).toBe("file-busy");
  return failure !== undefined;
}

describe("a lock that is a file", () => {
  test("names its owner while the work is done, and is gone afterwards, also if the work fails", async () => {
    const lock = newLock();
    const error = new Error("disk full");
    const work = () => {
      expect(JSON.parse(readFileSync(lock.path, "utf8"))).toEqual({
        pid: process.pid,
        createdAt: iso(NOW),
        ...(process.platform === "linux" && { starttime: startOf(process.pid) }),
      });
      throw error;
    };
    await expect(withLocks(fakeWorld({ platform: process.platform }), [lock], work)).rejects.toBe(error);
    expect(readdirSync(dirname(lock.path))).toEqual([]);
  });

  test("is not removed if somebody else has taken it over meanwhile", async () => {
    const lock = newLock();
    await withLocks(fakeWorld(), [lock], () => writeFileSync(lock.path, "theirs"));
    expect(readFileSync(lock.path, "utf8")).toBe("theirs");
  });

  test("is taken over at once from a process that is gone, or whose number another has now", async () => {
    const ownerOf = (owner: object) => {
      const lock = newLock();
      writeFileSync(lock.path, JSON.stringify(owner));
      return lock;
    };
    const createdAt = iso(NOW);
    expect(await isWaitedFor(ownerOf({ pid: gone(), createdAt }))).toBe(false);
    expect(await isWaitedFor(ownerOf({ pid: process.pid, createdAt }))).toBe(false);
    expect(await isWaitedFor(ownerOf({ pid: process.ppid, createdAt }))).toBe(true);
    // It does not matter how old it is while its owner lives.
    expect(await isWaitedFor(ownerOf({ pid: process.ppid, createdAt: iso(NOW - 100 * STALE_MS) }))).toBe(true);
    if (process.platform !== "linux") return;
    const starttime = startOf(process.ppid);
    expect(await isWaitedFor(ownerOf({ pid: process.ppid, createdAt, starttime }))).toBe(true);
    expect(await isWaitedFor(ownerOf({ pid: process.ppid, createdAt, starttime: starttime - 1 }))).toBe(false);
    // Where the system does not tell when a process began, the number decides.
    expect(await isWaitedFor(ownerOf({ pid: process.ppid, createdAt, starttime: starttime - 1 }), "darwin")).toBe(true);
  });

  test("is taken over from a process that has ended and that nobody has asked about yet", async () => {
    if (process.platform !== "linux") return;
    // A shell that starts one and becomes another program never asks. It has to be that program by then: a shell does ask.
    const script = 'exec 3<&0; cat <&3 & echo "$!"; exec sleep 60';
    const parent = spawn("sh", ["-c", script], { stdio: ["pipe", "pipe", "ignore"] });
    const becomes = async (pid: number, file: string, what: RegExp) => {
      while (!what.test(readFileSync(`/proc/${pid}/${file}`, "utf8"))) await new Promise(setImmediate);
    };
    try {
      const [text] = (await once(parent.stdout, "data")) as [Buffer];
      const pid = Number(text.toString());
      await becomes(parent.pid!, "comm", /^sleep$/m);
      parent.stdin.end();
      await becomes(pid, "status", /^State:\s+Z/m);
      const lock = newLock();
      writeFileSync(lock.path, JSON.stringify({ pid, createdAt: iso(NOW) }));
      expect(await isWaitedFor(lock)).toBe(false);
    } finally {
      parent.kill("SIGKILL");
    }
  });

  test.each<[string, string | undefined]>([
    ["without a process", JSON.stringify({ createdAt: iso(NOW - STALE_MS - SECOND) })],
    ["that is empty", ""],
    ["that is no JSON", '{"pid":'],
    ["that is a folder, as older releases made it", undefined],
  ])("is judged by its age: one %s", async (_, text) => {
    for (const [age, taken] of [
      [0, false],
      [STALE_MS + SECOND, true],
    ] as const) {
      const lock = newLock();
      if (text === undefined) mkdirSync(lock.path);
      else writeFileSync(lock.path, text.replace(iso(NOW - STALE_MS - SECOND), iso(NOW - age)));
      // From time to time, as long as it is alive.
      const world = fakeWorld();
      const touch = () => utimesSync(lock.path, (world.now() - age) / SECOND, (world.now() - age) / SECOND);
      touch();
      const sleep = async (ms: number) => {
        await world.sleep(ms);
        touch();
        if (text?.includes("createdAt")) writeFileSync(lock.path, JSON.stringify({ createdAt: iso(world.now()) }));
      };
      let worked = 0;
      const run = () => withLocks({ ...world, sleep }, [lock], () => void worked++);
      if (taken) await run();
      else expect((await failureIn(run)).advice).toContain("remove that file");
      expect(worked).toBe(taken ? 1 : 0);
      expect(existsSync(lock.path)).toBe(!taken);
    }
  });

  test("that cannot be made is an error, and nobody's fault", async () => {
    const lock = { ...newLock(), path: join(tempFolder(), "missing", "x.lock") };
    await expect(withLocks(fakeWorld(), [lock], () => {})).rejects.toThrow(/ENOENT/);
  });
});

test("OpenClaw's lock is a file, also for post; the others' are folders", () => {
  const path = "/h/auth-profiles.json";
  const lock = { path: `${path}.lock`, staleMs: 30_000 };
  expect(openclawFile().locks?.(path)).toEqual([{ ...lock, kind: "file" }]);
  expect(OTHERS.openclaw.locks?.(path)).toEqual([{ ...lock, kind: "file" }]);
  expect(clawdbot.locks?.(path)).toEqual([lock]);
  expect(pi.locks?.(path)).toEqual([lock]);
});

test("an OpenClaw that was killed does not keep post from taking our token back", async () => {
  const root = tempFolder();
  const path = join(root, "auth-profiles.json");
  const token = "sk-ant-oat01-of-this-run";
  const store = { version: 1, profiles: { "anthropic:default": { type: "token", provider: "anthropic", token } } };
  writeFileSync(path, JSON.stringify(store));
  writeFileSync(`${path}.lock`, JSON.stringify({ pid: gone(), createdAt: iso(NOW) }));
  const world = fakeWorld();
  const slot = { provider: "anthropic", account: "default" } as const;
  const entry = { target: "openclaw", slot, path, temp: `${path}.tmp`, made: [], backup: undefined } as const;
  await clean(world, inputsOf(), [entry], (found) => found.reveal() === token);
  expect(world.recorded.of("warning")).toEqual([]);
  expect(readdirSync(root)).toEqual([]);
});

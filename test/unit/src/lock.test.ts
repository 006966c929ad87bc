import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { clean } from "../../../src/post/clean.ts";
import { claude } from "../../../src/targets/claude.ts";
import { withLocks } from "../../../src/targets/lock.ts";
import type { FileEntry } from "../../../src/targets/manifest.ts";
import type { Lock } from "../../../src/targets/target.ts";
import { type Files, files } from "../../../src/world/files.ts";
import type { World } from "../../../src/world/world.ts";
import {
  failureIn,
  fakeWorld,
  type FakeWorld,
  inputsOf,
  newLogin,
  NOW,
  opened,
  SECOND,
  tempFolder,
} from "./support.ts";

const STALE_MS = 10 * SECOND;

interface Watched {
  readonly world: FakeWorld;
  /** `+name` and `-name` for every lock that was made and removed, in their order. */
  readonly steps: string[];
}

/** A world in which every lock that is taken is seen. `onPause` runs at every pause, counted from 1. */
function watched(env: Record<string, string> = {}, onPause: (count: number) => void = () => {}): Watched {
  const base = fakeWorld({ env });
  const steps: string[] = [];
  const name = (path: string) => path.split(/[\\/]/).at(-1);
  let removed = 0;
  const spied: Files = {
    ...files,
    tryMakeFolder(path) {
      const made = files.tryMakeFolder(path);
      // As if it were made by the clock of this world.
      if (made) utimesSync(path, base.now() / SECOND, base.now() / SECOND);
      if (made) steps.push(`+${name(path)}`);
      return made;
    },
    removeFolder(path) {
      // A loop without a pause could not be ended from outside.
      if (++removed > 1000) throw new Error("removed the same folder a thousand times without a pause");
      if (path.endsWith(".lock")) steps.push(`-${name(path)}`);
      files.removeFolder(path);
    },
  };
  const sleep: World["sleep"] = async (ms) => {
    await base.sleep(ms);
    removed = 0;
    onPause(base.pauses.length);
  };
  return { world: { ...base, files: spied, sleep }, steps };
}

/** Two locks in a folder of their own. */
function twoLocks(): Lock[] {
  const folder = tempFolder();
  return ["first", "second"].map((name) => ({ path: join(folder, `${name}.lock`), staleMs: STALE_MS }));
}

/** Somebody else holds the lock, and gave a sign of life at `at` (ms). */
function hold({ path }: Lock, at = NOW): void {
  mkdirSync(path);
  utimesSync(path, at / SECOND, at / SECOND);
}

const at = (locks: readonly Lock[], index: number): Lock => locks[index] as Lock;
const none = (locks: readonly Lock[]) => expect(readdirSync(dirname(at(locks, 0).path))).toEqual([]);

describe("locks are", () => {
  test("taken in their order, held while the work is done, and given back in the opposite one", async () => {
    const locks = twoLocks();
    const { world, steps } = watched();
    await withLocks(world, locks, () => {
      steps.push("work");
      expect(locks.map(({ path }) => existsSync(path))).toEqual([true, true]);
    });
    expect(steps).toEqual(["+first.lock", "+second.lock", "work", "-second.lock", "-first.lock"]);
    none(locks);
    expect(world.pauses).toEqual([]);
  });

  test("given back when the work fails, and its error is passed on", async () => {
    const locks = twoLocks();
    const { world, steps } = watched();
    const error = new Error("disk full");
    const work = () => {
      throw error;
    };
    await expect(withLocks(world, locks, work)).rejects.toBe(error);
    expect(steps).toEqual(["+first.lock", "+second.lock", "-second.lock", "-first.lock"]);
    none(locks);
  });

  test("waited for while somebody holds them", async () => {
    const locks = twoLocks();
    hold(at(locks, 1));
    let worked = 0;
    const { world, steps } = watched({}, (count) => void (count === 3 && rmdirSync(at(locks, 1).path)));
    await withLocks(world, locks, () => void worked++);
    expect([worked, world.pauses.length]).toEqual([1, 3]);
    expect(steps).toEqual(["+first.lock", "+second.lock", "-second.lock", "-first.lock"]);
    none(locks);
  });

  test("taken over from an owner that has died, at once or when that is certain", async () => {
    for (const age of [STALE_MS + 1 * SECOND, 0]) {
      const locks = twoLocks();
      hold(at(locks, 0), NOW - age);
      const { world } = watched();
      let worked = 0;
      await withLocks(world, locks, () => void worked++);
      expect(worked).toBe(1);
      const waited = world.now() - NOW;
      expect(waited).toBeGreaterThanOrEqual(age > 0 ? 0 : STALE_MS);
      expect(waited).toBeLessThanOrEqual(age > 0 ? 0 : STALE_MS + SECOND);
      none(locks);
    }
  });

  test("not taken from an owner that gives signs of life: after half a minute that is an error", async () => {
    const locks = twoLocks();
    hold(at(locks, 1));
    const alive = () => utimesSync(at(locks, 1).path, world.now() / SECOND, world.now() / SECOND);
    const { world, steps } = watched({}, alive);
    const failure = await failureIn(() => withLocks(world, locks, () => void steps.push("work")));
    expect(failure.code).toBe("file-busy");
    expect(failure.message).toContain(at(locks, 1).path);
    expect(steps).toEqual(["+first.lock", "-first.lock"]);
    expect(existsSync(at(locks, 1).path)).toBe(true);
    expect(world.now() - NOW).toBeGreaterThanOrEqual(30 * SECOND);
    expect(world.now() - NOW).toBeLessThanOrEqual(31 * SECOND);
  });

  test.each<[string, (path: string) => void]>([
    [
      "a folder with something in it",
      (path) => {
        mkdirSync(path);
        writeFileSync(join(path, "owner"), "");
      },
    ],
    ["a file", (path) => writeFileSync(path, "")],
  ])("not waited for without an end where a dead one cannot be removed: %s", async (_, make) => {
    const locks = twoLocks();
    make(at(locks, 0).path);
    const old = (NOW - 2 * STALE_MS) / SECOND;
    utimesSync(at(locks, 0).path, old, old);
    const { world } = watched();
    expect((await failureIn(() => withLocks(world, locks, () => {}))).code).toBe("file-busy");
    expect(world.now() - NOW).toBeLessThanOrEqual(31 * SECOND);
    expect(existsSync(at(locks, 0).path)).toBe(true);
  });

  test.each<[code: string, kind?: "file"]>([["EACCES"], ["EPERM"], ["EROFS"], ["EACCES", "file"], ["EROFS", "file"]])(
    "done without, where the folder takes none of us (%s, %s), which is logged",
    async (code, kind) => {
      const [first, second] = twoLocks() as [Lock, Lock];
      const closed: Lock = { ...first, ...(kind && { kind }) };
      const { world, steps } = watched();
      const refuse = () => {
        throw Object.assign(new Error(code), { code, syscall: "mkdir" });
      };
      const { tryMakeFolder } = world.files;
      const refusing: Files = {
        ...world.files,
        tryMakeFolder: (path) => (path === closed.path ? refuse() : tryMakeFolder(path)),
        openNew: refuse,
      };
      await withLocks({ ...world, files: refusing }, [closed, second], () => void steps.push("work"));
      expect(steps).toEqual(["+second.lock", "work", "-second.lock"]);
      expect(world.recorded.of("log")).toEqual([expect.stringMatching(`first.lock.*${code}`)]);
      expect(world.pauses).toEqual([]);
      none([second]);
    },
  );

  test("given back where a later one cannot be made", async () => {
    const [first] = twoLocks() as [Lock];
    const locks = [first, { path: join(dirname(first.path), "missing/x.lock"), staleMs: STALE_MS }];
    const { world } = watched();
    await expect(withLocks(world, locks, () => {})).rejects.toThrow(/ENOENT/);
    none(locks);
  });
});

describe("Claude Code's locks", () => {
  const FIRST = ".oauth_refresh.lock";
  const SECOND_LOCK = ".claude.lock";

  /** A home, where Claude Code has been used before or has not. */
  function place(used: boolean, onPause?: (count: number) => void) {
    const root = tempFolder();
    for (const name of ["home", "temp"]) mkdirSync(join(root, name));
    const env = { HOME: join(root, "home"), RUNNER_TEMP: join(root, "temp") };
    const path = claude.path({ env, home: env.HOME });
    if (used) mkdirSync(dirname(path));
    return { ...watched(env, onPause), inputs: inputsOf(), path, root };
  }

  test("are those of its folder, the newer first", () => {
    expect(claude.locks?.("/h/.claude/.credentials.json")).toEqual([
      { path: join("/h/.claude", FIRST), staleMs: 60_000 },
      { path: "/h/.claude.lock", staleMs: 10_000 },
    ]);
  });

  test("are taken to write and to clean up in a folder that was there before", async () => {
    const { world, inputs, path, steps } = place(true);
    const login = newLogin();
    const targets = await opened(world, inputs);
    expect(steps).toEqual([]);
    await targets.write(login);
    const once = [`+${FIRST}`, `+${SECOND_LOCK}`, `-${SECOND_LOCK}`, `-${FIRST}`];
    expect(steps).toEqual(once);
    expect(readFileSync(path, "utf8")).toContain(login.access?.reveal());
    const entries = JSON.parse(world.recorded.state["files"] ?? "") as FileEntry[];
    await clean(world, inputs, entries, (token) => token.equals(login.access));
    expect(steps).toEqual([...once, ...once]);
    expect(readdirSync(dirname(path))).toEqual([]);
  });

  test("are not taken in a folder that this run made: nobody else uses it", async () => {
    const { world, inputs, root, steps } = place(false);
    const login = newLogin();
    await (await opened(world, inputs)).write(login);
    const entries = JSON.parse(world.recorded.state["files"] ?? "") as FileEntry[];
    await clean(world, inputs, entries, (token) => token.equals(login.access));
    expect(steps).toEqual([]);
    expect(readdirSync(join(root, "home"))).toEqual([]);
  });

  test("keep our write until a program's own refresh is done, whose neighbours are then kept", async () => {
    const { world, inputs, path } = place(true, (count) => {
      if (count !== 2) return;
      writeFileSync(path, '{"mcpOAuth":{"a":1},"claudeAiOauth":{"accessToken":"theirs"}}');
      rmdirSync(join(dirname(path), FIRST));
    });
    const targets = await opened(world, inputs);
    hold({ path: join(dirname(path), FIRST), staleMs: 60_000 });
    const login = newLogin();
    await targets.write(login);
    expect(JSON.parse(readFileSync(path, "utf8"))).toMatchObject({
      mcpOAuth: { a: 1 },
      claudeAiOauth: { accessToken: login.access?.reveal() },
    });
  });

  test("one beside a folder of ours, in one that is not, keeps nothing from being written and cleaned", async () => {
    const { world, inputs, path, steps } = place(true);
    const { tryMakeFolder } = world.files;
    const refusing: Files = {
      ...world.files,
      tryMakeFolder(folder) {
        if (dirname(folder) === dirname(path)) return tryMakeFolder(folder);
        throw Object.assign(new Error("EACCES"), { code: "EACCES", syscall: "mkdir" });
      },
    };
    const closed = { ...world, files: refusing };
    const login = newLogin();
    await (await opened(closed, inputs)).write(login);
    expect(readFileSync(path, "utf8")).toContain(login.access?.reveal());
    const entries = JSON.parse(world.recorded.state["files"] ?? "") as FileEntry[];
    await clean(closed, inputs, entries, (token) => token.equals(login.access));
    expect(world.recorded.of("warning")).toEqual([]);
    expect(readdirSync(dirname(path))).toEqual([]);
    expect(steps).toEqual([`+${FIRST}`, `-${FIRST}`, `+${FIRST}`, `-${FIRST}`]);
  });
});

import { type ChildProcess, spawn } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { fileLedger } from "../../../src/ledger/file.ts";
import { type Ledger, LedgerProblem, type Swap } from "../../../src/ledger/ledger.ts";
import { sayProblem } from "../../../src/ledger/say.ts";
import { type Files, files } from "../../../src/world/files.ts";
import type { World } from "../../../src/world/world.ts";
import type { ChildJob, Tally } from "../../support/ledger/child.ts";
import { ledgerConformance, write } from "./ledger-conformance.ts";
import { fakeWorld, newFolder, NOW, SECOND, tempFolder } from "./support.ts";

const CHILD = join(import.meta.dirname, "../../support/ledger/child.ts");

function startChild(job: ChildJob): ChildProcess {
  return spawn(process.execPath, ["--disable-warning=ExperimentalWarning", CHILD, JSON.stringify(job)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
}

/** A world whose files are given, on the disk of a Linux machine. */
const worldWith = (own: Files = files, now = () => Date.now()): World => ({ ...fakeWorld(), files: own, now });

const systemError = (code: string, syscall: string) => Object.assign(new Error(code), { code, syscall });

ledgerConformance("in a folder", async () => {
  const { folder, remove } = newFolder();
  const path = join(folder, "state/ledger");
  let broken: "before" | "after" | undefined;
  const breakable: Files = {
    ...files,
    linkNew(from, to) {
      const how = broken;
      broken = undefined;
      if (how === "before") throw systemError("EIO", "link");
      const done = files.linkNew(from, to);
      if (how === "after") throw systemError("EIO", "fsync");
      return done;
    },
  };
  return {
    ledger: () => fileLedger(worldWith(breakable), { path }),
    close: async () => remove(),
    breakOnce: (how) => (broken = how),
    elsewhere: (texts, times) =>
      new Promise((resolve, reject) => {
        const child = startChild({ file: { path }, write: { texts, times } });
        child.on("close", (status) =>
          status === 0 ? resolve() : reject(new Error(`the writer ended with ${status}`)),
        );
      }),
  };
});

/** The version of the highest number, read without the ledger. */
function highest(path: string): string | undefined {
  const numbers = existsSync(path) ? readdirSync(path).filter((name) => /^\d+$/.test(name)) : [];
  const number = Math.max(0, ...numbers.map(Number));
  if (number === 0) return undefined;
  const { nonce } = JSON.parse(readFileSync(join(path, String(number)), "utf8").split("\n")[0] ?? "") as {
    nonce: string;
  };
  return `${number}-${nonce}`;
}

/** Calls `before` ahead of every use of the file system, counted from 1. */
function watched(before: (count: number) => void): Files {
  let count = 0;
  return new Proxy(files, {
    get: (target, name) => {
      const own = Reflect.get(target, name) as (...args: unknown[]) => unknown;
      return (...args: unknown[]) => {
        before(++count);
        return own(...args);
      };
    },
  });
}

describe("a swap in a folder", () => {
  // Between each two things that it does, others write: once, twice, and so often that old versions are gone.
  test.each([1, 2, 36])("is won by one only, when %i others come in at any moment of it", async (others) => {
    let [swapped, conflicts, late] = [0, 0, 0];
    // Until the others come too late, with a record and without one at the beginning.
    for (let moment = 1, outside = 0; outside < 2; moment++) {
      const path = join(tempFolder(), "ledger");
      const rival = fileLedger(worldWith(), { path });
      const links: { expected: string | undefined; outcome: Promise<Swap> }[] = [];
      const attempt = (ledger: Ledger, expected: string | undefined, text: string) => {
        const outcome = ledger.compareAndSwap(expected, text);
        links.push({ expected, outcome });
        return outcome;
      };
      const start = moment % 2 === 0 ? undefined : await rival.compareAndSwap(undefined, "first");
      const old = start?.type === "swapped" ? start.version : undefined;

      let armed = false;
      let used = 0;
      const ours = fileLedger(
        worldWith(
          watched((count) => {
            if (!armed) return;
            used = count;
            if (count !== moment) return;
            for (let i = 0; i < others; i++) void attempt(rival, highest(path), `rival ${i}`);
          }),
        ),
        { path },
      );
      armed = true;
      const outcome = await attempt(ours, old, "ours");
      if (outcome.type === "swapped") swapped++;
      else conflicts++;
      armed = false;
      if (used < moment) outside++;

      // All that was won is one chain, and its end is the record.
      const won = await Promise.all(links.map(async ({ expected, outcome: each }) => ({ expected, swap: await each })));
      const next = new Map<string | undefined, string>();
      for (const { expected, swap } of won) {
        if (swap.type !== "swapped") continue;
        expect(next.has(expected), `moment ${moment}: two have replaced the same version`).toBe(false);
        next.set(expected, swap.version);
      }
      if (outcome.type === "conflict" && !next.has(old)) {
        // So far behind that it cannot know: what it has won is told as a conflict, and the record tells.
        expect(others).toBeGreaterThan(32);
        const [first] = [...next.keys()];
        expect(first?.split("-")[0]).toBe(old === undefined ? "1" : "2");
        next.set(old, first as string);
        late++;
      }
      let end = old;
      for (let left = next.size; left > 0; left--) end = next.get(end);
      expect((await ours.load()).entry?.version, `moment ${moment}`).toBe(end);
      expect(end).toBeDefined();
    }
    expect(swapped).toBeGreaterThan(0); // the others come too late
    expect(conflicts).toBeGreaterThan(late);
  });

  test("leaves the old record or the new one, when its process dies at any moment of it", async () => {
    const left = new Set<string>();
    let completed = false;
    for (let moment = 1; !completed; moment++) {
      const path = join(tempFolder(), "ledger");
      const first = await fileLedger(worldWith(), { path }).compareAndSwap(undefined, "old");
      const dying = watched((count) => {
        if (count >= moment) throw new Error("dead");
      });
      const swap = async () => {
        const ledger = fileLedger(worldWith(dying), { path });
        return ledger.compareAndSwap((first as { version: string }).version, "new");
      };
      completed = await swap().then(
        () => true,
        () => false,
      );
      const next = fileLedger(worldWith(), { path });
      const { entry } = await next.load();
      left.add(entry?.text ?? "nothing");
      expect((await next.compareAndSwap(entry?.version, "next")).type, `moment ${moment}`).toBe("swapped");
      expect((await next.load()).entry?.text).toBe("next");
    }
    expect([...left].toSorted()).toEqual(["new", "old"]);
  });

  test("is not won by a link that was reported and not made", async () => {
    const path = join(tempFolder(), "ledger");
    const lying = fileLedger(worldWith({ ...files, linkNew: () => true }), { path });
    expect(await lying.compareAndSwap(undefined, "text")).toEqual({ type: "conflict" });
    expect((await lying.load()).entry).toBeUndefined();
    const taken: Files = {
      ...files,
      linkNew(_, to) {
        void fileLedger(worldWith(), { path }).compareAndSwap(undefined, "the other's");
        return existsSync(to);
      },
    };
    expect(await fileLedger(worldWith(taken), { path }).compareAndSwap(undefined, "text")).toEqual({
      type: "conflict",
    });
    expect((await lying.load()).entry?.text).toBe("the other's");
  });

  test("and a look are not misled by a listing in which the newest version is missing", async () => {
    const path = join(tempFolder(), "ledger");
    const writer = fileLedger(worldWith(), { path });
    let hide = 0;
    const slow: Files = {
      ...files,
      list: (folder) => files.list(folder).filter((name) => name !== "3" || hide-- <= 0),
    };
    const reader = fileLedger(worldWith(slow), { path });
    await write(writer, ["first", "second"], 2);
    const { entry } = await reader.load();
    await write(writer, ["third"], 1);
    hide = 2;
    expect((await reader.load()).entry?.text).toBe("third");
    expect(hide).toBe(-1);
    // Nor by a version that is cleared away while it is read.
    let gone = true;
    const read = (file: string) => {
      if (!gone) return files.read(file);
      gone = false;
      throw systemError("ENOENT", "open");
    };
    expect((await fileLedger(worldWith({ ...files, read }), { path }).load()).entry?.text).toBe("third");
    hide = 2;
    expect(await reader.compareAndSwap(entry?.version, "wrong")).toEqual({ type: "conflict" });
    expect(hide).toBe(-1);
  });
});

describe("processes that count in a folder, and are stopped or killed at any moment", () => {
  test("lose no count, and no version has two winners", async () => {
    const path = join(tempFolder(), "ledger");
    const winners = new Map<string, string>();
    const reported = new Map<string, number>();
    let killed = 0;

    const life = (name: string): Promise<void> =>
      new Promise((resolve) => {
        const child = startChild({ file: { path }, count: name });
        let rest = "";
        let wins = 0;
        // Killed after some wins, at a moment that nobody has chosen; some are held up before, and go on later.
        const wanted = 1 + Math.floor(Math.random() * 40);
        const held = Math.random() < 0.5 ? Math.floor(wanted / 2) : -1;
        child.stdout?.setEncoding("utf8").on("data", (text: string) => {
          const lines = (rest + text).split("\n");
          rest = lines.pop() ?? "";
          for (const version of lines) {
            expect(winners.get(version), `${version} was won twice`).toBeUndefined();
            winners.set(version, name);
            wins++;
            if (wins === held) {
              child.kill("SIGSTOP");
              setTimeout(() => child.kill("SIGCONT"), Math.random() * 300);
            }
            if (wins === wanted) setTimeout(() => child.kill("SIGKILL"), Math.random() * 4);
          }
        });
        child.on("close", () => {
          killed++;
          reported.set(name, wins);
          resolve();
        });
      });
    const line = async (index: number) => {
      for (let round = 0; round < 8; round++) await life(`process ${index}.${round}`);
    };
    await Promise.all([0, 1, 2, 3, 4].map(line));

    const reading = await fileLedger(worldWith(), { path }).load();
    const { total, by } = JSON.parse(reading.entry?.text ?? "") as Tally;
    expect(killed).toBe(40);
    expect(Object.values(by).reduce((sum, each) => sum + each, 0)).toBe(total);
    // The number of a version counts the swaps: none was lost, none was made twice.
    expect(reading.entry?.version).toMatch(new RegExp(`^${total}-`));
    // More where it was killed between a swap and its report, or held up there until it could not know.
    for (const [name, wins] of reported) expect(by[name] ?? 0).toBeGreaterThanOrEqual(wins);
    const numbers = [...winners.keys()].map((version) => Number(version.split("-")[0]));
    expect(new Set(numbers).size).toBe(numbers.length);
    console.log(`file ledger: ${total} swaps by 40 processes, each killed; ${total - winners.size} not reported`);
  });
});

describe("the folder of a ledger", () => {
  test("is private, and so are its files; a folder that was there keeps its mode", async () => {
    const root = tempFolder();
    const path = join(root, "a/b/ledger");
    mkdirSync(join(root, "a"));
    chmodSync(join(root, "a"), 0o755);
    const ledger = fileLedger(worldWith(), { path });
    await ledger.load();
    expect(existsSync(path)).toBe(false); // looking makes nothing
    await write(ledger, ["text"], 2);
    const mode = (of: string) => (statSync(of).mode & 0o777).toString(8);
    expect([path, join(root, "a/b"), join(root, "a")].map(mode)).toEqual(["700", "700", "755"]);
    expect(readdirSync(path).toSorted()).toEqual(["1", "2"]);
    expect(readdirSync(path).map((name) => mode(join(path, name)))).toEqual(["600", "600"]);
  });

  test("keeps some versions, and not what killed processes have left; nothing else is touched", async () => {
    const path = join(tempFolder(), "ledger");
    const ledger = fileLedger(worldWith(), { path });
    await write(ledger, ["text"], 40);
    expect(readdirSync(path).toSorted((a, b) => Number(a) - Number(b))).toEqual(
      Array.from({ length: 32 }, (_, index) => String(index + 9)),
    );
    const [old, young, foreign] = [`.${"a".repeat(24)}.tmp`, `.${"b".repeat(24)}.tmp`, "notes.txt"];
    for (const name of [old, young, foreign]) writeFileSync(join(path, name), "half a rec");
    const longAgo = Date.now() / 1000 - 2 * 3600;
    for (const name of [old, foreign]) utimesSync(join(path, name), longAgo, longAgo);
    await write(ledger, ["text"], 1);
    const left = readdirSync(path).filter((name) => !/^\d+$/.test(name));
    expect(left.toSorted()).toEqual([young, foreign]);
  });

  test("may be made by several at the same moment", async () => {
    const path = join(tempFolder(), "a/b/c/ledger");
    let made = 0;
    const racing: Files = {
      ...files,
      makeFolder(folder) {
        if (made++ === 0) mkdirSync(join(folder, "../.."), { recursive: true });
        if (made === 1) throw systemError("EEXIST", "mkdir");
        return files.makeFolder(folder);
      },
    };
    expect((await fileLedger(worldWith(racing), { path }).compareAndSwap(undefined, "text")).type).toBe("swapped");
  });

  test("may be reached through a link", async () => {
    const root = tempFolder();
    mkdirSync(join(root, "real"));
    symlinkSync(join(root, "real"), join(root, "link"));
    await write(fileLedger(worldWith(), { path: join(root, "link") }), ["text"], 1);
    expect((await fileLedger(worldWith(), { path: join(root, "real") }).load()).entry?.text).toBe("text");
  });
});

describe("the time of a folder is", () => {
  test("the machine's clock, where its own disk holds it", async () => {
    let now = NOW;
    const world = worldWith({ ...files, fileSystem: () => 0xef53 }, () => now);
    const ledger = fileLedger(world, { path: join(tempFolder(), "ledger") });
    const swap = await ledger.compareAndSwap(undefined, "text");
    now += 5 * SECOND;
    expect([ledger.serverTime, swap]).toEqual([true, { type: "swapped", version: expect.any(String), writtenAt: NOW }]);
    expect(await ledger.load()).toMatchObject({ now: NOW + 5 * SECOND, entry: { writtenAt: NOW } });
  });

  test.each([
    ["NFS", "linux", 0x6969],
    ["SMB", "linux", 0xff534d42],
    ["FUSE", "linux", 0x65735546],
    ["another system", "darwin", 0xef53],
  ])("unknown, where others may write with their own clock: %s", async (_, platform, type) => {
    const path = join(tempFolder(), "ledger");
    const ledger = fileLedger({ ...worldWith({ ...files, fileSystem: () => type }), platform }, { path });
    const swap = await ledger.compareAndSwap(undefined, "text");
    expect([ledger.serverTime, swap]).toMatchObject([false, { type: "swapped", writtenAt: undefined }]);
    expect(await ledger.load()).toMatchObject({ now: undefined, entry: { writtenAt: undefined } });
  });

  test("found out for a folder that does not exist yet", () => {
    const folder = tempFolder();
    expect(files.fileSystem(join(folder, "not/there"))).toBe(files.fileSystem(folder));
  });
});

describe("a folder that cannot be used is a problem:", () => {
  /** A ledger with one version, whose files then do this. */
  async function failing(change: Partial<Files>): Promise<unknown[]> {
    const path = join(tempFolder(), "ledger");
    const first = await fileLedger(worldWith(), { path }).compareAndSwap(undefined, "old");
    const ledger = fileLedger(worldWith({ ...files, ...change }), { path });
    const { version } = first as { version: string };
    const problem = await ledger.compareAndSwap(version, "new").catch((error: unknown) => error);
    expect(problem).toBeInstanceOf(LedgerProblem);
    const { kind, sent } = problem as LedgerProblem;
    const left = readdirSync(path).filter((name) => name.endsWith(".tmp"));
    expect(left).toEqual([]);
    return [kind, sent, (await fileLedger(worldWith(), { path }).load()).entry?.text];
  }
  const fail = (code: string, syscall: string) => () => {
    throw systemError(code, syscall);
  };

  test.each<[string, Partial<Files>, unknown[]]>([
    ["no rights", { list: fail("EACCES", "scandir") }, ["forbidden", false, "old"]],
    ["a disk that is read only", { openNew: fail("EROFS", "open") }, ["forbidden", false, "old"]],
    ["a full disk", { openNew: fail("ENOSPC", "open") }, ["unreachable", false, "old"]],
    ["a file system without links", { linkNew: fail("EPERM", "link") }, ["unsupported", false, "old"]],
    ["a link that may have been made", { linkNew: fail("EIO", "link") }, ["unreachable", true, "old"]],
    [
      "a link that was made",
      {
        linkNew(from, to) {
          files.linkNew(from, to);
          throw systemError("EIO", "fsync");
        },
      },
      ["unreachable", true, "new"],
    ],
  ])("%s", async (_, change, expected) => {
    expect(await failing(change)).toEqual(expected);
  });

  test.each<[string, Partial<Files>, RegExp]>([
    ["no rights", { list: fail("EACCES", "scandir") }, /by this user.*read-only/s],
    ["a disk that is read only", { openNew: fail("EROFS", "open") }, /by this user.*read-only/s],
    ["a file system without links", { linkNew: fail("EPERM", "link") }, /hard links.*XDG_STATE_HOME/s],
  ])("told in words of a folder, not of GitHub: %s", async (_, change, said) => {
    const path = join(tempFolder(), "ledger");
    const ledger = fileLedger(worldWith({ ...files, ...change }), { path });
    const problem = (await ledger.compareAndSwap(undefined, "text").catch((error: unknown) => error)) as LedgerProblem;
    const failure = sayProblem(problem, ledger.label, true);
    expect(failure.code).toBe("ledger-forbidden");
    expect(failure.explain()).toMatch(said);
    expect(failure.explain()).not.toMatch(/token|contents: write|server|refs\//);
  });

  test("a path that leads through a file", async () => {
    const file = join(tempFolder(), "file");
    writeFileSync(file, "");
    for (const path of [file, join(file, "ledger")]) {
      const ledger = fileLedger(worldWith(), { path });
      const problem = await ledger.compareAndSwap(undefined, "text").catch((error: unknown) => error);
      expect(problem).toBeInstanceOf(LedgerProblem);
      expect(problem).toMatchObject({ kind: "unsupported", sent: false });
    }
  });

  test.each([
    ["empty", ""],
    ["cut off", '{"v":1,"number":2,"nonce":"00'],
    ["of another number", '{"v":1,"number":1,"nonce":"00","writtenAt":1}\ntext'],
    ["of a later version", '{"v":2,"number":2,"nonce":"00","writtenAt":1}\ntext'],
    ["foreign", "text"],
  ])("a record that is %s, which is not replaced", async (_, content) => {
    const path = join(tempFolder(), "ledger");
    const ledger = fileLedger(worldWith(), { path });
    await write(ledger, ["text"], 1);
    writeFileSync(join(path, "2"), content);
    await expect(ledger.load()).rejects.toMatchObject({ name: "LedgerProblem", kind: "unsupported" });
    for (const version of [undefined, "2-00"]) {
      await expect(ledger.compareAndSwap(version, "new")).rejects.toMatchObject({ kind: "unsupported", sent: false });
    }
    expect(readdirSync(path)).toEqual(["1", "2"]);
  });

  test("one that is gone is one without a record", async () => {
    const path = join(tempFolder(), "ledger");
    const ledger = fileLedger(worldWith(), { path });
    await write(ledger, ["text"], 1);
    const { entry } = await ledger.load();
    rmSync(path, { recursive: true });
    expect((await ledger.load()).entry).toBeUndefined();
    expect(await ledger.compareAndSwap(entry?.version, "text")).toEqual({ type: "conflict" });
    await pause(0);
    expect((await ledger.compareAndSwap(undefined, "text")).type).toBe("swapped");
  });
});

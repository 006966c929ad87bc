/** What post makes of a program's file that is being written at this very moment. */
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  rmdirSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { readBack } from "../../../src/post/read-back.ts";
import { claude } from "../../../src/targets/claude.ts";
import { codex } from "../../../src/targets/codex.ts";
import type { FileEntry } from "../../../src/targets/manifest.ts";
import type { FileTarget } from "../../../src/targets/target.ts";
import { fakeWorld, HOUR, newChatGpt, newLogin, NOW, SECOND, tempFolder } from "./support.ts";

const KNOWN = { claude: newLogin({ accessExpiresAt: NOW + HOUR }), codex: newChatGpt({ accessExpiresAt: NOW + HOUR }) };
const RENEWED = {
  claude: newLogin({ accessExpiresAt: NOW + 9 * HOUR }),
  codex: newChatGpt({ accessExpiresAt: NOW + 9 * HOUR }),
};

/** A home with the file that main wrote. `onPause` runs at every pause, counted from 1. */
function place(name: "claude" | "codex", onPause: (count: number) => void = () => {}) {
  const target: FileTarget = name === "claude" ? claude : codex;
  const home = tempFolder();
  const base = fakeWorld({ env: { HOME: home, RUNNER_TEMP: home } });
  const path = target.path({ env: {}, home });
  mkdirSync(dirname(path));
  const slot = { provider: name === "claude" ? "anthropic" : "openai", account: "default" } as const;
  const textOf = (login: (typeof KNOWN)["claude"]) =>
    target.print(target.set(target.parse("") ?? {}, slot, target.write(login, { full: true, now: NOW })));
  const put = (login = KNOWN[name]) => writeFileSync(path, textOf(login));
  put();
  const sleep = async (ms: number) => {
    await base.sleep(ms);
    onPause(base.pauses.length);
  };
  const world = { ...base, sleep };
  // Main made the folder: nobody was there before.
  const entry: FileEntry = { target: name, slot, path, temp: `${path}.tmp`, made: [dirname(path)], backup: undefined };
  return { home, world, path, put, textOf, found: () => readBack(world, entry, KNOWN[name]) };
}

const names = ["claude", "codex"] as const;

describe("a file that is good", () => {
  test.each(names)("(%s) is read once, without a pause, and nothing is left beside it", async (name) => {
    const { home, world, path, put, found } = place(name);
    expect(await found()).toBeUndefined();
    put(RENEWED[name]);
    expect((await found())?.credential?.refresh?.reveal()).toBe(RENEWED[name].refresh?.reveal());
    expect(world.pauses).toEqual([]);
    expect(readdirSync(home)).toEqual([dirname(path).split("/").at(-1)]);
    expect(readdirSync(dirname(path))).toEqual([path.split("/").at(-1)]);
  });

  test("of another account, or marked as ended, is not looked at again", async () => {
    const { world, path, textOf, found } = place("claude");
    const text = textOf({ ...KNOWN.claude, predecessor: undefined });
    writeFileSync(path, text.replace(/"(access|refresh)Token":"[^"]*"/g, '"$1Token":""'));
    expect((await found())?.refused).toMatch(/has ended/);
    writeFileSync(path, textOf(newLogin({ accessExpiresAt: NOW - HOUR })));
    expect((await found())?.refused).toMatch(/not newer/);
    expect(world.pauses).toEqual([]);
  });
});

describe("a file that its program writes in place", () => {
  const halves: [string, (path: string, text: string) => void][] = [
    ["half of it", (path, text) => writeFileSync(path, text.slice(0, text.length / 2))],
    ["nothing", (path) => writeFileSync(path, "")],
    ["no tokens", (path) => writeFileSync(path, "{}")],
    ["no file", (path) => rmSync(path)],
    ["a token that is cut off", (path, text) => writeFileSync(path, text.replace(/((ort01-|rt_)[\w-]{4})[^"]*/, "$1"))],
  ];
  test.each(names.flatMap((name) => halves.map(([what, spoil]) => [name, what, spoil] as const)))(
    "(%s: %s at first) is read again",
    async (name, _what, spoil) => {
      for (const pause of [1, 2]) {
        const here = place(name, (count) => void (count === pause && here.put(RENEWED[name])));
        spoil(here.path, here.textOf(RENEWED[name]));
        expect((await here.found())?.credential?.refresh?.reveal()).toBe(RENEWED[name].refresh?.reveal());
        expect(here.world.pauses).toHaveLength(pause);
      }
    },
  );

  test.each(names)(
    "(%s) and is cut off for good, counts as that after three looks in a second and a half",
    async (name) => {
      const { world, path, textOf, found } = place(name);
      writeFileSync(path, textOf(RENEWED[name]).slice(0, 60));
      expect((await found())?.refused).toMatch(/no login in it/);
      expect(world.pauses).toHaveLength(2);
      expect(world.now() - NOW).toBeLessThanOrEqual(1.5 * SECOND);
    },
  );
});

describe("a program that is in the middle of a refresh", () => {
  const lockOf = (path: string) => join(dirname(path), ".oauth_refresh.lock");
  const hold = (path: string, at = NOW) => {
    mkdirSync(path);
    utimesSync(path, at / SECOND, at / SECOND);
  };

  test("is waited for, also in a folder that main made: its result is what counts", async () => {
    const here = place("claude", (count) => {
      if (count !== 7) return;
      here.put(RENEWED.claude);
      rmdirSync(lockOf(here.path));
    });
    hold(lockOf(here.path));
    expect((await here.found())?.credential?.refresh?.reveal()).toBe(RENEWED.claude.refresh?.reveal());
    expect(here.world.pauses).toHaveLength(7);
    expect(existsSync(lockOf(here.path))).toBe(false);
  });

  test("that comes to no end is waited for as long as in writing, and then its file is read as it is", async () => {
    const here = place("claude");
    hold(lockOf(here.path), NOW + 60 * SECOND);
    here.put(RENEWED.claude);
    expect((await here.found())?.credential?.refresh?.reveal()).toBe(RENEWED.claude.refresh?.reveal());
    expect(here.world.now() - NOW).toBeGreaterThanOrEqual(30 * SECOND);
    expect(here.world.now() - NOW).toBeLessThanOrEqual(32 * SECOND);
    expect(existsSync(lockOf(here.path)), "it is theirs").toBe(true);
    expect(here.world.recorded.of("log").join()).toMatch(/keeps its lock/);
  });

  test("is not waited for any longer once the runner asks to stop", async () => {
    const here = place("claude", (count) => void (count === 3 && here.world.signal()));
    hold(lockOf(here.path), NOW + 60 * SECOND);
    here.put(RENEWED.claude);
    expect((await here.found())?.credential?.refresh?.reveal()).toBe(RENEWED.claude.refresh?.reveal());
    expect(here.world.pauses).toHaveLength(3);
  });

  test("cannot begin another while the file is read", async () => {
    const held: boolean[] = [];
    const here = place("claude", () => void held.push(existsSync(lockOf(here.path))));
    writeFileSync(here.path, "");
    await here.found();
    expect(held).toEqual([true, true]);
    expect(existsSync(lockOf(here.path))).toBe(false);
  });

  test("is not looked for where the job has removed the folder", async () => {
    const here = place("claude");
    rmSync(dirname(here.path), { recursive: true });
    expect((await here.found())?.refused).toMatch(/no login in it/);
    expect(readdirSync(here.home)).toEqual([]);
  });
});

test("the text that is judged here is the one that the program reads", () => {
  const { path, textOf } = place("claude");
  expect(readFileSync(path, "utf8")).toBe(textOf(KNOWN.claude));
});

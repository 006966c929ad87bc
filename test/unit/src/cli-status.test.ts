/** The parts of `status` that judge and print. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as fc from "fast-check";
import { afterEach, describe, expect, test, vi } from "vitest";
import { accountOf, shown, stateOf } from "../../../src/cli/status/logins.ts";
import { sayingWhoIsAwaited, until } from "../../../src/cli/status/outside.ts";
import { run as runStatus } from "../../../src/cli/status/run.ts";
import { type Row, table, widthOf } from "../../../src/cli/status/table.ts";
import { isoOrNull, sayWhen } from "../../../src/cli/status/times.ts";
import { HttpFailure } from "../../../src/world/world.ts";
import { answer, DAY, fakeWorld, HOUR, MINUTE, newLogin, NOW, tempFolder } from "./support.ts";

describe("times", () => {
  test.each([
    [undefined, "not known"],
    [NOW + 3 * HOUR + 5 * MINUTE, "in 3 h 5 min (2031-05-06 10:13 UTC)"],
    [NOW + 30 * DAY, "in 30 days (2031-06-05 07:08 UTC)"],
    [NOW - 90 * MINUTE, "1 h 30 min ago (2031-05-06 05:38 UTC)"],
    [NOW, "0 s ago (2031-05-06 07:08 UTC)"],
  ])("%j", (ms, text) => expect(sayWhen(ms, NOW)).toBe(text));

  test("for scripts", () => expect([isoOrNull(NOW), isoOrNull(undefined)]).toEqual(["2031-05-06T07:08:09Z", null]));
});

describe("what can be said of a login without asking anybody", () => {
  const gone = { access: undefined, accessExpiresAt: undefined } as const;
  test.each([
    ["usable", newLogin({ accessExpiresAt: NOW + 1 })],
    ["renewable", newLogin({ accessExpiresAt: NOW })],
    ["renewable", newLogin(gone)],
    ["ended", newLogin({ accessExpiresAt: NOW, loginExpiresAt: NOW })],
    ["usable", newLogin({ accessExpiresAt: NOW + 1, loginExpiresAt: NOW })],
    ["ended", newLogin({ accessExpiresAt: NOW, refresh: undefined })],
    ["renewable", newLogin({ ...gone, refresh: undefined, shared: { place: "p", lineage: "l", sealed: "s" } })],
    ["usable", newLogin({ kind: "setup-token", accessExpiresAt: undefined, refresh: undefined })],
    ["unusable", undefined],
  ] as const)("%s", (state, credential) => expect(stateOf({ credential }, NOW)).toBe(state));

  test("an account is an id, never somebody's address", () => {
    expect(accountOf(newLogin({ accountId: "a-1" }))).toBe("a-1");
    expect(accountOf(newLogin({ accountId: undefined, other: { accountUuid: "b-2" } }))).toBe("b-2");
    expect(accountOf(newLogin({ accountId: "person@example.com" }))).toBeUndefined();
    expect(accountOf(newLogin({ accountId: undefined, other: { accountUuid: { x: 1 } } }))).toBeUndefined();
    fc.assert(
      fc.property(fc.emailAddress(), (address) => {
        expect(shown(address)).toBe("…");
      }),
    );
    expect([shown("work"), shown("max"), shown("a\nb")]).toEqual(["work", "max", "…"]);
  });
});

describe("tables", () => {
  const rows: Row[] = [
    { cells: ["one", "", "stored"], tone: "green" },
    { cells: ["twenty-two", "", "ended"], tone: "red" },
  ];
  const head = ["WHERE", "NOTHING", "STATE"];

  test("aligned, without what is empty in every row", () => {
    expect(table(head, rows, 80)).toBe("WHERE       STATE\none         stored\ntwenty-two  ended");
    expect(table(head, rows, 18), "exactly as wide").toContain("one         stored");
  });

  test("a paragraph a row where it does not fit", () => {
    expect(table(head, rows, 17)).toBe("one\n  state  stored\n\ntwenty-two\n  state  ended");
  });

  test("no line is wider than it has to be, and no cell is lost", () => {
    const cell = fc.string({ unit: fc.constantFrom("a", "b", "-"), maxLength: 12 });
    const some = fc.array(fc.tuple(cell, cell, cell), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(some, fc.integer({ min: 1, max: 60 }), (cells, width) => {
        const text = table(
          head,
          cells.map((each) => ({ cells: each, tone: "green" })),
          width,
        );
        for (const each of cells.flat()) expect(text).toContain(each);
        if (text.startsWith("WHERE"))
          for (const line of text.split("\n")) expect(line.length).toBeLessThanOrEqual(width);
      }),
    );
  });

  test("the terminal's width, or all there is", () => {
    expect(widthOf({ COLUMNS: "72" })).toBe(72);
    for (const COLUMNS of ["0", "-1", "wide", undefined]) {
      expect(widthOf({ COLUMNS })).toBe(process.stdout.columns ?? Infinity);
    }
  });
});

describe("the outside", () => {
  const request = { method: "GET", url: "https://one.example/x", headers: {}, timeoutMs: 10_000 } as const;
  afterEach(() => vi.useRealTimers());

  test("all of it is over at one moment: requests, programs, pauses", async () => {
    const run = vi.fn<ReturnType<typeof fakeWorld>["run"]>(async () => ({
      status: 0,
      missing: false,
      stdout: "",
      stderr: "",
    }));
    const world = fakeWorld({ http: async () => answer(200, {}), run });
    const limited = until(world, NOW + 3000);
    await limited.http(request);
    world.pass(1000);
    await limited.http({ ...request, timeoutMs: 500 });
    await limited.run("git", [], { timeoutMs: 60_000 });
    expect(world.requests.map(({ timeoutMs }) => timeoutMs)).toEqual([3000, 500]);
    expect(run.mock.calls[0]?.[2].timeoutMs).toBe(2000);
    await limited.sleep(60_000);
    expect(world.now()).toBe(NOW + 3000);
    await expect(limited.http(request)).rejects.toThrow(HttpFailure);
    expect(world.requests, "nobody is asked any more").toHaveLength(2);
  });

  test("who waits for long is told for whom", async () => {
    vi.useFakeTimers();
    const said: string[] = [];
    const held = Promise.withResolvers<void>();
    const world = sayingWhoIsAwaited(
      fakeWorld({
        http: async ({ url }) => {
          if (url.includes("one")) await held.promise;
          return answer(200, {});
        },
      }),
      (text) => said.push(text),
    );
    const waiting = world.http(request);
    await world.http({ ...request, url: "https://two.example/" });
    vi.advanceTimersByTime(1999);
    expect(said).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(said).toEqual(["Waiting for one.example …"]);
    vi.advanceTimersByTime(60_000);
    expect(said, "once for each request").toHaveLength(1);
    held.resolve();
    await waiting;
    vi.advanceTimersByTime(60_000);
    expect(said).toHaveLength(1);
    world.end();
  });
});

describe("on a Mac", () => {
  /** There is no Keychain to be asked on other systems: here the answer of its program is made up. */
  async function onAMac(status: number, file = false) {
    const home = tempFolder();
    if (file) {
      mkdirSync(join(home, ".claude"));
      writeFileSync(join(home, ".claude/.credentials.json"), JSON.stringify(CLAUDE_FILE));
    }
    const asked: string[][] = [];
    const said: string[] = [];
    const data: Record<string, unknown>[] = [];
    const world = fakeWorld({
      env: { HOME: home },
      platform: "darwin",
      run: async (program, args) => {
        asked.push([program, ...args]);
        return { status, missing: false, stdout: "", stderr: "" };
      },
    });
    const answered = (text: string, more: Readonly<Record<string, unknown>>) => {
      said.push(text);
      data.push(more);
      return true;
    };
    const terminal = { ...world.runner, json: false, given: {}, kept: {}, variables: {}, answer: answered };
    const exitCode = await runStatus({ world, terminal, flags: {}, positionals: [] });
    return { exitCode, text: said.join(), data: data[0] ?? {}, asked };
  }

  test("an item of Claude Code in the Keychain is named; nobody is sent to sign in", async () => {
    const { exitCode, text, data, asked } = await onAMac(0);
    expect(text).toMatch(/Keychain of this Mac holds a login of Claude Code \(“Claude Code-credentials”\)/);
    expect(text).not.toContain("Sign in:");
    expect([exitCode, data["keychain"]]).toEqual([0, "Claude Code-credentials"]);
    // Neither of the flags with which it would print a secret, and ask for a password.
    expect(asked).toEqual([["/usr/bin/security", "find-generic-password", "-s", "Claude Code-credentials"]]);
  });

  test("beside a file it is said that the program prefers it", async () => {
    expect((await onAMac(0, true)).text).toMatch(/stored[^]*prefers to its file/);
  });

  test("none: nothing is said of it, and a sign-in is needed", async () => {
    const { exitCode, text, data } = await onAMac(44);
    expect(text).not.toContain("Keychain");
    expect(text).toContain("Sign in:");
    expect([exitCode, data["keychain"]]).toEqual([3, null]);
  });
});

const CLAUDE_FILE = {
  claudeAiOauth: {
    accessToken: `sk-ant-oat01-${"x".repeat(95)}`,
    refreshToken: null,
    expiresAt: null,
    scopes: ["user:inference"],
  },
};

import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Credential } from "../../../src/credential/credential.ts";
import { clean } from "../../../src/post/clean.ts";
import { claudeFile, parseClaude } from "../../../src/targets/claude.ts";
import type { FileEntry } from "../../../src/targets/manifest.ts";
import { openTargets } from "../../../src/targets/targets.ts";
import { fakeWorld, inputsOf, newLogin, newToken, pieceOf, tempFolder } from "./support.ts";

const list = (folder: string): string[] => readdirSync(folder, { recursive: true, encoding: "utf8" });

/** A job: what was there, what main writes, what happens then, and post's cleaning. */
function job(given: {
  before?: string;
  full?: boolean;
  during?: (path: string, login: Credential) => void;
  ours?: Credential[];
  write?: boolean;
}) {
  const root = tempFolder();
  mkdirSync(join(root, "temp"));
  const world = fakeWorld({ env: { HOME: join(root, "home/me"), RUNNER_TEMP: join(root, "temp") } });
  const inputs = inputsOf({ "allow-unstored-refresh": "true", "write-refresh-token": String(given.full ?? false) });
  const path = claudeFile(world, inputs);
  if (given.before !== undefined) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, given.before);
  }
  const files = list(root);
  const login = newLogin();
  const targets = openTargets(world, inputs);
  if (given.write ?? true) targets.write(login);
  const entries = JSON.parse(world.recorded.state["files"] ?? "[]") as FileEntry[];
  given.during?.(path, login);
  const ours = given.ours ?? [login];
  clean(world, inputs, entries, (token) => ours.some(({ access }) => token.equals(access)));
  return {
    path,
    login,
    world,
    text: existsSync(path) ? readFileSync(path, "utf8") : undefined,
    /** What is on the disk now and was not, or the other way round. */
    changed: [
      ...list(root).filter((name) => !files.includes(name)),
      ...files.filter((name) => !existsSync(join(root, name))),
    ],
  };
}

const edit = (change: (file: Record<string, unknown>) => unknown) => (path: string) =>
  writeFileSync(path, JSON.stringify(change(parseClaude(readFileSync(path, "utf8")))));
const theirs = () => ({
  accessToken: newToken("oat"),
  refreshToken: newToken("ort"),
  expiresAt: 1,
  scopes: ["user:inference"],
});

describe("where there was no file", () => {
  test.each([false, true])("nothing is left, not even a folder (with the refresh token: %s)", (full) => {
    const { text, changed, world } = job({ full });
    expect([text, changed]).toEqual([undefined, []]);
    expect(world.recorded.of("log")).toEqual([expect.stringContaining("Removed")]);
  });

  test("a file that was opened and never written leaves nothing either", () => {
    expect(job({ write: false }).changed).toEqual([]);
  });

  test("a file that the job removed is no trouble", () => {
    expect(job({ during: (path) => rmSync(path) }).changed).toEqual([]);
  });

  test("what the program added besides stays, without our login", () => {
    const { text } = job({ during: edit((file) => ({ ...file, mcpOAuth: { a: 1 } })) });
    expect(text).toBe('{"mcpOAuth":{"a":1}}');
  });

  test("other files in its folder stay, and so does the folder", () => {
    const { text, changed, path } = job({ during: (file) => writeFileSync(join(dirname(file), "history"), "x") });
    expect(text).toBeUndefined();
    expect(changed.some((name) => name.endsWith("history"))).toBe(true);
    expect(readdirSync(dirname(path))).toEqual(["history"]);
  });

  test("the mark of a login that ended in the job goes too", () => {
    const during = edit(() => ({ claudeAiOauth: { accessToken: "", refreshToken: "", expiresAt: 0 } }));
    expect(job({ full: true, during }).changed).toEqual([]);
  });

  test("a login that the program renewed goes, once it was taken over", () => {
    const next = newLogin();
    const renewed = { accessToken: next.access?.reveal(), refreshToken: next.refresh?.reveal() };
    const during = edit((file) => ({ ...file, claudeAiOauth: { ...(file["claudeAiOauth"] as object), ...renewed } }));
    expect(job({ full: true, during, ours: [newLogin(), next] }).changed).toEqual([]);
  });

  test("somebody else's login stays", () => {
    const login = theirs();
    const { text, world } = job({ during: (path) => writeFileSync(path, JSON.stringify({ claudeAiOauth: login })) });
    expect(text).toBe(JSON.stringify({ claudeAiOauth: login }));
    expect(world.recorded.of("log")).toEqual([expect.stringContaining("Left")]);
  });
});

describe("where there was a file", () => {
  const befores: [string, string][] = [
    ["of a login", JSON.stringify({ claudeAiOauth: theirs() })],
    [
      "of a login, pretty-printed with CRLF",
      JSON.stringify({ claudeAiOauth: theirs(), mcpOAuth: { ä: "中" } }, null, 2).replaceAll("\n", "\r\n"),
    ],
    ["of other keys alone", '{ "mcpOAuth": {} }\n'],
    ["of nothing", "{}"],
    ["empty", ""],
    ["not JSON", "not JSON\n"],
    ["a list", "[1, 2]"],
  ];
  test.each(befores)("%s: it is back, byte for byte", (_, before) => {
    for (const full of [false, true]) {
      const { text, changed } = job({ before, full });
      expect(text).toBe(before);
      expect(changed).toEqual([]);
    }
  });

  test("any text at all is back", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: "grapheme" }), fc.json()), (before) => {
        expect(job({ before }).text).toBe(before);
      }),
      { numRuns: 20 },
    );
  });

  test("the program changed other keys: its keys stay, the login of before is back", () => {
    const login = theirs();
    const before = JSON.stringify({ claudeAiOauth: login, mcpOAuth: 1, gone: 1 });
    const during = edit(({ gone: _gone, ...file }) => ({ ...file, mcpOAuth: 2, fresh: 3 }));
    const { text } = job({ before, during });
    expect(JSON.parse(text ?? "")).toEqual({ claudeAiOauth: login, mcpOAuth: 2, fresh: 3 });
  });

  test("there was no login in it: ours is taken out, the rest stays", () => {
    const { text } = job({ before: '{"mcpOAuth":1}', during: edit((file) => ({ ...file, mcpOAuth: 2 })) });
    expect(text).toBe('{"mcpOAuth":2}');
  });

  test("somebody signed in meanwhile: theirs stays, byte for byte", () => {
    const now = JSON.stringify({ claudeAiOauth: theirs() }, null, 3);
    const { text, changed } = job({
      before: JSON.stringify({ claudeAiOauth: theirs() }),
      during: (path) => writeFileSync(path, now),
    });
    expect([text, changed]).toEqual([now, []]);
  });

  test("the login in it ended in the job: the one of before is back", () => {
    const before = JSON.stringify({ claudeAiOauth: theirs() });
    const during = edit((file) => ({ ...file, claudeAiOauth: { accessToken: "", refreshToken: "", expiresAt: 0 } }));
    expect(JSON.parse(job({ before, full: true, during }).text ?? "")).toEqual(JSON.parse(before));
  });

  test("the job made the file unreadable: it is left as it is", () => {
    const { text } = job({ before: "{}", during: (path) => writeFileSync(path, "broken {") });
    expect(text).toBe("broken {");
  });

  test("the job removed the file: what was there before is there again, and no copy of it stays behind", () => {
    const { changed } = job({ before: JSON.stringify({ claudeAiOauth: theirs() }), during: (path) => rmSync(path) });
    expect(changed).toEqual([]);
  });
});

test("nothing of a token is said", () => {
  const { world, login } = job({ before: JSON.stringify({ claudeAiOauth: theirs() }) });
  expect(pieceOf(login.access?.reveal() ?? "", world.recorded.text())).toBeUndefined();
});

import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Credential, ProviderName } from "../../../src/credential/credential.ts";
import { Failure } from "../../../src/errors.ts";
import { clean } from "../../../src/post/clean.ts";
import { loadTarget } from "../../../src/targets/load.ts";
import type { FileEntry } from "../../../src/targets/manifest.ts";
import type { ProgramName } from "../../../src/targets/names.ts";
import { openclawFile } from "../../../src/targets/openclaw-file.ts";
import { whereabouts } from "../../../src/targets/place.ts";
import { Secret } from "../../../src/secret.ts";
import type { Doc, FileTarget } from "../../../src/targets/target.ts";
import type { World } from "../../../src/world/world.ts";
import {
  fakeWorld,
  type FakeWorld,
  inputsOf,
  newChatGpt,
  newJwt,
  newLogin,
  newToken,
  opened,
  pieceOf,
  rendered,
  tempFolder,
} from "./support.ts";

const list = (folder: string): string[] => readdirSync(folder, { recursive: true, encoding: "utf8" });
const fresh = (provider: ProviderName): Credential => (provider === "openai" ? newChatGpt() : newLogin());
const manifest = ({ recorded }: FakeWorld) => JSON.parse(recorded.state["files"] ?? "[]") as FileEntry[];
const knows = (logins: readonly Credential[]) => (token: { reveal(): string }) =>
  logins.some(({ access }) => access?.reveal() === token.reveal());

/** OpenClaw's version decides how it is given a login; releases up to 2026.6.1 read a file. */
const load = async (name: ProgramName): Promise<FileTarget> =>
  name === "openclaw" ? openclawFile("openai-codex") : loadTarget(name);
const run: World["run"] = async () => ({ status: 0, missing: false, stdout: "2026.5.7\n", stderr: "" });

/** A home and a folder for temporary files, with nothing in them. */
function place(targets: string, full = false) {
  const root = tempFolder();
  mkdirSync(join(root, "temp"));
  const world = fakeWorld({ env: { HOME: join(root, "home/me"), RUNNER_TEMP: join(root, "temp") }, run });
  const settings = { targets, "allow-unstored-refresh": "true", "write-refresh-token": String(full) };
  return { root, world, inputs: inputsOf(settings) };
}

interface Given {
  login?: Credential;
  kind?: { name: ProgramName; provider: ProviderName };
  before?: string | undefined;
  full?: boolean;
  during?: (path: string, login: Credential) => void;
  ours?: Credential[];
  write?: boolean;
}

/** A job: what was there, what main writes, what happens then, and post's cleaning. */
async function job({ kind = { name: "claude", provider: "anthropic" }, ...given }: Given) {
  const { root, world, inputs } = place(kind.name, given.full);
  const path = (await load(kind.name)).path(whereabouts(world, inputs));
  if (given.before !== undefined) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, given.before);
  }
  const files = list(root);
  const { login = fresh(kind.provider) } = given;
  const targets = await opened(world, inputs, kind.provider);
  if (given.write ?? true) await targets.write(login);
  given.during?.(path, login);
  await clean(world, inputs, manifest(world), knows(given.ours ?? [login]));
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
  writeFileSync(path, JSON.stringify(change(JSON.parse(readFileSync(path, "utf8")) as Record<string, unknown>)));
const theirs = () => ({
  accessToken: newToken("oat"),
  refreshToken: newToken("ort"),
  expiresAt: 1,
  scopes: ["user:inference"],
});

describe("where there was no file", () => {
  test.each([false, true])("nothing is left, not even a folder (with the refresh token: %s)", async (full) => {
    const { text, changed, world } = await job({ full });
    expect([text, changed]).toEqual([undefined, []]);
    expect(world.recorded.of("log")).toEqual([expect.stringContaining("Removed")]);
  });

  test("a file that was opened and never written leaves nothing either", async () => {
    expect((await job({ write: false })).changed).toEqual([]);
  });

  test("a file that the job removed is no trouble", async () => {
    expect((await job({ during: (path) => rmSync(path) })).changed).toEqual([]);
  });

  test("what the program added besides stays, without our login", async () => {
    const { text } = await job({ during: edit((file) => ({ ...file, mcpOAuth: { a: 1 } })) });
    expect(text).toBe('{"mcpOAuth":{"a":1}}');
  });

  test("other files in its folder stay, and so does the folder", async () => {
    const { text, changed, path } = await job({ during: (file) => writeFileSync(join(dirname(file), "history"), "x") });
    expect(text).toBeUndefined();
    expect(changed.some((name) => name.endsWith("history"))).toBe(true);
    expect(readdirSync(dirname(path))).toEqual(["history"]);
  });

  test("the mark of a login that ended in the job goes too", async () => {
    const during = edit(() => ({ claudeAiOauth: { accessToken: "", refreshToken: "", expiresAt: 0 } }));
    expect((await job({ full: true, during })).changed).toEqual([]);
  });

  test("a login that the program renewed goes, once it was taken over", async () => {
    const next = newLogin();
    const renewed = { accessToken: next.access?.reveal(), refreshToken: next.refresh?.reveal() };
    const during = edit((file) => ({ ...file, claudeAiOauth: { ...(file["claudeAiOauth"] as object), ...renewed } }));
    expect((await job({ full: true, during, ours: [newLogin(), next] })).changed).toEqual([]);
  });

  test("somebody else's login stays", async () => {
    const login = theirs();
    const { text, world } = await job({
      during: (path) => writeFileSync(path, JSON.stringify({ claudeAiOauth: login })),
    });
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
  test.each(befores)("%s: it is back, byte for byte", async (_, before) => {
    for (const full of [false, true]) {
      const { text, changed } = await job({ before, full });
      expect(text).toBe(before);
      expect(changed).toEqual([]);
    }
  });

  test("any text at all is back", async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.string({ unit: "grapheme" }), fc.json()), async (before) => {
        expect((await job({ before })).text).toBe(before);
      }),
      { numRuns: 20 },
    );
  });

  test("the program changed other keys: its keys stay, the login of before is back", async () => {
    const login = theirs();
    const before = JSON.stringify({ claudeAiOauth: login, mcpOAuth: 1, gone: 1 });
    const during = edit(({ gone: _gone, ...file }) => ({ ...file, mcpOAuth: 2, fresh: 3 }));
    const { text } = await job({ before, during });
    expect(JSON.parse(text ?? "")).toEqual({ claudeAiOauth: login, mcpOAuth: 2, fresh: 3 });
  });

  test("there was no login in it: ours is taken out, the rest stays", async () => {
    const { text } = await job({ before: '{"mcpOAuth":1}', during: edit((file) => ({ ...file, mcpOAuth: 2 })) });
    expect(text).toBe('{"mcpOAuth":2}');
  });

  test("somebody signed in meanwhile: theirs stays, byte for byte", async () => {
    const now = JSON.stringify({ claudeAiOauth: theirs() }, null, 3);
    const { text, changed } = await job({
      before: JSON.stringify({ claudeAiOauth: theirs() }),
      during: (path) => writeFileSync(path, now),
    });
    expect([text, changed]).toEqual([now, []]);
  });

  test("the login in it ended in the job: the one of before is back", async () => {
    const before = JSON.stringify({ claudeAiOauth: theirs() });
    const during = edit((file) => ({ ...file, claudeAiOauth: { accessToken: "", refreshToken: "", expiresAt: 0 } }));
    expect(JSON.parse((await job({ before, full: true, during })).text ?? "")).toEqual(JSON.parse(before));
  });

  test("the job made the file unreadable: it is left as it is", async () => {
    const { text } = await job({ before: "{}", during: (path) => writeFileSync(path, "broken {") });
    expect(text).toBe("broken {");
  });

  test("the job removed the file: what was there before is there again, and no copy of it stays behind", async () => {
    const { changed } = await job({
      before: JSON.stringify({ claudeAiOauth: theirs() }),
      during: (path) => rmSync(path),
    });
    expect(changed).toEqual([]);
  });
});

test("nothing of a token is said", async () => {
  const { world, login } = await job({ before: JSON.stringify({ claudeAiOauth: theirs() }) });
  expect(pieceOf(login.access?.reveal() ?? "", world.recorded.text())).toBeUndefined();
});

const PROFILES = JSON.stringify({
  version: 1,
  profiles: { "github:work": { type: "token", provider: "github", token: "t0123" } },
  order: { github: ["github:work"] },
  usageStats: { "github:work": { lastUsed: 5 } },
});

/** Every program's file, with things in it that are none of ours. */
const KINDS: [name: ProgramName, provider: ProviderName, neighbours: string][] = [
  ["claude", "anthropic", '{"mcpOAuth":{"a":1},"ä":"中"}'],
  ["codex", "openai", '{"agent_identity":"a","later":{"b":[1]}}'],
  ["pi", "anthropic", '{"github-copilot":{"type":"oauth","access":"x"},"groq":{"type":"api_key","key":"k"}}'],
  ["pi", "openai", '{"anthropic":{"type":"api_key","key":"k"}}'],
  ["opencode", "openai", '{"anthropic":{"type":"api","key":"k"}}'],
  ["peekaboo", "anthropic", "# mine\nGROK_API_KEY=k\n\nOPENAI_ACCESS_TOKEN=theirs\n"],
  ["peekaboo", "openai", "  # mine\r\nANTHROPIC_API_KEY=k\r\n"],
  ["clawdbot", "anthropic", PROFILES],
  ["clawdbot", "openai", PROFILES],
  ["openclaw", "anthropic", PROFILES],
  ["openclaw", "openai", PROFILES],
];

describe.each(KINDS)("%s, %s", (name, provider, neighbours) => {
  const kind = { name, provider };
  const slot = { provider, account: "default" };
  const doc = (target: FileTarget, text: string): Doc => target.parse(text) ?? {};
  /** As another program might have written it: with white space that we would not choose. */
  const odd = (text: string) =>
    text.startsWith("{") ? JSON.stringify(JSON.parse(text), null, 5).replaceAll("\n", "\r\n") : `${text}\r\n`;
  const befores = async (): Promise<string[]> => {
    const target = await load(name);
    const login = rendered(target, neighbours, fresh(provider), true);
    return [neighbours, odd(login), rendered(target, "", fresh(provider), true)];
  };

  test("where there was no file nothing is left, with the refresh token or without", async () => {
    for (const full of [false, (await load(name)).full]) expect((await job({ kind, full })).changed).toEqual([]);
  });

  test("what was there is back, byte for byte, also if the job removed the file", async () => {
    for (const before of await befores()) {
      const { text, changed } = await job({ kind, before });
      expect([text, changed]).toEqual([before, []]);
    }
    expect((await job({ kind, before: odd(neighbours), during: (path) => rmSync(path) })).changed).toEqual([]);
  });

  test("neighbours that came meanwhile stay, and the login of before is back", async () => {
    const target = await load(name);
    for (const before of [undefined, ...(await befores())]) {
      // Another program of the job adds its own things to what it finds.
      const during = (path: string) => {
        const present = doc(target, readFileSync(path, "utf8"));
        writeFileSync(path, target.print(added(present)));
      };
      const { text = "", login } = await job({ kind, before, during });
      const old = doc(target, before ?? target.print(doc(target, "")));
      expect(target.get(doc(target, text), slot)).toEqual(target.get(old, slot));
      expect(text).not.toContain(login.access?.reveal().slice(-40));
      expect(text).toContain("came meanwhile");
      for (const word of neighbours.match(/[\wä中]{4,}/g) ?? []) {
        expect(text.includes(word)).toBe(before?.includes(word) ?? text.includes(word));
      }
    }
  });

  test("somebody else's login stays, byte for byte", async () => {
    const target = await load(name);
    for (const before of [undefined, neighbours]) {
      let now = "";
      const during = (path: string) => {
        now = odd(rendered(target, readFileSync(path, "utf8"), fresh(provider), true));
        writeFileSync(path, now);
      };
      expect((await job({ kind, before, during })).text).toBe(now);
    }
  });

  test("a login that the program renewed goes, once it was taken over", async () => {
    const target = await load(name);
    const next = fresh(provider);
    const during = (path: string) =>
      writeFileSync(path, rendered(target, readFileSync(path, "utf8"), next, target.full));
    for (const before of [undefined, odd(neighbours)]) {
      const { text, changed } = await job({ kind, before, during, ours: [newLogin(), next], full: target.full });
      expect([text, changed]).toEqual([before, []]);
    }
  });

  test.skipIf(provider !== "openai")("our own token is known again, also if it names no account", async () => {
    const login = newChatGpt({ access: new Secret(newJwt(null)), idToken: undefined });
    expect((await job({ kind, login })).changed).toEqual([]);
  });

  test("nothing of a token is said", async () => {
    const { world, login } = await job({ kind });
    expect(pieceOf(login.access?.reveal() ?? "", world.recorded.text())).toBeUndefined();
  });

  // Peekaboo's file has no end that could be missing, and Peekaboo writes it in one step.
  test.skipIf(name === "peekaboo")("cut off while it was written in place: what was before is back", async () => {
    const target = await load(name);
    for (const before of [undefined, rendered(target, neighbours, fresh(provider), true)]) {
      const login = fresh(provider);
      const whole = rendered(target, before ?? "", login, target.full);
      const begins = whole.indexOf(login.access?.reveal().slice(0, 40) ?? "?");
      expect(begins).toBeGreaterThan(0);
      for (const cut of [begins + 20, Math.floor((begins + whole.trimEnd().length) / 2), -1]) {
        const during = (path: string) => writeFileSync(path, whole.trimEnd().slice(0, cut));
        const { text, changed } = await job({ kind, before, during, ours: [login] });
        expect([text, changed]).toEqual([before, []]);
      }
    }
  });

  /** A document with something in it that is none of ours. */
  const added = (present: Doc): Doc =>
    name === "peekaboo"
      ? { ...present, lines: ["# came meanwhile\n", ...(present["lines"] as string[])] }
      : { ...present, fresh: "came meanwhile" };
});

describe("several files and several steps", () => {
  test("one file that cannot be cleaned does not keep the others from it", async () => {
    const { world, inputs, root } = place("claude,pi");
    mkdirSync(join(root, "home/me/.claude"), { recursive: true });
    const targets = await opened(world, inputs);
    const login = newLogin();
    await targets.write(login);
    // Another program holds its lock, and gives signs of life.
    const lock = join(root, "home/me/.claude/.oauth_refresh.lock");
    mkdirSync(lock);
    const busy: FakeWorld = { ...world, files: { ...world.files, modifiedAt: () => world.now() } };
    const told = await clean(busy, inputs, manifest(world), knows([login])).then(
      () => world.recorded.of("warning").join(),
      (error: unknown) => (error instanceof Failure ? error.code : String(error)),
    );
    expect(told).toContain("file-busy");
    expect(list(root).filter((path) => path.includes(".pi"))).toEqual([]);
    expect(list(root).some((path) => path.endsWith(".credentials.json"))).toBe(true);
  });

  test.each<[ProgramName, string | undefined]>([
    ["claude", undefined],
    ["pi", undefined],
    ["claude", '{ "mcpOAuth": 1 }'],
    ["pi", '{ "groq": {"type":"api_key","key":"k"} }'],
  ])("a folder that was there before, and that the job removed: %s, its file before: %s", async (name, before) => {
    const { world, inputs } = place(name);
    const path = (await load(name)).path(whereabouts(world, inputs));
    mkdirSync(dirname(path), { recursive: true });
    if (before !== undefined) writeFileSync(path, before);
    const targets = await opened(world, inputs);
    const login = newLogin();
    await targets.write(login);
    rmSync(dirname(path), { recursive: true });
    await clean(world, inputs, manifest(world), knows([login]));
    expect(existsSync(path) ? readFileSync(path, "utf8") : undefined).toBe(before);
    expect(world.recorded.of("warning")).toEqual([]);
  });

  test("a second step of the job with the same file: each takes out its own, the last one first", async () => {
    for (const before of [undefined, '{ "groq": {"type":"api_key","key":"k"} }']) {
      const { world: first, inputs, root } = place("pi");
      const { world: second } = place("pi");
      const shared: FakeWorld = { ...second, env: first.env };
      const path = (await loadTarget("pi")).path(whereabouts(first, inputs));
      if (before !== undefined) {
        mkdirSync(dirname(path), { recursive: true });
        writeFileSync(path, before);
      }
      const files = list(root);
      const [claude, chatGpt] = [newLogin(), newChatGpt()];
      await (await opened(first, inputs)).write(claude);
      const between = readFileSync(path, "utf8");
      await (await opened(shared, inputs, "openai")).write(chatGpt);
      const both = readFileSync(path, "utf8");
      for (const { access } of [claude, chatGpt]) expect(both).toContain(access?.reveal());
      await clean(shared, inputs, manifest(shared), knows([chatGpt]));
      expect(readFileSync(path, "utf8")).toBe(between);
      await clean(first, inputs, manifest(first), knows([claude]));
      expect(list(root)).toEqual(files);
      if (before !== undefined) expect(readFileSync(path, "utf8")).toBe(before);
    }
  });

  test("a target that cannot be opened: the files that were opened before it are given up", async () => {
    const { world, inputs, root } = place("claude,pi");
    mkdirSync(join(root, "home/me"), { recursive: true });
    writeFileSync(join(root, "home/me/.pi"), "a file where a folder should be");
    const files = list(root);
    await expect(opened(world, inputs)).rejects.toThrow(/ENOTDIR|EEXIST|ENOENT/);
    expect(list(root)).toEqual(files);
    expect(manifest(world)).toEqual([]);
  });
});

import { createHash } from "node:crypto";
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { openLoginTargets } from "../../../src/cli/login/to-targets.ts";
import type { Failure } from "../../../src/errors.ts";
import { claude } from "../../../src/targets/claude.ts";
import { refuseUnsafe, whereabouts } from "../../../src/targets/place.ts";
import type { World } from "../../../src/world/world.ts";
import {
  failureIn,
  failureOf,
  fakeWorld,
  inputsOf,
  newLogin,
  opened,
  pieceOf,
  rendered,
  tempFolder,
} from "./support.ts";

const FILE = ".credentials.json";
const posix = process.platform !== "win32";

describe("where Claude Code looks", () => {
  test.each<[string, Record<string, string>, string | undefined, string]>([
    ["the home", { HOME: "/h" }, undefined, "/h/.claude"],
    ["CLAUDE_CONFIG_DIR", { HOME: "/h", CLAUDE_CONFIG_DIR: "/c" }, undefined, "/c"],
    ["CLAUDE_CONFIG_DIR, empty", { HOME: "/h", CLAUDE_CONFIG_DIR: "" }, undefined, "/h/.claude"],
    ["CLAUDE_SECURESTORAGE_CONFIG_DIR", { HOME: "/h", CLAUDE_SECURESTORAGE_CONFIG_DIR: "/s" }, undefined, "/s"],
    ["both", { HOME: "/h", CLAUDE_SECURESTORAGE_CONFIG_DIR: "/s", CLAUDE_CONFIG_DIR: "/c" }, undefined, "/s"],
    [
      "both, the stronger one empty",
      { HOME: "/h", CLAUDE_SECURESTORAGE_CONFIG_DIR: "", CLAUDE_CONFIG_DIR: "/c" },
      undefined,
      "/h/.claude",
    ],
    ["the input home", { HOME: "/h" }, "/i", "/i/.claude"],
    [
      "the input home and both",
      { HOME: "/h", CLAUDE_SECURESTORAGE_CONFIG_DIR: "/s", CLAUDE_CONFIG_DIR: "/c" },
      "/i",
      "/i/.claude",
    ],
    ["no HOME", {}, undefined, join(homedir(), ".claude")],
    ["an empty HOME", { HOME: "" }, undefined, join(homedir(), ".claude")],
    ["a name in two parts", { HOME: "/h", CLAUDE_CONFIG_DIR: "/cafe\u0301" }, undefined, "/caf\u00e9"],
    ["a folder with dots", { HOME: "/h", CLAUDE_CONFIG_DIR: "/a/../c/" }, undefined, "/c"],
  ])("%s", (_, env, home, folder) => {
    expect(claude.path(whereabouts({ env, platform: "linux" }, { home }))).toBe(join(folder, FILE));
  });

  // The HOME of Git's bash; the programs ask the system for the profile's folder.
  test.each<[string, Record<string, string>, string | undefined, string]>([
    ["not by HOME", { HOME: "/h", USERPROFILE: "/u" }, undefined, "/u/.claude"],
    ["without the variable", { HOME: "/h" }, undefined, join(homedir(), ".claude")],
    ["by its own variable", { HOME: "/h", USERPROFILE: "/u", CLAUDE_CONFIG_DIR: "/c" }, undefined, "/c"],
    ["by the input home", { HOME: "/h", USERPROFILE: "/u" }, "/i", "/i/.claude"],
  ])("on Windows: %s", (_, env, home, folder) => {
    expect(claude.path(whereabouts({ env, platform: "win32" }, { home }))).toBe(join(folder, FILE));
  });
});

/** A world whose home and workspace lie side by side. */
function place(change: (root: string) => Record<string, string> = () => ({})) {
  const root = tempFolder();
  for (const name of ["home", "work", "temp"]) mkdirSync(join(root, name));
  const env = {
    HOME: join(root, "home"),
    GITHUB_WORKSPACE: join(root, "work"),
    RUNNER_TEMP: join(root, "temp"),
    ...change(root),
  };
  const world = fakeWorld({ env });
  const inputs = inputsOf({ "allow-unstored-refresh": "true" });
  return { root, world, inputs, path: claude.path(whereabouts(world, inputs)) };
}

describe("refused, before anything is written", () => {
  test.skipIf(!posix).each<[string, (root: string) => Record<string, string> | void]>([
    [
      "the file is a link",
      (root) => {
        mkdirSync(join(root, "home/.claude"));
        writeFileSync(join(root, "elsewhere"), "{}");
        symlinkSync(join(root, "elsewhere"), join(root, "home/.claude", FILE));
      },
    ],
    [
      "the file is a link to nothing",
      (root) => {
        mkdirSync(join(root, "home/.claude"));
        symlinkSync(join(root, "missing"), join(root, "home/.claude", FILE));
      },
    ],
    [
      "its folder is a link",
      (root) => {
        mkdirSync(join(root, "elsewhere"));
        symlinkSync(join(root, "elsewhere"), join(root, "home/.claude"));
      },
    ],
    ["its folder is a link into the workspace", (root) => symlinkSync(join(root, "work"), join(root, "home/.claude"))],
    ["the workspace itself", (root) => ({ CLAUDE_CONFIG_DIR: join(root, "work") })],
    ["a folder of the workspace", (root) => ({ CLAUDE_CONFIG_DIR: join(root, "work/a/b") })],
    [
      "a folder of the workspace, by another way",
      (root) => ({ CLAUDE_CONFIG_DIR: join(root, "home", "..", "work", "x") }),
    ],
    ["a folder whose name begins with dots", (root) => ({ CLAUDE_CONFIG_DIR: join(root, "work/..home") })],
    ["the home in the workspace", (root) => ({ HOME: join(root, "work/home") })],
    [
      "a parent that is a link into the workspace",
      (root) => {
        symlinkSync(join(root, "work"), join(root, "way"));
        return { CLAUDE_CONFIG_DIR: join(root, "way/deep/.claude") };
      },
    ],
    [
      "a workspace that is a link itself",
      (root) => {
        symlinkSync(join(root, "work"), join(root, "link"));
        return { GITHUB_WORKSPACE: join(root, "link"), CLAUDE_CONFIG_DIR: join(root, "work/.claude") };
      },
    ],
  ])("%s", async (_, prepare) => {
    const { world, inputs, path, root } = place((folder) => prepare(folder) ?? {});
    expect(failureOf(() => refuseUnsafe(world, path)).code).toBe("unsafe-path");
    const before = readdirSync(root, { recursive: true });
    expect((await failureIn(() => opened(world, inputs))).code).toBe("unsafe-path");
    expect(readdirSync(root, { recursive: true })).toEqual(before);
  });

  test.each<[string, (root: string) => Record<string, string>]>([
    ["a folder beside the workspace with a name like it", (root) => ({ CLAUDE_CONFIG_DIR: join(root, "work2") })],
    ["the folder above the workspace", (root) => ({ CLAUDE_CONFIG_DIR: root })],
    ["no workspace", () => ({ GITHUB_WORKSPACE: "" })],
    ["a workspace that is not there", (root) => ({ GITHUB_WORKSPACE: join(root, "none") })],
    ["folders that do not exist yet", (root) => ({ HOME: join(root, "new/home") })],
  ])("fine: %s", (_, prepare) => {
    const { world, path } = place(prepare);
    expect(() => refuseUnsafe(world, path)).not.toThrow();
  });
});

describe("the file", () => {
  const login = newLogin({ other: { rateLimitTier: "tier", accountUuid: "u" }, clientId: "c" });

  test.skipIf(!posix)("and its folder belong to their owner alone, whatever the umask", async () => {
    const { world, inputs, path } = place();
    const before = process.umask(0o000);
    try {
      const targets = await opened(world, inputs);
      expect(statSync(dirname(path)).mode & 0o777).toBe(0o700);
      for (const name of readdirSync(dirname(path)))
        expect(statSync(join(dirname(path), name)).mode & 0o777).toBe(0o600);
      expect(await targets.write(login)).toEqual([path]);
      expect(statSync(path).mode & 0o777).toBe(0o600);
    } finally {
      process.umask(before);
    }
  });

  test.skipIf(!posix)("that others could read, they cannot read afterwards", async () => {
    const { world, inputs, path } = place();
    mkdirSync(dirname(path));
    writeFileSync(path, "{}");
    chmodSync(path, 0o666);
    await (await opened(world, inputs)).write(login);
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  test("holds the access token alone, by default", async () => {
    const { world, inputs, path } = place();
    await (await opened(world, inputs)).write(login);
    expect(JSON.parse(readFileSync(path, "utf8"))).toEqual({
      claudeAiOauth: {
        accessToken: login.access?.reveal(),
        refreshToken: null,
        expiresAt: null,
        scopes: ["user:inference", "user:profile"],
        subscriptionType: "max",
        rateLimitTier: "tier",
        accountUuid: "u",
      },
    });
  });

  test("holds the whole login only if the user asks for it", async () => {
    const { world, path } = place();
    const inputs = inputsOf({ "allow-unstored-refresh": "true", "write-refresh-token": "true" });
    await (await opened(world, inputs)).write(login);
    expect(JSON.parse(readFileSync(path, "utf8"))).toEqual({
      claudeAiOauth: {
        accessToken: login.access?.reveal(),
        refreshToken: login.refresh?.reveal(),
        expiresAt: login.accessExpiresAt,
        refreshTokenExpiresAt: login.loginExpiresAt,
        scopes: ["user:inference", "user:profile"],
        subscriptionType: "max",
        rateLimitTier: "tier",
        clientId: "c",
        accountUuid: "u",
      },
    });
  });

  test("keeps a neighbour's keys, also one that appears while the login is renewed", async () => {
    const { world, inputs, path } = place();
    mkdirSync(dirname(path));
    writeFileSync(path, JSON.stringify({ mcpOAuth: { a: 1 }, claudeAiOauth: { accessToken: "old" } }));
    const targets = await opened(world, inputs);
    writeFileSync(path, JSON.stringify({ mcpOAuth: { a: 2 }, trustedDeviceToken: "t" }));
    await targets.write(login);
    expect(JSON.parse(readFileSync(path, "utf8"))).toMatchObject({
      mcpOAuth: { a: 2 },
      trustedDeviceToken: "t",
      claudeAiOauth: { accessToken: login.access?.reveal() },
    });
  });

  test("every other key stays as it stands", () => {
    const keys = fc.dictionary(
      fc.string().filter((key) => key !== "claudeAiOauth" && key !== "__proto__"),
      fc.jsonValue(),
    );
    fc.assert(
      fc.property(keys, fc.boolean(), (others, full) => {
        const present = JSON.stringify({ ...others, claudeAiOauth: { accessToken: "old", mine: 1 } });
        const { claudeAiOauth, ...rest } = JSON.parse(rendered(claude, present, login, full)) as Record<
          string,
          unknown
        >;
        expect(rest).toEqual(JSON.parse(JSON.stringify(others)));
        expect(claudeAiOauth).toMatchObject({ accessToken: login.access?.reveal() });
        expect(claudeAiOauth).not.toHaveProperty("mine");
      }),
    );
  });

  test.each(["", "{", "null", "[1]", "7", '"x"', "\uFEFF{}", "\0"])(
    "what Claude Code cannot read (%j) is replaced",
    (present) => {
      const written = JSON.parse(rendered(claude, present, login, false)) as object;
      expect(Object.keys(written)).toEqual(["claudeAiOauth"]);
    },
  );

  test("always says scopes with user:inference, as Claude Code takes anything else for logged out", () => {
    for (const scopes of [undefined, []]) {
      const written = JSON.parse(rendered(claude, "", { ...login, scopes }, false)) as {
        claudeAiOauth: { scopes: string[] };
      };
      expect(written.claudeAiOauth.scopes).toEqual(["user:inference"]);
    }
  });
});

describe("before a token is spent", () => {
  test("the manifest is saved, and the file that was there is kept sealed", async () => {
    const { world, inputs, path } = place();
    mkdirSync(dirname(path));
    const old = `{"claudeAiOauth":{"accessToken":"${newLogin().access?.reveal()}"}}`;
    writeFileSync(path, old);
    await opened(world, inputs);
    const [entry] = JSON.parse(world.recorded.state["files"] ?? "") as {
      path: string;
      temp: string;
      backup: string;
      made: string[];
    }[];
    expect(entry).toMatchObject({ path, made: [] });
    expect(readFileSync(path, "utf8")).toBe(old);
    expect(pieceOf(old, readFileSync(entry?.backup ?? "", "utf8"))).toBeUndefined();
  });

  test("given up, it leaves nothing behind", async () => {
    const { root, world, inputs } = place();
    const before = readdirSync(root, { recursive: true });
    (await opened(world, inputs)).discard();
    expect(readdirSync(root, { recursive: true })).toEqual(before);
    expect(world.recorded.state["files"]).toBe("[]");
  });

  test("given up, it leaves no backup of a file that was there", async () => {
    const { root, world, inputs, path } = place();
    mkdirSync(dirname(path));
    writeFileSync(path, "{}");
    const before = readdirSync(root, { recursive: true });
    (await opened(world, inputs)).discard();
    expect(readdirSync(root, { recursive: true })).toEqual(before);
  });

  test("a home that cannot hold a folder is found", async () => {
    const { world, inputs } = place((root) => {
      writeFileSync(join(root, "file"), "");
      return { HOME: join(root, "file") };
    });
    await expect(opened(world, inputs)).rejects.toThrow(/ENOTDIR|ENOENT|EEXIST/);
    expect(JSON.parse(world.recorded.state["files"] ?? "[]")).toEqual([]);
  });
});

describe("the Keychain of a Mac", () => {
  type Call = Parameters<World["run"]>;
  /** A Mac whose Keychain has an item, or has none (44 is what `security` ends with then). */
  async function mac(settings: Record<string, string>, status: number | undefined, platform = "darwin") {
    const { world, root } = place((folder) => ({ CLAUDE_CONFIG_DIR: join(folder, "cafe\u0301") }));
    const calls: Call[] = [];
    const run: World["run"] = async (...call) => {
      calls.push(call);
      return { status, missing: status === undefined, stdout: "", stderr: "" };
    };
    const before = readdirSync(root, { recursive: true });
    const opening = opened({ ...world, platform, run }, inputsOf(settings));
    const result = await opening.then(
      () => "opened",
      (error: unknown) => error,
    );
    return { result, calls, root, before };
  }

  test("holds a login that would win: an error that names it, before anything is written", async () => {
    const { result, calls, root, before } = await mac({}, 0);
    const folder = join(root, "caf\u00e9");
    const service = `Claude Code-credentials-${createHash("sha256").update(folder).digest("hex").slice(0, 8)}`;
    expect(calls.map(([program, args]) => [program, ...args])).toEqual([
      ["/usr/bin/security", "find-generic-password", "-s", service],
    ]);
    expect(result).toMatchObject({ code: "keychain-item" });
    expect((result as Failure).explain()).toContain(service);
    expect(readdirSync(root, { recursive: true })).toEqual(before);
  });

  test.each<[string, Record<string, string>, number | undefined, string, asked: number]>([
    ["holds none", {}, 44, "darwin", 1],
    ["cannot be asked", {}, undefined, "darwin", 1],
    ["does not matter to a variable", { targets: "env" }, 0, "darwin", 0],
    ["does not matter to another program", { targets: "pi" }, 0, "darwin", 0],
    ["is on a Mac only", {}, 0, "linux", 0],
  ])("%s: the file is opened", async (_, settings, status, platform, asked) => {
    const { result, calls } = await mac(settings, status, platform);
    expect([result, calls.length]).toEqual(["opened", asked]);
  });
});

describe("a login that a Mac's Claude Code would move into the Keychain", () => {
  const lend = { "write-refresh-token": "true", "rotate-to": "LOGIN", "secrets-token": "t" };
  const mac = (found: boolean) => {
    const { world, root } = place();
    const run: World["run"] = async () => ({ status: found ? 0 : 44, missing: false, stdout: "", stderr: "" });
    return { world: { ...world, platform: "darwin", run }, root };
  };

  test.each([false, true])("is not lent to it, nothing is written (an item is there: %s)", async (found) => {
    const { world, root } = mac(found);
    const before = readdirSync(root, { recursive: true });
    const failure = await failureIn(() => opened(world, inputsOf({ ...lend, targets: "claude" })));
    expect(failure.code).toBe("input-invalid");
    expect(failure.explain()).toMatch(/`write-refresh-token`.*Keychain/);
    expect(readdirSync(root, { recursive: true })).toEqual(before);
  });

  test("is lent to it elsewhere, and on a Mac to another program", async () => {
    for (const [platform, targets] of [
      ["linux", "claude"],
      ["darwin", "pi"],
    ] as const) {
      const targetsOpen = await opened({ ...mac(false).world, platform }, inputsOf({ ...lend, targets }));
      targetsOpen.discard();
    }
  });

  test("is its own where a person signs in for it: nobody reads the file back", async () => {
    const { world, root } = mac(false);
    const inputs = inputsOf({ "write-refresh-token": "true", "allow-unstored-refresh": "true", targets: "claude" });
    const targets = await openLoginTargets(world, inputs, "anthropic", false);
    const login = newLogin();
    const [path = ""] = (await targets?.write(login)) ?? [];
    expect(path).toBe(join(root, "home/.claude", FILE));
    expect(readFileSync(path, "utf8")).toContain(login.refresh?.reveal());
  });
});

describe("the other targets", () => {
  test("env and output get the access token, and no file is touched", async () => {
    const { root, world } = place();
    const before = readdirSync(root, { recursive: true });
    const login = newLogin();
    const targets = await opened(world, inputsOf({ targets: "env,env:MINE,output" }));
    expect(await targets.write(login)).toEqual([]);
    const token = login.access?.reveal();
    expect(world.recorded.variables).toEqual({ CLAUDE_CODE_OAUTH_TOKEN: token, MINE: token });
    expect(world.recorded.outputs).toEqual({ "access-token": token });
    expect(readdirSync(root, { recursive: true })).toEqual(before);
  });
});

import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Acquired } from "../../../src/acquire.ts";
import { openLoginTargets } from "../../../src/cli/login/to-targets.ts";
import type { Credential } from "../../../src/credential/credential.ts";
import { Failure } from "../../../src/errors.ts";
import { publish } from "../../../src/report/outputs.ts";
import { warnAhead } from "../../../src/report/warnings.ts";
import {
  DAY,
  fakeWorld,
  HOUR,
  inputsOf,
  MINUTE,
  newChatGpt,
  newLogin,
  NOW,
  opened,
  pieceOf,
  tempFolder,
  withTargets,
} from "./support.ts";

const FINE: Partial<Credential> = { accessExpiresAt: NOW + 8 * HOUR, loginExpiresAt: NOW + 20 * DAY };
const STORE = { "rotate-to": "LOGIN", "secrets-token": "t" };

async function told(
  change: Partial<Credential>,
  more: Partial<Acquired> = {},
  settings: Record<string, string> = {},
  env: Record<string, string> = {},
) {
  const world = fakeWorld({ env: { HOME: tempFolder(), ...env } });
  const acquired: Acquired = {
    credential: newLogin({ ...FINE, ...change }),
    source: "secret",
    result: undefined,
    ...more,
  };
  await warnAhead(world, withTargets(inputsOf({ ...STORE, ...settings })), acquired, { shadows: () => [] });
  return world.recorded;
}

test("a login that lives long enough is not spoken of", async () => {
  expect((await told({})).events).toEqual([]);
});

describe("an end ahead", () => {
  test.each<[string, Partial<Credential>, Record<string, string>, RegExp | undefined]>([
    ["of a login, in 9 days", { loginExpiresAt: NOW + 9 * DAY }, {}, /This login ends/],
    ["of a login, in 11 days", { loginExpiresAt: NOW + 11 * DAY }, {}, undefined],
    ["of a login, earlier than asked", { loginExpiresAt: NOW + 9 * DAY }, { "warn-before": "8d" }, undefined],
    [
      "of a setup token",
      { kind: "setup-token", refresh: undefined, accessExpiresAt: NOW + 9 * DAY },
      {},
      /This setup token ends/,
    ],
    [
      "of a setup token that nobody knows",
      { kind: "setup-token", refresh: undefined, accessExpiresAt: undefined },
      {},
      undefined,
    ],
    ["of an access token below min-validity", { accessExpiresAt: NOW + 30 * MINUTE }, {}, /min-validity/],
    ["of an access token above it", { accessExpiresAt: NOW + 2 * HOUR }, {}, undefined],
  ])("%s", async (_, change, settings, look) => {
    const warnings = (await told(change, {}, settings)).of("warning");
    expect(warnings.map((text) => look?.test(text))).toEqual(look ? [true] : []);
  });

  test("within the longest job is a notice", async () => {
    expect((await told({ accessExpiresAt: NOW + 5 * HOUR })).of("notice")).toHaveLength(1);
    expect((await told({ accessExpiresAt: NOW + 7 * HOUR })).of("notice")).toEqual([]);
  });
});

describe("what became of a renewed login", () => {
  const failure = new Failure("github-unreachable", "Why.", "What to do.");
  test.each<[string, Acquired["result"], "warning" | "error", RegExp]>([
    ["somebody else's was kept", { type: "moved", deleted: false }, "warning", /theirs was kept/],
    ["not confirmed", { type: "stored", confirmed: false, updatedAt: NOW }, "warning", /was not confirmed/],
    ["not stored", { type: "failed", failure }, "error", /could not be written.*\[github-unreachable\]/],
  ])("%s", async (_, result, kind, look) => {
    const recorded = await told({}, { source: "refreshed", result });
    expect(recorded.of(kind).join()).toMatch(look);
    expect(recorded.events).toHaveLength(1);
  });

  test("stored and confirmed: nothing to say", async () => {
    expect(
      (await told({}, { source: "refreshed", result: { type: "stored", confirmed: true, updatedAt: NOW } })).events,
    ).toEqual([]);
  });
});

test("a login without user:inference is warned of", async () => {
  expect((await told({ scopes: ["user:profile"] })).of("warning").join()).toContain("user:inference");
});

describe("what would win over the login", () => {
  test.each<[string, string, boolean]>([
    ["ANTHROPIC_API_KEY", "claude", true],
    ["ANTHROPIC_AUTH_TOKEN", "env", true],
    ["CLAUDE_CODE_USE_BEDROCK", "claude", true],
    ["CLAUDE_CODE_OAUTH_TOKEN", "claude", true],
    ["CLAUDE_CODE_OAUTH_TOKEN", "env", false],
    ["CLAUDE_CODE_OAUTH_TOKEN_FILE_DESCRIPTOR", "claude", true],
    ["CLAUDE_CODE_OAUTH_TOKEN_FILE_DESCRIPTOR", "env", false],
    ["ANTHROPIC_PROFILE", "claude", true],
    ["ANTHROPIC_PROFILE", "env", false],
    ["ANTHROPIC_API_KEY", "output", false],
    ["ANTHROPIC_API_KEY", "env:OTHER", false],
  ])("%s, target %s: %s", async (name, targets, warned) => {
    const { text } = await told({}, {}, { targets }, { [name]: "1secret-value" });
    expect(text().includes(name)).toBe(warned);
    expect(text()).not.toContain("secret-value");
    expect((await told({}, {}, { targets }, { [name]: "" })).events).toEqual([]);
  });

  test("apiKeyHelper in the settings", async () => {
    const home = tempFolder();
    mkdirSync(join(home, ".claude"));
    writeFileSync(join(home, ".claude/settings.json"), '{"apiKeyHelper": "/bin/key"}');
    expect((await told({}, {}, {}, { HOME: home })).of("warning").join()).toContain("apiKeyHelper");
  });

  test("a federation, which takes two variables", async () => {
    const [rule, organization] = [
      { ANTHROPIC_FEDERATION_RULE_ID: "fdrl_1" },
      { ANTHROPIC_ORGANIZATION_ID: "5f3c" },
    ] as const;
    expect((await told({}, {}, {}, rule)).events).toEqual([]);
    expect((await told({}, {}, {}, organization)).events).toEqual([]);
    expect((await told({}, {}, {}, { ...rule, ...organization })).of("warning")).toEqual([
      expect.stringContaining("ANTHROPIC_FEDERATION_RULE_ID"),
    ]);
    expect((await told({}, {}, { targets: "claude,env" }, { ...rule, ...organization })).events).toEqual([]);
  });

  test.each<[name: string, targets: string, warned: boolean]>([
    ["ANTHROPIC_API_KEY", "claude", true],
    ["CLAUDE_CODE_OAUTH_TOKEN", "claude", true],
    // The settings take the place of the job's variables.
    ["CLAUDE_CODE_OAUTH_TOKEN", "env", true],
    ["ANTHROPIC_PROFILE", "claude", true],
    ["ANTHROPIC_PROFILE", "env", false],
    ["ANTHROPIC_FEDERATION_RULE_ID", "claude", false],
    ["ANTHROPIC_BASE_URL", "claude", false],
    ["ANTHROPIC_API_KEY", "pi", false],
  ])("%s in the settings, target %s: %s", async (name, targets, warned) => {
    for (const file of ["settings.json", "settings.local.json"]) {
      const home = tempFolder();
      const path = join(home, ".claude", file);
      const write = (env: unknown) => writeFileSync(path, JSON.stringify({ env }));
      mkdirSync(join(home, ".claude"));
      write({ [name]: "1secret-value" });
      const places = [{ HOME: home }, { HOME: tempFolder(), GITHUB_WORKSPACE: home }];
      for (const place of places) {
        const { text, of } = await told({}, {}, { targets }, place);
        expect(of("warning")).toHaveLength(warned ? 1 : 0);
        expect(text().includes(name) && text().includes(path)).toBe(warned);
        expect(text()).not.toContain("secret-value");
      }
      for (const env of [{ [name]: "" }, "text", null, []]) {
        write(env);
        expect((await told({}, {}, { targets }, places[0])).events).toEqual([]);
      }
    }
  });
});

describe("what cannot be looked at is not in the way", () => {
  const SETTINGS = ".claude/settings.json";

  test.each<[what: string, make: (home: string) => void]>([
    ["a link to nothing", (home) => symlinkSync("/nowhere/at/all", join(home, SETTINGS))],
    ["a folder in a file's place", (home) => mkdirSync(join(home, SETTINGS))],
  ])("settings of Claude Code: %s", async (_, make) => {
    const home = tempFolder();
    mkdirSync(join(home, ".claude"));
    make(home);
    for (const env of [{ HOME: home }, { HOME: tempFolder(), GITHUB_WORKSPACE: home }]) {
      expect((await told({}, {}, {}, env)).events).toEqual([]);
      // The other reasons are told all the same.
      expect((await told({}, {}, {}, { ...env, ANTHROPIC_API_KEY: "k" })).of("warning")).toHaveLength(1);
    }
  });

  test("settings of Claude Code: a file in a folder's place", async () => {
    const workspace = tempFolder();
    writeFileSync(join(workspace, ".claude"), "");
    const env = { HOME: tempFolder(), GITHUB_WORKSPACE: workspace };
    expect((await told({}, {}, {}, env)).events).toEqual([]);
    expect((await told({}, {}, {}, { ...env, ANTHROPIC_API_KEY: "k" })).of("warning")).toHaveLength(1);
  });

  test.each<[target: string, provider: "anthropic" | "openai", unreadable: string]>([
    ["codex", "openai", ".codex/config.toml"],
    ["peekaboo", "anthropic", ".peekaboo/config.json"],
    ["clawdbot", "anthropic", ".clawdbot/clawdbot.json"],
  ])("what %s itself looks at (%s): %s", async (target, provider, unreadable) => {
    const home = tempFolder();
    const path = join(home, unreadable);
    const real = fakeWorld({ env: { HOME: home, RUNNER_TEMP: home, CODEX_API_KEY: "k", ANTHROPIC_API_KEY: "k" } });
    const closed = new Set<string>();
    const refusing =
      <T>(look: (path: string) => T) =>
      (at: string): T => {
        if (!closed.has(at)) return look(at);
        throw Object.assign(new Error("EACCES"), { code: "EACCES", syscall: "lstat" });
      };
    const { read, list } = real.files;
    const world = { ...real, files: { ...real.files, read: refusing(read), list: refusing(list) } };
    const inputs = inputsOf({ targets: target });
    const targets = await opened(world, inputs, provider);
    const credential = provider === "openai" ? newChatGpt(FINE) : newLogin(FINE);
    await targets.write(credential);
    const acquired: Acquired = { credential, source: "secret", result: undefined };
    const warned = async () => {
      const { length } = real.recorded.of("warning");
      await warnAhead(world, withTargets(inputs, provider), acquired, targets);
      return real.recorded.of("warning").slice(length);
    };
    const before = await warned();
    expect(before).toHaveLength(target === "clawdbot" ? 0 : 1);
    mkdirSync(path);
    expect(await warned()).toEqual(before);
    for (const at of [path, join(home, ".claude"), join(home, ".claude/settings.json")]) closed.add(at);
    expect(await warned()).toEqual(before);
  });

  test("the login of a person who signs in for a program is written all the same", async () => {
    const home = tempFolder();
    const config = join(home, ".codex/config.toml");
    mkdirSync(config, { recursive: true });
    const world = fakeWorld({ env: { HOME: home, RUNNER_TEMP: home } });
    const targets = await openLoginTargets(world, inputsOf({ targets: "codex" }), "openai", false);
    expect(await targets?.write(newChatGpt(FINE))).toEqual([join(home, ".codex/auth.json")]);
    expect(world.recorded.of("warning")).toEqual([]);
  });
});

describe("the input `home`, where the job's programs look elsewhere", () => {
  test.each<[target: string, provider: "anthropic" | "openai", variable: string]>([
    ["claude", "anthropic", "CLAUDE_CONFIG_DIR"],
    ["claude", "anthropic", "CLAUDE_SECURESTORAGE_CONFIG_DIR"],
    ["codex", "openai", "CODEX_HOME"],
    ["peekaboo", "anthropic", "PEEKABOO_CONFIG_DIR"],
    ["pi", "anthropic", "PI_CODING_AGENT_DIR"],
    ["opencode", "openai", "XDG_DATA_HOME"],
    ["clawdbot", "anthropic", "CLAWDBOT_STATE_DIR"],
    ["clawdbot", "anthropic", "PI_CODING_AGENT_DIR"],
  ])("%s, %s login, by %s: warned of once", async (target, provider, variable) => {
    const warned = async (home: string | undefined, env: Record<string, string>) => {
      const root = tempFolder();
      const world = fakeWorld({ env: { HOME: root, RUNNER_TEMP: root, ...env } });
      const inputs = inputsOf({ targets: target, ...(home !== undefined && { home }) });
      const targets = await opened(world, inputs, provider);
      const credential = provider === "openai" ? newChatGpt(FINE) : newLogin(FINE);
      await targets.write(credential);
      const acquired: Acquired = { credential, source: "secret", result: undefined };
      await warnAhead(world, withTargets(inputs, provider), acquired, targets);
      return world.recorded.of("warning");
    };
    const elsewhere = { [variable]: tempFolder() };
    const [text = "", ...others] = await warned(tempFolder(), elsewhere);
    expect(others).toEqual([]);
    expect(text).toContain(elsewhere[variable]);
    expect(text).toContain("leave `home` out");
    expect(await warned(undefined, elsewhere)).toEqual([]);
    expect(await warned(tempFolder(), {})).toEqual([]);
  });
});

describe("what a target says of itself", () => {
  test("is a warning, each", async () => {
    const world = fakeWorld({ env: { HOME: tempFolder() } });
    const acquired: Acquired = { credential: newLogin(FINE), source: "secret", result: undefined };
    const targets = { shadows: () => ["One thing.", "Another."] };
    await warnAhead(world, withTargets(inputsOf({ targets: "pi" })), acquired, targets);
    expect(world.recorded.of("warning")).toEqual(["One thing.", "Another."]);
  });

  test("comes from where the files lie", async () => {
    const home = tempFolder();
    const world = fakeWorld({ env: { HOME: home, RUNNER_TEMP: home, OPENCODE_AUTH_CONTENT: "{}" } });
    const targets = await opened(world, inputsOf({ targets: "opencode" }), "openai");
    expect(targets.shadows()).toEqual([expect.stringMatching(/OPENCODE_AUTH_CONTENT.*opencode/)]);
    // What the program will find in its environment counts, whatever `home` says of the file.
    const elsewhere = await opened(world, inputsOf({ targets: "opencode", home }), "openai");
    expect(elsewhere.shadows()).toHaveLength(1);
    for (const each of [targets, elsewhere]) each.discard();
  });

  test("Claude Code's variables do not matter to other programs' files", async () => {
    const { events } = await told(
      {},
      {},
      { targets: "pi,clawdbot" },
      { ANTHROPIC_API_KEY: "k", CLAUDE_CODE_OAUTH_TOKEN: "t" },
    );
    expect(events).toEqual([]);
  });
});

test("the scope that Claude Code needs is none of another provider's login", async () => {
  const world = fakeWorld({ env: { HOME: tempFolder() } });
  const acquired: Acquired = { credential: newChatGpt({ scopes: ["openid"] }), source: "secret", result: undefined };
  await warnAhead(world, withTargets(inputsOf(), "openai"), acquired, { shadows: () => [] });
  expect(world.recorded.events).toEqual([]);
});

describe("outputs and summary", () => {
  test("of a renewed login", async () => {
    const world = fakeWorld();
    const credential = newLogin({ ...FINE, generation: 3, plan: "max\n::error::x|y" });
    const result = { type: "stored", confirmed: true, updatedAt: NOW } as const;
    publish(world, inputsOf(STORE), { credential, source: "refreshed", result }, ["/h/.claude/x"]);
    expect(world.recorded.outputs).toEqual({
      available: "true",
      provider: "anthropic",
      kind: "login",
      source: "refreshed",
      refreshed: "true",
      rotated: "true",
      generation: "3",
      "expires-at": "2031-05-06T15:08:09Z",
      "login-expires-at": "2031-05-26T07:08:09Z",
      files: '["/h/.claude/x"]',
    });
    // What a file says of its plan is shown only if it is a plain word.
    expect(world.recorded.text()).not.toContain("::error");
    for (const token of [credential.access, credential.refresh]) {
      expect(pieceOf(token?.reveal() ?? "?", world.recorded.text())).toBeUndefined();
    }
  });

  test.each<[Acquired["result"], string]>([
    [{ type: "moved", deleted: true }, "false"],
    [{ type: "failed", failure: new Failure("unexpected", "x", "y") }, "false"],
    [undefined, "false"],
  ])("rotated is true only if it was stored (%j)", async (result, rotated) => {
    const world = fakeWorld();
    publish(world, inputsOf(STORE), { credential: newLogin(), source: "refreshed", result }, []);
    expect(world.recorded.outputs["rotated"]).toBe(rotated);
  });

  test("a setup token has no generation, and an end only if it is known", async () => {
    const world = fakeWorld();
    const credential = newLogin({
      kind: "setup-token",
      refresh: undefined,
      accessExpiresAt: undefined,
      loginExpiresAt: undefined,
    });
    publish(world, inputsOf(), { credential, source: "secret", result: undefined }, []);
    expect(world.recorded.outputs).toMatchObject({
      kind: "setup-token",
      generation: "",
      "expires-at": "",
      "login-expires-at": "",
    });
  });
});

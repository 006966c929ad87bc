/** `doctor` on this machine's programs: what they would use instead of the login, and files that are no good. */
import { describe, expect, test } from "vitest";
import { newAccessToken } from "../support/oauth/anthropic-api.ts";
import { newJwt } from "../support/oauth/openai-api.ts";
import { type Clinic, clinic, put, coversItsClasses } from "./doctor-clinic.ts";

function token({ anthropic, machine }: Clinic): string {
  const issued = anthropic.issue();
  machine.tokens.push(issued.token);
  return issued.token;
}

describe("shadowed-variable", () => {
  test.each(["ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "CLAUDE_CODE_OAUTH_TOKEN", "CLAUDE_CODE_USE_BEDROCK"])(
    "%s wins over Claude's file",
    async (name) => {
      const here = await clinic();
      const other = newAccessToken();
      here.machine.tokens.push(other);
      const inputs = { credential: token(here), targets: "claude" };
      const ended = await here.doctor({ inputs, env: { [name]: other } });
      expect(ended).toMatchObject({ fails: ["shadowed-variable"], exitCode: 1 });
      expect(ended.said("shadowed-variable")).toMatch(new RegExp(`${name} is set.*instead of this login\\. Remove it`));
      // An empty one is no hindrance.
      expect(await here.doctor({ inputs, env: { [name]: "" } })).toMatchObject({ fails: [], exitCode: 0 });
    },
  );

  test.each([
    ["codex", "CODEX_API_KEY", "sk-invented"],
    ["codex", "CODEX_ACCESS_TOKEN", "at-invented"],
    ["opencode", "OPENCODE_AUTH_CONTENT", "{}"],
    ["peekaboo", "OPENAI_ACCESS_TOKEN", "invented"],
  ])("%s: %s", async (program, name, value) => {
    const here = await clinic();
    const login = here.openai.issue();
    here.machine.tokens.push(login.token);
    put(here.machine, ".peekaboo/credentials", `OPENAI_ACCESS_TOKEN=${login.token}\n`);
    const ended = await here.doctor({ inputs: { credential: login.token, targets: program }, env: { [name]: value } });
    expect(ended).toMatchObject({ fails: ["shadowed-variable"], exitCode: 1 });
    expect(ended.said("shadowed-variable")).toContain(name);
  });

  test("with --no-programs the login is for another machine, and nothing of this one's programs is said", async () => {
    const here = await clinic();
    put(here.machine, ".codex/auth.json", "{");
    const inputs = { credential: token(here), targets: "claude" };
    const env = { ANTHROPIC_API_KEY: "sk-ant-api03-invented" };
    const ended = await here.doctor({ inputs, env, args: ["--no-programs"] });
    expect(ended).toMatchObject({ fails: [], warns: [], exitCode: 0 });
    expect(ended.stdout).not.toMatch(/"subject":"programs"/);
    const own = here.anthropic.issue({ state: "revoked" });
    here.machine.tokens.push(own.token);
    const file = { accessToken: own.token, refreshToken: null, expiresAt: null, scopes: ["user:inference"] };
    put(here.machine, ".claude/.credentials.json", { claudeAiOauth: file });
    expect(await here.doctor({ args: ["--no-programs"] })).toMatchObject({ fails: ["no-login"], exitCode: 3 });
  });

  test("a program that this login is not for is worth a warning", async () => {
    const here = await clinic();
    put(here.machine, ".codex/auth.json", {});
    const ended = await here.doctor({ inputs: { credential: token(here) }, env: { CODEX_API_KEY: "sk-invented" } });
    expect(ended).toMatchObject({ fails: [], warns: ["shadowed-variable"], exitCode: 0 });
  });
});

describe("shadowed-setting", () => {
  test("an apiKeyHelper in Claude's settings", async () => {
    const here = await clinic();
    put(here.machine, ".claude/settings.json", { apiKeyHelper: "/usr/local/bin/key" });
    const ended = await here.doctor({ inputs: { credential: token(here) } });
    expect(ended).toMatchObject({ fails: ["shadowed-setting"], exitCode: 1 });
    expect(ended.said("shadowed-setting")).toMatch(/settings\.json sets `apiKeyHelper`.*Remove the setting/);
  });

  test.each(['cli_auth_credentials_store = "keyring"', 'forced_login_method = "api"'])("Codex: %s", async (line) => {
    const here = await clinic();
    const login = here.openai.issue();
    here.machine.tokens.push(login.token);
    put(here.machine, ".codex/config.toml", `${line}\n[profiles.x]\n`);
    const ended = await here.doctor({ inputs: { credential: login.token } });
    expect(ended).toMatchObject({ fails: ["shadowed-setting"], exitCode: 1 });
  });

  test("Peekaboo's own key", async () => {
    const here = await clinic();
    const own = token(here);
    put(here.machine, ".peekaboo/credentials", `ANTHROPIC_API_KEY=sk-ant-api03-x\nANTHROPIC_ACCESS_TOKEN=${own}\n`);
    const ended = await here.doctor({ inputs: { credential: own, targets: "peekaboo" } });
    expect(ended).toMatchObject({ fails: ["shadowed-setting"], exitCode: 1 });
  });
});

describe("what is stored on this machine", () => {
  test("the file's own login is looked at where none is given", async () => {
    const here = await clinic();
    const bad = here.anthropic.issue({ state: "revoked" });
    here.machine.tokens.push(bad.token);
    const file = { accessToken: bad.token, refreshToken: null, expiresAt: null, scopes: ["user:inference"] };
    put(here.machine, ".claude/.credentials.json", { claudeAiOauth: file });
    expect(await here.doctor()).toMatchObject({ fails: ["revoked"], exitCode: 3 });
  });

  test("two programs with the same login: it is shown once", async () => {
    const here = await clinic();
    const own = token(here);
    put(here.machine, ".claude/.credentials.json", {
      claudeAiOauth: { accessToken: own, refreshToken: null, expiresAt: null, scopes: ["user:inference"] },
    });
    put(here.machine, ".pi/agent/auth.json", { anthropic: { type: "api_key", key: own } });
    expect(await here.doctor()).toMatchObject({ fails: [], exitCode: 0 });
    expect(here.anthropic.requests).toHaveLength(1);
  });

  test.each([
    [
      "login-ended",
      ".claude/.credentials.json",
      '{"claudeAiOauth":{"accessToken":"","refreshToken":"","expiresAt":0}}',
      3,
    ],
    ["file-unreadable", ".claude/.credentials.json", '{"claudeAiOauth":{"accessTo', 1],
    ["file-unreadable", ".codex/auth.json", "{", 1],
  ] as const)("%s: %s", async (code, path, content, exitCode) => {
    const here = await clinic();
    put(here.machine, path, content);
    const alone = await here.doctor();
    expect(alone).toMatchObject({ fails: [code], exitCode });
    const given = await here.doctor({ inputs: { credential: token(here) } });
    expect(given, "a login that is given replaces it").toMatchObject({ fails: [], warns: [code], exitCode: 0 });
  });

  test("line-break: a variable that Claude Code cannot send", async () => {
    const here = await clinic();
    const own = token(here);
    const env = { CLAUDE_CODE_OAUTH_TOKEN: `${own.slice(0, 60)}\n${own.slice(60)}` };
    expect(await here.doctor({ env })).toMatchObject({ fails: ["line-break"], exitCode: 3 });
  });

  test("a profile of a ChatGPT login in another program's file", async () => {
    const here = await clinic();
    const jwt = newJwt(crypto.randomUUID());
    here.machine.tokens.push(jwt);
    const profile = { type: "token", provider: "openai-codex", token: jwt };
    put(here.machine, ".clawdbot/agents/main/agent/auth-profiles.json", {
      version: 1,
      profiles: { "openai-codex:person@example.com": profile },
    });
    const ended = await here.doctor();
    expect(ended, "its provider does not know it").toMatchObject({ fails: ["revoked"], exitCode: 3 });
    expect(ended.stdout).not.toContain("person@example.com");
  });
});

coversItsClasses(import.meta.filename);

/** `token`: a credential helper for scripts and curl. */
import { execFile, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { openSync, readFileSync, closeSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { makeRootKey } from "../../src/ledger/keys.ts";
import { runClaude } from "../readers/run-claude.ts";
import { ensureClaude } from "../readers/install.ts";
import { claudeFileOf } from "../scenario/login-file.ts";
import { startAnthropicApi } from "../support/oauth/anthropic-api.ts";
import { startOidc } from "../support/oauth/oidc.ts";
import { asVariables, CLI, machine } from "./machine.ts";

/** In which the marks of its children were measured (and in 2.1.112). */
const CLAUDE = "2.1.329";
const HOUR = 3_600_000;
const MESSAGE = JSON.stringify({
  model: "claude-haiku-4-5",
  max_tokens: 1,
  messages: [{ role: "user", content: "hi" }],
});

/** A shared login that has to be renewed first. */
async function shared() {
  const oidc = await startOidc();
  onTestFinished(() => oidc.close());
  const login = await oidc.issue();
  const key = makeRootKey(randomBytes);
  const credential = claudeFileOf(login, Date.now() - HOUR);
  const here = machine(asVariables({ credential, "ledger-key": key, "token-url": oidc.tokenUrl }));
  for (const token of [login.accessToken, login.refreshToken, key]) here.tokens.add(token);
  return { oidc, here };
}

test("the token and nothing else, in three forms; renewed once, through the ledger", async () => {
  const { oidc, here } = await shared();
  const text = await here.run(["token"]);
  expect(text).toMatchObject({ code: 0 });
  expect(text.stdout).toMatch(/^sk-ant-oat01-[\w-]+\n$/);
  const token = text.stdout.trim();
  expect(await oidc.isAccessTokenAlive(token)).toBe(true);
  here.tokens.add(token);
  const shows = [token];
  const again = await here.run(["token", "--format", "text"], { shows });
  expect(again).toMatchObject({ code: 0, stdout: `${token}\n`, stderr: "" });
  const header = await here.run(["token", "--format", "header"], { shows });
  expect(header).toMatchObject({ code: 0, stdout: `Authorization: Bearer ${token}\n`, stderr: "" });
  for (const flags of [["--format", "json"], ["--json"]]) {
    const { stdout, json, code } = await here.run(["token", ...flags], { shows });
    expect(code).toBe(0);
    expect(stdout.trim().split("\n")).toHaveLength(1);
    expect(json).toEqual({
      version: 1,
      access_token: token,
      token_type: "Bearer",
      expires_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
      login_expires_at: expect.stringMatching(/Z$/),
      provider: "anthropic",
      account: "default",
      kind: "login",
    });
    expect(Date.parse(json["expires_at"])).toBeGreaterThan(Date.now() + 7 * HOUR);
  }
  expect(oidc.tokenRequests()).toHaveLength(1);
  expect(here.left()).toEqual([]);
});

test("through a real curl, by stdin, into the Messages API; the token is in no argument", async () => {
  const api = await startAnthropicApi();
  onTestFinished(() => api.close());
  const good = api.issue();
  const here = machine(asVariables({ credential: good.token }));
  here.tokens.add(good.token);
  const request = `--silent --show-error --fail-with-body -H 'anthropic-version: 2023-06-01' -H 'anthropic-beta: oauth-2025-04-20' -H 'content-type: application/json' -d '${MESSAGE}' '${api.origin}/v1/messages?beta=true'`;
  const lines = [
    `oauth-creds token --format header | curl -H @- ${request}`,
    `printf 'header = "%s"\\n' "$(oauth-creds token --format header)" | curl --config - ${request}`,
    `curl -H @<(oauth-creds token --format header) ${request}`,
  ];
  const seen = join(here.home, "argv");
  writeFileSync(
    join(here.home, "curl"),
    `#!/bin/sh\nprintf '%s\\n' "$@" >> '${seen}'\nPATH=\${PATH#*:} exec curl "$@"\n`,
    { mode: 0o755 },
  );
  for (const line of lines) {
    const script = `set -o pipefail; oauth-creds() { '${process.execPath}' '${CLI}' "$@"; }; ${line}`;
    const env = {
      PATH: `${here.home}:${process.env["PATH"]}`,
      HOME: here.home,
      OAUTH_CREDS_CREDENTIAL: good.token,
      NO_PROXY: "*",
    };
    const { stdout, stderr } = await promisify(execFile)("bash", ["-c", script], { env, cwd: here.home });
    expect(JSON.parse(stdout)).toMatchObject({ type: "message", content: [{ text: "Hi" }] });
    expect(stderr).toBe("");
  }
  expect(readFileSync(seen, "utf8")).not.toContain(good.token);
  expect(api.requests.map(({ headers }) => headers["authorization"])).toEqual(lines.map(() => `Bearer ${good.token}`));
});

test("in a CI it does not print into the log, where it can tell", async () => {
  const { here } = await shared();
  const log = join(here.home, "log");
  const fd = openSync(log, "w");
  const env = {
    ...process.env,
    HOME: here.home,
    OAUTH_CREDS_CREDENTIAL: `sk-ant-oat01-${randomBytes(60).toString("base64url")}`,
    GITLAB_CI: "true",
  };
  const both = spawnSync(process.execPath, [CLI, "token"], { env, stdio: ["ignore", fd, fd] });
  closeSync(fd);
  expect(both.status).toBe(2);
  expect(readFileSync(log, "utf8")).toContain("into this job's log");
  expect(readFileSync(log, "utf8")).not.toContain(env.OAUTH_CREDS_CREDENTIAL);
  const apart = spawnSync(process.execPath, [CLI, "token"], { env, stdio: ["ignore", "pipe", "pipe"] });
  expect(apart).toMatchObject({ status: 0, stdout: Buffer.from(`${env.OAUTH_CREDS_CREDENTIAL}\n`) });
});

/** A terminal of its own, by the program `script`. Gives all that it shows. */
function onTerminal(env: Record<string, string | undefined>, args: string): string {
  const line = `'${process.execPath}' '${CLI}' ${args}`;
  const own = { PATH: process.env["PATH"], TERM: "xterm-256color", ...env };
  return spawnSync("script", ["-qec", line, "/dev/null"], { env: own, encoding: "utf8" }).stdout;
}

test.runIf(process.platform === "linux")("on a terminal it says what it shows; in a CI it does not show it", () => {
  const here = machine();
  const token = `sk-ant-oat01-${randomBytes(60).toString("base64url")}`;
  const env = { HOME: here.home, OAUTH_CREDS_CREDENTIAL: token };
  const shown = onTerminal(env, "token");
  expect(shown).toContain(token);
  expect(shown).toContain("\u001B[36mnote");
  expect(shown).toContain("your terminal may keep it");
  expect(onTerminal({ ...env, NO_COLOR: "1" }, "token")).not.toContain("\u001B[");
  expect(onTerminal({ ...env, CI: "true" }, "token")).not.toContain(token);
});

test("whoever asks for the wrong thing is told, and gets no token", async () => {
  const { here, oidc } = await shared();
  for (const flags of [
    ["--format", "yaml"],
    ["--json", "--format", "text"],
    ["--targets", "claude"],
  ]) {
    expect(await here.run(["token", ...flags])).toMatchObject({ code: 2, stdout: "" });
  }
  expect(oidc.requests).toEqual([]);
});

describe("started with the mark of Claude Code", () => {
  const run = (env: Record<string, string>) => {
    const token = `sk-ant-oat01-${randomBytes(60).toString("base64url")}`;
    const here = machine(asVariables({ credential: token }));
    here.tokens.add(token);
    return here.run(["token"], { env, shows: [token] });
  };

  test.each(["sdk-py", "sdk-py-client", "sdk-ts"])(
    "%s: an SDK has set it in its host's own variables, so a script that uses one gets the token",
    async (mark) => {
      const ended = await run({ CLAUDE_CODE_ENTRYPOINT: mark });
      expect(ended).toMatchObject({ code: 0, stderr: "" });
      expect(ended.stdout).toMatch(/^sk-ant-oat01-[\w-]+\n$/);
    },
  );

  test.each(["cli", "sdk-cli", "mcp"])("%s: refused, and told how else", async (mark) => {
    const ended = await run({ CLAUDE_CODE_ENTRYPOINT: mark });
    expect(ended).toMatchObject({ code: 2, stdout: "" });
    expect(ended.stderr).toContain("cannot carry an OAuth token");
    expect(ended.stderr).toContain("`env -u CLAUDE_CODE_ENTRYPOINT oauth-creds token`");
  });

  test.each(["CLAUDECODE", "CLAUDE_PROJECT_DIR"])("a tool or a hook, which has %s, gets the token", async (other) => {
    expect(await run({ CLAUDE_CODE_ENTRYPOINT: "cli", [other]: "1" })).toMatchObject({ code: 0 });
  });
});

describe("real Claude Code", () => {
  let command: string[];
  beforeAll(async () => void ({ command } = await ensureClaude(CLAUDE)));

  test("calls it as an apiKeyHelper: refused, with the reason", async () => {
    const token = `sk-ant-oat01-${randomBytes(80).toString("base64url").slice(0, 95)}`;
    const here = machine();
    const told = join(here.home, "told");
    const helper = `'${process.execPath}' '${CLI}' token --format text 2>'${told}'`;
    here.write(".claude/settings.json", JSON.stringify({ apiKeyHelper: helper }));
    const api = await startAnthropicApi();
    onTestFinished(() => api.close());
    const env = { OAUTH_CREDS_CREDENTIAL: token, ANTHROPIC_BASE_URL: api.origin, CLAUDE_CODE_MAX_RETRIES: "0" };
    // Nothing but the API is to be asked: every other address is one where nobody listens.
    const world = { proxyUrl: "http://127.0.0.1:9", caFile: "" };
    const ran = await runClaude({ command, home: here.home, world, env });
    expect(readFileSync(told, "utf8")).toContain("cannot carry an OAuth token");
    expect(JSON.stringify(ran)).toContain("apiKeyHelper");
    expect(api.requests.map(({ headers }) => JSON.stringify(headers)).join("\n")).not.toContain(token);
  });
});

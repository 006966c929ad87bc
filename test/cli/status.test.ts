/** `status`: what is stored where, told by the built program about real files. */
import { describe, expect, test } from "vitest";
import { newAccessToken } from "../support/oauth/anthropic-api.ts";
import { newJwt } from "../support/oauth/openai-api.ts";
import { ACCOUNT, command, machine, put, signedIn } from "./status-command.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const iso = (ms: number) => new Date(ms).toISOString().replace(/\.\d+Z$/, "Z");

describe("this machine", () => {
  test("nothing is stored: a sign-in is needed", async () => {
    const at = machine();
    const people = await command(at, ["status"], { forPeople: true });
    expect(people.exitCode).toBe(3);
    expect(people.stdout).toMatch(/^No login was found\.\n[\s\S]*\nSign in: `oauth-creds login anthropic`/);
    const { json, exitCode } = await command(at, ["status"]);
    expect(exitCode).toBe(3);
    expect(json).toMatchObject({ version: 1, logins: [], ledger: [], secrets: [] });
    expect(
      json["files"].map(({ program, state }: { program: string; state: string }) => `${program} ${state}`),
    ).toEqual(
      ["claude", "codex", "peekaboo", "clawdbot", "openclaw", "pi", "opencode"].map((program) => `${program} missing`),
    );
  });

  test("one login: kind, account, plan, both ends; never an address", async () => {
    const at = machine();
    const login = signedIn(at);
    const { json, exitCode, stdout } = await command(at, ["status"]);
    expect(exitCode).toBe(0);
    expect(json["logins"]).toEqual([
      {
        place: "file",
        where: `${at.home}/.claude/.credentials.json`,
        program: "claude",
        profile: null,
        provider: "anthropic",
        kind: "login",
        account: ACCOUNT,
        plan: "max",
        generation: 0,
        renewable: true,
        accessEndsAt: iso(login.expiresAt),
        loginEndsAt: iso(login.refreshTokenExpiresAt),
        state: "usable",
        note: null,
        validation: null,
      },
    ]);
    expect(stdout).not.toContain("person@example.com");
  });

  test("every program's own file, each account of it", async () => {
    const at = machine();
    const [one, two, jwt] = [newAccessToken(), newAccessToken(), newJwt(ACCOUNT, "pro")];
    at.tokens.push(one, two, jwt);
    put(at, ".codex/auth.json", { tokens: { access_token: jwt, refresh_token: "", account_id: ACCOUNT } });
    put(at, ".peekaboo/credentials", `ANTHROPIC_ACCESS_TOKEN=${one}\n`);
    put(at, ".clawdbot/agents/main/agent/auth-profiles.json", {
      profiles: {
        "anthropic:work": { type: "token", provider: "anthropic", token: one },
        "anthropic:person@example.com": { type: "token", provider: "anthropic", token: two },
      },
    });
    put(at, ".openclaw/agents/main/agent/auth-profiles.json", {
      profiles: { "openai:default": { type: "oauth", provider: "openai", access: jwt, refresh: "", expires: 1 } },
    });
    put(at, ".pi/agent/auth.json", { anthropic: { type: "api_key", key: two } });
    put(at, ".local/share/opencode/auth.json", {
      openai: { type: "oauth", access: jwt, refresh: "", expires: Date.now() + HOUR, accountId: ACCOUNT },
    });
    const { json, stdout } = await command(at, ["status"], { env: { CLAUDE_CODE_OAUTH_TOKEN: one } });
    const found = json["logins"].map((login: Record<string, unknown>) =>
      [login["program"] ?? login["where"], login["profile"], login["provider"], login["account"]].join(" "),
    );
    expect(found).toEqual([
      "CLAUDE_CODE_OAUTH_TOKEN  anthropic ",
      `codex  openai ${ACCOUNT}`,
      "peekaboo  anthropic ",
      "clawdbot work anthropic ",
      "clawdbot … anthropic ",
      `openclaw  openai ${ACCOUNT}`,
      "pi  anthropic ",
      `opencode  openai ${ACCOUNT}`,
    ]);
    expect(stdout).not.toContain("person@example.com");
  });

  test.each([
    ["ended", { refreshToken: null, expiresAt: Date.now() - HOUR }, 3],
    ["renewable", { expiresAt: Date.now() - HOUR }, 0],
    ["ended", { expiresAt: Date.now() - DAY, refreshTokenExpiresAt: Date.now() - HOUR }, 3],
    ["unusable", { accessToken: "", refreshToken: "", expiresAt: 0 }, 3],
  ])("%s: %j", async (state, more, exit) => {
    const at = machine();
    signedIn(at, more);
    const { json, exitCode } = await command(at, ["status"]);
    expect([json["logins"][0].state, exitCode]).toEqual([state, exit]);
  });

  test("a damaged file, and a credential that is none", async () => {
    const at = machine();
    put(at, ".claude/.credentials.json", '{"claudeAiOauth":{');
    const { json, exitCode } = await command(at, ["status"], {
      inputs: { credential: "sk-ant-api03-invented0123456789" },
    });
    expect(exitCode).toBe(3);
    expect(json["logins"]).toMatchObject([
      { place: "credential", state: "unusable", note: expect.stringContaining("[credential-is-api-key]") },
      { place: "file", state: "unusable", note: expect.stringContaining("damaged") },
    ]);
  });
});

describe("for people", () => {
  test("an aligned table where there is room, with both kinds of time", async () => {
    const at = machine();
    signedIn(at);
    const { stdout } = await command(at, ["status"], { forPeople: true, env: { COLUMNS: "200" } });
    const [head = "", row = ""] = stdout.split("\n");
    expect(head).toMatch(/^WHERE +WHAT +ACCOUNT +PLAN +ACCESS TOKEN ENDS +LOGIN ENDS +STATE$/);
    expect(row).toMatch(/^~\/\.claude\/\.credentials\.json +Claude login +0f4bd5a8… +max +in 4 h \d+ min \(20\d\d-/);
    for (const word of ["WHAT", "PLAN", "STATE"]) {
      expect(row.slice(head.indexOf(word) - 1, head.indexOf(word) + 1)).toMatch(/^ \S/);
    }
    expect(stdout).not.toContain("\u001B");
  });

  test("one paragraph for each where there is none", async () => {
    const at = machine();
    signedIn(at);
    const { stdout } = await command(at, ["status"], { forPeople: true, env: { COLUMNS: "60" } });
    expect(stdout).toMatch(/^~\/\.claude\/\.credentials\.json\n {2}what {15}Claude login\n/);
    expect(stdout).toMatch(/\n {2}login ends {9}in 24 days \(20\d\d-\d\d-\d\d \d\d:\d\d UTC\)\n {2}state {14}stored\n/);
    expect(
      Math.max(
        ...stdout
          .split("\n\n")[0]!
          .split("\n")
          .map((line) => line.length),
      ),
    ).toBeLessThanOrEqual(60);
  });

  test("colours where they are asked for, and not with NO_COLOR", async () => {
    const at = machine();
    signedIn(at);
    const plain = await command(at, ["status"], { forPeople: true });
    const coloured = await command(at, ["status"], { forPeople: true, env: { NO_COLOR: "", FORCE_COLOR: "1" } });
    expect(coloured.stdout).toContain("\u001B[");
    // oxlint-disable-next-line no-control-regex -- it is what is looked for
    expect(coloured.stdout.replace(/\u001B\[\d+m/g, "")).toBe(plain.stdout);
  });
});

test("`status` takes no further words, and says so without a stack", async () => {
  const { exitCode, stderr, stdout } = await command(machine(), ["status", "claude"]);
  expect([exitCode, stdout]).toEqual([2, ""]);
  expect(JSON.parse(stderr)).toMatchObject({ version: 1, error: { code: "input-invalid" } });
});

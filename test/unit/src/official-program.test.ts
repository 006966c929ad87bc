import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import * as fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { type Credential, EMPTY } from "../../../src/credential/credential.ts";
import { readJwt } from "../../../src/credential/jwt.ts";
import type { Provider, RequestSettings } from "../../../src/providers/provider.ts";
import { finish } from "../../../src/post/finish.ts";
import { sendByProgram } from "../../../src/refresh/official-program.ts";
import type { Sent } from "../../../src/refresh/send.ts";
import { Secret } from "../../../src/secret.ts";
import type { Ended, RunOptions, RunProgram } from "../../../src/world/programs.ts";
import {
  ACCOUNT,
  claudeToken,
  DAY,
  type FakeWorld,
  failureIn,
  fakeWorld,
  HOUR,
  newChatGpt,
  newJwt,
  newLogin,
  newOpenaiRefresh,
  newToken,
  NOW,
  pieceOf,
  SECOND,
  tempFolder,
} from "./support.ts";

const SETTINGS: RequestSettings = {
  tokenUrl: undefined,
  clientId: undefined,
  clientSecret: undefined,
  scope: undefined,
  userAgent: "test",
  requestFormat: undefined,
  timeoutMs: 25 * SECOND,
};

/** What the program does with its folder, and how it ends. */
type Play = (options: RunOptions) => Partial<Ended> | undefined;

interface Stage {
  readonly world: FakeWorld;
  readonly temp: string;
  readonly calls: { command: string; args: readonly string[]; options: RunOptions }[];
  send(credential: Credential, settings?: Partial<RequestSettings>): Promise<Sent>;
}

function stage(play: Play, options: { env?: Record<string, string>; platform?: string } = {}): Stage {
  const temp = tempFolder();
  const calls: Stage["calls"] = [];
  const run: RunProgram = async (command, args, given) => {
    calls.push({ command, args, options: given });
    return { status: 0, stdout: "", stderr: "", missing: false, ...play(given) };
  };
  const world = fakeWorld({ ...options, env: { RUNNER_TEMP: temp, ...options.env }, run });
  const send = (credential: Credential, settings: Partial<RequestSettings> = {}) => {
    const provider = { name: credential.provider } as Provider;
    return sendByProgram(world, provider, credential, { ...SETTINGS, ...settings }, world.holdSignals());
  };
  return { world, temp, calls, send };
}

/** Stores nothing. Without a status it was stopped. */
const ends =
  (stderr: string, ended: Partial<Ended> = { status: 1 }): Play =>
  () => ({ stderr, ...ended });

function onlyCall({ calls }: Stage): Stage["calls"][number] & { env: Record<string, string> } {
  expect(calls).toHaveLength(1);
  const [call] = calls as [Stage["calls"][number]];
  return { ...call, env: call.options.env as Record<string, string> };
}

/** The tokens of an outcome in the clear, for comparison. */
function plain(sent: Sent): Record<string, unknown> {
  expect(sent).toMatchObject({ unclearBefore: false, outcome: { type: "refreshed" } });
  const { tokens } = sent.outcome as Extract<Sent["outcome"], { type: "refreshed" }>;
  return Object.fromEntries(
    Object.entries(tokens).map(([name, value]) => [name, value instanceof Secret ? value.reveal() : value]),
  );
}

describe("Claude Code", () => {
  /** Stores a login as the program does. */
  const stores =
    (oauth: Record<string, unknown>): Play =>
    ({ env }) => {
      const folder = env?.["CLAUDE_CONFIG_DIR"] as string;
      mkdirSync(folder);
      writeFileSync(join(folder, ".credentials.json"), JSON.stringify({ claudeAiOauth: oauth }));
      return {};
    };

  const newFile = () => ({
    accessToken: newToken("oat"),
    refreshToken: newToken("ort"),
    expiresAt: NOW + 8 * HOUR,
    refreshTokenExpiresAt: NOW + 20 * DAY,
    scopes: ["user:inference", "user:profile"],
    subscriptionType: "max",
    rateLimitTier: "default_claude_max_5x",
    accountUuid: ACCOUNT,
    organizationUuid: "22222222-2222-4333-8444-555555555555",
  });

  it("signs in with the refresh token in a private folder, and takes over what it stored", async () => {
    const file = newFile();
    let home = "";
    const stage1 = stage((options) => {
      home = options.cwd as string;
      expect(statSync(home).mode & 0o777).toBe(0o700);
      expect(readdirSync(home)).toEqual([]);
      return stores(file)(options);
    });
    const login = newLogin();
    expect(plain(await stage1.send(login))).toEqual({
      access: file.accessToken,
      refresh: file.refreshToken,
      accessExpiresAt: file.expiresAt,
      loginExpiresAt: file.refreshTokenExpiresAt,
      scopes: file.scopes,
      plan: "max",
      accountUuid: file.accountUuid,
      organizationUuid: file.organizationUuid,
      idToken: undefined,
      accountId: undefined,
    });
    const { command, args, env } = onlyCall(stage1);
    expect([command, ...args]).toEqual(["claude", "auth", "login"]);
    expect(env).toMatchObject({
      HOME: home,
      CLAUDE_CONFIG_DIR: join(home, ".claude"),
      CLAUDE_CODE_OAUTH_REFRESH_TOKEN: login.refresh?.reveal(),
      CLAUDE_CODE_OAUTH_SCOPES: "user:inference user:profile",
    });
    expect(home.startsWith(stage1.temp)).toBe(true);
    expect(readdirSync(stage1.temp)).toEqual([]);
  });

  it("gives it the network's variables and none that holds or changes a login", async () => {
    const passed = {
      PATH: "/bin",
      LANG: "C.UTF-8",
      https_proxy: "http://127.0.0.1:1",
      HTTPS_PROXY: "http://127.0.0.1:2",
      NO_PROXY: "localhost",
      NODE_EXTRA_CA_CERTS: "/ca.pem",
      RUNNER_TRACKING_ID: "github_1",
    };
    const kept = {
      ANTHROPIC_API_KEY: "x",
      ANTHROPIC_AUTH_TOKEN: "x",
      ANTHROPIC_BASE_URL: "https://example.com",
      CLAUDE_CODE_OAUTH_TOKEN: "x",
      CLAUDE_SECURESTORAGE_CONFIG_DIR: "/elsewhere",
      GITHUB_TOKEN: "x",
      ACTIONS_RUNTIME_TOKEN: "x",
      INPUT_CREDENTIAL: "x",
      NODE_OPTIONS: "--require /x.js",
      OPENAI_API_KEY: "x",
    };
    const stage1 = stage(stores(newFile()), { env: { ...passed, ...kept } });
    await stage1.send(newLogin());
    const { env } = onlyCall(stage1);
    expect(env).toMatchObject(passed);
    expect(Object.keys(kept).filter((name) => name in env)).toEqual([]);
    const places = new Set(["HOME", "TMPDIR", "USERPROFILE", "APPDATA", "LOCALAPPDATA", "TEMP", "TMP"]);
    const own = Object.keys(env).filter((name) => !(name in passed) && !places.has(name));
    expect(own.toSorted()).toEqual([
      "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC",
      "CLAUDE_CODE_OAUTH_REFRESH_TOKEN",
      "CLAUDE_CODE_OAUTH_SCOPES",
      "CLAUDE_CONFIG_DIR",
      "DISABLE_AUTOUPDATER",
    ]);
  });

  it("asks for the scopes of a full login where none are known, and as the client that the token is of", async () => {
    const stage1 = stage(stores(newFile()));
    await stage1.send(newLogin({ scopes: undefined, clientId: "another" }));
    const { env } = onlyCall(stage1);
    expect(env["CLAUDE_CODE_OAUTH_SCOPES"]?.split(" ")).toEqual(
      expect.arrayContaining(["user:inference", "user:profile", "user:sessions:claude_code"]),
    );
    expect(env["CLAUDE_CODE_OAUTH_CLIENT_ID"]).toBe("another");
  });

  it("takes an unchanged refresh token for a renewal without rotation", async () => {
    const login = newLogin();
    const file = { ...newFile(), refreshToken: login.refresh?.reveal() };
    expect(plain(await stage(stores(file)).send(login))).toMatchObject({
      access: file.accessToken,
      refresh: undefined,
      accessExpiresAt: file.expiresAt,
    });
  });

  it("keeps a new refresh token that came without an access token", async () => {
    const { accessToken: _none, ...file } = newFile();
    expect(plain(await stage(stores(file)).send(newLogin()))).toMatchObject({
      access: undefined,
      refresh: file.refreshToken,
      accessExpiresAt: undefined,
    });
  });

  it("knows no end that the file does not tell", async () => {
    const { refreshTokenExpiresAt: _none, ...file } = newFile();
    expect(plain(await stage(stores(file)).send(newLogin()))).toMatchObject({ loginExpiresAt: undefined });
  });

  it.each<[string, number | undefined, Sent["outcome"]]>([
    // A login that has ended, one on hold and a request that is wrong look the same.
    ["Couldn't log in: Request failed with status code 400", 1, { type: "not-taken", program: "Claude Code" }],
    ["Login failed: Request failed with status code 400", 1, { type: "not-taken", program: "Claude Code" }],
    ["Couldn't log in: Request failed with status code 401", 1, { type: "not-taken", program: "Claude Code" }],
    [
      "Couldn't log in: Request failed with status code 429",
      1,
      { type: "throttled", status: 429, retryAfterMs: undefined },
    ],
    [
      "Couldn't log in: Request failed with status code 403",
      1,
      { type: "throttled", status: 403, retryAfterMs: undefined },
    ],
    ["Couldn't log in: Request failed with status code 502", 1, { type: "ambiguous", reason: "status 502" }],
    ["Couldn't log in: getaddrinfo ENOTFOUND platform.claude.com", 1, { type: "not-sent", reason: "ENOTFOUND" }],
    ["Couldn't log in: getaddrinfo EAI_AGAIN platform.claude.com", 1, { type: "not-sent", reason: "EAI_AGAIN" }],
    ["Couldn't log in: connect ECONNREFUSED 127.0.0.1:9", 1, { type: "not-sent", reason: "ECONNREFUSED" }],
    ["Couldn't log in: connect ETIMEDOUT 192.0.2.1:443", 1, { type: "not-sent", reason: "ETIMEDOUT" }],
    [
      "Couldn't log in: unable to verify the first certificate\nSSL certificate error (UNABLE_TO_VERIFY_LEAF_SIGNATURE).",
      1,
      { type: "not-sent", reason: "UNABLE_TO_VERIFY_LEAF_SIGNATURE" },
    ],
    // Each of these can come when the request was on its way.
    ["Couldn't log in: read ETIMEDOUT", 1, { type: "ambiguous", reason: expect.stringContaining("ended with 1") }],
    ["Couldn't log in: read ECONNRESET", 1, { type: "ambiguous", reason: expect.stringContaining("ended with 1") }],
    ["Couldn't log in: socket hang up", 1, { type: "ambiguous", reason: expect.stringContaining("ended with 1") }],
    ["Couldn't log in: timeout of 30000ms exceeded", 1, { type: "ambiguous", reason: expect.any(String) }],
    ["error: unknown command 'auth'", 1, { type: "ambiguous", reason: expect.stringContaining("ended with 1") }],
    ["", 0, { type: "ambiguous", reason: expect.stringContaining("ended with 0") }],
    ["", undefined, { type: "ambiguous", reason: expect.stringContaining("want of time") }],
  ])("understands %j with status %s", async (stderr, status, outcome) => {
    const stage1 = stage(ends(`${stderr}\n`, { status }));
    expect(await stage1.send(newLogin())).toEqual({ outcome, unclearBefore: false });
    expect(stage1.calls).toHaveLength(1); // never a second time
    expect(readdirSync(stage1.temp)).toEqual([]);
  });

  it.each([
    [".credentials.json", {}],
    [".claude.json", { oauthAccount: { accountUuid: ACCOUNT } }],
  ])("does not believe a status after the exchange had succeeded, as %s tells", async (name, content) => {
    const stage1 = stage(({ env }) => {
      const folder = env?.["CLAUDE_CONFIG_DIR"] as string;
      mkdirSync(folder);
      writeFileSync(join(folder, name), JSON.stringify(content));
      return { status: 1, stderr: "Couldn't log in: Request failed with status code 404\n" };
    });
    expect(await stage1.send(newLogin())).toMatchObject({ outcome: { type: "ambiguous" } });
  });

  it("takes the program's mark of a dead login, or a broken file, for no result", async () => {
    const dead = { accessToken: "", refreshToken: "", expiresAt: 0, scopes: ["user:inference"] };
    expect(await stage(stores(dead)).send(newLogin())).toMatchObject({ outcome: { type: "ambiguous" } });
    const broken = stage(({ env }) => {
      mkdirSync(env?.["CLAUDE_CONFIG_DIR"] as string);
      writeFileSync(join(env?.["CLAUDE_CONFIG_DIR"] as string, ".credentials.json"), '{"claudeAiOauth":{"acc');
      return {};
    });
    expect(await broken.send(newLogin())).toMatchObject({ outcome: { type: "ambiguous" } });
  });

  it("is not started on macOS, where it keeps logins in the keychain", async () => {
    const stage1 = stage(stores(newFile()), { platform: "darwin" });
    const failure = await failureIn(() => stage1.send(newLogin()));
    expect(failure).toMatchObject({ code: "input-invalid", message: expect.stringContaining("macOS") });
    expect(stage1.calls).toEqual([]);
  });
});

describe("Codex", () => {
  const fileOf = (options: RunOptions): string => join(options.env?.["CODEX_HOME"] as string, "auth.json");
  const read = (path: string) => JSON.parse(readFileSync(path, "utf8"));

  /** Renews as the program does, and is asked before and after whether it may go on. */
  const renews =
    (tokens: Record<string, unknown>, asked: boolean[] = []): Play =>
    (options) => {
      const ask = () => void asked.push(options.until?.({ stdout: "", stderr: "" }) === true);
      const path = fileOf(options);
      const before = read(path);
      ask();
      writeFileSync(path, '{\n  "auth_mode": "chatg');
      ask();
      const now = new Date(NOW).toISOString();
      writeFileSync(path, JSON.stringify({ ...before, tokens: { ...before.tokens, ...tokens }, last_refresh: now }));
      ask();
      return { status: undefined };
    };

  it("finds the refresh token beside an access token of our making, and nothing to talk to", async () => {
    const login = newChatGpt();
    let seen = { file: {} as Record<string, Record<string, string>>, config: "", modes: [] as number[] };
    const stage1 = stage((options) => {
      const folder = options.env?.["CODEX_HOME"] as string;
      const paths = [folder, fileOf(options), join(folder, "config.toml")];
      seen = {
        file: read(fileOf(options)),
        config: readFileSync(join(folder, "config.toml"), "utf8"),
        modes: paths.map((path) => statSync(path).mode & 0o777),
      };
      return { status: 1 };
    });
    await stage1.send(login);
    const { file, config, modes } = seen;
    expect(modes).toEqual([0o700, 0o600, 0o600]);
    expect(file).toMatchObject({
      auth_mode: "chatgpt",
      OPENAI_API_KEY: null,
      tokens: { refresh_token: login.refresh?.reveal(), id_token: login.idToken?.reveal(), account_id: ACCOUNT },
    });
    expect(JSON.stringify(file)).not.toContain(login.access?.reveal());
    const claims = readJwt(file["tokens"]?.["access_token"] ?? "");
    expect(claims?.accountId).toBe(ACCOUNT);
    // Releases go by one or by the other.
    expect(claims?.expiresAt).toBeLessThan(NOW - 30 * DAY);
    expect(Date.parse(String(file["last_refresh"]))).toBeLessThan(NOW - 30 * DAY);
    expect(config).toContain('cli_auth_credentials_store = "file"\n');
    expect(config).not.toMatch(/https?:/);

    const { command, args, env } = onlyCall(stage1);
    expect([command, ...args.slice(0, 2)]).toEqual(["codex", "exec", "--skip-git-repo-check"]);
    for (const token of [login.refresh, login.access, login.idToken]) {
      expect(pieceOf(token?.reveal() ?? "", [...args, ...Object.values(env)].join("\n"))).toBeUndefined();
    }
  });

  it("is stopped as soon as it has stored new tokens, and not by half a file", async () => {
    const asked: boolean[] = [];
    const access = newJwt("another-account", NOW + 9 * DAY, "pro");
    const tokens = { access_token: access, refresh_token: newOpenaiRefresh(), id_token: newJwt("another-account") };
    const stage1 = stage(renews({ ...tokens, account_id: "another-account" }, asked));
    expect(plain(await stage1.send(newChatGpt()))).toMatchObject({
      access,
      refresh: tokens.refresh_token,
      accessExpiresAt: NOW + 9 * DAY,
      loginExpiresAt: undefined,
      idToken: tokens.id_token,
      accountId: "another-account",
    });
    expect(asked).toEqual([false, false, true]);
    expect(readdirSync(stage1.temp)).toEqual([]);
  });

  it.each<[string, Record<string, unknown>, Record<string, unknown>]>([
    ["refresh token", { access_token: newJwt() }, { refresh: undefined, accessExpiresAt: NOW + 10 * DAY }],
    ["access token", { refresh_token: newOpenaiRefresh() }, { access: undefined, accessExpiresAt: undefined }],
  ])(
    "understands an answer without a new %s, and takes nothing that it put there for an answer",
    async (_, tokens, expected) => {
      const login = newChatGpt({ idToken: undefined });
      expect(plain(await stage(renews(tokens)).send(login))).toMatchObject({ ...expected, idToken: undefined });
    },
  );

  it("renews a bare refresh token", async () => {
    const bare: Credential = {
      ...EMPTY,
      kind: "login",
      provider: "openai",
      refresh: new Secret(newOpenaiRefresh()),
    };
    const tokens = { access_token: newJwt(), refresh_token: newOpenaiRefresh(), id_token: newJwt() };
    expect(plain(await stage(renews({ ...tokens, account_id: ACCOUNT })).send(bare))).toMatchObject({
      access: tokens.access_token,
      idToken: tokens.id_token,
      accountId: ACCOUNT,
    });
  });

  const failed = (what: string) =>
    `2031-05-06T07:08:09Z ERROR codex_login::auth::manager: Failed to refresh token: ${what}`;
  const words = (why: string) =>
    failed(`Your access token could not be refreshed${why}. Please log out and sign in again.`);
  const REUSED = words(" because your refresh token was already used");
  const status = (text: string) => failed(`Failed to refresh token: ${text}`);
  const NO_ANSWER = failed("error sending request for url (https://auth.openai.com/oauth/token)");
  const TRIED = "DEBUG reqwest::connect: starting new connection: https://auth.openai.com/";
  const STOOD = "DEBUG hyper_util::client::legacy::connect::http: connected to 192.0.2.1:443";
  // Of the requests after it, which can only fail.
  const OTHERS = "ERROR: stream disconnected before completion: builder error";
  const MODELS =
    "ERROR codex_core::models_manager::manager: failed to refresh available models: unexpected status 404 Not Found";
  const throttled = { type: "throttled", status: 429, retryAfterMs: undefined } as const;
  const NOT_TAKEN = { type: "not-taken", program: "Codex" } as const;

  it.each<[string, string[], Sent["outcome"], boolean?]>([
    ["reused", [STOOD, REUSED, REUSED, OTHERS], { type: "refused", why: "spent" }],
    ["expired", [words(" because your refresh token has expired")], { type: "refused", why: "login-ended" }],
    ["revoked", [words(" because your refresh token was revoked")], { type: "refused", why: "revoked" }],
    ["not taken, and not why", [words(""), words(""), OTHERS], NOT_TAKEN],
    ["not taken, and only then why", [words(""), REUSED], { type: "refused", why: "spent" }],
    ["not taken after an unclear answer", [status("500 Internal Server Error"), words("")], NOT_TAKEN, true],
    ["not taken after a throttle", [status("429 Too Many Requests"), words("")], NOT_TAKEN],
    [
      "refused, as an older release says it",
      [failed('400 Bad Request: {"error":"invalid_grant"}')],
      { type: "refused", why: "spent-or-revoked" },
    ],
    [
      "refused, said twice by an older release",
      [failed("401 Unauthorized: {}"), REUSED],
      { type: "refused", why: "spent" },
    ],
    [
      "refused after an unclear answer",
      [status("500 Internal Server Error"), REUSED],
      { type: "refused", why: "spent" },
      true,
    ],
    ["refused after a throttle", [status("429 Too Many Requests"), REUSED], { type: "refused", why: "spent" }],
    ["throttled", [status("429 Too Many Requests"), OTHERS], throttled],
    ["turned away", [status("403 Forbidden")], { ...throttled, status: 403 }],
    [
      "unclear",
      [status("502 Bad Gateway"), status("429 Too Many Requests")],
      { type: "ambiguous", reason: "status 502" },
    ],
    ["a status without a meaning", [status("400 Bad Request")], { type: "ambiguous", reason: "status 400" }],
    ["cut off", [TRIED, STOOD, NO_ANSWER, OTHERS], { type: "ambiguous", reason: "connection failed" }],
    ["never connected", [TRIED, NO_ANSWER, TRIED, NO_ANSWER], { type: "not-sent", reason: "no connection" }],
    ["without a log of its connections", [NO_ANSWER], { type: "ambiguous", reason: "connection failed" }],
    [
      "of other requests only",
      [OTHERS, MODELS],
      { type: "ambiguous", reason: expect.stringContaining("ended with 1") },
    ],
  ])("understands what it says: %s", async (_, lines, outcome, unclearBefore = false) => {
    const stage1 = stage(ends(lines.join("\n")));
    expect(await stage1.send(newChatGpt())).toEqual({ outcome, unclearBefore });
    expect(stage1.calls).toHaveLength(1);
    expect(readdirSync(stage1.temp)).toEqual([]);
  });

  it("is unclear when its time was over, whatever it had said before", async () => {
    const stage1 = stage(ends(status("429 Too Many Requests"), { status: undefined }));
    expect(await stage1.send(newChatGpt())).toMatchObject({ outcome: { type: "ambiguous" } });
  });

  it.each<[string, string[], boolean]>([
    ["a refusal", [STOOD, REUSED], true],
    ["a refusal without a reason", [STOOD, words("")], true],
    ["no connection", [TRIED, NO_ANSWER], true],
    ["an answer that it may mend itself", [STOOD, status("500 Internal Server Error")], false],
    ["a connection that was lost", [TRIED, STOOD, NO_ANSWER], false],
    ["nothing yet", [TRIED], false],
  ])("is stopped, or let go on, after %s", async (_, lines, expected) => {
    let stopped: boolean | undefined;
    const stage1 = stage(({ until }) => {
      stopped = until?.({ stdout: "", stderr: lines.join("\n") });
      return { status: 1 };
    });
    await stage1.send(newChatGpt());
    expect(stopped).toBe(expected);
  });
});

describe("any program", () => {
  it.each([
    [newLogin(), "claude", "npm i -g @anthropic-ai/claude-code"],
    [newChatGpt(), "codex", "npm i -g @openai/codex"],
  ])("says how to install one that is missing", async (login, command, advice) => {
    const stage1 = stage(() => ({ status: undefined, missing: true }));
    const failure = await failureIn(() => stage1.send(login));
    expect(failure.code).toBe("program-missing");
    expect(failure.explain()).toContain(`\`${command}\``);
    expect(failure.explain()).toContain(advice);
    expect(failure.explain()).toContain("Nothing was spent.");
    expect(readdirSync(stage1.temp)).toEqual([]);
  });

  it("is none for a server of one's own", async () => {
    const stage1 = stage(() => ({}));
    const failure = await failureIn(() => stage1.send(newLogin({ provider: "custom" })));
    expect(failure.code).toBe("input-invalid");
    expect(stage1.calls).toEqual([]);
  });

  it("is not started after a signal", async () => {
    const stage1 = stage(() => ({}));
    stage1.world.signal();
    expect(await stage1.send(newLogin())).toEqual({
      outcome: { type: "not-sent", reason: "cancelled" },
      unclearBefore: false,
    });
    expect(stage1.calls).toEqual([]);
    expect(readdirSync(stage1.temp)).toEqual([]);
  });

  it("leaves no folder behind where running it fails", async () => {
    const before = process.listenerCount("exit");
    const stage1 = stage(() => {
      throw new Error("no such thing");
    });
    await expect(stage1.send(newChatGpt())).rejects.toThrow("no such thing");
    expect(readdirSync(stage1.temp)).toEqual([]);
    expect(process.listenerCount("exit")).toBe(before);
  });

  it("tells the post step of its folder while that is there, which then removes it", async () => {
    const stage1 = stage(() => {
      const { "program-home": home = "" } = stage1.world.recorded.state;
      expect(readdirSync(stage1.temp)).toEqual([basename(home)]);
      writeFileSync(join(home, "login"), "");
      return {};
    });
    // Killed in the midst of it, the main step has not come to remove it.
    const killed = vi.spyOn(process.getBuiltinModule("node:fs"), "rmSync").mockImplementationOnce(() => {});
    await stage1.send(newChatGpt());
    killed.mockRestore();
    const home = stage1.world.recorded.state["program-home"] ?? "";
    expect(home).not.toBe("");
    expect(readdirSync(stage1.temp)).toHaveLength(1);

    // The state alone makes post do it: nothing else was written yet.
    const env = { RUNNER_TEMP: stage1.temp, "STATE_program-home": home };
    const post = fakeWorld({ env });
    await finish(post);
    expect(readdirSync(stage1.temp)).toEqual([]);
    expect(post.recorded.of("warning")).toEqual([]);
    await finish(fakeWorld({ env }));

    const stage2 = stage(() => ({}));
    await stage2.send(newChatGpt());
    expect(stage2.world.recorded.state["program-home"]).toBe("");
  });

  it("loses no renewed login with a folder that cannot be removed", async () => {
    const file = { accessToken: newToken("oat"), refreshToken: newToken("ort"), scopes: ["user:inference"] };
    const stage1 = stage(({ env }) => {
      mkdirSync(env?.["CLAUDE_CONFIG_DIR"] as string);
      writeFileSync(
        join(env?.["CLAUDE_CONFIG_DIR"] as string, ".credentials.json"),
        JSON.stringify({ claudeAiOauth: file }),
      );
      return {};
    });
    const busy = vi.spyOn(process.getBuiltinModule("node:fs"), "rmSync").mockImplementationOnce(() => {
      throw Object.assign(new Error("busy"), { code: "EBUSY" });
    });
    expect(plain(await stage1.send(newLogin()))).toMatchObject({ refresh: file.refreshToken });
    busy.mockRestore();
    expect(stage1.world.recorded.of("warning").join()).toContain("EBUSY");
  });

  it("loses no renewed login with a runner whose files cannot be written any more", async () => {
    const token = newToken("ort");
    const stage1 = stage(({ env }) => {
      mkdirSync(env?.["CLAUDE_CONFIG_DIR"] as string);
      const login = { claudeAiOauth: { accessToken: newToken("oat"), refreshToken: token, scopes: [] } };
      writeFileSync(join(env?.["CLAUDE_CONFIG_DIR"] as string, ".credentials.json"), JSON.stringify(login));
      stage1.world.runner.state = () => {
        throw Object.assign(new Error("no space"), { code: "ENOSPC", syscall: "write" });
      };
      return {};
    });
    expect(plain(await stage1.send(newLogin()))).toMatchObject({ refresh: token });
    expect(stage1.world.recorded.of("warning").join()).toContain("ENOSPC");
  });

  it.each([
    [SECOND, 60 * SECOND],
    [75 * SECOND, 75 * SECOND],
    [120 * SECOND, 90 * SECOND],
  ])("asked for in %i ms gets %i ms", async (timeoutMs, expected) => {
    const stage1 = stage(() => ({}));
    await stage1.send(newLogin(), { timeoutMs });
    expect(onlyCall(stage1).options.timeoutMs).toBe(expected);
  });

  it("prints nothing that reaches the log or a message, tokens least of all", async () => {
    const said = fc.tuple(
      fc.constantFrom(
        "Couldn't log in: ",
        "Couldn't log in: connect E",
        "SSL certificate error (",
        "Failed to refresh token: ",
        "Failed to refresh token: 500 ",
        "",
      ),
      claudeToken("ort"),
      fc.constantFrom(newLogin, newChatGpt),
    );
    await fc.assert(
      fc.asyncProperty(said, async ([before, token, login]) => {
        const stage1 = stage(() => ({ status: 1, stdout: `got ${token}\n`, stderr: `${before}${token}\n` }));
        const outcome = JSON.stringify(await stage1.send(login()));
        expect(pieceOf(token, `${stage1.world.recorded.text()}\n${outcome}`)).toBeUndefined();
      }),
      { numRuns: 40 },
    );
  });
});

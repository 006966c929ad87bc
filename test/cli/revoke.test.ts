/** A login is ended: at its provider, in the ledger, in secrets and in files; and what could not be ended is said. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { EMPTY } from "../../src/credential/credential.ts";
import { openEnvelope, sealEnvelope } from "../../src/credential/envelope.ts";
import { Secret } from "../../src/secret.ts";
import { leaksIn } from "../support/browser/leaks.ts";
import { CLI, type Desk, makeDesk } from "../support/browser/program.ts";
import { type SignInServer, startSignInServer } from "../support/browser/sign-in-server.ts";
import { startStrictSignIn, type StrictSignIn } from "../support/browser/strict-sign-in.ts";
import { hasTmux, openTerminal } from "../support/browser/terminal.ts";
import { ask, PlainBrowser } from "../support/browser/person.ts";
import { startGitHub } from "../support/github/server.ts";
import * as anthropic from "../support/oauth/anthropic-facts.ts";
import { startOidc } from "../support/oauth/oidc.ts";
import * as openai from "../support/oauth/openai-facts.ts";

let desk: Desk;
const closing: (() => unknown)[] = [];

beforeEach(() => {
  desk = makeDesk();
});

afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
  desk.remove();
});

const HOUR = 3_600_000;

async function strict(kind: "anthropic" | "openai"): Promise<StrictSignIn> {
  const server = await startStrictSignIn(kind);
  closing.push(server.close);
  return server;
}

function claudeLogin() {
  const access = anthropic.randomToken(anthropic.ACCESS_PREFIX);
  const refresh = anthropic.randomToken(anthropic.REFRESH_PREFIX);
  const expiresAt = Date.now() + 8 * HOUR;
  const credential = {
    ...EMPTY,
    kind: "login" as const,
    access: new Secret(access),
    refresh: new Secret(refresh),
    accessExpiresAt: expiresAt,
    scopes: ["user:inference"],
  };
  const file = JSON.stringify({
    mcpOAuth: { kept: true },
    claudeAiOauth: { accessToken: access, refreshToken: refresh, expiresAt, scopes: ["user:inference"] },
  });
  return { access, refresh, credential, file };
}

const claudeFile = () => join(desk.home, ".claude", ".credentials.json");

function put(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

describe("at the provider", () => {
  test("anthropic: the refresh token, as Claude Code signs out; the file is removed, and what may still work is said", async () => {
    const server = await strict("anthropic");
    const { credential, access, refresh } = claudeLogin();
    writeFileSync(desk.path("login.txt"), `${sealEnvelope(credential, undefined)}\n`);
    const args = ["revoke", "--file", "login.txt", "--token-url", server.tokenUrl, "--yes"];
    const { code, stdout, stderr } = await desk.run(args).ended;
    expect({ code, stderr, deviations: server.deviations }).toMatchObject({ code: 0, deviations: [] });
    expect(server.revoked).toEqual([{ token: refresh, hint: "refresh_token" }]);
    expect(stdout).toContain("Done: the provider took the revocation of the Claude login.");
    expect(stdout).toMatch(/Note: whether the access token of the Claude login still works is not known \(it ends at/);
    expect(desk.read("login.txt")).toBeUndefined();
    expect(leaksIn(stdout + stderr, { access, refresh })).toEqual([]);
  });

  test("anthropic: a setup token, and where it is listed", async () => {
    const server = await strict("anthropic");
    const token = anthropic.randomToken(anthropic.ACCESS_PREFIX) + "x".repeat(52);
    const { code, stdout } = await desk.run(["revoke", "--credential", "-", "--token-url", server.tokenUrl, "--yes"], {
      input: token,
    }).ended;
    expect({ code, deviations: server.deviations }).toEqual({ code: 0, deviations: [] });
    expect(server.revoked).toEqual([{ token, hint: "access_token" }]);
    expect(stdout).toContain("https://claude.ai/settings/claude-code");
  });

  test("openai", async () => {
    const server = await strict("openai");
    const account = openai.newAccount();
    const life = { from: Date.now(), until: Date.now() + 10 * 24 * HOUR };
    const [access, id, refresh] = [
      openai.newAccessToken(account, life),
      openai.newIdToken(account, life),
      openai.newRefreshToken(),
    ];
    const file = {
      auth_mode: "chatgpt",
      tokens: { id_token: id, access_token: access, refresh_token: refresh, account_id: account.accountId },
    };
    put(join(desk.home, ".codex", "auth.json"), JSON.stringify(file));
    const args = ["revoke", "--targets", "codex", "--token-url", server.tokenUrl, "--yes", "--json"];
    const { code, stdout, stderr } = await desk.run(args).ended;
    expect({ code, stderr, deviations: server.deviations }).toMatchObject({ code: 0, deviations: [] });
    expect(server.revoked).toEqual([{ token: refresh, hint: "refresh_token" }]);
    const answer = JSON.parse(stdout) as { done: string[]; left: string[] };
    expect(answer).toMatchObject({ version: 1, provider: "openai" });
    expect(answer.done).toHaveLength(2);
    expect(readFileSafe(join(desk.home, ".codex", "auth.json"))).not.toContain(refresh);
    expect(leaksIn(stdout + stderr, { access, id, refresh })).toEqual([]);
  });

  test("a provider that cannot be reached: nothing is removed, so that it can be tried again", async () => {
    const { file, credential } = claudeLogin();
    put(claudeFile(), file);
    writeFileSync(desk.path("login.txt"), sealEnvelope(credential, undefined));
    const args = [
      "revoke",
      "--file",
      "login.txt",
      "--targets",
      "claude",
      "--token-url",
      "http://127.0.0.1:9/v1/oauth/token",
      "--yes",
    ];
    const { code, stdout, stderr } = await desk.run(args).ended;
    expect(stderr).toContain("[provider-unreachable]");
    expect(code).toBe(4);
    expect(stdout).toBe("");
    expect(desk.read("login.txt")).toBeDefined();
    expect(readFileSync(claudeFile(), "utf8")).toBe(file);
  });

  test("a fault that passes is waited for; an answer of something else is no success", async () => {
    const server = await strict("anthropic");
    const { credential } = claudeLogin();
    writeFileSync(desk.path("login.txt"), sealEnvelope(credential, undefined));
    server.revocations.push({ status: 503, body: "busy" }, { status: 429, headers: { "retry-after": "1" }, body: {} });
    const args = ["revoke", "--file", "login.txt", "--token-url", server.tokenUrl, "--yes"];
    expect((await desk.run(args).ended).code).toBe(0);
    expect(server.revoked).toHaveLength(1);
  });

  test("a kind of token that the server does not end: the copies are removed, and it is said", async () => {
    const server = await strict("openai");
    writeFileSync(desk.path("login.txt"), openai.newRefreshToken());
    server.revocations.push({ status: 400, body: { error: { code: "unsupported_token_type" } } });
    const args = ["revoke", "--file", "login.txt", "--provider", "openai", "--token-url", server.tokenUrl, "--yes"];
    const { code, stdout } = await desk.run(args).ended;
    expect(stdout).toContain("NOT done: the ChatGPT login was not revoked");
    expect(stdout).toContain("(unsupported_token_type)");
    expect(code).toBe(1);
    expect(desk.read("login.txt")).toBeUndefined();
  });

  test.each([
    { status: 401, body: { error: "invalid_client" } },
    { status: 404, body: "<html>no</html>" },
    { status: 200, headers: { "request-id": "" }, body: "<html>portal</html>" },
  ])("a refusal of the request removes nothing: %j", async (reply) => {
    const server = await strict("anthropic");
    writeFileSync(desk.path("login.txt"), anthropic.randomToken(anthropic.REFRESH_PREFIX));
    server.revocations.push(reply, reply, reply, reply);
    const args = ["revoke", "--file", "login.txt", "--token-url", server.tokenUrl, "--yes"];
    const { code, stderr, stdout } = await desk.run(args).ended;
    expect(stderr).toMatch(reply.status === 200 ? /\[answer-unclear\]/ : /\[request-rejected\]/);
    expect(code).not.toBe(0);
    expect(stdout).toBe("");
    expect(desk.read("login.txt")).toBeDefined();
  });
});

const readFileSafe = (path: string): string => (existsSync(path) ? readFileSync(path, "utf8") : "");

describe("any server by RFC 7009", () => {
  let server: SignInServer;
  let envelope: string;

  async function signIn(auth: "none" | "client_secret_post"): Promise<string[]> {
    server = await startSignInServer({ auth });
    closing.push(server.close);
    writeFileSync(desk.path("secret"), server.clientSecret);
    const client = [
      "--client-id",
      server.clientId,
      "--token-url",
      server.tokenUrl,
      ...(auth === "none" ? [] : ["--client-secret", "secret"]),
    ];
    const program = desk.run([
      "login",
      "custom",
      "--authorize-url",
      server.authorizeUrl,
      "--scope",
      "openid offline_access",
      ...client,
    ]);
    await ask(await new PlainBrowser().signIn(await program.opened(), "agree"));
    envelope = (await program.ended).stdout.trim();
    writeFileSync(desk.path("login.txt"), envelope);
    return client;
  }

  test.each(["none", "client_secret_post"] as const)(
    "ends the login there (client authentication: %s)",
    async (auth) => {
      const client = await signIn(auth);
      const refresh = openEnvelope(envelope).credential.refresh?.reveal() ?? "";
      const args = ["revoke", "--file", "login.txt", "--revoke-url", server.revokeUrl, "--yes", ...client];
      const { code, stdout, stderr } = await desk.run(args).ended;
      expect({ code, stderr }).toMatchObject({ code: 0 });
      expect(stdout).toContain("Done: the provider took the revocation of the login.");
      expect(await server.refresh(refresh)).toBeUndefined();
    },
  );

  test("without an address nothing is done", async () => {
    const client = await signIn("none");
    const { code, stderr } = await desk.run(["revoke", "--file", "login.txt", "--yes", ...client]).ended;
    expect(stderr).toContain("--revoke-url");
    expect(code).toBe(2);
    expect(server.requests.filter(({ path }) => path.includes("revocation"))).toEqual([]);
    expect(desk.read("login.txt")).toBeDefined();
  });
});

describe("everything else", () => {
  test("a program's file loses this login and keeps the rest; another login stays", async () => {
    const server = await strict("anthropic");
    const { credential, file } = claudeLogin();
    writeFileSync(desk.path("login.txt"), sealEnvelope(credential, undefined));
    const args = ["revoke", "--file", "login.txt", "--targets", "claude", "--token-url", server.tokenUrl, "--yes"];
    put(claudeFile(), file);
    const { stdout } = await desk.run(args).ended;
    expect(stdout).toContain("holds it no more");
    expect(JSON.parse(readFileSync(claudeFile(), "utf8"))).toEqual({ mcpOAuth: { kept: true } });

    const other = claudeLogin();
    writeFileSync(claudeFile(), other.file);
    writeFileSync(desk.path("login.txt"), sealEnvelope(credential, undefined));
    const { stderr } = await desk.run(args).ended;
    expect(stderr).toContain("holds another login, which is left as it is");
    expect(readFileSync(claudeFile(), "utf8")).toBe(other.file);
  });

  test("secrets are deleted; those that cannot be are told", async () => {
    const server = await strict("anthropic");
    const pat = "github_pat_for_a_test_of_revocations_0123456789";
    const github = await startGitHub({
      tokens: { [pat]: { permissions: { secrets: "write" } } },
      repository: "octo/demo",
    });
    closing.push(github.close);
    github.setSecretByUser("CLAUDE_LOGIN", "an envelope");
    writeFileSync(desk.path("pat"), pat);
    const { credential } = claudeLogin();
    const location = {
      kind: "repository" as const,
      name: "ELSEWHERE",
      repository: "octo/other",
      repositoryId: undefined,
      within: undefined,
    };
    const envelope = sealEnvelope(credential, { savedAt: Date.now(), location, probe: undefined });
    const env = { GITHUB_API_URL: github.apiUrl, GITHUB_REPOSITORY: "octo/demo" };
    const args = [
      "revoke",
      "--file",
      "login.txt",
      "--token-url",
      server.tokenUrl,
      "--yes",
      "--rotate-to",
      "CLAUDE_LOGIN",
    ];

    writeFileSync(desk.path("login.txt"), envelope);
    const told = await desk.run(args, { env }).ended;
    expect(told.stdout).toContain("`gh secret delete CLAUDE_LOGIN --repo octo/demo`");
    expect(told.stdout).toContain("ELSEWHERE of octo/other holds a copy");
    expect(told.code).toBe(1);
    expect(github.secret("CLAUDE_LOGIN")).toBe("an envelope");

    writeFileSync(desk.path("login.txt"), envelope);
    const done = await desk.run([...args, "--secrets-token", "pat"], { env }).ended;
    expect(done.stdout).toContain("the repository secret CLAUDE_LOGIN is deleted");
    expect(done.code).toBe(0);
    expect(github.secret("CLAUDE_LOGIN")).toBeUndefined();

    github.setSecretByUser("CLAUDE_LOGIN", "an envelope");
    github.tokens.set(pat, { permissions: { secrets: "read" } });
    writeFileSync(desk.path("login.txt"), envelope);
    const forbidden = await desk.run([...args, "--secrets-token", "pat"], { env }).ended;
    expect(forbidden.stdout).toContain("CLAUDE_LOGIN is still there");
    expect(forbidden.code).toBe(1);
    expect(leaksIn(told.stdout + done.stdout + forbidden.stdout + forbidden.stderr, { pat })).toEqual([]);
  });

  test("the ledger's newest generation is revoked, and every job is told", async () => {
    const oidc = await startOidc();
    closing.push(oidc.close);
    const login = await oidc.issue();
    const { accessToken, refreshToken, scope } = login;
    const oauth = { accessToken, refreshToken, expiresAt: Date.now() + 8 * HOUR, scopes: scope.split(" ") };
    writeFileSync(desk.path("login.json"), JSON.stringify({ claudeAiOauth: oauth }));
    const keys = JSON.parse((await desk.run(["key", "--json"]).ended).stdout) as { root: string; access: string };
    writeFileSync(desk.path("key"), keys.root);
    writeFileSync(desk.path("access-key"), keys.access);
    const ledger = ["--ledger", "file", "--provider", "anthropic", "--token-url", oidc.tokenUrl];
    const job = ["write", "--credential", "login.json", "--targets", "claude", "--ledger-key", "key", ...ledger];
    // A job takes the login over into the ledger, and renews it there: the file holds what is spent.
    const seeded = await desk.run(job).ended;
    expect({ code: seeded.code, stderr: seeded.stderr }).toMatchObject({ code: 0 });
    expect(await oidc.isRefreshTokenAlive(refreshToken)).toBe(false);
    expect((await oidc.family(refreshToken)).state).toBe("alive");

    const { code, stdout, stderr } = await desk.run(["revoke", "--ledger-key", "key", "--yes", ...ledger]).ended;
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(stdout).toContain("says that the login is ended");
    const { state, refreshTokens } = await oidc.family(refreshToken);
    expect(state).toBe("revoked");
    const secrets = Object.fromEntries([accessToken, ...refreshTokens].map((token, at) => [`token ${at}`, token]));
    expect(leaksIn(stdout + stderr, secrets)).toEqual([]);

    // Another job, with the same old file, asks nobody any more.
    const asked = oidc.requests.length;
    const later = await desk.run(job).ended;
    expect(later.stderr).toContain("[login-refused]");
    expect(later.stderr).toContain("revoked by its owner");
    expect(oidc.requests).toHaveLength(asked);

    // With an access key there is only the access token to tell of, and no record to write.
    const weak = await desk.run(["revoke", "--ledger-key", "access-key", "--yes", ...ledger]).ended;
    expect(weak.stdout).toContain("that takes a root key");
    expect(weak.code).toBe(1);
  });

  test("nobody to ask, nothing named, two providers", async () => {
    const { credential } = claudeLogin();
    writeFileSync(desk.path("login.txt"), sealEnvelope(credential, undefined));
    const silent = await desk.run(["revoke", "--file", "login.txt"], { input: "y\n" }).ended;
    expect(silent.stderr).toContain("`--yes` ends the login without asking");
    expect(silent.code).toBe(2);
    const none = await desk.run(["revoke", "--yes"], { input: "" }).ended;
    expect(none.stderr).toContain("[credential-missing]");
    const unsafe = await desk.run(["revoke", "--file", "login.txt", "--revoke-url", "http://evil.example/", "--yes"])
      .ended;
    expect(unsafe.code).toBe(2);
    expect(desk.read("login.txt")).toBeDefined();
  });

  test.skipIf(!hasTmux())("a person is asked, and may say no", async () => {
    const server = await strict("anthropic");
    const { credential } = claudeLogin();
    writeFileSync(desk.path("login.txt"), sealEnvelope(credential, undefined));
    const screen = openTerminal({ HOME: desk.home, NO_COLOR: "1" }, desk.home);
    try {
      const command = `'${process.execPath}' '${CLI}' revoke --file login.txt --token-url ${server.tokenUrl}; echo "ended-with-$?"`;
      screen.enter(command);
      await screen.shows(/End this login for good: Claude login\?[\s\S]*\[y\/N\]/);
      screen.enter("n");
      await screen.shows(/Nothing was ended[\s\S]*ended-with-1/);
      expect(server.requests).toEqual([]);
      expect(desk.read("login.txt")).toBeDefined();
      // Ctrl-C stops the script that it stands in, too.
      screen.enter(command.replace("ended", "gone-on"));
      await screen.shows(/ended-with-1[\s\S]*\[y\/N\]/);
      screen.key("C-c");
      await screen.shows(/Nothing was ended[\s\S]*Nothing was ended/);
      screen.enter("echo code-$?");
      await screen.shows(/code-130/);
      expect(screen.text()).not.toMatch(/gone-on-with-\d/);
      expect(server.requests).toEqual([]);
      screen.enter(command);
      await screen.shows(/code-130[\s\S]*\[y\/N\]/);
      screen.enter("y");
      await screen.shows(/ended-with-0/);
      expect(server.revoked).toHaveLength(1);
    } finally {
      screen.close();
    }
  });
});

/** Where a login goes: stdout, a file, a secret on GitHub, a program's file. And a credential that is there already. */
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import type { ServerResponse } from "node:http";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openEnvelope } from "../../src/credential/envelope.ts";
import { type RecordedRequest, startTlsProxy, type TlsProxy } from "../readers/tls-proxy.ts";
import { leaksIn } from "../support/browser/leaks.ts";
import { ask } from "../support/browser/person.ts";
import { type Desk, makeDesk, type Program } from "../support/browser/program.ts";
import { startStrictSignIn, type StrictSignIn } from "../support/browser/strict-sign-in.ts";
import { type GitHub, startGitHub } from "../support/github/server.ts";
import * as facts from "../support/oauth/anthropic-facts.ts";

let desk: Desk;
const closing: (() => unknown)[] = [];

beforeEach(() => {
  desk = makeDesk();
});

afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
  desk.remove();
});

const NAME = "CLAUDE_LOGIN";
const REPOSITORY = "octo/demo";

async function strict(): Promise<StrictSignIn> {
  const server = await startStrictSignIn("anthropic");
  closing.push(server.close);
  return server;
}

const signIn = (server: StrictSignIn, args: readonly string[], env: Record<string, string> = {}): Program =>
  desk.run(
    ["login", "anthropic", "--pkce", "--authorize-url", server.authorizeUrl, "--token-url", server.tokenUrl, ...args],
    { env },
  );

/** The person agrees. */
async function agree(program: Program): Promise<void> {
  const { headers } = await ask(await program.opened());
  await ask(String(headers["location"]).replace("localhost", "127.0.0.1"));
}

const secretsOf = (server: StrictSignIn): Record<string, string> =>
  Object.fromEntries(
    server.issued.flatMap(({ access, refresh }, at) => [
      [`a${at}`, access],
      [`r${at}`, refresh],
    ]),
  );

const opened = (text: string | undefined) => openEnvelope((text ?? "").trim());

describe("a file", () => {
  test("is for this user alone, and stdout says where it is, without the login", async () => {
    const server = await strict();
    const program = signIn(server, ["--output", "login.txt"]);
    await agree(program);
    const { code, stdout, stderr } = await program.ended;
    expect(code).toBe(0);
    expect(statSync(desk.path("login.txt")).mode & 0o777).toBe(0o600);
    expect(opened(desk.read("login.txt")).credential.refresh?.reveal()).toBe(server.issued[0]?.refresh);
    expect(stdout).toMatch(/^Signed in: Claude login, which ends at .* kept in .*login\.txt/);
    expect(leaksIn(stdout + stderr, secretsOf(server))).toEqual([]);
    expect(readdirSync(desk.home).toSorted()).toEqual([".bin", ".opened", ".tmp", "login.txt"]);
    expect(readdirSync(desk.path(".tmp"))).toEqual([]);
  });

  test("that is there already is left alone before anybody signs in, and replaced with --force", async () => {
    const server = await strict();
    writeFileSync(desk.path("login.txt"), "the only copy");
    const { code, stderr } = await signIn(server, ["--output", "login.txt"]).ended;
    expect(code).toBe(2);
    expect(stderr).toContain("may be the only copy of a login");
    expect(desk.read("login.txt")).toBe("the only copy");
    expect(desk.read(".opened")).toBeUndefined();

    const program = signIn(server, ["--output", "login.txt", "--force"]);
    await agree(program);
    expect((await program.ended).code).toBe(0);
    expect(opened(desk.read("login.txt")).credential.kind).toBe("login");
    expect(statSync(desk.path("login.txt")).mode & 0o777).toBe(0o600);
  });

  test("through a link, or in no folder, is refused before anybody signs in", async () => {
    const server = await strict();
    symlinkSync(desk.path("elsewhere"), desk.path("link"));
    expect((await signIn(server, ["--output", "link", "--force"]).ended).stderr).toContain("[unsafe-path]");
    expect((await signIn(server, ["--output", "no/such/login.txt"]).ended).stderr).toContain("[file-failed]");
    expect(desk.read(".opened")).toBeUndefined();
  });

  test("a failed --force leaves what was there", async () => {
    const server = await strict();
    writeFileSync(desk.path("login.txt"), "the old one");
    const program = signIn(server, ["--output", "login.txt", "--force"]);
    await program.opened();
    program.kill("SIGINT");
    await program.ended;
    expect(desk.read("login.txt")).toBe("the old one");
    expect(readdirSync(desk.home).filter((name) => name.includes("tmp") && name !== ".tmp")).toEqual([]);
  });
});

describe("stdout", () => {
  test("with --json: one line, with the login in it, and every word on stderr is JSON", async () => {
    const server = await strict();
    const program = signIn(server, ["--json"]);
    await agree(program);
    const { stdout, stderr } = await program.ended;
    const answer = JSON.parse(stdout) as Record<string, unknown>;
    expect(answer).toMatchObject({ version: 1, provider: "anthropic", kind: "login", files: [] });
    expect(opened(String(answer["credential"])).credential.kind).toBe("login");
    for (const line of stderr.trim().split("\n")) expect(JSON.parse(line)).toHaveProperty("message");
    expect(leaksIn(stderr, secretsOf(server))).toEqual([]);
  });

  test("of a CI that is its log gets no login unasked", async () => {
    const { spawn } = await import("node:child_process");
    const { CLI } = await import("../support/browser/program.ts");
    // Both streams into one place, as a CI has it.
    const child = spawn(
      "/bin/sh",
      ["-c", `exec "$0" "$1" login openai --device 2>&1 </dev/null`, process.execPath, CLI],
      {
        env: { PATH: process.env["PATH"], HOME: desk.home, CI: "true", NO_COLOR: "1" },
        stdio: ["ignore", "pipe", "ignore"],
      },
    );
    let text = "";
    child.stdout.setEncoding("utf8").on("data", (part: string) => (text += part));
    const code = await new Promise((resolve) => child.once("close", resolve));
    expect(text).toContain("Say where the login goes");
    expect(code).toBe(2);
  });
});

describe("a secret on GitHub", () => {
  const pat = "github_pat_for_a_test_of_sign_ins_0123456789";
  let github: GitHub;
  let server: StrictSignIn;

  beforeEach(async () => {
    server = await strict();
    github = await startGitHub({ tokens: { [pat]: { permissions: { secrets: "write" } } }, repository: REPOSITORY });
    closing.push(github.close);
    writeFileSync(desk.path("pat"), pat);
  });

  const toSecret = (...more: string[]) =>
    signIn(server, ["--rotate-to", NAME, "--secrets-token", "pat", ...more], {
      GITHUB_API_URL: github.apiUrl,
      GITHUB_REPOSITORY: REPOSITORY,
    });

  test("is proved to be writable, then replaced, whoever wrote it last", async () => {
    const hour = 3_600_000;
    github.setSecretByUser(NAME, "an older login", { at: Date.now() - hour });
    // As after a rotation: its mark would make a job's copy an old one.
    github.setSecretByUser(`OAUTH_CREDS_PROBE_${NAME}`, "mark", { at: Date.now() - hour + 1000 });
    const program = toSecret();
    await agree(program);
    const { code, stdout, stderr } = await program.ended;
    expect({ code, stderr }).toMatchObject({ code: 0 });
    const { credential, stored } = opened(github.secret(NAME));
    expect(credential.refresh?.reveal()).toBe(server.issued[0]?.refresh);
    expect(stored?.location.name).toBe(NAME);
    expect(stdout).toContain(`stored in the repository secret ${NAME} (confirmed)`);
    expect(stderr).toContain("will be replaced");
    expect(leaksIn(stdout + stderr, { ...secretsOf(server), pat })).toEqual([]);
    expect(github.violations).toEqual([]);
  });

  test("may be one of another repository than that of the job, or of no job's at all", async () => {
    github.setSecretByUser(NAME, "an older login", { at: Date.now() - 3_600_000 });
    const args = ["--rotate-to", `${NAME}@${REPOSITORY}`, "--secrets-token", "pat"];
    const program = signIn(server, args, { GITHUB_API_URL: github.apiUrl });
    await agree(program);
    const { code, stderr } = await program.ended;
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(opened(github.secret(NAME)).stored?.location.repository).toBe(REPOSITORY);
  });

  test("that somebody writes during the sign-in is replaced all the same: the sign-in is later", async () => {
    github.setSecretByUser(NAME, "an older login", { at: Date.now() - 3_600_000 });
    const program = toSecret();
    await program.opened();
    github.setSecretByUser(NAME, "a rotation's", { at: Date.now() });
    await agree(program);
    expect((await program.ended).code).toBe(0);
    expect(opened(github.secret(NAME)).credential.kind).toBe("login");
  });

  test("that the token may not write is found out before anybody signs in", async () => {
    github.setSecretByUser(NAME, "an older login", { at: Date.now() - 3_600_000 });
    github.tokens.set(pat, { permissions: { secrets: "read" } });
    const { code, stderr } = await toSecret().ended;
    expect(stderr).toContain("[secret-forbidden]");
    expect(code).toBe(5);
    expect(desk.read(".opened")).toBeUndefined();
    expect(server.requests).toEqual([]);
  });

  test("that does not exist is made with --create-secrets only, and that is said before anybody signs in", async () => {
    const { stderr } = await toSecret().ended;
    expect(stderr).toContain("[secret-not-found]");
    expect(desk.read(".opened")).toBeUndefined();
    const program = toSecret("--create-secrets");
    await agree(program);
    expect((await program.ended).code).toBe(0);
    expect(opened(github.secret(NAME)).credential.kind).toBe("login");
  });

  test("that cannot be written any more after the sign-in: the login is kept in a file, and that is said", async () => {
    github.setSecretByUser(NAME, "an older login", { at: Date.now() - 3_600_000 });
    const program = toSecret();
    await program.opened();
    github.tokens.set(pat, { permissions: {} });
    await agree(program);
    const { code, stderr } = await program.ended;
    expect(stderr).toContain("[could-not-store]");
    expect(code).toBe(5);
    const path = /kept in (\S+),/.exec(stderr)?.[1] ?? "";
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(opened(readFileSync(path, "utf8")).credential.refresh?.reveal()).toBe(server.issued[0]?.refresh);
    expect(leaksIn(stderr, secretsOf(server))).toEqual([]);
  });

  test("and a file would be two copies that each end the other", async () => {
    const { code, stderr } = await toSecret("--output", "login.txt").ended;
    expect(code).toBe(2);
    expect(stderr).toContain("the first that is renewed ends the other");
    expect(github.requests).toEqual([]);
  });
});

describe("a program's file", () => {
  const file = () => join(desk.home, ".claude", ".credentials.json");
  const oauth = () =>
    (JSON.parse(readFileSync(file(), "utf8")) as { claudeAiOauth: Record<string, unknown> }).claudeAiOauth;

  test("gets the access token, and the login is kept elsewhere", async () => {
    const server = await strict();
    const program = signIn(server, ["--targets", "claude", "--output", "login.txt"]);
    await agree(program);
    expect((await program.ended).code).toBe(0);
    expect(oauth()).toMatchObject({ accessToken: server.issued[0]?.access, refreshToken: null });
    expect(statSync(file()).mode & 0o777).toBe(0o600);
  });

  test("gets the whole login with --write-refresh-token", async () => {
    const server = await strict();
    const program = signIn(server, ["--targets", "claude", "--write-refresh-token"]);
    await agree(program);
    const { code, stdout } = await program.ended;
    expect(code).toBe(0);
    expect(stdout).toContain("written to");
    expect(oauth()).toMatchObject({ refreshToken: server.issued[0]?.refresh });
  });

  test("alone would lose what renews the login, and so is refused; of a setup token there is nothing to lose", async () => {
    const server = await strict();
    const { code, stderr } = await signIn(server, ["--targets", "claude"]).ended;
    expect(code).toBe(2);
    expect(stderr).toContain("what renews it would be lost");
    const program = signIn(server, ["--targets", "claude", "--long-lived"]);
    await agree(program);
    expect((await program.ended).code).toBe(0);
    expect(oauth()).toMatchObject({ accessToken: server.issued[0]?.access });
  });

  test("that holds a login is left alone before anybody signs in, and replaced with --force", async () => {
    const server = await strict();
    mkdirSync(join(desk.home, ".claude"));
    const theirs = JSON.stringify({
      mcpOAuth: { kept: true },
      claudeAiOauth: {
        accessToken: facts.randomToken(facts.ACCESS_PREFIX),
        refreshToken: facts.randomToken(facts.REFRESH_PREFIX),
      },
    });
    writeFileSync(file(), theirs);
    chmodSync(file(), 0o600);
    const args = ["--targets", "claude", "--write-refresh-token"];
    const { code, stderr } = await signIn(server, args).ended;
    expect(code).toBe(2);
    expect(stderr).toContain("holds a login already");
    expect(readFileSync(file(), "utf8")).toBe(theirs);

    const program = signIn(server, [...args, "--force"]);
    await agree(program);
    expect((await program.ended).code).toBe(0);
    expect(oauth()).toMatchObject({ refreshToken: server.issued[0]?.refresh });
    expect(readFileSync(file(), "utf8")).toContain('"mcpOAuth":{"kept":true}');
    expect(readdirSync(desk.path(".tmp"))).toEqual([]);
  });
});

describe("--with-token", () => {
  /** Anthropic's API, which knows these tokens. */
  async function api(known: readonly string[]): Promise<TlsProxy> {
    const proxy = await startTlsProxy((request: RecordedRequest, response: ServerResponse) => {
      const good = known.includes(/^Bearer (\S+)$/.exec(String(request.headers.authorization))?.[1] ?? "");
      const message = { type: "message", content: [] };
      const error = {
        type: "error",
        error: { type: "authentication_error", message: "OAuth access token is invalid." },
      };
      response
        .writeHead(good ? 200 : 401, { "content-type": "application/json" })
        .end(JSON.stringify(good ? message : error));
    });
    closing.push(proxy.close);
    return proxy;
  }
  const token = () => facts.ACCESS_PREFIX + "x1".repeat(48);
  const behind = ({ proxyUrl, caFile }: TlsProxy) => ({ HTTPS_PROXY: proxyUrl, NODE_EXTRA_CA_CERTS: caFile });

  test("a token is shown to its provider at once, and comes out as an envelope", async () => {
    const good = token();
    const proxy = await api([good]);
    const args = ["login", "anthropic", "--with-token", "--credential-expires", "2040-01-02"];
    const { code, stdout, stderr } = await desk.run(args, { env: behind(proxy), input: `export TOKEN="${good}"\n` })
      .ended;
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(stderr).toContain("Anthropic accepts the Claude setup token");
    const { credential } = opened(stdout);
    expect(credential).toMatchObject({ kind: "setup-token", accessExpiresAt: Date.UTC(2040, 0, 2) });
    expect(credential.access?.reveal()).toBe(good);
    expect(leaksIn(stderr, { good })).toEqual([]);
    expect(proxy.requests).toHaveLength(1);
  });

  test("a token that its provider does not know is refused, and nothing is stored", async () => {
    const proxy = await api([]);
    const bad = token();
    const args = ["login", "anthropic", "--with-token", "--output", "login.txt"];
    const { code, stdout, stderr } = await desk.run(args, { env: behind(proxy), input: bad }).ended;
    expect(stderr).toContain("[token-refused]");
    expect(code).toBe(3);
    expect(stdout).toBe("");
    expect(desk.read("login.txt")).toBeUndefined();
    expect(leaksIn(stderr, { bad })).toEqual([]);
  });

  test("--validate none asks nobody", async () => {
    const args = ["login", "anthropic", "--with-token", "--validate", "none"];
    const { code, stdout } = await desk.run(args, { env: { HTTPS_PROXY: "http://127.0.0.1:9" }, input: token() }).ended;
    expect(code).toBe(0);
    expect(opened(stdout).credential.kind).toBe("setup-token");
  });

  test("a login whose access token has ended is not spent to see whether it works", async () => {
    const refresh = facts.randomToken(facts.REFRESH_PREFIX);
    const input = JSON.stringify({
      claudeAiOauth: {
        accessToken: token(),
        refreshToken: refresh,
        expiresAt: Date.now() - 1000,
        scopes: ["user:inference"],
      },
    });
    const args = ["login", "anthropic", "--with-token"];
    const { code, stdout, stderr } = await desk.run(args, { env: { HTTPS_PROXY: "http://127.0.0.1:9" }, input }).ended;
    expect(code).toBe(0);
    expect(stderr).toContain("works once, so it was not tried");
    expect(opened(stdout).credential.refresh?.reveal()).toBe(refresh);
  });

  test.each([
    ["nothing", "", "credential-missing", 2],
    ["an API key", `sk-ant-api03-${"k1".repeat(20)}`, "credential-is-api-key", 2],
    ["another provider's token", `rt_${"r1".repeat(20)}`, "credential-unusable", 3],
    ["nonsense", "hello there", "credential-unusable", 3],
  ])("%s", async (_, input, code, exit) => {
    const ended = await desk.run(["login", "anthropic", "--with-token"], { input }).ended;
    expect(ended.stderr).toContain(`[${code}]`);
    expect(ended.code).toBe(exit);
    expect(ended.stdout).toBe("");
  });
});

describe("--validate online", () => {
  test("shows a fresh login to its provider before it is stored", async () => {
    const server = await strict();
    const proxy = await startTlsProxy((_request, response) => {
      const error = { type: "error", error: { type: "permission_error", message: "OAuth token has been revoked." } };
      response.writeHead(403, { "content-type": "application/json" }).end(JSON.stringify(error));
    });
    closing.push(proxy.close);
    const env = { HTTPS_PROXY: proxy.proxyUrl, NODE_EXTRA_CA_CERTS: proxy.caFile };
    const program = signIn(server, ["--validate", "online", "--output", "login.txt"], env);
    await agree(program);
    const { stderr, code } = await program.ended;
    expect(stderr).toContain("[token-refused]");
    expect(code).toBe(3);
    expect(proxy.requests.map(({ path }) => path)).toEqual(["/api/oauth/profile"]);
    expect(desk.read("login.txt")).toBeUndefined();
  });
});

describe("what does not go together", () => {
  test.each([
    [["login"], /Say with whom/],
    [["login", "google"], /Say with whom/],
    [["login", "anthropic", "--device"], /is for `login openai` only/],
    [["login", "openai", "--long-lived"], /is for `login anthropic` only/],
    [["login", "openai", "--pkce"], /is for `login anthropic` only/],
    [["login", "anthropic", "--with-token", "--long-lived"], /there is no sign-in/],
    [["login", "custom", "--token-url", "https://id.example/t", "--client-id", "x"], /needs `--authorize-url`/],
    [["login", "custom", "--authorize-url", "https://id.example/a"], /token-url[\s\S]*client-id/],
    [["login", "anthropic", "--authorize-url", "http://evil.example/a"], /must be an https address/],
    [
      ["login", "openai", "--device", "--targets", "claude"],
      /cannot use a login of the provider openai|renews it would be lost/,
    ],
    [["login", "openai", "--device", "--targets", "env"], /programs with files of their own|renews it would be lost/],
  ])("%j", async (args, why) => {
    const { code, stderr, stdout } = await desk.run(args, { input: "" }).ended;
    expect(stderr).toMatch(why);
    expect(code).toBe(2);
    expect(stdout).toBe("");
  });
});

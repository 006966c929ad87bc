/** The npm package: packed as it would be published, judged, installed into an empty folder, and run from there. */
import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { ensureNode, ensureProgram } from "../readers/install.ts";
import { openEnvelope } from "../../src/credential/envelope.ts";
import { makeRootKey } from "../../src/ledger/keys.ts";
import { VERSION } from "../../src/version.ts";
import { claudeFileOf } from "../scenario/login-file.ts";
import { ACTION } from "../scenario/stage.ts";
import { startStrictSignIn } from "../support/browser/strict-sign-in.ts";
import { startConnectProxy } from "../support/net/connect-proxy.ts";
import { makeTls, type TestTls } from "../support/net/tls.ts";
import { startAnthropicApi } from "../support/oauth/anthropic-api.ts";
import * as facts from "../support/oauth/anthropic-facts.ts";
import { type Oidc, startOidc } from "../support/oauth/oidc.ts";
import { startSetupGitHub } from "../support/setup/front.ts";
import { asVariables } from "./machine.ts";

const run = promisify(execFile);
const PUBLINT = "0.3.25";
const ATTW = "0.18.5";

/** One authority for all tests: making keys takes a while. */
let made: Promise<TestTls> | undefined;
let work: string;
let tarball: string;
let project: string;
let files: string[];

beforeAll(async () => {
  work = realpathSync(mkdtempSync(join(tmpdir(), "oauth-creds-package-")));
  const args = ["pack", "--json", "--ignore-scripts", "--pack-destination", work];
  const { stdout } = await run("npm", args, { cwd: dirname(ACTION), maxBuffer: 1e7 });
  const [packed] = JSON.parse(stdout) as { filename: string; files: { path: string }[] }[];
  tarball = join(work, packed?.filename ?? "");
  files = packed?.files.map(({ path }) => path) ?? [];
  project = join(work, "project");
  mkdirSync(project);
  writeFileSync(join(project, "package.json"), '{"private":true}');
  // It has no dependencies, so there is nothing to ask a registry for.
  const quiet = ["--offline", "--no-audit", "--no-fund"];
  await run("npm", ["install", ...quiet, tarball], { cwd: project, maxBuffer: 1e7 });
}, 240_000);
afterAll(() => rmSync(work, { recursive: true, force: true }));

test("holds what it needs: the built files, the notices of what is in them, the licence; no sources, no tests", () => {
  const top = new Set(files.map((path) => path.split("/")[0]));
  expect(top).toEqual(new Set(["dist", "package.json", "README.md", "LICENSE", "CHANGELOG.md"]));
  expect(files).toContain("dist/cli.mjs");
  expect(files).toContain("dist/THIRD-PARTY-NOTICES.txt");
  const meta = JSON.parse(readFileSync(join(project, "node_modules", "oauth-creds", "package.json"), "utf8")) as object;
  expect(meta).toMatchObject({ name: "oauth-creds", version: VERSION, type: "module", engines: { node: ">=22.19" } });
  expect(meta).not.toHaveProperty("dependencies");
  expect(meta).not.toHaveProperty("private");
  expect(meta).not.toHaveProperty("scripts.postinstall");
});

describe("judged", () => {
  let publint: string[];
  let attw: string[];
  beforeAll(async () => {
    const of = async (name: string, version: string, pack: string, script: string) =>
      (
        await ensureProgram({
          name,
          version,
          packages: [`${pack}@${version}`],
          program: `node_modules/${pack}/${script}`,
        })
      ).command;
    publint = await of("publint", PUBLINT, "publint", "src/cli.js");
    attw = await of("attw", ATTW, "@arethetypeswrong/cli", "dist/index.js");
  });

  test("publint finds nothing", async () => {
    const [node = "", ...script] = publint;
    const { stdout } = await run(node, [...script, "run", tarball, "--strict"]);
    expect(stdout).toContain("All good!");
  });

  test("attw finds nothing: a program has no entry points, so none that lacks its types", async () => {
    const [node = "", ...script] = attw;
    const { stdout } = await run(node, [...script, tarball, "--format", "json"]);
    expect(JSON.parse(stdout)).toMatchObject({ analysis: { packageName: "oauth-creds", types: false } });
  });
});

describe.each(["22.19.0", "24"])("installed, on Node %s", (version) => {
  let oidc: Oidc;
  let path: string;
  beforeAll(async () => {
    const node = version === "24" ? process.execPath : await ensureNode(version);
    path = [join(project, "node_modules", ".bin"), dirname(node), process.env["PATH"]].join(delimiter);
    oidc = await startOidc();
  }, 600_000);
  afterAll(() => oidc.close());

  const call = (env: Record<string, string | undefined>, ...args: string[]) =>
    run("oauth-creds", args, { env: { PATH: path, ...env }, shell: process.platform === "win32" });

  test("is what it says", async () => {
    const { stdout } = await run("node", ["--version"], { env: { PATH: path } });
    expect(stdout).toContain(`v${version}`);
    expect((await call({}, "--version")).stdout).toBe(`${VERSION}\n`);
    expect((await call({}, "help")).stdout).toContain("Usage: oauth-creds <verb>");
    const { root, access } = JSON.parse((await call({}, "key", "--json")).stdout) as Record<string, string>;
    expect([root, access]).toEqual([expect.stringMatching(/^ocr1_/), expect.stringMatching(/^oca1_/)]);
  });

  test("writes, renews, cleans", async () => {
    const login = await oidc.issue();
    const home = mkdtempSync(join(work, "home-"));
    const inputs = { "ledger-key": makeRootKey(randomBytes), "token-url": oidc.tokenUrl };
    const credential = claudeFileOf(login, Date.now() - 3_600_000);
    const env = { HOME: home, USERPROFILE: home, ...asVariables({ ...inputs, credential }) };
    const written = await call(env, "write", "--json");
    expect(JSON.parse(written.stdout)).toMatchObject({ version: 1, source: "refreshed", generation: 1 });
    const file = join(home, ".claude", ".credentials.json");
    const token = JSON.parse(readFileSync(file, "utf8")).claudeAiOauth.accessToken as string;
    expect(await oidc.isAccessTokenAlive(token)).toBe(true);
    expect((await call(env, "token")).stdout).toBe(`${token}\n`);
    await call(env, "refresh", "--refresh", "always");
    await call(env, "clean");
    expect(() => readFileSync(file)).toThrow("ENOENT");
  });

  /** A home, and the providers' hosts on loopback behind a proxy: the only way there. */
  async function behindProxy() {
    const home = mkdtempSync(join(work, "home-"));
    const tls = await (made ??= makeTls({ names: ["api.anthropic.com"] }));
    const anthropic = await startAnthropicApi(tls);
    const port = Number(new URL(anthropic.origin).port);
    const proxy = await startConnectProxy({
      mapHost: (host) => (host === "api.anthropic.com" ? { host: "127.0.0.1", port } : { host, port: 0 }),
    });
    onTestFinished(async () => {
      await Promise.all([proxy.close(), anthropic.close()]);
    });
    const own = { HOME: home, USERPROFILE: home, TMPDIR: home, NO_COLOR: "1" };
    return {
      home,
      anthropic,
      proxy,
      env: { ...own, HTTPS_PROXY: proxy.url, NODE_EXTRA_CA_CERTS: tls.caFile(home) },
    };
  }

  test("through HTTPS_PROXY: the doctor, and status, ask the provider", async () => {
    const { anthropic, proxy, env } = await behindProxy();
    const { token } = anthropic.issue();
    const given = { ...env, ...asVariables({ credential: token }) };
    const { checks } = JSON.parse((await call(given, "doctor", "--json")).stdout) as { checks: { text: string }[] };
    expect(checks.map(({ text }) => text)).toContainEqual(expect.stringMatching(/^api\.anthropic\.com accepts/));
    const status = JSON.parse((await call(given, "status", "--json", "--validate", "online")).stdout) as object;
    expect(status).toMatchObject({ version: 1, providers: [{ name: "anthropic", state: "ready (validated)" }, {}] });
    expect(new Set(proxy.connects.map(({ host, status: said }) => `${host} ${said}`))).toEqual(
      new Set(["api.anthropic.com 200"]),
    );
    expect(anthropic.requests.length).toBeGreaterThan(1);
  });

  test("takes a login from stdin, and ends it", async () => {
    const home = mkdtempSync(join(work, "home-"));
    const server = await startStrictSignIn("anthropic");
    onTestFinished(() => server.close());
    const env = { HOME: home, USERPROFILE: home, TMPDIR: home };
    const refresh = facts.randomToken(facts.REFRESH_PREFIX);
    const oauth = {
      accessToken: facts.randomToken(facts.ACCESS_PREFIX),
      refreshToken: refresh,
      scopes: ["user:inference"],
    };
    const file = JSON.stringify({ claudeAiOauth: { ...oauth, expiresAt: Date.now() + 3_600_000 } });
    const loginFile = join(home, "login.txt");
    const login = call(env, "login", "anthropic", "--with-token", "--validate", "none", "--output", loginFile);
    login.child.stdin?.end(file);
    expect((await login).stdout).toContain("kept in");
    expect(openEnvelope(readFileSync(loginFile, "utf8").trim()).credential.refresh?.reveal()).toBe(refresh);
    const ended = await call(env, "revoke", "--yes", "--file", loginFile, "--token-url", server.tokenUrl);
    expect(ended.stdout).toContain("Done: the provider took the revocation");
    expect(server.revoked).toEqual([{ token: refresh, hint: "refresh_token" }]);
    expect(server.deviations).toEqual([]);
    expect(() => readFileSync(loginFile)).toThrow("ENOENT");
  });

  test("shows what `init` would make", async () => {
    const { home, anthropic, env } = await behindProxy();
    const own = "gho_0123456789abcdef0123456789abcdef0123";
    const permissions = { secrets: "write", environments: "write", actions: "read" } as const;
    const github = await startSetupGitHub({ tokens: { [own]: { kind: "classic", permissions, scopes: "repo" } } });
    onTestFinished(() => github.close());
    const clone = join(home, "clone");
    await run("git", ["init", "--quiet", "--initial-branch", "main", clone]);
    await run("git", ["-C", clone, "remote", "add", "origin", "git@github.com:octo/demo.git"]);
    writeFileSync(join(home, "token.txt"), `${anthropic.issue().token}\n`);
    const { stdout } = await run(
      "oauth-creds",
      ["init", "--yes", "--dry-run", "--json", "--credential", join(home, "token.txt")],
      {
        cwd: clone,
        env: { PATH: path, ...env, GH_TOKEN: own, GITHUB_API_URL: github.apiUrl },
        shell: process.platform === "win32",
      },
    );
    expect(JSON.parse(stdout)).toMatchObject({ repository: "octo/demo", topology: "setup-token", dryRun: true });
    expect(github.made()).toEqual([]);
    expect(readdirSync(clone)).toEqual([".git"]);
  });
});

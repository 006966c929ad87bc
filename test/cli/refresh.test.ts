/** `refresh`, and what a run leaves behind that could not store what it had renewed. */
import { randomBytes } from "node:crypto";
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, onTestFinished, test } from "vitest";
import { deriveAccessKey, type Keyring, makeRootKey, parseKeys, type RootKey } from "../../src/ledger/keys.ts";
import { claudeFileOf } from "../scenario/login-file.ts";
import { envelopeOf } from "../scenario/stage.ts";
import { startGitHub } from "../support/github/server.ts";
import { git, startGitServer } from "../support/ledger/git-server.ts";
import { type Oidc, startOidc } from "../support/oauth/oidc.ts";
import { asVariables, type Machine, machine } from "./machine.ts";

const HOUR = 3_600_000;
const SAVED = "after:fsync:oauth-creds-login-*";

let oidc: Oidc;
beforeEach(async () => void (oidc = await startOidc()));
afterEach(() => oidc.close());

async function withLedger(more: Record<string, string | undefined> = {}, env: Record<string, string> = {}) {
  const login = await oidc.issue();
  const key = makeRootKey(randomBytes);
  const inputs = {
    credential: claudeFileOf(login, Date.now() - HOUR),
    "ledger-key": key,
    "token-url": oidc.tokenUrl,
    ...more,
  };
  const here = machine({ ...asVariables(inputs), ...env });
  for (const token of [login.accessToken, login.refreshToken, key]) here.tokens.add(token);
  return { here, login, key };
}

/** A working access token, without any renewal. */
async function works(here: Machine): Promise<boolean> {
  const { json, code, stderr } = await here.run(["token", "--json", "--refresh", "never"]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return oidc.isAccessTokenAlive(json["access_token"]);
}

test("renews when there is need, writes nothing else, and leaves nothing", async () => {
  const { here, login } = await withLedger();
  const first = await here.run(["refresh"]);
  expect(first).toMatchObject({ code: 0 });
  expect(first.stdout).toMatch(/^Renewed; its access token ends at .* UTC\.\n$/);
  expect(await oidc.isRefreshTokenAlive(login.refreshToken)).toBe(false);
  const second = await here.run(["refresh"]);
  expect(second.stdout).toMatch(/^Not renewed: /);
  const third = await here.run(["refresh", "--refresh", "always", "--json"]);
  expect(third.json).toMatchObject({ version: 1, refreshed: true, generation: 2, source: "refreshed" });
  const long = await here.run(["refresh", "--min-validity", "20h", "--json"]);
  expect(long.json).toMatchObject({ refreshed: true, generation: 3 });
  expect(oidc.tokenRequests()).toHaveLength(3);
  expect(here.left()).toEqual([]);
  expect(here.read(".claude/.credentials.json")).toBeUndefined();
  const quiet = await here.run(["refresh", "--quiet"]);
  expect(quiet).toMatchObject({ code: 0, stdout: "", stderr: "" });
});

test("ten processes at once on one machine: one refresh, and all have its token", async () => {
  const { here } = await withLedger();
  const ended = await Promise.all(Array.from({ length: 10 }, () => here.run(["token", "--json"])));
  expect(ended.map(({ code }) => code)).toEqual(ended.map(() => 0));
  expect(oidc.tokenRequests()).toHaveLength(1);
  const tokens = new Set(ended.map(({ json }) => json["access_token"]));
  expect(tokens.size).toBe(1);
  expect(await oidc.isAccessTokenAlive([...tokens][0])).toBe(true);
  expect(here.left()).toEqual([]);
});

test("in a CI no folder is taken for granted: the machine may go with the job", async () => {
  const { here, login } = await withLedger();
  const env = { GITLAB_CI: "true", CI_JOB_ID: "77" };
  const refused = await here.run(["refresh"], { env });
  expect(refused).toMatchObject({ code: 2 });
  expect(refused.stderr).toContain("`file` only if");
  expect(oidc.tokenRequests()).toHaveLength(0);
  expect(await here.run(["refresh", "--ledger", "file"], { env })).toMatchObject({ code: 0 });
  expect(await oidc.isRefreshTokenAlive(login.refreshToken)).toBe(false);
});

test("who waits is told for whom", async () => {
  const { here } = await withLedger({ ledger: "file" });
  const hold = oidc.hold();
  const build = { GITLAB_CI: "true", CI_JOB_ID: "77", CI_JOB_NAME: "build" };
  const first = here.run(["refresh"], { env: build });
  await hold.committed;
  const second = here.run(["refresh"], {
    during: async ({ says }) => {
      await says("Waiting for build of GitLab CI 77");
      hold.release();
    },
  });
  expect(await first).toMatchObject({ code: 0 });
  const waited = await second;
  expect(waited).toMatchObject({ code: 0 });
  expect(oidc.tokenRequests()).toHaveLength(1);
});

test.each([["write"], ["refresh"], ["clean"], ["token"]])(
  "killed with the answer in its hands: the next `%s` stores it, and sends nothing again",
  async (verb) => {
    const { here } = await withLedger();
    expect(await here.run(["refresh"], { killAt: SAVED })).toMatchObject({ signal: "SIGKILL" });
    expect(oidc.tokenRequests()).toHaveLength(1);
    expect(here.left()).toHaveLength(2);
    expect(await here.run([verb, "--json"], { shows: [] })).toMatchObject({ code: 0 });
    expect(await works(here)).toBe(true);
    expect(oidc.tokenRequests()).toHaveLength(1);
    await here.run(["clean"]);
    expect(here.left()).toEqual([]);
  },
);

test("killed with the answer in its hands, and five processes find it at once", async () => {
  const { here } = await withLedger();
  await here.run(["refresh"], { killAt: SAVED });
  const ended = await Promise.all(Array.from({ length: 5 }, () => here.run(["token"])));
  expect(ended.map(({ code }) => code)).toEqual(ended.map(() => 0));
  expect(new Set(ended.map(({ stdout }) => stdout)).size).toBe(1);
  expect(oidc.tokenRequests()).toHaveLength(1);
  expect(here.left()).toEqual([]);
});

test.each([{ pid: process.pid }, { host: "another" }])(
  "killed with the answer in its hands, and who looks takes it for alive (%o): stored all the same",
  async (change) => {
    const { here } = await withLedger();
    await here.run(["refresh"], { killAt: SAVED });
    const state = here.left().find((path) => path.endsWith("run.json")) ?? "";
    writeFileSync(state, JSON.stringify({ ...JSON.parse(readFileSync(state, "utf8")), ...change }));
    expect(await here.run(["refresh", "--json"])).toMatchObject({ code: 0, json: { source: "ledger", generation: 1 } });
    expect(oidc.tokenRequests()).toHaveLength(1);
    // Its folder is left to it, and is of no use to anybody once it is old.
    expect(here.left()).toHaveLength(2);
    writeFileSync(state, JSON.stringify({ ...JSON.parse(readFileSync(state, "utf8")), done: true }));
    expect(await here.run(["clean"])).toMatchObject({ code: 0 });
    expect(here.left()).toEqual([]);
    expect(await works(here)).toBe(true);
    expect(oidc.tokenRequests()).toHaveLength(1);
  },
);

test("killed in one CI job, stored by the next", async () => {
  const { here } = await withLedger({ ledger: "file" });
  const gitlab = (id: string) => ({ GITLAB_CI: "true", CI_JOB_ID: id });
  await here.run(["write"], { killAt: SAVED, env: gitlab("1") });
  expect(await here.run(["write", "--json"], { env: gitlab("2") })).toMatchObject({
    code: 0,
    json: { source: "ledger", generation: 1 },
  });
  expect(oidc.tokenRequests()).toHaveLength(1);
});

test.each([["write"], ["clean"]])("killed in one home, stored by `%s` for another", async (verb) => {
  const { here } = await withLedger();
  const homeOf = (name: string) => ["--home", join(here.home, name)];
  await here.run(["write", ...homeOf("one")], { killAt: SAVED });
  expect(await here.run([verb, ...homeOf("two")])).toMatchObject({ code: 0 });
  const next = await here.run(["write", "--json", ...homeOf("two")]);
  expect(next).toMatchObject({ code: 0, json: { source: "ledger", generation: 1 } });
  expect(next.json["files"]).toEqual([join(here.home, "two", ".claude", ".credentials.json")]);
  expect(oidc.tokenRequests()).toHaveLength(1);
  for (const home of ["one", "two"]) expect(await here.run(["clean", ...homeOf(home)])).toMatchObject({ code: 0 });
  expect(here.left()).toEqual([]);
});

test("what an earlier run renewed is not sent away with other secrets", async () => {
  const { here, key } = await withLedger();
  await here.run(["refresh"], { killAt: SAVED });
  const other = await here.run(["refresh", "--json", "--provider", "anthropic"], {
    env: { OAUTH_CREDS_CREDENTIAL: "", OAUTH_CREDS_LEDGER_KEY: key },
  });
  expect(other.code).toBe(5);
  expect(JSON.parse(other.stderr.trim().split("\n").at(-1) ?? "")).toMatchObject({
    error: { code: "could-not-store" },
  });
  // Who can only read cannot spend anything, and is not kept from its work.
  const access = deriveAccessKey((parseKeys(key) as Keyring).root[0] as RootKey);
  const reader = await here.run(["token", "--provider", "anthropic"], {
    env: { OAUTH_CREDS_CREDENTIAL: "", OAUTH_CREDS_LEDGER_KEY: access },
    during: async ({ says, kill }) => {
      await says("opens only with the secrets of that run");
      await says("Waiting for");
      kill("SIGKILL");
    },
  });
  expect(reader).toMatchObject({ signal: "SIGKILL", stdout: "" });
  expect(oidc.tokenRequests()).toHaveLength(1);
  expect(await here.run(["refresh"])).toMatchObject({ code: 0 });
  expect(await works(here)).toBe(true);
});

test("a ledger that cannot be written when the answer comes: exit code 5, kept, and stored by the next run", async () => {
  const { here } = await withLedger();
  const hold = oidc.hold();
  const folder = join(dirname(here.state), "anthropic", "default");
  const ended = await here.run(["refresh"], {
    during: async ({ kill }) => {
      await hold.committed;
      renameSync(folder, `${folder}.away`);
      writeFileSync(folder, "in the way");
      kill("SIGTERM"); // 7 s are left then, instead of a minute
      hold.release();
    },
  });
  expect(ended).toMatchObject({ signal: "SIGTERM" });
  expect(ended.stderr).toContain("is kept, sealed");
  expect(ended.stderr).toContain("[cancelled]");
  expect(here.left()).toHaveLength(2);
  const still = await here.run(["refresh"], {
    during: async ({ kill, says }) => {
      await says("storing it now");
      kill("SIGTERM");
    },
  });
  expect(still).toMatchObject({ signal: "SIGTERM" });
  expect(still.stderr).toContain("[could-not-store]");
  expect(oidc.tokenRequests()).toHaveLength(1);
  renameSync(folder, `${folder}.file`);
  renameSync(`${folder}.away`, folder);
  expect(await here.run(["clean"])).toMatchObject({ code: 0 });
  expect(await works(here)).toBe(true);
  expect(oidc.tokenRequests()).toHaveLength(1);
  expect(here.left()).toEqual([]);
});

test.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)(
  "%s while the answer is under way: stored first",
  async (signal) => {
    const { here } = await withLedger();
    const hold = oidc.hold();
    const ended = await here.run(["refresh"], {
      during: async ({ kill }) => {
        await hold.committed;
        kill(signal);
        await sleep(1000); // it is idle, and hears it at once
        hold.release();
      },
    });
    // A terminal that has gone away stops nothing.
    expect(ended).toMatchObject(signal === "SIGHUP" ? { code: 0 } : { signal });
    expect(await works(here)).toBe(true);
    expect(oidc.tokenRequests()).toHaveLength(1);
    expect(here.left()).toEqual([]);
  },
);

test("with a secret on GitHub: what it does not take is kept and stored by the next run", async () => {
  const pat = `github_pat_${randomBytes(20).toString("hex")}`;
  const github = await startGitHub({ tokens: { [pat]: { permissions: { secrets: "write", actions: "read" } } } });
  onTestFinished(() => github.close());
  const login = await oidc.issue();
  const text = claudeFileOf(login, Date.now() - HOUR);
  github.setSecretByUser("CLAUDE_LOGIN", text);
  const env = { GITHUB_API_URL: github.apiUrl, GITHUB_REPOSITORY: "octo/demo", GITHUB_REPOSITORY_ID: "1296269" };
  const inputs = { credential: text, "rotate-to": "CLAUDE_LOGIN", "token-url": oidc.tokenUrl };
  const here = machine({ ...asVariables({ ...inputs, "secrets-token": pat }), ...env });
  for (const token of [login.accessToken, login.refreshToken, pat]) here.tokens.add(token);
  github.fault({ method: "PUT", path: /CLAUDE_LOGIN$/, skip: 1, times: 2 }, { do: "answer", status: 403 });

  const first = await here.run(["refresh"]);
  expect(first).toMatchObject({ code: 5 });
  expect(first.stderr).toContain("[could-not-store]");
  expect(first.stderr).not.toContain("post step");
  expect(envelopeIn(github.secret("CLAUDE_LOGIN"))).toBeUndefined();

  const without = await here.run(["refresh"], {
    env: { OAUTH_CREDS_SECRETS_TOKEN: undefined, OAUTH_CREDS_ROTATE_TO: undefined },
  });
  expect(without).toMatchObject({ code: 5 });
  expect(without.stderr).toContain("`secrets-token`");

  expect(await here.run(["clean"])).toMatchObject({ code: 0 });
  const stored = envelopeIn(github.secret("CLAUDE_LOGIN"));
  expect(await oidc.isRefreshTokenAlive(stored?.refresh?.reveal() ?? "")).toBe(true);
  expect(oidc.tokenRequests()).toHaveLength(1);
  expect(here.left()).toEqual([]);
  expect(github.violations).toEqual([]);
});

const envelopeIn = (secret: string | undefined) =>
  secret?.startsWith("oc1.") ? envelopeOf(secret).credential : undefined;

test("by `git push` to a real repository behind HTTP: two machines share a login", async () => {
  const root = machine().home;
  git(root, ["init", "--quiet", "--bare", "ledger.git"]);
  git(join(root, "ledger.git"), ["config", "http.receivepack", "true"]);
  const password = randomBytes(20).toString("hex");
  const server = await startGitServer({ root, logins: { [`ci:${password}`]: "write" } });
  onTestFinished(() => server.close());
  const shared = {
    ledger: "git-push",
    "ledger-repository": `${server.origin}/ledger.git`,
    "github-token": `ci:${password}`,
  };
  const { here, key } = await withLedger(shared);
  here.tokens.add(password);
  expect(await here.run(["refresh", "--json"])).toMatchObject({ code: 0, json: { refreshed: true, generation: 1 } });
  const inputs = { ...shared, "ledger-key": key, provider: "anthropic", "token-url": oidc.tokenUrl };
  const there = machine(asVariables(inputs));
  for (const token of [key, password]) there.tokens.add(token);
  expect(await there.run(["write", "--json"])).toMatchObject({ code: 0, json: { source: "ledger", generation: 1 } });
  expect(await there.run(["refresh", "--refresh", "always", "--json"])).toMatchObject({ json: { generation: 2 } });
  expect(await here.run(["token", "--json"])).toMatchObject({ code: 0 });
  expect(await works(here)).toBe(true);
  expect(await there.run(["clean"])).toMatchObject({ code: 0 });
  expect(oidc.tokenRequests()).toHaveLength(2);
  expect([...here.left(), ...there.left()]).toEqual([]);

  const argument = await here.run(["refresh", "--ledger-repository", `http://ci:${password}@127.0.0.1/x.git`]);
  expect(argument).toMatchObject({ code: 2, stdout: "" });
  expect(argument.stderr).toContain("OAUTH_CREDS_LEDGER_REPOSITORY");
});

/** `write` and `clean` on a machine that stays: what was there before comes back, whatever happened in between. */
import { randomBytes } from "node:crypto";
import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { makeRootKey } from "../../src/ledger/keys.ts";
import { claudeFileOf } from "../scenario/login-file.ts";
import { CLIENT_ID } from "../support/oauth/anthropic-facts.ts";
import { type Oidc, type SignIn, startOidc } from "../support/oauth/oidc.ts";
import { asVariables, type Machine, machine } from "./machine.ts";

const HOUR = 3_600_000;
const FILE = ".claude/.credentials.json";

let oidc: Oidc;
beforeEach(async () => void (oidc = await startOidc()));
afterEach(() => oidc.close());

/** A machine with a shared login in a ledger of its own, begun by a fresh sign-in. */
async function withLedger(more: Record<string, string | undefined> = {}) {
  const login = await oidc.issue();
  const key = makeRootKey(randomBytes);
  const here = machine({
    ...asVariables({
      credential: claudeFileOf(login, Date.now() - HOUR),
      "ledger-key": key,
      ledger: "file",
      "token-url": oidc.tokenUrl,
      ...more,
    }),
  });
  for (const token of [login.accessToken, login.refreshToken, key]) here.tokens.add(token);
  return { here, login, key };
}

const tokenOf = (file: string): string | undefined => (JSON.parse(file) as any).claudeAiOauth?.accessToken;
const tokenIn = (here: Machine): string | undefined => {
  const file = here.read(FILE);
  return file === undefined ? undefined : tokenOf(file);
};

/** A login that the machine's own user has. */
const own = (login: SignIn) =>
  `${JSON.stringify({ theirs: 1, ...JSON.parse(claudeFileOf(login, Date.now() + HOUR)) })}\n`;

test("the file is made, and the machine is as before after clean", async () => {
  const { here } = await withLedger();
  const written = await here.run(["write", "--json"]);
  expect(written).toMatchObject({ code: 0, json: { version: 1, available: true, source: "refreshed", generation: 1 } });
  expect(written.json["files"]).toEqual([`${here.home}/${FILE}`]);
  expect(await oidc.isAccessTokenAlive(tokenIn(here) ?? "")).toBe(true);
  expect(here.read(FILE)).not.toContain("ort01");
  expect(here.left()).not.toEqual([]);

  const cleaned = await here.run(["clean", "--json"]);
  expect(cleaned).toMatchObject({ code: 0, json: { runs: 1, files: [`${here.home}/${FILE}`] } });
  expect(here.read(FILE)).toBeUndefined();
  expect(here.left()).toEqual([]);

  const again = await here.run(["clean"]);
  expect(again).toMatchObject({ code: 0, stdout: "" });
  expect(again.stderr).toContain("Nothing to clean");
});

test("jobs with a home of their own share one ledger: the login is renewed once", async () => {
  const { here } = await withLedger();
  const homes = ["a", "b"].map((name) => join(here.home, name));
  const env = { XDG_STATE_HOME: undefined };
  const jobs = await Promise.all(homes.map((home) => here.run(["write", "--json", "--home", home], { env })));
  expect(jobs.map(({ code }) => code)).toEqual([0, 0]);
  expect(jobs.map(({ json }) => json["source"]).toSorted()).toEqual(["ledger", "refreshed"]);
  expect(oidc.tokenRequests()).toHaveLength(1);
  const tokens = homes.map((home) => readFileSync(join(home, FILE), "utf8")).map(tokenOf);
  expect(tokens[0]).toBe(tokens[1]);
  expect(await oidc.isAccessTokenAlive(tokens[0] ?? "")).toBe(true);
});

test("what the user had comes back byte for byte", async () => {
  const { here } = await withLedger();
  const before = own(await oidc.issue());
  here.write(FILE, before);
  expect(await here.run(["write"])).toMatchObject({ code: 0, stdout: "" });
  expect(here.read(FILE)).toContain("theirs");
  expect(await oidc.isAccessTokenAlive(tokenIn(here) ?? "")).toBe(true);
  expect(await here.run(["clean"])).toMatchObject({ code: 0 });
  expect(here.read(FILE)).toBe(before);
});

test("five times write, one clean: the first backup is the one that comes back, and nothing piles up", async () => {
  const { here } = await withLedger({ refresh: "always", "min-validity": "1m" });
  const before = own(await oidc.issue());
  here.write(FILE, before);
  const counts: number[] = [];
  for (let round = 0; round < 5; round++) {
    expect(await here.run(["write"])).toMatchObject({ code: 0 });
    counts.push(here.left().length);
  }
  expect(new Set(counts)).toEqual(new Set([2])); // the state, and the sealed copy of what was there
  expect(await here.run(["clean"])).toMatchObject({ code: 0 });
  expect(here.read(FILE)).toBe(before);
  expect(here.left()).toEqual([]);
});

test("what the user stored between two writes comes back, and not what was there before it", async () => {
  const { here } = await withLedger({ refresh: "always" });
  here.write(FILE, own(await oidc.issue()));
  expect(await here.run(["write"])).toMatchObject({ code: 0 });
  const later = own(await oidc.issue());
  here.write(FILE, later);
  expect(await here.run(["write"])).toMatchObject({ code: 0 });
  expect(await here.run(["clean", "--json"])).toMatchObject({ code: 0, json: { runs: 2 } });
  expect(here.read(FILE)).toBe(later);
  expect(here.left()).toEqual([]);
});

test("other targets in between: the newest run is undone first, and nothing of any is left", async () => {
  const { here } = await withLedger();
  for (const targets of ["claude", "pi", "pi,claude"]) {
    expect(await here.run(["write", "--targets", targets])).toMatchObject({ code: 0 });
  }
  expect(here.read(".pi/agent/auth.json")).toContain("sk-ant-oat01-");
  expect(await here.run(["clean"])).toMatchObject({ code: 0 });
  expect(here.read(FILE)).toBeUndefined();
  expect(here.read(".pi/agent/auth.json")).toBeUndefined();
  expect(here.left()).toEqual([]);
});

test.each([["a login of its own"], ["no file"]])("six writes at once where there was %s, one clean", async (what) => {
  const { here } = await withLedger();
  const before = what === "no file" ? undefined : own(await oidc.issue());
  if (before) here.write(FILE, before);
  const ended = await Promise.all(Array.from({ length: 6 }, () => here.run(["write"])));
  expect(ended.map(({ code }) => code)).toEqual(ended.map(() => 0));
  expect(oidc.tokenRequests()).toHaveLength(1);
  expect(await oidc.isAccessTokenAlive(tokenIn(here) ?? "")).toBe(true);
  expect(await here.run(["clean"])).toMatchObject({ code: 0 });
  expect(here.read(FILE)).toBe(before);
  expect(here.left()).toEqual([]);
});

test("--no-cleanup leaves the file and nothing to clean", async () => {
  const { here } = await withLedger();
  here.write(FILE, own(await oidc.issue()));
  expect(await here.run(["write", "--no-cleanup"])).toMatchObject({ code: 0 });
  const file = here.read(FILE);
  expect(here.left()).toEqual([]);
  await here.run(["clean"]);
  expect(here.read(FILE)).toBe(file);
});

test("two CI jobs on one machine: each cleans its own, and what a killed one left can be cleaned too", async () => {
  const { here } = await withLedger();
  const gitlab = (id: string) => ({ env: { GITLAB_CI: "true", CI_JOB_ID: id, CI_JOB_NAME: "build" } });
  expect(await here.run(["write"], gitlab("1"))).toMatchObject({ code: 0 });
  const none = await here.run(["clean"], gitlab("2"));
  expect(none.stderr).toContain("Nothing to clean");
  expect(none.stderr).toContain("--all");
  expect(tokenIn(here)).toBeDefined();
  expect(await here.run(["clean", "--json"], gitlab("1"))).toMatchObject({ json: { runs: 1 } });
  expect(tokenIn(here)).toBeUndefined();

  await here.run(["write"], gitlab("3"));
  expect(await here.run(["clean", "--all", "--json"], gitlab("4"))).toMatchObject({ json: { runs: 1 } });
  expect(tokenIn(here)).toBeUndefined();
});

test("clean with another credential touches nothing, and says what it needs", async () => {
  const { here } = await withLedger();
  const before = own(await oidc.issue());
  here.write(FILE, before);
  await here.run(["write"]);
  const during = here.read(FILE);
  const other = await oidc.issue();
  const refused = await here.run(["clean", "--json"], { env: { OAUTH_CREDS_CREDENTIAL: other.refreshToken } });
  expect(refused.code).toBe(2);
  expect(JSON.parse(refused.stderr)).toMatchObject({ version: 1, error: { code: "input-invalid" } });
  expect(refused.stderr).toContain("credential");
  expect(here.read(FILE)).toBe(during);
  expect(await here.run(["clean"])).toMatchObject({ code: 0 });
  expect(here.read(FILE)).toBe(before);
});

test("a login that stands in the very file is refused before anything is spent", async () => {
  const login = await oidc.issue();
  const here = machine(asVariables({ "token-url": oidc.tokenUrl, "allow-unstored-refresh": "true" }));
  here.tokens.add(login.refreshToken);
  const text = claudeFileOf(login, Date.now() - HOUR);
  const path = here.write(FILE, `${text}\n`);
  const refused = await here.run(["write", "--credential", path]);
  expect(refused).toMatchObject({ code: 2, stdout: "" });
  expect(refused.stderr).toContain("Sign in once more");
  expect(here.read(FILE)).toBe(`${text}\n`);
  expect(oidc.tokenRequests()).toEqual([]);
  expect(here.left()).toEqual([]);
});

test("a write that fails leaves the file of the one before it, and its backup", async () => {
  const { here } = await withLedger({ refresh: "always" });
  const before = own(await oidc.issue());
  here.write(FILE, before);
  await here.run(["write"]);
  const during = here.read(FILE);
  await oidc.refuseConnections();
  const failed = await here.run(["write"]);
  expect(failed.code).toBe(4);
  expect(failed.stderr).toContain("[provider-unreachable]");
  expect(here.read(FILE)).toBe(during);
  await oidc.acceptConnections();
  expect(await here.run(["clean"])).toMatchObject({ code: 0 });
  expect(here.read(FILE)).toBe(before);
});

test("a write that cannot write its file puts back what the one before it wrote", async () => {
  const { here } = await withLedger();
  const before = own(await oidc.issue());
  here.write(FILE, before);
  await here.run(["write"]);
  const during = here.read(FILE);
  const failed = await here.run(["write"], { failAt: "rename:.credentials.json:ENOSPC#1" });
  expect(failed.code).toBe(1);
  expect(failed.stderr).toContain("[file-failed]");
  expect(here.read(FILE)).toBe(during);
  expect(await here.run(["clean", "--json"])).toMatchObject({ code: 0, json: { runs: 1 } });
  expect(here.read(FILE)).toBe(before);
  expect(here.left()).toEqual([]);
});

test.each(["before:rename:.credentials.json", "after:rename:.credentials.json"])(
  "killed %s: a write in between works, and clean removes the file",
  async (killAt) => {
    const { here } = await withLedger();
    expect(await here.run(["write"], { killAt })).toMatchObject({ signal: "SIGKILL" });
    expect(await here.run(["write"])).toMatchObject({ code: 0 });
    expect(await oidc.isAccessTokenAlive(tokenIn(here) ?? "")).toBe(true);
    expect(await here.run(["clean"])).toMatchObject({ code: 0 });
    expect(here.read(FILE)).toBeUndefined();
    expect(here.left()).toEqual([]);
    expect(oidc.tokenRequests()).toHaveLength(1);
  },
);

test.each(["after:write:oauth-creds-backup-*", "after:rename:run.json", "after:rename:run.json#4"])(
  "killed %s: what the user had comes back",
  async (killAt) => {
    const { here } = await withLedger();
    const before = own(await oidc.issue());
    here.write(FILE, before);
    expect(await here.run(["write"], { killAt })).toMatchObject({ signal: "SIGKILL" });
    expect(await here.run(["clean"])).toMatchObject({ code: 0 });
    expect(here.read(FILE)).toBe(before);
  },
);

test("killed at any of its writes, a second write loses neither the first backup nor the login", async () => {
  const { here } = await withLedger();
  const before = own(await oidc.issue());
  for (let nth = 1; ; nth++) {
    here.write(FILE, before);
    expect(await here.run(["write"])).toMatchObject({ code: 0 });
    const cut = await here.run(["write"], { killAt: `${nth % 2 ? "before" : "after"}:rename:run.json#${nth}` });
    expect(await here.run(["clean"])).toMatchObject({ code: 0 });
    expect(here.read(FILE), `killed at ${nth}`).toBe(before);
    expect(here.left().filter((path) => path.endsWith("run.json"))).toEqual([]);
    if (cut.signal === null) {
      expect(nth).toBeGreaterThan(4);
      break;
    }
  }
  expect(oidc.tokenRequests()).toHaveLength(1);
});

/** Renews the login in the file as its program would. Gives the new access token. */
async function renewAsProgram(here: Machine): Promise<string> {
  const json = JSON.parse(here.read(FILE) ?? "") as { claudeAiOauth: Record<string, unknown> };
  const answer = await fetch(oidc.tokenUrl, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      grant_type: "refresh_token",
      refresh_token: json.claudeAiOauth["refreshToken"],
      client_id: CLIENT_ID,
    }),
  });
  const tokens = (await answer.json()) as Record<string, any>;
  Object.assign(json.claudeAiOauth, {
    accessToken: tokens["access_token"],
    refreshToken: tokens["refresh_token"],
    expiresAt: Date.now() + tokens["expires_in"] * 1000,
  });
  here.write(FILE, JSON.stringify(json));
  return tokens["access_token"] as string;
}

test("--write-refresh-token: clean takes over what the program renewed; until it is stored, the file stays", async () => {
  const { here } = await withLedger();
  expect(await here.run(["write", "--write-refresh-token"])).toMatchObject({ code: 0 });
  const renewed = await renewAsProgram(here);
  const during = here.read(FILE);
  const ledger = join(dirname(here.state), "anthropic", "default");
  renameSync(ledger, `${ledger}.away`);
  writeFileSync(ledger, "in the way");
  const failed = await here.run(["clean"]);
  expect(failed).toMatchObject({ code: 5 });
  expect(failed.stderr).toContain("left in the file of its program");
  expect(here.read(FILE)).toBe(during);
  rmSync(ledger);
  renameSync(`${ledger}.away`, ledger);
  expect(await here.run(["clean"])).toMatchObject({ code: 0 });
  expect(here.read(FILE)).toBeUndefined();
  const { stdout } = await here.run(["token"]);
  expect(stdout.trim()).toBe(renewed);
  expect(await oidc.isAccessTokenAlive(renewed)).toBe(true);
});

test("--write-refresh-token: what could not be given back is no reason to leave the file, and is not forgotten", async () => {
  const { here } = await withLedger();
  expect(await here.run(["write", "--write-refresh-token"])).toMatchObject({ code: 0 });
  const ledger = join(dirname(here.state), "anthropic", "default");
  renameSync(ledger, `${ledger}.away`);
  writeFileSync(ledger, "in the way");
  const failed = await here.run(["clean"]);
  expect(failed).toMatchObject({ code: 4 });
  expect(failed.stderr).toMatch(/could not be given back: until its lease ends[^]*could not be given back: see above/);
  expect(here.read(FILE)).toBeUndefined();
  expect(here.left()).not.toEqual([]);
  rmSync(ledger);
  renameSync(`${ledger}.away`, ledger);
  expect(await here.run(["clean"])).toMatchObject({ code: 0 });
  expect(here.left()).toEqual([]);
  expect(await here.run(["write", "--write-refresh-token"])).toMatchObject({ code: 0 });
});

test.each([{ failAt: "rename:.credentials.json:EACCES" }, { killAt: "before:mkdir:.oauth_refresh.lock" }])(
  "--write-refresh-token: what the user had is not taken over by clean where write did not come to its file: %o",
  async (trouble) => {
    const { here } = await withLedger();
    const login = await oidc.issue();
    const before = claudeFileOf(login, Date.now() + 9 * HOUR); // newer than what write gets
    here.write(FILE, before);
    expect((await here.run(["write", "--write-refresh-token"], trouble)).code).not.toBe(0);
    expect(await here.run(["clean"])).toMatchObject({ code: 0 });
    expect(here.read(FILE)).toBe(before);
    const { stdout } = await here.run(["token"]);
    expect(stdout.trim()).not.toBe(login.accessToken);
    expect(await oidc.isAccessTokenAlive(stdout.trim())).toBe(true);
    expect(await oidc.isRefreshTokenAlive(login.refreshToken)).toBe(true);
  },
);

test("an access token that has ended is worth nothing: the next job's clean puts the killed one's file back", async () => {
  const { here } = await withLedger();
  const before = own(await oidc.issue());
  here.write(FILE, before);
  await here.run(["write"], { env: { CIRCLECI: "true", CIRCLE_WORKFLOW_JOB_ID: "one" } });
  const later = { env: { CIRCLECI: "true", CIRCLE_WORKFLOW_JOB_ID: "two" } };
  expect(await here.run(["clean", "--json"], later)).toMatchObject({ json: { runs: 0 } });
  const state = here.left().find((path) => path.endsWith("run.json")) ?? "";
  const run = JSON.parse(readFileSync(state, "utf8")) as { state: Record<string, string> };
  run.state["access-ends"] = String(Date.now() - 1000);
  writeFileSync(state, JSON.stringify(run));
  expect(await here.run(["clean", "--json"], later)).toMatchObject({ code: 0, json: { runs: 1 } });
  expect(here.read(FILE)).toBe(before);
});

test("in a step of GitHub Actions: variable, output and summary where the runner looks, masks before them", async () => {
  const { here } = await withLedger({ targets: "env,output,claude" });
  const files = Object.fromEntries(
    ["GITHUB_ENV", "GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY"].map((name) => [name, here.write(name, "")]),
  );
  const env = { GITHUB_ACTIONS: "true", GITHUB_RUN_ID: "7", GITHUB_JOB: "build", ...files };
  const { code, stdout, stderr } = await here.run(["write"], { env });
  expect({ code, stdout }).toEqual({ code: 0, stdout: "" });
  const token = /^CLAUDE_CODE_OAUTH_TOKEN=(.+)\n$/.exec(here.read("GITHUB_ENV") ?? "")?.[1] ?? "";
  expect(await oidc.isAccessTokenAlive(token)).toBe(true);
  expect(here.read("GITHUB_OUTPUT")).toContain(`access-token=${token}\n`);
  expect(here.read("GITHUB_OUTPUT")).toContain("available=true\n");
  expect(here.read("GITHUB_STEP_SUMMARY")).toContain("### Login for this job");
  expect(stderr).toContain(`::add-mask::${token}\n`);
  here.tokens.add(token);
  expect(await here.run(["clean"], { env })).toMatchObject({ code: 0 });
  expect(here.read(FILE)).toBeUndefined();
});

test("a workspace of another CI is no place for a token either", async () => {
  const { here } = await withLedger();
  const env = { GITLAB_CI: "true", CI_JOB_ID: "1", CI_PROJECT_DIR: here.home };
  const refused = await here.run(["write"], { env });
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain("[unsafe-path]");
  expect(here.read(FILE)).toBeUndefined();
  expect(oidc.tokenRequests()).toEqual([]);
});

test("a variable, or a step's output, cannot be a target outside of GitHub Actions", async () => {
  const { here } = await withLedger();
  for (const target of ["env", "env:MY_TOKEN", "output"]) {
    const refused = await here.run(["write", "--targets", target]);
    expect(refused).toMatchObject({ code: 2, stdout: "" });
    expect(refused.stderr).toContain("$(oauth-creds token)");
  }
  expect(oidc.tokenRequests()).toEqual([]);
});

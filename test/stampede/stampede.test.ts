/**
 * Many jobs at once with one stale copy of a single-use login: child processes of the built action, a real
 * authorization server with reuse detection, and a GitHub whose refs are a real git repository.
 */
import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { deriveAccessKey, type Keyring, makeRootKey, parseKeys, type RootKey } from "../../src/ledger/keys.ts";
import { claudeFileOf, SECRET } from "../scenario/login-file.ts";
import { ACTION } from "../scenario/stage.ts";
import { type GitHub, startGitHub } from "../support/github/server.ts";
import { type Oidc, startOidc } from "../support/oauth/oidc.ts";
import { createJob, gateStep, type Job, runAction } from "../support/runner/index.ts";

const HOUR = 3_600_000;
const ROOT = makeRootKey(randomBytes);
export const ACCESS = deriveAccessKey((parseKeys(ROOT) as Keyring).root[0] as RootKey);

let oidc: Oidc;
let github: GitHub;
let token: string;
let pat: string;
const jobs: Job[] = [];

beforeEach(async () => {
  oidc = await startOidc();
  token = `ghs_${randomBytes(18).toString("hex")}`;
  const spec = { kind: "github-token", permissions: { contents: "write" }, rateLimit: 1_000_000 } as const;
  pat = `github_pat_${randomBytes(18).toString("hex")}`;
  const mayStore = { permissions: { secrets: "write", actions: "read" } } as const;
  github = await startGitHub({ tokens: { [token]: spec, [pat]: mayStore }, repository: "octo/demo" });
});
afterEach(async () => {
  for (const job of jobs.splice(0)) job.remove();
  await Promise.all([oidc.close(), github.close()]);
});

interface Run {
  readonly inputs?: Record<string, string>;
  readonly killAt?: string;
}

/** Tells the servers whose a request is. */
const agentOf = (id: number): string => `stampede/${id}`;
const callsOf = (id: number) => github.requests.filter(({ headers }) => headers["user-agent"] === agentOf(id));
/** Looks again at what it has seen before: it waits for whoever renews. */
const waits = (id: number): boolean => callsOf(id).some(({ headers }) => "if-none-match" in headers);
/** Less than a request to the provider may take. */
const HELD_MS = 15_000;

async function run(credential: string, id: number, { inputs = {}, killAt }: Run = {}) {
  const job = createJob({
    secrets: [credential, ROOT, ACCESS, token, pat].filter(Boolean),
    githubEnv: {
      GITHUB_API_URL: github.apiUrl,
      GITHUB_REPOSITORY: "octo/demo",
      GITHUB_REPOSITORY_ID: "1296269",
      GITHUB_RUN_ID: String(id),
      GITHUB_JOB: `job-${id}`,
    },
  });
  jobs.push(job);
  let access: string | undefined;
  const ran = await runAction({
    action: ACTION,
    job,
    timeoutMs: 300_000,
    ...(killAt !== undefined && { killAt }),
    inputs: {
      ...(credential && { credential }),
      "ledger-key": ROOT,
      "github-token": token,
      "token-url": oidc.tokenUrl,
      "user-agent": agentOf(id),
      targets: "output",
      ...inputs,
    },
    between: (main) => void (access = main.outputs["access-token"]),
  });
  for (const step of [ran.main, ran.post]) {
    const leaks = step && gateStep(step, [...oidc.issued, ROOT, token, pat], { outputs: ["access-token"] });
    expect(leaks, `tokens in what job ${id} gave out`).toEqual([]);
  }
  return { ...ran, access };
}

const refreshes = () => oidc.requests.filter(({ path }) => path.endsWith("/token")).length;
const works = async (access: string | undefined) =>
  (await fetch(`${oidc.origin}/api/me`, { headers: { authorization: `Bearer ${access}` } })).status === 200;

test("64 jobs start at once: one refresh, 64 working tokens, one new generation, and the login is alive", async () => {
  const login = await oidc.issue();
  const credential = claudeFileOf(login, Date.now() - HOUR);
  const ids = Array.from({ length: 64 }, (_, id) => 9000 + id);
  const held = oidc.hold("after-commit");
  const running = Promise.all(ids.map((id) => run(credential, id)));
  // The answer is kept until all others wait, or nearly as long as a request may take.
  await Promise.race([held.committed, running]);
  const until = Date.now() + HELD_MS;
  while (ids.filter(waits).length < 63 && Date.now() < until) await sleep(50);
  held.release();
  const all = await running;
  const failed = all.filter(({ main }) => main.exitCode !== 0).map(({ main }) => main.annotations.at(-1)?.message);
  expect(failed).toEqual([]);
  expect(refreshes()).toBe(1);
  expect(new Set(all.map(({ access }) => access)).size).toBe(1);
  expect(await works(all[0]?.access)).toBe(true);
  expect(new Set(all.map(({ main }) => main.outputs["generation"]))).toEqual(new Set(["1"]));
  expect(await oidc.isRefreshTokenAlive(login.refreshToken)).toBe(false);

  // Whoever waited was done within two looks of the publishing, and so was whoever came late.
  const renewer = String(oidc.tokenRequests()[0]?.headers["user-agent"]);
  const publishing = github.requests.findLastIndex(
    ({ headers, path }) => headers["user-agent"] === renewer && path === "/graphql",
  );
  const since = new Set(github.requests.slice(publishing + 1));
  const looks = ids
    .filter((id) => agentOf(id) !== renewer)
    .map((id) => callsOf(id).filter((call) => since.has(call) && call.path.includes("/commits/refs/")));
  expect(looks).toHaveLength(63);
  expect(Math.max(...looks.map(({ length }) => length)), "looks since the publishing").toBeLessThanOrEqual(2);
  const waiting = ids.filter((id) => agentOf(id) !== renewer && waits(id));
  expect(waiting.length).toBeGreaterThan(0);
  for (const id of waiting) {
    // One that lost the race for the lease has tried to take it; from then on it only looks.
    const asked = callsOf(id);
    const again = asked.slice(asked.findIndex(({ headers }) => "if-none-match" in headers));
    expect(again.map(({ method }) => method)).toEqual(again.map(() => "GET"));
    expect(again.at(-1)?.status).toBe(200);
  }
  const times = looks.map(({ length }) => length);
  console.log(
    `64 jobs, of which ${waiting.length} waited; looks since the publishing: at most ${Math.max(...times)}, ` +
      `${times.reduce((sum, one) => sum + one, 0)} in all`,
  );

  // A new job, with no copy at all, renews it once more.
  const next = await run("", 9999, { inputs: { provider: "anthropic", refresh: "always" } });
  expect(next.main.outputs).toMatchObject({ source: "refreshed", generation: "2" });
  expect(github.violations).toEqual([]);
}, 300_000);

test("calls: none with a fresh copy, one in steady state, at most eight for a refresh", async () => {
  const login = await oidc.issue();
  const calls = async (work: () => Promise<unknown>) => {
    const before = github.requests.length;
    await work();
    return github.requests.length - before;
  };
  const pasted = claudeFileOf(login, Date.now() - HOUR);
  github.setSecretByUser(SECRET, pasted, { at: Date.now() - HOUR });
  // What it was is not overwritten unless this run is known to be younger than the paste.
  github.createRun({ id: 1, createdAt: Date.now() });
  await run(pasted, 1, { inputs: { "rotate-to": SECRET, "secrets-token": pat } });
  const stored = github.secret(SECRET) ?? "";
  expect(stored).toMatch(/^oc1\./);
  expect(await calls(() => run(stored, 2))).toBe(0);
  expect(await calls(() => run("", 3, { inputs: { provider: "anthropic" } }))).toBe(1);
  expect(await calls(() => run("", 4, { inputs: { provider: "anthropic", "ledger-key": ACCESS } }))).toBe(1);
  expect(await calls(() => run("", 5, { inputs: { provider: "anthropic", refresh: "always" } }))).toBeLessThanOrEqual(
    8,
  );
  expect(refreshes()).toBe(2);
}, 120_000);

test.each([
  ["a server on which refs like ours are not found as commits", { commits: "by-branch" }],
  ["a server that takes branches and tags only (422)", { customRefs: 422 }],
  ["a server that takes branches and tags only (403)", { customRefs: 403 }],
] as const)(
  "calls: three in steady state at %s",
  async (_name, behaviour) => {
    Object.assign(github.git.behaviour, behaviour);
    const login = await oidc.issue();
    await run(claudeFileOf(login, Date.now() - HOUR), 1);
    await run("", 2, { inputs: { provider: "anthropic", "ledger-key": ACCESS } });
    expect(callsOf(2).map(({ method }) => method)).toEqual(["GET", "GET", "GET"]);
    await run("", 3, { inputs: { provider: "anthropic", refresh: "always" } });
    expect(callsOf(3).length).toBeLessThanOrEqual(8);
    expect(github.violations).toEqual([]);
  },
  120_000,
);

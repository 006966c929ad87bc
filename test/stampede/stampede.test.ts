/**
 * Many jobs at once with one stale copy of a single-use login: child processes of the built action, a real
 * authorization server with reuse detection, and a GitHub whose refs are a real git repository.
 */
import { randomBytes } from "node:crypto";
import { afterEach, beforeEach, expect, test } from "vitest";
import { deriveAccessKey, type Keyring, makeRootKey, parseKeys, type RootKey } from "../../src/ledger/keys.ts";
import { claudeFileOf, SECRET } from "../scenario/login-file.ts";
import { ACTION } from "../scenario/stage.ts";
import { type GitHub, startGitHub } from "../support/github/server.ts";
import { type Oidc, startOidc } from "../support/oauth/oidc.ts";
import { createJob, type Job, runAction } from "../support/runner/index.ts";

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
      targets: "output",
      ...inputs,
    },
    between: (main) => void (access = main.outputs["access-token"]),
  });
  return { ...ran, access };
}

const refreshes = () => oidc.requests.filter(({ path }) => path.endsWith("/token")).length;
const works = async (access: string | undefined) =>
  (await fetch(`${oidc.origin}/api/me`, { headers: { authorization: `Bearer ${access}` } })).status === 200;

test("64 jobs start at once: one refresh, 64 working tokens, one new generation, and the login is alive", async () => {
  const login = await oidc.issue();
  const credential = claudeFileOf(login, Date.now() - HOUR);
  const all = await Promise.all(Array.from({ length: 64 }, (_, id) => run(credential, 9000 + id)));
  const failed = all.filter(({ main }) => main.exitCode !== 0).map(({ main }) => main.annotations.at(-1)?.message);
  expect(failed).toEqual([]);
  expect(refreshes()).toBe(1);
  expect(new Set(all.map(({ access }) => access)).size).toBe(1);
  expect(await works(all[0]?.access)).toBe(true);
  expect(new Set(all.map(({ main }) => main.outputs["generation"]))).toEqual(new Set(["1"]));
  expect(await oidc.isRefreshTokenAlive(login.refreshToken)).toBe(false);

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

/** Two repositories that share one login through a third one, whose token both have. */
import { randomBytes } from "node:crypto";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readMessage } from "../../src/ledger/git-message.ts";
import { deriveAccessKey, type Keyring, makeRootKey, parseKeys, type RootKey } from "../../src/ledger/keys.ts";
import { type GitHub, startGitHub } from "../support/github/server.ts";
import { type RunOptions, type Stage, stage } from "./stage.ts";

const HOUR = 3_600_000;
const REF = "refs/oauth-creds/v1/anthropic/default";
const ROOT = makeRootKey(randomBytes);
const ACCESS = deriveAccessKey((parseKeys(ROOT) as Keyring).root[0] as RootKey);
const LEDGER = { repository: "octo/ledger", repositoryId: 40_404 } as const;
const IDS = { "octo/demo": "1296269", "octo/web": "515151" } as const;

let here: Stage;
let ledger: GitHub;
const shared = `github_pat_${randomBytes(18).toString("hex")}`;
const reading = `github_pat_${randomBytes(18).toString("hex")}`;
/** A job's own: it reaches the repository of its run alone. */
const own = `ghs_${randomBytes(18).toString("hex")}`;

beforeEach(async () => {
  here = await stage();
  ledger = await startGitHub({
    ...LEDGER,
    tokens: {
      [shared]: { permissions: { contents: "write" }, repositories: ["octo/ledger"] },
      [reading]: { permissions: { contents: "read" }, repositories: ["octo/ledger"] },
      [own]: { kind: "github-token", permissions: { contents: "write" }, repositories: Object.keys(IDS) },
    },
  });
});
afterEach(async () => {
  await Promise.all([here.close(), ledger.close()]);
});

function jobOf(repository: keyof typeof IDS, inputs: RunOptions["inputs"] = {}) {
  const before = ledger.requests.length;
  const ran = here.run({
    inputs: {
      "ledger-key": ROOT,
      "ledger-repository": "octo/ledger",
      "github-token": shared,
      "rotate-to": undefined,
      "secrets-token": undefined,
      ...inputs,
    },
    job: {
      githubEnv: {
        GITHUB_API_URL: ledger.apiUrl,
        GITHUB_REPOSITORY: repository,
        GITHUB_REPOSITORY_ID: IDS[repository],
      },
    },
    also: [ROOT, ACCESS, shared, reading, own],
  });
  return ran.then(({ main, during }) => ({
    main,
    access: during?.json["claudeAiOauth"]?.["accessToken"],
    calls: ledger.requests
      .slice(before)
      .map(({ method, path }) => `${method} ${path.replace("/repos/octo/ledger", "")}`),
  }));
}
const ALONE = { credential: undefined, provider: "anthropic" } as const;

test("one repository begins the record, the other uses and renews it; the first has what that gave", async () => {
  await here.signIn({ expiresInMs: 8 * HOUR });
  const first = await jobOf("octo/demo");
  expect(first.main.outputs).toMatchObject({ source: "refreshed", generation: "1" });
  const record = JSON.parse(readMessage(await ledger.git.run("log", "-1", "--format=%B", REF)).text) as object;
  expect(record).toMatchObject({ place: `github:40404:${REF}`, generation: 1 });

  const reader = { ...ALONE, "ledger-key": ACCESS, "github-token": reading };
  const other = await jobOf("octo/web", reader);
  expect(other.main.outputs).toMatchObject({ source: "ledger", generation: "1" });
  expect(other.access).toBe(first.access);

  const renewed = await jobOf("octo/web", { ...ALONE, refresh: "always" });
  expect(renewed.main.outputs).toMatchObject({ source: "refreshed", generation: "2" });
  expect(renewed.calls.length).toBeLessThanOrEqual(8);
  const after = await jobOf("octo/demo");
  expect(after.main.outputs).toMatchObject({ source: "ledger", generation: "2" });
  expect(after.access).toBe(renewed.access);
  expect(here.oidc.tokenRequests()).toHaveLength(2);
  expect(ledger.violations).toEqual([]);
});

test("reading costs two calls: the repository's id, to which the record is bound, is not known beforehand", async () => {
  await here.signIn({ expiresInMs: 8 * HOUR });
  await jobOf("octo/demo");
  const { calls } = await jobOf("octo/web", { ...ALONE, "ledger-key": ACCESS, "github-token": reading });
  expect(calls.toSorted()).toEqual(["GET ", `GET /commits/${REF}`]);
});

test("the token of the job's own repository does not reach it: nothing is spent", async () => {
  const login = await here.signIn();
  const { main } = await jobOf("octo/demo", { "github-token": own });
  expect(main.exitCode).toBe(1);
  expect(main.annotations.at(-1)?.title).toBe("oauth-creds: ledger-forbidden");
  expect(main.annotations.at(-1)?.message).toContain("octo/ledger");
  expect(here.oidc.requests).toEqual([]);
  expect(await here.oidc.isRefreshTokenAlive(login.refreshToken)).toBe(true);
});

test("a token that may only read there uses the record, and spends nothing", async () => {
  await here.signIn({ expiresInMs: 8 * HOUR });
  const first = await jobOf("octo/demo");
  const asked = here.oidc.requests.length;
  const { main, access } = await jobOf("octo/web", { ...ALONE, "github-token": reading, "min-validity": "9h" });
  expect([main.exitCode, access]).toEqual([0, first.access]);
  expect(main.annotations.map(({ message }) => message).join()).toContain("[ledger-forbidden]");
  expect(here.oidc.requests).toHaveLength(asked);
});

test("a record of another repository, put in its place, is not taken", async () => {
  await here.signIn({ expiresInMs: 8 * HOUR });
  await jobOf("octo/demo");
  const moved = await startGitHub({
    repository: "octo/ledger",
    repositoryId: 50_505,
    tokens: { [reading]: { permissions: { contents: "read" } } },
  });
  try {
    await moved.git.run("fetch", "-q", ledger.git.folder(), `${REF}:${REF}`);
    const ran = await here.run({
      inputs: {
        ...ALONE,
        "ledger-key": ACCESS,
        "ledger-repository": "octo/ledger",
        "github-token": reading,
        "rotate-to": undefined,
        "secrets-token": undefined,
      },
      job: { githubEnv: { GITHUB_API_URL: moved.apiUrl } },
      also: [ACCESS, reading],
    });
    expect(ran.main.annotations.at(-1)?.title).toBe("oauth-creds: ledger-unreadable");
  } finally {
    await moved.close();
  }
});

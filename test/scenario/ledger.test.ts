/** A login that many jobs share through a hidden ref of the repository. */
import { randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { deriveAccessKey, type Keyring, makeRootKey, parseKeys, type RootKey } from "../../src/ledger/keys.ts";
import { startGitHub } from "../support/github/server.ts";
import { claudeFileOf, NOT_LENT, type RunOptions, filesUnder, type Stage, stage } from "./stage.ts";

const HOUR = 3_600_000;
const REF = "refs/oauth-creds/v1/anthropic/default";
const newKeys = () => {
  const root = makeRootKey(randomBytes);
  return { root, access: deriveAccessKey((parseKeys(root) as Keyring).root[0] as RootKey) };
};
const KEYS = newKeys();

let here: Stage;
let token: string;
let ledger: Awaited<ReturnType<typeof startGitHub>>;
beforeEach(async () => {
  here = await stage();
  token = `ghs_${randomBytes(18).toString("hex")}`;
  const write = { kind: "github-token", permissions: { contents: "write" }, rateLimit: 100_000 } as const;
  const read = { ...write, permissions: { contents: "read" } } as const;
  ledger = await startGitHub({ tokens: { [token]: write, [`${token}r`]: read }, repository: "octo/demo" });
});
afterEach(async () => {
  await Promise.all([here.close(), ledger.close()]);
});

async function run(options: RunOptions) {
  const ran = await here.run(options);
  expect(ledger.violations, "calls that contradict GitHub's description").toEqual([]);
  return ran;
}

/** A step with the ledger; the secret's copy of the login is read, and not written. */
function job(inputs: Record<string, string | undefined> = {}, more: Partial<RunOptions> = {}): RunOptions {
  return {
    ...more,
    inputs: {
      "ledger-key": KEYS.root,
      "github-token": token,
      "rotate-to": undefined,
      "secrets-token": undefined,
      ...inputs,
    },
    job: { ...more.job, githubEnv: { GITHUB_API_URL: ledger.apiUrl, ...more.job?.githubEnv } },
    also: [KEYS.root, KEYS.access, token],
  };
}
const agent = (inputs: Record<string, string | undefined> = {}) =>
  job({
    "ledger-key": KEYS.access,
    "github-token": `${token}r`,
    credential: undefined,
    provider: "anthropic",
    ...inputs,
  });
const last = (ran: Awaited<ReturnType<Stage["run"]>>) => ran.main.annotations.at(-1)?.message ?? "";

test("begun by a pasted login, used with the access key and `contents: read`, renewed by the root key", async () => {
  await here.signIn({ expiresInMs: 8 * HOUR });
  const first = await run(job());
  expect(first.main.outputs).toMatchObject({ source: "refreshed", generation: "1" });
  expect(ledger.git.ref(REF)).toMatch(/^[0-9a-f]{40}$/);
  const used = await run(agent());
  expect(used.during, "a file during the job").toBeDefined();
  expect(filesUnder(used.home), "files after it").toEqual([]);
  expect(used.main.outputs).toMatchObject({ source: "ledger", generation: "1" });
  expect(used.main.outputs["sealed"]).toBeUndefined();
  const renewed = await run(job({ refresh: "always" }));
  expect(renewed.main.outputs).toMatchObject({ source: "refreshed", generation: "2" });
});

test("an old copy of the login, in a re-run too, is known as such: nothing is spent", async () => {
  await here.signIn();
  const old = here.secret();
  await run(job());
  const asked = here.oidc.requests.length;
  const again = await run(job({}, { snapshot: old, attempt: 2 }));
  expect(again.main.outputs).toMatchObject({ source: "ledger", generation: "1" });
  expect(here.oidc.requests).toHaveLength(asked);
});

test("a person signs in anew: theirs becomes the login as soon as it has worked once", async () => {
  await here.signIn();
  await run(job());
  const anew = await here.signIn();
  const ran = await run(job());
  expect(ran.main.outputs).toMatchObject({ source: "refreshed", generation: "1" });
  expect(await here.oidc.isRefreshTokenAlive(anew.refreshToken)).toBe(false);
  expect((await run(agent())).main.outputs).toMatchObject({ source: "ledger", generation: "1" });
  // The copy in the secret is an old one by now, and known as such.
  const asked = here.oidc.requests.length;
  expect((await run(job())).main.outputs).toMatchObject({ source: "ledger", generation: "1" });
  expect(here.oidc.requests).toHaveLength(asked);
});

test("a pasted login that the provider does not take: the job goes on with the one in the ledger", async () => {
  await here.signIn();
  await run(job());
  const stranger = `sk-ant-ort01-${randomBytes(60).toString("base64url")}`;
  here.paste(stranger, [stranger]);
  const ran = await run(job());
  expect(ran.main.exitCode).toBe(0);
  expect(ran.main.annotations.map(({ message }) => message).join()).toMatch(/was not taken by the provider/);
  const asked = here.oidc.requests.length;
  await run(job());
  expect(here.oidc.requests, "sent once more").toHaveLength(asked);
});

test("a mint job hands the access token to jobs of its run, sealed", async () => {
  await here.signIn();
  const mint = await run(job({ targets: "none" }));
  const sealed = mint.main.outputs["sealed"] ?? "";
  expect(mint.job.jobOutput(sealed), "what GitHub passes on").toBe(sealed);
  const asked = ledger.requests.length;
  const user = await run(agent({ credential: sealed, "github-token": undefined }));
  expect(user.main.outputs).toMatchObject({ source: "secret", kind: "access" });
  expect(ledger.requests).toHaveLength(asked);
  // Asked for more than is left of it, the job turns to the ledger.
  const longer = await run(agent({ credential: sealed, "min-validity": "9h" }));
  expect(longer.main.outputs["source"]).toBe("ledger");
  const stranger = await run(agent({ credential: sealed, "ledger-key": newKeys().access }));
  expect(last(stranger)).toMatch(/another `ledger-key`.*\[credential-unusable\]/);
});

test("the job's program renews a login that it was given whole: post publishes it, and nobody else renews meanwhile", async ({
  skip,
}) => {
  skip(NOT_LENT);
  await here.signIn();
  await run(job());
  let meanwhile: string | undefined;
  const ran = await run(
    job(
      { "write-refresh-token": "true" },
      {
        step: {
          between: async (main) => {
            const other = await run(job({ "min-validity": "9h" }));
            meanwhile = `${other.main.exitCode} ${other.main.outputs["source"]}`;
            const [path] = JSON.parse(main.outputs["files"] ?? "[]") as [string];
            const file = JSON.parse(readFileSync(path, "utf8")) as { claudeAiOauth: Record<string, unknown> };
            const answer = await fetch(here.oidc.tokenUrl, {
              method: "POST",
              headers: { "content-type": "application/json" },
              body: JSON.stringify({
                grant_type: "refresh_token",
                refresh_token: file.claudeAiOauth["refreshToken"],
                client_id: "9d1c250a-e61b-44d9-88ed-5944d1962f5e",
              }),
            });
            const next = (await answer.json()) as Record<string, string>;
            const login = {
              accessToken: next["access_token"] ?? "",
              refreshToken: next["refresh_token"] ?? "",
              scope: "user:inference",
            };
            writeFileSync(path, claudeFileOf(login, Date.now() + 9 * HOUR));
            here.tokens();
          },
        },
      },
    ),
  );
  expect(meanwhile).toBe("0 ledger");
  expect(ran.post.log).toMatch(/program renewed now stands in/);
  expect((await run(agent())).main.outputs).toMatchObject({ source: "ledger", generation: "2" });
  expect((await run(job({ refresh: "always" }))).main.outputs["generation"]).toBe("3");
});

describe("refused before anything is spent", () => {
  test("a token that may not write", async () => {
    await here.signIn();
    const ran = await run(job({ "github-token": `${token}r` }));
    expect(last(ran)).toMatch(/contents: write.*\[ledger-forbidden\]/);
    expect(here.oidc.requests).toEqual([]);
  });

  test("a record that somebody has written without the key", async () => {
    await here.signIn();
    await run(job());
    const head = await ledger.git.run("rev-parse", REF);
    const tree = await ledger.git.run("rev-parse", `${head}^{tree}`);
    const message = (await ledger.git.run("log", "-1", "--format=%B", head)).replace(
      '"generation":1',
      '"generation":7',
    );
    const forged = await ledger.git.run(
      "-c",
      "user.name=somebody",
      "-c",
      "user.email=somebody@example.com",
      "commit-tree",
      tree,
      "-p",
      head,
      "-m",
      message,
    );
    await ledger.git.run("update-ref", REF, forged);
    const asked = here.oidc.requests.length;
    expect(last(await run(job({ refresh: "always" })))).toMatch(/\[ledger-unreadable\]/);
    expect(last(await run(agent()))).toMatch(/\[ledger-unreadable\]/);
    expect(here.oidc.requests).toHaveLength(asked);
  });

  test("an access key where the record has ended, and where there is none", async () => {
    expect(last(await run(agent()))).toMatch(/access key.*\[ledger-empty\]/);
    await here.signIn();
    await run(job());
    expect(last(await run(agent({ "min-validity": "9h" })))).toMatch(/cannot have a later one/);
  });
});

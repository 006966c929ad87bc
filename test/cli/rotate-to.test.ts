/** `NAME@OWNER/REPO` says where a secret is, so that no job's own repository is needed: on any CI, on any machine. */
import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Credential, EMPTY } from "../../src/credential/credential.ts";
import { openEnvelope } from "../../src/credential/envelope.ts";
import { newRecoveryKey, sealCopy } from "../../src/recovery/copy.ts";
import { placeOfSecret } from "../../src/recovery/place.ts";
import { Secret } from "../../src/secret.ts";
import { leaksIn } from "../support/browser/leaks.ts";
import { type Desk, makeDesk } from "../support/browser/program.ts";
import { type GitHub, startGitHub } from "../support/github/server.ts";
import * as anthropic from "../support/oauth/anthropic-facts.ts";
import { type Oidc, startOidc } from "../support/oauth/oidc.ts";

const PAT = "github_pat_for_a_test_of_places_with_names_0123456";
const PLACE = ["--rotate-to", "CLAUDE_LOGIN@octo/demo", "--secrets-token", "pat"];

let desk: Desk;
let github: GitHub;
let oidc: Oidc;

beforeEach(async () => {
  desk = makeDesk();
  oidc = await startOidc();
  github = await startGitHub({ tokens: { [PAT]: { permissions: { secrets: "write" } } }, repository: "octo/demo" });
  writeFileSync(desk.path("pat"), PAT);
});

afterEach(async () => {
  await Promise.all([github.close(), oidc.close()]);
  desk.remove();
});

/** Neither GITHUB_REPOSITORY nor anything else of a job. */
const run = (args: readonly string[], input = "") =>
  desk.run(args, { env: { GITHUB_API_URL: github.apiUrl }, input }).ended;

const NOTHING: Credential = { ...EMPTY, kind: "login" };

/** The recovery copy of a generation that this secret could not take. */
function copyOf(next: Credential, spent: Credential): string {
  const place = placeOfSecret({
    kind: "repository",
    name: "CLAUDE_LOGIN",
    repository: "octo/demo",
    repositoryId: undefined,
  });
  const site = { provider: "anthropic", account: "default", place, label: "the secret" } as const;
  const key = { from: "envelope", key: spent.recovery ?? newRecoveryKey(randomBytes) } as const;
  return sealCopy(next, spent.refresh ?? new Secret("x"), key, site, Date.now(), randomBytes);
}

/** What the secret holds now, as the variable or file of the next job. */
function fetchSecret(): string {
  const envelope = github.secret("CLAUDE_LOGIN") ?? "";
  writeFileSync(desk.path("stored"), envelope);
  return envelope;
}

test("login stores the login there, and refresh, write, doctor and recover find it there again", async () => {
  const { accessToken, refreshToken, scope } = await oidc.issue();
  const oauth = { accessToken, refreshToken, expiresAt: Date.now() + 3_600_000, scopes: scope.split(" ") };
  const file = JSON.stringify({ claudeAiOauth: oauth });
  const login = ["login", "anthropic", "--with-token", "--validate", "none", "--create-secrets", ...PLACE];
  const stored = await run(login, file);
  expect({ code: stored.code, stderr: stored.stderr }).toMatchObject({ code: 0 });
  fetchSecret();

  const renew = ["--credential", "stored", "--refresh", "always", "--token-url", oidc.tokenUrl, ...PLACE];
  for (const [generation, verb] of [
    [1, ["refresh"]],
    [2, ["write", "--targets", "claude"]],
  ] as const) {
    const ended = await run([...verb, ...renew]);
    expect({ code: ended.code, stderr: ended.stderr }).toMatchObject({ code: 0 });
    const { credential, stored: at } = openEnvelope(fetchSecret());
    expect(credential.generation).toBe(generation);
    expect(at?.location).toMatchObject({ kind: "repository", name: "CLAUDE_LOGIN", repository: "octo/demo" });
    expect(await oidc.isRefreshTokenAlive(credential.refresh?.reveal() ?? "")).toBe(true);
    expect(leaksIn(ended.stdout + ended.stderr, { accessToken, refreshToken, pat: PAT })).toEqual([]);
  }
  const doctor = await run(["doctor", "--credential", "stored", "--token-url", oidc.tokenUrl, ...PLACE]);
  expect(doctor.stdout + doctor.stderr).not.toContain("GITHUB_REPOSITORY");
  expect(doctor.stdout).toContain("CLAUDE_LOGIN of octo/demo");
  // What a later run would have renewed, and could not store.
  const { credential } = openEnvelope(fetchSecret());
  const next = { ...credential, generation: 3, refresh: new Secret(anthropic.randomToken(anthropic.REFRESH_PREFIX)) };
  const recover = await run(["recover", "--credential", "stored", ...PLACE], copyOf(next, credential));
  expect({ code: recover.code, stderr: recover.stderr }).toMatchObject({ code: 0 });
  expect(openEnvelope(fetchSecret()).credential).toMatchObject({ generation: 3 });
  expect(github.violations).toEqual([]);
});

test.each([
  ["refresh", "CLAUDE_LOGIN"],
  ["write", "CLAUDE_LOGIN@octo/demo dependabot/CLAUDE_LOGIN"],
  ["recover", "environment/prod/CLAUDE_LOGIN"],
  ["login", "CLAUDE_LOGIN"],
  ["revoke", "CLAUDE_LOGIN"],
])("%s --rotate-to '%s': without a repository it says how to name one", async (verb, place) => {
  writeFileSync(desk.path("stored"), `sk-ant-ort01-${"r1".repeat(40)}`);
  const credential = verb === "login" ? ["anthropic", "--with-token"] : ["--credential", "stored"];
  const args = [verb, ...credential, "--rotate-to", place, "--secrets-token", "pat"];
  const { code, stdout, stderr } = await run(args, verb === "recover" ? copyOf(NOTHING, NOTHING) : "");
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(stderr).toContain("`NAME@OWNER/REPO`");
  expect(github.requests).toEqual([]);
});

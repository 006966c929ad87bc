/**
 * `doctor` on where a login is kept: the secret in `rotate-to`, and the ledger. The states come about as they do in
 * CI: by runs of the built action, against a GitHub and an authorization server on loopback.
 */
import { randomBytes } from "node:crypto";
import { describe, expect, onTestFinished, test } from "vitest";
import { deriveAccessKey, type Keyring, makeRootKey, parseKeys, type RootKey } from "../../src/ledger/keys.ts";
import { SECRET, type Stage, stage } from "../scenario/stage.ts";
import { CLIENT_ID } from "../support/oauth/anthropic-facts.ts";
import { type Clinic, clinic, type Diagnosis, coversItsClasses } from "./doctor-clinic.ts";

const HOUR = 3_600_000;

interface Ward {
  readonly here: Stage;
  readonly at: Clinic;
  /** As a step of this repository would run it. */
  doctor(inputs?: Record<string, string | undefined>, args?: readonly string[]): Promise<Diagnosis>;
}

async function ward(permissions: { secrets?: "read" | "write" } = { secrets: "write" }): Promise<Ward> {
  const here = await stage({ permissions: { ...permissions, actions: "read" } });
  onTestFinished(() => here.close());
  const at = await clinic();
  const env = {
    GITHUB_API_URL: here.github.apiUrl,
    GITHUB_REPOSITORY: "octo/demo",
    GITHUB_REPOSITORY_ID: "1296269",
    GITHUB_RUN_ID: "7001",
    GITHUB_RUN_ATTEMPT: "1",
  };
  return {
    here,
    at,
    async doctor(inputs = {}, args = []) {
      at.machine.tokens.push(...here.tokens());
      const given = {
        credential: here.secret(),
        "rotate-to": SECRET,
        "secrets-token": here.pat,
        "token-url": here.oidc.tokenUrl,
        validate: "none",
        ...inputs,
      };
      const asked = here.oidc.requests.length;
      const ended = await at.doctor({ inputs: given, env, args });
      const sent = JSON.stringify(here.oidc.requests.slice(asked).map(({ rawBody }) => rawBody));
      expect(here.tokens().filter((token) => token.startsWith("sk-ant-ort") && sent.includes(token))).toEqual([]);
      expect(here.github.violations).toEqual([]);
      return ended;
    },
  };
}

const puts = ({ github }: Stage) => github.requests.filter(({ method }) => method !== "GET").map(({ path }) => path);

test("on Gitea, whose API tells of no secret: what can be known of it is said, and what cannot", async () => {
  const at = await clinic();
  const own = at.anthropic.issue();
  at.machine.tokens.push(own.token);
  const inputs = { credential: own.token, "rotate-to": "CLAUDE_ACCESS:access", "secrets-token": "invented" };
  const env = { GITEA_ACTIONS: "true", GITHUB_API_URL: "http://127.0.0.1:9/api/v1", GITHUB_REPOSITORY: "octo/demo" };
  const ended = await at.doctor({ inputs, env });
  expect(ended.json["checks"]).toContainEqual({
    subject: "github",
    level: "info",
    code: null,
    text: expect.stringMatching(/CLAUDE_ACCESS.*Gitea.*does not tell.*shows when a run writes it/),
    advice: null,
  });
});

test("without a token for it: what would have to be given is said", async () => {
  const at = await clinic();
  const own = at.anthropic.issue();
  at.machine.tokens.push(own.token);
  const inputs = { credential: own.token, "rotate-to": `${SECRET}:access`, "ledger-key": makeRootKey(randomBytes) };
  const { json } = await at.doctor({ inputs, env: { GITHUB_REPOSITORY: "octo/demo" } });
  const said = (json["checks"] as { subject: string; text: string }[]).filter(({ subject }) => subject === "github");
  expect(said.map(({ text }) => text).join()).toMatch(/`secrets-token` is not given/);
});

describe("the secret in `rotate-to`", () => {
  test("it is there, and nothing is written to find that out; `--write-probe` writes the probe alone", async () => {
    const { here, doctor } = await ward();
    await here.signIn();
    expect(await doctor()).toMatchObject({ fails: [], warns: [], exitCode: 0 });
    expect(puts(here)).toEqual([]);
    const proved = await doctor({}, ["--write-probe"]);
    expect(proved).toMatchObject({ fails: [], warns: [], exitCode: 0 });
    expect(proved.stdout).toContain("the probe was written");
    expect(puts(here)).toEqual([`/repos/octo/demo/actions/secrets/OAUTH_CREDS_PROBE_${SECRET}`]);
  });

  test("secret-forbidden: the token may read secrets, and shows only when it writes that it may not", async () => {
    const { here, doctor } = await ward({ secrets: "read" });
    await here.signIn();
    expect(await doctor()).toMatchObject({ fails: [], exitCode: 0 });
    const ended = await doctor({}, ["--write-probe"]);
    expect(ended).toMatchObject({ fails: ["secret-forbidden"], exitCode: 5 });
    expect(ended.said("secret-forbidden")).toMatch(/may not write.*403.*secrets=write.*Secrets: read and write/);
  });

  test("secret-forbidden: a token without the permission, one that has ended, one of another repository", async () => {
    const { here, doctor } = await ward({});
    await here.signIn();
    const without = await doctor();
    expect(without).toMatchObject({ fails: ["secret-forbidden"], exitCode: 5 });
    here.github.tokens.set(here.pat, { permissions: { secrets: "write" }, expired: true });
    expect((await doctor()).said("secret-forbidden")).toMatch(/not accepted by GitHub \(401\)/);
    here.github.tokens.set(here.pat, { permissions: { secrets: "write" }, repositories: ["octo/other"] });
    expect((await doctor()).said("secret-forbidden")).toMatch(/does not see this repository \(404\)/);
  });

  test.each([
    [
      "has others, and is not refused to read",
      { secrets: "read" },
      "gist, read:org",
      /lacks the scope `repo`.*has gist, read:org/,
    ],
    ["has none at all", {}, "", /lacks the scope `repo`.*has none/],
  ] as const)("secret-forbidden: a classic token without `repo` %s", async (_, permissions, scopes, why) => {
    const { here, doctor } = await ward();
    await here.signIn();
    for (const prefix of ["ghp_", "gho_"]) {
      const token = `${prefix}${randomBytes(18).toString("hex")}`;
      here.github.tokens.set(token, { kind: "classic", permissions, scopes });
      for (const args of [[], ["--write-probe"]]) {
        const ended = await doctor({ "secrets-token": token }, args);
        expect(ended).toMatchObject({ fails: ["secret-forbidden"], exitCode: 5 });
        expect(ended.said("secret-forbidden")).toMatch(why);
      }
      const unmade = await doctor({ "secrets-token": token, "rotate-to": "CLAUDE_LOGN", "create-secrets": "true" });
      expect(unmade.said("secret-forbidden")).toMatch(why);
    }
    expect(puts(here)).toEqual([]);
  });

  test("a classic token with `repo` among its scopes: whether its owner may write shows by `--write-probe` alone", async () => {
    const { here, doctor } = await ward();
    await here.signIn();
    const token = `ghp_${randomBytes(18).toString("hex")}`;
    here.github.tokens.set(token, { kind: "classic", permissions: { secrets: "write" }, scopes: "gist, repo" });
    const ended = await doctor({ "secrets-token": token });
    expect(ended).toMatchObject({ fails: [], warns: [], exitCode: 0 });
    expect(JSON.stringify(ended.json)).toMatch(/may write it is not known: `--write-probe`/);
    expect(await doctor({ "secrets-token": token }, ["--write-probe"])).toMatchObject({ fails: [], exitCode: 0 });
  });

  test("secret-not-found: a typo in the name", async () => {
    const { here, doctor } = await ward();
    await here.signIn();
    const ended = await doctor({ "rotate-to": "CLAUDE_LOGN" });
    expect(ended).toMatchObject({ fails: ["secret-not-found"], exitCode: 5 });
    expect(await doctor({ "rotate-to": "CLAUDE_LOGN", "create-secrets": "true" })).toMatchObject({ fails: [] });
  });

  test("secret-elsewhere: the login is kept in another secret", async () => {
    const { here, doctor } = await ward();
    await here.signIn();
    await here.run();
    here.github.setSecretByUser("OTHER", "something");
    const ended = await doctor({ "rotate-to": "OTHER" });
    expect(ended).toMatchObject({ fails: ["secret-elsewhere"], exitCode: 5 });
    expect(ended.said("secret-elsewhere")).toContain(SECRET);
  });

  test("spent: another job has renewed the login since this one got its copy", async () => {
    const { here, doctor } = await ward();
    await here.signIn();
    const pasted = here.secret();
    await here.run();
    const first = here.secret();
    expect(await doctor({ credential: first }), "the present copy").toMatchObject({ fails: [], exitCode: 0 });
    const ofPaste = await doctor({ credential: pasted });
    expect(ofPaste).toMatchObject({ fails: ["spent"], exitCode: 4 });
    expect(ofPaste.said("spent")).toMatch(/written by a job that renewed.*Start a new run/);
    await here.run({ inputs: { refresh: "always" } });
    // GitHub's times have whole seconds, and ten of grace.
    here.github.setSecretByUser(SECRET, here.secret(), { at: here.now() + 15_000 });
    expect(await doctor({ credential: first })).toMatchObject({ fails: ["spent"], exitCode: 4 });
  });
});

describe("the ledger", () => {
  const keys = () => {
    const root = makeRootKey(randomBytes);
    return { root, access: deriveAccessKey((parseKeys(root) as Keyring).root[0] as RootKey) };
  };
  /** A ledger on the stage's own GitHub. */
  async function shared() {
    const here = await ward();
    const token = `ghs_${randomBytes(18).toString("hex")}`;
    const spec = { kind: "github-token", rateLimit: 100_000 } as const;
    const { tokens } = here.here.github;
    tokens.set(token, { ...spec, permissions: { contents: "write" } });
    const own = keys();
    here.at.machine.tokens.push(token, own.root, own.access);
    const inputs = {
      "ledger-key": own.root,
      "github-token": token,
      "rotate-to": undefined,
      "secrets-token": undefined,
    };
    const reading = { ...inputs, "ledger-key": own.access, credential: undefined, provider: "anthropic" };
    const run = (more: Record<string, string> = {}) =>
      // Soon: GitHub's clock and ours are compared.
      here.here.run({ inputs: { ...inputs, ...more }, also: [token, own.root, own.access], soon: true });
    return { ...here, own, token, tokens, spec, inputs, reading, run };
  }

  test("readable by whoever has a key; an older copy of the login is known as such", async () => {
    const { here, doctor, inputs, reading, run } = await shared();
    await here.signIn();
    expect(await doctor(inputs)).toMatchObject({ fails: [], warns: ["ledger-empty"], exitCode: 0 });
    await run();
    const ended = await doctor(inputs);
    expect(ended).toMatchObject({ fails: [], warns: [], exitCode: 0 });
    expect(ended.stdout).toMatch(/generation 1.*an older one, known as such/);
    expect(await doctor(reading)).toMatchObject({ fails: [], warns: [], exitCode: 0 });
    expect(
      await doctor({ ...reading, provider: undefined, credential: "" }),
      "without the provider's name",
    ).toMatchObject({
      fails: ["input-invalid"],
    });
  });

  test("ledger-empty: an access key, and no record", async () => {
    const { doctor, reading } = await shared();
    expect(await doctor(reading)).toMatchObject({ fails: ["ledger-empty"], exitCode: 3 });
  });

  test("ledger-forbidden: a token without `contents`", async () => {
    const { here, doctor, inputs, token, tokens, spec } = await shared();
    await here.signIn();
    tokens.set(token, { ...spec, permissions: {} });
    const ended = await doctor(inputs);
    expect(ended).toMatchObject({ fails: ["ledger-forbidden"], exitCode: 5 });
    expect(ended.said("ledger-forbidden")).toContain("contents=read");
  });

  test("ledger-unreadable: written with another key", async () => {
    const { here, doctor, inputs, run, at } = await shared();
    await here.signIn();
    await run();
    const other = keys();
    at.machine.tokens.push(other.root);
    const ended = await doctor({ ...inputs, "ledger-key": other.root });
    expect(ended).toMatchObject({ fails: ["ledger-unreadable"], exitCode: 1 });
  });

  test("ledger-unreachable: GitHub has a fault", async () => {
    const { here, doctor, reading } = await shared();
    here.github.fault({ times: Infinity }, { do: "answer", status: 503 });
    expect(await doctor(reading)).toMatchObject({ fails: ["ledger-unreachable"], exitCode: 4 });
  });

  test("login-refused: a spent token was shown to the server, which has ended the whole login", async () => {
    const { here, doctor, inputs, reading, run } = await shared();
    const { refreshToken } = await here.signIn();
    await run();
    // The first token is spent; that it comes back looks like theft to the server.
    const replay = await fetch(here.oidc.tokenUrl, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ grant_type: "refresh_token", refresh_token: refreshToken, client_id: CLIENT_ID }),
    });
    expect(replay.status).toBe(400);
    await run({ refresh: "always" });
    const ended = await doctor(reading);
    expect(ended).toMatchObject({ fails: ["login-refused"], exitCode: 3 });
    await here.signIn();
    expect(await doctor(inputs), "a fresh sign-in is at hand").toMatchObject({ fails: [], warns: ["login-refused"] });
  });

  test("access-ended: the workflow that renews has not run", async () => {
    const { here, doctor, reading, run } = await shared();
    const short = await stage({ expiresIn: 1 });
    onTestFinished(() => short.close());
    await here.signIn();
    const login = await short.oidc.issue();
    here.paste(login.refreshToken, [login.refreshToken, login.accessToken]);
    await run({ "token-url": short.oidc.tokenUrl });
    await expect
      .poll(async () => (await doctor(reading)).fails, { timeout: 30_000, interval: 500 })
      .toEqual(["access-ended"]);
  });

  test("a key that is none", async () => {
    const { doctor, reading } = await shared();
    const ended = await doctor({ ...reading, "ledger-key": "ocr1_short" });
    expect(ended).toMatchObject({ fails: ["input-invalid"], exitCode: 2 });
  });
});

/** Kept short: what a person reads is tested elsewhere. */
test("a login that will have to be renewed by this job, in a secret that it may write", async () => {
  const { here, doctor } = await ward();
  await here.signIn({ expiresInMs: -HOUR });
  const ended = await doctor({ validate: undefined }, ["--write-probe"]);
  expect(ended).toMatchObject({ fails: [], warns: [], exitCode: 0 });
  expect(await here.loginIsAlive(), "nothing was spent").toBe(true);
});

coversItsClasses(import.meta.filename);

/** `status` and the outside: providers that are asked, secrets, and the record of a login that jobs share. */
import { randomBytes } from "node:crypto";
import { describe, expect, onTestFinished, test } from "vitest";
import { deriveAccessKey, type Keyring, makeRootKey, parseKeys, type RootKey } from "../../src/ledger/keys.ts";
import { SECRET, stage } from "../scenario/stage.ts";
import { startGitHub } from "../support/github/server.ts";
import { listenOnLoopback } from "../support/net/loopback.ts";
import { clinic, clinicTls, put } from "./doctor-clinic.ts";
import { command, machine, signedIn } from "./status-command.ts";

const HOUR = 3_600_000;
const iso = (ms: number) => new Date(ms).toISOString().replace(/\.\d+Z$/, "Z");

describe("--validate", () => {
  test("ready, failed and missing; each token is shown once", async () => {
    const { machine: at, anthropic, openai } = await clinic();
    const good = anthropic.issue({ scopes: ["user:profile", "user:inference"] });
    signedIn(at, { accessToken: good.token });
    put(at, ".pi/agent/auth.json", { anthropic: { type: "api_key", key: good.token } });
    const { stdout, exitCode } = await command(at, ["status", "--validate"], { forPeople: true });
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^anthropic {2}ready \(validated\)\nopenai {5}missing$/m);
    expect(anthropic.requests).toHaveLength(1);

    const dead = openai.issue({ state: "revoked" });
    at.tokens.push(dead.token);
    put(at, ".codex/auth.json", {
      tokens: { access_token: dead.token, refresh_token: "", account_id: dead.accountId },
    });
    const { json } = await command(at, ["status", "--validate"]);
    expect(json["providers"]).toEqual([
      { name: "anthropic", state: "ready (validated)" },
      { name: "openai", state: "stored (validation failed: it was revoked, or has ended)" },
    ]);
    expect(json["logins"].find(({ program }: { program: string }) => program === "codex").validation).toEqual({
      result: "refused",
      why: "it was revoked, or has ended",
    });
  });

  test("nothing but a refused one: a sign-in is needed; a used-up plan is ready all the same", async () => {
    const { machine: at, anthropic } = await clinic();
    const { token } = anthropic.issue({ state: "revoked" });
    const limited = anthropic.issue({ limitedUntil: Math.floor(Date.now() / 1000) + 3600 });
    at.tokens.push(token, limited.token);
    expect((await command(at, ["status", "--validate"], { inputs: { credential: token } })).exitCode).toBe(3);
    expect((await command(at, ["status"], { inputs: { credential: token } })).exitCode).toBe(0);
    const used = await command(at, ["status", "--validate"], { inputs: { credential: limited.token } });
    expect(used.exitCode).toBe(0);
    expect(used.json["providers"][0].state).toMatch(
      /^ready \(validated\), but the plan's usage limit is reached until 20/,
    );
  });

  test("`--validate online` is the same as `--validate` alone, and as the variable; `none` asks nobody", async () => {
    const here = await clinic();
    const own = here.anthropic.issue();
    signedIn(here.machine, { accessToken: own.token });
    here.machine.tokens.push(own.token);
    for (const args of [
      ["--validate", "online"],
      ["--validate=online"],
      ["--validate"],
      ["--validate", "--timeout", "30s"],
    ]) {
      const { exitCode, json } = await command(here.machine, ["status", ...args]);
      expect({ args, exitCode, said: json["providers"]?.[0] }).toEqual({
        args,
        exitCode: 0,
        said: { name: "anthropic", state: "ready (validated)" },
      });
    }
    const asked = here.anthropic.requests.length;
    expect((await command(here.machine, ["status"], { inputs: { validate: "online" } })).json).toHaveProperty(
      "providers",
    );
    expect(here.anthropic.requests).toHaveLength(asked + 1);
    expect((await command(here.machine, ["status", "--validate", "none"])).json).not.toHaveProperty("providers");
    expect(here.anthropic.requests).toHaveLength(asked + 1);
    const wrong = await command(here.machine, ["status", "--validate", "sometimes"]);
    expect([wrong.exitCode, wrong.stderr]).toEqual([2, expect.stringContaining("`validate`")]);
  });

  test("a login that has to be renewed is shown to nobody", async () => {
    const { machine: at, proxy } = await clinic();
    signedIn(at, { expiresAt: Date.now() - HOUR });
    const { json, exitCode } = await command(at, ["status", "--validate"]);
    expect(exitCode).toBe(0);
    expect(json["providers"][0]).toEqual({ name: "anthropic", state: "stored, to be renewed" });
    expect(proxy.connects).toEqual([]);
  });

  test("--timeout: a provider that never answers is not waited for", async () => {
    const { machine: at, lead } = await clinic();
    const mute = await listenOnLoopback(() => new Promise(() => {}), await clinicTls());
    onTestFinished(() => mute.close());
    lead.set("api.anthropic.com", mute.port);
    signedIn(at);
    const { json, exitCode } = await command(at, ["status", "--validate", "--timeout", "2s"]);
    expect(exitCode).toBe(4);
    expect(json["providers"][0]).toEqual({ name: "anthropic", state: "stored (validation failed: no answer)" });
    const wrong = await command(at, ["status", "--timeout", "soon"]);
    expect(wrong.exitCode).toBe(2);
  });
});

describe("secrets and the ledger", () => {
  test("whether the secret exists, and when it was written", async () => {
    const at = machine();
    const pat = `github_pat_${crypto.randomUUID().replaceAll("-", "")}`;
    at.tokens.push(pat);
    const github = await startGitHub({ tokens: { [pat]: { permissions: { secrets: "read" } } } });
    onTestFinished(() => github.close());
    const env = { GITHUB_API_URL: github.apiUrl, GITHUB_REPOSITORY: "octo/demo" };
    const inputs = { "rotate-to": SECRET, "secrets-token": pat };
    const none = await command(at, ["status"], { inputs, env });
    expect(none.json["secrets"]).toMatchObject([{ state: "missing", updatedAt: null, repository: "octo/demo" }]);
    expect(none.exitCode).toBe(3);
    const written = Math.floor((Date.now() - 2 * HOUR) / 1000) * 1000;
    github.setSecretByUser(SECRET, "whatever", { at: written });
    const there = await command(at, ["status"], { inputs, env });
    expect(there.json["secrets"]).toMatchObject([{ state: "stored", updatedAt: iso(written) }]);
    expect(there.exitCode, "that it exists is all that anybody can see").toBe(0);
    const people = await command(at, ["status"], { inputs, env, forPeople: true });
    expect(people.stdout).toMatch(/repository secret CLAUDE_LOGIN +stored, written 2 h ago \(20/);
    github.tokens.clear();
    const blind = await command(at, ["status"], { inputs, env });
    expect(blind.json["secrets"]).toMatchObject([{ state: "unknown", code: "secret-forbidden" }]);
    const untold = await command(at, ["status"], {
      inputs: { "rotate-to": SECRET },
      env: { GITHUB_REPOSITORY: "octo/demo" },
    });
    expect(untold.json["secrets"]).toMatchObject([{ state: "unknown" }]);
    expect([github.requests.filter(({ method }) => method !== "GET"), github.violations]).toEqual([[], []]);
  });

  test.each(["git-ref", "git-push"])("the record of a login that jobs share (%s)", async (ledger) => {
    const here = await stage();
    onTestFinished(() => here.close());
    const root = makeRootKey(randomBytes);
    const access = deriveAccessKey((parseKeys(root) as Keyring).root[0] as RootKey);
    const token = `ghs_${randomBytes(18).toString("hex")}`;
    here.github.tokens.set(token, { kind: "github-token", permissions: { contents: "write" }, rateLimit: 100_000 });
    // The same bare repository, through the API and through git.
    const place = ledger === "git-push" ? { "ledger-repository": here.github.git.folder() } : {};
    const inputs = { "ledger-key": root, "github-token": token, ledger, ...place };
    await here.signIn();
    await here.run({
      inputs: { ...inputs, "rotate-to": undefined, "secrets-token": undefined },
      also: [token, root, access],
    });
    const ref = here.github.git.ref("refs/oauth-creds/v1/anthropic/default");

    const at = machine();
    at.tokens.push(root, access, token, ...here.tokens());
    const env = {
      GITHUB_API_URL: here.github.apiUrl,
      GITHUB_REPOSITORY: "octo/demo",
      GITHUB_REPOSITORY_ID: "1296269",
    };
    const seen = await command(at, ["status"], { inputs: { ...inputs, "ledger-key": access }, env });
    expect(seen.exitCode).toBe(0);
    expect(seen.json["ledger"]).toMatchObject([
      { provider: "anthropic", state: "stored", generation: 1, heldBy: null, dead: null },
      { provider: "openai", state: "missing" },
    ]);
    expect(seen.json["logins"]).toMatchObject([
      { place: "ledger", kind: "login", generation: 1, profile: "default", state: "usable", renewable: false },
    ]);
    expect(here.github.git.ref("refs/oauth-creds/v1/anthropic/default"), "untouched").toBe(ref);

    const stranger = makeRootKey(randomBytes);
    at.tokens.push(stranger);
    const blind = await command(at, ["status"], {
      inputs: { ...inputs, "ledger-key": stranger, provider: "anthropic" },
      env,
    });
    expect(blind.json["ledger"]).toMatchObject([{ state: "unknown", code: "ledger-unreadable" }]);
    expect(blind.exitCode).toBe(3);
  });

  test("a ledger that does not answer: try again later", async () => {
    const at = machine();
    const root = makeRootKey(randomBytes);
    at.tokens.push(root);
    const mute = await listenOnLoopback((_request, response) => void response.writeHead(503).end());
    onTestFinished(() => mute.close());
    const env = { GITHUB_API_URL: mute.origin, GITHUB_REPOSITORY: "octo/demo" };
    const inputs = { "ledger-key": root, "github-token": "ghs_0123456789abcdef", provider: "anthropic" };
    expect((await command(at, ["status"], { inputs, env })).exitCode).toBe(4);
  });
});

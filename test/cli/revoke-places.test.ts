/** What `revoke` removes: secrets of every kind of place, files of programs; and that nothing is called done which is not. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { EMPTY } from "../../src/credential/credential.ts";
import { openEnvelope, sealEnvelope } from "../../src/credential/envelope.ts";
import { Secret } from "../../src/secret.ts";
import { leaksIn } from "../support/browser/leaks.ts";
import { CLI, type Desk, makeDesk } from "../support/browser/program.ts";
import { startStrictSignIn, type StrictSignIn } from "../support/browser/strict-sign-in.ts";
import { startGitea } from "../support/forges/gitea.ts";
import { startGitLab } from "../support/forges/gitlab.ts";
import { type GitHub, startGitHub } from "../support/github/server.ts";
import type { TokenSpec } from "../support/github/tokens.ts";
import * as anthropic from "../support/oauth/anthropic-facts.ts";
import { startOidc } from "../support/oauth/oidc.ts";

let desk: Desk;
let server: StrictSignIn;
const closing: (() => unknown)[] = [];

beforeEach(async () => {
  desk = makeDesk();
  server = await startStrictSignIn("anthropic");
  closing.push(server.close);
});

afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
  desk.remove();
});

const HOUR = 3_600_000;
const PAT = "github_pat_for_a_test_of_places_to_revoke_012345";

function newLogin() {
  const access = anthropic.randomToken(anthropic.ACCESS_PREFIX);
  const refresh = anthropic.randomToken(anthropic.REFRESH_PREFIX);
  const expiresAt = Date.now() + 8 * HOUR;
  const credential = {
    ...EMPTY,
    kind: "login" as const,
    access: new Secret(access),
    refresh: new Secret(refresh),
    accessExpiresAt: expiresAt,
    scopes: ["user:inference"],
  };
  const section = { accessToken: access, refreshToken: refresh, expiresAt, scopes: ["user:inference"] };
  return { access, refresh, credential, section };
}

/** A file with a login of its own, which every command here ends. */
function revoke(args: readonly string[], env: Record<string, string> = {}, envelope?: string) {
  writeFileSync(desk.path("login.txt"), envelope ?? sealEnvelope(newLogin().credential, undefined));
  writeFileSync(desk.path("pat"), PAT);
  const all = ["revoke", "--file", "login.txt", "--token-url", server.tokenUrl, "--yes", ...args];
  return desk.run(all, { env }).ended;
}

async function github(token: TokenSpec, environments?: readonly string[]): Promise<GitHub> {
  const started = await startGitHub({
    tokens: { [PAT]: token },
    repository: "octo/demo",
    ...(environments && { environments }),
  });
  closing.push(started.close);
  return started;
}

const at = ({ apiUrl }: GitHub) => ({ GITHUB_API_URL: apiUrl });

describe("secrets on GitHub", () => {
  test("a token that does not see the repository deletes nothing, and that is said", async () => {
    const hub = await github({ permissions: { secrets: "write" }, repositories: ["octo/other"] });
    hub.setSecretByUser("CLAUDE_LOGIN", "an envelope");
    const { code, stdout } = await revoke(["--rotate-to", "CLAUDE_LOGIN@octo/demo", "--secrets-token", "pat"], at(hub));
    expect(stdout).toMatch(/NOT done: the repository secret CLAUDE_LOGIN of octo\/demo is still there.*\(404\)/);
    expect(stdout).not.toContain("is deleted");
    expect(code).toBe(1);
    expect(hub.secret("CLAUDE_LOGIN")).toBe("an envelope");
  });

  test("one that is not there is told as that", async () => {
    const hub = await github({ permissions: { secrets: "write" } });
    const { code, stdout } = await revoke(["--rotate-to", "OTHER_NAME@octo/demo", "--secrets-token", "pat"], at(hub));
    expect(stdout).toContain("Note: the repository secret OTHER_NAME of octo/demo was not there.");
    expect(stdout).not.toContain("is deleted");
    expect(code).toBe(0);
  });

  test("of an environment whose name has a space and a slash; of agents; of an organization", async () => {
    const hub = await github(
      { permissions: { environments: "write", agent_secrets: "write", organization_secrets: "write" } },
      ["prod eu/1"],
    );
    const places = ["environment/prod eu/1/CLAUDE_LOGIN", "agents/CLAUDE_LOGIN", "organization/octo/CLAUDE_LOGIN"];
    for (const place of places) hub.setSecretByUser(place, "an envelope");
    const rotateTo =
      "environment/prod%20eu/1/CLAUDE_LOGIN@octo/demo agents/CLAUDE_LOGIN@octo/demo organization/octo/CLAUDE_LOGIN:access";
    const { code, stdout } = await revoke(["--rotate-to", rotateTo, "--secrets-token", "pat"], at(hub));
    expect({ code, stdout }).toMatchObject({ code: 0 });
    expect(stdout.match(/is deleted/g)).toHaveLength(3);
    for (const place of places) expect(hub.secret(place)).toBeUndefined();
    expect({ violations: hub.violations, undescribed: hub.undescribed }).toEqual({ violations: [], undescribed: [] });
  });

  test("without a token: the command that does it, in words that a shell takes", async () => {
    const { stdout, code } = await revoke(["--rotate-to", "environment/prod%20eu/CLAUDE_LOGIN@octo/demo"]);
    expect(stdout).toContain("`gh secret delete CLAUDE_LOGIN --env 'prod eu' --repo octo/demo`");
    expect(code).toBe(1);
  });

  test("a place of the same name in another repository is another place", async () => {
    const hub = await github({ permissions: { secrets: "write" } });
    hub.setSecretByUser("CLAUDE_LOGIN", "an envelope");
    const location = { kind: "repository" as const, name: "CLAUDE_LOGIN", repository: "octo/other", repositoryId: "7" };
    const envelope = sealEnvelope(newLogin().credential, { savedAt: Date.now(), location, probe: undefined });
    const args = ["--rotate-to", "CLAUDE_LOGIN@octo/demo", "--secrets-token", "pat"];
    const { stdout } = await revoke(args, at(hub), envelope);
    expect(stdout).toContain("CLAUDE_LOGIN of octo/other holds a copy");
    expect(stdout).toContain("`gh secret delete CLAUDE_LOGIN --repo octo/other`");
  });
});

describe("variables and secrets of other forges", () => {
  test("GitLab: the variable of the one scope", async () => {
    const gitlab = await startGitLab({ tokens: { [PAT]: { scope: "api", role: "maintainer" } } });
    closing.push(gitlab.close);
    gitlab.set("CLAUDE_LOGIN", "an envelope");
    gitlab.set("CLAUDE_LOGIN", "another one", { environment_scope: "production" });
    const env = { GITLAB_CI: "true", CI_API_V4_URL: gitlab.apiUrl, CI_PROJECT_PATH: "group/sub/project" };
    const args = ["--rotate-to", "CLAUDE_LOGIN", "--secrets-token", "pat"];
    const { code, stdout } = await revoke(args, env);
    expect({ code, stdout }).toMatchObject({ code: 0 });
    expect(stdout).toContain("the CI/CD variable CLAUDE_LOGIN is deleted");
    expect(gitlab.variables().map(({ environment_scope }) => environment_scope)).toEqual(["production"]);

    expect((await revoke(args, env)).stdout).toContain("CLAUDE_LOGIN was not there");
    const unseen = await revoke(args, { ...env, CI_PROJECT_PATH: "group/sub/other" });
    expect(unseen.stdout).toContain("is still there");
    expect(unseen.code).toBe(1);
    expect(gitlab.violations).toEqual([]);
  });

  test("Gitea", async () => {
    const gitea = await startGitea({ tokens: { [PAT]: { owner: true, scopes: ["write:repository"] } } });
    closing.push(gitea.close);
    gitea.secrets.set("repos/octo/demo/CLAUDE_TOKEN", { value: "an envelope", description: "", createdAt: 0 });
    const env = { GITEA_ACTIONS: "true", GITHUB_API_URL: gitea.apiUrl, GITHUB_REPOSITORY: "octo/demo" };
    const args = ["--rotate-to", "CLAUDE_TOKEN:access", "--secrets-token", "pat"];
    writeFileSync(desk.path("key"), (await desk.run(["key"]).ended).stdout.split("\n")[1] ?? "");
    const ledger = ["--ledger-key", "key", "--ledger", "file"];
    const { code, stdout } = await revoke([...args, ...ledger], env);
    expect({ code, stdout }).toMatchObject({ code: 0 });
    expect(stdout).toContain("CLAUDE_TOKEN is deleted");
    expect(gitea.secrets.size).toBe(0);

    expect((await revoke([...args, ...ledger], env)).stdout).toContain("CLAUDE_TOKEN was not there");
    const unseen = await revoke([...args, ...ledger], { ...env, GITHUB_REPOSITORY: "octo/other" });
    expect(unseen.stdout).toContain("is still there");
    expect(unseen.code).toBe(1);
    expect(gitea.violations).toEqual([]);
  });
});

describe("a copy whose refresh token is sealed for a ledger", () => {
  test("is refused without the key, or with another one, before anything is done; with it the login is ended", async () => {
    const oidc = await startOidc();
    closing.push(oidc.close);
    const hub = await github({ permissions: { secrets: "write" } });
    const { accessToken, refreshToken, scope } = await oidc.issue();
    const oauth = { accessToken, refreshToken, expiresAt: Date.now() + 8 * HOUR, scopes: scope.split(" ") };
    writeFileSync(desk.path("pat"), PAT);
    const keys = async () => JSON.parse((await desk.run(["key", "--json"]).ended).stdout) as Record<string, string>;
    const [own, other] = [await keys(), await keys()];
    for (const [name, key] of Object.entries({ own: own["root"], access: own["access"], other: other["root"] })) {
      writeFileSync(desk.path(name), key ?? "");
    }
    // GITHUB_REPOSITORY is not set here: the place says its repository itself.
    const place = ["--rotate-to", "CLAUDE_LOGIN@octo/demo", "--secrets-token", "pat"];
    const common = ["--provider", "anthropic", "--token-url", oidc.tokenUrl, "--ledger", "file"];
    const stored = await desk.run(
      ["login", "anthropic", "--with-token", "--validate", "none", "--create-secrets", ...place],
      {
        env: at(hub),
        input: JSON.stringify({ claudeAiOauth: oauth }),
      },
    ).ended;
    expect({ code: stored.code, stderr: stored.stderr }).toMatchObject({ code: 0 });
    writeFileSync(desk.path("stored"), hub.secret("CLAUDE_LOGIN") ?? "");
    const seeded = await desk.run(["write", "--credential", "stored", "--ledger-key", "own", ...common, ...place], {
      env: at(hub),
    }).ended;
    expect({ code: seeded.code, stderr: seeded.stderr }).toMatchObject({ code: 0 });
    const copy = hub.secret("CLAUDE_LOGIN") ?? "";
    expect(openEnvelope(copy).credential).toMatchObject({ refresh: undefined, shared: { sealed: expect.any(String) } });
    writeFileSync(desk.path("copy.txt"), copy);
    mkdirSync(desk.path("empty"));

    const endIn = (env: Record<string, string>, ...more: string[]) =>
      desk.run(["revoke", "--file", "copy.txt", "--yes", ...common, ...place, ...more], { env: { ...at(hub), ...env } })
        .ended;
    const end = (...more: string[]) => endIn({}, ...more);
    const asked = oidc.requests.length;
    const refused = [
      await end(),
      await endIn({ XDG_STATE_HOME: desk.path("empty") }, "--ledger-key", "other"),
      await end("--ledger-key", "own", "--account", "another"),
    ];
    for (const { code, stdout, stderr } of refused) {
      expect({ code, stdout, stderr }).toEqual({
        code: 2,
        stdout: "",
        stderr: expect.stringContaining("--ledger-key"),
      });
    }
    // An access key opens the record, and not what renews the login.
    expect(await end("--ledger-key", "access")).toMatchObject({ code: 2, stdout: "" });
    expect((await end("--ledger-key", "other")).stderr).toContain("[ledger-unreadable]");
    expect(oidc.requests).toHaveLength(asked);
    expect(desk.read("copy.txt")).toBe(copy);
    expect(hub.secret("CLAUDE_LOGIN")).toBe(copy);
    expect((await oidc.family(refreshToken)).state).toBe("alive");

    const { code, stdout, stderr } = await end("--ledger-key", "own");
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(stdout).toContain("the provider took the revocation of the Claude login");
    expect((await oidc.family(refreshToken)).state).toBe("revoked");
    expect(hub.secret("CLAUDE_LOGIN")).toBeUndefined();
    expect(desk.read("copy.txt")).toBeUndefined();
    expect(leaksIn(stdout + stderr, { accessToken, refreshToken })).toEqual([]);
  });

  test("an access token alone does not end a login, and that is said", async () => {
    const { section } = newLogin();
    const path = join(desk.home, ".claude", ".credentials.json");
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, JSON.stringify({ claudeAiOauth: { ...section, refreshToken: "" } }));
    const args = ["revoke", "--targets", "claude", "--token-url", server.tokenUrl, "--yes"];
    const { code, stdout } = await desk.run(args).ended;
    expect(stdout).toContain("Note: a login that this access token belongs to lives on");
    expect(code).toBe(0);
  });
});

describe("files", () => {
  const claude = () => join(desk.home, ".claude", ".credentials.json");
  function put(path: string, content: string): void {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
  }
  const end = (path: string, ...more: string[]) =>
    desk.run(["revoke", "--file", path, "--token-url", server.tokenUrl, "--yes", ...more]).ended;

  test.each([[[]], [["--targets", "claude"]]])("a program's own file keeps what is not the login %j", async (more) => {
    put(claude(), JSON.stringify({ claudeAiOauth: newLogin().section, mcpOAuth: { kept: true } }));
    const { code, stdout } = await end(claude(), ...more);
    expect({ code, stdout }).toMatchObject({ code: 0, stdout: expect.stringContaining("holds it no more") });
    expect(JSON.parse(readFileSync(claude(), "utf8"))).toEqual({ mcpOAuth: { kept: true } });
    expect(server.revoked).toHaveLength(1);
  });

  test("with nothing else in it the file is removed, and not the link that leads there", async () => {
    put(claude(), JSON.stringify({ claudeAiOauth: newLogin().section }));
    symlinkSync(claude(), desk.path("link"));
    expect((await end("link")).code).toBe(0);
    expect(existsSync(claude())).toBe(false);
  });

  test("Peekaboo's file keeps its other lines", async () => {
    const { access } = newLogin();
    const path = join(desk.home, ".peekaboo", "credentials");
    put(path, `# mine\nOPENAI_API_KEY=kept\nANTHROPIC_ACCESS_TOKEN=${access}\n`);
    const args = ["revoke", "--targets", "peekaboo", "--token-url", server.tokenUrl, "--yes"];
    await desk.run(args).ended;
    expect(readFileSync(path, "utf8")).toBe("# mine\nOPENAI_API_KEY=kept\n");
  });

  test.runIf(process.platform === "linux")(
    "one that cannot be removed: the report says so, and all the rest",
    async () => {
      put(claude(), JSON.stringify({ claudeAiOauth: newLogin().section }));
      writeFileSync(desk.path("login.txt"), sealEnvelope(newLogin().credential, undefined));
      const line = `cat login.txt | '${process.execPath}' '${CLI}' revoke --file /proc/self/fd/0 --token-url ${server.tokenUrl} --yes --json`;
      const child = spawn("bash", ["-c", line], {
        cwd: desk.home,
        env: { PATH: process.env["PATH"], HOME: desk.home },
      });
      const [code, stdout] = await Promise.all([
        once(child, "close").then(([status]) => status as number),
        text(child.stdout),
      ]);
      const answer = JSON.parse(stdout) as { done: string[]; left: string[] };
      expect(answer.done).toEqual(["the provider took the revocation of the Claude login."]);
      expect(answer.left).toEqual([expect.stringMatching(/^\/proc\/self\/fd\/0 still holds the login\./)]);
      expect(code).toBe(1);
    },
  );

  test("a second token that the provider does not take: what was ended is told, and nothing is removed", async () => {
    const { credential } = newLogin();
    const predecessor = new Secret(anthropic.randomToken(anthropic.REFRESH_PREFIX));
    writeFileSync(desk.path("login.txt"), sealEnvelope({ ...credential, predecessor }, undefined));
    let asked = 0;
    // The first is taken, the second refused.
    const real = server.revocations.shift.bind(server.revocations);
    server.revocations.shift = () => (++asked === 2 ? { status: 401, body: { error: "invalid_client" } } : real());
    const { code, stdout } = await end("login.txt");
    expect(stdout).toContain("Done: the provider took the revocation of the Claude login.");
    expect(stdout).toMatch(/NOT done: 1 of 2 tokens were told.*invalid_client/);
    expect(code).toBe(1);
    expect(desk.read("login.txt")).toBeDefined();
  });
});

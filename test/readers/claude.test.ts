/**
 * The proof by the real program: what the action writes is read by unmodified releases of
 * Claude Code, which then talk to loopback services (see world.ts).
 */
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { openEnvelope } from "../../src/credential/envelope.ts";
import { startGitHub } from "../support/github/server.ts";
import { type ActionStep, type RanAction, runAction } from "./action.ts";
import * as anthropic from "./anthropic-services.ts";
import { type Installed, ensureClaude } from "./install.ts";
import { type Claim, type Proof, proves } from "./proof.ts";
import { CLAUDE } from "./releases.ts";
import { runClaude } from "./run-claude.ts";
import type { ProgramRun, RunOptions } from "./run-program.ts";
import { bearerOf, parseBody } from "./wire.ts";
import { type World, startWorld } from "./world.ts";

const HOUR_MS = 3_600_000;
const VERSIONS = [
  { version: CLAUDE.newest, about: "native", statusConnects: true, wipesDeadLogin: true },
  // It repeats a refused refresh for more than half a minute instead of giving up.
  { version: CLAUDE.lastInJavaScript, about: "last in JavaScript", statusConnects: false, wipesDeadLogin: false },
];

/** `.credentials.json`, as far as the tests read it. */
type Credentials = {
  [other: string]: unknown;
  claudeAiOauth: { scopes: string[]; refreshToken: string | null; expiresAt: number | null };
};

describe.each(VERSIONS)("Claude Code $version ($about)", (release) => {
  let claude: Installed;
  let home: string;
  let services: World;
  let accessToken: string;
  let refreshToken: string;

  beforeAll(async () => {
    claude = await ensureClaude(release.version);
  });

  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), "readers-home-"));
    accessToken = anthropic.inventAccessToken();
    refreshToken = anthropic.inventRefreshToken();
    services = await startWorld({
      anthropic: { accept: (bearer) => bearer === accessToken, refreshTokens: [refreshToken] },
    });
  });

  const jobs: RanAction[] = [];
  /** Runs the built action in a job of its own. */
  const act = async (step: ActionStep): Promise<RanAction> => {
    const ran = await runAction(step);
    jobs.push(ran);
    return ran;
  };

  afterEach(async () => {
    for (const job of jobs.splice(0)) job.remove();
    await services.close();
    await rm(home, { recursive: true, force: true });
  });

  const run = (options: Partial<Pick<RunOptions, "args" | "env">> = {}): Promise<ProgramRun> =>
    runClaude({ command: claude.command, home, world: services, ...options });

  /** What the user stored: the file of a sign-in, good for 8 h. */
  const login = (): string =>
    JSON.stringify({
      claudeAiOauth: {
        accessToken,
        refreshToken,
        expiresAt: Date.now() + 8 * HOUR_MS,
        scopes: anthropic.LOGIN_SCOPES.split(" "),
        subscriptionType: "max",
        rateLimitTier: "default_claude_max_5x",
      },
    });

  const proof = (...claims: Claim[]): Proof => ({
    target: "claude",
    provider: "anthropic",
    program: "Claude Code",
    version: release.version,
    claims,
  });

  const credentialsFile = (): string => join(home, ".claude", ".credentials.json");

  const readCredentials = async (file = credentialsFile()): Promise<Credentials> =>
    JSON.parse(await readFile(file, "utf8"));

  const writeCredentials = async (content: unknown): Promise<void> => {
    await mkdir(join(home, ".claude"), { recursive: true, mode: 0o700 });
    await writeFile(credentialsFile(), JSON.stringify(content), { mode: 0o600 });
  };

  /** The run printed the model's answer, and each message carried the token as OAuth. */
  const expectAnswered = (result: ProgramRun, token = accessToken): void => {
    expect(result).toMatchObject({ exitCode: 0, stdout: expect.stringContaining(services.anthropic.text) });
    expect(services.anthropic.messages).not.toHaveLength(0);
    for (const message of services.anthropic.messages) {
      expect(bearerOf(message)).toBe(token);
      expect(String(message.headers["anthropic-beta"]).split(",")).toContain("oauth-2025-04-20");
      expect(message.headers).not.toHaveProperty("x-api-key");
    }
  };

  const profileRequests = () => services.requests.filter((request) => request.path.startsWith("/api/oauth/profile"));

  describe("with an access-only file", () => {
    it("answers with the access token of a login", async (context) => {
      proves(context, proof("reads"));
      await act({ home, credential: login(), inputs: { refresh: "never" } });
      const { claudeAiOauth } = await readCredentials();
      expect(claudeAiOauth).toMatchObject({ refreshToken: null, expiresAt: null });
      expect(await readFile(credentialsFile(), "utf8")).not.toContain(refreshToken);

      expectAnswered(await run());
      expect(services.tokenRequests()).toEqual([]);
      // The scopes of the login arrived whole: they let the program ask for the profile.
      expect(profileRequests().map(bearerOf)).toContain(accessToken);
    });

    it("answers with a setup token, which needs no profile", async () => {
      await act({ home, credential: accessToken });
      expect((await readCredentials()).claudeAiOauth.scopes).toEqual(["user:inference"]);

      expectAnswered(await run());
      expect(services.tokenRequests()).toEqual([]);
      expect(profileRequests()).toEqual([]);
    });

    it("sends a token that is long past its end and refreshes nothing", async (context) => {
      proves(context, proof("no-refresh"));
      await act({ home, credential: login(), inputs: { refresh: "never" } });
      // The job outlived its token. An end in the file would be the program's reason to refresh.
      const written = await readCredentials();
      const past = Date.now() - 30 * 24 * HOUR_MS;
      await writeCredentials({ claudeAiOauth: { ...written.claudeAiOauth, expiresAt: past } });

      expectAnswered(await run());
      expect(services.tokenRequests()).toEqual([]);
    });

    it("leaves the other keys of the file alone", async (context) => {
      proves(context, proof("keeps"));
      const others = {
        mcpOAuth: { "docs|0123456789abcdef": { serverName: "docs", accessToken: "elsewhere" } },
        unknownTopLevel: { kept: [1, "two", null] },
      };
      const stale = { accessToken: anthropic.inventAccessToken(), scopes: ["user:inference"] };
      await writeCredentials({ ...others, claudeAiOauth: stale });

      const job = await act({ home, credential: login(), inputs: { refresh: "never" } });
      expect(await readCredentials()).toMatchObject(others);

      expectAnswered(await run());
      expect(await readCredentials()).toMatchObject(others);

      await job.post();
      expect(await readCredentials()).toEqual({ ...others, claudeAiOauth: stale });
    });

    it("is found in CLAUDE_CONFIG_DIR", async () => {
      const folder = join(home, "elsewhere");
      const env = { CLAUDE_CONFIG_DIR: folder };
      await act({ home, credential: login(), inputs: { refresh: "never" }, env });
      await readCredentials(join(folder, ".credentials.json"));
      await expect(stat(credentialsFile())).rejects.toMatchObject({ code: "ENOENT" });

      expectAnswered(await run({ env }));
      expect(services.tokenRequests()).toEqual([]);
    });

    it("makes `claude auth status` say that we are logged in, also with no network", async () => {
      await act({ home, credential: login(), inputs: { refresh: "never" } });
      const written = await readFile(credentialsFile(), "utf8");
      const args = ["auth", "status"];

      const expectLoggedIn = (status: ProgramRun): void => {
        expect(status.exitCode).toBe(0);
        expect(JSON.parse(status.stdout)).toMatchObject({
          loggedIn: true,
          authMethod: "claude.ai",
        });
      };

      // Newer releases ask the API who this is; none may touch the login itself.
      expectLoggedIn(await run({ args }));
      expect(services.tokenRequests()).toEqual([]);
      expect(services.anthropic.messages).toEqual([]);
      if (!release.statusConnects) expect(services.tunnels).toEqual([]);

      await services.close();
      expectLoggedIn(await run({ args }));
      expect(await readFile(credentialsFile(), "utf8")).toBe(written);
    });
  });

  describe("with the variable of target env", () => {
    it("answers with the token and writes no file", async (context) => {
      proves(context, { ...proof("reads"), target: "env" });
      const credential = accessToken;
      const { variables: env } = await act({ home, credential, inputs: { targets: "env" } });
      expect(Object.keys(env)).toContain("CLAUDE_CODE_OAUTH_TOKEN");

      expectAnswered(await run({ env }));
      expect(services.tokenRequests()).toEqual([]);
      await expect(stat(credentialsFile())).rejects.toMatchObject({ code: "ENOENT" });
    });
  });

  describe("with a full file (write-refresh-token)", () => {
    const full = { refresh: "never", "write-refresh-token": "true", "allow-unstored-refresh": "true" };

    it("refreshes by itself, once, and rewrites its own part of the file only", async () => {
      const others = { unknownTopLevel: { kept: true } };
      await writeCredentials(others);
      await act({ home, credential: login(), inputs: full });
      // The job outlived the access token.
      const before = await readCredentials();
      expect(before.claudeAiOauth).toMatchObject({ accessToken, refreshToken });
      const past = Date.now() - HOUR_MS;
      before.claudeAiOauth.expiresAt = past;
      await writeCredentials(before);

      const result = await run();

      expect(services.tokenRequests()).toHaveLength(1);
      const [request] = services.tokenRequests();
      expect(request).toMatchObject({ host: anthropic.TOKEN_HOST, method: "POST" });
      expect(parseBody(request!)).toMatchObject({
        grant_type: "refresh_token",
        refresh_token: refreshToken,
      });
      const [next] = services.anthropic.issued;
      expectAnswered(result, next!.accessToken);

      const after = await readCredentials();
      expect(after).toMatchObject({ ...others, claudeAiOauth: next });
      expect(after.claudeAiOauth.scopes.toSorted()).toEqual(anthropic.LOGIN_SCOPES.split(" "));
      expect(after.claudeAiOauth.expiresAt).toBeGreaterThan(past);
      expect((await stat(credentialsFile())).mode & 0o777).toBe(0o600);
    });

    it("renews it, post stores what it renewed, and the next job works with it", async (context) => {
      proves(context, proof("captures"));
      const pat = "github_pat_of_the_readers_0123456789abcdef";
      const github = await startGitHub({ tokens: { [pat]: { permissions: { secrets: "write" } } } });
      try {
        github.setSecretByUser("LOGIN", login(), { at: Date.now() - HOUR_MS });
        const inputs = { refresh: "never", "rotate-to": "LOGIN", "secrets-token": pat };
        const repository = { GITHUB_API_URL: github.apiUrl, GITHUB_REPOSITORY: "octo/demo" };
        const step = {
          home,
          credential: login(),
          inputs: { ...inputs, "write-refresh-token": "true" },
          github: repository,
        };
        const job = await act(step);
        const file = await readCredentials();
        file.claudeAiOauth.expiresAt = Date.now() - HOUR_MS;
        await writeCredentials(file);
        const renewing = await run();
        expectAnswered(renewing, services.anthropic.issued[0]!.accessToken);

        const post = await job.post();

        expect(post.log).toContain("renewed is now stored");
        await expect(stat(credentialsFile())).rejects.toMatchObject({ code: "ENOENT" });
        const stored = openEnvelope(github.secret("LOGIN") ?? "").credential;
        expect(stored.refresh?.reveal()).toBe(services.anthropic.issued[0]!.refreshToken);
        expect(github.violations).toEqual([]);

        await act({ home, credential: github.secret("LOGIN")!, inputs, github: repository });
        expectAnswered(await run(), services.anthropic.issued[0]!.accessToken);
        expect(services.tokenRequests(), "refreshes in both jobs").toHaveLength(1);
      } finally {
        await github.close();
      }
    });

    // The wiped entry is a shape that post must never take for a new generation.
    it.runIf(release.wipesDeadLogin)("wipes a login that was spent elsewhere", async () => {
      await act({ home, credential: login(), inputs: full });
      const { claudeAiOauth } = await readCredentials();
      const spent = { accessToken: anthropic.inventAccessToken(), expiresAt: Date.now() - HOUR_MS };
      const unknown = anthropic.inventRefreshToken();
      await writeCredentials({ claudeAiOauth: { ...claudeAiOauth, ...spent, refreshToken: unknown } });

      expect((await run()).exitCode).toBe(1);
      expect(services.tokenRequests().map((request) => parseBody(request))).toContainEqual(
        expect.objectContaining({ refresh_token: unknown }),
      );
      expect(services.anthropic.issued).toEqual([]);
      const wiped = { accessToken: "", refreshToken: "", expiresAt: 0 };
      expect((await readCredentials()).claudeAiOauth).toMatchObject(wiped);
    });
  });

  it("rejects a file without scopes (so the tests above can fail)", async () => {
    await writeCredentials({ claudeAiOauth: { accessToken, refreshToken: null, expiresAt: null } });

    const result = await run();
    expect(result.exitCode).toBe(1);
    expect(result.stdout + result.stderr).toContain("Not logged in");
    expect(services.anthropic.messages).toEqual([]);
  });
});

/**
 * The proof by the real program: what the action writes is read by unmodified releases of Codex, which then talk to
 * loopback services (see world.ts).
 */
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { openEnvelope } from "../../src/credential/envelope.ts";
import { startGitHub } from "../support/github/server.ts";
import { type ActionStep, type RanAction, runAction } from "./action.ts";
import { type Installed, ensureCodex } from "./install.ts";
import * as openai from "./openai-services.ts";
import { type Claim, type Proof, proves } from "./proof.ts";
import { CODEX } from "./releases.ts";
import { runCodex } from "./run-codex.ts";
import type { ProgramRun, RunOptions } from "./run-program.ts";
import { bearerOf, parseBody, pathOf } from "./wire.ts";
import { type World, startWorld } from "./world.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const VERSIONS = [
  // It renews a login whose access token ends within five minutes.
  { version: CODEX.newest, about: "current", renewsBy: "end" },
  // It renews a login that it has not renewed for eight days, whatever its token says.
  { version: CODEX.old, about: "old", renewsBy: "age" },
] as const;

/** `auth.json`, as far as the tests read it. */
type AuthFile = {
  [other: string]: unknown;
  tokens: { id_token: string; access_token: string; refresh_token: string; account_id: string };
  last_refresh: string;
};

describe.each(VERSIONS)("Codex $version ($about)", (release) => {
  let codex: Installed;
  let home: string;
  let services: World;
  /** What the API takes; it takes nothing while this is empty. */
  let accepted: Set<string>;
  let accountId: string;
  let accessToken: string;
  let idToken: string;
  let refreshToken: string;

  beforeAll(async () => {
    codex = await ensureCodex(release.version);
  });

  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), "readers-home-"));
    refreshToken = openai.inventOpenaiRefreshToken();
    accepted = new Set();
    services = await startWorld({
      openai: { accept: (bearer) => accepted.has(bearer), refreshTokens: [refreshToken] },
    });
    accountId = services.openai.accountId;
    accessToken = accessTokenFor(5 * DAY_MS);
    idToken = openai.inventJwt({ accountId, expiresAt: Date.now() + HOUR_MS });
  });

  const jobs: RanAction[] = [];
  /** Runs the built action in a job of its own. */
  const act = async ({ inputs, ...step }: Omit<ActionStep, "home">): Promise<RanAction> => {
    const anywhere = { "allow-public-repository": "true" }; // it asks nobody whether this one is public
    const ran = await runAction({ home, inputs: { targets: "codex", ...anywhere, ...inputs }, ...step });
    jobs.push(ran);
    return ran;
  };

  afterEach(async () => {
    for (const job of jobs.splice(0)) job.remove();
    await services.close();
    await rm(home, { recursive: true, force: true });
  });

  /** One that the API takes, with an end so far from now. */
  const accessTokenFor = (ms: number): string => {
    const token = openai.inventJwt({ accountId, expiresAt: Date.now() + ms });
    accepted.add(token);
    return token;
  };

  const run = (options: Partial<Pick<RunOptions, "args" | "env">> = {}): Promise<ProgramRun> =>
    runCodex({ command: codex.command, home, world: services, ...options });

  /** What the user stored: the file of a sign-in, as Codex left it. */
  const login = (): string =>
    JSON.stringify({
      auth_mode: "chatgpt",
      OPENAI_API_KEY: null,
      tokens: { id_token: idToken, access_token: accessToken, refresh_token: refreshToken, account_id: accountId },
      last_refresh: new Date(Date.now() - 5 * DAY_MS).toISOString(),
    });

  const proof = (...claims: Claim[]): Proof => ({
    target: "codex",
    provider: "openai",
    program: "Codex",
    version: release.version,
    claims,
  });

  const authFile = (folder = join(home, ".codex")): string => join(folder, "auth.json");

  const readAuth = async (file = authFile()): Promise<AuthFile> => JSON.parse(await readFile(file, "utf8"));

  const writeAuth = async (content: unknown): Promise<string> => {
    await mkdir(join(home, ".codex"), { recursive: true, mode: 0o700 });
    const text = JSON.stringify(content);
    await writeFile(authFile(), text, { mode: 0o600 });
    return text;
  };

  /** The job outlived its access token, by whatever the program goes by. Gives the token that stands there now. */
  const outlive = async (): Promise<string> => {
    const file = await readAuth();
    const access_token = accessTokenFor(-HOUR_MS);
    const last_refresh = new Date(Date.now() - 30 * DAY_MS).toISOString();
    await writeAuth({ ...file, tokens: { ...file.tokens, access_token }, last_refresh });
    return access_token;
  };

  /** The run printed the model's answer, and each message carried the token and the account. */
  const expectAnswered = (result: ProgramRun, token = accessToken): void => {
    expect(result).toMatchObject({ exitCode: 0, stdout: expect.stringContaining(services.openai.text) });
    expect(services.openai.messages).not.toHaveLength(0);
    for (const message of services.openai.messages) {
      expect(bearerOf(message)).toBe(token);
      expect(message.headers["chatgpt-account-id"]).toBe(accountId);
    }
  };

  const revocations = () => services.requests.filter((request) => pathOf(request) === "/oauth/revoke");

  describe("with an access-only file", () => {
    it("answers with the access token of a login, for its account", async (context) => {
      proves(context, proof("reads"));
      await act({ credential: login(), inputs: { refresh: "never" } });
      expect((await readAuth()).tokens).toMatchObject({ id_token: idToken, refresh_token: "" });
      expect(await readFile(authFile(), "utf8")).not.toContain(refreshToken);
      expect((await stat(authFile())).mode & 0o777).toBe(0o600);

      expectAnswered(await run());
      expect(services.tokenRequests()).toEqual([]);
    });

    it("answers with an access token that was stored alone", async () => {
      await act({ credential: accessToken });

      expectAnswered(await run());
      expect(services.tokenRequests()).toEqual([]);
    });

    it("asks no token endpoint: not when the token has ended, nor when it is turned away", async (context) => {
      proves(context, proof("no-refresh"));
      await act({ credential: login(), inputs: { refresh: "never" } });
      const ended = await outlive();
      expectAnswered(await run(), ended);
      expect(services.tokenRequests()).toEqual([]);

      accepted.clear();
      expect((await run()).exitCode).toBe(1);
      expect(services.tokenRequests()).toEqual([]);
      expect(services.openai.issued).toEqual([]);
    });

    it("would ask one, with nothing in hand, in the mode of a sign-in (so the test above can fail)", async () => {
      await act({ credential: login(), inputs: { refresh: "never" } });
      await writeAuth({ ...(await readAuth()), auth_mode: "chatgpt" });
      accepted.clear();

      expect((await run()).exitCode).toBe(1);
      expect(services.tokenRequests()).not.toEqual([]);
      for (const request of services.tokenRequests()) expect(parseBody(request)["refresh_token"]).toBe("");
    });

    it("revokes nothing that other jobs share when the job signs out", async () => {
      await act({ credential: login(), inputs: { refresh: "never" } });

      expect((await run({ args: ["logout"] })).exitCode).toBe(0);
      await expect(stat(authFile())).rejects.toMatchObject({ code: "ENOENT" });
      expect(revocations()).toEqual([]);
      expect(services.tokenRequests()).toEqual([]);
    });

    it("gives back the API key and the unknown fields that stood there", async (context) => {
      proves(context, proof("keeps"));
      const others = { unknown_field: { kept: [1, "two", null] } };
      const before = await writeAuth({ auth_mode: "apikey", OPENAI_API_KEY: "sk-proj-of-the-readers", ...others });

      const job = await act({ credential: login(), inputs: { refresh: "never" } });
      expect(await readAuth()).toMatchObject({ ...others, OPENAI_API_KEY: null });

      expectAnswered(await run());
      expect(await readAuth()).toMatchObject(others);

      await job.post();
      expect(await readFile(authFile(), "utf8")).toBe(before);
    });

    it("is found in CODEX_HOME", async () => {
      const folder = join(home, "elsewhere");
      const env = { CODEX_HOME: folder };
      await act({ credential: login(), inputs: { refresh: "never" }, env });
      await readAuth(authFile(folder));
      await expect(stat(authFile())).rejects.toMatchObject({ code: "ENOENT" });

      expectAnswered(await run({ env }));
      expect(services.tokenRequests()).toEqual([]);
    });

    it("makes `codex login status` say that we are logged in, with no network", async () => {
      await act({ credential: login(), inputs: { refresh: "never" } });
      const written = await readFile(authFile(), "utf8");
      await services.close();

      const status = await run({ args: ["login", "status"] });
      expect(status).toMatchObject({ exitCode: 0, stderr: expect.stringContaining("Logged in using ChatGPT") });
      expect(await readFile(authFile(), "utf8")).toBe(written);
    });
  });

  describe("with a full file (write-refresh-token)", () => {
    const full = { refresh: "never", "write-refresh-token": "true" };

    it("refreshes by itself, once, and rewrites the file", async () => {
      await act({ credential: login(), inputs: { ...full, "allow-unstored-refresh": "true" } });
      expect((await readAuth()).tokens).toMatchObject({ access_token: accessToken, refresh_token: refreshToken });
      await outlive();

      const result = await run();

      expect(services.tokenRequests()).toHaveLength(1);
      const [request] = services.tokenRequests();
      expect(request).toMatchObject({ host: openai.AUTH_HOST, method: "POST" });
      expect(parseBody(request!)).toMatchObject({ grant_type: "refresh_token", refresh_token: refreshToken });
      const [next] = services.openai.issued;
      expectAnswered(result, next!.accessToken);
      expect(await readAuth()).toMatchObject({
        auth_mode: "chatgpt",
        tokens: {
          access_token: next!.accessToken,
          id_token: next!.idToken,
          refresh_token: next!.refreshToken,
          account_id: accountId,
        },
      });
      expect((await stat(authFile())).mode & 0o777).toBe(0o600);
    });

    it("renews it, post stores what it renewed, and the next job works with it", async (context) => {
      proves(context, proof("captures"));
      const pat = "github_pat_of_the_readers_0123456789abcdef";
      const github = await startGitHub({ tokens: { [pat]: { permissions: { secrets: "write" } } } });
      try {
        github.setSecretByUser("LOGIN", login(), { at: Date.now() - HOUR_MS });
        const inputs = { refresh: "never", "rotate-to": "LOGIN", "secrets-token": pat };
        const repository = { GITHUB_API_URL: github.apiUrl, GITHUB_REPOSITORY: "octo/demo" };
        const step = { credential: login(), inputs: { ...inputs, "write-refresh-token": "true" }, github: repository };
        const job = await act(step);
        await outlive();
        const renewing = await run();
        const next = services.openai.issued[0]!;
        expectAnswered(renewing, next.accessToken);

        const post = await job.post();

        expect(post.log).toContain("renewed is now stored");
        await expect(stat(authFile())).rejects.toMatchObject({ code: "ENOENT" });
        const stored = openEnvelope(github.secret("LOGIN") ?? "").credential;
        expect(stored).toMatchObject({ provider: "openai", kind: "login", accountId });
        expect(stored.refresh?.reveal()).toBe(next.refreshToken);
        expect(github.violations).toEqual([]);

        await act({ credential: github.secret("LOGIN")!, inputs, github: repository });
        expect((await readAuth()).tokens).toMatchObject({ id_token: next.idToken, refresh_token: "" });
        expectAnswered(await run(), next.accessToken);
        expect(services.tokenRequests(), "refreshes in both jobs").toHaveLength(1);
      } finally {
        await github.close();
      }
    });
  });

  it("sends no token of a file without `last_refresh` (so the tests above can fail)", async () => {
    await act({ credential: login(), inputs: { refresh: "never" } });
    const { last_refresh: _left, ...rest } = await readAuth();
    await writeAuth(rest);

    expect((await run()).exitCode).toBe(1);
    expect(services.requests.map(bearerOf)).not.toContain(accessToken);
  });
});

/**
 * What is to be proved of a program whose file is one JSON object with an entry for each provider: pi and opencode,
 * each release, with each provider that it can use.
 */
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { openEnvelope } from "../../src/credential/envelope.ts";
import { startGitHub } from "../support/github/server.ts";
import { type ActionStep, type RanAction, runAction } from "./action.ts";
import * as anthropic from "./anthropic-services.ts";
import type { Installed } from "./install.ts";
import * as openai from "./openai-services.ts";
import { type Claim, proves } from "./proof.ts";
import type { ProgramRun } from "./run-program.ts";
import type { RecordedRequest } from "./tls-proxy.ts";
import { bearerOf, parseBody } from "./wire.ts";
import { type World, startWorld } from "./world.ts";

const HOUR_MS = 3_600_000;

export type Reader = {
  /** As in the input `targets`. */
  target: "pi" | "opencode";
  version: string;
  provider: "anthropic" | "openai";
  /** The provider's entry in the file. */
  key: string;
  /** The `type` of an entry that is a key alone. */
  keyType: string;
  /** The file, from the home. */
  file: string;
  install: () => Promise<Installed>;
  /** Asks the provider's model one question. */
  ask: (
    installed: Installed,
    where: { home: string; world: World; env?: Record<string, string> },
  ) => Promise<ProgramRun>;
};

/** One entry of the file, as far as the tests read it. */
type Entry = { [other: string]: unknown; type: string; access?: string; refresh?: string; key?: string };
type AuthFile = Record<string, Entry>;

/** What the tests of one program have at hand; new for each test. */
export type Stage = {
  home: string;
  world: World;
  accessToken: string;
  refreshToken: string;
  /** What the user stores: the program's own file after a sign-in, good for 8 h. */
  login: () => string;
  /** Runs the built action with the program as its target. */
  act: (step?: Partial<ActionStep>) => Promise<RanAction>;
  ask: (env?: Record<string, string>) => Promise<ProgramRun>;
  readFile: () => Promise<AuthFile>;
  writeFile: (content: unknown) => Promise<void>;
  /** What asked the model. */
  messages: () => RecordedRequest[];
  /** The run printed the model's answer, and each question carried the token. */
  expectAnswered: (run: ProgramRun, token?: string) => void;
};

/** Describes the program's tests; `more` adds its own. The stage is filled before each test. */
export function readerSuite(reader: Reader, more: (stage: Stage) => void = () => {}): void {
  const { target, version, provider, key, keyType } = reader;
  const proof = (...claims: Claim[]) => ({ target, provider, program: target, version, claims });

  describe(`${target} ${version} with ${provider}`, () => {
    const stage = {} as Stage;
    const jobs: RanAction[] = [];
    let installed: Installed;

    beforeAll(async () => {
      installed = await reader.install();
    });
    beforeEach(async () => {
      Object.assign(stage, await setStage(reader, () => installed, jobs));
    });
    afterEach(async () => {
      for (const job of jobs.splice(0)) job.remove();
      await stage.world.close();
      await rm(stage.home, { recursive: true, force: true });
    });
    const path = () => join(stage.home, reader.file);

    it("answers with the access token of a login, and is given no refresh token", async (context) => {
      proves(context, proof("reads"));
      const job = await stage.act();
      const written = await readFile(path(), "utf8");
      expect(written).not.toContain(stage.refreshToken);
      expect((await stat(path())).mode & 0o777).toBe(0o600);

      stage.expectAnswered(await stage.ask());
      expect(stage.world.tokenRequests()).toEqual([]);
      expect(await readFile(path(), "utf8")).toBe(written);

      await job.post();
      await expect(stat(path())).rejects.toMatchObject({ code: "ENOENT" });
    });

    it("sends a token that has ended, and asks for no other when it is refused", async (context) => {
      proves(context, proof("no-refresh"));
      await stage.act();
      // The job outlived its token: what tells an end that can come says that it has come.
      const ended = inventToken(provider, stage.world.openai.accountId, Date.now() - HOUR_MS);
      const text = (await readFile(path(), "utf8")).replaceAll(stage.accessToken, ended);
      const { [key]: entry, ...others } = JSON.parse(text) as AuthFile;
      if (Number(entry?.["expires"]) < Date.UTC(2100, 0)) entry!["expires"] = Date.now() - HOUR_MS;
      await stage.writeFile({ ...others, [key]: entry });

      expect((await stage.ask()).exitCode).not.toBe(0);
      expect(stage.messages()).not.toHaveLength(0);
      for (const message of stage.messages()) expect(bearerOf(message)).toBe(ended);
      expect(stage.world.tokenRequests()).toEqual([]);
    });

    it("asks the token endpoint for an entry whose end is told (so the test above can fail)", async () => {
      const entry = { type: "oauth", access: stage.accessToken, refresh: "", expires: Date.now() - HOUR_MS };
      await stage.writeFile({ [key]: entry });

      expect((await stage.ask()).exitCode).not.toBe(0);
      expect(stage.world.tokenRequests().map((request) => parseBody(request))).toContainEqual(
        expect.objectContaining({ refresh_token: "" }),
      );
    });

    it("finds the other entries of the file as they were, during the job and after it", async (context) => {
      proves(context, proof("keeps"));
      const before = {
        groq: { type: keyType, key: "elsewhere", env: { A: "b" } },
        [key]: { type: keyType, key: "an-api-key-of-the-user" },
        xai: { type: "oauth", access: "a", refresh: "r", expires: 1, unknown: [1, { two: null }] },
        unknown: { type: "of a newer release" },
      };
      await stage.writeFile(before);
      const text = await readFile(path(), "utf8");

      const job = await stage.act();
      const { [key]: ours, ...kept } = await stage.readFile();
      const { [key]: _, ...others } = before;
      expect(kept).toEqual(others);
      expect(JSON.stringify(ours)).toContain(stage.accessToken);
      stage.expectAnswered(await stage.ask());

      await job.post();
      expect(await readFile(path(), "utf8")).toBe(text);
    });

    it("renews a login that it was given whole; post stores it, and the next job works with it", async (context) => {
      proves(context, proof("captures"));
      const pat = "github_pat_of_the_readers_0123456789abcdef";
      const github = await startGitHub({ tokens: { [pat]: { permissions: { secrets: "write" } } } });
      try {
        github.setSecretByUser("LOGIN", stage.login(), { at: Date.now() - HOUR_MS });
        const inputs = { "rotate-to": "LOGIN", "secrets-token": pat };
        const repository = { GITHUB_API_URL: github.apiUrl, GITHUB_REPOSITORY: "octo/demo" };
        const job = await stage.act({ inputs: { ...inputs, "write-refresh-token": "true" }, github: repository });
        const { [key]: entry } = await stage.readFile();
        expect(entry).toMatchObject({ type: "oauth", access: stage.accessToken, refresh: stage.refreshToken });
        // The job outlived the access token.
        await stage.writeFile({ [key]: { ...entry, expires: Date.now() - HOUR_MS } });

        const renewing = await stage.ask();

        const [next] = stage.world[provider].issued;
        stage.expectAnswered(renewing, next!.accessToken);
        expect(stage.world.tokenRequests().map((request) => parseBody(request)["refresh_token"])).toEqual([
          stage.refreshToken,
        ]);

        const post = await job.post();

        expect(post.log).toContain("renewed is now stored");
        await expect(stat(path())).rejects.toMatchObject({ code: "ENOENT" });
        const stored = openEnvelope(github.secret("LOGIN") ?? "").credential;
        expect(stored.refresh?.reveal()).toBe(next!.refreshToken);
        expect(stored.accessExpiresAt).toBeGreaterThan(Date.now() + 7 * HOUR_MS);
        expect(github.violations).toEqual([]);

        await stage.act({ credential: github.secret("LOGIN")!, inputs, github: repository });
        stage.world[provider].messages.splice(0);
        stage.expectAnswered(await stage.ask(), next!.accessToken);
        expect(stage.world.tokenRequests(), "refreshes in both jobs").toHaveLength(1);
      } finally {
        await github.close();
      }
    });

    more(stage);
  });
}

async function setStage(reader: Reader, installed: () => Installed, jobs: RanAction[]): Promise<Stage> {
  const { target, provider, key } = reader;
  const home = await mkdtemp(join(tmpdir(), "readers-home-"));
  const file = join(home, reader.file);
  const good = new Set<string>();
  const refreshToken = provider === "openai" ? openai.inventOpenaiRefreshToken() : anthropic.inventRefreshToken();
  const options = { accept: (bearer: string) => good.has(bearer), refreshTokens: [refreshToken] };
  const world = await startWorld({ [provider]: options });
  const { accountId } = world.openai;
  const end = Date.now() + 8 * HOUR_MS;
  const accessToken = inventToken(provider, accountId, end);
  good.add(accessToken);
  const login = () =>
    JSON.stringify({ [key]: { type: "oauth", access: accessToken, refresh: refreshToken, expires: end } });
  const messages = () => world[provider].messages;
  return {
    home,
    world,
    accessToken,
    refreshToken,
    login,
    act: async ({ inputs, ...step } = {}) => {
      const all = { targets: target, refresh: "never", "allow-public-repository": "true", ...inputs };
      const ran = await runAction({ home, credential: login(), ...step, inputs: all });
      jobs.push(ran);
      return ran;
    },
    ask: (env) => reader.ask(installed(), { home, world, ...(env && { env }) }),
    readFile: async () => JSON.parse(await readFile(file, "utf8")) as AuthFile,
    writeFile: async (content) => {
      await mkdir(dirname(file), { recursive: true, mode: 0o700 });
      await writeFile(file, JSON.stringify(content, null, 2), { mode: 0o600 });
    },
    messages,
    expectAnswered: (run, token = accessToken) => {
      expect(run).toMatchObject({ exitCode: 0, stdout: expect.stringContaining(world[provider].text) });
      expect(messages()).not.toHaveLength(0);
      for (const message of messages()) {
        expect(bearerOf(message)).toBe(token);
        expect(message.headers).not.toHaveProperty("x-api-key");
        if (provider === "openai") expect(message.headers["chatgpt-account-id"]).toBe(accountId);
      }
    },
  };
}

/** Only OpenAI's tokens tell when they end. */
function inventToken(provider: Reader["provider"], accountId: string, expiresAt: number): string {
  return provider === "openai" ? openai.inventJwt({ accountId, expiresAt }) : anthropic.inventAccessToken();
}

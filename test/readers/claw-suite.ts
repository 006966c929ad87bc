/**
 * What is to be proved of the programs with an `auth-profiles.json`: Clawdbot, and OpenClaw up to 2026.6.1, with
 * each provider.
 */
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { openEnvelope } from "../../src/credential/envelope.ts";
import { startGitHub } from "../support/github/server.ts";
import { type ActionStep, type RanAction, runAction } from "./action.ts";
import * as anthropic from "./anthropic-services.ts";
import { type Gate, openGate } from "./claw-gate.ts";
import { askClaw, caged, pathWith, runClaw } from "./claw-program.ts";
import type { Installed } from "./install.ts";
import * as openai from "./openai-services.ts";
import { type Claim, proves } from "./proof.ts";
import type { ProgramRun } from "./run-program.ts";
import type { RecordedRequest } from "./tls-proxy.ts";
import { bearerOf, parseBody } from "./wire.ts";
import { type World, startWorld } from "./world.ts";

export const HOUR_MS = 3_600_000;

export type ClawReader = {
  /** As in the input `targets`. */
  target: "clawdbot" | "openclaw";
  /** As people call it. */
  title: string;
  version: string;
  provider: "anthropic" | "openai";
  /** The program's name for the provider. */
  name: string;
  /** As its settings name it. */
  model: string;
  /** A model that the question itself names. */
  askedModel?: string;
  install: () => Promise<Installed>;
  /** Whether the action runs the program. */
  asked: boolean;
  /** Whether requests to OpenAI name the account. */
  namesAccount: boolean;
};

export type Profile = { [other: string]: unknown; type: string; provider: string };
/** `auth-profiles.json`, as far as the tests read it. */
export type Store = {
  [other: string]: unknown;
  profiles: Record<string, Profile>;
  order?: Record<string, string[]>;
  lastGood?: Record<string, string>;
  usageStats?: Record<string, unknown>;
};

/** What the tests of one program have at hand; new for each test. */
export type ClawStage = {
  home: string;
  world: World;
  accessToken: string;
  refreshToken: string;
  accountId: string;
  /** What the user stores: the program's own file after a sign-in, good for 8 h. */
  login: () => string;
  /** Runs the built action with the program as its target. */
  act: (step?: Partial<ActionStep>) => Promise<RanAction>;
  /** Asks the provider's model one question. */
  ask: (env?: Record<string, string>) => Promise<ProgramRun>;
  /** Runs one of its commands. */
  run: (...args: string[]) => Promise<ProgramRun>;
  /** The file, and one beside it. */
  path: (name?: string) => string;
  readStore: () => Promise<Store>;
  writeStore: (content: unknown) => Promise<void>;
  /** Has the provider take one more access token. */
  accept: (token: string) => void;
  /** What asked the model. */
  messages: () => RecordedRequest[];
  /** The run printed the model's answer, and each question carried the token. */
  expectAnswered: (run: ProgramRun, token?: string) => void;
};

/** Describes tests of the program. The stage is filled before each. */
export function describeClaw(reader: ClawReader, tests: (stage: ClawStage) => void): void {
  describe(`${reader.title} ${reader.version} with ${reader.provider}`, () => {
    const stage = {} as ClawStage;
    const jobs: RanAction[] = [];
    let installed: Installed;
    let gate: Gate;

    beforeAll(async () => {
      installed = await reader.install();
    });
    beforeEach(async () => {
      Object.assign(
        stage,
        await setStage(
          reader,
          jobs,
          () => installed,
          () => caged(installed, stage.world, gate.port),
        ),
      );
      gate = await openGate(stage.world);
    });
    afterEach(async () => {
      for (const job of jobs.splice(0)) job.remove();
      await gate.close();
      await stage.world.close();
      await rm(stage.home, { recursive: true, force: true });
    });
    tests(stage);
  });
}

/** What every release with the file has to show; `more` adds its own. */
export function clawSuite(reader: ClawReader, more: (stage: ClawStage) => void = () => {}): void {
  const { target, title, version, provider, name } = reader;
  const id = `${provider === "openai" ? "openai-codex" : "anthropic"}:default`;
  const proof = (...claims: Claim[]) => ({ target, provider, program: title, version, claims });

  describeClaw(reader, (stage) => {
    it("answers with the access token of a login, and is given no refresh token", async (context) => {
      proves(context, proof("reads"));
      const job = await stage.act();
      expect((await stage.readStore()).profiles).toEqual({
        [id]: { type: "token", provider: name, token: stage.accessToken },
      });
      expect(await readFile(stage.path(), "utf8")).not.toContain(stage.refreshToken);
      expect((await stat(stage.path())).mode & 0o777).toBe(0o600);

      stage.expectAnswered(await stage.ask());
      expect(stage.world.tokenRequests()).toEqual([]);

      await job.post();
      await expect(stat(stage.path())).rejects.toMatchObject({ code: "ENOENT" });
    });

    it("sends a token that has ended, and asks for no other when it is refused", async (context) => {
      proves(context, proof("no-refresh"));
      await stage.act();
      // The job outlived its token: what tells an end says that it has come.
      const ended = inventToken(provider, stage.accountId, Date.now() - HOUR_MS);
      const text = (await readFile(stage.path(), "utf8")).replaceAll(stage.accessToken, ended);
      await writeFile(stage.path(), text.replaceAll(/"expires": \d+/g, `"expires": ${Date.now() - HOUR_MS}`));

      expect((await stage.ask()).stdout).not.toContain(stage.world[provider].text);
      expect(stage.messages()).not.toHaveLength(0);
      for (const message of stage.messages()) expect(bearerOf(message)).toBe(ended);
      expect(stage.world.tokenRequests()).toEqual([]);
    });

    it("renews a login that it was given whole; post stores it", async (context) => {
      proves(context, proof("captures"));
      const pat = "github_pat_of_the_readers_0123456789abcdef";
      const github = await startGitHub({ tokens: { [pat]: { permissions: { secrets: "write" } } } });
      try {
        github.setSecretByUser("LOGIN", stage.login(), { at: Date.now() - HOUR_MS });
        const job = await stage.act({
          inputs: { "rotate-to": "LOGIN", "secrets-token": pat, "write-refresh-token": "true" },
          github: { GITHUB_API_URL: github.apiUrl, GITHUB_REPOSITORY: "octo/demo" },
        });
        const store = await stage.readStore();
        const profile = store.profiles[id]!;
        expect(profile).toMatchObject({ type: "oauth", access: stage.accessToken, refresh: stage.refreshToken });
        // The job outlived the access token.
        await stage.writeStore({ ...store, profiles: { [id]: { ...profile, expires: Date.now() - HOUR_MS } } });

        const renewing = await stage.ask();

        const [next] = stage.world[provider].issued;
        stage.expectAnswered(renewing, next!.accessToken);
        expect(stage.world.tokenRequests().map((request) => parseBody(request)["refresh_token"])).toEqual([
          stage.refreshToken,
        ]);

        const post = await job.post();

        expect(post.log).toContain("renewed is now stored");
        await expect(stat(stage.path())).rejects.toMatchObject({ code: "ENOENT" });
        const stored = openEnvelope(github.secret("LOGIN") ?? "").credential;
        expect(stored.access?.reveal()).toBe(next!.accessToken);
        expect(stored.refresh?.reveal()).toBe(next!.refreshToken);
        expect(stored.accessExpiresAt).toBeGreaterThan(Date.now() + 7 * HOUR_MS);
        expect(github.violations).toEqual([]);
      } finally {
        await github.close();
      }
    });

    more(stage);
  });
}

/** What every release has to show with a Claude login in the variable that needs no version to be asked. */
export function takesVariable({ title, version }: Pick<ClawReader, "title" | "version">, stage: ClawStage): void {
  const target = "env:ANTHROPIC_OAUTH_TOKEN";
  it(`answers with the variable of target ${target}, without a file`, async (context) => {
    proves(context, { target, provider: "anthropic", program: title, version, claims: ["reads"] });
    const { variables } = await stage.act({ inputs: { targets: target } });
    await expect(stat(stage.path())).rejects.toMatchObject({ code: "ENOENT" });
    expect(variables["ANTHROPIC_OAUTH_TOKEN"]).toBe(stage.accessToken);

    stage.expectAnswered(await stage.ask({ ANTHROPIC_OAUTH_TOKEN: stage.accessToken }));
    expect(stage.world.tokenRequests()).toEqual([]);
  });
}

async function setStage(
  reader: ClawReader,
  jobs: RanAction[],
  installed: () => Installed,
  cage: () => Promise<Record<string, string>>,
): Promise<ClawStage> {
  const { target, provider, name, model } = reader;
  const home = await mkdtemp(join(tmpdir(), "readers-home-"));
  const folder = join(home, `.${target}`);
  const path = (file = "auth-profiles.json") => join(folder, "agents", "main", "agent", file);
  const put = async (file: string, content: unknown) => {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    await writeFile(file, JSON.stringify(content, null, 2), { mode: 0o600 });
  };
  await put(join(folder, `${target}.json`), {
    agents: { defaults: { model: { primary: model }, skipBootstrap: true } },
    // They have nothing to do with a login, and take a third of the processor's time for a question.
    plugins: { slots: { memory: "none" } },
    tools: { profile: "minimal" },
  });

  const good = new Set<string>();
  const refreshToken = provider === "openai" ? openai.inventOpenaiRefreshToken() : anthropic.inventRefreshToken();
  const options = { accept: (bearer: string) => good.has(bearer), refreshTokens: [refreshToken] };
  const tokenHosts = [anthropic.TOKEN_HOST, "console.anthropic.com"];
  const world = await startWorld(
    provider === "openai" ? { openai: options } : { anthropic: { ...options, tokenHosts } },
  );
  const { accountId } = world.openai;
  const end = Date.now() + 8 * HOUR_MS;
  const accessToken = inventToken(provider, accountId, end);
  good.add(accessToken);

  const profile = { type: "oauth", provider: name, access: accessToken, refresh: refreshToken, expires: end };
  const login = () => JSON.stringify({ version: 1, profiles: { [`${name}:mine`]: profile } });
  const messages = () => world[provider].messages;
  return {
    home,
    world,
    accessToken,
    refreshToken,
    accountId,
    login,
    act: async ({ inputs, env, ...step } = {}) => {
      const ran = await runAction({
        home,
        credential: login(),
        ...step,
        inputs: { targets: target, refresh: "never", ...inputs },
        // Each of the program's commands takes seconds, and there may be five.
        ...(reader.asked && { timeoutMs: 600_000 }),
        env: { ...(reader.asked && { ...(await cage()), PATH: pathWith(installed()) }), ...env },
      });
      jobs.push(ran);
      return ran;
    },
    ask: (env) => askClaw(installed(), { home, world, ...(env && { env }) }, reader.askedModel),
    run: (...args) => runClaw(installed(), { home, world, args }),
    path,
    readStore: async () => JSON.parse(await readFile(path(), "utf8")) as Store,
    writeStore: (content) => put(path(), content),
    accept: (token) => good.add(token),
    messages,
    expectAnswered: (run, token = accessToken) => {
      expect(run).toMatchObject({ exitCode: 0, stdout: expect.stringContaining(world[provider].text) });
      expect(messages()).not.toHaveLength(0);
      for (const message of messages()) {
        expect(bearerOf(message)).toBe(token);
        expect(message.headers).not.toHaveProperty("x-api-key");
        if (provider === "openai" && reader.namesAccount) {
          expect(message.headers["chatgpt-account-id"]).toBe(accountId);
        }
      }
    },
  };
}

/** Only OpenAI's tokens tell when they end. */
export function inventToken(provider: ClawReader["provider"], accountId: string, expiresAt: number): string {
  return provider === "openai" ? openai.inventJwt({ accountId, expiresAt }) : anthropic.inventAccessToken();
}

/**
 * A login that its ledger did not take, nor the secret beside it: the built action, the real authorization server with
 * reuse detection, a GitHub whose refs are a real git repository, and the Actions cache in which the sealed copy waits
 * for the next run. The tests wait for minutes each, for what is tried again: so all of them at once.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { text as textOf } from "node:stream/consumers";
import { fileURLToPath, pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readMessage } from "../../src/ledger/git-message.ts";
import { type Keyring, makeRootKey, parseKeys } from "../../src/ledger/keys.ts";
import type { RootRecord } from "../../src/ledger/record.ts";
import { openRecord } from "../../src/ledger/record-text.ts";
import { sealCopy } from "../../src/recovery/copy.ts";
import { Secret } from "../../src/secret.ts";
import { claudeFileOf } from "../scenario/login-file.ts";
import { ACTION, type Ran, type RunOptions, type Stage, stage } from "../scenario/stage.ts";
import { packed, tar, versionOf } from "../support/cache/archives.ts";
import { type Azurite, startAzurite } from "../support/cache/azurite.ts";
import { type CacheService, startCacheService } from "../support/cache/service.ts";
import { newLogin } from "../unit/src/support.ts";

const CLI = fileURLToPath(new URL("dist/cli.mjs", pathToFileURL(ACTION)));
const REF = "refs/oauth-creds/v1/anthropic/default";
const SITE = { place: `github:1296269:${REF}`, provider: "anthropic", account: "default" } as const;
const MAIN = "refs/heads/main";
const HOUR = 3_600_000;
const STEP_MS = 280_000;

let azurite: Azurite;
beforeAll(async () => {
  azurite = await startAzurite();
});
afterAll(async () => azurite?.close());

interface Here extends Stage {
  readonly cache: CacheService;
  readonly rootKey: string;
  readonly token: string;
  job(options?: RunOptions): Promise<Ran>;
  /** What stands in the ledger. */
  record(): Promise<RootRecord>;
  /** Neither the ledger nor the secret can be written from now on; and again. */
  outage(on: boolean): void;
  /** Renews the login in a job whose result is taken by nobody: neither from main nor from post. */
  leaveUnpublished(): Promise<Ran>;
}

async function onStage(play: (here: Here) => Promise<void>): Promise<void> {
  const cache = await startCacheService(azurite);
  cache.tokens.set("job", { scope: MAIN });
  const bare = await stage();
  const { github, oidc, pat } = bare;
  const rootKey = makeRootKey(randomBytes);
  const keys = parseKeys(rootKey) as Keyring;
  const token = `ghs_${randomBytes(18).toString("hex")}`;
  const outage = (on: boolean) => {
    const level = on ? "read" : "write";
    github.tokens.set(token, { kind: "github-token", permissions: { contents: level }, rateLimit: 1_000_000 });
    github.tokens.set(pat, { permissions: { secrets: level, actions: "read" } });
  };
  outage(false);
  const here: Here = {
    ...bare,
    cache,
    rootKey,
    token,
    outage,
    job: ({ inputs, step, ...more } = {}) =>
      bare.run({
        ...more,
        inputs: { "ledger-key": rootKey, "github-token": token, ...inputs },
        step: {
          timeoutMs: STEP_MS,
          postOptions: { timeoutMs: STEP_MS },
          ...step,
          env: {
            ACTIONS_CACHE_SERVICE_V2: "True",
            ACTIONS_RESULTS_URL: cache.url,
            ACTIONS_RUNTIME_TOKEN: "job",
            GITHUB_SERVER_URL: "https://github.com",
          },
        },
        also: [rootKey, token],
      }),
    async record() {
      const { text } = readMessage(await github.git.run("log", "-1", "--format=%B", REF));
      const opened = openRecord(text, SITE, keys);
      if (opened.type !== "root") throw new Error(`the record cannot be opened: ${JSON.stringify(opened)}`);
      return opened.record;
    },
    async leaveUnpublished() {
      const held = oidc.hold("after-commit");
      const running = here.job();
      await Promise.race([held.committed, running]);
      outage(true);
      held.release();
      const left = await running;
      outage(false);
      expect(left.main).toMatchObject({ exitCode: 0, outputs: { source: "refreshed", rotated: "false" } });
      expect(await here.record()).toMatchObject({ generation: 1, lease: { phase: "intent" } });
      return left;
    },
  };
  try {
    await here.signIn();
    // The end of its access token is not known, so that every later job has to look at the ledger.
    oidc.fault("missing-expires-in");
    await here.job();
    expect(await here.record()).toMatchObject({ generation: 1, lease: undefined });
    await play(here);
    expect(cache.violations).toEqual([]);
  } finally {
    await Promise.all([bare.close(), cache.close()]);
  }
}

const said = (level: string, { annotations }: { annotations: readonly { level: string; message: string }[] }) =>
  annotations.filter((one) => one.level === level).map(({ message }) => message);
const COPY = /^ocrec1\..+$/gm;
const copiesIn = ({ main, post }: Ran): string[] => [main, post].flatMap(({ summary }) => summary.match(COPY) ?? []);

/** The next job has the login without having asked the provider, and it is the one that is alive. */
async function expectTakenOver(here: Here, generation: number, options?: RunOptions): Promise<void> {
  const sent = here.oidc.requests.length;
  const { main, during } = await here.job(options);
  expect(said("error", main)).toEqual([]);
  expect(main.outputs).toMatchObject({ source: "recovered", refreshed: "false", generation: String(generation) });
  expect(said("notice", main).join()).toMatch(/recovery copy now stands in the ref/);
  expect(here.oidc.requests).toHaveLength(sent);
  const record = await here.record();
  expect(record).toMatchObject({ generation, lease: undefined, dead: undefined });
  expect(during?.json["claudeAiOauth"]?.["accessToken"]).toBe(record.access.access?.reveal());
  expect(await here.oidc.isRefreshTokenAlive(record.refresh?.reveal() ?? "")).toBe(true);
  const next = await here.job({ inputs: { refresh: "always" } });
  expect(next.main.outputs).toMatchObject({ source: "refreshed", generation: String(generation + 1) });
  expect(here.oidc.requests).toHaveLength(sent + 1);
}

describe("a login that neither its ledger nor its secret took", { timeout: 600_000, concurrent: true }, () => {
  test("is taken over by the next job before anything is spent", () =>
    onStage(async (here) => {
      const left = await here.leaveUnpublished();
      expect(said("warning", left.main).join()).toMatch(/recovery copy of the renewed login is in the Actions cache/);
      expect(said("error", left.post)).toEqual([expect.stringMatching(/recovery copy is the way back/)]);
      expect(copiesIn(left)).toHaveLength(1);
      expect(here.cache.names()).toEqual([expect.stringMatching(/^oauth-creds-recovery-v1-[0-9a-f]{40}\.1$/)]);
      await expectTakenOver(here, 2);
    }));

  test("is found beside what somebody else has put in its place, which is ignored", () =>
    onStage(async (here) => {
      await here.leaveUnpublished();
      const [name = ""] = here.cache.names();
      // Of an attacker, who sees names, and has a login and a key, but not ours.
      const [key, spent] = [randomBytes(32).toString("base64url"), newLogin().refresh as Secret];
      const theirs = sealCopy(
        newLogin(),
        spent,
        { from: "ledger", key: new Secret(key) },
        { ...SITE, label: "the ref" },
        Date.now(),
        randomBytes,
      );
      const plant = (text: string, number: number) =>
        here.cache.plant(
          name.replace(/1$/, String(number)),
          versionOf("zstd"),
          packed.zstd(tar([{ name: "oauth-creds", content: text }])),
          MAIN,
        );
      await plant(theirs, 2);
      await plant("ocrec1.anything", 3);
      await expectTakenOver(here, 2);
    }));

  test("and that the job's program renewed, is taken over although it is still checked out", () =>
    onStage(async (here) => {
      here.oidc.fault("missing-expires-in");
      const left = await here.job({
        inputs: { "write-refresh-token": "true" },
        step: {
          between: async (main) => {
            await renewAsProgram(here, main.outputs["files"]);
            here.outage(true);
          },
        },
      });
      here.outage(false);
      expect(left.main.outputs).toMatchObject({ source: "refreshed", generation: "2" });
      expect(said("error", left.post)).toEqual([
        expect.stringMatching(/job's program renewed could not be published.*recovery copy is the way back/),
      ]);
      expect(copiesIn(left)).toHaveLength(1);
      expect(await here.record()).toMatchObject({ generation: 2, lease: { phase: "checked-out" } });
      await expectTakenOver(here, 3);
    }));

  test("is in the job summary alone where the cache takes nothing, from where `recover` brings it back", () =>
    onStage(async (here) => {
      here.cache.tokens.set("job", { scope: MAIN, may: "read" });
      const left = await here.leaveUnpublished();
      expect(said("warning", left.main).join()).toMatch(/in the job summary only/);
      expect(said("error", left.post)).toEqual([expect.stringMatching(/recovery copy is the way back/)]);
      expect(here.cache.names()).toEqual([]);
      const [copy = "", ...more] = copiesIn(left);
      expect(more).toEqual([]);

      const recover = recoverer(here);
      expect(await recover(copy.slice(0, -9))).toMatchObject({
        status: 3,
        stderr: expect.stringMatching(/cut off or altered/),
      });
      const otherKey = { OAUTH_CREDS_LEDGER_KEY: makeRootKey(randomBytes) };
      expect(await recover(copy, otherKey)).toMatchObject({
        status: 3,
        stderr: expect.stringMatching(/sealed under another root key/),
      });
      const otherLogin = { OAUTH_CREDS_ACCOUNT: "work" };
      expect(await recover(copy, otherLogin)).toMatchObject({
        status: 3,
        stderr: expect.stringMatching(/of the account `default`, not of/),
      });
      expect(await recover(copy, { OAUTH_CREDS_LEDGER_KEY: "" })).toMatchObject({
        status: 2,
        stderr: expect.stringMatching(/`ledger-key`/),
      });
      const sent = here.oidc.requests.length;
      const done = await recover(`  ${copy}\n`);
      expect([done.status, JSON.parse(done.stdout)]).toEqual([0, { version: 1, stored: true, generation: 2 }]);
      expect(await here.record()).toMatchObject({ generation: 2, lease: undefined });
      expect(await recover(copy)).toMatchObject({
        status: 3,
        stderr: /is not the successor of.*generation 2, and was written/,
      });
      expect(here.oidc.requests).toHaveLength(sent);
      expect((await here.job()).main.outputs).toMatchObject({ source: "ledger", generation: "2" });
      expect((await here.job({ inputs: { refresh: "always" } })).main.outputs).toMatchObject({ source: "refreshed" });
    }));

  test("a cache that does not answer keeps no job from renewing its login", () =>
    onStage(async (here) => {
      here.cache.refuse();
      expect((await here.job()).main.outputs).toMatchObject({ source: "refreshed", generation: "2" });
    }));
});

/** What Claude Code does with a whole login. */
async function renewAsProgram(here: Here, files = "[]"): Promise<void> {
  const [path] = JSON.parse(files) as [string];
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
}

/** `oauth-creds recover` on a person's machine, with the copy on its standard input. */
function recoverer(here: Here) {
  const env = {
    PATH: process.env["PATH"],
    HOME: "/nonexistent",
    GITHUB_API_URL: here.github.apiUrl,
    OAUTH_CREDS_LEDGER_KEY: here.rootKey,
    OAUTH_CREDS_LEDGER_REPOSITORY: "octo/demo",
    OAUTH_CREDS_GITHUB_TOKEN: here.token,
  };
  return async (copy: string, change: Record<string, string> = {}) => {
    const child = spawn(process.execPath, [CLI, "recover", "--json"], { env: { ...env, ...change } });
    child.stdin.on("error", () => {}); // it may have ended without reading
    child.stdin.end(copy);
    const ended = once(child, "close");
    const [stdout = "", stderr = ""] = await Promise.all([child.stdout, child.stderr].map((stream) => textOf(stream)));
    return { status: (await ended)[0] as number, stdout, stderr };
  };
}

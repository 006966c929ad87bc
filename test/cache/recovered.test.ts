/**
 * A login that its secret did not take: the built action, the real authorization server with reuse detection, and the
 * Actions cache in which the sealed copy waits for the next run.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { text as textOf } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { SECRET } from "../scenario/login-file.ts";
import { edit, renewer } from "../scenario/program.ts";
import { claudeFileOf, envelopeOf, type Ran, type RunOptions, type Stage, stage } from "../scenario/stage.ts";
import { type Azurite, startAzurite } from "../support/cache/azurite.ts";
import { type CacheService, startCacheService } from "../support/cache/service.ts";

const CLI = fileURLToPath(new URL("../../dist/cli.mjs", import.meta.url));
const PUT_LOGIN = { method: "PUT", path: new RegExp(`/${SECRET}$`) } as const;

let azurite: Azurite;
let cache: CacheService;
let here: Stage;
beforeAll(async () => {
  azurite = await startAzurite();
});
afterAll(async () => azurite?.close());
beforeEach(async () => {
  cache = await startCacheService(azurite);
  cache.tokens.set("job", { scope: "refs/heads/main" });
  here = await stage();
  await here.signIn();
  // What an earlier run has stored carries the key of recovery copies. The end of its access token is not known, so the
  // next run has to look at the place.
  here.oidc.fault("missing-expires-in");
  await run();
});
afterEach(async () => {
  const { violations } = cache;
  await Promise.all([here.close(), cache.close()]);
  if (violations.length > 0) throw new Error(violations.join("\n"));
});

const run = ({ step, ...options }: RunOptions = {}) =>
  here.run({
    ...options,
    step: {
      timeoutMs: 200_000,
      ...step,
      env: {
        ACTIONS_CACHE_SERVICE_V2: "True",
        ACTIONS_RESULTS_URL: cache.url,
        ACTIONS_RUNTIME_TOKEN: "job",
        GITHUB_SERVER_URL: "https://github.com",
      },
    },
  });

const refusePut = () =>
  here.github.fault(
    { ...PUT_LOGIN, times: Number.POSITIVE_INFINITY },
    { do: "answer", status: 403, body: { message: "Resource not accessible by personal access token" } },
  );

const full = { "write-refresh-token": "true" };
const renewed: string[] = [];
const renew = renewer(() => here.oidc.tokenUrl, renewed);

/** A job that renews the login, and whose secret takes it neither from main nor from post. */
async function leaveUnstored() {
  const outage = refusePut();
  const left = await run({ inputs: { refresh: "always" } });
  outage.cancel();
  expect(left.main).toMatchObject({ exitCode: 0, outputs: { refreshed: "true", rotated: "false" } });
  return left;
}

/** The command line, with the secret's present content. */
async function recover(text: string) {
  const env = {
    PATH: process.env["PATH"],
    GITHUB_API_URL: here.github.apiUrl,
    GITHUB_REPOSITORY: "octo/demo",
    GITHUB_REPOSITORY_ID: "1296269",
    OAUTH_CREDS_CREDENTIAL: here.secret(),
    OAUTH_CREDS_SECRETS_TOKEN: here.pat,
  };
  const child = spawn(process.execPath, [CLI, "recover", "--rotate-to", SECRET, "--json"], { env });
  child.stdin.end(text);
  const ended = once(child, "close");
  const [stdout, stderr] = await Promise.all([child.stdout, child.stderr].map((stream) => textOf(stream)));
  return { status: (await ended)[0] as number, stdout, stderr };
}

const said = (level: string, { annotations }: { annotations: readonly { level: string; message: string }[] }) =>
  annotations.filter((one) => one.level === level).map(({ message }) => message);

describe("a login that its secret did not take", () => {
  test("is taken over by the next run before anything is spent, and stored", async () => {
    const { main, post } = await leaveUnstored();
    expect(said("warning", main).join()).toMatch(/recovery copy of the renewed login is in the Actions cache/);
    expect(main.summary).toMatch(/```text\nocrec1\./);
    expect(said("error", post)).toEqual([expect.stringMatching(/recovery copy is the way back/)]);
    expect(cache.names()).not.toEqual([]);

    const sent = here.oidc.requests.length;
    const next = await run();
    expect(next.main.outputs).toMatchObject({ source: "recovered", refreshed: "false", rotated: "true" });
    expect(said("notice", next.main).join()).toMatch(/recovery copy is now stored in the repository secret/);
    expect(here.oidc.requests).toHaveLength(sent);
    expect(next.during?.json["claudeAiOauth"]?.["accessToken"]).toBeTruthy();
    expect(await here.loginIsAlive()).toBe(true);
  });

  test("is renewed from there by a run that has to", async () => {
    await leaveUnstored();
    const next = await run({ inputs: { refresh: "always" } });
    expect(next.main.outputs).toMatchObject({ source: "refreshed", rotated: "true" });
    expect(await here.loginIsAlive()).toBe(true);
  });

  test("is used by a run that has to renew it while the provider turns it away", async () => {
    await leaveUnstored();
    here.oidc.fault("429");
    const next = await run({ inputs: { "min-validity": "20h" } });
    expect(next.main).toMatchObject({
      exitCode: 0,
      outputs: { source: "recovered", refreshed: "false", rotated: "true" },
    });
    expect(said("warning", next.main).join()).toMatch(
      /\[throttled\] The job goes on with the access token that it has/,
    );
    expect(next.post.annotations).toEqual([]);
    expect(next.during?.json["claudeAiOauth"]?.["accessToken"]).toBe(
      envelopeOf(here.secret()).credential.access?.reveal(),
    );
    expect(await here.loginIsAlive()).toBe(true);
  });

  test("is not spent by a job that was cancelled while it was being stored", async () => {
    await leaveUnstored();
    const sent = here.oidc.requests.length;
    const held = here.github.hold(PUT_LOGIN, "before-commit");
    const cancelled = held.received.then(() => void setTimeout(() => held.release(), 500));
    const { main } = await run({
      inputs: { refresh: "always" },
      step: { cancel: { kind: "cancel", whenPromise: cancelled } },
    });
    expect(main.exitCode).toBe(1);
    expect(said("error", main).join()).toMatch(/\[cancelled\]/);
    expect(said("notice", main).join()).toMatch(/recovery copy is now stored in/);
    expect(here.oidc.requests).toHaveLength(sent);
    expect(await here.loginIsAlive()).toBe(true);
  });

  test("whose successor main was killed with, is stored by post", async () => {
    await leaveUnstored();
    // The first capsule holds what the copy held, the second one what was made of that.
    const { main, post } = await run({
      inputs: { refresh: "always" },
      step: { killAt: "after:fsync:oauth-creds-login-*#2" },
    });
    expect(main.signal).toBe("SIGKILL");
    expect(said("notice", post).join()).toMatch(/now stored in .+ \(the main step could not\)/);
    expect(await here.loginIsAlive()).toBe(true);
  });

  test("whose successor neither main nor post could store, leads to a copy of that", async () => {
    await leaveUnstored();
    // It is stored; what is made of it then is not.
    const refused = here.github.fault({ ...PUT_LOGIN, skip: 1, times: Infinity }, { do: "answer", status: 403 });
    const { main, post } = await run({
      inputs: { refresh: "always" },
      step: { killAt: "after:fsync:oauth-creds-login-*#2" },
    });
    expect(main.signal).toBe("SIGKILL");
    expect(said("warning", post).join()).toMatch(/sealed recovery copy of the renewed login is in the Actions cache/);
    refused.cancel();
    const next = await run({ inputs: { refresh: "always" } });
    expect(said("notice", next.main).join()).toMatch(/Its recovery copy is now stored in/);
    expect(await here.loginIsAlive()).toBe(true);
  });

  test("is left alone where somebody has signed in meanwhile", async () => {
    await leaveUnstored();
    await here.signIn();
    const next = await run();
    expect(next.main.outputs).toMatchObject({ source: "refreshed", rotated: "true" });
    expect(await here.loginIsAlive()).toBe(true);
  });

  test("is not spent by a run with an older copy of the secret", async () => {
    const old = here.secret();
    await leaveUnstored();
    const login = await here.oidc.issue();
    here.github.setSecretByUser(SECRET, claudeFileOf(login, Date.now()), { at: here.now() + 12_000 });
    const sent = here.oidc.requests.length;
    const { main } = await run({ snapshot: old, inputs: { refresh: "always" } });
    expect(main.exitCode).toBe(1);
    expect(said("error", main).join()).toMatch(/\[snapshot-stale\]/);
    expect(here.oidc.requests).toHaveLength(sent);
  });

  test("is used by a run that cannot store it either, and stored by the next one", async () => {
    await leaveUnstored();
    const entries = cache.names();
    const outage = refusePut();
    const { main, post } = await run();
    outage.cancel();
    expect(main).toMatchObject({ exitCode: 0, outputs: { source: "recovered", rotated: "false" } });
    expect(said("error", main)).toEqual([expect.stringMatching(/\[secret-forbidden\]/)]);
    expect(said("error", post)).toEqual([expect.stringMatching(/recovery copy is the way back/)]);
    expect(cache.names()).toEqual(entries);
    expect((await run()).main.outputs).toMatchObject({ source: "recovered", rotated: "true" });
    expect(await here.loginIsAlive()).toBe(true);
  });

  test("which the job's program renewed after main had stored its own, is taken over", async () => {
    let outage: ReturnType<typeof refusePut> | undefined;
    const breakDown = async (main: Ran["main"]) => {
      outage = refusePut();
      await edit(renew)(main);
    };
    const left = await run({ inputs: { ...full, refresh: "always" }, step: { between: breakDown }, also: renewed });
    outage?.cancel();
    expect(left.main.outputs).toMatchObject({ rotated: "true" });
    expect(said("error", left.post)).toEqual([expect.stringMatching(/recovery copy is the way back/)]);
    const next = await run({ inputs: full });
    expect(next.main.outputs).toMatchObject({ source: "recovered", rotated: "true" });
    expect(await here.loginIsAlive()).toBe(true);
  });

  test("of a login that a person had pasted has a key as soon as main has stored it", async () => {
    await here.signIn();
    let outage: ReturnType<typeof refusePut> | undefined;
    const breakDown = async (main: Ran["main"]) => {
      outage = refusePut();
      await edit(renew)(main);
    };
    const left = await run({ inputs: full, step: { between: breakDown }, also: renewed });
    outage?.cancel();
    expect(said("error", left.post)).toEqual([expect.stringMatching(/recovery copy is the way back/)]);
    const next = await run({ inputs: full });
    expect(next.main.outputs).toMatchObject({ source: "recovered", rotated: "true" });
    expect(await here.loginIsAlive()).toBe(true);
  });

  test("is not taken for one that the job's program renewed", async () => {
    await leaveUnstored();
    const { main, post } = await run({ inputs: full });
    expect(main.outputs).toMatchObject({ source: "recovered", rotated: "true" });
    expect(said("notice", post)).toEqual([]);
    expect(envelopeOf(here.secret()).credential.predecessor).toBeUndefined();
  });

  test("and which the job's program renews then, is stored by post", async () => {
    await leaveUnstored();
    const { post } = await run({ inputs: full, step: { between: edit(renew) }, also: renewed });
    expect(said("notice", post).join()).toMatch(/login that the job's program renewed is now stored/);
    expect(await here.loginIsAlive()).toBe(true);
  });

  test("is in the job summary alone where the cache takes nothing, and it is said so", async () => {
    cache.tokens.set("job", { scope: "refs/heads/main", may: "read" });
    const { main } = await leaveUnstored();
    expect(said("warning", main).join()).toMatch(/in the job summary only/);
    expect(main.summary).toMatch(/```text\nocrec1\./);
    expect(cache.names()).toEqual([]);
  });

  test("is not sent to the provider by a run with another `account`, which cannot take it over", async () => {
    await leaveUnstored();
    const sent = here.oidc.requests.length;
    const { main } = await run({ inputs: { account: "work" } });
    expect(main.exitCode).toBe(1);
    expect(said("error", main).join()).toMatch(
      /account `default`.+ is spent\..+Set `account: default`.+\[input-invalid\]/,
    );
    expect(here.oidc.requests).toHaveLength(sent);
    expect((await run()).main.outputs).toMatchObject({ source: "recovered", rotated: "true" });
    expect(await here.loginIsAlive()).toBe(true);
  });

  test("which a job uses that cannot store it either, and whose program renews it: `recover` has the way back", async () => {
    await leaveUnstored();
    cache.tokens.set("job", { scope: "refs/heads/main", may: "read" });
    const outage = refusePut();
    const { main, post } = await run({ inputs: full, step: { between: edit(renew) }, also: renewed });
    outage.cancel();
    expect(main.outputs).toMatchObject({ source: "recovered", rotated: "false" });
    const copies = post.summary.match(/^ocrec1\..+$/gm) ?? [];
    const done = await Promise.all(copies.map(recover));
    expect(done.map(({ status }) => status)).toContain(0);
    expect(renewed).toContain(envelopeOf(here.secret()).credential.refresh?.reveal());
    expect(await here.loginIsAlive()).toBe(true);
  });

  test("is stored from the job summary by `oauth-creds recover`", async () => {
    cache.tokens.set("job", { scope: "refs/heads/main", may: "read" });
    const { main } = await leaveUnstored();
    const copy = /^ocrec1\..+$/m.exec(main.summary)?.[0] ?? "";
    const cut = await recover(copy.slice(0, -9));
    expect([cut.status, cut.stderr]).toEqual([3, expect.stringContaining("cut off or altered")]);
    const done = await recover(`  ${copy}\n`);
    expect([done.status, done.stderr]).toEqual([0, ""]);
    expect(JSON.parse(done.stdout ?? "")).toEqual({ version: 1, stored: true, generation: 2 });
    expect(await here.loginIsAlive()).toBe(true);
  });

  test("a cache that does not answer keeps no job from renewing its login", async () => {
    cache.refuse();
    const next = await run({ inputs: { refresh: "always" } });
    expect(next.main.outputs).toMatchObject({ source: "refreshed", rotated: "true" });
    expect(await here.loginIsAlive()).toBe(true);
  });
});

/**
 * `access-cache`: the built action, a ledger in the git-backed GitHub, and the Actions cache in which a job with the
 * root key leaves the access part for the jobs that only use the login.
 */
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text as textOf } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { EMPTY } from "../../src/credential/credential.ts";
import { sealEnvelope } from "../../src/credential/envelope.ts";
import { deriveAccessKey, type Keyring, makeRootKey, parseKeys, type RootKey } from "../../src/ledger/keys.ts";
import type { Site } from "../../src/ledger/record-text.ts";
import { accessEntry } from "../../src/recovery/access.ts";
import { Secret } from "../../src/secret.ts";
import { type Ran, type RunOptions, type Stage, stage } from "../scenario/stage.ts";
import { packed, tar, versionOf } from "../support/cache/archives.ts";
import { type Azurite, startAzurite } from "../support/cache/azurite.ts";
import { type CacheService, startCacheService } from "../support/cache/service.ts";
import { startGitHub } from "../support/github/server.ts";
import { startConnectProxy } from "../support/net/connect-proxy.ts";
import { makeTls } from "../support/net/tls.ts";
import { ANTHROPIC_ROWS, startAnthropicApi } from "../support/oauth/anthropic-api.ts";

const CLI = fileURLToPath(new URL("../../dist/cli.mjs", import.meta.url));
const HOUR = 3_600_000;
const MAIN = "refs/heads/main";
const REF = "refs/oauth-creds/v1/anthropic/default";
const ROOT = makeRootKey(randomBytes);
const KEY = (parseKeys(ROOT) as Keyring).root[0] as RootKey;
const ACCESS = deriveAccessKey(KEY);
/** As jobs of octo/demo name their ledger. */
const SITE: Site = {
  place: `git-ref octo/demo ${REF}`,
  provider: "anthropic",
  account: "default",
};
const newToken = () => `sk-ant-oat01-${randomBytes(60).toString("base64url")}`;

let azurite: Azurite;
let cache: CacheService;
let here: Stage;
let token: string;
let ledger: Awaited<ReturnType<typeof startGitHub>>;
beforeAll(async () => {
  azurite = await startAzurite();
});
afterAll(async () => azurite?.close());
beforeEach(async () => {
  cache = await startCacheService(azurite);
  cache.tokens.set("job", { scope: MAIN });
  here = await stage();
  await here.signIn();
  token = `ghs_${randomBytes(18).toString("hex")}`;
  const write = { kind: "github-token", permissions: { contents: "write" }, rateLimit: 100_000 } as const;
  const read = { ...write, permissions: { contents: "read" } } as const;
  ledger = await startGitHub({ tokens: { [token]: write, [`${token}r`]: read }, repository: "octo/demo" });
});
afterEach(async () => {
  const violations = [...cache.violations, ...ledger.violations];
  await Promise.all([here.close(), cache.close(), ledger.close()]);
  if (violations.length > 0) throw new Error(violations.join("\n"));
});

type Inputs = Record<string, string | undefined>;

const run = (inputs: Inputs, { step, job, also = [] }: RunOptions = {}): Promise<Ran> =>
  here.run({
    inputs: { "rotate-to": undefined, "secrets-token": undefined, "access-cache": "true", ...inputs },
    job: {
      ...job,
      githubEnv: { GITHUB_API_URL: ledger.apiUrl, GITHUB_SERVER_URL: "https://github.com", ...job?.githubEnv },
    },
    step: {
      timeoutMs: 200_000,
      ...step,
      env: {
        ACTIONS_CACHE_SERVICE_V2: "True",
        ACTIONS_RESULTS_URL: cache.url,
        ACTIONS_RUNTIME_TOKEN: "job",
        ...step?.env,
      },
    },
    also: [ROOT, ACCESS, token, ...also],
  });
/** With the root key: the only kind of job that renews the login. */
const rotator = (inputs: Inputs = {}, options?: RunOptions) =>
  run({ "ledger-key": ROOT, "github-token": token, ...inputs }, options);
/** With the access key, and a token that may read the ledger. */
const agent = (inputs: Inputs = {}, options?: RunOptions) => {
  const own = { "ledger-key": ACCESS, "github-token": `${token}r`, credential: undefined, provider: "anthropic" };
  return run({ ...own, ...inputs }, options);
};

/** What a job has, and how many calls of GitHub's API (any of them) it made. */
async function counted(job: () => Promise<Ran>) {
  const before = ledger.requests.length + here.github.requests.length;
  const { main, post, during } = await job();
  const calls = ledger.requests.length + here.github.requests.length - before;
  const { source, generation } = main.outputs;
  const access = String(during?.json["claudeAiOauth"]?.["accessToken"]);
  expect([main.exitCode, post.exitCode]).toEqual([0, 0]);
  return { calls, source, generation, access, main, post };
}
const BY_CACHE = { calls: 0, source: "ledger" };
const BY_LEDGER = { calls: 1, source: "ledger" };

/** What was asked of the cache, but for the copies of logins that could not be stored: whoever renews looks for those. */
const looks = () => cache.calls.filter((call) => !call.includes(" oauth-creds-recovery-"));

const takes = async (access: string) =>
  (await fetch(`${here.oidc.origin}/api/me`, { headers: { authorization: `Bearer ${access}` } })).status === 200;

/** An entry that a holder of the root key has sealed at some time, for some place. */
function sealed(
  what: { key?: RootKey; site?: Partial<Site>; generation?: number; lineage?: string; agoMs?: number } = {},
) {
  const access = newToken();
  const { key = KEY, site, generation = 1, lineage = "row", agoMs = 0 } = what;
  const now = Date.now() - agoMs;
  const credential = { ...EMPTY, kind: "login", generation, access: new Secret(access) } as const;
  const text = accessEntry(
    { now: () => now, random: randomBytes },
    key,
    { ...SITE, ...site },
    { ...credential, accessExpiresAt: Date.now() + 20 * HOUR },
    lineage,
  ).text;
  return { access, text };
}

/** Puts a text in front of the entry that is there: the newest whose name begins so is what is read. */
async function plant(text: string): Promise<void> {
  const [name = ""] = cache.names();
  const archive = packed.zstd(tar([{ name: "oauth-creds", content: text }]));
  await cache.plant(`${name.slice(0, -1)}z`, versionOf("zstd"), archive, MAIN);
}

test("off by default: nothing is asked of the cache, and nothing is put there", async () => {
  const off = { "access-cache": undefined };
  await rotator(off);
  expect(await counted(() => agent(off))).toMatchObject(BY_LEDGER);
  expect(looks()).toEqual([]);
});

describe("switched on", () => {
  test("a job with the access key has the token of the last renewal, without any call of GitHub's API", async () => {
    let meanwhile: readonly string[] = [];
    const first = await rotator({}, { step: { between: () => void (meanwhile = looks()) } });
    expect(first.main.outputs).toMatchObject({ source: "refreshed", generation: "1" });
    expect(meanwhile, "what main has asked of the cache: no step waits for it").toEqual([]);
    expect(cache.names()).toEqual([expect.stringMatching(/^oauth-creds-access-v1-[0-9a-f]{32}-[0-9a-f]{16}-\w+$/)]);
    const used = await counted(() => agent());
    expect(used).toMatchObject({ ...BY_CACHE, generation: "1" });
    expect(await takes(used.access)).toBe(true);
    // All outputs are those of a job that asks the ledger.
    const asked = await counted(() => agent({ "access-cache": "false" }));
    expect(asked).toMatchObject({ ...BY_LEDGER, access: used.access });
    expect(used.main.outputs).toEqual({ ...asked.main.outputs, files: used.main.outputs["files"] });
    expect([...used.main.annotations, ...used.post.annotations].filter(({ level }) => level !== "notice")).toEqual([]);
    expect(here.oidc.tokenRequests()).toHaveLength(1);
  });

  test("the next renewal, and a new sign-in, replace it; a job that wants more, or `refresh: always`, asks the ledger", async () => {
    await rotator();
    const first = await counted(() => agent());
    await rotator({ refresh: "always" });
    const second = await counted(() => agent());
    expect(second).toMatchObject({ ...BY_CACHE, generation: "2" });
    expect(second.access).not.toBe(first.access);
    await here.signIn();
    await rotator();
    const third = await counted(() => agent());
    expect(third).toMatchObject({ ...BY_CACHE, generation: "1" });
    expect(new Set([first.access, second.access, third.access]).size).toBe(3);
    expect(await takes(third.access)).toBe(true);
    expect(await counted(() => agent({ "min-validity": "9h" }))).toMatchObject(BY_LEDGER);
    const before = cache.calls.length;
    expect(await counted(() => agent({ refresh: "always" }))).toMatchObject(BY_LEDGER);
    expect(cache.calls).toHaveLength(before);
  });

  test("a job with the root key asks the ledger, and fills the cache once an hour", async () => {
    await rotator();
    const writes = () => cache.calls.filter((call) => call.startsWith("create")).length;
    const [name = ""] = cache.names();
    expect(await counted(() => rotator())).toMatchObject(BY_LEDGER);
    // Another hour may have begun.
    expect(writes()).toBe(cache.names().length);
    for (const one of cache.names()) cache.evict(one);
    const before = writes();
    expect(await counted(() => rotator())).toMatchObject(BY_LEDGER);
    expect(writes()).toBe(before + 1);
    expect(cache.names()).toEqual([expect.stringMatching(`^${name.slice(0, name.lastIndexOf("-"))}-`)]);
    expect(await counted(() => agent())).toMatchObject(BY_CACHE);
  });
});

describe("what is not taken from the cache", () => {
  test("junk, an entry of another repository, account or key, one that is not signed or hours old; a good one is", async () => {
    await rotator();
    const { access } = await counted(() => agent());
    const stranger = (parseKeys(makeRootKey(randomBytes)) as Keyring).root[0] as RootKey;
    const texts = {
      junk: "junk",
      repository: sealed({ site: { place: SITE.place.replace("demo", "other") } }).text,
      account: sealed({ site: { account: "work" } }).text,
      key: sealed({ key: stranger }).text,
      // What a job with the access key can make: it seals, and cannot sign.
      signature: sealed({ key: { ...KEY, key: stranger.key } }).text,
      old: sealed({ agoMs: 7 * HOUR }).text,
      altered: sealed().text.replace(/.(?=\.[\w-]{86}$)/, (last) => (last === "A" ? "B" : "A")),
    };
    for (const [what, text] of Object.entries(texts)) {
      await plant(text);
      expect({ what, ...(await counted(() => agent())) }).toMatchObject({ what, ...BY_LEDGER, access });
      cache.evict(cache.names().at(-1) ?? "");
    }
    const good = sealed();
    await plant(good.text);
    expect(await counted(() => agent({}, { also: [good.access] }))).toMatchObject({ ...BY_CACHE, access: good.access });
  });

  test("an entry of another shape than one small file", async () => {
    await rotator();
    const [name = ""] = cache.names();
    const archive = packed.zstd(tar([{ name: "../oauth-creds", content: sealed().text }]));
    await cache.plant(`${name}z`, versionOf("zstd"), archive, MAIN);
    expect(await counted(() => agent())).toMatchObject(BY_LEDGER);
  });

  test("an older generation than the job's own copy of the login", async () => {
    await rotator();
    await rotator({ refresh: "always" });
    const [, lineage = ""] = /"lineage":"([^"]+)"/.exec(await ledger.git.run("log", "-1", "--format=%B", REF)) ?? [];
    const shared = { place: `github:1296269:${REF}`, lineage, sealed: "" };
    // Its access token ends too soon to be used.
    const own = { access: new Secret(newToken()), accessExpiresAt: Date.now() + HOUR / 2 };
    const credential = sealEnvelope({ ...EMPTY, kind: "login", generation: 2, ...own, shared }, undefined);
    const [older, other, same] = [sealed({ lineage }), sealed(), sealed({ lineage, generation: 2 })];
    await plant(older.text);
    expect(await counted(() => agent({ credential }))).toMatchObject({ ...BY_LEDGER, generation: "2" });
    expect(await counted(() => agent({}, { also: [older.access] }))).toMatchObject({ ...BY_CACHE, generation: "1" });
    for (const { access, text } of [same, other]) {
      cache.evict(cache.names().at(-1) ?? "");
      await plant(text);
      expect(await counted(() => agent({ credential }, { also: [access] }))).toMatchObject({ ...BY_CACHE, access });
    }
  });

  test("one whose token the provider refuses (`validate: online`): the ledger's is shown to it next", async () => {
    const folder = mkdtempSync(join(tmpdir(), "validate-"));
    const tls = await makeTls({ names: ["api.anthropic.com"] });
    const api = await startAnthropicApi(tls);
    const port = Number(new URL(api.origin).port);
    const proxy = await startConnectProxy({ mapHost: () => ({ host: "127.0.0.1", port }) });
    onTestFinished(async () => {
      await Promise.all([api.close(), proxy.close()]);
      rmSync(folder, { recursive: true });
    });
    const env = { HTTPS_PROXY: proxy.url, NODE_EXTRA_CA_CERTS: tls.caFile(folder), NO_PROXY: "127.0.0.1" };
    await rotator();
    const stale = await counted(() => agent());
    await rotator({ refresh: "always", "access-cache": "false" });
    const fine = (path: string) => ANTHROPIC_ROWS.find(({ says, on }) => says === "valid" && on === path);
    const refused = (path: string) => ANTHROPIC_ROWS.find(({ says, on }) => says === "refused:revoked" && on === path);
    for (const row of [refused("profile"), fine("profile")]) if (row) api.play(row);
    const ran = await counted(() => agent({ validate: "online" }, { step: { env }, also: [stale.access] }));
    expect(ran).toMatchObject({ ...BY_LEDGER, generation: "2" });
    expect(ran.access).not.toBe(stale.access);
    expect(api.requests).toHaveLength(2);
  });
});

describe("a cache that is of no use", () => {
  test("a job that may only read it renews the login as ever, and only debug logging says so", async () => {
    cache.tokens.set("job", { scope: MAIN, may: "read" });
    const { main, post } = await rotator({}, { job: { debug: true } });
    expect(main.outputs).toMatchObject({ source: "refreshed" });
    expect([post.exitCode, post.annotations]).toEqual([0, []]);
    expect(post.log).toMatch(/debug.*this job may not write to the cache/);
    expect(cache.names()).toEqual([]);
    expect(await counted(() => agent())).toMatchObject(BY_LEDGER);
  });

  test("a job that may not read it, one that was told so beforehand, and a service that is down", async () => {
    await rotator();
    const closed = await counted(() => agent({}, { step: { env: { ACTIONS_CACHE_MODE: "none" } } }));
    expect(closed).toMatchObject(BY_LEDGER);
    cache.tokens.set("job", { scope: MAIN, may: "write" });
    expect(await counted(() => agent())).toMatchObject(BY_LEDGER);
    await cache.refuse();
    expect(await counted(() => agent())).toMatchObject(BY_LEDGER);
    const { main, post } = await rotator({ refresh: "always" });
    expect([main.outputs["source"], post.exitCode, post.annotations.length]).toEqual(["refreshed", 0, 0]);
    await cache.accept();
  });

  test("one that does not answer is left waiting, and the ledger is asked", async () => {
    await rotator();
    cache.fault("get", { when: "before", delayMs: 8000, times: 2 });
    expect(await counted(() => agent())).toMatchObject(BY_LEDGER);
    expect(cache.abandoned).toEqual(["get", "get"]);
  });

  test("outside of Actions there is none: the command line asks the ledger", async () => {
    await rotator();
    const calls = cache.calls.length;
    const env = {
      PATH: process.env["PATH"],
      HOME: mkdtempSync(join(tmpdir(), "oauth-creds-home-")),
      GITHUB_API_URL: ledger.apiUrl,
      OAUTH_CREDS_LEDGER_KEY: ACCESS,
      OAUTH_CREDS_GITHUB_TOKEN: `${token}r`,
    };
    onTestFinished(() => rmSync(env.HOME, { recursive: true }));
    const flags = ["--provider", "anthropic", "--ledger", "git-ref", "--ledger-repository", "octo/demo"];
    const child = spawn(process.execPath, [CLI, "token", "--access-cache", ...flags], { env });
    child.stdin.end();
    const ended = once(child, "close");
    const [stdout, stderr] = await Promise.all([child.stdout, child.stderr].map((stream) => textOf(stream)));
    expect([(await ended)[0], stderr]).toEqual([0, expect.not.stringContaining("error")]);
    expect(await takes((stdout ?? "").trim())).toBe(true);
    expect(cache.calls).toHaveLength(calls);
  });
});

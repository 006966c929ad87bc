/**
 * Jobs that run the real code over a ledger in memory, a provider as small as the model's, and a secret. Each of
 * their calls waits until the test says what becomes of it; time passes only when the test lets it.
 *
 * The test file has to hand the ledger in: vi.mock("…/src/ledger/open.ts", () => ({ openLedger: ledgerOf })).
 */
import { randomBytes } from "node:crypto";
import sodium, { ready } from "libsodium-wrappers";
import { acquire, type Acquired } from "../../src/acquire.ts";
import { type Credential, EMPTY } from "../../src/credential/credential.ts";
import { openEnvelope, sealEnvelope, type Stored } from "../../src/credential/envelope.ts";
import { Failure } from "../../src/errors.ts";
import { type Inputs, readInputs } from "../../src/inputs.ts";
import { deriveAccessKey, type Keyring, makeRootKey, parseKeys, type RootKey } from "../../src/ledger/keys.ts";
import { type Ledger, LedgerProblem } from "../../src/ledger/ledger.ts";
import { recordOf, type RootRecord } from "../../src/ledger/record.ts";
import { type Opened, openRecord, sealRecord, type Site } from "../../src/ledger/record-text.ts";
import type { Session } from "../../src/ledger/session.ts";
import { finish } from "../../src/post/finish.ts";
import { maskInputs, recognise } from "../../src/recognise/recognise.ts";
import { Secret } from "../../src/secret.ts";
import type { Files } from "../../src/world/files.ts";
import { type HttpAnswer, HttpFailure, type HttpRequest, type World } from "../../src/world/world.ts";
import { type MemoryLedger, memoryLedger } from "../support/ledger/memory.ts";
import { CACHE_ENV, type FakeCache } from "../support/cache/fake.ts";
import { answer, HOUR, inputEnv, MINUTE, newToken, NOW, type Recorded, recorder, SECOND } from "../unit/src/support.ts";
import { type Issuer, issuerOf, type Manner, redeem } from "./provider.ts";

/** What a job can wait for. `secret` stands for all the calls about a secret that follow on each other. */
export type Call = "load" | "swap" | "send" | "secret" | "sleep";

/**
 * What becomes of a call. `lost-before`: it never arrives. `lost-after`: it is carried out, and its answer is lost.
 * `killed-…`: the job ends before or after it (of those about a secret: after the login was written). The others are what the server answers.
 */
export type Fate =
  | "done"
  | "lost-before"
  | "lost-after"
  | "killed-before"
  | "killed-after"
  | "conflict"
  | "unsent"
  | "forbidden"
  | "throttled"
  | "refused";

export type Outcome =
  | { readonly type: "acquired"; readonly acquired: Acquired }
  | { readonly type: "failed"; readonly failure: Failure }
  /** A post step. */
  | { readonly type: "settled" };

export interface StagedJob {
  readonly name: string;
  readonly world: World;
  readonly inputs: Inputs;
  readonly recorded: Recorded;
  /** What it waits for; undefined when it has ended, however it did. */
  readonly waiting: Call | undefined;
  /** Its calls so far, sleeps left out. */
  readonly calls: readonly Call[];
  readonly outcome: Outcome | undefined;
  readonly killed: boolean;
  /** Runs up to its first call. */
  start(): Promise<void>;
  /** Gives its present call this fate, and runs up to the next one. If it sleeps, it is woken before. */
  go(fate?: Fate): Promise<void>;
  /** Ends its sleep, without passing time. */
  awake(): Promise<void>;
  /** Until when it sleeps, or since when it waits, in ms; and which of all calls its call is. */
  readonly due: readonly [number, number];
  /** Lets the runner ask it to stop. */
  signal(): void;
  /** Its post step, in a process of its own, with what this one has saved. */
  post(): StagedJob;
  /** The session that it would have, for tests of single parts. */
  session(): Session;
}

export interface JobOptions {
  readonly name?: string;
  /** What stands in `credential`; none if it is left out. */
  readonly credential?: Credential | undefined;
  readonly stored?: Stored | undefined;
  /** Or the very text of it. */
  readonly text?: string | undefined;
  /** When its run was created, by GitHub's clock. Default: right before. */
  readonly createdAt?: number;
  /** Default: the stage's root key. */
  readonly key?: string;
  readonly attempt?: number;
  readonly settings?: Record<string, string>;
  readonly env?: Record<string, string>;
  /** The Actions cache that it has; none if it is left out. */
  readonly cache?: FakeCache;
}

export interface Stage {
  readonly memory: MemoryLedger;
  readonly rootKey: string;
  readonly accessKey: string;
  readonly keys: Keyring;
  readonly site: Site;
  now(): number;
  pass(ms: number): void;
  /** What the provider holds. Tokens are numbered as in `Issuer`. */
  issuer(): Issuer;
  /** The refresh tokens that came to the provider, as numbers. */
  readonly sent: readonly number[];
  tokenOf(number: number): string;
  /** -1 for one that the provider never gave out. */
  numberOf(token: string | undefined): number;
  /** A login of this token, as a person or an earlier job has stored it. */
  loginOf(number: number, change?: Partial<Credential>): Credential;
  /** The record as it is now. */
  record(): RootRecord | undefined;
  /** Writes a record, over whatever is there. */
  put(record: RootRecord): Promise<RootRecord>;
  /** The first record of a login, changed as given. */
  seed(number: number, change?: Partial<RootRecord>): Promise<RootRecord>;
  job(options?: JobOptions): StagedJob;
  /** Runs the jobs until all have ended or are killed; time passes while all of them sleep. */
  play(jobs: readonly StagedJob[], fate?: (job: StagedJob, call: Call) => Fate | undefined): Promise<void>;
  readonly secret: SecretState;
  /** How long access tokens live; ms. Undefined: the provider does not say. */
  lifetime: number | undefined;
  /** How long every call takes, where the jobs are played; ms. */
  latency: number;
  /** What the provider says of an access token that is shown to it (`validate: online`). */
  check: (accessToken: string) => HttpAnswer;
}

export interface SecretState {
  value: string | undefined;
  updatedAt: number | undefined;
  /** GitHub's API does not answer. */
  down: boolean;
  /** The token lacks “Actions: read”. */
  runsHidden: boolean;
  /** The calls that came: `GET LOGIN`, … */
  readonly calls: string[];
  /** The login in it. */
  login(): Credential | undefined;
}

const TOKEN_URL = "https://provider.example/token";
const API = "https://api.example";
const CACHE_URL = /^https:\/\/(results|blobs)\.example\//;
const ROTATE = { "rotate-to": "LOGIN", "secrets-token": "github_pat_x" };
export const WITH_SECRET = ROTATE;

const ledgers = new WeakMap<World, Ledger>();

/** In the place of `openLedger`. */
export function ledgerOf(world: World): Ledger {
  const ledger = ledgers.get(world);
  if (!ledger) throw new Error("this world has no ledger");
  return ledger;
}

export interface StageOptions {
  readonly manner?: Manner;
  /** How many logins the provider has given out. */
  readonly families?: number;
  readonly serverTime?: boolean;
}

export async function newStage(options: StageOptions = {}): Promise<Stage> {
  await ready;
  const { manner = "strict", families = 2, serverTime = true } = options;
  let now = NOW;
  const memory = memoryLedger({ now: () => now, serverTime });
  const rootKey = makeRootKey(randomBytes);
  const keys = parseKeys(rootKey) as Keyring;
  const root = keys.root[0] as RootKey;
  const site: Site = { place: "memory", provider: "anthropic", account: "default" };
  let issuer = issuerOf(families);
  let serial = 0;
  /** Every write of the secret takes GitHub a minute, so that by its times it is later than what began before. */
  let writes = 0;
  const githubNow = () => now + writes * MINUTE;
  const names: string[] = [];
  const sent: number[] = [];
  const pair = sodium.crypto_box_keypair();

  const tokenOf = (number: number): string => (names[number] ??= newToken("ort"));
  const numberOf = (token: string | undefined): number => (token === undefined ? -1 : names.indexOf(token));

  const secret: SecretState = {
    value: undefined,
    updatedAt: undefined,
    down: false,
    runsHidden: false,
    calls: [],
    login: () => (secret.value ? openEnvelope(secret.value).credential : undefined),
  };

  let opened: { version: string; record: RootRecord } | undefined;
  const stage: Stage = {
    memory,
    rootKey,
    accessKey: deriveAccessKey(root),
    keys,
    site,
    now: () => now,
    pass: (ms) => void (now += ms),
    issuer: () => issuer,
    sent,
    tokenOf,
    numberOf,
    loginOf: (number, change = {}) => ({
      ...EMPTY,
      kind: "login",
      access: new Secret(newToken("oat")),
      refresh: new Secret(tokenOf(number)),
      accessExpiresAt: now + 30 * MINUTE,
      loginExpiresAt: now + 20 * 24 * HOUR,
      ...change,
    }),
    record() {
      const entry = memory.present();
      if (!entry) return undefined;
      if (opened?.version === entry.version) return opened.record;
      const { type, ...rest } = openRecord(entry.text, site, keys) as Extract<Opened, { type: "root" }>;
      if (type !== "root") throw new Error(`the record is ${String(type)}`);
      opened = { version: entry.version, record: rest.record };
      return rest.record;
    },
    async put(record) {
      const text = sealRecord(record, root, site.place, randomBytes);
      const done = await memory.ledger().compareAndSwap(memory.present()?.version, text);
      if (done.type !== "swapped") throw new Error("a conflict, where nobody else writes");
      return record;
    },
    seed: (number, change = {}) => stage.put({ ...recordOf(stage.loginOf(number), "default", randomBytes), ...change }),
    job: (given = {}) => newJob(given, {}, new Map()),
    play,
    secret,
    lifetime: 8 * HOUR,
    latency: 0,
    check: () => answer(200, {}),
  };
  return stage;

  function refresh(request: HttpRequest): HttpAnswer {
    const { refresh_token: token } = JSON.parse(request.body ?? "") as { refresh_token: string };
    const number = numberOf(token);
    sent.push(number);
    if (number < 0) return answer(400, { error: "invalid_grant" });
    const issued = redeem(issuer, manner, number);
    issuer = issued.issuer;
    if (issued.token === undefined) return answer(400, { error: "invalid_grant" });
    const body = {
      access_token: newToken("oat"),
      ...(manner !== "none" && { refresh_token: tokenOf(issued.token) }),
      ...(stage.lifetime !== undefined && { expires_in: stage.lifetime / SECOND }),
    };
    return answer(200, body, { date: new Date(now).toUTCString() });
  }

  function github(request: HttpRequest, createdAt: number): HttpAnswer {
    const name = request.url.split("/").at(-1) ?? "";
    const call = `${request.method} ${name}`;
    secret.calls.push(call);
    const times = { date: new Date(githubNow()).toUTCString() };
    const iso = (ms: number) => new Date(ms).toISOString();
    if (secret.down) throw new HttpFailure(true, "ECONNRESET");
    if (name === "public-key") {
      return answer(200, { key_id: "1", key: Buffer.from(pair.publicKey).toString("base64") }, times);
    }
    if (request.url.includes("/actions/runs/") && secret.runsHidden) return answer(403, {}, times);
    if (request.url.includes("/actions/runs/")) return answer(200, { created_at: iso(createdAt) }, times);
    if (call === "GET LOGIN") {
      return secret.updatedAt === undefined
        ? answer(404, {}, times)
        : answer(200, { updated_at: iso(secret.updatedAt) }, times);
    }
    if (call === "PUT LOGIN") {
      const box = Buffer.from(
        (JSON.parse(request.body ?? "") as { encrypted_value: string }).encrypted_value,
        "base64",
      );
      secret.value = Buffer.from(sodium.crypto_box_seal_open(box, pair.publicKey, pair.privateKey)).toString();
      secret.updatedAt = Math.floor(githubNow() / SECOND) * SECOND;
      writes++;
      return answer(204, "", times);
    }
    return name.startsWith("OAUTH_CREDS_PROBE") && request.method === "PUT"
      ? answer(204, "", times)
      : answer(404, {}, times);
  }

  function newJob(given: JobOptions, saved: Record<string, string>, disk: Map<string, string>): StagedJob {
    const { name = "A", credential, stored, key = rootKey, attempt = 1, settings = {} } = given;
    const text = given.text ?? (credential ? sealEnvelope(credential, stored) : "");
    const createdAt = given.createdAt ?? githubNow() - SECOND;
    const env: Record<string, string> = {
      GITHUB_REPOSITORY: "o/r",
      GITHUB_REPOSITORY_ID: "42",
      GITHUB_RUN_ID: "7",
      GITHUB_RUN_ATTEMPT: String(attempt),
      GITHUB_API_URL: API,
      GITHUB_JOB: name,
      RUNNER_TEMP: "/temp",
      HOME: "/home",
      ...inputEnv({
        credential: text,
        provider: "anthropic",
        "ledger-key": key,
        "token-url": TOKEN_URL,
        targets: "none",
        ...settings,
      }),
      ...(given.cache && CACHE_ENV),
      ...given.env,
      ...saved,
    };
    const { runner, recorded } = recorder();
    let pending: { call: Call; carry: (fate: Fate) => void; until: number; serial: number } | undefined;
    let outcome: Outcome | undefined;
    let killed = false;
    let started = false;
    let signalledAt: number | undefined;
    let wake = () => {};
    /** The calls about a secret are let through until another call comes; those made at the same moment join it. */
    let atSecret = false;
    const joined: (() => void)[] = [];
    let diesAfterPut = false;
    const calls: Call[] = [];

    const settled = async (): Promise<void> => {
      while (!pending && !outcome && !killed) await new Promise<void>((resolve) => (wake = resolve));
    };

    function wait<T>(
      call: Call,
      act: () => Promise<T> | T,
      lose: (arrived: boolean) => Error,
      other: (fate: Fate) => T,
      ms = 0,
    ): Promise<T> {
      if (call === "secret" && atSecret) return Promise.resolve().then(act);
      if (call === "secret" && pending?.call === "secret") {
        const { promise, resolve } = Promise.withResolvers<void>();
        joined.push(resolve);
        return promise.then(act);
      }
      return new Promise<T>((resolve, reject) => {
        const carry = (fate: Fate): void => {
          pending = undefined;
          if (call !== "sleep") {
            atSecret = call === "secret";
            diesAfterPut = atSecret && fate === "killed-after";
            calls.push(call);
            for (const go of joined.splice(0)) if (fate === "done" || diesAfterPut) go();
          }
          if (fate === "killed-before") return void (killed = true);
          if (fate === "lost-before") return void reject(lose(false));
          const after = (result: T): void => {
            if (fate === "killed-after" && call !== "secret") killed = true;
            else if (fate === "lost-after") reject(lose(true));
            else resolve(result);
            wake();
          };
          if (fate === "done" || fate === "lost-after" || fate === "killed-after") {
            Promise.resolve().then(act).then(after, reject);
            return;
          }
          Promise.resolve()
            .then(() => other(fate))
            .then(resolve, reject);
        };
        pending = { call, carry, until: now + ms, serial: ++serial };
        wake();
      });
    }

    const inner = memory.ledger();
    const swapFate = (fate: Fate): { type: "conflict" } => {
      if (fate === "conflict") return { type: "conflict" };
      throw ledgerProblem(fate);
    };
    const ledger: Ledger = {
      label: inner.label,
      place: inner.place,
      serverTime: inner.serverTime,
      load: () =>
        wait(
          "load",
          () => inner.load(),
          () => new LedgerProblem("unreachable", false),
          (fate) => {
            throw ledgerProblem(fate);
          },
        ),
      compareAndSwap: (expected, record) =>
        wait(
          "swap",
          () => inner.compareAndSwap(expected, record),
          () => new LedgerProblem("unreachable", true),
          swapFate,
        ),
    };

    const toProvider = (request: HttpRequest) =>
      wait<HttpAnswer>(
        "send",
        () => {
          if (request.stillWanted?.() === false) throw new HttpFailure(false, "too late");
          return refresh(request);
        },
        () => new HttpFailure(true, "ECONNRESET"),
        (fate) => {
          if (fate === "throttled") return answer(429, {});
          if (fate === "refused") return answer(400, { error: "invalid_grant" });
          throw new HttpFailure(false, "ECONNREFUSED");
        },
      );
    const toGithub = (request: HttpRequest) =>
      wait<HttpAnswer>(
        "secret",
        () => {
          const done = github(request, createdAt);
          if (!diesAfterPut || !/^PUT .*\/LOGIN$/.test(`${request.method} ${request.url}`)) return done;
          killed = true;
          wake();
          return new Promise<HttpAnswer>(() => {});
        },
        () => new HttpFailure(true, "ECONNRESET"),
        () => answer(403, {}),
      );
    const world: World = {
      env,
      platform: "linux",
      now: () => now,
      sleep: (ms) =>
        wait(
          "sleep",
          () => undefined,
          () => new Error("sleep"),
          () => undefined,
          ms,
        ),
      random: randomBytes,
      async http(request) {
        if (request.url === TOKEN_URL) return toProvider(request);
        if (given.cache && CACHE_URL.test(request.url)) return given.cache.http(request);
        return request.url.startsWith(API)
          ? toGithub(request)
          : stage.check(request.headers["authorization"]?.slice(7) ?? "");
      },
      // The writer of cache entries, as the fake cache's own; but its file lies in this stage's memory.
      run: async (program, [, entry = "", file = ""], { cwd = "" }) => {
        const content = disk.get(`${cwd}/${file}`);
        if (!given.cache || content === undefined) throw new Error(`the program ${program}, where none is expected`);
        given.cache.calls.push(`save ${entry}`);
        given.cache.add(entry, content);
        return { status: 0, missing: false, stdout: "", stderr: "" };
      },
      files: filesOn(disk),
      runner,
      holdSignals: () => ({ signalledAt: () => signalledAt, release: () => {} }),
    };
    ledgers.set(world, ledger);
    const inputs = readInputs(env, "post");

    async function main(): Promise<Acquired> {
      const detected = inputs.credential ? await recognise(world, inputs, await maskInputs(world)) : undefined;
      return acquire(world, inputs, detected, "anthropic");
    }
    function run(work: () => Promise<Acquired | void>): Promise<void> {
      void work()
        .then(
          (acquired) => (outcome = acquired ? { type: "acquired", acquired } : { type: "settled" }),
          (error: unknown) => (outcome = { type: "failed", failure: failureOf(error) }),
        )
        .finally(() => wake());
      return settled();
    }
    const isPost = Object.keys(saved).length > 0;
    const job: StagedJob = {
      name,
      world,
      inputs,
      recorded,
      get waiting() {
        return pending?.call;
      },
      calls,
      get outcome() {
        return outcome;
      },
      get killed() {
        return killed;
      },
      async start() {
        if (started) return;
        started = true;
        await run(isPost ? () => finish(world) : main);
      },
      async awake() {
        pending?.carry("done");
        await settled();
      },
      get due() {
        return [pending?.until ?? Infinity, pending?.serial ?? 0] as const;
      },
      async go(fate = "done") {
        while (pending?.call === "sleep") await job.awake();
        if (!pending) throw new Error(`${name} waits for nothing`);
        if (calls.length > 1000) throw new Error(`${name} comes to no end`);
        pending.carry(fate);
        await settled();
      },
      signal: () => void (signalledAt ??= now),
      post: () => newJob({ ...given, createdAt, name: `${name} post` }, stateOf(recorded), new Map(disk)),
      session: () => ({
        world,
        ledger,
        keys: parseKeys(key) as Keyring,
        site,
        owner: name,
        seen: new Map(),
        masked: new Set(),
        latest: { epoch: 0, held: true },
      }),
    };
    return job;
  }

  async function play(
    jobs: readonly StagedJob[],
    fate: (job: StagedJob, call: Call) => Fate | undefined = () => "done",
  ): Promise<void> {
    for (const job of jobs) await job.start();
    for (let steps = 0; ; steps++) {
      if (steps > 5000) throw new Error("the jobs come to no end");
      const alive = jobs.filter(({ waiting }) => waiting !== undefined);
      const [next] = alive.toSorted((a, b) => a.due[0] - b.due[0] || a.due[1] - b.due[1]);
      if (!next) return;
      now = Math.max(now, next.due[0]);
      if (next.waiting === "sleep") {
        await next.awake();
        continue;
      }
      await next.go(fate(next, next.waiting as Call) ?? "done");
      now += stage.latency;
    }
  }
}

/** The few files that a job without targets has. */
const filesOn = (disk: Map<string, string>): Files =>
  ({
    read: (path) => disk.get(path),
    exists: (path) => disk.has(path),
    remove: (path) => void disk.delete(path),
    makeFolder: () => [],
    openNew: (path) => ({ temp: path, commit: (text) => void disk.set(path, text), discard: () => {} }),
  }) as Pick<Files, "read" | "exists" | "remove" | "makeFolder" | "openNew"> as Files;

const stateOf = ({ state }: Recorded): Record<string, string> =>
  Object.fromEntries(Object.entries(state).map(([name, value]) => [`STATE_${name}`, value]));

function ledgerProblem(fate: Fate): LedgerProblem {
  if (fate === "forbidden") return new LedgerProblem("forbidden", false);
  if (fate === "throttled") return new LedgerProblem("throttled", false, { retryAfterMs: SECOND });
  return new LedgerProblem("unreachable", false);
}

/** What is no Failure is a fault of the code: with its own words, which a test may show. */
function failureOf(error: unknown): Failure {
  if (error instanceof Failure) return error;
  return new Failure("unexpected", error instanceof Error ? (error.stack ?? error.message) : String(error), "");
}

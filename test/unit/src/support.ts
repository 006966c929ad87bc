/** What these tests share: a world whose clock and network are in the test's hand, and invented tokens. */
import { randomBytes } from "node:crypto";
import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { onTestFinished } from "vitest";
import { type Credential, EMPTY, type ProviderName } from "../../../src/credential/credential.ts";
import { Failure } from "../../../src/errors.ts";
import { explainProblems } from "../../../src/input-help.ts";
import { InputProblems } from "../../../src/input-problems.ts";
import { type Inputs, readInputs } from "../../../src/inputs.ts";
import type { Runner } from "../../../src/runner/commands.ts";
import { Secret } from "../../../src/secret.ts";
import { parsed } from "../../../src/targets/file.ts";
import { targetsFor } from "../../../src/targets/names.ts";
import type { FileTarget } from "../../../src/targets/target.ts";
import { openTargets, type OpenTargets } from "../../../src/targets/targets.ts";
import { files } from "../../../src/world/files.ts";
import type { Http, HttpAnswer, HttpRequest, World } from "../../../src/world/world.ts";

/** A moment with no meaning, ms; whole seconds. */
export const NOW = Date.UTC(2031, 4, 6, 7, 8, 9);
export const SECOND = 1000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

export interface Recorded {
  /** Every call of the runner in its order. */
  readonly events: { readonly kind: keyof Runner; readonly args: readonly unknown[] }[];
  readonly masks: string[];
  readonly outputs: Record<string, string>;
  readonly variables: Record<string, string>;
  readonly state: Record<string, string>;
  /** Everything that a person could read, masks left out. */
  text(): string;
  /** The texts of one kind, such as `warning`. */
  of(kind: keyof Runner): string[];
}

export function recorder(): { runner: Runner; recorded: Recorded } {
  const recorded: Recorded = {
    events: [],
    masks: [],
    outputs: {},
    variables: {},
    state: {},
    text: () =>
      recorded.events
        .filter(({ kind }) => kind !== "mask")
        .map(({ args }) => args.join(" "))
        .join("\n"),
    of: (kind) => recorded.events.filter((event) => event.kind === kind).map(({ args }) => String(args[0])),
  };
  const note =
    (kind: keyof Runner, into?: Record<string, string>) =>
    (...args: unknown[]) => {
      recorded.events.push({ kind, args });
      if (into) into[String(args[0])] = String(args[1]);
    };
  const runner: Runner = {
    log: note("log"),
    notice: note("notice"),
    warning: note("warning"),
    error: note("error"),
    mask: (values) => {
      note("mask")(...values);
      recorded.masks.push(...values);
    },
    outputs: (values) => {
      for (const [name, value] of Object.entries(values)) note("outputs", recorded.outputs)(name, value);
    },
    state: note("state", recorded.state),
    variable: note("variable", recorded.variables),
    summary: note("summary"),
  };
  return { runner, recorded };
}

export interface FakeWorld extends World {
  readonly recorded: Recorded;
  readonly requests: HttpRequest[];
  /** The pauses that were slept, ms. */
  readonly pauses: number[];
  /** Moves the clock. */
  pass(ms: number): void;
  /** Lets the runner ask the job to stop, now. */
  signal(): void;
}

export interface WorldOptions {
  readonly env?: Record<string, string>;
  readonly platform?: string;
  readonly http?: Http;
  readonly run?: World["run"];
  readonly now?: number;
}

/** The clock moves only by `sleep` and `pass`; files are the real ones; no network and no program unless given. */
export function fakeWorld(options: WorldOptions = {}): FakeWorld {
  const { env = {}, platform = "linux", http = noNetwork, run = noPrograms } = options;
  const { runner, recorded } = recorder();
  const requests: HttpRequest[] = [];
  const pauses: number[] = [];
  let now = options.now ?? NOW;
  let signalledAt: number | undefined;
  return {
    env,
    platform,
    run,
    now: () => now,
    sleep: async (ms) => {
      pauses.push(ms);
      now += ms;
    },
    random: (bytes) => randomBytes(bytes),
    http: async (request) => {
      requests.push(request);
      return http(request);
    },
    files,
    runner,
    holdSignals: () => ({ signalledAt: () => signalledAt, release: () => {} }),
    recorded,
    requests,
    pauses,
    pass: (ms) => void (now += ms),
    signal: () => void (signalledAt ??= now),
  };
}

const noNetwork: Http = async ({ url }) => {
  throw new Error(`a request to ${url}, where none is expected`);
};

const noPrograms: World["run"] = async (program) => {
  throw new Error(`the program ${program}, where none is expected`);
};

export function answer(status: number, body: unknown, headers: Record<string, string> = {}): HttpAnswer {
  const date = Date.parse(headers["date"] ?? "");
  return {
    status,
    headers,
    body: typeof body === "string" ? body : JSON.stringify(body),
    date: Number.isNaN(date) ? undefined : date,
  };
}

/** `sk-ant-oat01-…` or `sk-ant-ort01-…` with 95 random characters, as long as real ones. */
export function newToken(kind: "oat" | "ort" = "oat"): string {
  return `sk-ant-${kind}01-${randomBytes(80).toString("base64url").slice(0, 95)}`;
}

export function newLogin(change: Partial<Credential> = {}): Credential {
  return {
    ...EMPTY,
    kind: "login",
    access: new Secret(newToken("oat")),
    refresh: new Secret(newToken("ort")),
    accessExpiresAt: NOW + 8 * HOUR,
    loginExpiresAt: NOW + 20 * DAY,
    scopes: ["user:inference", "user:profile"],
    plan: "max",
    ...change,
  };
}

export const ACCOUNT = "11111111-2222-4333-8444-555555555555";

/** A JSON Web Token as OpenAI gives them out, of `account`, or of nobody if that is null. */
export function newJwt(account: string | null = ACCOUNT, endsAt = NOW + 10 * DAY, plan = "plus"): string {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const own = { chatgpt_account_id: account, chatgpt_plan_type: plan };
  const claims = {
    exp: endsAt / SECOND,
    jti: randomBytes(16).toString("hex"),
    ...(account !== null && { "https://api.openai.com/auth": own }),
  };
  return [part({ alg: "RS256" }), part(claims), randomBytes(48).toString("base64url")].join(".");
}

/** `rt_…` as long as real ones. */
export const newOpenaiRefresh = (): string => `rt_${randomBytes(60).toString("base64url")}`;

export function newChatGpt(change: Partial<Credential> = {}): Credential {
  return {
    ...EMPTY,
    kind: "login",
    provider: "openai",
    access: new Secret(newJwt()),
    refresh: new Secret(newOpenaiRefresh()),
    idToken: new Secret(newJwt()),
    accessExpiresAt: NOW + 10 * DAY,
    accountId: ACCOUNT,
    plan: "plus",
    ...change,
  };
}

/** The targets as a step of this provider has them: none named means its own program. */
export const withTargets = (inputs: Inputs, provider: ProviderName = "anthropic"): Inputs => ({
  ...inputs,
  targets: targetsFor(inputs.targets, provider),
});

/** Opens the targets of a step with a credential of this provider. */
export const opened = (world: World, inputs: Inputs, provider: ProviderName = "anthropic"): Promise<OpenTargets> =>
  openTargets(world, withTargets(inputs, provider), { provider, account: inputs.account });

/** The file `present` with the credential written into it. */
export function rendered(
  target: FileTarget,
  present: string,
  credential: Credential,
  full: boolean,
  account = "default",
): string {
  const slot = { provider: credential.provider, account };
  return target.print(target.set(parsed(target, present), slot, target.write(credential, { full, now: NOW })));
}

/** A person's settings by their names in action.yml; `credential` is invented if it is not among them. */
export function inputEnv(settings: Record<string, string> = {}): Record<string, string> {
  const all = { credential: newToken(), ...settings };
  return Object.fromEntries(Object.entries(all).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value]));
}

export const GITHUB = { GITHUB_REPOSITORY: "o/r", GITHUB_REPOSITORY_ID: "42", GITHUB_RUN_ID: "7" };

export function inputsOf(settings: Record<string, string> = {}, env: Record<string, string> = {}): Inputs {
  return readInputs({ ...GITHUB, ...inputEnv(settings), ...env });
}

/** The Failure that `run` throws. Anything else that it does is an error of the test. */
export function failureOf(run: () => unknown, env: Record<string, string> = {}): Failure {
  try {
    run();
  } catch (error) {
    return told(error, env);
  }
  throw new Error("nothing was thrown");
}

export async function failureIn(run: () => Promise<unknown>): Promise<Failure> {
  const result = await run().then(
    () => new Error("nothing was thrown"),
    (error: unknown) => error,
  );
  return told(result);
}

/** As `run` tells it. */
function told(error: unknown, env: Record<string, string> = {}): Failure {
  if (error instanceof Failure) return error;
  if (error instanceof InputProblems) return explainProblems(error.problems, env);
  throw error;
}

/** A folder without links in its path, to be removed by the caller. */
export function newFolder(): { folder: string; remove: () => void } {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "oauth-creds-unit-")));
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** A folder of its own for one test. */
export function tempFolder(): string {
  const { folder, remove } = newFolder();
  onTestFinished(remove);
  return folder;
}

/** The first piece of `token`, `size` characters long, that stands in `text`. */
export function pieceOf(token: string, text: string, size = 12): string | undefined {
  for (let at = 0; at + size <= token.length; at++) {
    const piece = token.slice(at, at + size);
    if (text.includes(piece)) return piece;
  }
  return undefined;
}

const ALPHABET = [..."ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"];

export const word = (minLength: number, maxLength: number): fc.Arbitrary<string> =>
  fc.string({ unit: fc.constantFrom(...ALPHABET), minLength, maxLength });

/** Tokens by the look of the issuers that a person may mix up. */
export const anyToken: fc.Arbitrary<string> = fc
  .tuple(
    fc.constantFrom(
      "sk-ant-oat01-",
      "sk-ant-ort01-",
      "sk-ant-api03-",
      "sk-proj-",
      "ghp_",
      "ghs_",
      "github_pat_",
      "oc1.",
      "",
    ),
    word(30, 100),
  )
  .map(([prefix, rest]) => prefix + rest);

export const claudeToken = (kind: "oat" | "ort"): fc.Arbitrary<string> =>
  word(20, 110).map((rest) => `sk-ant-${kind}01-${rest}`);

/** Whole seconds, within the years that a date can have. */
export const anyTime: fc.Arbitrary<number> = fc.integer({ min: 1, max: 8_000_000_000_000 }).map((s) => s * 1000);

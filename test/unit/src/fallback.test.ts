import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Credential } from "../../../src/credential/credential.ts";
import { sealEnvelope } from "../../../src/credential/envelope.ts";
import { type Code, Failure } from "../../../src/errors.ts";
import { useApiKey } from "../../../src/fallback.ts";
import { finish } from "../../../src/post/finish.ts";
import { run } from "../../../src/run.ts";
import { fakeNet, TOKEN_URL } from "./fake-net.ts";
import {
  answer,
  DAY,
  failureIn,
  fakeWorld,
  GITHUB,
  inputEnv,
  inputsOf,
  MINUTE,
  newChatGpt,
  newLogin,
  newToken,
  NOW,
  pieceOf,
  type Recorded,
  tempFolder,
} from "./support.ts";

const ANTHROPIC_KEY = `sk-ant-api03-${newToken().slice(20)}`;
const OPENAI_KEY = `sk-proj-${newToken().slice(20)}`;

const codes = [
  ...readFileSync(new URL("../../../src/errors.ts", import.meta.url), "utf8").matchAll(/^ {2}\| "([a-z-]+)"/gm),
].map(([, code]) => code as Code);

/** Everything that a person can read: not the masks, and not what GITHUB_ENV takes. */
const readable = ({ events }: Recorded): string =>
  events
    .filter(({ kind }) => kind !== "mask" && kind !== "variable")
    .map(({ args }) => args.join(" "))
    .join("\n");

describe("which failures an API key makes up for", () => {
  /** A mistake in the settings, a job that was told to stop, a fault of ours. */
  const NOT_FOR: readonly Code[] = ["input-invalid", "cancelled", "unexpected"];
  const fails = (code: Code) => {
    const world = fakeWorld();
    const failure = new Failure(code, "What happened.", "What to do.");
    const inputs = inputsOf({ "fallback-api-key": ANTHROPIC_KEY, credential: "hunter2" });
    return { world, failure, use: () => useApiKey(world, inputs, failure, new Set()) };
  };

  test("the codes are found", () => {
    expect(codes.length).toBeGreaterThan(25);
    expect(codes).toEqual(expect.arrayContaining(NOT_FOR as Code[]));
  });

  test.each(codes.filter((code) => !NOT_FOR.includes(code)))("%s: the job goes on, and is told why", async (code) => {
    const { world, use } = fails(code);
    await use();
    expect(world.recorded.variables).toEqual({ ANTHROPIC_API_KEY: ANTHROPIC_KEY });
    expect(world.recorded.of("warning").join()).toMatch(new RegExp(`What happened\\. What to do\\. \\[${code}\\]`));
  });

  test.each(NOT_FOR)("%s: it does not", async (code) => {
    const { world, failure, use } = fails(code);
    expect(await failureIn(use)).toBe(failure);
    expect(world.recorded.events).toEqual([]);
  });
});

describe("where the key goes", () => {
  const ANTHROPIC = ["ANTHROPIC_API_KEY"];
  const OPENAI = ["OPENAI_API_KEY", "CODEX_API_KEY"];
  const GATEWAY = "key-of-a-gateway-0123456789";
  const claude = () => sealEnvelope(newLogin(), undefined);
  const chatgpt = () => sealEnvelope(newChatGpt(), undefined);
  const unknown = () => "hunter2";
  const why = new Failure("login-refused", "What.", "Do.");
  const use = async (provider: string, credential: string, key: string) => {
    const world = fakeWorld();
    await useApiKey(world, inputsOf({ provider, credential, "fallback-api-key": key }), why, new Set());
    return world.recorded;
  };

  test.each<[provider: string, credential: () => string, key: string, variables: string[]]>([
    ["auto", claude, ANTHROPIC_KEY, ANTHROPIC],
    ["auto", chatgpt, OPENAI_KEY, OPENAI],
    // Some gateways give out keys of another look: the login tells whose they stand for.
    ["auto", claude, GATEWAY, ANTHROPIC],
    ["auto", claude, `sk-${GATEWAY}`, ANTHROPIC],
    ["auto", chatgpt, GATEWAY, OPENAI],
    // What cannot be recognised tells nothing.
    ["auto", unknown, ANTHROPIC_KEY, ANTHROPIC],
    ["auto", unknown, OPENAI_KEY, OPENAI],
    ["auto", () => OPENAI_KEY, ANTHROPIC_KEY, ANTHROPIC],
    ["anthropic", unknown, ANTHROPIC_KEY, ANTHROPIC],
    ["anthropic", unknown, GATEWAY, ANTHROPIC],
    ["openai", unknown, OPENAI_KEY, OPENAI],
    ["openai", unknown, GATEWAY, OPENAI],
  ])("provider %s", async (provider, credential, key, variables) => {
    const recorded = await use(provider, credential(), key);
    expect(recorded.variables).toEqual(Object.fromEntries(variables.map((name) => [name, key])));
    expect(recorded.outputs).toEqual({
      available: "true",
      provider: variables === ANTHROPIC ? "anthropic" : "openai",
      kind: "api-key",
      refreshed: "false",
      rotated: "false",
    });
    for (const text of [recorded.of("warning").join(), recorded.of("summary").join()]) {
      expect(text).toContain("billed");
      expect(text).toContain("[login-refused]");
      for (const name of variables) expect(text).toContain(name);
    }
    expect(pieceOf(key, readable(recorded))).toBeUndefined();
  });

  test.each<[provider: string, credential: () => string, key: string, says: RegExp]>([
    ["auto", claude, OPENAI_KEY, /key of OpenAI, but the login is one of Anthropic/],
    ["auto", claude, `sk-0123456789T3BlbkFJ0123456789`, /key of OpenAI/],
    ["auto", chatgpt, ANTHROPIC_KEY, /key of Anthropic, but the login is one of OpenAI/],
    ["anthropic", unknown, OPENAI_KEY, /key of OpenAI/],
    ["openai", unknown, ANTHROPIC_KEY, /key of Anthropic/],
    ["auto", unknown, GATEWAY, /whose key it is\. Say it by `provider`/],
    ["auto", () => sealEnvelope(newLogin({ provider: "custom" }), undefined), GATEWAY, /`provider: custom`/],
  ])("a key that is not the login's: provider %s", async (provider, credential, key, says) => {
    const failure = await failureIn(() => use(provider, credential(), key));
    expect(failure.code).toBe("input-invalid");
    expect(failure.explain()).toMatch(says);
    expect(pieceOf(key, failure.explain())).toBeUndefined();
    if (!String(says).includes("custom")) expect(failure.explain()).toContain("[login-refused]");
  });
});

describe("a whole step", () => {
  const STORE = { "rotate-to": "LOGIN", "secrets-token": "github_pat_x" };

  async function step(credential: string, settings: Record<string, string> = {}, key = ANTHROPIC_KEY) {
    const root = tempFolder();
    for (const name of ["home", "temp"]) mkdirSync(join(root, name));
    const inputs = inputEnv({ credential, "token-url": TOKEN_URL, "fallback-api-key": key, ...settings });
    const env = { ...GITHUB, HOME: join(root, "home"), RUNNER_TEMP: join(root, "temp"), ...inputs };
    const net = await fakeNet(env);
    const files = () => readdirSync(root, { recursive: true, encoding: "utf8" });
    const before = files();
    const code = await run(net.world);
    const { recorded } = net.world;
    const state = Object.fromEntries(Object.entries(recorded.state).map(([name, value]) => [`STATE_${name}`, value]));
    return {
      code,
      net,
      recorded,
      root,
      left: files().filter((name) => !before.includes(name)),
      post: { ...env, ...state },
    };
  }
  const sealed = (credential: Credential) => sealEnvelope(credential, undefined);
  const ending = (change: Partial<Credential> = {}) => newLogin({ accessExpiresAt: NOW + MINUTE, ...change });
  const errorsOf = ({ events }: Recorded) => events.filter(({ kind }) => kind === "error").map(({ args }) => args[1]);

  test.each<[what: string, credential: () => string, settings: Record<string, string>, code: string]>([
    ["a login that the provider refuses", () => sealed(ending()), STORE, "login-refused"],
    ["a login that has nowhere to go", () => sealed(ending()), {}, "nowhere-to-store"],
    ["an ended login that may not be renewed", () => sealed(ending()), { refresh: "never" }, "credential-ended"],
    [
      "a setup token that has ended",
      () => sealed(newLogin({ kind: "setup-token", refresh: undefined, accessExpiresAt: NOW - DAY })),
      {},
      "credential-ended",
    ],
    ["a text that is no credential", () => "hunter2", {}, "credential-unusable"],
    ["an API key in place of the credential", () => OPENAI_KEY, {}, "credential-is-api-key"],
  ])("%s: the key, and nothing left on the disk", async (_, credential, settings, why) => {
    const { code, recorded, left } = await step(credential(), settings);
    expect([code, errorsOf(recorded)]).toEqual([0, []]);
    expect(recorded.variables).toEqual({ ANTHROPIC_API_KEY: ANTHROPIC_KEY });
    expect(recorded.outputs).toMatchObject({ available: "true", kind: "api-key" });
    expect(recorded.of("warning").join()).toContain(`[${why}]`);
    expect(left).toEqual([]);
  });

  test("no credential at all: the key, and the reason is that it is missing", async () => {
    for (const more of [{}, { "if-no-credential": "skip" }]) {
      const { code, recorded } = await step("", more);
      expect([code, recorded.outputs["kind"]]).toEqual([0, "api-key"]);
      expect(recorded.of("warning").join()).toMatch(/no credential|`credential` is empty/);
      expect(recorded.of("warning").join()).not.toContain("0 characters");
    }
  });

  test("a ChatGPT login in a public repository: the key of OpenAI", async () => {
    const event = join(tempFolder(), "event.json");
    const { writeFileSync } = await import("node:fs");
    writeFileSync(event, '{"repository":{"private":false}}');
    const root = tempFolder();
    const inputs = inputEnv({ credential: sealed(newChatGpt()), "fallback-api-key": OPENAI_KEY });
    const world = fakeWorld({ env: { ...GITHUB, HOME: root, GITHUB_EVENT_PATH: event, ...inputs } });
    expect(await run(world)).toBe(0);
    expect(world.recorded.variables).toEqual({ OPENAI_API_KEY: OPENAI_KEY, CODEX_API_KEY: OPENAI_KEY });
    expect(world.recorded.of("warning").join()).toContain("[public-repository]");
    expect(readdirSync(root)).toEqual([]);
  });

  test("a login that works: the key is not used, and not spoken of", async () => {
    const { code, recorded } = await step(sealed(newLogin()));
    expect([code, recorded.variables]).toEqual([0, {}]);
    expect(recorded.outputs["kind"]).toBe("login");
    expect(readable(recorded)).not.toContain("fallback");
  });

  test.each<[string, Record<string, string>]>([
    ["a setting that is wrong", { timeout: "soon" }],
    ["a target that the login does not fit", { targets: "opencode" }],
  ])("%s is not made up for", async (_, settings) => {
    const { code, recorded } = await step(sealed(newLogin()), settings);
    expect([code, errorsOf(recorded)]).toEqual([1, ["oauth-creds: input-invalid"]]);
    expect([recorded.variables, recorded.outputs]).toEqual([{}, {}]);
  });

  test("a job that was told to stop does not go on with the key", async () => {
    const login = ending();
    const root = tempFolder();
    const env = { ...GITHUB, HOME: root, RUNNER_TEMP: root };
    const inputs = inputEnv({
      credential: sealEnvelope(login, undefined),
      "token-url": TOKEN_URL,
      "fallback-api-key": ANTHROPIC_KEY,
      ...STORE,
    });
    const net = await fakeNet({ ...env, ...inputs });
    net.alive.add(login.refresh?.reveal() ?? "");
    net.onCall = (call) => void (call === "POST token" && net.world.signal());
    expect(await run(net.world)).toBe(1);
    expect(errorsOf(net.world.recorded)).toEqual(["oauth-creds: cancelled"]);
    expect(net.world.recorded.variables).toEqual({});
    expect(net.alive.has(net.stored() ?? "?")).toBe(true);
  });

  test("a failure that costs nothing is not one, where the access token still lives", async () => {
    const { code, recorded } = await step(sealed(newLogin({ accessExpiresAt: NOW + 10 * MINUTE })), {
      ...STORE,
      "user-agent": "x",
    });
    // The provider knows no such login, which is no such failure.
    expect([code, recorded.outputs["kind"]]).toEqual([0, "api-key"]);
    const root = tempFolder();
    const throttled = await fakeNet({
      ...GITHUB,
      HOME: root,
      RUNNER_TEMP: root,
      ...inputEnv({
        credential: sealed(newLogin({ accessExpiresAt: NOW + 10 * MINUTE })),
        "token-url": TOKEN_URL,
        "fallback-api-key": ANTHROPIC_KEY,
        ...STORE,
      }),
    });
    throttled.faults["POST token"] = [answer(429, {})];
    expect(await run(throttled.world)).toBe(0);
    expect(throttled.world.recorded.outputs["kind"]).toBe("login");
    expect(throttled.world.recorded.variables).toEqual({});
  });

  test("the key is masked before anything is said, and stands in nothing that can be read", async () => {
    const { recorded } = await step("hunter2");
    expect(recorded.masks).toContain(ANTHROPIC_KEY);
    const kinds = recorded.events.map(({ kind }) => kind);
    expect(kinds.indexOf("mask")).toBe(0);
    expect(pieceOf(ANTHROPIC_KEY, readable(recorded))).toBeUndefined();
    expect(pieceOf(ANTHROPIC_KEY, JSON.stringify([recorded.state, recorded.outputs]))).toBeUndefined();
  });

  test("post has nothing to say of it", async () => {
    for (const [credential, settings] of [
      ["hunter2", {}],
      [sealed(ending()), STORE],
    ] as const) {
      const { post, root } = await step(credential, settings);
      const after = await fakeNet(post);
      await finish(after.world);
      expect(after.world.recorded.of("warning")).toEqual([]);
      expect(after.calls).toEqual([]);
      expect(existsSync(join(root, "home/.claude"))).toBe(false);
    }
  });
});

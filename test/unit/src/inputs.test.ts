import { readFileSync } from "node:fs";
import { inspect } from "node:util";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { NAMES } from "../../../src/input-names.ts";
import { readInputs } from "../../../src/inputs.ts";
import { VERSION } from "../../../src/version.ts";
import { anyToken, DAY, failureOf, GITHUB, HOUR, inputEnv, inputsOf, MINUTE, newToken, pieceOf } from "./support.ts";

const actionFile = parse(readFileSync(new URL("../../../action.yml", import.meta.url), "utf8")) as {
  inputs: Record<string, { default?: unknown; required?: boolean }>;
};
/** The problems in a Failure, one an element. */
function problemsOf(settings: Record<string, string>, env: Record<string, string> = {}): string[] {
  const failure = failureOf(() => inputsOf(settings, env), env);
  const missing = failure.message.startsWith("`credential` is empty");
  expect(failure.code).toBe(missing ? "credential-missing" : "input-invalid");
  const listed = failure.message.split("\n").filter((line) => /^\d+\. /.test(line));
  return listed.length > 0 ? listed.map((line) => line.replace(/^\d+\. /, "")) : [failure.message];
}

describe("action.yml", () => {
  test("has the inputs that are read, and no others", () => {
    expect(Object.keys(actionFile.inputs).toSorted()).toEqual([...NAMES].toSorted());
  });

  const defaults = Object.entries(actionFile.inputs).flatMap(([name, { default: value }]) =>
    // The runner evaluates an expression before we see it.
    value === undefined || String(value).startsWith("${{") ? [] : [[name, value] as const],
  );

  test.each(defaults)("%s: the default %j is a text, and what the code takes for nothing", (name, value) => {
    expect(value).toBeTypeOf("string");
    const credential = newToken();
    expect(inputsOf({ credential, [name]: String(value) })).toEqual(inputsOf({ credential, [name]: "" }));
  });

  test("an input without a default there has none in the code", () => {
    expect(inputsOf()).toMatchObject({
      credentialExpiresAt: undefined,
      rotateTo: undefined,
      secretsToken: undefined,
      home: undefined,
      request: { tokenUrl: undefined, clientId: undefined, scope: undefined, requestFormat: undefined },
    });
    expect(inputsOf().request.userAgent).toBe(`oauth-creds/${VERSION}`);
  });

  test("no input is required: an empty secret is told by us, with its likely cause", () => {
    expect(Object.values(actionFile.inputs).filter(({ required }) => required)).toEqual([]);
  });
});

test("without settings: the provider's own program, an hour, ten days, 25 s", () => {
  expect(inputsOf()).toMatchObject({
    provider: "auto",
    account: "default",
    targets: [],
    refresh: "auto",
    minValidityMs: HOUR,
    refreshWith: "http",
    validate: "none",
    fallbackApiKey: undefined,
    allowPublicRepository: false,
    writeRefreshToken: false,
    allowUnstoredRefresh: false,
    createSecrets: false,
    cleanup: true,
    ifNoCredential: "error",
    warnBeforeMs: 10 * DAY,
    request: { timeoutMs: 25_000 },
  });
});

test("every setting is taken over in the units of the code", () => {
  const inputs = inputsOf({
    "credential-expires": "2031-11-21",
    provider: "custom",
    account: "work.ci_2-x",
    targets: "claude, env:MY_TOKEN output\nenv,,claude",
    refresh: "always",
    "min-validity": "1h30m",
    "refresh-with": "http",
    "allow-public-repository": "true",
    "client-secret": "s-1",
    "write-refresh-token": "TRUE",
    "rotate-to": "repository/my_login",
    "secrets-token": "github_pat_x",
    "create-secrets": "true",
    home: "/runner/_temp/_github_home",
    cleanup: "True",
    "warn-before": "3d",
    "token-url": "https://login.example/token",
    "client-id": "c",
    scope: "a b",
    "user-agent": "ua/1",
    "request-format": "form",
    timeout: "2m",
  });
  expect(inputs).toMatchObject({
    credentialExpiresAt: Date.UTC(2031, 10, 21),
    provider: "custom",
    account: "work.ci_2-x",
    allowPublicRepository: true,
    targets: [
      { name: "claude" },
      { name: "env", variable: "MY_TOKEN" },
      { name: "output" },
      { name: "env", variable: undefined },
    ],
    refresh: "always",
    minValidityMs: 90 * MINUTE,
    writeRefreshToken: true,
    rotateTo: { kind: "repository", name: "MY_LOGIN", repository: "o/r", repositoryId: "42" },
    createSecrets: true,
    home: "/runner/_temp/_github_home",
    cleanup: true,
    warnBeforeMs: 3 * DAY,
    request: {
      tokenUrl: "https://login.example/token",
      clientId: "c",
      scope: "a b",
      userAgent: "ua/1",
      requestFormat: "form",
      timeoutMs: 120_000,
    },
  });
  expect(inputs.secretsToken?.reveal()).toBe("github_pat_x");
  expect(inputs.request.clientSecret?.reveal()).toBe("s-1");
  expect(Object.isFrozen(inputs)).toBe(true);
});

test("the credential is not trimmed: what stood around it is told where it is recognised", () => {
  expect(inputsOf({ credential: " a\n" }).credential?.reveal()).toBe(" a\n");
});

test("what only a provider of its own program takes", () => {
  const inputs = inputsOf({ "refresh-with": "cli", validate: "online", "fallback-api-key": " sk-proj-1 " });
  expect(inputs).toMatchObject({ refreshWith: "cli", validate: "online" });
  expect(inputs.fallbackApiKey?.reveal()).toBe("sk-proj-1");
});

test("no secret of the settings is printed with them", () => {
  const keys = { "secrets-token": "t0k3n-s", "rotate-to": "A", "fallback-api-key": "t0k3n-f" };
  const secret = { "client-secret": "t0k3n-c", provider: "custom", "token-url": "https://a.b", "client-id": "c" };
  const print = (settings: Record<string, string>) => inspect(inputsOf(settings), { depth: 9 });
  for (const text of [print(keys), JSON.stringify(inputsOf(keys)), print(secret)]) {
    expect(text).toContain("[secret]");
    expect(text).not.toContain("t0k3n");
  }
});

test("request-format json is json, and not the same as nothing", () => {
  expect(inputsOf({ "request-format": "json" }).request.requestFormat).toBe("json");
});

/** One value that each input does not take, with what has to go with it to be wrong in this one point only. */
const BAD: [name: string, value: string, others?: Record<string, string>][] = [
  ["credential", " \n\t"],
  ["credential-expires", "21.11.2027"],
  ["credential-expires", "2027-13-41"],
  ["provider", "google"],
  ["account", "a b"],
  ["account", "a:b"],
  ["account", "ä"],
  ["account", "x".repeat(65)],
  ["targets", "claud"],
  ["targets", "constructor"],
  ["targets", "env:1X"],
  ["targets", "none, env"],
  ["targets", "env:GITHUB_TOKEN"],
  ["targets", "env:PATH"],
  ["targets", "env:NODE_OPTIONS"],
  ["targets", "env:LD_PRELOAD"],
  ["targets", "env:BASH_ENV"],
  ["targets", "env:HTTPS_PROXY"],
  ["refresh", "sometimes"],
  ["min-validity", "1 hour"],
  ["min-validity", "60"],
  ["refresh-with", "program"],
  ["validate", "true"],
  ["fallback-api-key", "sk-ant-oat01-x"],
  ["fallback-api-key", "sk-ant-ort01-x"],
  ["fallback-api-key", "rt_x"],
  ["fallback-api-key", "eyJx.y.z"],
  ["fallback-api-key", "oc1.x"],
  ["allow-public-repository", "yes"],
  ["client-secret", "s"],
  ["write-refresh-token", "yes", { "allow-unstored-refresh": "true" }],
  ["allow-unstored-refresh", "1"],

  ["rotate-to", "my-login", { "secrets-token": "t" }],
  ["rotate-to", "A B", { "secrets-token": "t" }],
  ["rotate-to", "GITHUB_LOGIN", { "secrets-token": "t" }],
  ["create-secrets", "on", { "rotate-to": "A", "secrets-token": "t" }],
  ["cleanup", "0"],
  ["access-cache", "yes", { "ledger-key": "ocr1_x" }],
  ["if-no-credential", "ignore"],
  ["warn-before", "10 days"],
  ["token-url", "http://login.example/token"],
  ["request-format", "xml"],
  ["timeout", "soon"],
  ["timeout", "999ms"],
  ["timeout", "0s"],
  ["timeout", "121s"],
];

describe("what is wrong", () => {
  test.each(BAD)("%s: %j is one problem, which names the input", (name, value, others = {}) => {
    const problems = problemsOf({ ...others, [name]: value });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(`\`${name}\``);
  });

  test("all of it is told in one go, numbered", () => {
    // An API key stands in for the credential, which is empty here.
    const bad = BAD.filter(([name]) => name !== "fallback-api-key");
    const wrong = Object.fromEntries(
      bad.filter(([name]) => name !== "targets" && name !== "rotate-to").map(([name, value]) => [name, value]),
    );
    const env = { INPUT_TIMEOUTS: "x", SOME_TOKEN_URL_OVERRIDE: "http://x" };
    const problems = problemsOf({ ...wrong, targets: "claud", "rotate-to": "my-login" }, env);
    const names = [...bad.map(([name]) => name), "timeouts"];
    expect(names.filter((name) => !problems.some((problem) => problem.includes(`\`${name}\``)))).toEqual([]);
    expect(problems.some((problem) => problem.includes("SOME_TOKEN_URL_OVERRIDE"))).toBe(true);
    expect(failureOf(() => inputsOf(wrong)).message).toMatch(/^\d+ settings need mending:\n1\. /);
  });

  test.each([
    ["credentials", "credential"],
    ["rotateto", "rotate-to"],
    ["minvalidity", "min-validity"],
    ["target", "targets"],
    ["user_agent", "user-agent"],
  ])("an unknown input %s: was %s meant?", (given, meant) => {
    expect(problemsOf({ [given]: "x" })).toEqual([`There is no input \`${given}\`: did you mean \`${meant}\`?`]);
  });

  test("an unknown input that resembles none gets no suggestion", () => {
    expect(problemsOf({ colour: "x" })).toEqual(["There is no input `colour`."]);
    expect(problemsOf({ "1": "x" })).toEqual(["There is no input `1`."]);
  });

  test("a short value is repeated, so that a person finds it", () => {
    expect(problemsOf({ refresh: "daily" })[0]).toContain("`daily`");
  });
});

describe("settings that do not go together", () => {
  const store = { "rotate-to": "LOGIN", "secrets-token": "t" };
  const own = { provider: "custom", "token-url": "https://a.example/t", "client-id": "c" };
  const handed = { "write-refresh-token": "true" };
  test.each<[string, Record<string, string>, RegExp, Record<string, string>?]>([
    ["no credential", { credential: "" }, /`credential` is empty/],
    ["none with others", { targets: "none,claude" }, /`none` together/],
    ["rotate-to without a token", { "rotate-to": "LOGIN" }, /`secrets-token` is empty/],
    ["access-cache without a ledger", { "access-cache": "true" }, /there is no ledger here: give `ledger-key`/],
    [
      "access-cache with a ledger that is switched off",
      { "access-cache": "true", "ledger-key": "ocr1_x", ledger: "none" },
      /not `ledger: none`/,
    ],
    [
      "access-cache with a login that is lent",
      { "access-cache": "true", "ledger-key": "ocr1_x", "write-refresh-token": "true" },
      /leave `access-cache` out here/,
    ],
    ["a token without rotate-to", { "secrets-token": "t" }, /`rotate-to` does not say/],
    ["create-secrets without rotate-to", { "create-secrets": "true" }, /`create-secrets` is set/],
    ["unstored and rotate-to", { ...store, "allow-unstored-refresh": "true" }, /`allow-unstored-refresh`/],
    ["a refresh token without a file", { ...store, "write-refresh-token": "true", targets: "env" }, /no target/],
    ["a refresh token without a place", { "write-refresh-token": "true" }, /lost with the runner/],
    ["rotate-to outside of GitHub", store, /GITHUB_REPOSITORY/, { GITHUB_REPOSITORY: "" }],
    ["two places", { ...store, "rotate-to": "A,B" }, /several places/],
    [
      "a refresh token in several files",
      { ...store, "write-refresh-token": "true", targets: "claude,pi" },
      /`write-refresh-token` with several files/,
    ],
    [
      "a refresh token for a program that never renews",
      { ...store, "write-refresh-token": "true", targets: "peekaboo,env" },
      /`write-refresh-token`.*Peekaboo/,
    ],
    [
      "a refresh token left behind",
      { ...store, "write-refresh-token": "true", cleanup: "false" },
      /`cleanup: false` would leave/,
    ],
    ["custom without an address", { provider: "custom", "client-id": "c" }, /needs `token-url`/],
    ["custom without a client", { provider: "custom", "token-url": "https://a.example/t" }, /needs `client-id`/],
    ["custom, checked", { ...own, validate: "online" }, /`validate: online` is not possible/],
    ["custom with an API key", { ...own, "fallback-api-key": "k" }, /`fallback-api-key` is not possible/],
    ["a client's secret", { "client-secret": "s" }, /`client-secret` is for `provider: custom` only/],
    ["a client's secret", { provider: "openai", "client-secret": "s" }, /`client-secret` is for/],
    ...["token-url", "client-id", "scope", "request-format"].map((name): [string, Record<string, string>, RegExp] => [
      `a program that decides ${name} itself`,
      { "refresh-with": "cli", [name]: name === "token-url" ? "https://a.example/t" : "form" },
      new RegExp(`\`${name}\` has no effect`),
    ]),
  ])("%s", (_, settings, text, env = {}) => {
    const problems = problemsOf(settings, env);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(text);
  });

  test("custom by a program that it has not", () => {
    expect(problemsOf({ ...own, "refresh-with": "cli" }).join()).toMatch(/`refresh-with: cli` is not possible/);
  });

  test.each<[string, Record<string, string>]>([
    ["nothing but a credential", {}],
    ["no credential, but an API key", { credential: "", "fallback-api-key": "k" }],
    ["custom", own],
    ["custom, with a secret and scopes", { ...own, "client-secret": "s", scope: "a b", "request-format": "json" }],
    ["custom, stored", { ...own, ...store, "write-refresh-token": "false", targets: "output,env:X" }],
    ["openai", { provider: "openai", validate: "online", "fallback-api-key": "sk-proj-x" }],
    ["by the program", { "refresh-with": "cli", "user-agent": "u", timeout: "1m" }],
    ["a refresh token in one file, and the access token in a variable", { ...store, ...handed, targets: "pi,env:X" }],
    ["a refresh token in the provider's own file", { ...store, ...handed }],
    ["two logins of one file", { account: "Work-1.x_y" }],
    ["many files", { targets: "claude codex,peekaboo, clawdbot\nopenclaw\tpi opencode" }],
    ["no credential, skipped", { credential: "", "if-no-credential": "skip" }],
    ["no credential, skipped, in a job that rotates", { ...store, credential: "", "if-no-credential": "skip" }],
    ["none alone", { targets: "none" }],
    ["every target", { targets: "claude,env,env:X,output" }],
    ["a place", store],
    ["access-cache with a ledger", { "access-cache": "true", "ledger-key": "ocr1_x", refresh: "always" }],
    ["a place that may be made", { ...store, "create-secrets": "true" }],
    ["thrown away", { "allow-unstored-refresh": "true" }],
    ["a refresh token with a place", { ...store, "write-refresh-token": "true" }],
    ["a refresh token that may be lost", { "allow-unstored-refresh": "true", "write-refresh-token": "true" }],
    ["a place, never used", { ...store, refresh: "never" }],
    ["no cleaning", { cleanup: "false" }],
    ["an end of a setup token", { "credential-expires": "2031-01-02" }],
    ["the ends of timeout", { timeout: "1s" }],
    ["the ends of timeout", { timeout: "2m" }],
  ])("fine: %s", (_, settings) => {
    expect(() => inputsOf(settings)).not.toThrow();
  });

  test.each([
    ["GITHUB_ACTOR", "dependabot[bot]", /Dependabot/],
    ["GITHUB_EVENT_NAME", "pull_request", /fork/],
    ["GITHUB_EVENT_NAME", "push", /another name/],
  ])("an empty secret where %s is %s has its likely cause", (name, value, text) => {
    expect(problemsOf({ credential: "" }, { [name]: value })[0]).toMatch(text);
    expect(problemsOf({ "rotate-to": "LOGIN" }, { [name]: value })[0]).toMatch(text);
  });
});

describe("the address of the tokens", () => {
  test.each([
    "https://login.example/token",
    "https://login.example:8443/a/b?c=d",
    "http://127.0.0.1:8080/token",
    "http://127.9.8.7/",
    "http://localhost:1/",
    "http://[::1]:9/t",
  ])("%s", (url) => {
    expect(inputsOf({ "token-url": url }).request.tokenUrl).toBe(url);
  });

  test.each([
    "http://login.example/token",
    "http://127.0.0.1.example/",
    "http://localhost.example/",
    "http://128.0.0.1/",
    "http://[::2]/",
    "http://0.0.0.0/",
    "ftp://127.0.0.1/",
    "file:///etc/passwd",
    "https://user:pass@login.example/",
    "https://user@login.example/",
    "http://127.0.0.1@login.example/",
    "login.example/token",
    "//login.example",
    "https://",
    "javascript:1",
  ])("not %s", (url) => {
    expect(problemsOf({ "token-url": url })).toEqual([expect.stringMatching(/^`token-url` must be/)]);
  });

  test.each(["CLAUDE_CODE_TOKEN_URL_OVERRIDE", "CODEX_REFRESH_TOKEN_URL_OVERRIDE", "X_TOKEN_URL_OVERRIDE"])(
    "the variable %s is refused, without its value",
    (name) => {
      const [problem, ...others] = problemsOf({}, { [name]: "https://evil.example" });
      expect(others).toEqual([]);
      expect(problem).toContain(name);
      expect(problem).not.toContain("evil");
      expect(() => inputsOf({}, { [name]: "" })).not.toThrow();
    },
  );
});

describe("a token in the wrong place", () => {
  const told = (name: string, value: string): string => {
    try {
      readInputs({ ...GITHUB, ...inputEnv({ [name]: value }) });
      return "";
    } catch {
      return failureOf(() => readInputs({ ...GITHUB, ...inputEnv({ [name]: value }) })).explain();
    }
  };

  test.each(["sk-ant-oat0", "ghp_abc", "oc1.abc", "github_pat_"])("not even the beginning of one: %s", (value) => {
    expect(told("refresh", value)).not.toContain(value);
    expect(told("targets", value)).not.toContain(value);
  });

  test.each(NAMES)("%s does not repeat it", (name) => {
    fc.assert(
      fc.property(anyToken, (token) => {
        expect(pieceOf(token, told(name, token))).toBeUndefined();
      }),
      { numRuns: 40 },
    );
  });

  test.each(NAMES)("%s does not repeat one with a word, a line break or a comma beside or inside it", (name) => {
    const broken = fc
      .tuple(anyToken, fc.constantFrom(" ", "\n", ", ", "\r\n"), fc.nat(), fc.boolean())
      .map(([token, gap, at, inside]) => {
        const cut = token.length - 12 - (at % 12);
        return { token, text: inside ? token.slice(0, cut) + gap + token.slice(cut) : `x${gap}${token}` };
      });
    fc.assert(
      fc.property(broken, ({ token, text }) => {
        expect(pieceOf(token, told(name, text))).toBeUndefined();
      }),
      { numRuns: 40 },
    );
  });
});

test("post takes what main accepted: variables that appeared since do not keep it from its work", () => {
  const env = { ...GITHUB, ...inputEnv(), X_TOKEN_URL_OVERRIDE: "x", INPUT_COLOUR: "x" };
  expect(failureOf(() => readInputs(env)).message).toMatch(/^2 settings/);
  expect(() => readInputs(env, "post")).not.toThrow();
});

/** `doctor` on credentials that were damaged on their way, and on runs that were given none. */
import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { EMPTY } from "../../src/credential/credential.ts";
import { sealEnvelope } from "../../src/credential/envelope.ts";
import { Secret } from "../../src/secret.ts";
import { newAccessToken } from "../support/oauth/anthropic-api.ts";
import { clinic, put, coversItsClasses } from "./doctor-clinic.ts";

const DAY = 86_400_000;
const random = (bytes = 60) => randomBytes(bytes).toString("base64url");

/** Claude's file, with a login that nobody gave out. */
function claudeFile(more: object = {}) {
  const login = {
    accessToken: newAccessToken(),
    refreshToken: `sk-ant-ort01-${random()}`,
    expiresAt: Date.now() - 1000,
    refreshTokenExpiresAt: Date.now() + 20 * DAY,
    scopes: ["user:profile", "user:inference"],
    ...more,
  };
  return {
    text: JSON.stringify({ claudeAiOauth: login }),
    tokens: [login.accessToken, login.refreshToken].filter(Boolean),
  };
}

const whole = claudeFile();
const envelope = sealEnvelope({ ...EMPTY, kind: "login", refresh: new Secret(`sk-ant-ort01-${random()}`) }, undefined);
const futureEnvelope = `oc1.${Buffer.from(JSON.stringify({ v: 9 })).toString("base64url")}`;

describe("the credential is not what it was", () => {
  const broken = newAccessToken();
  test.each<[code: string, exit: number, what: string, credential: string]>([
    ["truncated", 3, "a file without its end", whole.text.slice(0, -30)],
    ["truncated", 3, "an envelope without its end", envelope.slice(0, -40)],
    ["altered", 3, "a file whose quotes a shell has removed", whole.text.replaceAll('"', "")],
    ["altered", 3, "a token with a character that none has", `${newAccessToken()}§§`],
    ["line-break", 3, "a file in which a token was wrapped", whole.text.replace(/(sk-ant-ort01-.{20})/, "$1\n")],
    ["line-break", 3, "the same, as JSON writes it", whole.text.replace(/(sk-ant-ort01-.{20})/, "$1\\n")],
    ["wrong-kind", 2, "an API key", `sk-ant-api03-${random()}`],
    ["wrong-kind", 2, "a GitHub token", `ghp_${random(27)}`],
    ["wrong-kind", 2, "an expression", "${{ secrets.LOGIN }}"],
    ["wrong-kind", 2, "what a log shows of a secret", "****************"],
    ["not-recognised", 3, "any other text", `hello-${random()}`],
    ["not-recognised", 3, "JSON without tokens", JSON.stringify({ hello: random() })],
    ["not-recognised", 3, "an envelope of a later release", futureEnvelope],
    [
      "login-ended",
      3,
      "the file of a login that has ended",
      claudeFile({ accessToken: "", refreshToken: "", expiresAt: 0 }).text,
    ],
  ])("%s (%i): %s", async (code, exit, _what, credential) => {
    const { doctor, machine, anthropic, tokens } = await clinic();
    machine.tokens.push(...whole.tokens, credential);
    if (code === "login-ended" || credential.length < 24) machine.tokens.pop();
    const ended = await doctor({ inputs: { credential } });
    expect(ended.fails).toEqual([code]);
    expect(ended.exitCode).toBe(exit);
    expect(ended.json["first"]).toBe(code);
    expect([anthropic.requests, tokens.requests], "nobody is asked about it").toEqual([[], []]);
  });

  test("truncated: the first line of a token that a terminal broke into two", async () => {
    const { doctor, machine, anthropic } = await clinic();
    const { token } = anthropic.issue();
    machine.tokens.push(token);
    const ended = await doctor({ inputs: { credential: token.slice(0, 79) } });
    expect(ended.fails).toEqual(["truncated"]);
    expect(ended.said("truncated")).toMatch(/79 characters/);
    expect(ended.exitCode).toBe(3);
  });

  test("truncated: so short that it shows before anybody is asked", async () => {
    const { doctor, machine } = await clinic();
    const short = newAccessToken().slice(0, 40);
    machine.tokens.push(short);
    const ended = await doctor({ inputs: { credential: short }, args: ["--validate", "none"] });
    expect(ended).toMatchObject({ fails: [], warns: ["truncated"], exitCode: 0 });
  });

  test("line-break: a token on two lines is repaired, and the secret is still to be mended", async () => {
    const { doctor, machine, anthropic } = await clinic();
    const { token } = anthropic.issue({ token: broken });
    machine.tokens.push(token);
    const ended = await doctor({ inputs: { credential: `${token.slice(0, 80)}\n${token.slice(80)}` } });
    expect(ended).toMatchObject({ fails: [], warns: ["line-break"], exitCode: 0 });
    expect(anthropic.requests).toHaveLength(1);
  });
});

describe("ends", () => {
  test("login-ended: no refresh moves the end that was set at sign-in", async () => {
    const { doctor, machine } = await clinic();
    const { text, tokens } = claudeFile({ refreshTokenExpiresAt: Date.now() - DAY });
    machine.tokens.push(...tokens);
    const ended = await doctor({ inputs: { credential: text } });
    expect(ended).toMatchObject({ fails: ["login-ended"], exitCode: 3 });
    expect(ended.said("login-ended")).toMatch(/ended 24 h ago \(\d{4}-/);
  });

  test("access-ended: a setup token past the end that `credential-expires` gives", async () => {
    const { doctor, machine } = await clinic();
    const token = newAccessToken();
    machine.tokens.push(token);
    const ended = await doctor({ inputs: { credential: token, "credential-expires": "2026-01-01" } });
    expect(ended).toMatchObject({ fails: ["access-ended"], exitCode: 3 });
  });

  test("ends-soon: a warning, with the sign-in that is due", async () => {
    const { doctor, machine, anthropic } = await clinic();
    const { token } = anthropic.issue();
    machine.tokens.push(token);
    const day = new Date(Date.now() + 3 * DAY).toISOString().slice(0, 10);
    const ended = await doctor({ inputs: { credential: token, "credential-expires": day } });
    expect(ended).toMatchObject({ fails: [], warns: ["ends-soon"], exitCode: 0 });
    expect(ended.json["first"]).toBe("ends-soon");
  });

  test("scope-missing: by what the file itself says", async () => {
    const { doctor, machine } = await clinic();
    const { text, tokens } = claudeFile({ scopes: ["user:profile"] });
    machine.tokens.push(...tokens);
    const ended = await doctor({ inputs: { credential: text } });
    expect(ended).toMatchObject({ fails: ["scope-missing"], exitCode: 3 });
  });
});

describe("no credential", () => {
  const inActions = { GITHUB_ACTIONS: "true", GITHUB_REPOSITORY: "octo/demo", GITHUB_EVENT_NAME: "pull_request" };
  const event = (head: string | null) => ({
    pull_request: { head: { repo: head && { full_name: head } }, base: { repo: { full_name: "octo/demo" } } },
  });

  test.each<[code: string, what: string, payload: object, env: Record<string, string>]>([
    ["secret-missing-fork", "a pull request from a fork", event("somebody/demo"), {}],
    ["secret-missing-fork", "one whose fork was deleted", event(null), {}],
    ["secret-missing-dependabot", "Dependabot's", event("octo/demo"), { GITHUB_ACTOR: "dependabot[bot]" }],
    ["credential-missing", "a pull request from a branch", event("octo/demo"), {}],
    [
      "credential-missing",
      "one that runs with the secrets of its base",
      event("somebody/demo"),
      { GITHUB_EVENT_NAME: "pull_request_target" },
    ],
    ["credential-missing", "a schedule", {}, { GITHUB_EVENT_NAME: "schedule" }],
  ])("%s: %s", async (code, _what, payload, more) => {
    const { doctor, machine } = await clinic();
    const path = join(dirname(machine.home), "event.json");
    writeFileSync(path, JSON.stringify(payload));
    const env = { ...inActions, GITHUB_EVENT_PATH: path, ...more };
    const ended = await doctor({ inputs: { credential: "" }, env });
    expect(ended).toMatchObject({ fails: [code], exitCode: 2 });
  });

  test("no-login: a machine on which nobody has signed in", async () => {
    const { doctor, proxy } = await clinic();
    const ended = await doctor();
    expect(ended).toMatchObject({ fails: ["no-login"], exitCode: 3 });
    expect(proxy.connects, "nobody is asked").toEqual([]);
  });
});

describe("input-invalid", () => {
  test("each setting for itself, and what does not go together", async () => {
    const { doctor } = await clinic();
    const single = await doctor({ inputs: { refresh: "sometimes", targets: "cloude" } });
    expect(single).toMatchObject({ fails: ["input-invalid", "input-invalid"], exitCode: 2 });
    const together = await doctor({ inputs: { "rotate-to": "LOGIN", "create-secrets": "true", targets: "none,env" } });
    expect(together.fails.filter((code) => code === "input-invalid").length).toBeGreaterThan(1);
    expect(together.exitCode).toBe(2);
  });

  test("a variable that would lead a refresh token elsewhere", async () => {
    const { doctor } = await clinic();
    const ended = await doctor({ env: { CODEX_REFRESH_TOKEN_URL_OVERRIDE: "http://127.0.0.1:1/" } });
    expect(ended.said("input-invalid")).toMatch(/CODEX_REFRESH_TOKEN_URL_OVERRIDE/);
  });
});

test("for people: groups with marks, one closing line, and no word of a token", async () => {
  const { doctor, machine, anthropic } = await clinic();
  const { token } = anthropic.issue({ state: "revoked" });
  machine.tokens.push(token);
  put(machine, ".claude/settings.json", { apiKeyHelper: "echo key" });
  const { stdout, exitCode } = await doctor({ inputs: { credential: token }, forPeople: true });
  expect(exitCode).toBe(3);
  expect(stdout).toMatch(/^Settings\n {2}✓ .*\n\nCredential\n {2}✓ /);
  expect(stdout).toMatch(/\n\nProvider\n {2}✗ .* \[revoked\]\n {4}→ /);
  expect(stdout).toMatch(/\n\nPrograms\n {2}✗ .*apiKeyHelper.* \[shadowed-setting\]/);
  expect(stdout).toMatch(/\n\nFirst: Run `claude setup-token` again.* \[revoked\]\n$/);
});

coversItsClasses(import.meta.filename);

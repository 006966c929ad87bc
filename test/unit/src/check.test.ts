/** What an access token is shown with, and what each known answer says of it. The network is in validate.test.ts. */
import { randomUUID } from "node:crypto";
import { describe, expect, test } from "vitest";
import { type Credential, EMPTY } from "../../../src/credential/credential.ts";
import { check as anthropic } from "../../../src/providers/anthropic-check.ts";
import type { Check, Verdict } from "../../../src/providers/check.ts";
import { check as openai } from "../../../src/providers/openai-check.ts";
import type { RequestSettings } from "../../../src/providers/provider.ts";
import { Secret } from "../../../src/secret.ts";
import { accountsOf, newJwt, OPENAI_ROWS, RESET as OPENAI_RESET } from "../../support/oauth/openai-api.ts";
import { ANTHROPIC_ROWS, type AnthropicEndpoint, RESET } from "../../support/oauth/anthropic-api.ts";
import type { CheckRow } from "../../support/oauth/check-server.ts";
import { answer, newToken, SECOND } from "./support.ts";

const settings: RequestSettings = {
  tokenUrl: undefined,
  clientId: undefined,
  clientSecret: undefined,
  scope: undefined,
  userAgent: "oauth-creds/test",
  requestFormat: undefined,
  timeoutMs: 4321,
};

const SCOPES = { profile: ["user:inference", "user:profile"], messages: ["user:inference"] } as const;

const claude = (on: AnthropicEndpoint, token = newToken()): Credential => ({
  ...EMPTY,
  kind: on === "profile" ? "login" : "setup-token",
  access: new Secret(token),
  scopes: SCOPES[on],
});

const accountId = randomUUID();
const chatgpt = (token = newJwt(accountId)): Credential => ({
  ...EMPTY,
  kind: "access",
  provider: "openai",
  access: new Secret(token),
});

const saysOf = (verdict: Verdict): string => (verdict.type === "refused" ? `refused:${verdict.why}` : verdict.type);
const read = (check: Check, { status, body, headers }: CheckRow, credential: Credential) =>
  check.interpret(answer(status, body, headers), credential);
const rowOf = (rows: readonly CheckRow[], id: string): CheckRow => {
  const found = rows.find((row) => row.id === id);
  if (!found) throw new Error(`no row ${id}`);
  return found;
};

describe("Anthropic", () => {
  test.each(ANTHROPIC_ROWS.map((row) => [row.id, row.says, row] as const))("%s: %s", (_, says, row) => {
    expect(saysOf(read(anthropic, row, claude(row.on)))).toBe(says);
  });

  test("a limit tells its end in ms, if that is a time", () => {
    const end = (id: string) => read(anthropic, rowOf(ANTHROPIC_ROWS, id), claude("messages"));
    expect(end("limited (messages)")).toEqual({ type: "limited", resetAt: RESET * SECOND });
    expect(end("limited, until nobody knows (messages)")).toEqual({ type: "limited", resetAt: undefined });
    expect(end("limited, until nonsense (messages)")).toEqual({ type: "limited", resetAt: undefined });
  });

  test("what says nothing of the token keeps the status", () => {
    expect(anthropic.interpret(answer(502, "<html>"), claude("messages"))).toEqual({ type: "unknown", status: 502 });
  });

  const refusal = (token: string, message = "Nope.", status = 401) =>
    saysOf(
      anthropic.interpret(
        answer(status, { type: "error", error: { type: "authentication_error", message } }),
        claude("messages", token),
      ),
    );
  const [unknownToken, invalid] = ["OAuth access token is invalid.", "Invalid bearer token"];

  test.each<[what: string, token: string, message: string, says: string]>([
    ["whole, not known", newToken(), unknownToken, "refused:revoked"],
    ["whole, and no token to them", newToken(), invalid, "refused:cut-off"],
    ["one line of a terminal", newToken().slice(0, 79), unknownToken, "refused:cut-off"],
    ["one line, in new words", newToken().slice(0, 80), "Nope.", "refused:cut-off"],
    ["its beginning", newToken().slice(0, 20), invalid, "refused:cut-off"],
    ["short, and said to be revoked", newToken().slice(0, 79), "OAuth token has been revoked.", "refused:revoked"],
    ["a refresh token", newToken("ort"), unknownToken, "refused:wrong-kind"],
    ["an API key", newToken().replace("oat01", "api03"), invalid, "refused:wrong-kind"],
    ["a short key", "sk-ant-api03-abc", invalid, "refused:wrong-kind"],
  ])("a 401 is told by the token's own look: %s", (_, token, message, says) => {
    expect(refusal(token, message)).toBe(says);
  });

  test.each([
    ["a short token", newToken().slice(0, 40)],
    ["an API key", newToken().replace("oat01", "api03")],
  ])("a look alone is no verdict: %s", (_, token) => {
    const message = { type: "message" };
    expect(anthropic.interpret(answer(200, message), claude("messages", token))).toEqual({ type: "valid" });
    expect(anthropic.interpret(answer(500, ""), claude("messages", token)).type).toBe("unknown");
    expect(anthropic.interpret(answer(401, "<html>"), claude("messages", token)).type).toBe("unknown");
    expect(refusal(token, "Nope.", 403)).toBe("unknown");
  });

  test.each([
    ["claude_max", "max"],
    ["claude_pro", "pro"],
    ["claude_enterprise", "enterprise"],
    ["claude_", undefined],
    ["somebody@example.com", undefined],
    ["claude_max\n::error::x", undefined],
    [7, undefined],
    [undefined, undefined],
  ])("of the profile only a plan's name is read: %j", (organization_type, plan) => {
    const body = { account: { email: "a@example.com" }, organization: { organization_type } };
    expect(anthropic.interpret(answer(200, body), claude("profile"))).toEqual({ type: "valid", plan });
  });

  test("a profile without an organisation is one", () => {
    expect(anthropic.interpret(answer(200, { account: {} }), claude("profile")).type).toBe("valid");
  });

  test("a login is shown at its profile", () => {
    const token = newToken();
    expect(anthropic.request(claude("profile", token), settings)).toEqual({
      method: "GET",
      url: "https://api.anthropic.com/api/oauth/profile",
      headers: {
        authorization: `Bearer ${token}`,
        accept: "application/json",
        "content-type": "application/json",
        "cache-control": "no-cache",
        "user-agent": "oauth-creds/test",
      },
      timeoutMs: 4321,
      fresh: true,
    });
  });

  test.each([
    ["a setup token", claude("messages")],
    ["a token whose scopes are not known", { ...claude("messages"), scopes: undefined }],
    ["a login without the scope", { ...claude("messages"), kind: "login" as const }],
  ])("%s is shown with a message of one token that does not pretend", (_, credential) => {
    const { body = "", ...request } = anthropic.request(credential, settings);
    expect(request).toEqual({
      method: "POST",
      url: "https://api.anthropic.com/v1/messages?beta=true",
      headers: {
        authorization: `Bearer ${credential.access?.reveal()}`,
        accept: "application/json",
        "content-type": "application/json",
        "anthropic-version": "2023-06-01",
        "anthropic-beta": "oauth-2025-04-20",
        "user-agent": "oauth-creds/test",
      },
      timeoutMs: 4321,
      fresh: true,
    });
    const sent = JSON.parse(body) as Record<string, unknown>;
    expect(Object.keys(sent).toSorted()).toEqual(["max_tokens", "messages", "model"]);
    expect(sent).toMatchObject({ max_tokens: 1, model: expect.stringContaining("haiku") as string });
  });
});

describe("OpenAI", () => {
  test.each(OPENAI_ROWS.map((row) => [row.id, row.says, row] as const))("%s: %s", (_, says, row) => {
    expect(saysOf(read(openai, row, chatgpt()))).toBe(says);
  });

  test("a limit tells its end in ms, if that is a time", () => {
    const end = (id: string) => read(openai, rowOf(OPENAI_ROWS, id), chatgpt());
    expect(end("limited")).toEqual({ type: "limited", resetAt: OPENAI_RESET * SECOND });
    expect(end("limited, until nobody knows")).toEqual({ type: "limited", resetAt: undefined });
    expect(end("limited, until nonsense")).toEqual({ type: "limited", resetAt: undefined });
  });

  const dotless = newJwt(accountId).split(".")[0] as string;
  test.each([
    ["a token without its middle", dotless, "refused:cut-off"],
    ["a token whose middle is broken", newJwt(accountId).replace(/\.[^.]+\./, ".eyJhd."), "refused:cut-off"],
    ["an API key", "sk-proj-abcdefghijklmnop", "refused:wrong-kind"],
    ["a Codex access token", "at-abcdefghijklmnop", "refused:wrong-kind"],
    ["a refresh token", "rt_abcdefghijklmnop", "refused:wrong-kind"],
  ])("a 401 is told by the token's own look: %s", (_, token, says) => {
    expect(saysOf(openai.interpret(answer(401, { detail: "Unauthorized" }), chatgpt(token)))).toBe(says);
    expect(openai.interpret(answer(403, { detail: "x" }), chatgpt(token)).type).toBe("unknown");
  });

  test.each([
    ["team", "team"],
    ["self_serve_business", "self_serve_business"],
    ["somebody@example.com", undefined],
    ["plus\n::error::x", undefined],
    [7, undefined],
  ])("of the accounts only the plan of the one that was named is read: %j", (plan, read_) => {
    const body = accountsOf(accountId, plan);
    expect(openai.interpret(answer(200, body), chatgpt())).toEqual({ type: "valid", plan: read_ });
    const other = { ...chatgpt(), accountId: randomUUID() };
    expect(openai.interpret(answer(200, body), other)).toEqual({ type: "valid", plan: undefined });
  });

  test("is asked for the account's workspaces, in our own name", () => {
    const credential = chatgpt();
    const request = (change: Partial<Credential>) => openai.request({ ...credential, ...change }, settings);
    expect(request({})).toEqual({
      method: "GET",
      url: "https://chatgpt.com/backend-api/wham/accounts/check",
      headers: {
        authorization: `Bearer ${credential.access?.reveal()}`,
        accept: "application/json",
        "chatgpt-account-id": accountId,
        originator: "oauth-creds",
        "user-agent": "oauth-creds/test",
      },
      timeoutMs: 4321,
      fresh: true,
    });
    expect(request({ accountId: "other" }).headers["chatgpt-account-id"]).toBe("other");
    expect(request({ access: new Secret("opaque") }).headers).not.toHaveProperty("chatgpt-account-id");
  });
});

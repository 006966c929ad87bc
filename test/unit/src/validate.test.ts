/** A token shown to its provider over a real connection, with loopback servers in the providers' place. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Credential, EMPTY } from "../../../src/credential/credential.ts";
import type { Refusal, Verdict } from "../../../src/providers/check.ts";
import type { RequestSettings } from "../../../src/providers/provider.ts";
import { Secret } from "../../../src/secret.ts";
import { sayVerdict, validate } from "../../../src/validate.ts";
import { nodeHttp } from "../../../src/world/http.ts";
import { type Http, HttpFailure } from "../../../src/world/world.ts";
import {
  ANTHROPIC_ROWS,
  type AnthropicApi,
  type IssuedToken,
  newAccessToken,
  startAnthropicApi,
} from "../../support/oauth/anthropic-api.ts";
import { newJwt, OPENAI_ROWS, type OpenaiApi, startOpenaiApi } from "../../support/oauth/openai-api.ts";
import { fakeWorld, newLogin, newToken, NOW, pieceOf, SECOND } from "./support.ts";

const settings: RequestSettings = {
  tokenUrl: undefined,
  clientId: undefined,
  clientSecret: undefined,
  scope: undefined,
  userAgent: "oauth-creds/test",
  requestFormat: undefined,
  timeoutMs: 5000,
};

let anthropic: AnthropicApi;
let openai: OpenaiApi;
beforeEach(async () => {
  anthropic = await startAnthropicApi();
  openai = await startOpenaiApi();
});
afterEach(async () => {
  await anthropic.close();
  await openai.close();
});

/** The real client; only the hosts are other ones. */
function toLoopback(): Http {
  const http = nodeHttp({});
  const places: Record<string, string> = {
    "https://api.anthropic.com": anthropic.origin,
    "https://chatgpt.com": openai.origin,
  };
  return (request) => {
    const { origin } = new URL(request.url);
    const place = places[origin];
    if (place === undefined) throw new Error(`a request to ${origin}`);
    return http({ ...request, url: request.url.replace(origin, place) });
  };
}

const ask = (credential: Credential) => validate(fakeWorld({ http: toLoopback() }), credential, settings);
const saysOf = (verdict: Verdict | undefined) =>
  verdict?.type === "refused" ? `refused:${verdict.why}` : verdict?.type;

const claude = (token: string, scopes: readonly string[] | undefined = ["user:inference"]): Credential => ({
  ...EMPTY,
  kind: "setup-token",
  access: new Secret(token),
  scopes,
});
const chatgpt = (token: string): Credential => ({
  ...EMPTY,
  kind: "access",
  provider: "openai",
  access: new Secret(token),
});
const PROFILE = ["user:inference", "user:profile"];

describe("a token of Anthropic's", () => {
  test("a good setup token is accepted with one message, which the API takes as it is", async () => {
    expect(await ask(claude(anthropic.issue().token))).toEqual({ type: "valid" });
    expect(anthropic.deviations).toEqual([]);
    expect(anthropic.requests.map(({ path }) => path)).toEqual(["/v1/messages?beta=true"]);
  });

  test("a good login is accepted at its profile, which asks no model", async () => {
    const { token } = anthropic.issue({ scopes: PROFILE, plan: "claude_pro" });
    expect(await ask(claude(token, PROFILE))).toEqual({ type: "valid", plan: "pro" });
    expect(anthropic.deviations).toEqual([]);
    expect(anthropic.requests.map(({ path }) => path)).toEqual(["/api/oauth/profile"]);
  });

  test.each<[string, Partial<IssuedToken>, string]>([
    ["revoked", { state: "revoked" }, "refused:revoked"],
    ["expired", { state: "expired" }, "refused:revoked"],
    ["not allowed", { state: "not-allowed" }, "refused:not-allowed"],
    ["made for something else", { scopes: ["org:create_api_key"] }, "refused:scope-missing"],
  ])("%s", async (_, change, says) => {
    const { token } = anthropic.issue(change);
    expect(saysOf(await ask(claude(token)))).toBe(says);
    expect(anthropic.deviations).toEqual([]);
  });

  test("one whose file promises a scope that it has not is known all the same", async () => {
    const { token } = anthropic.issue({ scopes: ["user:inference"] });
    expect(await ask(claude(token, PROFILE))).toEqual({ type: "valid" });
  });

  test("one whose plan is used up is good, and tells until when", async () => {
    const limitedUntil = NOW / SECOND + 3600;
    const { token } = anthropic.issue({ limitedUntil });
    expect(await ask(claude(token))).toEqual({ type: "limited", resetAt: limitedUntil * SECOND });
  });

  test.each([
    ["never issued", newAccessToken(), "refused:revoked"],
    ["a refresh token", newToken("ort"), "refused:wrong-kind"],
    ["of which only the first line was copied", newAccessToken().slice(0, 80), "refused:cut-off"],
  ])("one that was %s", async (_, token, says) => {
    expect(saysOf(await ask(claude(token)))).toBe(says);
  });

  test("every known answer is read from the wire as from the table", async () => {
    for (const row of ANTHROPIC_ROWS) {
      anthropic.play(row);
      const verdict = await ask(claude(newAccessToken(), row.on === "profile" ? PROFILE : undefined));
      expect([row.id, saysOf(verdict)]).toEqual([row.id, row.says]);
    }
    expect(anthropic.deviations).toEqual([]);
    expect(anthropic.requests).toHaveLength(ANTHROPIC_ROWS.length);
  });
});

describe("a token of OpenAI's", () => {
  test("a good one is accepted", async () => {
    const { token } = openai.issue({ plan: "pro" });
    expect(await ask(chatgpt(token))).toEqual({ type: "valid", plan: "pro" });
    expect(openai.deviations).toEqual([]);
    expect(anthropic.requests).toEqual([]);
  });

  test("a revoked one is not", async () => {
    const { token } = openai.issue({ state: "revoked" });
    expect(await ask(chatgpt(token))).toEqual({ type: "refused", why: "revoked" });
  });

  test("every known answer is read from the wire as from the table", async () => {
    for (const row of OPENAI_ROWS) {
      openai.play(row);
      expect([row.id, saysOf(await ask(chatgpt(newJwt("a"))))]).toEqual([row.id, row.says]);
    }
    expect(openai.deviations).toEqual([]);
  });
});

describe("the loopback servers hold to the contract", () => {
  const post = (headers: Record<string, string>, body: object) =>
    fetch(`${anthropic.origin}/v1/messages?beta=true`, {
      method: "POST",
      headers: { "content-type": "application/json", "user-agent": "u", ...headers },
      body: JSON.stringify(body),
    });
  const good = { model: "claude-haiku-x", max_tokens: 1, messages: [{ role: "user", content: "Hi" }] };
  const version = { "anthropic-version": "2023-06-01", "anthropic-beta": "oauth-2025-04-20" };

  test("Anthropic's: a request without the beta flag, or to a larger model, is refused as it is known to be", async () => {
    const { token } = anthropic.issue();
    const authorization = `Bearer ${token}`;
    expect((await post({ ...version, authorization }, good)).status).toBe(200);
    expect(anthropic.deviations).toEqual([]);
    expect((await post({ authorization, "anthropic-version": "2023-06-01" }, good)).status).toBe(401);
    expect((await post({ ...version, authorization }, { ...good, model: "claude-opus-x" })).status).toBe(429);
    expect((await post({ ...version, authorization }, { ...good, model: "none" })).status).toBe(404);
    expect((await post({ ...version, authorization }, { ...good, messages: [] })).status).toBe(400);
    const system = "You are Claude Code, and so on";
    await post({ ...version, authorization, "user-agent": "claude-cli/2" }, { ...good, system, max_tokens: 9 });
    expect(anthropic.deviations).toEqual([
      "anthropic-beta",
      "the user-agent of another program",
      "more than one token",
      "the name of another program",
    ]);
  });

  test("OpenAI's: another account, another program's name and another path are deviations", async () => {
    const { token } = openai.issue();
    const headers = { authorization: `Bearer ${token}`, originator: "codex_exec", "user-agent": "codex_exec/0" };
    await fetch(`${openai.origin}/backend-api/wham/accounts/check`, { headers });
    expect((await fetch(`${openai.origin}/backend-api/me`)).status).toBe(404);
    expect(openai.deviations).toEqual([
      "the user-agent of another program",
      "chatgpt-account-id",
      "the originator of another program",
      "GET to another path",
      "no bearer token",
      "no originator",
    ]);
  });
});

describe("where there is no answer", () => {
  test("nobody listens: once more after a second, then it is not known", async () => {
    const credential = claude(newToken());
    const http = toLoopback();
    await anthropic.close();
    const world = fakeWorld({ http });
    expect(await validate(world, credential, settings)).toEqual({ type: "unknown", status: 0 });
    expect([world.requests.length, world.pauses]).toEqual([2, [SECOND]]);
  });

  test("the second try counts", async () => {
    const { token } = anthropic.issue();
    const [http, reasons] = [toLoopback(), ["ECONNREFUSED"]];
    const world = fakeWorld({
      http: (request) => {
        const reason = reasons.pop();
        return reason === undefined ? http(request) : Promise.reject(new HttpFailure(false, reason));
      },
    });
    expect(await validate(world, claude(token), settings)).toEqual({ type: "valid" });
  });

  test("a request that was sent is not sent again", async () => {
    const world = fakeWorld({ http: () => Promise.reject(new HttpFailure(true, "timeout")) });
    expect(await validate(world, claude(newToken()), settings)).toEqual({ type: "unknown", status: 0 });
    expect([world.requests.length, world.pauses]).toEqual([1, []]);
  });

  test("a fault of ours is none of the network's", async () => {
    const world = fakeWorld({ http: () => Promise.reject(new TypeError("x")) });
    await expect(validate(world, claude(newToken()), settings)).rejects.toThrow(TypeError);
  });
});

describe("nobody is asked", () => {
  test.each<[string, Credential, Verdict | undefined]>([
    ["about a token of a custom provider", { ...claude(newToken()), provider: "custom" }, undefined],
    ["where there is no access token", newLogin({ access: undefined }), undefined],
    ["with what no header can carry", claude(`${newToken()}…`), { type: "refused", why: "cut-off" }],
    ["with two tokens in a row", claude(`${newToken()} ${newToken()}`), { type: "refused", why: "cut-off" }],
  ])("%s", async (_, credential, verdict) => {
    const world = fakeWorld();
    expect(await validate(world, credential, settings)).toEqual(verdict);
    expect(world.requests).toEqual([]);
  });
});

describe("what people are told", () => {
  const setup = claude(newToken());
  const login = newLogin({ generation: 3 });
  const jwt = chatgpt(newJwt("a"));
  const failure = (why: Refusal, credential: Credential) => {
    const saying = sayVerdict({ type: "refused", why }, credential);
    if (saying.level !== "failure") throw new Error(saying.level);
    return saying.failure;
  };

  test.each<[Verdict, Credential, level: string, text: RegExp]>([
    [{ type: "valid" }, setup, "log", /^Anthropic accepts the Claude setup token\.$/],
    [
      { type: "valid", plan: "max" },
      login,
      "log",
      /the access token of the Claude login \(generation 3\) \(plan: max\)\.$/,
    ],
    [{ type: "valid" }, jwt, "log", /^OpenAI accepts the ChatGPT access token\.$/],
    [{ type: "limited", resetAt: NOW }, setup, "warning", /limit is reached until 2031-05-06 07:08 UTC: .* is good/],
    [{ type: "limited", resetAt: undefined }, setup, "warning", /limit is reached: /],
    [{ type: "unknown", status: 0 }, setup, "warning", /no answer came\). This says nothing about the token/],
    [{ type: "unknown", status: 403 }, setup, "warning", /\(status 403, .* says nothing about the token/],
  ])("%j", (verdict, credential, level, text) => {
    const saying = sayVerdict(verdict, credential);
    expect(saying).toEqual({ level, text: expect.stringMatching(text) as string });
  });

  test.each<[Refusal, Credential, what: RegExp, advice: RegExp]>([
    ["cut-off", setup, /cut off.* 108 characters/, /whole: .*two lines\. Run `claude setup-token` again/],
    ["cut-off", jwt, /OpenAI/, /whole: .*codex login/],
    ["wrong-kind", setup, /another kind of token/, /^Run `claude setup-token` again/],
    ["revoked", setup, /was revoked, or it has ended/, /^Run `claude setup-token` again/],
    ["revoked", login, /was revoked/, /`refresh: always`.* If that is refused too: Sign in once more/],
    ["revoked", jwt, /OpenAI does not accept/, /^Sign in once more for CI with `CODEX_HOME/],
    ["scope-missing", login, /user:inference/, /^Sign in once more/],
    ["not-allowed", setup, /account or organisation/, /^A new token will not help: .*claude\.ai\/settings/],
    ["not-allowed", jwt, /account or organisation/, /^A new sign-in will not help: .*workspace/],
  ])("%s", (why, credential, what, advice) => {
    const told = failure(why, credential);
    expect(told.code).toBe("token-refused");
    expect(told.message).toMatch(what);
    expect(told.advice).toMatch(advice);
  });

  test("no text holds a piece of a token", () => {
    const verdicts: Verdict[] = [
      { type: "valid", plan: "max" },
      { type: "limited", resetAt: NOW },
      { type: "unknown", status: 500 },
      ...(["cut-off", "wrong-kind", "revoked", "scope-missing", "not-allowed"] as const).map((why): Verdict => ({
        type: "refused",
        why,
      })),
    ];
    for (const credential of [setup, login, jwt]) {
      for (const verdict of verdicts) {
        const saying = sayVerdict(verdict, credential);
        const text = saying.level === "failure" ? saying.failure.explain() : saying.text;
        const secrets = [credential.access, credential.refresh].map((secret) => secret?.reveal() ?? "");
        const own = secrets.map((secret) => secret.replace(/^sk-ant-o[ar]t01-/, ""));
        expect(own.map((secret) => pieceOf(secret, text, 8))).toEqual(own.map(() => undefined));
      }
    }
  });
});

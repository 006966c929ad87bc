import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { EMPTY } from "../../../src/credential/credential.ts";
import { sealEnvelope } from "../../../src/credential/envelope.ts";
import { anthropic } from "../../../src/providers/anthropic.ts";
import type { Outcome } from "../../../src/refresh/outcome.ts";
import { Secret } from "../../../src/secret.ts";
import { answer, DAY, HOUR, newLogin, newToken, NOW, SECOND } from "./support.ts";

const read = (status: number, body: unknown, headers: Record<string, string> = {}): Outcome =>
  anthropic.interpret(answer(status, body, headers), NOW);

const invalidGrant = (text: string, more: object = {}) => ({
  error: "invalid_grant",
  error_description: text,
  ...more,
});
const page = "https://claude.ai/settings/account";

describe("a refusal is told as what it is", () => {
  test.each<[what: string, status: number, body: unknown, outcome: Outcome]>([
    [
      "spent or revoked",
      400,
      invalidGrant("Refresh token not found or invalid"),
      { type: "refused", why: "spent-or-revoked" },
    ],
    [
      "spent or revoked, 401",
      401,
      invalidGrant("Refresh token not found or invalid"),
      { type: "refused", why: "spent-or-revoked" },
    ],
    ["without a description", 400, { error: "invalid_grant" }, { type: "refused", why: "spent-or-revoked" }],
    [
      "in the API's shape",
      400,
      { type: "error", error: { type: "invalid_grant" } },
      { type: "refused", why: "spent-or-revoked" },
    ],
    ["the login's own end", 400, invalidGrant("Refresh token expired"), { type: "refused", why: "login-ended" }],
    [
      "no organisation",
      400,
      invalidGrant("No organization associated with this token"),
      { type: "refused", why: "no-account" },
    ],
    ["no account", 400, invalidGrant("No account associated with this token"), { type: "refused", why: "no-account" }],
    ["on hold, 400", 400, invalidGrant("Account on hold", { error_uri: page }), { type: "attention", page }],
    ["on hold, 401", 401, invalidGrant("Account on hold", { error_uri: page }), { type: "attention", page }],
    ["on hold, 403", 403, invalidGrant("Account on hold", { error_uri: page }), { type: "attention", page }],
    ["on hold, access_denied", 403, { error: "access_denied", error_uri: page }, { type: "attention", page }],
    ["on hold, without a page", 400, { error: "access_denied" }, { type: "attention", page: undefined }],
    ["on hold, of an expired trial", 400, invalidGrant("expired", { error_uri: page }), { type: "attention", page }],
    ["wrong scopes", 400, { error: "invalid_scope" }, { type: "mistake", error: "invalid_scope" }],
    ["wrong client", 400, { error: "invalid_client" }, { type: "mistake", error: "invalid_client" }],
    ["wrong client, 401", 401, { error: "invalid_client" }, { type: "mistake", error: "invalid_client" }],
    ["a client that may not", 400, { error: "unauthorized_client" }, { type: "mistake", error: "unauthorized_client" }],
    [
      "a wrong grant type",
      400,
      { error: "unsupported_grant_type" },
      { type: "mistake", error: "unsupported_grant_type" },
    ],
    [
      "a request that it cannot read",
      400,
      {
        type: "error",
        error: { type: "invalid_request_error", message: "Invalid request format" },
        request_id: "req_1",
      },
      { type: "mistake", error: "invalid_request_error" },
    ],
    [
      "an authentication error",
      401,
      { type: "error", error: { type: "authentication_error" } },
      { type: "ambiguous", reason: "status 401" },
    ],
    [
      "a rate limit",
      429,
      { error: { type: "rate_limit_error" } },
      { type: "throttled", status: 429, retryAfterMs: undefined },
    ],
    ["a rate limit in HTML", 429, "<html>", { type: "throttled", status: 429, retryAfterMs: undefined }],
    [
      "a rate limit that mentions a grant",
      429,
      invalidGrant("x"),
      { type: "throttled", status: 429, retryAfterMs: undefined },
    ],
    ["a filter at the edge", 403, "<html>blocked</html>", { type: "throttled", status: 403, retryAfterMs: undefined }],
    ["a filter at the edge, 404", 404, "", { type: "throttled", status: 404, retryAfterMs: undefined }],
    ["a server's error", 500, { error: { type: "api_error" } }, { type: "ambiguous", reason: "status 500" }],
    ["a gateway's error", 502, "<html>", { type: "ambiguous", reason: "status 502" }],
    ["overload", 529, { error: { type: "overloaded_error" } }, { type: "ambiguous", reason: "status 529" }],
    ["a server's error that mentions a grant", 503, invalidGrant("x"), { type: "ambiguous", reason: "status 503" }],
    ["a 400 that says nothing", 400, "", { type: "ambiguous", reason: "status 400" }],
    ["a 400 of another kind", 400, { error: "server_error" }, { type: "ambiguous", reason: "status 400" }],
    ["a redirection", 302, "", { type: "ambiguous", reason: "status 302" }],
    ["a 200 without JSON", 200, "<html>", { type: "ambiguous", reason: "200 without JSON" }],
    ["a 200 without tokens", 200, {}, { type: "ambiguous", reason: "200 without tokens" }],
    ["a 200 with an error in it", 200, invalidGrant("x"), { type: "ambiguous", reason: "200 without tokens" }],
    [
      "a 200 with empty tokens",
      200,
      { access_token: "", refresh_token: "" },
      { type: "ambiguous", reason: "200 without tokens" },
    ],
    ["a 200 with a list", 200, [], { type: "ambiguous", reason: "200 without JSON" }],
  ])("%s (%d)", (_, status, body, outcome) => {
    expect(read(status, body)).toEqual(outcome);
  });

  test.each([
    "http://claude.ai/x",
    "javascript:alert(1)",
    "https://claude.ai/x?token=abc",
    "https://claude.ai/x#abc",
    "https://user@claude.ai/",
    "https://claude.ai/ x",
    "https://claude.ai/\n::error::x",
    "",
  ])("of a page only a plain https address is shown, not %j", (error_uri) => {
    expect(read(400, invalidGrant("hold", { error_uri }))).toEqual({ type: "attention", page: undefined });
  });

  test.each([[403], [404]])("a %d is a filter at the edge, whatever it says: never a dead login", (status) => {
    expect(read(status, invalidGrant("x")).type).not.toBe("refused");
  });
});

describe("new tokens", () => {
  const [access, refresh] = [newToken("oat"), newToken("ort")];
  const body = {
    token_type: "Bearer",
    access_token: access,
    expires_in: 28_800,
    refresh_token: refresh,
    refresh_token_expires_in: 2_592_000,
    scope: "user:inference user:profile",
    account: { uuid: "u-1", email_address: "a@example.com" },
    organization: { uuid: "o-1", name: "N" },
  };
  const tokens = (outcome: Outcome) => {
    if (outcome.type !== "refreshed") throw new Error(outcome.type);
    const { access: a, refresh: r, ...rest } = outcome.tokens;
    return { ...rest, access: a?.reveal(), refresh: r?.reveal() };
  };

  test("whole: every field, and no name or address of a person", () => {
    expect(tokens(read(200, body))).toEqual({
      access,
      refresh,
      accessExpiresAt: NOW + 8 * HOUR,
      loginExpiresAt: NOW + 30 * DAY,
      scopes: ["user:inference", "user:profile"],
      accountUuid: "u-1",
      organizationUuid: "o-1",
    });
  });

  test("their end goes by the server's clock", () => {
    const server = NOW - 3 * DAY;
    const told = tokens(read(200, body, { date: new Date(server).toUTCString() }));
    expect([told.accessExpiresAt, told.loginExpiresAt]).toEqual([server + 8 * HOUR, server + 30 * DAY]);
  });

  test("with a Date that is none, by ours", () => {
    expect(tokens(read(200, body, { date: "yesterday" })).accessExpiresAt).toBe(NOW + 8 * HOUR);
  });

  test.each([
    ["no refresh token", { refresh_token: undefined }, { refresh: undefined }],
    ["no access token", { access_token: undefined }, { access: undefined }],
    [
      "no end",
      { expires_in: undefined, refresh_token_expires_in: null },
      { accessExpiresAt: undefined, loginExpiresAt: undefined },
    ],
    [
      "an end that is none",
      { expires_in: -1, refresh_token_expires_in: 0 },
      { accessExpiresAt: undefined, loginExpiresAt: undefined },
    ],
    ["an end in words", { expires_in: "soon" }, { accessExpiresAt: undefined }],
    [
      "ends that no number can be made of",
      { expires_in: { toString: 1, valueOf: 1 }, refresh_token_expires_in: { toString: null } },
      { accessExpiresAt: undefined, loginExpiresAt: undefined },
    ],
    ["no scope", { scope: undefined }, { scopes: undefined }],
    ["scopes as a list", { scope: ["a", "b"] }, { scopes: ["a", "b"] }],
    ["no account", { account: null, organization: "x" }, { accountUuid: undefined, organizationUuid: undefined }],
  ])("with %s", (_, change, wanted) => {
    expect(tokens(read(200, { ...body, ...change }))).toMatchObject(wanted);
  });

  test.each([1e13, 1e20, Number.MAX_VALUE])(
    "an end in %d s is one that no date can have: the tokens are kept nevertheless",
    (seconds) => {
      const outcome = read(200, { ...body, expires_in: seconds, refresh_token_expires_in: seconds });
      if (outcome.type !== "refreshed") throw new Error(outcome.type);
      // They are paid for with the old one: what cannot be sealed is lost.
      expect(() => sealEnvelope({ ...EMPTY, kind: "login", ...pick(outcome) }, undefined)).not.toThrow();
    },
  );
});

const pick = ({ tokens }: Extract<Outcome, { type: "refreshed" }>) => ({
  access: tokens.access,
  refresh: tokens.refresh,
  accessExpiresAt: tokens.accessExpiresAt,
  loginExpiresAt: tokens.loginExpiresAt,
  scopes: tokens.scopes,
});

describe("Retry-After", () => {
  test.each<[string, number | undefined]>([
    ["7", 7 * SECOND],
    ["0", 0],
    [new Date(NOW + 90 * SECOND).toUTCString(), 90 * SECOND],
    [new Date(NOW - 90 * SECOND).toUTCString(), 0],
    ["a while", undefined],
    ["", undefined],
  ])("%j", (value, retryAfterMs) => {
    expect(read(429, "", { "retry-after": value })).toEqual({ type: "throttled", status: 429, retryAfterMs });
  });

  test("as a date it is held against the server's own clock", () => {
    const server = NOW - 3 * DAY;
    const headers = {
      date: new Date(server).toUTCString(),
      "retry-after": new Date(server + 5 * SECOND).toUTCString(),
    };
    expect(read(429, "", headers)).toMatchObject({ retryAfterMs: 5 * SECOND });
  });
});

describe("whatever a server answers", () => {
  const codes = ["invalid_grant", "access_denied", "invalid_scope", "rate_limit_error", "authentication_error", "x"];
  const code = fc.constantFrom<unknown>(...codes, 5, null);
  const shaped = fc.record(
    {
      error: fc.oneof(
        code,
        code.map((type) => ({ type })),
        fc.jsonValue(),
      ),
      error_description: fc.oneof(fc.constantFrom("Refresh token expired", "No account associated"), fc.jsonValue()),
      error_uri: fc.oneof(fc.constant(page), fc.jsonValue()),
      access_token: fc.oneof(fc.constant("a"), fc.jsonValue()),
      refresh_token: fc.oneof(fc.constant("r"), fc.jsonValue()),
      expires_in: fc.oneof(fc.integer(), fc.double(), fc.jsonValue()),
      refresh_token_expires_in: fc.oneof(fc.integer(), fc.jsonValue()),
      scope: fc.jsonValue(),
      account: fc.jsonValue(),
      organization: fc.jsonValue(),
    },
    { requiredKeys: [] },
  );
  const body = fc.oneof({ weight: 5, arbitrary: shaped }, fc.jsonValue(), fc.string());
  const status = fc.oneof(
    fc.constantFrom(200, 400, 401, 403, 404, 429, 500, 502, 529),
    fc.integer({ min: 100, max: 599 }),
  );
  const headers = fc.record(
    {
      date: fc.oneof(fc.string(), fc.constant(new Date(NOW).toUTCString())),
      "retry-after": fc.oneof(fc.string(), fc.nat().map(String)),
    },
    { requiredKeys: [] },
  );

  test("there is an outcome, and only the provider's own word ends a login", () => {
    fc.assert(
      fc.property(status, body, headers, (number, content, head) => {
        const outcome = read(number, content, head);
        const fields = (typeof content === "object" && content !== null ? content : {}) as Record<string, unknown>;
        const { error } = fields;
        const said = typeof error === "string" ? error : (error as { type?: unknown } | null | undefined)?.type;
        const dead = outcome.type === "refused";
        const mayBeDead =
          said === "invalid_grant" &&
          typeof fields["error_uri"] !== "string" &&
          !(number >= 200 && number < 300) &&
          number !== 429 &&
          number < 500;
        expect(dead && !mayBeDead).toBe(false);
        expect(outcome.type === "refreshed" && (number < 200 || number > 299)).toBe(false);
        expect(outcome.type).toBe(number === 429 ? "throttled" : number >= 500 ? "ambiguous" : outcome.type);
        const wait = outcome.type === "throttled" ? (outcome.retryAfterMs ?? 0) : 0;
        expect(wait).toBeGreaterThanOrEqual(0);
      }),
      { numRuns: 500 },
    );
  });

  test("nothing of it is told but codes that we know, a number and a plain address", () => {
    const secret = newToken();
    fc.assert(
      fc.property(status, fc.constantFrom("error", "error_description", "error_uri", "message"), (number, field) => {
        const base: Record<string, unknown> = { error: "invalid_grant", error_description: "x" };
        const outcome = read(number, { ...base, [field]: secret });
        expect(JSON.stringify(outcome)).not.toContain(secret);
      }),
    );
  });
});

const settings = {
  tokenUrl: undefined,
  clientId: undefined,
  clientSecret: undefined,
  scope: undefined,
  userAgent: "ua/1",
  requestFormat: undefined,
  timeoutMs: 5,
};

describe("the request", () => {
  const refresh = new Secret("sk-ant-ort01-a+b&c=d");
  const login = newLogin({ refresh });

  test("is the official one: no scope, the public client, a connection of its own", () => {
    const request = anthropic.refreshRequest(login, settings);
    expect(request).toMatchObject({
      method: "POST",
      url: "https://platform.claude.com/v1/oauth/token",
      headers: { "content-type": "application/json", "user-agent": "ua/1" },
      timeoutMs: 5,
      fresh: true,
    });
    expect(JSON.parse(request.body ?? "")).toEqual({
      grant_type: "refresh_token",
      refresh_token: refresh.reveal(),
      client_id: "9d1c250a-e61b-44d9-88ed-5944d1962f5e",
    });
  });

  test("as a form it says the same", () => {
    const { body, headers } = anthropic.refreshRequest(login, { ...settings, requestFormat: "form", scope: "a b" });
    expect(headers["content-type"]).toBe("application/x-www-form-urlencoded");
    expect(Object.fromEntries(new URLSearchParams(body))).toMatchObject({
      refresh_token: refresh.reveal(),
      scope: "a b",
    });
  });

  test("the user's client goes before the login's, the login's before the public one", () => {
    const client = (clientId: string | undefined, own: string | undefined) =>
      (
        JSON.parse(anthropic.refreshRequest({ ...login, clientId: own }, { ...settings, clientId }).body ?? "") as {
          client_id: string;
        }
      ).client_id;
    expect([client("user", "own"), client(undefined, "own")]).toEqual(["user", "own"]);
  });

  test("goes to the user's address, with the user's scope", () => {
    const request = anthropic.refreshRequest(login, { ...settings, tokenUrl: "https://x.example/t", scope: "s" });
    expect(request.url).toBe("https://x.example/t");
    expect(JSON.parse(request.body ?? "")).toMatchObject({ scope: "s" });
  });
});

describe("asked better", () => {
  const login = newLogin({ scopes: ["user:inference", "user:profile"] });
  const scopeAfter = (scope: string | undefined, scopes = login.scopes) =>
    anthropic.amend?.({ credential: { ...login, scopes }, settings: { ...settings, scope } }, "invalid_scope");

  test.each([[undefined], ["user:everything"]])(
    "after invalid_scope: with the scopes that the login has, where it was asked with %j",
    (scope) => {
      const better = scopeAfter(scope);
      expect(better).toEqual({ credential: login, settings: { ...settings, scope: "user:inference user:profile" } });
      const { body = "" } = anthropic.refreshRequest(login, better?.settings ?? settings);
      expect(JSON.parse(body)).toMatchObject({ scope: "user:inference user:profile" });
    },
  );

  test("once: the same again is no better", () => {
    const better = scopeAfter(undefined);
    expect(scopeAfter(better?.settings.scope)).toBeUndefined();
  });

  test.each([[undefined], [[]]])("not where no scopes are known (%j)", (scopes) => {
    const asked = { credential: { ...login, scopes }, settings: { ...settings, scope: "s" } };
    expect(anthropic.amend?.(asked, "invalid_scope")).toBeUndefined();
  });

  test.each(["invalid_client", "unauthorized_client", "invalid_request", "unsupported_grant_type"])(
    "not after %s",
    (error) => {
      expect(anthropic.amend?.({ credential: login, settings }, error)).toBeUndefined();
    },
  );
});

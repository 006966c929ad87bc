/** OpenAI's refresh: the request, and what every known answer means. */
import * as fc from "fast-check";
import { afterEach, describe, expect, test } from "vitest";
import { openai } from "../../../src/providers/openai.ts";
import type { RequestSettings } from "../../../src/providers/provider.ts";
import type { NewTokens, Outcome } from "../../../src/refresh/outcome.ts";
import { Secret } from "../../../src/secret.ts";
import { nodeHttp } from "../../../src/world/http.ts";
import { CLIENT_ID, newAccessToken, newAccount, newIdToken } from "../../support/oauth/openai-facts.ts";
import { OPENAI_ROWS, openaiRowById } from "../../support/oauth/openai-rows.ts";
import { type StrictOpenai, startStrictOpenai } from "../../support/oauth/strict-openai.ts";
import { answer, DAY, HOUR, newChatGpt, newJwt, newOpenaiRefresh, newToken, NOW, pieceOf, SECOND } from "./support.ts";

const read = (status: number, body: unknown, headers: Record<string, string> = {}): Outcome =>
  openai.interpret(answer(status, body, headers), NOW);

const settings: RequestSettings = {
  tokenUrl: undefined,
  clientId: undefined,
  clientSecret: undefined,
  scope: undefined,
  userAgent: "ua/1",
  requestFormat: undefined,
  timeoutMs: 5000,
};

const account = newAccount({ plan: "pro" });
const EXP = NOW + 9 * DAY;
const [access, id] = [
  newAccessToken(account, { from: NOW, until: EXP }),
  newIdToken(account, { from: NOW, until: NOW + HOUR }),
];
const refresh = newOpenaiRefresh();
const body = {
  id_token: id,
  access_token: access,
  refresh_token: refresh,
  token_type: "Bearer",
  expires_in: 864_000,
  scope: "openid profile email offline_access",
};

const tokensOf = (outcome: Outcome): NewTokens => {
  if (outcome.type !== "refreshed") throw new Error(outcome.type);
  return outcome.tokens;
};
const revealed = (outcome: Outcome) => {
  const { access: a, refresh: r, idToken: i, ...rest } = tokensOf(outcome);
  return { ...rest, access: a?.reveal(), refresh: r?.reveal(), idToken: i?.reveal() };
};

const dead = (why: Extract<Outcome, { type: "refused" }>["why"]): Outcome => ({ type: "refused", why });
const mistake = (error: string): Outcome => ({ type: "mistake", error });
const throttled = (status: number, retryAfterMs?: number): Outcome => ({ type: "throttled", status, retryAfterMs });
const unclear = (reason: string): Outcome => ({ type: "ambiguous", reason });

const MEANING: Record<string, Outcome> = {
  "401-reused": dead("spent"),
  "401-expired": dead("login-ended"),
  "401-invalidated": dead("revoked"),
  "400-reused": dead("spent"),
  "401-reused-upper-case": dead("spent"),
  "401-reused-as-text": dead("spent"),
  "401-reused-on-top": dead("spent"),
  "401-invalidated-on-top": dead("revoked"),
  "400-invalid-grant": dead("spent-or-revoked"),
  "401-token-expired": dead("spent-or-revoked"),
  "401-without-code": dead("spent-or-revoked"),
  "400-invalid-scope": mistake("invalid_scope"),
  "400-invalid-client": mistake("invalid_client"),
  "401-invalid-client": mistake("invalid_client"),
  "400-unauthorized-client": mistake("unauthorized_client"),
  "400-unsupported-grant-type": mistake("unsupported_grant_type"),
  "400-invalid-request": mistake("invalid_request"),
  "429": throttled(429),
  "429-retry-after": throttled(429, 7 * SECOND),
  "429-edge": throttled(429),
  "403-country": throttled(403),
  "400-edge": throttled(400),
  "401-edge": throttled(401),
  "403-edge": throttled(403),
  "404-edge": throttled(404),
  "400-unknown-code": unclear("status 400"),
  "400-without-code": unclear("status 400"),
  "401-not-its-own": unclear("status 401"),
  "409": unclear("status 409"),
  "500": unclear("status 500"),
  "502": unclear("status 502"),
  "503": unclear("status 503"),
  "520": unclear("status 520"),
  "200-empty": unclear("200 without JSON"),
  "200-html": unclear("200 without JSON"),
  "200-cut-off-json": unclear("200 without JSON"),
  "200-not-an-object": unclear("200 without JSON"),
  "200-empty-object": unclear("200 without tokens"),
  "200-tokens-not-texts": unclear("200 without tokens"),
};

describe("an answer is told as what it is", () => {
  test.each(Object.entries(MEANING))("%s", (row, outcome) => {
    const { status, headers, body: sent } = openaiRowById(row);
    expect(read(status, typeof sent === "string" ? sent : sent(body), headers)).toEqual(outcome);
  });

  test("every known one but the successes has a meaning above", () => {
    const others = OPENAI_ROWS.filter(({ class: kind }) => kind !== "refreshed").map((row) => row.id);
    expect(others.toSorted()).toEqual(Object.keys(MEANING).toSorted());
  });

  test.each<[what: string, status: number, body: unknown, outcome: Outcome]>([
    ["a rate limit that mentions a grant", 429, { error: "invalid_grant" }, throttled(429)],
    ["a server's error that mentions one", 500, { error: "invalid_grant" }, unclear("status 500")],
    ["a filter that mentions one", 403, { error: "refresh_token_reused" }, throttled(403)],
    ["a 401 cut off on its way", 401, '{"error":{"code":"refresh_tok', unclear("status 401")],
    ["an empty 401", 401, "", unclear("status 401")],
    ["an empty 400", 400, "", unclear("status 400")],
    ["a redirection", 302, "", unclear("status 302")],
    [
      "a code that is none, and one on top",
      400,
      { error: { code: 5 }, code: "invalid_grant" },
      dead("spent-or-revoked"),
    ],
    ["a code that is none", 400, { error: 5 }, unclear("status 400")],
    ["an error that is null", 401, { error: null }, unclear("status 401")],
    ["a 200 with an error in it", 200, { error: "invalid_grant" }, unclear("200 without tokens")],
  ])("%s (%d)", (_, status, content, outcome) => {
    expect(read(status, content)).toEqual(outcome);
  });
});

describe("new tokens", () => {
  test("whole: whose they are by the claims, their end by the access token's own word", () => {
    expect(revealed(read(200, body))).toEqual({
      access,
      refresh,
      idToken: id,
      accessExpiresAt: EXP,
      loginExpiresAt: undefined,
      scopes: ["openid", "profile", "email", "offline_access"],
      accountUuid: undefined,
      organizationUuid: undefined,
      accountId: account.accountId,
      plan: "pro",
    });
  });

  test("nothing of it is an address of a person, outside the tokens themselves", () => {
    const { access: _a, refresh: _r, idToken: _i, ...rest } = tokensOf(read(200, body));
    expect(JSON.stringify(rest)).not.toContain("@");
    expect(JSON.stringify(rest)).not.toContain(account.userId);
  });

  test.each(OPENAI_ROWS.filter((row) => row.class === "refreshed"))("$id: the others count", (row) => {
    const sent = JSON.parse(typeof row.body === "string" ? row.body : row.body(body)) as Record<string, unknown>;
    const told = revealed(read(200, sent));
    const lacks = (field: string) => !(field in sent);
    expect(told.access).toBe(lacks("access_token") ? undefined : access);
    expect(told.refresh).toBe(lacks("refresh_token") ? undefined : refresh);
    expect(told.idToken).toBe(lacks("id_token") ? undefined : id);
    expect(told.scopes === undefined).toBe(lacks("scope"));
    expect([told.accountId, told.plan]).toEqual([account.accountId, "pro"]);
  });

  const opaque = newToken();
  const server = NOW - 3 * DAY;
  test.each<[what: string, change: object, headers: Record<string, string>, end: number | undefined]>([
    ["an opaque one by expires_in", { access_token: opaque }, {}, NOW + 10 * DAY],
    ["by the server's clock", { access_token: opaque }, { date: new Date(server).toUTCString() }, server + 10 * DAY],
    ["a JWT without an end, by expires_in", { access_token: jwt({ a: 1 }) }, {}, NOW + 10 * DAY],
    ["a JWT whatever the clocks say", {}, { date: new Date(server).toUTCString() }, EXP],
    ["a JWT without expires_in", { expires_in: undefined }, {}, EXP],
    ["not at all", { access_token: opaque, expires_in: "soon" }, {}, undefined],
    ["not by what is no number", { access_token: opaque, expires_in: { toString: 1, valueOf: 1 } }, {}, undefined],
  ])("the access token's end is known: %s", (_, change, headers, end) => {
    expect(tokensOf(read(200, { ...body, ...change }, headers)).accessExpiresAt).toBe(end);
  });

  test("whose they are: by the id token, else by the access token, else unknown", () => {
    const of = (change: object) => {
      const { accountId, plan } = tokensOf(read(200, { ...body, ...change }));
      return [accountId, plan];
    };
    const [other, nobody] = [newJwt("other", EXP, "team"), newJwt(null)];
    expect(of({ id_token: other })).toEqual(["other", "team"]);
    expect(of({ id_token: nobody })).toEqual([account.accountId, "pro"]);
    expect(of({ id_token: undefined, access_token: other })).toEqual(["other", "team"]);
    expect(of({ id_token: nobody, access_token: nobody })).toEqual([undefined, undefined]);
    expect(of({ id_token: "no token", access_token: newToken() })).toEqual([undefined, undefined]);
  });
});

function jwt(claims: object): string {
  return ["{}", JSON.stringify(claims), "s"].map((part) => Buffer.from(part).toString("base64url")).join(".");
}

describe("whatever a server answers", () => {
  const codes = ["refresh_token_reused", "Invalid_Grant", "refresh_token_expired", "refresh_token_invalidated"];
  const code = fc.constantFrom<unknown>(...codes, "invalid_client", "x", 5, null, "constructor", "__proto__");
  const shaped = fc.record(
    {
      error: fc.oneof(
        code,
        code.map((each) => ({ code: each })),
        fc.jsonValue(),
      ),
      code: fc.oneof(code, fc.jsonValue()),
      access_token: fc.oneof(fc.constant("a"), fc.jsonValue()),
      refresh_token: fc.oneof(fc.constant("r"), fc.jsonValue()),
      id_token: fc.oneof(
        fc.jsonValue().map((claims) => jwt({ "https://api.openai.com/auth": claims, exp: claims })),
        fc.jsonValue(),
      ),
      expires_in: fc.oneof(fc.double(), fc.jsonValue()),
      scope: fc.jsonValue(),
    },
    { requiredKeys: [] },
  );
  const content = fc.oneof({ weight: 5, arbitrary: shaped }, fc.jsonValue(), fc.string());
  const status = fc.oneof(fc.constantFrom(200, 400, 401, 403, 429, 500), fc.integer({ min: 100, max: 599 }));

  test("there is an outcome, and only the provider's own word ends a login", () => {
    fc.assert(
      fc.property(status, content, (number, sent) => {
        const outcome = read(number, sent);
        const own = typeof sent === "object" && sent !== null && ("error" in sent || "code" in sent);
        const mayBeDead = own && number !== 403 && number !== 404 && number !== 429 && number < 500 && !isOk(number);
        expect(outcome.type === "refused" && !mayBeDead).toBe(false);
        expect(outcome.type === "refreshed" && !isOk(number)).toBe(false);
        expect(outcome.type).toBe(number === 429 ? "throttled" : number >= 500 ? "ambiguous" : outcome.type);
      }),
      { numRuns: 500 },
    );
  });

  test("nothing of it is told but codes that we know and a number", () => {
    const secret = newToken();
    fc.assert(
      fc.property(status, fc.constantFrom("error", "code", "message", "error_description"), (number, field) => {
        for (const value of [secret, { code: secret, message: secret }]) {
          expect(pieceOf(secret, JSON.stringify(read(number, { [field]: value })))).toBeUndefined();
        }
      }),
    );
  });

  const isOk = (number: number) => number >= 200 && number < 300;
});

describe("the request", () => {
  const token = new Secret("rt_a+b&c=d");
  const login = newChatGpt({ refresh: token });

  test("is JSON with three fields, by the public client, over a connection of its own", () => {
    const request = openai.refreshRequest(login, settings);
    expect(request).toEqual({
      method: "POST",
      url: "https://auth.openai.com/oauth/token",
      headers: { "content-type": "application/json", accept: "application/json", "user-agent": "ua/1" },
      body: JSON.stringify({ client_id: CLIENT_ID, grant_type: "refresh_token", refresh_token: token.reveal() }),
      timeoutMs: 5000,
      fresh: true,
    });
  });

  test("as a form it says the same", () => {
    const { body: form, headers } = openai.refreshRequest(login, { ...settings, requestFormat: "form", scope: "a b" });
    expect(headers["content-type"]).toBe("application/x-www-form-urlencoded");
    expect(Object.fromEntries(new URLSearchParams(form))).toEqual({
      client_id: CLIENT_ID,
      grant_type: "refresh_token",
      refresh_token: token.reveal(),
      scope: "a b",
    });
  });

  test("goes to the user's address with the user's scope; the user's client goes before the login's", () => {
    const own = { ...login, clientId: "own" };
    const ask = (change: Partial<RequestSettings>) => openai.refreshRequest(own, { ...settings, ...change });
    expect(ask({ tokenUrl: "https://x.example/t" }).url).toBe("https://x.example/t");
    expect(JSON.parse(ask({ scope: "s" }).body ?? "")).toMatchObject({ scope: "s", client_id: "own" });
    expect(JSON.parse(ask({ clientId: "user" }).body ?? "")).toMatchObject({ client_id: "user" });
  });
});

describe("with a server that is strict", () => {
  let strict: StrictOpenai | undefined;
  afterEach(async () => {
    await strict?.close();
    strict = undefined;
  });

  test.each(["json", "form"] as const)(
    "every refresh (%s) renews the login, and a spent token is named",
    async (format) => {
      const server = await startStrictOpenai({ format, clock: { skewMs: -HOUR }, expiresIn: 600 });
      strict = server;
      const asked: RequestSettings = { ...settings, tokenUrl: server.tokenUrl, requestFormat: format };
      const ask = async (token: Secret | undefined) => {
        const reply = await nodeHttp({})(openai.refreshRequest(newChatGpt({ refresh: token }), asked));
        return openai.interpret(reply, Date.now());
      };
      const issued = server.issue({ plan: "team" });
      const first = tokensOf(await ask(new Secret(issued.refreshToken)));
      const second = tokensOf(await ask(first.refresh));
      expect(second).toMatchObject({ accountId: issued.accountId, plan: "team" });
      expect(server.isAccessTokenAlive(second.access?.reveal() ?? "")).toBe(true);
      // The server's clock is an hour behind: so is the end that it tells.
      expect(second.accessExpiresAt ?? 0).toBeLessThanOrEqual(Date.now() - HOUR + 600 * SECOND);
      expect(await ask(first.refresh)).toEqual({ type: "refused", why: "spent" });
      expect(await ask(second.refresh)).toEqual({ type: "refused", why: "revoked" });
      expect(server.deviations).toEqual([]);
    },
  );
});

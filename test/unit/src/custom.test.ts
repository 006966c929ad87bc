/** Any server by RFC 6749: the request, what its answers mean, and the real servers that go their own ways. */
import * as fc from "fast-check";
import { afterEach, describe, expect, test } from "vitest";
import { type Credential, EMPTY } from "../../../src/credential/credential.ts";
import { custom } from "../../../src/providers/custom.ts";
import type { Asking, RequestSettings } from "../../../src/providers/provider.ts";
import type { NewTokens, Outcome } from "../../../src/refresh/outcome.ts";
import { sendRefresh } from "../../../src/refresh/send.ts";
import { Secret } from "../../../src/secret.ts";
import { nodeHttp } from "../../../src/world/http.ts";
import { type Oidc, startOidc } from "../../support/oauth/oidc.ts";
import { answer, DAY, fakeWorld, HOUR, newJwt, newToken, NOW, pieceOf, SECOND } from "./support.ts";

const read = (status: number, body: unknown, headers: Record<string, string> = {}): Outcome =>
  custom.interpret(answer(status, body, headers), NOW);

const tokensOf = (outcome: Outcome): NewTokens => {
  if (outcome.type !== "refreshed") throw new Error(outcome.type);
  return outcome.tokens;
};

const dead: Outcome = { type: "refused", why: "spent-or-revoked" };
const mistake = (error: string): Outcome => ({ type: "mistake", error });
const throttled = (status: number, retryAfterMs?: number): Outcome => ({ type: "throttled", status, retryAfterMs });
const attention = (page?: string): Outcome => ({ type: "attention", page });
const unclear = (reason: string): Outcome => ({ type: "ambiguous", reason });

const HTML = "<!DOCTYPE html><title>x</title>";
const PAGE = "https://as.example/why";
const strava = (resource: string, field: string) => ({
  message: "Bad Request",
  errors: [{ resource, field, code: "invalid" }],
});
const error = (code: string, more: object = {}) => ({ error: code, ...more });

describe("an answer is told as what it is", () => {
  test.each<[what: string, status: number, body: unknown, outcome: Outcome, headers?: Record<string, string>]>([
    ["spent or revoked", 400, error("invalid_grant"), dead],
    ["with a page about the error, as RFC 6749 has it", 400, error("invalid_grant", { error_uri: PAGE }), dead],
    ["Google", 400, error("invalid_grant", { error_description: "Token has been expired or revoked." }), dead],
    ["Spotify", 400, error("invalid_grant", { error_description: "Refresh token revoked" }), dead],
    ["Auth0", 403, error("invalid_grant", { error_description: "Unknown or invalid refresh token." }), dead],
    ["as 401", 401, error("invalid_grant"), dead],
    ["Strava", 400, strava("RefreshToken", "refresh_token"), dead],
    ["GitHub, with status 200", 200, error("bad_refresh_token", { error_uri: PAGE }), dead],
    ["RFC 6749, but with status 200", 200, error("invalid_grant"), dead],

    ["a client unknown", 401, error("invalid_client"), mistake("invalid_client")],
    ["a client unknown, 400", 400, error("invalid_client"), mistake("invalid_client")],
    ["Strava's", 400, strava("Application", "client_id"), mistake("invalid_client")],
    ["GitHub's", 200, error("incorrect_client_credentials"), mistake("invalid_client")],
    ["one told by a header", 401, "", mistake("invalid_client"), { "www-authenticate": 'Basic realm="x"' }],
    ["one told by a header, with a page", 401, HTML, mistake("invalid_client"), { "www-authenticate": "basic" }],
    ["a client that may not", 400, error("unauthorized_client"), mistake("unauthorized_client")],
    ["a wrong scope", 400, error("invalid_scope"), mistake("invalid_scope")],
    ["a wrong request", 400, error("invalid_request"), mistake("invalid_request")],
    ["a wrong grant type", 400, error("unsupported_grant_type"), mistake("unsupported_grant_type")],
    ["nothing at this address", 404, HTML, mistake("status 404")],
    ["nothing at this address for a POST", 405, "", mistake("status 405")],
    ["another address", 301, HTML, mistake("status 301")],
    ["another address, 307", 307, "", mistake("status 307")],

    ["an account that may not", 403, error("access_denied", { error_uri: PAGE }), attention(PAGE)],
    ["one that has to consent", 400, error("consent_required"), attention()],
    ["one that has to come", 400, error("interaction_required", { error_uri: "javascript:1" }), attention()],

    ["a rate limit", 429, error("invalid_grant"), throttled(429)],
    ["a rate limit with a wait", 429, "", throttled(429, 7 * SECOND), { "retry-after": "7" }],
    ["slow down", 400, error("slow_down"), throttled(400, 5 * SECOND)],
    ["slow down, by how much", 400, error("slow_down"), throttled(400, 9 * SECOND), { "retry-after": "9" }],
    ["busy", 400, error("temporarily_unavailable"), throttled(400)],
    ["busy until", 400, error("temporarily_unavailable"), throttled(400, 3 * SECOND), { "retry-after": "3" }],
    ["a filter", 403, HTML, throttled(403)],
    ["a filter without a word", 403, "", throttled(403)],
    ["a filter with a password", 403, "", throttled(403), { "www-authenticate": 'Basic realm="x"' }],
    ["a filter's page", 400, ` \n${HTML}`, throttled(400)],
    ["a filter's page, 401", 401, HTML, throttled(401)],

    ["a server's error", 500, error("server_error"), unclear("status 500")],
    ["busy, but from behind", 503, error("temporarily_unavailable"), unclear("status 503")],
    ["a server's error that mentions a grant", 502, error("invalid_grant"), unclear("status 502")],
    ["an unknown word", 400, error("server_error"), unclear("status 400")],
    ["an unknown thing", 400, strava("Athlete", "id"), unclear("status 400")],
    ["another list of errors", 400, { errors: ["invalid_grant"] }, unclear("status 400")],
    ["an empty list of errors", 400, { errors: [] }, unclear("status 400")],
    ["another way to prove oneself", 401, "", unclear("status 401"), { "www-authenticate": "Bearer" }],
    ["a 401 without a word", 401, {}, unclear("status 401")],
    ["a 400 cut off", 400, '{"error":"invalid_gr', unclear("status 400")],
    ["a 200 without JSON", 200, HTML, unclear("200 without JSON")],
    ["a 200 without tokens", 200, {}, unclear("200 without tokens")],
    ["a 200 with an unknown word", 200, error("server_error"), unclear("200 without tokens")],
    ["a 200 as a form", 200, "access_token=a&token_type=bearer", unclear("200 without JSON")],
  ])("%s (%d %j)", (_, status, body, outcome, headers) => {
    expect(read(status, body, headers)).toEqual(outcome);
  });
});

describe("new tokens", () => {
  const [access, refresh] = [newToken(), newToken()];
  const revealed = (body: object, headers: Record<string, string> = {}) => {
    const { access: a, refresh: r, ...rest } = tokensOf(read(200, body, headers));
    return { access: a?.reveal(), refresh: r?.reveal(), end: rest.accessExpiresAt, scopes: rest.scopes };
  };

  test.each([
    [
      "Google: no new refresh token, its own end of the old one",
      { access_token: access, expires_in: 3599, scope: "https://g.example/auth/a openid", token_type: "Bearer" },
      { access, refresh: undefined, end: NOW + 3599 * SECOND, scopes: ["https://g.example/auth/a", "openid"] },
    ],
    [
      "Spotify: sometimes a new one",
      { access_token: access, token_type: "Bearer", expires_in: 3600, refresh_token: refresh, scope: "a b" },
      { access, refresh, end: NOW + HOUR, scopes: ["a", "b"] },
    ],
    [
      "Strava: no scope, two ways to tell the end",
      {
        token_type: "Bearer",
        access_token: access,
        expires_at: NOW / 1000 + 20_566,
        expires_in: 20_566,
        refresh_token: refresh,
      },
      { access, refresh, end: NOW + 20_566 * SECOND, scopes: undefined },
    ],
    [
      "an end in seconds since 1970 alone",
      { access_token: access, expires_at: NOW / 1000 + 60 },
      { access, refresh: undefined, end: NOW + 60 * SECOND, scopes: undefined },
    ],
    [
      "an end in milliseconds, as text",
      { access_token: access, expires_at: String(NOW + 60_000) },
      { access, refresh: undefined, end: NOW + 60 * SECOND, scopes: undefined },
    ],
    [
      "no end at all",
      { access_token: access, expires_at: null, expires_in: "soon", scope: "" },
      { access, refresh: undefined, end: undefined, scopes: undefined },
    ],
    [
      "ends that no number can be made of",
      { access_token: access, expires_at: { toString: 1, valueOf: 1 }, expires_in: { toString: null } },
      { access, refresh: undefined, end: undefined, scopes: undefined },
    ],
    ["no access token", { refresh_token: refresh }, { access: undefined, refresh, end: undefined, scopes: undefined }],
    [
      "an error beside tokens",
      { access_token: access, error: "invalid_grant" },
      { access, refresh: undefined, end: undefined, scopes: undefined },
    ],
  ])("%s", (_, body, wanted) => {
    expect(revealed(body)).toEqual(wanted);
  });

  test("a JWT tells its end where the answer does not", () => {
    const token = newJwt(null, NOW + 5 * HOUR);
    expect(revealed({ access_token: token }).end).toBe(NOW + 5 * HOUR);
    expect(revealed({ access_token: token, expires_in: 60 }).end).toBe(NOW + 60 * SECOND);
  });

  test("their end goes by the server's clock", () => {
    const headers = { date: new Date(NOW - DAY).toUTCString() };
    expect(revealed({ access_token: access, expires_in: 60 }, headers).end).toBe(NOW - DAY + 60 * SECOND);
    expect(revealed({ access_token: access, expires_at: NOW / 1000 + 60 }, headers).end).toBe(NOW + 60 * SECOND);
  });

  test("the end of a refresh token is not that of the login: a refresh moves it", () => {
    const body = { access_token: access, refresh_token: refresh, refresh_token_expires_in: 15_724_800 };
    expect(tokensOf(read(200, body)).loginExpiresAt).toBeUndefined();
  });

  test("an id token is not kept: nobody asked for it", () => {
    expect(tokensOf(read(200, { access_token: access, id_token: newJwt() })).idToken).toBeUndefined();
    expect(read(200, { id_token: newJwt() })).toEqual(unclear("200 without tokens"));
  });
});

describe("whatever a server answers", () => {
  const codes = ["invalid_grant", "invalid_client", "access_denied", "slow_down", "bad_refresh_token", "RefreshToken"];
  const code = fc.constantFrom<unknown>(...codes, "x", 5, null, "constructor", "__proto__");
  const shaped = fc.record(
    {
      error: fc.oneof(code, fc.jsonValue()),
      errors: fc.oneof(fc.array(fc.record({ resource: code })), fc.jsonValue()),
      error_uri: fc.oneof(fc.constant(PAGE), fc.jsonValue()),
      access_token: fc.oneof(fc.constant("a"), fc.jsonValue()),
      refresh_token: fc.oneof(fc.constant("r"), fc.jsonValue()),
      expires_in: fc.oneof(fc.double(), fc.jsonValue()),
      expires_at: fc.oneof(fc.double(), fc.jsonValue()),
      scope: fc.jsonValue(),
    },
    { requiredKeys: [] },
  );
  const content = fc.oneof({ weight: 5, arbitrary: shaped }, fc.jsonValue(), fc.string());
  const status = fc.oneof(fc.constantFrom(200, 400, 401, 403, 404, 429, 500), fc.integer({ min: 100, max: 599 }));

  test("there is an outcome, and only the server's own word ends a login", () => {
    const words = new Set<unknown>(["invalid_grant", "bad_refresh_token", "RefreshToken"]);
    fc.assert(
      fc.property(status, content, (number, sent) => {
        const outcome = read(number, sent);
        const { error: said, errors } = (typeof sent === "object" && sent !== null ? sent : {}) as Record<
          string,
          unknown
        >;
        const first = (errors as [{ resource?: unknown }?] | null | undefined)?.[0]?.resource;
        const mayBeDead = (words.has(said) || words.has(first)) && number !== 429 && number < 500;
        expect(outcome.type === "refused" && !mayBeDead).toBe(false);
        expect(outcome.type === "refreshed" && (number < 200 || number > 299)).toBe(false);
        expect(outcome.type).toBe(number === 429 ? "throttled" : number >= 500 ? "ambiguous" : outcome.type);
        const end = outcome.type === "refreshed" ? (outcome.tokens.accessExpiresAt ?? 1) : 1;
        expect(Number.isNaN(new Date(end).getTime())).toBe(false);
      }),
      { numRuns: 500 },
    );
  });

  test("nothing of it is told but codes that we know, a number and a plain address", () => {
    const secret = newToken();
    fc.assert(
      fc.property(status, fc.constantFrom("error", "error_description", "error_uri", "message"), (number, field) => {
        for (const base of [error("invalid_grant"), error("access_denied"), { errors: [{ resource: secret }] }]) {
          expect(pieceOf(secret, JSON.stringify(read(number, { ...base, [field]: secret })))).toBeUndefined();
        }
      }),
    );
  });
});

const TOKEN = "r+t/=&%:ü";
const SECRET = "se cret:+/=&%ü";
const login: Credential = { ...EMPTY, kind: "login", provider: "custom", refresh: new Secret(TOKEN) };
const settings: RequestSettings = {
  tokenUrl: "https://as.example/token?tenant=1",
  clientId: "the client:1",
  clientSecret: undefined,
  scope: undefined,
  userAgent: "ua/1",
  requestFormat: undefined,
  timeoutMs: 5000,
};
const confidential: RequestSettings = { ...settings, clientSecret: new Secret(SECRET) };
const fieldsOf = ({ credential, settings: asked }: Asking) => {
  const { body = "", headers } = custom.refreshRequest(credential, asked);
  const json = headers["content-type"] === "application/json";
  return (json ? JSON.parse(body) : Object.fromEntries(new URLSearchParams(body))) as Record<string, string>;
};

describe("the request", () => {
  const grant = { grant_type: "refresh_token", refresh_token: TOKEN };
  const id = { client_id: "the client:1" };
  const both = { ...id, client_secret: SECRET };
  const post: Credential = { ...login, clientAuth: "post" };
  const json = { requestFormat: "json" } as const;

  test.each<[what: string, asked: Asking, fields: Record<string, string>, basic: boolean]>([
    ["no secret: the id in the body", { credential: login, settings }, { ...grant, ...id }, false],
    [
      "a scope, if there is one",
      { credential: login, settings: { ...settings, scope: "a b" } },
      { ...grant, ...id, scope: "a b" },
      false,
    ],
    ["a secret: HTTP Basic and nothing in the body", { credential: login, settings: confidential }, grant, true],
    ["a secret that has to be in the body", { credential: post, settings: confidential }, { ...grant, ...both }, false],
    ["JSON", { credential: login, settings: { ...settings, ...json } }, { ...grant, ...id }, false],
    [
      "JSON has the secret in the body",
      { credential: login, settings: { ...confidential, ...json } },
      { ...grant, ...both },
      false,
    ],
  ])("%s", (_, asked, fields, basic) => {
    const request = custom.refreshRequest(asked.credential, asked.settings);
    expect(fieldsOf(asked)).toEqual(fields);
    const isJson = asked.settings.requestFormat === "json";
    expect(request).toMatchObject({
      method: "POST",
      url: "https://as.example/token?tenant=1",
      headers: {
        "content-type": isJson ? "application/json" : "application/x-www-form-urlencoded",
        accept: "application/json",
        "user-agent": "ua/1",
      },
      timeoutMs: 5000,
      fresh: true,
    });
    expect("authorization" in request.headers).toBe(basic);
  });

  test("HTTP Basic has the id and the secret each in form encoding (RFC 6749, section 2.3.1)", () => {
    const { headers } = custom.refreshRequest(login, confidential);
    const decoded = Buffer.from((headers["authorization"] ?? "").slice("Basic ".length), "base64").toString();
    expect(decoded).toBe("the+client%3A1:se+cret%3A%2B%2F%3D%26%25%C3%BC");
  });

  test("what ids and secrets are mostly made of is sent as it is, for servers that do not decode it", () => {
    const plain = "aZ09-_.*";
    const asked = { ...confidential, clientId: plain, clientSecret: new Secret(plain) };
    const { headers } = custom.refreshRequest(login, asked);
    expect(headers["authorization"]).toBe(`Basic ${Buffer.from(`${plain}:${plain}`).toString("base64")}`);
  });

  test("the user's client goes before the login's", () => {
    const own = { ...login, clientId: "own" };
    expect(fieldsOf({ credential: own, settings })["client_id"]).toBe("the client:1");
    expect(fieldsOf({ credential: own, settings: { ...settings, clientId: undefined } })["client_id"]).toBe("own");
  });
});

describe("asked better", () => {
  const amend = (asked: Asking, why: string) => custom.amend?.(asked, why);
  const basic: Asking = { credential: login, settings: confidential };

  test.each(["invalid_client", "unauthorized_client", "invalid_request"])(
    "after %s: the secret in the body, once",
    (why) => {
      const better = amend(basic, why);
      expect(better).toEqual({ credential: { ...login, clientAuth: "post" }, settings: confidential });
      expect(fieldsOf(better ?? basic)).toMatchObject({ client_secret: SECRET });
      expect(amend(better ?? basic, why)).toBeUndefined();
    },
  );

  test.each(["invalid_scope", "unsupported_grant_type", "status 404"])("not after %s", (why) => {
    expect(amend(basic, why)).toBeUndefined();
  });

  test("not without a secret, nor where it is in the body already", () => {
    expect(amend({ credential: login, settings }, "invalid_client")).toBeUndefined();
    const json: Asking = { credential: login, settings: { ...confidential, requestFormat: "json" } };
    expect(amend(json, "invalid_client")).toBeUndefined();
  });
});

describe("with a real server", () => {
  let oidc: Oidc | undefined;
  afterEach(async () => {
    await oidc?.close();
    oidc = undefined;
  });
  const http = nodeHttp({});
  const ask = async (asked: Asking, token: Secret | undefined) =>
    custom.interpret(
      await http(custom.refreshRequest({ ...asked.credential, refresh: token }, asked.settings)),
      Date.now(),
    );
  const start = async (auth: "none" | "client_secret_basic" | "client_secret_post", rotate = true) => {
    // The characters that a secret of this server may have (it takes VSCHAR alone).
    const [id, secret] = ["the client:1", "se cret:+/=&%"];
    const client = { id, auth, ...(auth !== "none" && { secret }) };
    const server = await startOidc({ client, scopes: ["read", "write"], rotate, expiresIn: 900 });
    oidc = server;
    const clientSecret = auth === "none" ? undefined : new Secret(secret);
    const asked = {
      credential: login,
      settings: { ...settings, tokenUrl: server.tokenUrl, clientId: id, clientSecret },
    };
    return { server, asked, issued: new Secret((await server.issue()).refreshToken) };
  };

  test.each(["none", "client_secret_basic"] as const)(
    "%s: every refresh rotates, and a spent token is refused",
    async (auth) => {
      const { server, asked, issued } = await start(auth);
      const first = tokensOf(await ask(asked, issued));
      const second = tokensOf(await ask({ ...asked, settings: { ...asked.settings, scope: "read" } }, first.refresh));
      expect([first.scopes, second.scopes]).toEqual([["read", "write"], ["read"]]);
      expect(await server.isAccessTokenAlive(second.access?.reveal() ?? "")).toBe(true);
      expect((second.accessExpiresAt ?? 0) > Date.now()).toBe(true);
      expect(await ask(asked, first.refresh)).toEqual(dead);
      expect(await server.isRefreshTokenAlive(second.refresh?.reveal() ?? "")).toBe(false);
    },
  );

  test("client_secret_post: found out without spending anything, and then known", async () => {
    const { server, asked, issued } = await start("client_secret_post");
    const refused = await ask(asked, issued);
    expect(refused).toEqual(mistake("invalid_client"));
    expect(await server.isRefreshTokenAlive(issued.reveal())).toBe(true);
    const better = custom.amend?.(asked, "invalid_client") ?? asked;
    const first = tokensOf(await ask(better, issued));
    const second = tokensOf(await ask(better, first.refresh));
    expect(await server.isRefreshTokenAlive(second.refresh?.reveal() ?? "")).toBe(true);
    expect(await ask(better, issued)).toEqual(dead);
  });

  test("client_secret_post, sent as a job sends it: two requests, and the way is told to be remembered", async () => {
    const { server, asked, issued } = await start("client_secret_post");
    const world = fakeWorld({ http });
    const credential = { ...asked.credential, refresh: issued };
    const hold = { signalledAt: () => undefined, release: () => {} };
    const sent = await sendRefresh(world, custom, credential, asked.settings, hold);
    expect([sent.outcome.type, sent.clientAuth, server.requests.length]).toEqual(["refreshed", "post", 2]);
    const next = { ...credential, refresh: tokensOf(sent.outcome).refresh, clientAuth: sent.clientAuth };
    const again = await sendRefresh(world, custom, next, asked.settings, hold);
    expect([again.outcome.type, again.clientAuth, server.requests.length]).toEqual(["refreshed", "post", 3]);
  });

  test("JSON with a secret", async () => {
    const { asked, issued } = await start("client_secret_post");
    const json: Asking = { ...asked, settings: { ...asked.settings, requestFormat: "json" } };
    expect((await ask(json, issued)).type).toBe("refreshed");
  });

  test("without rotation the old refresh token stays", async () => {
    const { asked, issued } = await start("client_secret_basic", false);
    expect(tokensOf(await ask(asked, issued)).refresh).toBeUndefined();
    expect((await ask(asked, issued)).type).toBe("refreshed");
  });

  test("a wrong secret, a wrong scope and a wrong address spend nothing", async () => {
    const { server, asked, issued } = await start("client_secret_basic");
    const with_ = (change: Partial<RequestSettings>) =>
      ask({ ...asked, settings: { ...asked.settings, ...change } }, issued);
    expect(await with_({ clientSecret: new Secret("wrong") })).toEqual(mistake("invalid_client"));
    expect(await with_({ scope: "admin" })).toEqual(mistake("invalid_scope"));
    expect(await with_({ tokenUrl: `${server.origin}/elsewhere` })).toEqual(mistake("status 404"));
    expect(await server.isRefreshTokenAlive(issued.reveal())).toBe(true);
  });
});

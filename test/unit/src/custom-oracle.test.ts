/** `oauth4webapi`, a certified client, as the judge of our own: the same requests, the same answers taken. */
import * as fc from "fast-check";
import {
  type AuthorizationServer,
  type ClientAuth,
  ClientSecretBasic,
  ClientSecretPost,
  customFetch,
  None,
  processRefreshTokenResponse,
  refreshTokenGrantRequest,
  ResponseBodyError,
} from "oauth4webapi";
import { describe, expect, test } from "vitest";
import { type Credential, EMPTY } from "../../../src/credential/credential.ts";
import { custom } from "../../../src/providers/custom.ts";
import type { RequestSettings } from "../../../src/providers/provider.ts";
import type { Outcome } from "../../../src/refresh/outcome.ts";
import { Secret } from "../../../src/secret.ts";
import { answer, NOW } from "./support.ts";

const server: AuthorizationServer = { issuer: "https://as.example", token_endpoint: "https://as.example/token?a=b" };

describe("the request", () => {
  type Sent = { method: string; url: string; type: string; accept: string; basic: string | undefined; fields: unknown };

  // RFC 6749 (appendix A) gives ids and secrets printable ASCII; whatever else Unicode has must do as well.
  const ascii = fc.string({ unit: "grapheme-ascii", minLength: 1, maxLength: 40 });
  const text = fc.oneof(ascii, fc.string({ unit: "grapheme", minLength: 1, maxLength: 20 }));
  const scope = fc.option(fc.array(fc.stringMatching(/^[!#-[\]-~]+$/), { minLength: 1, maxLength: 4 }), {
    nil: undefined,
  });

  async function theirs(id: string, auth: ClientAuth, token: string, scopes: string | undefined): Promise<Sent> {
    const sent: Sent[] = [];
    const additionalParameters = scopes === undefined ? {} : { scope: scopes };
    await refreshTokenGrantRequest(server, { client_id: id }, auth, token, {
      additionalParameters,
      [customFetch]: async (url, { method, headers, body }) => {
        sent.push(shape(method, url, headers, String(body)));
        return new Response();
      },
    });
    return sent[0] as Sent;
  }

  function ours(
    id: string,
    secret: string | undefined,
    auth: Credential["clientAuth"],
    token: string,
    scopes?: string,
  ): Sent {
    const credential: Credential = { ...EMPTY, kind: "login", refresh: new Secret(token), clientAuth: auth };
    const settings: RequestSettings = {
      tokenUrl: server.token_endpoint,
      clientId: id,
      clientSecret: secret === undefined ? undefined : new Secret(secret),
      scope: scopes,
      userAgent: "ua/1",
      requestFormat: undefined,
      timeoutMs: 5000,
    };
    const { method, url, headers, body = "" } = custom.refreshRequest({ ...credential }, settings);
    return shape(method, url, headers, body);
  }

  const shape = (method: string, url: string, headers: Readonly<Record<string, string>>, body: string): Sent => ({
    method,
    url,
    type: (headers["content-type"] ?? "").split(";")[0] ?? "",
    accept: headers["accept"] ?? "",
    basic: /^Basic (\S+)$/.exec(headers["authorization"] ?? "")?.[1],
    // The order of a form's fields says nothing.
    fields: [...new URLSearchParams(body)].toSorted(),
  });

  test("of a client without a secret is the same", async () => {
    await fc.assert(
      fc.asyncProperty(text, text, scope, async (id, token, names) => {
        const scopes = names?.join(" ");
        expect(ours(id, undefined, undefined, token, scopes)).toEqual(await theirs(id, None(), token, scopes));
      }),
    );
  });

  test("of a client with its secret in the body is the same", async () => {
    await fc.assert(
      fc.asyncProperty(text, text, text, scope, async (id, secret, token, names) => {
        const scopes = names?.join(" ");
        const wanted = await theirs(id, ClientSecretPost(secret), token, scopes);
        expect(ours(id, secret, "post", token, scopes)).toEqual(wanted);
      }),
    );
  });

  test("of a client with HTTP Basic is the same, but for four characters that need no encoding", async () => {
    await fc.assert(
      fc.asyncProperty(text, text, text, scope, async (id, secret, token, names) => {
        const scopes = names?.join(" ");
        const wanted = await theirs(id, ClientSecretBasic(secret), token, scopes);
        const found = ours(id, secret, undefined, token, scopes);
        expect({ ...found, basic: "" }).toEqual({ ...wanted, basic: "" });
        const undone = decode(wanted.basic).replaceAll(/%2D|%2E|%5F|%2A/g, (each) => decodeURIComponent(each));
        expect(decode(found.basic)).toBe(undone);
        // And a server that decodes reads what was meant.
        const [name = "", word = "", ...more] = decode(found.basic).split(":");
        expect([formDecoded(name), formDecoded(word), more]).toEqual([id, secret, []]);
      }),
    );
  });

  const decode = (base64: string | undefined) => Buffer.from(base64 ?? "", "base64").toString();
  const formDecoded = (value: string) => new URLSearchParams(`v=${value}`).get("v");
});

type Answer = { status: number; body: unknown; headers?: Record<string, string> };

async function judge({ status, body, headers }: Answer) {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const response = new Response(text, { status, headers: { "content-type": "application/json", ...headers } });
  return processRefreshTokenResponse(server, { client_id: "c" }, response).then(
    (tokens) => ({ tokens, error: undefined }),
    (error: unknown) => ({ tokens: undefined, error }),
  );
}

const read = ({ status, body, headers }: Answer): Outcome => custom.interpret(answer(status, body, headers), NOW);

describe("the answer", () => {
  const word = fc.stringMatching(/^[!#-[\]-~]{1,20}$/);
  const whole = fc.record(
    {
      access_token: word,
      token_type: fc.constantFrom("bearer", "Bearer", "BEARER"),
      expires_in: fc.oneof(fc.integer({ min: 1, max: 1e9 }), fc.integer({ min: 1, max: 1e9 }).map(String)),
      refresh_token: word,
      // Some servers separate them by commas, so that we do not take one for a part of a name.
      scope: fc.array(fc.stringMatching(/^[!#-+\--[\]-~]{1,20}$/), { minLength: 1 }).map((names) => names.join(" ")),
      another: fc.jsonValue(),
    },
    { requiredKeys: ["access_token", "token_type"] },
  );

  test("by RFC 6749 is taken by both, with the same in it", async () => {
    await fc.assert(
      fc.asyncProperty(whole, async (body) => {
        const { tokens, error } = await judge({ status: 200, body });
        expect(error).toBeUndefined();
        const outcome = read({ status: 200, body });
        if (outcome.type !== "refreshed") throw new Error(outcome.type);
        const { access, refresh, accessExpiresAt, scopes } = outcome.tokens;
        expect({
          access_token: access?.reveal(),
          refresh_token: refresh?.reveal(),
          expires_in: accessExpiresAt === undefined ? undefined : (accessExpiresAt - NOW) / 1000,
          scope: scopes?.join(" "),
        }).toEqual({
          access_token: tokens?.access_token,
          refresh_token: tokens?.refresh_token,
          expires_in: tokens?.expires_in,
          scope: tokens?.scope,
        });
      }),
    );
  });

  const anything = fc.oneof(
    { weight: 4, arbitrary: whole },
    {
      weight: 4,
      arbitrary: fc
        .tuple(whole, fc.dictionary(fc.constantFrom(...keys()), fc.jsonValue(), { maxKeys: 2 }))
        .map(([a, b]) => ({ ...a, ...b })),
    },
    fc.jsonValue(),
    fc.string(),
  );
  const status = fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(200, 200, 200, 201, 400, 401, 403, 429, 500) },
    fc.integer({ min: 206, max: 599 }).filter((number) => number !== 304),
  );

  function keys() {
    return ["access_token", "token_type", "expires_in", "refresh_token", "scope", "id_token", "error"];
  }

  test("that it takes we take; what we take beyond is a 2xx with a token in it", async () => {
    let taken = 0;
    await fc.assert(
      fc.asyncProperty(status, anything, async (number, body) => {
        const { tokens } = await judge({ status: number, body });
        const outcome = read({ status: number, body });
        if (tokens !== undefined) {
          taken++;
          expect(outcome).toMatchObject({ type: "refreshed" });
          expect(outcome.type === "refreshed" && outcome.tokens.access?.reveal()).toBe(tokens.access_token);
        } else if (outcome.type === "refreshed") {
          const { access_token, refresh_token } = body as Record<string, unknown>;
          expect(number >= 200 && number < 300).toBe(true);
          expect([access_token, refresh_token].some((token) => typeof token === "string" && token !== "")).toBe(true);
        }
      }),
      { numRuns: 500 },
    );
    expect(taken).toBeGreaterThan(10); // of 500
  });

  // The old token is spent: what is thrown away for a matter of form is lost.
  const good = { access_token: "a", token_type: "bearer", expires_in: 60, refresh_token: "r", scope: "s" };
  test.each<[what: string, answer: Answer]>([
    ["without a token_type", { status: 200, body: { ...good, token_type: undefined } }],
    ["with another token_type", { status: 200, body: { ...good, token_type: "mac" } }],
    ["with status 201", { status: 201, body: good }],
    ["with an end in words", { status: 200, body: { ...good, expires_in: "soon" } }],
    ["with a list of scopes", { status: 200, body: { ...good, scope: ["s"] } }],
    ["with a refresh token that is none", { status: 200, body: { ...good, refresh_token: null } }],
    ["without an access token", { status: 200, body: { ...good, access_token: undefined } }],
    ["with an id token that is none", { status: 200, body: { ...good, id_token: "x" } }],
  ])("%s is refused by the judge, and kept by us", async (_, given) => {
    expect((await judge(given)).tokens).toBeUndefined();
    expect(read(given).type).toBe("refreshed");
  });

  test.each<[status: number, error: string, outcome: Outcome["type"]]>([
    [400, "invalid_request", "mistake"],
    [400, "invalid_client", "mistake"],
    [401, "invalid_client", "mistake"],
    [400, "invalid_grant", "refused"],
    [400, "unauthorized_client", "mistake"],
    [400, "unsupported_grant_type", "mistake"],
    [400, "invalid_scope", "mistake"],
    [400, "something_else", "ambiguous"],
  ])("with %d %s is read as that error by both", async (number, error, outcome) => {
    const given = { status: number, body: { error, error_description: "words", error_uri: "https://as.example/e" } };
    const judged = (await judge(given)).error;
    expect(judged).toBeInstanceOf(ResponseBodyError);
    expect((judged as ResponseBodyError).error).toBe(error);
    const found = read(given);
    expect(found.type).toBe(outcome);
    if (found.type === "mistake") expect(found.error).toBe(error);
  });
});

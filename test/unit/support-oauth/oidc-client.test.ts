/** The real server with a client of another kind than Anthropic's: plain RFC 6749, and a secret. */
import { afterEach, expect, test } from "vitest";
import { type Oidc, type OidcSettings, startOidc } from "../../support/oauth/oidc.ts";
import { callMe, send } from "./client.ts";

let oidc: Oidc | undefined;
afterEach(async () => {
  await oidc?.close();
  oidc = undefined;
});

const SECRET = "a secret:with+signs/of=all&kinds%";
const client = (auth: "none" | "client_secret_basic" | "client_secret_post") => ({
  id: "client-of.tests_1",
  ...(auth !== "none" && { secret: SECRET }),
  auth,
});
const start = async (settings: OidcSettings): Promise<Oidc> => {
  oidc = await startOidc({ scopes: ["read", "write"], ...settings });
  return oidc;
};

const basic = (id: string, secret: string) => {
  const encoded = [id, secret].map((value) => encodeURIComponent(value)).join(":");
  return { authorization: `Basic ${Buffer.from(encoded).toString("base64")}` };
};

async function post(url: string, fields: Record<string, string>, headers: Record<string, string> = {}) {
  const form = new URLSearchParams({ grant_type: "refresh_token", ...fields }).toString();
  const type = { "content-type": "application/x-www-form-urlencoded" };
  const answer = await send(url, { method: "POST", headers: { ...type, ...headers } }, form);
  return { ...answer, body: JSON.parse(answer.text) as Record<string, unknown> };
}

test("its answer is the server's own, and its tokens have no prefix", async () => {
  const { issue, tokenUrl, origin } = await start({ client: client("none"), expiresIn: 90 });
  const login = await issue();
  expect(login.scope).toBe("read write");
  const { status, body } = await post(tokenUrl, { client_id: "client-of.tests_1", refresh_token: login.refreshToken });
  expect(status).toBe(200);
  expect(body).toEqual({
    access_token: expect.stringMatching(/^[\w-]{43}$/),
    refresh_token: expect.stringMatching(/^[\w-]{43}$/),
    token_type: "Bearer",
    expires_in: 90,
    scope: "read write",
  });
  expect(await callMe(origin, String(body["access_token"]))).toBe(200);
  expect(await oidc?.isRefreshTokenAlive(login.refreshToken)).toBe(false);
  expect(await oidc?.isRefreshTokenAlive(String(body["refresh_token"]))).toBe(true);
  expect((await oidc?.family(login.refreshToken))?.refreshTokens).toHaveLength(2);
});

test("rotate false: the refresh token stays, and no answer has one", async () => {
  const { issue, tokenUrl } = await start({ client: client("none"), rotate: false });
  const { refreshToken } = await issue();
  for (let round = 0; round < 2; round++) {
    const { status, body } = await post(tokenUrl, { client_id: "client-of.tests_1", refresh_token: refreshToken });
    expect([status, Object.keys(body)]).toEqual([200, expect.not.arrayContaining(["refresh_token"])]);
  }
});

test("a secret is taken in the one way that the client has, and nothing is spent before", async () => {
  const ways = {
    none: [{ client_id: "client-of.tests_1" }, {}],
    client_secret_basic: [{}, basic("client-of.tests_1", SECRET)],
    client_secret_post: [{ client_id: "client-of.tests_1", client_secret: SECRET }, {}],
    wrong: [{}, basic("client-of.tests_1", `${SECRET}x`)],
  } as const;
  for (const auth of ["client_secret_basic", "client_secret_post"] as const) {
    const { issue, tokenUrl, isRefreshTokenAlive, close } = await start({ client: client(auth) });
    const { refreshToken } = await issue();
    for (const [way, [fields, headers]] of Object.entries(ways).filter(([name]) => name !== auth)) {
      const answer = await post(tokenUrl, { refresh_token: refreshToken, ...fields }, headers);
      expect([way, answer.status, answer.body["error"]]).toEqual([way, 401, "invalid_client"]);
      expect(answer.headers["www-authenticate"]?.startsWith("Basic ") ?? false).toBe("authorization" in headers);
    }
    expect(await isRefreshTokenAlive(refreshToken)).toBe(true);
    const [fields, headers] = ways[auth];
    const answer = await post(tokenUrl, { refresh_token: refreshToken, ...fields }, headers);
    expect([answer.status, answer.body["error"]]).toEqual([200, undefined]);
    const reused = await post(tokenUrl, { refresh_token: refreshToken, ...fields }, headers);
    expect([reused.status, reused.body["error"]]).toEqual([400, "invalid_grant"]);
    expect(await isRefreshTokenAlive(String(answer.body["refresh_token"]))).toBe(false);
    await close();
    oidc = undefined;
  }
});

test("a scope that was not granted is refused, and spends nothing", async () => {
  const { issue, tokenUrl, isRefreshTokenAlive } = await start({ client: client("none") });
  const { refreshToken } = await issue({ scope: "read" });
  const ask = (scope: string) => post(tokenUrl, { client_id: "client-of.tests_1", refresh_token: refreshToken, scope });
  expect((await ask("read write")).body["error"]).toBe("invalid_scope");
  expect(await isRefreshTokenAlive(refreshToken)).toBe(true);
  expect((await ask("read")).body["scope"]).toBe("read");
});

test("a fault before and after the commit", async () => {
  const { issue, fault, tokenUrl, isRefreshTokenAlive } = await start({ client: client("none") });
  const { refreshToken } = await issue();
  fault(["503", "missing-scope"]);
  const fields = { client_id: "client-of.tests_1", refresh_token: refreshToken };
  await expect(post(tokenUrl, fields)).rejects.toThrow(/JSON/); // a page
  expect(await isRefreshTokenAlive(refreshToken)).toBe(true);
  const { status, body } = await post(tokenUrl, fields);
  expect([status, body["scope"]]).toEqual([200, undefined]);
});

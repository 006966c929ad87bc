import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { LOGIN_SCOPES } from "../../support/oauth/anthropic-facts.ts";
import { ROWS, rowById } from "../../support/oauth/rows.ts";
import { type StrictAnthropic, startStrictAnthropic } from "../../support/oauth/strict-anthropic.ts";
import { OFFICIAL_HEADERS, officialFields, refresh, send } from "./client.ts";

let strict: StrictAnthropic;
beforeEach(async () => {
  strict = await startStrictAnthropic();
});
afterEach(() => strict.close());

describe("the official request", () => {
  test("is answered with new tokens, and is no deviation", async () => {
    const login = strict.issue();
    const { status, body } = await refresh(strict.tokenUrl, login.refreshToken);
    expect(status).toBe(200);
    expect(Object.keys(body).toSorted()).toEqual([
      "access_token",
      "account",
      "expires_in",
      "organization",
      "refresh_token",
      "refresh_token_expires_in",
      "scope",
      "token_type",
    ]);
    expect(strict.deviations).toEqual([]);
    expect(strict.isRefreshTokenAlive(login.refreshToken)).toBe(false);
    expect(strict.isRefreshTokenAlive(body["refresh_token"])).toBe(true);
    expect(strict.isAccessTokenAlive(body["access_token"])).toBe(true);
  });

  test.each(["application/json", "*/*", "text/plain, application/*;q=0.5"])("may accept %s", async (accept) => {
    const { refreshToken } = strict.issue();
    const headers = { ...OFFICIAL_HEADERS, accept };
    expect((await refresh(strict.tokenUrl, refreshToken, { headers })).status).toBe(200);
  });

  test("may name scopes; ones not granted are refused and spend nothing", async () => {
    const { refreshToken } = strict.issue({ scope: "user:inference user:profile" });
    const ask = (scope: string) => post({ ...officialFields(refreshToken), scope });
    const refused = await ask(LOGIN_SCOPES.join(" "));
    expect([refused.status, refused.text]).toEqual([400, '{"error":"invalid_scope"}']);
    expect(strict.isRefreshTokenAlive(refreshToken)).toBe(true);
    const granted = await ask("user:inference");
    expect(JSON.parse(granted.text)).toMatchObject({ scope: "user:inference" });
    expect(strict.deviations).toEqual([]);
  });
});

type Change = {
  method?: string;
  url?: (url: string) => string;
  headers?: Record<string, string>;
  without?: string;
  fields?: Record<string, unknown>;
  text?: string;
};

describe("a deviation is refused, named, and spends nothing", () => {
  test.each<[string, Change]>([
    ["method PUT", { method: "PUT" }],
    ["path /oauth/token", { url: (url) => url.replace("/v1", "") }],
    ["path /v1/oauth/token/", { url: (url) => `${url}/` }],
    ["a query", { url: (url) => `${url}?beta=true` }],
    ["content-type text/plain", { headers: { "content-type": "text/plain" } }],
    ["content-type none", { without: "content-type" }],
    [
      "content-type application/x-www-form-urlencoded",
      { headers: { "content-type": "application/x-www-form-urlencoded" } },
    ],
    ["accept none", { without: "accept" }],
    ["accept text/html", { headers: { accept: "text/html" } }],
    ["accept application/json;q=0", { headers: { accept: "application/json;q=0" } }],
    ["no user-agent", { without: "user-agent" }],
    ["header authorization", { headers: { authorization: "Bearer x" } }],
    ["header proxy-authorization", { headers: { "proxy-authorization": "Basic eDp5" } }],
    ["header x-api-key", { headers: { "x-api-key": "x" } }],
    ["header cookie", { headers: { cookie: "a=b" } }],
    ["header anthropic-beta", { headers: { "anthropic-beta": "oauth-2025-04-20" } }],
    ["header anthropic-version", { headers: { "anthropic-version": "2023-06-01" } }],
    ["the body is no JSON object", { text: "grant_type=refresh_token" }],
    ["the body is no JSON object", { text: "[]" }],
    ["the body is no JSON object", { text: "" }],
    ["field client_id is missing or no text", { fields: { client_id: undefined } }],
    ["field refresh_token is missing or no text", { fields: { refresh_token: null } }],
    ["field client_secret", { fields: { client_secret: "" } }],
    ["field expires_in", { fields: { expires_in: 31_536_000 } }],
    ["grant_type is not refresh_token", { fields: { grant_type: "authorization_code" } }],
    ["another client_id", { fields: { client_id: "another" } }],
    ["refresh_token has not the form of one", { fields: { refresh_token: "sk-ant-oat01-a" } }],
    ["refresh_token has not the form of one", { fields: { refresh_token: "sk-ant-ort01-a b" } }],
    ["refresh_token has not the form of one", { fields: { refresh_token: "sk-ant-ort01-a\n" } }],
    ["scope is no list of scopes", { fields: { scope: "user:inference user:unknown" } }],
    ["scope is no list of scopes", { fields: { scope: "" } }],
    ["scope is no list of scopes", { fields: { scope: null } }],
    ["scope is no list of scopes", { fields: { scope: ["user:inference"] } }],
    ["scope is no list of scopes", { fields: { scope: "user:inference user:inference" } }],
  ])("%s (%j)", async (deviation, change) => {
    const { refreshToken } = strict.issue();
    strict.play("429");
    const headers: Record<string, string> = { ...OFFICIAL_HEADERS, ...change.headers };
    if (change.without !== undefined) delete headers[change.without];
    const fields = { ...officialFields(refreshToken), ...change.fields };
    const answer = await send(
      change.url?.(strict.tokenUrl) ?? strict.tokenUrl,
      { method: change.method ?? "POST", headers },
      change.text ?? JSON.stringify(fields),
    );
    expect(answer.status).toBe(400);
    expect(JSON.parse(answer.text)).toEqual({
      type: "error",
      error: { type: "invalid_request_error", message: "Invalid request format" },
      request_id: expect.stringMatching(/^req_/),
    });
    expect(strict.deviations).toContain(deviation);
    expect(strict.deviations.join()).not.toContain(refreshToken);
    expect(strict.isRefreshTokenAlive(refreshToken)).toBe(true);
    // What was to be played is still there for the first request that is right.
    expect((await refresh(strict.tokenUrl, refreshToken)).status).toBe(429);
  });

  test("a token from elsewhere is refused as such, and named", async () => {
    const { status, body } = await refresh(strict.tokenUrl, "sk-ant-ort01-elsewhere");
    expect([status, body["error"]]).toEqual([400, "invalid_grant"]);
    expect(strict.deviations).toEqual(["refresh_token was not issued here"]);
  });
});

describe("single use", () => {
  test("showing a spent token ends the family", async () => {
    const login = strict.issue();
    const other = strict.issue();
    const { body } = await refresh(strict.tokenUrl, login.refreshToken);
    const replay = await refresh(strict.tokenUrl, login.refreshToken);
    expect(replay.status).toBe(400);
    expect(replay.body).toEqual({
      error: "invalid_grant",
      error_description: "Refresh token not found or invalid",
    });
    expect(strict.isRefreshTokenAlive(body["refresh_token"])).toBe(false);
    expect(strict.isAccessTokenAlive(body["access_token"])).toBe(false);
    expect((await refresh(strict.tokenUrl, body["refresh_token"])).status).toBe(400);
    expect(strict.isRefreshTokenAlive(other.refreshToken)).toBe(true);
    expect(strict.deviations).toEqual([]);
  });

  test("two at once: one 200, one 400, and both dead", async () => {
    const { refreshToken } = strict.issue();
    const answers = await Promise.all([1, 2].map(() => refresh(strict.tokenUrl, refreshToken)));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 400]);
    const winner = answers.find(({ status }) => status === 200);
    expect(strict.isRefreshTokenAlive(winner?.body["refresh_token"])).toBe(false);
  });

  test("a login ends when it was said to, whatever was refreshed", async () => {
    await strict.close();
    strict = await startStrictAnthropic({ refreshTokenExpiresIn: 2 });
    const { refreshToken } = strict.issue();
    const { body } = await refresh(strict.tokenUrl, refreshToken);
    expect(body["refresh_token_expires_in"]).toBeLessThanOrEqual(2);
    await expect.poll(() => strict.isRefreshTokenAlive(body["refresh_token"]), { timeout: 10_000 }).toBe(false);
    const late = await refresh(strict.tokenUrl, body["refresh_token"]);
    expect(late.body["error_description"]).toBe("Refresh token expired");
  });
});

describe("rows", () => {
  test("have ids of their own, and a typo is an error", () => {
    expect(new Set(ROWS.map(({ id }) => id)).size).toBe(ROWS.length);
    expect(() => rowById("428")).toThrow("no row 428");
    expect(() => strict.play("428")).toThrow("no row 428");
  });

  test.each(ROWS)("$id is played as it stands, with its effect: $consumed", async (row) => {
    const { refreshToken, accessToken } = strict.issue();
    strict.play(row);
    const answer = await refresh(strict.tokenUrl, refreshToken);
    expect(answer.status).toBe(row.status);
    for (const [name, value] of Object.entries(row.headers)) {
      expect(answer.headers[name]).toBe(value);
    }
    expect(strict.isRefreshTokenAlive(refreshToken)).toBe(row.consumed === "no");
    expect(strict.isAccessTokenAlive(accessToken)).toBe(row.consumed !== "dead");
    expect(strict.deviations).toEqual([]);
    // Played once only.
    const next = await refresh(strict.tokenUrl, refreshToken);
    expect(next.status).toBe(row.consumed === "no" ? 200 : 400);
  });

  test.each(ROWS.filter(({ body }) => typeof body === "string"))("$id is sent byte for byte", async (row) => {
    strict.play(row);
    expect((await refresh(strict.tokenUrl, strict.issue().refreshToken)).text).toBe(row.body);
  });

  test.each(ROWS.filter(({ consumed }) => consumed === "unknown"))("$id may leave the token alone", async (row) => {
    const { refreshToken } = strict.issue();
    strict.play(row, { spent: false });
    expect((await refresh(strict.tokenUrl, refreshToken)).status).toBe(row.status);
    expect(strict.isRefreshTokenAlive(refreshToken)).toBe(true);
  });

  test.each(ROWS.filter((row) => row.class === "refreshed"))("$id lacks that only", async (row) => {
    const { refreshToken } = strict.issue();
    strict.play(row);
    const { body } = await refresh(strict.tokenUrl, refreshToken);
    const missing = row.id.slice("200-without-".length).replaceAll("-", "_");
    expect(body).not.toHaveProperty(missing);
    expect(Object.keys(body)).toHaveLength(7);
    expect(strict.isRefreshTokenAlive(body["refresh_token"] ?? refreshToken)).toBe(true);
  });

  test("a spent token is refused where a success was to be played, and ends its family", async () => {
    const { refreshToken } = strict.issue();
    const { body } = await refresh(strict.tokenUrl, refreshToken);
    strict.play("200-without-scope");
    expect((await refresh(strict.tokenUrl, refreshToken)).status).toBe(400);
    expect(strict.isRefreshTokenAlive(body["refresh_token"])).toBe(false);
  });
});

test("the Date header follows the clock and the skew", async () => {
  await strict.close();
  strict = await startStrictAnthropic({ clock: { skewMs: 600_000 } });
  const before = Math.floor(Date.now() / 1000) * 1000;
  const { headers } = await refresh(strict.tokenUrl, strict.issue().refreshToken);
  expect(Date.parse(headers.date ?? "") - 600_000).toBeGreaterThanOrEqual(before);
});

function post(fields: object) {
  const options = { method: "POST", headers: OFFICIAL_HEADERS };
  return send(strict.tokenUrl, options, JSON.stringify(fields));
}

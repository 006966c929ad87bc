import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { readJwt } from "../../../src/credential/jwt.ts";
import { CLIENT_ID, LOGIN_SCOPES } from "../../support/oauth/openai-facts.ts";
import { OPENAI_ROWS, openaiRowById } from "../../support/oauth/openai-rows.ts";
import { type StrictOpenai, type StrictOpenaiSettings, startStrictOpenai } from "../../support/oauth/strict-openai.ts";
import { type Answer, send } from "./client.ts";

let strict: StrictOpenai;
const restart = async (settings: StrictOpenaiSettings): Promise<void> => {
  await strict.close();
  strict = await startStrictOpenai(settings);
};
beforeEach(async () => {
  strict = await startStrictOpenai();
});
afterEach(() => strict.close());

/** What Codex sends. */
const OFFICIAL_HEADERS = {
  "content-type": "application/json",
  accept: "*/*",
  originator: "codex_exec",
  "user-agent": "codex_exec/0.169.0",
};
const FORM = "application/x-www-form-urlencoded";

const officialFields = (refreshToken: string): Record<string, unknown> => ({
  client_id: CLIENT_ID,
  grant_type: "refresh_token",
  refresh_token: refreshToken,
  refresh_reason: "proactive_expiry",
});

const post = (fields: object) =>
  send(strict.tokenUrl, { method: "POST", headers: OFFICIAL_HEADERS }, JSON.stringify(fields));

async function refresh(refreshToken: string): Promise<Answer & { body: Record<string, string> }> {
  const answer = await post(officialFields(refreshToken));
  const isJson = answer.headers["content-type"] === "application/json" && /^\{.*\}$/.test(answer.text);
  return { ...answer, body: isJson ? (JSON.parse(answer.text) as Record<string, string>) : {} };
}

const postForm = (fields: Record<string, string> | string) =>
  send(
    strict.tokenUrl,
    { method: "POST", headers: { ...OFFICIAL_HEADERS, "content-type": FORM } },
    new URLSearchParams(fields).toString(),
  );

describe("the official request", () => {
  test("is answered with new tokens, and is no deviation", async () => {
    const login = strict.issue({ plan: "pro" });
    const { status, body } = await refresh(login.refreshToken);
    expect(status).toBe(200);
    expect(body).toEqual({
      id_token: expect.any(String),
      access_token: expect.any(String),
      refresh_token: expect.stringMatching(/^rt_/),
      token_type: "Bearer",
      expires_in: 864_000,
      scope: LOGIN_SCOPES.join(" "),
    });
    expect(strict.deviations).toEqual([]);
    expect(strict.isRefreshTokenAlive(login.refreshToken)).toBe(false);
    expect(strict.isRefreshTokenAlive(body["refresh_token"] ?? "")).toBe(true);
    expect(strict.isAccessTokenAlive(body["access_token"] ?? "")).toBe(true);
    expect(strict.isAccessTokenAlive(login.accessToken)).toBe(true);
    for (const token of [body["access_token"], body["id_token"], login.accessToken, login.idToken]) {
      expect(readJwt(token ?? "")).toMatchObject({ accountId: login.accountId, plan: "pro" });
    }
    expect(readJwt(login.accessToken)?.expiresAt).toBe(login.accessExpiresAt);
  });

  test("may leave out refresh_reason, and may name scopes", async () => {
    const { refreshToken } = strict.issue();
    const fields = { ...officialFields(refreshToken), refresh_reason: undefined, scope: "openid offline_access" };
    expect((await post(fields)).status).toBe(200);
    expect(strict.deviations).toEqual([]);
  });

  test("may be a form, where that is what the server wants, and is JSON no more", async () => {
    await restart({ format: "form" });
    const { refreshToken } = strict.issue();
    const answer = await postForm({ ...officialFields(refreshToken) } as Record<string, string>);
    expect([answer.status, strict.deviations]).toEqual([200, []]);
    expect((await refresh(strict.issue().refreshToken)).status).toBe(400);
    expect(strict.deviations).toEqual(["content-type application/json"]);
  });

  test("as a form with a field twice is a deviation", async () => {
    await restart({ format: "form" });
    const { refreshToken } = strict.issue();
    const fields = new URLSearchParams(officialFields(refreshToken) as Record<string, string>);
    const answer = await postForm(`${fields.toString()}&client_id=${CLIENT_ID}`);
    expect([answer.status, strict.deviations]).toEqual([400, ["a field is there twice"]]);
    expect(strict.isRefreshTokenAlive(refreshToken)).toBe(true);
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
    ["path /v1/oauth/token", { url: (url) => url.replace("/oauth", "/v1/oauth") }],
    ["a query", { url: (url) => `${url}?a=b` }],
    ["content-type text/plain", { headers: { "content-type": "text/plain" } }],
    ["content-type none", { without: "content-type" }],
    [`content-type ${FORM}`, { headers: { "content-type": FORM } }],
    ["accept text/html", { headers: { accept: "text/html" } }],
    ["no user-agent", { without: "user-agent" }],
    ["header authorization", { headers: { authorization: "Basic eDp5" } }],
    ["header proxy-authorization", { headers: { "proxy-authorization": "Basic eDp5" } }],
    ["header cookie", { headers: { cookie: "a=b" } }],
    ["header x-api-key", { headers: { "x-api-key": "x" } }],
    ["header chatgpt-account-id", { headers: { "chatgpt-account-id": "x" } }],
    ["the body has no fields", { text: "grant_type=refresh_token" }],
    ["the body has no fields", { text: "[]" }],
    ["the body has no fields", { text: "" }],
    ["field client_id is missing or no text", { fields: { client_id: undefined } }],
    ["field refresh_token is missing or no text", { fields: { refresh_token: null } }],
    ["field client_secret", { fields: { client_secret: "" } }],
    ["field expires_in", { fields: { expires_in: 1 } }],
    ["a field with a strange name", { fields: { "a b": 1 } }],
    ["grant_type is not refresh_token", { fields: { grant_type: "authorization_code" } }],
    ["another client_id", { fields: { client_id: "another" } }],
    ["refresh_token has not the form of one", { fields: { refresh_token: "sk-ant-ort01-a" } }],
    ["refresh_token has not the form of one", { fields: { refresh_token: "rt_a\n" } }],
    ["an unknown refresh_reason", { fields: { refresh_reason: "why not" } }],
    ["scope is no list of scopes", { fields: { scope: "" } }],
    ["scope is no list of scopes", { fields: { scope: "openid openid" } }],
    ["scope is no list of scopes", { fields: { scope: ["openid"] } }],
  ])("%s (%j)", async (deviation, change) => {
    const { refreshToken } = strict.issue();
    strict.play("429");
    const headers: Record<string, string> = { ...OFFICIAL_HEADERS, ...change.headers };
    if (change.without !== undefined) delete headers[change.without];
    const answer = await send(
      change.url?.(strict.tokenUrl) ?? strict.tokenUrl,
      { method: change.method ?? "POST", headers },
      change.text ?? JSON.stringify({ ...officialFields(refreshToken), ...change.fields }),
    );
    expect(answer.status).toBe(400);
    expect(JSON.parse(answer.text)).toMatchObject({ error: { code: "invalid_request" } });
    expect(strict.deviations).toContain(deviation);
    expect(strict.deviations.join()).not.toContain(refreshToken);
    expect(strict.isRefreshTokenAlive(refreshToken)).toBe(true);
    // What was to be played is still there for the first request that is right.
    expect((await refresh(refreshToken)).status).toBe(429);
  });

  test("a token from elsewhere is refused as such, and named", async () => {
    const { status, body } = await refresh("rt_elsewhere");
    expect([status, body["error"]]).toMatchObject([401, { code: "token_expired" }]);
    expect(strict.deviations).toEqual(["refresh_token was not issued here"]);
  });
});

describe("single use", () => {
  const codeOf = async (refreshToken: string) => {
    const { status, body } = await refresh(refreshToken);
    return [status, (body["error"] as { code?: string } | undefined)?.code];
  };

  test("showing a spent token is named as that, and ends the login", async () => {
    const login = strict.issue();
    const other = strict.issue();
    const { body } = await refresh(login.refreshToken);
    expect(await codeOf(login.refreshToken)).toEqual([401, "refresh_token_reused"]);
    expect(strict.isRefreshTokenAlive(body["refresh_token"] ?? "")).toBe(false);
    expect(strict.isAccessTokenAlive(body["access_token"] ?? "")).toBe(false);
    expect(await codeOf(body["refresh_token"] ?? "")).toEqual([401, "refresh_token_invalidated"]);
    expect(strict.isRefreshTokenAlive(other.refreshToken)).toBe(true);
    expect(strict.deviations).toEqual([]);
  });

  test("two at once: one 200, one 401, and both dead", async () => {
    const { refreshToken } = strict.issue();
    const answers = await Promise.all([1, 2].map(() => refresh(refreshToken)));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 401]);
    const winner = answers.find(({ status }) => status === 200);
    expect(strict.isRefreshTokenAlive(winner?.body["refresh_token"] ?? "")).toBe(false);
  });

  test("a revoked login is named as that", async () => {
    const { refreshToken, accessToken } = strict.issue();
    strict.revoke(refreshToken);
    expect(strict.isAccessTokenAlive(accessToken)).toBe(false);
    expect(await codeOf(refreshToken)).toEqual([401, "refresh_token_invalidated"]);
  });
});

describe("rows", () => {
  test("have ids of their own, and a typo is an error", () => {
    expect(new Set(OPENAI_ROWS.map(({ id }) => id)).size).toBe(OPENAI_ROWS.length);
    expect(() => openaiRowById("428")).toThrow("no row 428");
    expect(() => strict.play("428")).toThrow("no row 428");
  });

  test.each(OPENAI_ROWS)("$id is played as it stands, with its effect: $consumed", async (row) => {
    const { refreshToken, accessToken } = strict.issue();
    strict.play(row);
    const answer = await refresh(refreshToken);
    expect(answer.status).toBe(row.status);
    for (const [name, value] of Object.entries(row.headers)) {
      expect(answer.headers[name]).toBe(value);
    }
    if (typeof row.body === "string") expect(answer.text).toBe(row.body);
    expect(strict.isRefreshTokenAlive(refreshToken)).toBe(row.consumed === "no");
    expect(strict.isAccessTokenAlive(accessToken)).toBe(row.consumed !== "dead");
    expect(strict.deviations).toEqual([]);
    // Played once only.
    const next = await refresh(refreshToken);
    expect(next.status).toBe(row.consumed === "no" ? 200 : 401);
  });

  test.each(OPENAI_ROWS.filter(({ consumed }) => consumed === "unknown"))(
    "$id may leave the token alone",
    async (row) => {
      const { refreshToken } = strict.issue();
      strict.play(row, { spent: false });
      expect((await refresh(refreshToken)).status).toBe(row.status);
      expect(strict.isRefreshTokenAlive(refreshToken)).toBe(true);
    },
  );

  test("what comes from in front does not look at the token, not even at a spent one", async () => {
    const { refreshToken } = strict.issue();
    const { body } = await refresh(refreshToken);
    for (const row of ["429", "403-edge", "400-invalid-scope"]) strict.play(row);
    for (let round = 0; round < 3; round++) await refresh(refreshToken);
    expect(strict.requests.map(({ committed }) => committed)).toEqual([true, false, false, false]);
    expect(strict.isRefreshTokenAlive(body["refresh_token"] ?? "")).toBe(true);
  });

  test("a spent token is refused where a success was to be played, and ends its login", async () => {
    const { refreshToken } = strict.issue();
    const { body } = await refresh(refreshToken);
    strict.play("200-without-scope");
    expect((await refresh(refreshToken)).status).toBe(401);
    expect(strict.isRefreshTokenAlive(body["refresh_token"] ?? "")).toBe(false);
  });
});

test("the Date header and the times in the tokens follow the clock and the skew", async () => {
  await restart({ clock: { skewMs: 600_000 }, expiresIn: 60 });
  const before = Math.floor(Date.now() / 1000) * 1000;
  const { headers, body } = await refresh(strict.issue().refreshToken);
  const date = Date.parse(headers.date ?? "");
  expect(date - 600_000).toBeGreaterThanOrEqual(before);
  const end = readJwt(body["access_token"] ?? "")?.expiresAt ?? 0;
  expect(end - 660_000).toBeGreaterThanOrEqual(before);
  expect(end).toBeLessThanOrEqual(date + 60_000);
  expect(strict.isAccessTokenAlive(body["access_token"] ?? "")).toBe(true);
});

test("an access token ends", async () => {
  await restart({ expiresIn: 0 });
  expect(strict.isAccessTokenAlive(strict.issue().accessToken)).toBe(false);
});

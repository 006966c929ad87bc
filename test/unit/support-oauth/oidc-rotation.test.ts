import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { makeTls } from "../../support/net/tls.ts";
import { CLIENT_ID, REFRESH_SCOPE } from "../../support/oauth/anthropic-facts.ts";
import { type Oidc, type OidcSettings, startOidc } from "../../support/oauth/oidc.ts";
import { callMe, OFFICIAL_HEADERS, officialFields, refresh, send } from "./client.ts";

let oidc: Oidc;
const restart = async (settings: OidcSettings): Promise<void> => {
  await oidc.close();
  oidc = await startOidc(settings);
};
beforeEach(async () => {
  oidc = await startOidc();
});
afterEach(() => oidc.close());

describe("a refresh", () => {
  test("answers in the provider's shape, and the old refresh token is spent", async () => {
    const login = await oidc.issue();
    const { status, body } = await refresh(oidc.tokenUrl, login.refreshToken);
    expect(status).toBe(200);
    expect(body).toEqual({
      token_type: "Bearer",
      access_token: expect.stringMatching(/^sk-ant-oat01-[\w-]{43}$/),
      expires_in: 28_800,
      refresh_token: expect.stringMatching(/^sk-ant-ort01-[\w-]{43}$/),
      refresh_token_expires_in: expect.any(Number),
      scope: REFRESH_SCOPE,
      account: { uuid: oidc.accountUuid, email_address: expect.stringContaining("@example.com") },
      organization: { uuid: expect.any(String), name: expect.any(String) },
    });
    expect(await oidc.isRefreshTokenAlive(login.refreshToken)).toBe(false);
    expect(await oidc.isRefreshTokenAlive(body["refresh_token"])).toBe(true);
    expect(await oidc.family(login.refreshToken)).toEqual({
      state: "alive",
      refreshTokens: [login.refreshToken, body["refresh_token"]],
    });
    expect(await callMe(oidc.origin, login.accessToken)).toBe(200);
    expect(await callMe(oidc.origin, body["access_token"])).toBe(200);
    expect(await callMe(oidc.origin, `${body["access_token"]}x`)).toBe(401);
  });

  test("takes a form as well as JSON", async () => {
    const login = await oidc.issue();
    const form = new URLSearchParams(officialFields(login.refreshToken)).toString();
    const headers = { "content-type": "application/x-www-form-urlencoded" };
    const answer = await send(oidc.tokenUrl, { method: "POST", headers }, form);
    expect(answer.status).toBe(200);
    expect(oidc.requests[0]).toMatchObject({
      body: { grant_type: "refresh_token", refresh_token: login.refreshToken },
      answeredStatus: 200,
      committed: true,
    });
  });

  test("of a token without its prefix, or with the other one, is refused", async () => {
    const login = await oidc.issue();
    const bare = login.refreshToken.slice("sk-ant-ort01-".length);
    expect((await refresh(oidc.tokenUrl, bare)).body).toMatchObject({ error: "invalid_grant" });
    const other = await refresh(oidc.tokenUrl, `sk-ant-oat01-${bare}`);
    expect(other.body).toMatchObject({ error: "invalid_grant" });
    expect(await oidc.isRefreshTokenAlive(bare)).toBe(false);
    expect(await oidc.isRefreshTokenAlive(login.refreshToken)).toBe(true);
  });

  test("by another client, for more scopes or without a token spends nothing", async () => {
    const { refreshToken } = await oidc.issue({ scope: "user:inference" });
    const post = (fields: object) =>
      send(oidc.tokenUrl, { method: "POST", headers: OFFICIAL_HEADERS }, JSON.stringify(fields));
    const official = officialFields(refreshToken);
    const codes: unknown[] = [];
    for (const fields of [
      { ...official, client_id: "another" },
      { ...official, scope: "user:inference user:profile" },
      { grant_type: "refresh_token", client_id: CLIENT_ID },
    ]) {
      codes.push((JSON.parse((await post(fields)).text) as { error: unknown }).error);
    }
    expect(codes).toEqual(["invalid_client", "invalid_scope", "invalid_request"]);
    const noJson = await send(oidc.tokenUrl, { method: "POST", headers: OFFICIAL_HEADERS }, "{");
    expect(noJson.status).toBe(400);
    expect(await oidc.isRefreshTokenAlive(refreshToken)).toBe(true);
    expect(oidc.requests.map(({ committed }) => committed)).toEqual([false, false, false, false]);
  });

  test("over https is trusted through the authority only", async () => {
    const tls = await makeTls();
    await restart({ tls });
    const { refreshToken } = await oidc.issue();
    await expect(refresh(oidc.tokenUrl, refreshToken)).rejects.toThrow(/certificate|signature/);
    expect(oidc.requests).toEqual([]);
    expect((await refresh(oidc.tokenUrl, refreshToken, { ca: tls.ca })).status).toBe(200);
  });
});

describe("reuse", () => {
  test("of a spent token ends the family: the newest token and the access tokens too", async () => {
    const login = await oidc.issue();
    const other = await oidc.issue();
    const first = await refresh(oidc.tokenUrl, login.refreshToken);
    const second = await refresh(oidc.tokenUrl, first.body["refresh_token"]);
    const replay = await refresh(oidc.tokenUrl, login.refreshToken);
    expect(replay).toMatchObject({ status: 400, body: { error: "invalid_grant" } });
    expect(await oidc.isRefreshTokenAlive(second.body["refresh_token"])).toBe(false);
    expect((await refresh(oidc.tokenUrl, second.body["refresh_token"])).status).toBe(400);
    expect(await oidc.isAccessTokenAlive(second.body["access_token"])).toBe(false);
    expect(await callMe(oidc.origin, second.body["access_token"])).toBe(401);
    expect((await oidc.family(login.refreshToken)).state).toBe("revoked");
    // Another sign-in of the same account is another family.
    expect(await oidc.isRefreshTokenAlive(other.refreshToken)).toBe(true);
  });

  test("by several at once: one gets new tokens, and they are dead", async () => {
    for (const count of [2, 5]) {
      const { refreshToken } = await oidc.issue();
      const all = Array.from({ length: count }, () => refresh(oidc.tokenUrl, refreshToken));
      const answers = await Promise.all(all);
      const winners = answers.filter(({ status }) => status === 200);
      expect(winners).toHaveLength(1);
      expect(answers.filter(({ status }) => status === 400)).toHaveLength(count - 1);
      expect(await oidc.isRefreshTokenAlive(winners[0]?.body["refresh_token"])).toBe(false);
      expect(await oidc.isAccessTokenAlive(winners[0]?.body["access_token"])).toBe(false);
    }
  });

  test("within a grace window is answered with the same successor, which lives on", async () => {
    await restart({ graceMs: 60_000 });
    const { refreshToken } = await oidc.issue();
    const first = await refresh(oidc.tokenUrl, refreshToken);
    const again = await refresh(oidc.tokenUrl, refreshToken);
    expect(again.body).toEqual(first.body);
    expect(await oidc.isRefreshTokenAlive(first.body["refresh_token"])).toBe(true);
    expect(oidc.requests.map(({ committed }) => committed)).toEqual([true, false]);
  });
});

test("two at once within a grace window get the same successor", async () => {
  await restart({ graceMs: 60_000 });
  const { refreshToken } = await oidc.issue();
  const [one, two] = await Promise.all([1, 2].map(() => refresh(oidc.tokenUrl, refreshToken)));
  expect([one?.status, two?.status]).toEqual([200, 200]);
  expect(one?.body).toEqual(two?.body);
  expect(await oidc.isRefreshTokenAlive(one?.body["refresh_token"])).toBe(true);
});

describe("settings", () => {
  test("rotate false keeps the refresh token and never answers one", async () => {
    await restart({ rotate: false });
    const { refreshToken } = await oidc.issue();
    for (let round = 0; round < 2; round++) {
      const { status, body } = await refresh(oidc.tokenUrl, refreshToken);
      expect(status).toBe(200);
      expect(body).not.toHaveProperty("refresh_token");
      expect(await callMe(oidc.origin, body["access_token"])).toBe(200);
    }
    expect(await oidc.isRefreshTokenAlive(refreshToken)).toBe(true);
  });

  test("expiresIn and refreshTokenExpiresIn are told; the login's end does not move", async () => {
    await restart({ expiresIn: 1, refreshTokenExpiresIn: 2 });
    const login = await oidc.issue();
    const { body } = await refresh(oidc.tokenUrl, login.refreshToken);
    expect(body["expires_in"]).toBe(1);
    expect(body["refresh_token_expires_in"]).toBeLessThanOrEqual(2);
    const patient = { timeout: 10_000 };
    await expect.poll(() => callMe(oidc.origin, body["access_token"]), patient).toBe(401);
    const alive = () => oidc.isRefreshTokenAlive(body["refresh_token"]);
    await expect.poll(alive, patient).toBe(false);
    const late = await refresh(oidc.tokenUrl, body["refresh_token"]);
    expect(late.body).toMatchObject({ error: "invalid_grant" });
  });

  test("a refresh does not move the end of the login", async () => {
    await restart({ refreshTokenExpiresIn: 100 });
    let { refreshToken } = await oidc.issue();
    const secondsLeft = async () => {
      const { body } = await refresh(oidc.tokenUrl, refreshToken);
      refreshToken = body["refresh_token"];
      return Number(body["refresh_token_expires_in"]);
    };
    await expect.poll(secondsLeft, { timeout: 10_000 }).toBeLessThan(100);
  });

  test("refreshTokenExpiresIn null leaves the field out", async () => {
    await restart({ refreshTokenExpiresIn: null });
    const { refreshToken } = await oidc.issue();
    const { body } = await refresh(oidc.tokenUrl, refreshToken);
    expect(body).not.toHaveProperty("refresh_token_expires_in");
  });

  test("refreshEndsAccessTokens ends the earlier ones of this login only", async () => {
    await restart({ refreshEndsAccessTokens: true });
    const login = await oidc.issue();
    const other = await oidc.issue();
    const { body } = await refresh(oidc.tokenUrl, login.refreshToken);
    expect(await oidc.isAccessTokenAlive(login.accessToken)).toBe(false);
    expect(await oidc.isAccessTokenAlive(body["access_token"])).toBe(true);
    expect(await oidc.isAccessTokenAlive(other.accessToken)).toBe(true);
  });

  test.each([0, 3_600_000, -3_600_000])("the Date header is ahead by %i ms", async (skewMs) => {
    await restart({ clock: { skewMs } });
    const before = Math.floor(Date.now() / 1000) * 1000;
    const { headers } = await refresh(oidc.tokenUrl, (await oidc.issue()).refreshToken);
    const told = Date.parse(headers.date ?? "") - skewMs;
    expect(told).toBeGreaterThanOrEqual(before);
    expect(told).toBeLessThanOrEqual(Date.now());
  });

  test("issue takes scope and account", async () => {
    const login = await oidc.issue({ scope: "user:inference", accountUuid: "someone-else" });
    const { body } = await refresh(oidc.tokenUrl, login.refreshToken);
    expect(body).toMatchObject({ scope: "user:inference", account: { uuid: "someone-else" } });
  });
});

test("two servers in one process know nothing of each other", async () => {
  const second = await startOidc();
  const { refreshToken } = await second.issue();
  expect((await refresh(oidc.tokenUrl, refreshToken)).status).toBe(400);
  expect(await second.isRefreshTokenAlive(refreshToken)).toBe(true);
  expect((await oidc.family(refreshToken)).state).toBe("unknown");
  await second.close();
});

test("a login remembers more generations than a small store would", async () => {
  const login = await oidc.issue();
  let { refreshToken } = login;
  for (let round = 0; round < 40; round++) {
    refreshToken = (await refresh(oidc.tokenUrl, refreshToken)).body["refresh_token"];
  }
  expect((await oidc.family(login.refreshToken)).refreshTokens).toHaveLength(41);
  expect(await oidc.isRefreshTokenAlive(refreshToken)).toBe(true);
});

test("revocation ends the login, and an unknown token is no error", async () => {
  const login = await oidc.issue();
  const revoke = (token: string) =>
    send(
      `${oidc.tokenUrl}/revoke`,
      { method: "POST", headers: OFFICIAL_HEADERS },
      JSON.stringify({ token, token_type_hint: "refresh_token", client_id: CLIENT_ID }),
    );
  expect((await revoke("sk-ant-ort01-unknown")).status).toBe(200);
  expect(await oidc.isRefreshTokenAlive(login.refreshToken)).toBe(true);
  const answer = await revoke(login.refreshToken);
  expect(answer.status).toBe(200);
  expect(answer.headers["request-id"]).toMatch(/^req_/);
  expect(await oidc.isRefreshTokenAlive(login.refreshToken)).toBe(false);
  expect(await oidc.isAccessTokenAlive(login.accessToken)).toBe(false);
});

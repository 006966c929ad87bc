import { connect } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Fault } from "../../support/oauth/faults.ts";
import { type Oidc, type SignIn, startOidc } from "../../support/oauth/oidc.ts";
import { failureOf, OFFICIAL_HEADERS, officialFields, refresh } from "./client.ts";

let oidc: Oidc;
let login: SignIn;
beforeEach(async () => {
  oidc = await startOidc();
  login = await oidc.issue();
});
afterEach(() => oidc.close());

const newest = async (): Promise<string> => (await oidc.family(login.refreshToken)).refreshTokens.at(-1) ?? "";

describe("before the commit", () => {
  test.each<[Fault, number, RegExp]>([
    ["429", 429, /"rate_limit_error"/],
    [{ type: "429", retryAfter: 7 }, 429, /"rate_limit_error"/],
    ["500-before-commit", 500, /"api_error"/],
    ["503", 503, /<html>/],
    ["html-403", 403, /<html>/],
    ["html-404", 404, /<html>/],
  ])("%j answers %i and the token lives", async (fault, status, text) => {
    oidc.fault(fault);
    const answer = await refresh(oidc.tokenUrl, login.refreshToken);
    expect(answer.status).toBe(status);
    expect(answer.text).toMatch(text);
    expect(answer.headers["retry-after"]).toBe(typeof fault === "object" ? "7" : undefined);
    expect(oidc.requests[0]).toMatchObject({ answeredStatus: status, committed: false });
    expect(await oidc.isRefreshTokenAlive(login.refreshToken)).toBe(true);
    expect((await refresh(oidc.tokenUrl, login.refreshToken)).status).toBe(200);
  });

  test("drop-before-commit ends the connection and the token lives", async () => {
    oidc.fault("drop-before-commit");
    await expect(refresh(oidc.tokenUrl, login.refreshToken)).rejects.toThrow("socket hang up");
    expect(oidc.requests[0]).toMatchObject({ answeredStatus: "dropped", committed: false });
    expect(await oidc.isRefreshTokenAlive(login.refreshToken)).toBe(true);
  });

  test("a server that does not listen refuses, and comes back with its logins", async () => {
    await oidc.refuseConnections();
    await expect(refresh(oidc.tokenUrl, login.refreshToken)).rejects.toThrow("ECONNREFUSED");
    await oidc.acceptConnections();
    expect(oidc.requests).toEqual([]);
    expect((await refresh(oidc.tokenUrl, login.refreshToken)).status).toBe(200);
  });
});

describe("after the commit", () => {
  test("drop-after-commit: the answer is lost, and the retry kills the login", async () => {
    oidc.fault("drop-after-commit");
    await expect(refresh(oidc.tokenUrl, login.refreshToken)).rejects.toThrow("socket hang up");
    expect(oidc.requests[0]).toMatchObject({ answeredStatus: "dropped", committed: true });
    const successor = await newest();
    expect(successor).not.toBe(login.refreshToken);
    expect(await oidc.isRefreshTokenAlive(successor)).toBe(true);
    expect((await refresh(oidc.tokenUrl, login.refreshToken)).status).toBe(400);
    expect(await oidc.isRefreshTokenAlive(successor)).toBe(false);
  });

  test("drop-half-answer: the head and a part arrive, never the whole", async () => {
    oidc.fault("drop-half-answer");
    const received = await rawRequest(oidc.port, login.refreshToken);
    const [head = "", body = ""] = received.split("\r\n\r\n");
    expect(head).toMatch(/^HTTP\/1.1 200 /);
    const promised = Number(/content-length: (\d+)/i.exec(head)?.[1]);
    expect(body.length).toBe(Math.floor(promised / 2));
    expect(oidc.requests[0]).toMatchObject({ answeredStatus: "dropped", committed: true });
    expect(await oidc.isRefreshTokenAlive(login.refreshToken)).toBe(false);
    expect(await oidc.isRefreshTokenAlive(await newest())).toBe(true);
  });

  test.each<[Fault, number, string]>([
    ["500-after-commit", 500, "application/json"],
    ["malformed-json", 200, "application/json"],
    ["html", 200, "text/html; charset=utf-8"],
  ])("%s answers %i without anything to keep", async (fault, status, type) => {
    oidc.fault(fault);
    const answer = await refresh(oidc.tokenUrl, login.refreshToken);
    expect(answer.status).toBe(status);
    expect(answer.headers["content-type"]).toBe(type);
    expect(answer.body).not.toHaveProperty("refresh_token");
    expect(oidc.requests[0]?.committed).toBe(true);
    expect(await oidc.isRefreshTokenAlive(await newest())).toBe(true);
    expect(await oidc.isRefreshTokenAlive(login.refreshToken)).toBe(false);
  });

  test.each([
    ["missing-access-token", "access_token"],
    ["missing-expires-in", "expires_in"],
    ["missing-scope", "scope"],
  ] as const)("%s leaves out just that", async (fault, field) => {
    oidc.fault(fault);
    const spoilt = await refresh(oidc.tokenUrl, login.refreshToken);
    expect(spoilt.body).not.toHaveProperty(field);
    expect(await oidc.isRefreshTokenAlive(spoilt.body["refresh_token"])).toBe(true);
    const honest = await refresh(oidc.tokenUrl, spoilt.body["refresh_token"]);
    const fields = Object.keys(spoilt.body);
    expect([...fields, field].toSorted()).toEqual(Object.keys(honest.body).toSorted());
  });

  test("no-rotation: a new access token, and the old refresh token stays alive", async () => {
    oidc.fault("no-rotation");
    const { status, body } = await refresh(oidc.tokenUrl, login.refreshToken);
    expect(status).toBe(200);
    expect(body).not.toHaveProperty("refresh_token");
    expect(body["access_token"]).not.toBe(login.accessToken);
    expect(await oidc.isAccessTokenAlive(body["access_token"])).toBe(true);
    expect(await oidc.isRefreshTokenAlive(login.refreshToken)).toBe(true);
    const next = await refresh(oidc.tokenUrl, login.refreshToken);
    expect(next.body["refresh_token"]).toMatch(/^sk-ant-ort01-/);
  });
});

test("a refusal is told as it is, whatever fault is next", async () => {
  oidc.fault(["malformed-json", "missing-scope"]);
  for (let round = 0; round < 2; round++) {
    const { status, body } = await refresh(oidc.tokenUrl, "sk-ant-ort01-unknown");
    expect(status).toBe(400);
    expect(body["error"]).toBe("invalid_grant");
  }
});

test("the queue gives one fault to each token request, in order", async () => {
  oidc.fault(["429", "none", "503"]);
  oidc.fault("html-404");
  const statuses: number[] = [];
  let token = login.refreshToken;
  for (let round = 0; round < 5; round++) {
    const { status, body } = await refresh(oidc.tokenUrl, token);
    statuses.push(status);
    token = body["refresh_token"] ?? token;
  }
  expect(statuses).toEqual([429, 200, 503, 404, 200]);
});

describe("slow", () => {
  test("before the commit: a client that gave up has still spent its token", async () => {
    oidc.fault({ type: "slow", ms: 500, when: "before-commit" });
    const giveUp = new AbortController();
    const answer = refresh(oidc.tokenUrl, login.refreshToken, { signal: giveUp.signal });
    const failure = failureOf(answer);
    await expect.poll(() => oidc.requests[0]?.rawBody).toContain(login.refreshToken);
    expect(oidc.requests[0]).toMatchObject({ answeredStatus: "pending", committed: false });
    giveUp.abort();
    expect(await failure).toMatch(/abort/);
    await expect.poll(() => oidc.requests[0]?.answeredStatus, PATIENT).toBe("client-gone");
    expect(oidc.requests[0]?.committed).toBe(true);
    expect(await oidc.isRefreshTokenAlive(login.refreshToken)).toBe(false);
  });

  test("after the commit: another request is served meanwhile", async () => {
    oidc.fault({ type: "slow", ms: 700, when: "after-commit" });
    const order: string[] = [];
    const slow = refresh(oidc.tokenUrl, login.refreshToken).then(() => order.push("slow"));
    await expect.poll(() => oidc.requests[0]?.committed).toBe(true);
    const other = await oidc.issue();
    await refresh(oidc.tokenUrl, other.refreshToken).then(() => order.push("other"));
    await slow;
    expect(order).toEqual(["other", "slow"]);
  });
});

describe("hold", () => {
  test("before the commit: nothing is spent until the release", async () => {
    const hold = oidc.hold("before-commit");
    const answer = refresh(oidc.tokenUrl, login.refreshToken);
    await hold.received;
    expect(await oidc.isRefreshTokenAlive(login.refreshToken)).toBe(true);
    hold.release();
    await hold.committed;
    expect(await oidc.isRefreshTokenAlive(login.refreshToken)).toBe(false);
    expect((await answer).status).toBe(200);
  });

  test("after the commit: a client that dies now has lost its successor", async () => {
    const hold = oidc.hold();
    const killer = new AbortController();
    const answer = refresh(oidc.tokenUrl, login.refreshToken, { signal: killer.signal });
    const failure = failureOf(answer);
    await hold.received;
    await hold.committed;
    killer.abort();
    expect(await failure).toMatch(/abort/);
    await hold.clientGone;
    hold.release();
    await expect.poll(() => oidc.requests[0]?.answeredStatus, PATIENT).toBe("client-gone");
    expect(await oidc.isRefreshTokenAlive(await newest())).toBe(true);
  });

  test("of a request that commits nothing says so", async () => {
    oidc.fault("429");
    const hold = oidc.hold();
    const answer = refresh(oidc.tokenUrl, login.refreshToken);
    await expect(hold.committed).rejects.toThrow("committed nothing");
    hold.release();
    expect((await answer).status).toBe(429);
  });

  test("does not keep the server from closing", async () => {
    const hold = oidc.hold();
    const failure = failureOf(refresh(oidc.tokenUrl, login.refreshToken));
    await hold.committed;
    await oidc.close();
    expect(await failure).toMatch(/hang up|ECONNRESET/);
    oidc = await startOidc();
  });
});

const PATIENT = { timeout: 10_000 };

/** Sends the official request by hand; the answer is every byte until the end. */
function rawRequest(port: number, refreshToken: string): Promise<string> {
  return new Promise((resolve) => {
    const body = JSON.stringify(officialFields(refreshToken));
    const head = { ...OFFICIAL_HEADERS, host: "localhost", "content-length": body.length };
    const lines = Object.entries(head).map(([name, value]) => `${name}: ${value}\r\n`);
    const socket = connect(port, "127.0.0.1");
    let received = "";
    socket.setEncoding("utf8").on("data", (part: string) => (received += part));
    socket.on("close", () => resolve(received));
    socket.write(`POST /v1/oauth/token HTTP/1.1\r\n${lines.join("")}\r\n${body}`);
  });
}

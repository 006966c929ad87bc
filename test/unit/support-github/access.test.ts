import { afterEach, describe, expect, it } from "vitest";
import { startGitHub, type GitHub, type GitHubOptions } from "../../support/github/server.ts";
import type { TokenSpec } from "../../support/github/tokens.ts";
import { call, writeSecret } from "./client.ts";

const LIST = "/repos/octo/demo/actions/secrets";
const NOON = Date.parse("2026-03-04T12:00:00Z");

let github: GitHub | undefined;
afterEach(async () => {
  await github?.close();
  github = undefined;
});

async function start(token: TokenSpec, more: GitHubOptions = {}): Promise<GitHub> {
  github = await startGitHub({ tokens: { t: token }, ...more });
  return github;
}

const WRITE: TokenSpec = { permissions: { secrets: "write" } };

describe("who asks", () => {
  it("answers 401 without a token, with an unknown one and with one that has ended", async () => {
    let now = NOON;
    const { apiUrl, tokens, violations } = await start(WRITE, { clock: { now: () => now } });
    tokens.set("gone", { ...WRITE, expired: true });
    tokens.set("ends", { ...WRITE, expiresAt: NOON + 1000 });
    const ask = (token?: string) => call(apiUrl, `GET ${LIST}`, token === undefined ? {} : { token });
    expect(await ask()).toMatchObject({
      status: 401,
      body: { message: "Requires authentication" },
    });
    const bad = { status: 401, body: { message: "Bad credentials" } };
    expect(await ask("nobody's")).toMatchObject(bad);
    expect(await ask("gone")).toMatchObject(bad);
    const before = await ask("ends");
    expect(before.status).toBe(200);
    expect(before.headers["github-authentication-token-expiration"]).toBe("2026-03-04 12:00:01 UTC");
    now += 1000;
    expect(await ask("ends")).toMatchObject(bad);
    expect(violations).toEqual([]);
  });

  it("takes `token` as well as `Bearer`, and nothing else", async () => {
    const { apiUrl } = await start(WRITE);
    const ask = (Authorization: string) => call(apiUrl, `GET ${LIST}`, { headers: { Authorization } });
    expect((await ask("token t")).status).toBe(200);
    expect((await ask("bearer t")).status).toBe(200);
    expect((await ask("Basic t")).status).toBe(401);
  });

  it("refuses a client without a User-Agent with 403", async () => {
    const { apiUrl, violations } = await start(WRITE);
    const answer = await call(apiUrl, `GET ${LIST}`, {
      token: "t",
      headers: { "User-Agent": null },
    });
    expect(answer.status).toBe(403);
    expect(answer.headers["content-type"]).toBe("text/html");
    expect(violations).toEqual([`GET ${LIST}: no User-Agent header`]);
  });
});

describe("may they", () => {
  it.each([
    ["fine-grained", "Resource not accessible by personal access token"],
    ["app", "Resource not accessible by integration"],
    ["github-token", "Resource not accessible by integration"],
  ] as const)("a %s token without write access: 403 and what it lacks", async (kind, message) => {
    const { apiUrl, violations, history } = await start({ kind, permissions: { secrets: "read" } });
    const body = { encrypted_value: "c2VjcmV0", key_id: "1" };
    const answer = await call(apiUrl, `PUT ${LIST}/TOKEN`, { token: "t", body });
    expect(answer).toMatchObject({ status: 403, body: { message } });
    expect(answer.headers["x-accepted-github-permissions"]).toBe("secrets=write");
    expect(history("TOKEN")).toEqual([]);
    expect(violations).toEqual([]);
  });

  it("a job's own token cannot even read secrets, whatever it was granted", async () => {
    const { apiUrl, tokens } = await start({ kind: "github-token", ...WRITE });
    const ask = () => call(apiUrl, `GET ${LIST}/public-key`, { token: "t" });
    const refused = await ask();
    expect(refused.status).toBe(403);
    expect(refused.headers["x-accepted-github-permissions"]).toBe("secrets=read");
    tokens.set("t", { kind: "app", ...WRITE });
    expect((await ask()).status).toBe(200);
  });

  it("a repository that the token does not see is 404, as is one that does not exist", async () => {
    const { apiUrl, tokens } = await start({ ...WRITE, repositories: ["octo/other"] });
    const ask = (path: string) => call(apiUrl, `GET ${path}`, { token: "t" });
    const missing = { status: 404, body: { message: "Not Found" } };
    expect(await ask(LIST)).toMatchObject(missing);
    expect(await ask("/repos/octo/demo")).toMatchObject(missing);
    tokens.set("t", { ...WRITE, repositories: ["Octo/Demo"] });
    expect((await ask(LIST)).status).toBe(200);
    expect(await ask("/repos/octo/nothing/actions/secrets")).toMatchObject(missing);
    expect(await ask("/orgs/nobody/actions/secrets")).toMatchObject(missing);
  });

  it("a classic token without scopes sees nothing private; with them it may lack admin", async () => {
    const { apiUrl, tokens } = await start({ kind: "classic", permissions: {} });
    expect((await call(apiUrl, "GET /repos/octo/demo", { token: "t" })).status).toBe(404);
    tokens.set("t", { kind: "classic", permissions: { secrets: "read" } });
    const body = { encrypted_value: "c2VjcmV0", key_id: "1" };
    const answer = await call(apiUrl, `PUT ${LIST}/TOKEN`, { token: "t", body });
    expect(answer.status).toBe(403);
    expect(answer.headers["x-oauth-scopes"]).toBe("repo");
    expect(answer.headers["x-accepted-github-permissions"]).toBeUndefined();
  });

  it("a public repository is open to be read, its secrets are not", async () => {
    const nothing: TokenSpec = { permissions: {}, repositories: [] };
    const { apiUrl, createRun, violations } = await start(nothing, { visibility: "public" });
    createRun({ id: 7, createdAt: NOON });
    const ask = (path: string) => call(apiUrl, `GET ${path}`, { token: "t" });
    const repository = await ask("/repos/octo/demo");
    expect(repository).toMatchObject({ status: 200, body: { private: false } });
    expect((await ask("/repos/octo/demo/actions/runs/7")).status).toBe(200);
    expect((await ask(LIST)).status).toBe(403);
    expect(violations).toEqual([]);
  });
});

describe("how often", () => {
  it("counts calls down, refuses at zero, and starts anew after the hour", async () => {
    let now = NOON;
    const token: TokenSpec = { ...WRITE, rateLimit: 2 };
    const { apiUrl, violations } = await start(token, { clock: { now: () => now } });
    const ask = (path = LIST) => call(apiUrl, `GET ${path}`, { token: "t" });
    const reset = `${NOON / 1000 + 3600}`;
    const first = await ask();
    expect(first.headers).toMatchObject({
      date: "Wed, 04 Mar 2026 12:00:00 GMT",
      "x-ratelimit-limit": "2",
      "x-ratelimit-remaining": "1",
      "x-ratelimit-reset": reset,
    });
    expect(first.headers["x-github-request-id"]).toMatch(/^[0-9A-F:]+$/);
    await ask();
    expect(await ask("/rate_limit")).toMatchObject({
      status: 200,
      body: { rate: { limit: 2, remaining: 0 } },
    });
    const refused = await ask();
    expect(refused.status).toBe(403);
    expect(refused.headers).toMatchObject({
      "x-ratelimit-remaining": "0",
      "x-ratelimit-reset": reset,
    });
    now += 3_600_000;
    expect((await ask()).status).toBe(200);
    expect(violations).toEqual([]);
  });
});

describe("where", () => {
  it("serves under /api/v3 only, when told so", async () => {
    const { apiUrl, repository, secret, violations } = await start(WRITE, { basePath: "/api/v3" });
    expect(apiUrl).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/api\/v3$/);
    expect(repository.apiUrl).toBe(apiUrl);
    const written = { list: LIST, name: "TOKEN", plaintext: "one" };
    expect((await writeSecret(apiUrl, written, { token: "t" })).status).toBe(201);
    expect(secret("TOKEN")).toBe("one");
    expect(violations).toEqual([]);
    const outside = apiUrl.replace("/api/v3", "");
    expect((await call(outside, `GET ${LIST}`, { token: "t" })).status).toBe(404);
    expect(violations).toEqual([`unexpected call: GET ${LIST}`]);
  });

  it("speaks TLS", async () => {
    const { generate } = await import("selfsigned");
    const pems = await generate([{ name: "commonName", value: "127.0.0.1" }], {
      extensions: [{ name: "subjectAltName", altNames: [{ type: 7, ip: "127.0.0.1" }] }],
    });
    const tls = { key: pems.private, cert: pems.cert };
    const { apiUrl, secret, violations } = await start(WRITE, { tls });
    expect(apiUrl).toMatch(/^https:/);
    const written = { list: LIST, name: "TOKEN", plaintext: "one" };
    const answer = await writeSecret(apiUrl, written, { token: "t", ca: pems.cert });
    expect(answer.status).toBe(201);
    expect(secret("TOKEN")).toBe("one");
    expect(violations).toEqual([]);
    await expect(call(apiUrl, `GET ${LIST}`, { token: "t" })).rejects.toThrow(/self.signed/);
  });
});

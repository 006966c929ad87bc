/** Each mistake that a client (or this server) could make is planted once and must be reported. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startGitHub, type GitHub } from "../../support/github/server.ts";
import { call, sealed, writeSecret, type PublicKey } from "./client.ts";

const LIST = "/repos/octo/demo/actions/secrets";
const ASK = { token: "t" };

let github: GitHub;
beforeEach(async () => {
  github = await startGitHub({ tokens: { t: { permissions: { secrets: "write" } } } });
});
afterEach(() => github.close());

const put = (body: unknown) => call(github.apiUrl, `PUT ${LIST}/TOKEN`, { ...ASK, body });

async function box(): Promise<{ encrypted_value: string; key_id: string }> {
  const key = (await call(github.apiUrl, `GET ${LIST}/public-key`, ASK)).body as PublicKey;
  return sealed("one", key);
}

describe("a mistake is reported", () => {
  it("a PUT without key_id: 422, nothing stored", async () => {
    const { encrypted_value } = await box();
    const answer = await put({ encrypted_value });
    expect(answer).toMatchObject({ status: 422 });
    expect((answer.body as { message: string }).message).toContain('"key_id" wasn\'t supplied');
    expect(github.violations).toHaveLength(1);
    expect(github.violations[0]).toContain("required property 'key_id'");
    expect(github.secret("TOKEN")).toBeUndefined();
  });

  it("an unknown path: 404", async () => {
    const answer = await call(github.apiUrl, "GET /repos/octo/demo/secrets/TOKEN", ASK);
    expect(answer.status).toBe(404);
    expect(github.violations).toEqual(["unexpected call: GET /repos/octo/demo/secrets/TOKEN"]);
  });

  it("a described endpoint that is not served here", async () => {
    const path = "/repos/octo/demo/git/trees/4b825dc642cb6eb9a060e54bf8d69288fbee4904";
    expect((await call(github.apiUrl, `GET ${path}`, ASK)).status).toBe(404);
    expect(github.violations).toEqual([`unexpected call: GET ${path}`]);
  });

  it("a body that is not JSON: 400", async () => {
    expect((await put("encrypted_value=c2VjcmV0")).status).toBe(400);
    expect(github.violations).toEqual([`PUT ${LIST}/TOKEN: the request body is not JSON`]);
  });

  it("a box in base64url: 422", async () => {
    const { key_id } = await box();
    expect((await put({ encrypted_value: "c2-_", key_id })).status).toBe(422);
    expect(github.violations).toHaveLength(1);
    expect(github.violations[0]).toContain("must match pattern");
  });

  it("a misspelt key, although GitHub would ignore it", async () => {
    expect((await put({ ...(await box()), visiblity: "all" })).status).toBe(201);
    expect(github.violations).toHaveLength(1);
    expect(github.violations[0]).toContain("key visiblity is not described");
  });

  it("no version, or one that GitHub does not know", async () => {
    const ask = (version: string | null) =>
      call(github.apiUrl, `GET ${LIST}`, { ...ASK, headers: { "X-GitHub-Api-Version": version } });
    expect((await ask(null)).status).toBe(200);
    expect((await ask("2020-01-01")).status).toBe(400);
    expect(github.violations).toEqual([
      `GET ${LIST}: no X-GitHub-Api-Version header`,
      `GET ${LIST}: unsupported X-GitHub-Api-Version`,
    ]);
  });

  it("even when a planted fault answered instead", async () => {
    github.fault({ method: "PUT" }, { do: "answer", status: 502 });
    expect((await put({})).status).toBe(502);
    expect(github.violations.length).toBeGreaterThan(0);
  });
});

describe("the record of requests", () => {
  it("tells who asked what, without tokens and values", async () => {
    const token = `invented-${Math.random()}`;
    const plaintext = `invented-${Math.random()}`;
    github.tokens.set(token, { kind: "app", permissions: { secrets: "write" } });
    await writeSecret(github.apiUrl, { list: LIST, name: "TOKEN", plaintext }, { token });
    expect(github.requests).toMatchObject([
      { method: "GET", path: `${LIST}/public-key`, status: 200, by: "app", bodyKeys: [] },
      {
        method: "PUT",
        path: `${LIST}/TOKEN`,
        status: 201,
        by: "app",
        bodyKeys: ["encrypted_value", "key_id"],
        headers: { authorization: "Bearer", "user-agent": "support-github-test" },
        handled: true,
      },
    ]);
    const text = JSON.stringify(github.requests);
    expect(text).not.toContain(token);
    expect(text).not.toContain(plaintext);
  });

  it("keeps everything when asked to", async () => {
    await github.close();
    const tokens = { t: { permissions: { secrets: "write" } } } as const;
    github = await startGitHub({ tokens, fullRequestLog: true });
    await put({ key_id: "1" });
    expect(github.requests[0]?.full).toMatchObject({
      headers: { authorization: "Bearer t" },
      body: '{"key_id":"1"}',
    });
  });
});

/** `doctor` on what providers answer: to an access token that is shown to them, and to a made-up refresh token. */
import { randomBytes } from "node:crypto";
import { describe, expect, onTestFinished, test } from "vitest";
import { listenOnLoopback } from "../support/net/loopback.ts";
import { apiError, CLIENT_ID } from "../support/oauth/anthropic-facts.ts";
import type { Oidc } from "../support/oauth/oidc.ts";
import { claudeFileOf } from "../scenario/login-file.ts";
import { type Clinic, clinic, clinicTls, server, shown, startEdge, coversItsClasses } from "./doctor-clinic.ts";

const HOUR = 3_600_000;

/** A login of this server, whose access token has ended unless it is to live. */
async function login({ machine }: Clinic, oidc: Oidc, lives = false) {
  const signIn = await oidc.issue();
  machine.tokens.push(signIn.accessToken, signIn.refreshToken);
  const credential = claudeFileOf(signIn, Date.now() + (lives ? HOUR : -HOUR));
  return { ...signIn, credential };
}

describe("an access token that is shown to its provider", () => {
  test.each([
    ["revoked", "revoked", 3],
    ["expired", "revoked", 3],
    ["not-allowed", "not-allowed", 3],
  ] as const)("one that is %s: %s", async (state, code, exitCode) => {
    const { doctor, machine, anthropic } = await clinic();
    const { token } = anthropic.issue({ state });
    machine.tokens.push(token);
    expect(await doctor({ inputs: { credential: token } })).toMatchObject({ fails: [code], exitCode });
    expect(anthropic.deviations).toEqual([]);
    expect(anthropic.requests, "asked once, with the token itself").toHaveLength(1);
  });

  test("revoked: by the revocation endpoint of a real authorization server", async () => {
    const here = await clinic();
    const oidc = await server();
    const own = await login(here, oidc, true);
    // The provider's API, which knows a token as long as the authorization server does.
    const api = await listenOnLoopback(
      async (request, response) => {
        const token = /^Bearer (\S+)$/.exec(request.headers.authorization ?? "")?.[1] ?? "";
        const alive = await oidc.isAccessTokenAlive(token);
        const message = "OAuth token has been revoked. Please obtain a new token.";
        response.writeHead(alive ? 200 : 403, { "content-type": "application/json" });
        response.end(JSON.stringify(alive ? { account: { uuid: "u" } } : apiError("permission_error", message)));
      },
      await clinicTls(),
    );
    onTestFinished(() => api.close());
    here.lead.set("api.anthropic.com", api.port);
    const inputs = { credential: own.credential, "token-url": oidc.tokenUrl };
    expect(await here.doctor({ inputs })).toMatchObject({ fails: [], exitCode: 0 });
    await fetch(`${oidc.tokenUrl}/revoke`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ token: own.refreshToken, token_type_hint: "refresh_token", client_id: CLIENT_ID }),
    });
    const asked = oidc.requests.length;
    expect(await here.doctor({ inputs })).toMatchObject({ fails: ["revoked"], exitCode: 3 });
    expect(shown(own.refreshToken, oidc.requests.slice(asked))).toBe(false);
  });

  test("scope-missing: known, and not for asking a model", async () => {
    const { doctor, machine, anthropic } = await clinic();
    const { token } = anthropic.issue({ scopes: ["user:office"] });
    machine.tokens.push(token);
    expect(await doctor({ inputs: { credential: token } })).toMatchObject({ fails: ["scope-missing"], exitCode: 3 });
  });

  test("usage-limit: good, and used up until a time that is told", async () => {
    const { doctor, machine, anthropic } = await clinic();
    const until = Math.floor(Date.now() / 1000) + 7200;
    const { token } = anthropic.issue({ limitedUntil: until });
    machine.tokens.push(token);
    const ended = await doctor({ inputs: { credential: token } });
    expect(ended).toMatchObject({ fails: ["usage-limit"], exitCode: 4 });
    expect(ended.said("usage-limit")).toContain(new Date(until * 1000).toISOString().slice(0, 16).replace("T", " "));
  });

  test("wrong-kind: what Anthropic does not know, and is none of its tokens", async () => {
    const { doctor, machine } = await clinic();
    const token = `not-of-them-${randomBytes(60).toString("base64url")}`;
    machine.tokens.push(token);
    const file = { claudeAiOauth: { accessToken: token, expiresAt: Date.now() + HOUR, scopes: ["user:inference"] } };
    const ended = await doctor({ inputs: { credential: JSON.stringify(file) } });
    expect(ended).toMatchObject({ fails: ["wrong-kind"], exitCode: 2 });
  });

  test.each([
    ["good", [], 0],
    ["revoked", ["revoked"], 3],
  ] as const)("ChatGPT's, %s", async (state, fails, exitCode) => {
    const { doctor, machine, openai } = await clinic();
    const { token } = openai.issue({ state });
    machine.tokens.push(token);
    expect(await doctor({ inputs: { credential: token } })).toMatchObject({ fails, exitCode });
    expect(openai.deviations).toEqual([]);
  });

  test("`validate: none` shows it to nobody; a made-up one finds out whether the API answers", async () => {
    const { doctor, machine, anthropic } = await clinic();
    const { token } = anthropic.issue({ state: "revoked" });
    machine.tokens.push(token);
    expect(await doctor({ inputs: { credential: token, validate: "none" } })).toMatchObject({ fails: [], exitCode: 0 });
    expect(anthropic.requests).toHaveLength(1);
    expect(shown(token, anthropic.requests)).toBe(false);
    expect(anthropic.requests[0]?.path, "where nothing is counted").toBe("/api/oauth/profile");
  });
});

describe("the token endpoint, asked with a made-up refresh token", () => {
  test("as the official client asks; the real one is never sent, and nothing is spent", async () => {
    const here = await clinic();
    const own = here.tokens.issue();
    here.machine.tokens.push(own.accessToken, own.refreshToken);
    const credential = claudeFileOf(own, Date.now() - HOUR, { clientId: CLIENT_ID });
    expect(await here.doctor({ inputs: { credential } })).toMatchObject({ fails: [], exitCode: 0 });
    expect(here.tokens.requests).toHaveLength(1);
    expect(shown(own.refreshToken, here.tokens.requests, here.anthropic.requests)).toBe(false);
    expect(here.tokens.isRefreshTokenAlive(own.refreshToken)).toBe(true);
    expect(here.tokens.deviations.filter((text) => !/not issued here/.test(text))).toEqual([]);
  });

  test.each([
    ["throttled", 429, () => true, 4],
    ["filtered-address", 403, () => true, 4],
    ["filtered-address", 404, () => true, 4],
    ["filtered-agent", 403, (agent: string) => agent.startsWith("oauth-creds"), 1],
    ["filtered-agent", 429, (agent: string) => agent.startsWith("oauth-creds"), 1],
  ] as const)("%s: an edge that answers %i", async (code, status, isFor, exitCode) => {
    const here = await clinic();
    const oidc = await server();
    const own = await login(here, oidc);
    const edge = await startEdge(oidc.origin, ({ agent }) => (isFor(agent) ? status : undefined));
    const inputs = { credential: own.credential, "token-url": `${edge.origin}/v1/oauth/token` };
    const ended = await here.doctor({ inputs });
    expect(ended).toMatchObject({ fails: [code], exitCode });
    if (code === "throttled") expect(ended.said(code)).toContain("wait 77 s");
    expect(await oidc.isRefreshTokenAlive(own.refreshToken)).toBe(true);
    expect(shown(own.refreshToken, oidc.requests)).toBe(false);
  });

  test("filtered-agent: the `user-agent` that is let through is told, and helps", async () => {
    const here = await clinic();
    const oidc = await server();
    const own = await login(here, oidc);
    const edge = await startEdge(oidc.origin, ({ agent }) => (agent === "node" ? undefined : 403));
    const inputs = { credential: own.credential, "token-url": `${edge.origin}/v1/oauth/token` };
    expect((await here.doctor({ inputs })).said("filtered-agent")).toContain("`user-agent: node`");
    expect(await here.doctor({ inputs: { ...inputs, "user-agent": "node" } })).toMatchObject({
      fails: [],
      exitCode: 0,
    });
  });

  test.each([
    ["filtered-agent", (agent: string) => (agent.startsWith("oauth-creds") ? 403 : undefined)],
    ["filtered-address", () => 403],
    ["throttled", () => 429],
  ] as const)("%s: the same in front of the API", async (code, judge) => {
    const here = await clinic();
    const { token } = here.anthropic.issue();
    here.machine.tokens.push(token);
    const edge = await startEdge(here.anthropic.origin, ({ agent }) => judge(agent), here.tls);
    here.lead.set("api.anthropic.com", edge.port);
    const ended = await here.doctor({ inputs: { credential: token } });
    expect(ended.fails).toEqual([code]);
    expect(here.anthropic.requests.filter(({ headers }) => headers.authorization?.includes(token))).toEqual([]);
  });

  test("provider-unclear: a fault of the service", async () => {
    const here = await clinic();
    const oidc = await server();
    const own = await login(here, oidc);
    oidc.fault("500-before-commit");
    const inputs = { credential: own.credential, "token-url": oidc.tokenUrl };
    expect(await here.doctor({ inputs })).toMatchObject({ fails: ["provider-unclear"], exitCode: 4 });
  });

  test("provider-unreachable: it breaks off without an answer", async () => {
    const here = await clinic();
    const oidc = await server();
    const own = await login(here, oidc);
    oidc.fault("drop-before-commit");
    const inputs = { credential: own.credential, "token-url": oidc.tokenUrl };
    expect(await here.doctor({ inputs })).toMatchObject({ fails: ["provider-unreachable"], exitCode: 4 });
  });
});

coversItsClasses(import.meta.filename);

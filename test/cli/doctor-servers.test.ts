/** `doctor` on other token endpoints: OpenAI's, and any server by RFC 6749. */
import { randomBytes } from "node:crypto";
import { describe, expect, onTestFinished, test } from "vitest";
import { authJson } from "../scenario/issuers.ts";
import { listenOnLoopback } from "../support/net/loopback.ts";
import type { Oidc } from "../support/oauth/oidc.ts";
import { startStrictOpenai } from "../support/oauth/strict-openai.ts";
import { clinic, server, shown, coversItsClasses } from "./doctor-clinic.ts";

describe("a ChatGPT login", () => {
  /** Whose access token the API does not know any more, since it has ended. */
  async function patient() {
    const here = await clinic();
    const strict = await startStrictOpenai({ tls: here.tls });
    onTestFinished(() => strict.close());
    here.lead.set("auth.openai.com", strict.port);
    const own = strict.issue();
    here.machine.tokens.push(own.accessToken, own.refreshToken, own.idToken);
    const credential = authJson({ ...own, accessToken: "" });
    return { ...here, strict, own, inputs: { credential } };
  }

  test("as Codex asks, with a made-up refresh token; nothing is spent", async () => {
    const { doctor, strict, openai, own, inputs } = await patient();
    expect(await doctor({ inputs })).toMatchObject({ fails: [], exitCode: 0 });
    expect(strict.requests).toHaveLength(1);
    expect(shown(own.refreshToken, strict.requests, openai.requests)).toBe(false);
    expect(strict.isRefreshTokenAlive(own.refreshToken)).toBe(true);
    expect(strict.deviations).toEqual(["refresh_token was not issued here"]);
  });

  test.each([
    ["throttled", "429", 4],
    ["filtered-address", "403-edge", 4],
    ["provider-unclear", "500", 4],
  ])("%s: row %s of what OpenAI is known to answer", async (code, row, exitCode) => {
    const { doctor, strict, inputs } = await patient();
    for (let asked = 0; asked < 2; asked++) strict.play(row); // the second for another user agent
    expect(await doctor({ inputs })).toMatchObject({ fails: [code], exitCode });
  });
});

describe("a server of one's own", () => {
  const client = { id: "ci client", secret: "s3cret: /&%+~", auth: "client_secret_post" } as const;
  const custom = (oidc: Oidc, more: Record<string, string> = {}) => ({
    provider: "custom",
    targets: "output",
    "token-url": oidc.tokenUrl,
    "client-id": client.id,
    "client-secret": client.secret,
    ...more,
  });

  test("a client that proves itself in the body is found out, as a refresh would", async () => {
    const here = await clinic();
    const oidc = await server({ client, scopes: ["openid", "offline_access"] });
    const { refreshToken } = await oidc.issue();
    here.machine.tokens.push(refreshToken, client.secret);
    const ended = await here.doctor({ inputs: custom(oidc, { credential: refreshToken }) });
    expect(ended).toMatchObject({ fails: [], exitCode: 0 });
    expect(shown(refreshToken, oidc.requests)).toBe(false);
    expect(await oidc.isRefreshTokenAlive(refreshToken)).toBe(true);
  });

  test("request-rejected: another client's secret", async () => {
    const here = await clinic();
    const oidc = await server({ client, scopes: ["openid", "offline_access"] });
    const { refreshToken } = await oidc.issue();
    here.machine.tokens.push(refreshToken);
    const ended = await here.doctor({ inputs: custom(oidc, { credential: refreshToken, "client-secret": "another" }) });
    expect(ended).toMatchObject({ fails: ["request-rejected"], exitCode: 1 });
    expect(ended.said("request-rejected")).toContain("invalid_client");
  });

  test("request-rejected: `token-url` names something that gives tokens to anybody", async () => {
    const here = await clinic();
    const token = `at-${randomBytes(30).toString("base64url")}`;
    const open = await listenOnLoopback((_request, response) => {
      response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify({ access_token: token }));
    });
    onTestFinished(() => open.close());
    const refresh = randomBytes(30).toString("base64url");
    here.machine.tokens.push(token, refresh);
    const oidc = { tokenUrl: `${open.origin}/token` } as Oidc;
    const ended = await here.doctor({ inputs: custom(oidc, { credential: refresh }) });
    expect(ended).toMatchObject({ fails: ["request-rejected"], exitCode: 1 });
  });
});

coversItsClasses(import.meta.filename);

/** Jobs whose login cannot be had: with an API key to fall back on, and with the provider asked first. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { startConnectProxy } from "../support/net/connect-proxy.ts";
import { makeTls } from "../support/net/tls.ts";
import { CLIENT_ID } from "../support/oauth/anthropic-facts.ts";
import { ANTHROPIC_ROWS, type AnthropicApi, startAnthropicApi } from "../support/oauth/anthropic-api.ts";
import { claudeFileOf, type Stage, stage } from "./stage.ts";

let here: Stage;
beforeEach(async () => {
  here = await stage();
});
afterEach(() => here.close());

describe("fallback-api-key", () => {
  const key = `sk-ant-api03-${"k3y".repeat(30)}-AA`;
  const fallback = { "fallback-api-key": key };

  test("a login that has ended: the job goes on with the key, and says so loudly", async () => {
    const login = await here.signIn();
    await fetch(`${here.oidc.tokenUrl}/revoke`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ token: login.refreshToken, token_type_hint: "refresh_token", client_id: CLIENT_ID }),
    });
    const { main, post, during } = await here.run({ inputs: { ...fallback, targets: "claude,env" } });
    expect(main.exitCode).toBe(0);
    expect(main.outputs).toMatchObject({ available: "true", provider: "anthropic", kind: "api-key" });
    expect(main.env).toMatchObject({ ANTHROPIC_API_KEY: key });
    expect(main.env).not.toHaveProperty("CLAUDE_CODE_OAUTH_TOKEN");
    expect(main.annotations).toMatchObject([
      { level: "warning", message: expect.stringMatching(/API key.*\[login-refused\]/s) },
    ]);
    expect(main.log + post.log).not.toContain(key);
    expect(during).toBeUndefined();
  });

  test("no credential at all", async () => {
    const { main } = await here.run({
      inputs: { ...fallback, credential: undefined, "rotate-to": undefined, "secrets-token": undefined },
    });
    expect(main.outputs).toMatchObject({ kind: "api-key" });
    expect(main.annotations[0]?.message).toMatch(/\[credential-missing\]/);
  });

  test("not needed: the key goes nowhere", async () => {
    await here.signIn({ expiresInMs: 8 * 3_600_000 });
    const { main } = await here.run({ inputs: fallback });
    expect(main.outputs["kind"]).toBe("login");
    expect(main.env).not.toHaveProperty("ANTHROPIC_API_KEY");
  });

  test("a mistake in the settings is not covered up by it", async () => {
    await here.signIn();
    const { main } = await here.run({ inputs: { ...fallback, refresh: "sometimes" } });
    expect(main.exitCode).toBe(1);
    expect(main.annotations.at(-1)?.message).toMatch(/\[input-invalid\]/);
  });
});

/** The provider's API is reached through a proxy that leads its name to a server on loopback. */
describe("validate: online", () => {
  let folder: string;
  let api: AnthropicApi;
  let close: () => Promise<unknown>;
  let env: Record<string, string>;
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "validate-"));
    const tls = await makeTls({ names: ["api.anthropic.com"] });
    api = await startAnthropicApi(tls);
    const port = Number(new URL(api.origin).port);
    const proxy = await startConnectProxy({ mapHost: () => ({ host: "127.0.0.1", port }) });
    env = { HTTPS_PROXY: proxy.url, NODE_EXTRA_CA_CERTS: tls.caFile(folder) };
    close = () => Promise.all([api.close(), proxy.close()]);
  });
  afterEach(async () => {
    await close();
    rmSync(folder, { recursive: true, force: true });
  });
  const online = { validate: "online", "rotate-to": undefined, "secrets-token": undefined };

  test("a setup token that works: one small message, and nothing said but that", async () => {
    const { token } = api.issue({ scopes: ["user:inference"] });
    const { main } = await here.run({ inputs: { ...online, credential: token }, step: { env }, also: [token] });
    expect(api.deviations).toEqual([]);
    expect(main.log).toContain("accepts the");
    expect(main.annotations).toEqual([]);
    expect(api.requests).toHaveLength(1);
  });

  test("one that the provider does not know: refused before any file is written", async () => {
    const row = ANTHROPIC_ROWS.find(({ says, on }) => says === "refused:revoked" && on === "messages");
    const { token } = api.issue({ scopes: ["user:inference"] });
    if (row) api.play(row);
    const ran = await here.run({ inputs: { ...online, credential: token }, step: { env }, also: [token] });
    expect(ran.main.annotations.at(-1)?.message).toMatch(/\[token-refused\]/);
    expect(ran.during).toBeUndefined();
  });

  test("a usage limit is a warning with its end, and the job goes on", async () => {
    const row = ANTHROPIC_ROWS.find(({ says, on }) => says === "limited" && on === "messages");
    const { token } = api.issue({ scopes: ["user:inference"] });
    if (row) api.play(row);
    const ran = await here.run({ inputs: { ...online, credential: token }, step: { env }, also: [token] });
    expect(ran.main.annotations).toMatchObject([{ level: "warning", message: expect.stringMatching(/usage limit/) }]);
    expect(ran.during).toBeDefined();
  });

  test("the access token of a login was revoked: the login is renewed at once", async () => {
    const login = await here.oidc.issue();
    const pasted = claudeFileOf(login, Date.now() + 7 * 3_600_000);
    here.paste(pasted, [login.accessToken, login.refreshToken]);
    const { main } = await here.run({
      inputs: { validate: "online" },
      step: { env: { ...env, NO_PROXY: "127.0.0.1" } },
    });
    expect(main.outputs).toMatchObject({ source: "refreshed", rotated: "true" });
    expect(await here.loginIsAlive()).toBe(true);
  });
});

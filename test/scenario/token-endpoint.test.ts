/** The token endpoint answers with anything but a renewed login: asked again where that may help, and never called dead too soon. */
import { afterEach, describe, expect, test } from "vitest";
import { envelopeOf, type Stage, stage } from "./stage.ts";

let here: Stage;
afterEach(() => here.close());

describe("the token endpoint", () => {
  test("answers 500 once, before it renewed anything: asked once more", async () => {
    here = await stage();
    await here.signIn();
    here.oidc.fault("500-before-commit");
    const { main } = await here.run({ picture: "token-endpoint-500-once" });
    expect(main.outputs).toMatchObject({ refreshed: "true", rotated: "true" });
    expect(here.oidc.tokenRequests().map(({ answeredStatus }) => answeredStatus)).toEqual([500, 200]);
    expect(await here.loginIsAlive()).toBe(true);
  });

  test("answers 429 with Retry-After: waited for, and asked once more", async () => {
    here = await stage();
    await here.signIn();
    here.oidc.fault({ type: "429", retryAfter: 1 });
    const { main } = await here.run({ picture: "token-endpoint-429-retry-after" });
    expect(main.outputs).toMatchObject({ refreshed: "true", rotated: "true" });
    const [first, second] = here.oidc.tokenRequests();
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(1000);
    expect(await here.loginIsAlive()).toBe(true);
  });

  test.each(["429", "html-403", "html-404"] as const)(
    "turns us away (%s): never called a dead login, never hammered",
    async (fault) => {
      here = await stage();
      const login = await here.signIn();
      here.oidc.fault(fault);
      const { main } = await here.run();
      expect(main.exitCode).toBe(1);
      expect(main.annotations.at(-1)?.message).toMatch(/\[throttled\]$/);
      expect(here.oidc.tokenRequests()).toHaveLength(1);
      expect(await here.oidc.isRefreshTokenAlive(login.refreshToken)).toBe(true);
      expect(await here.loginIsAlive()).toBe(true);
    },
  );

  test("turns us away, but the access token lives for a while: the job goes on with it, warned", async () => {
    here = await stage();
    const login = await here.signIn({ expiresInMs: 40 * 60_000 });
    here.oidc.fault("429");
    const { main, during } = await here.run({ picture: "throttled-but-token-lives" });
    expect(main.exitCode).toBe(0);
    expect(main.outputs).toMatchObject({ source: "secret", refreshed: "false" });
    expect(main.annotations[0]).toMatchObject({
      level: "warning",
      message: expect.stringMatching(/throttled\].*goes on with the access token/),
    });
    expect(during?.json["claudeAiOauth"]?.["accessToken"]).toBe(login.accessToken);
  });

  test("gives no clear answer twice: not asked a third time, and never called a dead login", async () => {
    here = await stage();
    const login = await here.signIn();
    here.oidc.fault(["500-before-commit", "503", "500-before-commit", "500-before-commit"]);
    const { main } = await here.run();
    expect(main.annotations.at(-1)?.message).toMatch(/no clear answer \(status 503\).*\[answer-unclear\]/);
    expect(here.oidc.tokenRequests()).toHaveLength(2);
    expect(await here.oidc.isRefreshTokenAlive(login.refreshToken)).toBe(true);
  });

  test("cannot be reached: nothing was sent, three attempts, the login is as it was", async () => {
    here = await stage();
    const login = await here.signIn();
    await here.oidc.refuseConnections();
    const { main } = await here.run({ picture: "provider-unreachable" });
    await here.oidc.acceptConnections();
    expect(main.annotations.at(-1)?.message).toMatch(
      /could not be reached \(ECONNREFUSED\); nothing was sent.*\[provider-unreachable\]/,
    );
    expect(main.log.match(/trying once more/g)).toHaveLength(2);
    expect(await here.oidc.isRefreshTokenAlive(login.refreshToken)).toBe(true);
    expect(await here.loginIsAlive()).toBe(true);
  });

  test("is slow, but answers in time", async () => {
    here = await stage();
    await here.signIn();
    here.oidc.fault({ type: "slow", ms: 1500, when: "after-commit" });
    const { main } = await here.run();
    expect(main.outputs["rotated"]).toBe("true");
    expect(here.oidc.tokenRequests()).toHaveLength(1);
    expect(await here.loginIsAlive()).toBe(true);
  });

  test("is slower than `timeout`, before it renewed anything: the retry succeeds", async () => {
    here = await stage();
    await here.signIn();
    here.oidc.fault([{ type: "slow", ms: 4000, when: "before-commit" }, "none"]);
    const { main } = await here.run({ inputs: { timeout: "1s" } });
    expect(main.log).toContain("no clear answer (timeout)");
    expect(here.oidc.tokenRequests().length).toBeGreaterThan(1);
    expect(main.exitCode).toBe(0);
  });

  test("keeps the refresh token (none in its answer): the old one is kept", async () => {
    here = await stage();
    const login = await here.signIn();
    here.oidc.fault("no-rotation");
    const { main } = await here.run({ picture: "no-refresh-token-in-answer" });
    expect(main.outputs).toMatchObject({ refreshed: "true", rotated: "true" });
    expect(envelopeOf(here.secret()).credential.refresh?.reveal()).toBe(login.refreshToken);
    expect(await here.loginIsAlive()).toBe(true);
  });

  test.each(["missing-expires-in", "missing-scope"] as const)(
    "leaves something out (%s): the login and the job have what they need",
    async (fault) => {
      here = await stage();
      await here.signIn();
      here.oidc.fault(fault);
      const { main, during } = await here.run();
      expect(main.exitCode).toBe(0);
      expect(during?.json["claudeAiOauth"]?.["scopes"]).toContain("user:inference");
      expect(await here.loginIsAlive()).toBe(true);
    },
  );

  test("gives a new refresh token and no access token: stored all the same, and said", async () => {
    here = await stage();
    await here.signIn();
    here.oidc.fault("missing-access-token");
    const { main } = await here.run();
    expect(main.annotations.at(-1)?.message).toMatch(
      /gave no access token. The renewed login is stored. Run the job again\. \[answer-unclear\]/,
    );
    expect(envelopeOf(here.secret()).credential.generation).toBe(1);
    expect(await here.loginIsAlive()).toBe(true);
  });

  test("gives a new refresh token and no access token, where nothing is to be stored: said to be lost", async () => {
    here = await stage();
    await here.signIn();
    here.oidc.fault("missing-access-token");
    const nowhere = { "rotate-to": undefined, "secrets-token": undefined, "allow-unstored-refresh": "true" };
    const { main } = await here.run({ inputs: nowhere });
    expect(main.annotations.at(-1)?.message).toMatch(
      /The renewed login is lost.+Sign in once more.+\[answer-unclear\]/,
    );
  });
});

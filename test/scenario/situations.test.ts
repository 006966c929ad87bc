/** The situations in which other tools lose a login. Ours lives in every one but the one that nobody can mend. */
import { afterEach, describe, expect, test } from "vitest";
import { claudeFileOf, envelopeOf, SECRET, type Stage, stage } from "./stage.ts";

let here: Stage;
afterEach(() => here.close());
const PUT_LOGIN = { method: "PUT", path: new RegExp(`/${SECRET}$`) };

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
      /gave no access token.*The login itself is kept.*\[answer-unclear\]/,
    );
    expect(envelopeOf(here.secret()).credential.generation).toBe(1);
    expect(await here.loginIsAlive()).toBe(true);
  });
});

describe("the answer is lost", () => {
  test("before the provider renewed anything: the retry succeeds", async () => {
    here = await stage();
    await here.signIn();
    here.oidc.fault("drop-before-commit");
    const { main } = await here.run({ picture: "answer-lost-before-commit" });
    expect(main.outputs["rotated"]).toBe("true");
    expect(await here.loginIsAlive()).toBe(true);
  });

  test("after it, at a provider with a grace window: the retry gets the successor", async () => {
    here = await stage({ graceMs: 60_000 });
    await here.signIn();
    here.oidc.fault("drop-after-commit");
    const { main } = await here.run();
    expect(main.outputs["rotated"]).toBe("true");
    expect(await here.loginIsAlive()).toBe(true);
  });

  test.each(["drop-after-commit", "drop-half-answer", "500-after-commit", "malformed-json", "html"] as const)(
    "after it, at a strict provider (%s): the one loss that nobody can prevent, told as what it is",
    async (fault) => {
      here = await stage();
      await here.signIn();
      here.oidc.fault(fault);
      const before = here.secret();
      const run = await here.run(fault === "drop-after-commit" ? { picture: "answer-lost-strict" } : {});
      expect(run.main.exitCode).toBe(1);
      expect(run.main.annotations.at(-1)?.message).toMatch(
        /The answer to a refresh was lost.*\[login-lost-in-flight\]/,
      );
      expect(here.oidc.tokenRequests()).toHaveLength(2);
      expect(here.secret(), "the secret is not touched").toBe(before);
    },
  );
});

describe("the secret", () => {
  test.each([
    ["before it was stored", "before-commit"],
    ["although it was stored", "after-commit"],
  ] as const)("cannot be written once (502 %s): stored by the retry", async (_, when) => {
    here = await stage();
    await here.signIn();
    here.github.fault(PUT_LOGIN, { do: "answer", status: 502, when });
    const { main } = await here.run();
    expect(main.outputs).toMatchObject({ refreshed: "true", rotated: "true" });
    expect(envelopeOf(here.secret()).credential.generation).toBe(1);
    expect(await here.loginIsAlive()).toBe(true);
  });

  test("is answered with a lost connection after it was stored: not written twice, said to be unconfirmed", async () => {
    here = await stage();
    await here.signIn();
    here.github.fault(PUT_LOGIN, { do: "drop", when: "after-commit" });
    const { main } = await here.run({ picture: "secret-stored-answer-lost" });
    expect(main.outputs["rotated"]).toBe("true");
    expect(here.github.history(SECRET)).toHaveLength(2);
    expect(await here.loginIsAlive()).toBe(true);
  });

  test("may not be written with this token (403): found out before anything is spent", async () => {
    here = await stage({ permissions: { secrets: "read", actions: "read" } });
    const login = await here.signIn();
    const run = await here.run({ picture: "secret-forbidden" });
    expect(run.main.exitCode).toBe(1);
    expect(here.oidc.tokenRequests()).toHaveLength(0);
    expect(await here.oidc.isRefreshTokenAlive(login.refreshToken)).toBe(true);
  });

  test("asks to wait (secondary rate limit with Retry-After): waited for", async () => {
    here = await stage();
    await here.signIn();
    here.github.fault(PUT_LOGIN, {
      do: "answer",
      status: 403,
      headers: { "retry-after": "1" },
      body: { message: "You have exceeded a secondary rate limit." },
    });
    const { main } = await here.run();
    expect(main.outputs["rotated"]).toBe("true");
    expect(await here.loginIsAlive()).toBe(true);
  });

  test("cannot be written until main gives up: the job has its access token, and post stores the login", async () => {
    here = await stage();
    await here.signIn();
    const outage = here.github.fault(
      { ...PUT_LOGIN, times: Number.POSITIVE_INFINITY },
      { do: "answer", status: 403, body: { message: "Resource not accessible by personal access token" } },
    );
    const run = await here.run({ picture: "stored-by-post", step: { between: () => outage.cancel() } });
    expect(run.main.exitCode).toBe(0);
    expect(run.main.outputs).toMatchObject({ refreshed: "true", rotated: "false" });
    expect(run.during?.json["claudeAiOauth"]?.["accessToken"]).toBeTruthy();
    expect(run.main.annotations.at(-1)).toMatchObject({
      level: "error",
      message: expect.stringMatching(/could not be written.*post step tries once more/s),
    });
    expect(run.post.annotations).toMatchObject([
      { level: "notice", message: expect.stringMatching(/is now stored in the repository secret/) },
    ]);
    expect(await here.loginIsAlive()).toBe(true);
  });

  test("cannot be written by post either: the loss is said, and what to do", async () => {
    here = await stage();
    await here.signIn();
    here.github.fault(
      { ...PUT_LOGIN, times: Number.POSITIVE_INFINITY },
      { do: "answer", status: 403, body: { message: "no" } },
    );
    const { main, post } = await here.run();
    expect([main.exitCode, post.exitCode]).toEqual([0, 0]);
    expect(post.annotations.at(-1)).toMatchObject({
      level: "error",
      message: expect.stringMatching(/could not be stored, and the login in .* has ended.*Sign in again/s),
    });
  });

  test("is not seen for a moment (404 once): looked at again, and stored", async () => {
    here = await stage();
    await here.signIn();
    here.github.fault({ method: "GET", path: new RegExp(`/${SECRET}$`), skip: 1 }, { do: "answer", status: 404 });
    const { main } = await here.run();
    expect(main.outputs["rotated"]).toBe("true");
    expect(await here.loginIsAlive()).toBe(true);
  });

  test("is deleted by a person while the login is being renewed: not made again, and said", async () => {
    here = await stage();
    await here.signIn();
    here.github.fault(
      { method: "GET", path: new RegExp(`/${SECRET}$`), skip: 1, times: 9 },
      { do: "answer", status: 404 },
    );
    const { main } = await here.run();
    expect(main.outputs["rotated"]).toBe("false");
    expect(main.annotations.map(({ message }) => message).join()).toMatch(/CLAUDE_LOGIN was deleted/);
    expect(here.github.history(SECRET)).toHaveLength(1);
  });

  test("is written by a person while the login is being renewed: theirs is kept, the job goes on", async () => {
    here = await stage();
    await here.signIn();
    const fresh = await here.oidc.issue();
    const pasted = claudeFileOf(fresh, Date.now() + 3_600_000);
    const held = here.oidc.hold("after-commit");
    void held.committed.then(() => {
      // Not in the second of our own probe: GitHub's times are whole seconds.
      setTimeout(() => {
        here.github.setSecretByUser(SECRET, pasted, { at: Date.now() });
        held.release();
      }, 1100);
    });
    const { main } = await here.run({ also: [fresh.accessToken, fresh.refreshToken] });
    expect(main.exitCode).toBe(0);
    expect(main.outputs["rotated"]).toBe("false");
    expect(main.annotations).toContainEqual(
      expect.objectContaining({
        level: "warning",
        message: expect.stringMatching(/was written by somebody else, and theirs was kept/),
      }),
    );
    expect(here.secret()).toBe(pasted);
    expect(await here.loginIsAlive()).toBe(true);
  });
});

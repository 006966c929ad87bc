/** The renewed login cannot be stored at once, or somebody else writes the secret meanwhile. */
import { afterEach, describe, expect, test } from "vitest";
import { claudeFileOf, envelopeOf, SECRET, type Stage, stage } from "./stage.ts";

let here: Stage;
afterEach(() => here.close());
const PUT_LOGIN = { method: "PUT", path: new RegExp(`/${SECRET}$`) };

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

  test("cannot be written, and the provider gave no new refresh token: what stands there renews the login", async () => {
    here = await stage();
    await here.signIn();
    here.oidc.fault("no-rotation");
    here.github.fault(
      { ...PUT_LOGIN, times: Number.POSITIVE_INFINITY },
      { do: "answer", status: 403, body: { message: "no" } },
    );
    const { main, post } = await here.run();
    for (const { annotations } of [main, post]) {
      expect(annotations.at(-1)).toMatchObject({
        level: "error",
        message: expect.stringMatching(/renews it all the same(?!.*([Ss]ign in again|has ended))/s),
      });
    }
    expect(await here.loginIsAlive()).toBe(true);
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
        here.github.setSecretByUser(SECRET, pasted, { at: here.now() });
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

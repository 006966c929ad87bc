/** The answer to a refresh is lost: the login lives wherever the provider lets it, and the one loss is told as what it is. */
import { afterEach, describe, expect, test } from "vitest";
import { type Stage, stage } from "./stage.ts";

let here: Stage;
afterEach(() => here.close());

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

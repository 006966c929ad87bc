/** Jobs that share a login and let the provider's own program renew it, which says that it was not taken and not why. */
import { describe, expect, test, vi } from "vitest";
import { newStage, type Stage, type StagedJob } from "../../model/stage.ts";
import { HOUR, MINUTE, NOW } from "./support.ts";

vi.mock("../../../src/ledger/open.ts", async () => ({ openLedger: (await import("../../model/stage.ts")).ledgerOf }));

/** A job whose Claude Code gets this status for every token; with the tokens that it was given. */
function jobWith(stage: Stage, options: Parameters<Stage["job"]>[0] = {}, status = 400) {
  const sent: number[] = [];
  const settings = { "refresh-with": "cli", "token-url": "", ...options.settings };
  const job = stage.job({ ...options, settings });
  Object.assign(job.world, {
    run: (async (_command, _args, { env }) => {
      sent.push(stage.numberOf(env?.["CLAUDE_CODE_OAUTH_REFRESH_TOKEN"]));
      const stderr = `Login failed: Request failed with status code ${status}\n`;
      return { status: 1, missing: false, stdout: "", stderr };
    }) satisfies StagedJob["world"]["run"],
  });
  return { job, sent };
}

function failureOf({ outcome }: StagedJob) {
  if (outcome?.type !== "failed") throw new Error("it has not failed");
  return outcome.failure;
}

describe("a login that the official program could not renew, and does not say why", () => {
  test.each([400, 401])("(%i) is not marked as dead, and is sent once by each job", async (status) => {
    const stage = await newStage();
    await stage.seed(0, { accessExpiresAt: NOW + MINUTE });
    const one = jobWith(stage, { name: "one" }, status);
    await stage.play([one.job]);
    expect(failureOf(one.job)).toMatchObject({
      code: "login-not-taken",
      message: expect.stringMatching(/Claude Code says .* did not take .*may .*on hold/),
    });
    expect(one.sent).toEqual([0]);
    expect(stage.record()).toMatchObject({ dead: undefined, lease: undefined, generation: 0 });

    // The account's owner has settled it: the next job renews, though nobody has signed in.
    const next = stage.job({ name: "next" });
    await stage.play([next]);
    expect(next.outcome).toMatchObject({ type: "acquired", acquired: { source: "refreshed" } });
  });

  test("is none that a job may go on with: what stands in its way needs a person", async () => {
    const stage = await newStage();
    await stage.seed(0, { accessExpiresAt: NOW + 10 * MINUTE });
    const { job } = jobWith(stage);
    await stage.play([job]);
    expect(failureOf(job).code).toBe("login-not-taken");
  });

  test("and is a fresh sign-in: the job uses the ledger's, and the sign-in is not taken for an old one", async () => {
    const stage = await newStage();
    const before = await stage.seed(0, { accessExpiresAt: NOW + 8 * HOUR });
    const credential = stage.loginOf(1);
    const { job, sent } = jobWith(stage, { credential });
    await stage.play([job]);
    expect(job.outcome).toMatchObject({ type: "acquired", acquired: { source: "ledger" } });
    expect(sent).toEqual([1]);
    expect(job.recorded.of("warning").join()).toMatch(/was not taken .*\[login-not-taken\]/);
    expect(stage.record()).toMatchObject({ lineage: before.lineage, dead: undefined, lease: undefined });

    const next = stage.job({ name: "next", credential });
    await stage.play([next]);
    expect(next.outcome).toMatchObject({ type: "acquired", acquired: { source: "refreshed" } });
    expect(stage.record()?.lineage).not.toBe(before.lineage);
  });

  test("and begins the ledger: nothing is begun, and another job may try it", async () => {
    const stage = await newStage();
    const { job, sent } = jobWith(stage, { credential: stage.loginOf(0) });
    await stage.play([job]);
    expect(failureOf(job).code).toBe("login-not-taken");
    expect(sent).toEqual([0]);
    expect(stage.record()?.dead).toBeUndefined();
  });
});

/** An intent that the ledger does not take, or not at once: nothing is sent, and nobody waits for it for long. */
import { expect, test, vi } from "vitest";
import { LedgerProblem } from "../../../src/ledger/ledger.ts";
import { ledgerOf, newStage, type Stage, type StagedJob } from "../../model/stage.ts";
import { MINUTE, NOW, SECOND } from "./support.ts";

vi.mock("../../../src/ledger/open.ts", async () => ({ openLedger: (await import("../../model/stage.ts")).ledgerOf }));

/** A job whose first writes are turned away, as a server does it that counts calls. */
async function turnedAway(retryAfterMs: number, times: number, accessExpiresAt: number) {
  const stage = await newStage();
  await stage.seed(0, { accessExpiresAt });
  const job = stage.job();
  const ledger = ledgerOf(job.world);
  const inner = ledger.compareAndSwap;
  let left = times;
  Object.assign(ledger, {
    async compareAndSwap(...args: Parameters<typeof inner>) {
      if (left-- > 0) throw new LedgerProblem("throttled", false, { retryAfterMs });
      return inner(...args);
    },
  });
  await stage.play([job]);
  return { stage, job };
}

const waited = (stage: Stage): number => stage.now() - NOW;
const said = ({ outcome }: StagedJob): string => (outcome?.type === "failed" ? outcome.failure.explain() : "");

test("a server that asks for hours is not waited for: the job has what the ledger holds, and says why", async () => {
  const { stage, job } = await turnedAway(150 * MINUTE, Infinity, NOW + 20 * MINUTE);
  expect(job.outcome).toMatchObject({ type: "acquired", acquired: { source: "ledger" } });
  expect(job.recorded.of("warning").join()).toContain("It asks to wait 9000 s.");
  expect(waited(stage)).toBeLessThan(SECOND);
  expect(stage.sent).toEqual([]);
});

test("without anything to go on with, it is told at once that nothing was spent", async () => {
  const { stage, job } = await turnedAway(31 * SECOND, Infinity, NOW);
  expect(said(job)).toMatch(/It asks to wait 31 s\..* Nothing was spent\..*\[ledger-unreachable\]/);
  expect([waited(stage), stage.sent]).toEqual([0, []]);
});

test("half a minute is waited for", async () => {
  const { stage, job } = await turnedAway(30 * SECOND, 1, NOW);
  expect(job.outcome).toMatchObject({ type: "acquired", acquired: { source: "refreshed" } });
  expect([waited(stage), stage.sent]).toEqual([30 * SECOND, [0]]);
});

test("a conflict at the last try is looked at, too: it may be our own write", async () => {
  const stage = await newStage();
  await stage.seed(0, { accessExpiresAt: NOW });
  const job = stage.job();
  const ledger = ledgerOf(job.world);
  const inner = ledger.compareAndSwap;
  let tries = 0;
  Object.assign(ledger, {
    async compareAndSwap(...args: Parameters<typeof inner>) {
      tries++;
      // A server that lags, until the request arrives twice.
      if (tries === 4) await inner(...args);
      return tries <= 4 ? { type: "conflict" } : inner(...args);
    },
  });
  await stage.play([job]);
  expect(job.outcome).toMatchObject({ type: "acquired", acquired: { source: "refreshed" } });
  expect(waited(stage)).toBeLessThan(SECOND);
});

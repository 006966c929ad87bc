/** A login in a ledger is ended while jobs go on: only what the provider was told of is marked, and stays so. */
import { randomBytes } from "node:crypto";
import { describe, expect, test, vi } from "vitest";
import { endEverywhere, type Report } from "../../../src/cli/revoke/end-everywhere.ts";
import { type Holdings, lookAgain } from "../../../src/cli/revoke/holdings.ts";
import { openLedgerLogin } from "../../../src/cli/revoke/ledger.ts";
import { LedgerProblem } from "../../../src/ledger/ledger.ts";
import { recordOf, type RootRecord } from "../../../src/ledger/record.ts";
import type { Session } from "../../../src/ledger/session.ts";
import { settleShared } from "../../../src/ledger/settle-shared.ts";
import type { World } from "../../../src/world/world.ts";
import { newStage, type Stage, type StagedJob } from "../../model/stage.ts";
import { answer, HOUR, MINUTE, NOW, SECOND } from "./support.ts";

vi.mock("../../../src/ledger/open.ts", async () => ({ openLedger: (await import("../../model/stage.ts")).ledgerOf }));

const ENDED = { why: "revoked by its owner" };

interface Desk {
  readonly stage: Stage;
  /** The ledger as this person's machine sees it; `during` is called with each write of it. */
  readonly session: Session;
  /** Numbers of the tokens that the provider was told. */
  readonly told: number[];
  holdings(): Promise<Holdings>;
  end(holdings: Holdings): Promise<Report>;
}

/** @param during called when the provider is told of a token */
async function desk(stage: Stage, during: () => unknown = () => {}): Promise<Desk> {
  const job = stage.job();
  const told: number[] = [];
  const world: World = {
    ...job.world,
    sleep: async (ms) => stage.pass(ms),
    async http(request) {
      told.push(stage.numberOf((JSON.parse(request.body ?? "") as { token: string }).token));
      await during();
      return answer(200, {}, { "request-id": "1" });
    },
  };
  const session = { ...job.session(), world, ledger: stage.memory.ledger() };
  return {
    stage,
    session,
    told,
    async holdings() {
      const ledger = await openLedgerLogin(session);
      const credentials = ledger?.credentials ?? [];
      return {
        provider: "anthropic",
        credentials,
        detected: undefined,
        path: undefined,
        own: undefined,
        ledger,
        files: [],
      };
    },
    async end(holdings) {
      const report: Report = { done: [], left: [], notes: [] };
      await endEverywhere(world, job.inputs, holdings, undefined, report);
      return report;
    },
  };
}

/** A record, and somebody who renews it as a job does. */
async function shared(): Promise<{ stage: Stage; renew: () => Promise<void> }> {
  const stage = await newStage();
  await stage.seed(0, { accessExpiresAt: NOW + 2 * HOUR });
  const renew = () => stage.play([stage.job({ name: "rotator", settings: { refresh: "always" } })]);
  return { stage, renew };
}

const present = (stage: Stage): number => stage.numberOf(stage.record()?.refresh?.reveal());

test("what a job has renewed while a person was asked is what is ended", async () => {
  const { stage, renew } = await shared();
  const { holdings, end, told } = await desk(stage);
  const shown = await holdings();
  await renew();
  const report = await end(await lookAgain(shown));
  expect(told).toContain(present(stage));
  expect(report).toMatchObject({ done: [expect.anything(), expect.stringContaining("is ended")], left: [] });
  expect(stage.record()).toMatchObject({ generation: 1, dead: ENDED });
});

test("what a job renews while the provider is told is not marked: it is alive, and that is said", async () => {
  const { stage, renew } = await shared();
  let once = false;
  const { holdings, end, told } = await desk(stage, async () => {
    if (!once) await ((once = true), renew());
  });
  const report = await end(await holdings());
  expect(told).toEqual([0]);
  expect(report.left.join()).toMatch(/was not marked.*Nothing else was touched: run it again/);
  expect(stage.record()).toMatchObject({ generation: 1, dead: undefined });
  expect(await end(await holdings())).toMatchObject({ left: [] });
  expect(stage.record()).toMatchObject({ generation: 1, dead: ENDED });
});

describe("a sign-in that a job has taken over", () => {
  async function signIn(stage: Stage): Promise<void> {
    const record = stage.record() as RootRecord;
    await stage.put({ ...recordOf(stage.loginOf(7), "default", randomBytes), epoch: record.epoch + 1 });
  }

  test("while a person was asked is another login than the one that was shown", async () => {
    const { stage } = await shared();
    const { holdings } = await desk(stage);
    const shown = await holdings();
    await signIn(stage);
    await expect(lookAgain(shown)).rejects.toMatchObject({ code: "ledger-busy" });
  });

  test("while the provider is told stays alive", async () => {
    const { stage } = await shared();
    const { holdings, end } = await desk(stage, () => signIn(stage));
    expect((await end(await holdings())).left.join()).toContain("was not marked");
    expect(stage.record()?.dead).toBeUndefined();
  });
});

test("the mark says when it was made, not when the record was written before", async () => {
  const { stage } = await shared();
  const { holdings, end } = await desk(stage);
  stage.pass(180 * MINUTE);
  await end(await holdings());
  expect(stage.record()?.dead?.at).toBe(NOW + 180 * MINUTE);
});

test("a ledger that is down for a moment is asked again; one that stays so is told as such", async () => {
  for (const [times, done] of [
    [3, true],
    [Infinity, false],
  ] as const) {
    const { stage } = await shared();
    const { holdings, end, session } = await desk(stage);
    const shown = await holdings();
    const { compareAndSwap } = session.ledger;
    let left: number = times;
    Object.assign(session.ledger, {
      async compareAndSwap(...args: Parameters<typeof compareAndSwap>) {
        if (left-- > 0) throw new LedgerProblem("unreachable", false);
        return compareAndSwap(...args);
      },
    });
    const report = await end(shown);
    expect(report.left.join()).toMatch(done ? /^$/ : /could not be marked: The ledger .* could not be reached/);
    expect(stage.record()?.dead !== undefined).toBe(done);
  }
});

describe("while a job has it", () => {
  test("to renew it: it is said when to look again, and what the job then publishes stays ended", async () => {
    const { stage } = await shared();
    const rotator = stage.job({ name: "rotator", settings: { refresh: "always" } });
    await rotator.start();
    while (rotator.waiting !== "send") await rotator.go();
    const { holdings, end } = await desk(stage);
    const { notes } = await end(await holdings());
    expect(notes.join()).toContain("in two minutes");
    await stage.play([rotator]);
    expect(stage.record()).toMatchObject({ generation: 1, lease: undefined, dead: ENDED, accessExpiresAt: NOW });
    // And to look again is to end that, too.
    const again = await desk(stage);
    await again.end(await again.holdings());
    expect(again.told).toContain(present(stage));
    await expectEnded(stage);
  });

  test("for its program: it is said until when, and what its post step gives back stays ended", async () => {
    const { stage } = await shared();
    const lender = stage.job({ name: "lender", settings: { "write-refresh-token": "true" } });
    await stage.play([lender]);
    const { holdings, end } = await desk(stage);
    const { notes } = await end(await holdings());
    expect(notes.join()).toMatch(/the program of lender of run 7, attempt 1 has this login.*when that job has ended/);

    stage.pass(3 * HOUR);
    const post = lender.post();
    const captured = stage.loginOf(5, { generation: 1, accessExpiresAt: stage.now() + HOUR });
    await played(stage, post, settleShared(post.world, post.inputs, undefined, captured, undefined));
    expect(present(stage)).toBe(5);
    expect(stage.record()).toMatchObject({ generation: 1, lease: undefined, dead: ENDED });
    await expectEnded(stage);
  });

  async function expectEnded(stage: Stage): Promise<void> {
    const sent = stage.sent.length;
    const other = stage.job({ name: "other" });
    await stage.play([other]);
    expect(other.outcome).toMatchObject({ type: "failed", failure: { code: "login-refused" } });
    expect(stage.sent).toHaveLength(sent);
  }
});

/** A part of a post step, with its calls let through. */
async function played(stage: Stage, post: StagedJob, work: Promise<void>): Promise<void> {
  const ended = new AbortController();
  const ending = work.finally(() => ended.abort());
  while (!ended.signal.aborted) {
    await new Promise<void>((resolve) => void setImmediate(resolve));
    if (post.waiting === "sleep") stage.pass(SECOND);
    if (post.waiting !== undefined) await Promise.race([post.go(), ending]);
  }
  await ending;
}

test("a fresh sign-in begins anew", async () => {
  const { stage } = await shared();
  const { holdings, end } = await desk(stage);
  await end(await holdings());
  const credential = stage.loginOf(1, { accessExpiresAt: NOW });
  const job = stage.job({ credential });
  await stage.play([job]);
  expect(job.outcome).toMatchObject({ type: "acquired", acquired: { source: "refreshed" } });
  expect(stage.record()?.dead).toBeUndefined();
});

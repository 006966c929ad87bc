/** A check-out is given back by post, whatever becomes of its calls: nothing else ends it for hours. */
import { expect, test, vi } from "vitest";
import type { RootRecord } from "../../../src/ledger/record.ts";
import { type Call, type Fate, ledgerOf, newStage, type Stage, type StagedJob } from "../../model/stage.ts";
import { HOUR, MINUTE, NOW, SECOND } from "./support.ts";

vi.mock("../../../src/ledger/open.ts", async () => ({ openLedger: (await import("../../model/stage.ts")).ledgerOf }));

const LEND = { "write-refresh-token": "true" };

/** A record with a good access token, and a job that is to get all of it. */
async function lender(change: Partial<RootRecord> = {}): Promise<{ stage: Stage; main: StagedJob }> {
  const stage = await newStage();
  await stage.seed(0, { accessExpiresAt: NOW + 2 * HOUR, ...change });
  return { stage, main: stage.job({ name: "lender", settings: LEND }) };
}

/** The login is lent, and post's calls go as said. Its program has renewed nothing. */
async function giveBack(fate: (call: Call, since: number) => Fate | undefined) {
  const { stage, main } = await lender();
  await stage.play([main]);
  expect(stage.record()?.lease).toMatchObject({ phase: "checked-out" });
  const post = main.post();
  await stage.play([post], (_, call) => fate(call, stage.now() - NOW));
  return { stage, post, warned: post.recorded.of("warning").join() };
}

/** Other fates for the first swaps. */
function first(count: number, fate: Fate) {
  let left = count;
  return (call: Call): Fate | undefined => (call === "swap" && left-- > 0 ? fate : undefined);
}

test.each([
  ["a write that is lost", first(1, "lost-before")],
  ["a write whose answer is lost", first(1, "lost-after")],
  ["a write that is turned away", first(2, "throttled")],
  ["somebody else who writes meanwhile, or a server that lags", first(3, "conflict")],
  [
    "a ledger that is down for ten seconds",
    (_: Call, since: number) => (since < 10 * SECOND ? "lost-before" : undefined),
  ],
] as const)("after %s", async (_, fate) => {
  const { stage, warned } = await giveBack(fate);
  expect(stage.record()).toMatchObject({ generation: 0, epoch: 1, lease: undefined });
  expect(warned).toBe("");
});

test.each([
  ["every write is lost", first(Infinity, "lost-before"), 15 * SECOND],
  ["there is no end of conflicts", first(Infinity, "conflict"), 15 * SECOND],
  ["the token may not write any more", first(Infinity, "forbidden"), 0],
  ["nothing can be read", () => "lost-before" as const, 10 * SECOND],
])("it is told that others have to wait, if %s", async (_, fate, tried) => {
  const { stage, warned } = await giveBack(fate);
  expect(stage.record()?.lease).toMatchObject({ phase: "checked-out" });
  expect(warned).toContain("could not be given back");
  expect(stage.now() - NOW).toBeGreaterThanOrEqual(tried);
  expect(stage.now() - NOW).toBeLessThan(45 * SECOND);
});

test("a post step that is asked to stop does it first, for some seconds", async () => {
  const { stage, main } = await lender();
  await stage.play([main]);
  const post = main.post();
  const { holdSignals } = post.world;
  let holds = 0;
  Object.assign(post.world, {
    holdSignals: () => ((holds += 1), { ...holdSignals(), release: () => void (holds -= 1) }),
  });
  const held: boolean[] = [];
  await stage.play([post], (_, call) => {
    held.push(holds > 0);
    post.signal();
    return call === "swap" ? "lost-before" : undefined;
  });
  expect(new Set(held)).toEqual(new Set([true]));
  expect([held.length > 2, holds, stage.now() - NOW < 8 * SECOND]).toEqual([true, 0, true]);
});

/** Main dies while its request is under way. Gives what makes it arrive. */
async function killedWithItsRequest(stage: Stage, main: StagedJob): Promise<() => Promise<string>> {
  const ledger = ledgerOf(main.world);
  const inner = ledger.compareAndSwap;
  let late: Parameters<typeof inner> | undefined;
  Object.assign(ledger, {
    compareAndSwap(...args: Parameters<typeof inner>) {
      late = args;
      return inner(...args);
    },
  });
  await stage.play([main], (_, call) => (call === "swap" ? "killed-before" : undefined));
  expect(main.killed).toBe(true);
  return async () => (await stage.memory.ledger().compareAndSwap(...(late as Parameters<typeof inner>))).type;
}

test("a request of a main step that was killed arrives when post has looked: nothing comes of it", async () => {
  const { stage, main } = await lender();
  const arrive = await killedWithItsRequest(stage, main);
  const post = main.post();
  await stage.play([post]);
  expect(await arrive()).toBe("conflict");
  expect(stage.record()).toMatchObject({ generation: 0, epoch: 0, lease: undefined });
  expect(post.recorded.of("warning")).toEqual([]);
  stage.pass(3 * HOUR);
  const other = stage.job({ name: "other" });
  await stage.play([other]);
  expect(stage.sent).toEqual([0]);
});

test("it arrives between post's look and its write: post gives it back as any other", async () => {
  const { stage, main } = await lender();
  const arrive = await killedWithItsRequest(stage, main);
  const post = main.post();
  let arrived: Promise<string> | undefined;
  await stage.play([post], (_, call) => void (call === "swap" && (arrived ??= arrive())));
  expect(await arrived).toBe("swapped");
  expect(stage.record()).toMatchObject({ generation: 0, epoch: 1, lease: undefined });
});

test("the lease of a job that died before is not brought to life by that", async () => {
  const lease = { owner: "dead", nonce: "x", phase: "intent", ttlMs: 2 * MINUTE, attempts: 1 } as const;
  const { stage, main } = await lender({ epoch: 3, lease });
  stage.pass(10 * MINUTE);
  const arrive = await killedWithItsRequest(stage, main);
  await stage.play([main.post()]);
  expect(await arrive()).toBe("conflict");
  expect(stage.record()).toMatchObject({ epoch: 3, lease: undefined });
});

test("whoever has come by since has made it a conflict: post writes nothing", async () => {
  const { stage, main } = await lender();
  const arrive = await killedWithItsRequest(stage, main);
  const other = stage.job({ name: "other", settings: { refresh: "always" } });
  await stage.play([other], (_, call) => (call === "send" ? "killed-before" : undefined));
  const { length } = stage.memory.history;
  await stage.play([main.post()]);
  expect(stage.memory.history).toHaveLength(length);
  expect(await arrive()).toBe("conflict");
  expect(stage.record()?.lease?.owner).toContain("other");
});

test("what was never lent is not said to be", async () => {
  const { stage, main } = await lender();
  await stage.play([main], (_, call) => (call === "swap" ? "forbidden" : undefined));
  const post = main.post();
  await stage.play([post], (_, call) => (call === "swap" ? "forbidden" : undefined));
  // Once for what was lent, of which no file is left, and once to give it back.
  expect(post.calls).toEqual(["load", "load", "swap"]);
  expect(post.recorded.of("warning")).toEqual([]);
});

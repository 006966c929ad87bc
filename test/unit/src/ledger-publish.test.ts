/** How long main tries to publish what it has renewed, and what becomes of it meanwhile. */
import { describe, expect, test, vi } from "vitest";
import { LedgerProblem, type Swap } from "../../../src/ledger/ledger.ts";
import { type Fate, ledgerOf, newStage, type Stage, type StagedJob, WITH_SECRET } from "../../model/stage.ts";
import { type FakeCache, fakeCache } from "../../support/cache/fake.ts";
import { HOUR, NOW, SECOND } from "./support.ts";

vi.mock("../../../src/ledger/open.ts", async () => ({ openLedger: (await import("../../model/stage.ts")).ledgerOf }));

/** Others take over 135 s after the intent. */
const TAKEOVER = NOW + 135 * SECOND;

interface Told {
  readonly stage: Stage;
  readonly main: StagedJob;
  /** When the secret had it, and when the last call of the ledger came; ms after the intent. */
  readonly times: { secret?: number; last: number };
}

/** Renews the record's login, which the ledger then does not take for `forMs` after the intent. */
async function renew(
  forMs: number,
  options: Parameters<Stage["job"]>[0] = {},
  fate: Fate = "lost-before",
  during: (told: Told) => void = () => {},
): Promise<Told> {
  const stage = await newStage();
  await stage.seed(0, { accessExpiresAt: NOW });
  stage.secret.updatedAt = NOW - HOUR;
  const main = stage.job({ name: "renewer", credential: stage.loginOf(0, { accessExpiresAt: NOW }), ...options });
  const told: Told = { stage, main, times: { last: 0 } };
  await stage.play([main], (job, call) => {
    if (!job.calls.includes("send") || call === "send") return undefined;
    const since = stage.now() - NOW;
    if (call === "secret") told.times.secret = since;
    else told.times.last = since;
    during(told);
    return (call === "load" || call === "swap") && since < forMs ? fate : undefined;
  });
  return told;
}

const settled = ({ main }: Told): boolean => main.recorded.state["published"] !== undefined;

test("a ledger that is back before others may take over gets it: nobody sends what was spent", async () => {
  const told = await renew(100 * SECOND);
  const { stage, main } = told;
  expect(settled(told)).toBe(true);
  expect(stage.now()).toBeLessThan(TAKEOVER);
  expect(stage.record()).toMatchObject({ generation: 1, by: 1, lease: undefined });
  expect(main.recorded.of("notice").join()).toContain("now stands in the record in memory after all");
  // Nothing is left to post.
  const post = main.post();
  await stage.play([post]);
  expect(post.calls).toEqual([]);
  const other = stage.job({ name: "other" });
  await stage.play([other]);
  expect(stage.sent).toEqual([0]);
});

test("the secret has it after a minute, and the ledger after that", async () => {
  const told = await renew(100 * SECOND, { settings: WITH_SECRET });
  const { stage, main, times } = told;
  expect(times.secret).toBeLessThan(62 * SECOND);
  expect(settled(told)).toBe(true);
  expect(stage.record()).toMatchObject({ generation: 1, lease: undefined });
  expect(stage.secret.login()).toMatchObject({ generation: 1, shared: { unpublished: { epoch: 1 } } });
  // It says that it was not published, which is no longer so: it is a copy like any other.
  stage.pass(9 * HOUR);
  const next = stage.job({ name: "next", text: stage.secret.value as string, settings: WITH_SECRET });
  await stage.play([next]);
  expect(stage.sent).toEqual([0, stage.numberOf(main.outcome?.type === "acquired" ? refreshOf(main) : "")]);
  expect(stage.record()).toMatchObject({ generation: 2, lease: undefined });
  expect(stage.secret.login()).toMatchObject({ generation: 2 });
});

const refreshOf = ({ outcome }: StagedJob): string =>
  outcome?.type === "acquired" ? (outcome.acquired.credential.refresh?.reveal() ?? "") : "";

test("a secret that did not take it gets it beside the ledger, when that is back", async () => {
  const told = await renew(100 * SECOND, { settings: WITH_SECRET }, "lost-before", ({ stage }) => {
    stage.secret.down = stage.now() < NOW + 100 * SECOND;
  });
  expect(settled(told)).toBe(true);
  expect(told.stage.secret.login()?.generation).toBe(1);
  expect(told.stage.secret.login()?.shared?.unpublished).toBeUndefined();
});

test.each([
  ["without a secret", {}],
  ["with one", WITH_SECRET],
])("%s it gives up right before others may take over, and not much before", async (_, settings) => {
  const told = await renew(Infinity, { settings });
  expect(settled(told)).toBe(false);
  expect(NOW + told.times.last).toBeLessThan(TAKEOVER - 15 * SECOND);
  expect(NOW + told.times.last).toBeGreaterThan(TAKEOVER - 35 * SECOND);
  expect(told.main.outcome?.type).toBe("acquired");
});

test("a ledger that asks for more than a minute gets it, after whatever else takes the login", async () => {
  const stage = await newStage();
  await stage.seed(0, { accessExpiresAt: NOW });
  const job = stage.job();
  const ledger = ledgerOf(job.world);
  const inner = ledger.compareAndSwap;
  let turnedAway = 0;
  Object.assign(ledger, {
    async compareAndSwap(expected: string | undefined, text: string): Promise<Swap> {
      if (!job.calls.includes("send") || stage.now() > NOW + 45 * SECOND) return inner(expected, text);
      turnedAway++;
      throw new LedgerProblem("throttled", false, { retryAfterMs: 65 * SECOND });
    },
  });
  await stage.play([job]);
  expect(turnedAway).toBe(2);
  expect(job.recorded.state["published"]).toBeDefined();
});

describe("the recovery copy", () => {
  const withCache = async (cache: FakeCache) => renew(100 * SECOND, { cache });
  test("is made and told before the last tries, whose end the job may not live to see", async () => {
    const cache = fakeCache();
    const told = await withCache(cache);
    expect(cache.entries).toHaveLength(1);
    expect(told.main.recorded.of("summary").join("")).toMatch(/^ocrec1\./m);
    expect(settled(told)).toBe(true);
  });
});

test("after a signal it tries no longer than before", async () => {
  let asked = 0;
  const told = await renew(100 * SECOND, { settings: WITH_SECRET }, "lost-before", ({ main, stage }) => {
    if (asked === 0 && stage.now() > NOW + 30 * SECOND) {
      asked = stage.now();
      main.signal();
    }
  });
  expect(asked).toBeGreaterThan(0);
  expect(settled(told)).toBe(false);
  expect(NOW + told.times.last - asked).toBeLessThanOrEqual(7 * SECOND);
});

test("what an earlier job had renewed is tried for a minute, as ever: its own lease is none of this job's", async () => {
  const { stage, main } = await renew(Infinity, { settings: WITH_SECRET });
  stage.pass(9 * HOUR);
  const since = stage.now();
  const text = stage.secret.value as string;
  const next = stage.job({ name: "next", text, settings: WITH_SECRET });
  let swaps = 0;
  await stage.play([next], (_, call) => (call === "swap" && swaps++ > 0 ? "lost-before" : undefined));
  expect(stage.now() - since).toBeLessThan(80 * SECOND);
  expect(main.killed).toBe(false);
  expect(stage.sent).toEqual([0]);
});

describe("a runner whose files cannot be written any more, once the token was sent,", () => {
  /** As `fs.appendFileSync` fails on a full disk. */
  function fillDisk({ main }: Pick<Told, "main">): void {
    main.world.runner.state = () => {
      throw Object.assign(new Error("no space"), { code: "ENOSPC", syscall: "write" });
    };
  }

  test("keeps the renewed login neither from the ledger nor from the secret", async () => {
    const stage = await newStage();
    await stage.seed(0, { accessExpiresAt: NOW });
    stage.secret.updatedAt = NOW - HOUR;
    const credential = stage.loginOf(0, { accessExpiresAt: NOW });
    const main = stage.job({ credential, settings: WITH_SECRET });
    await stage.play([main], (_, call) => void (call === "send" && fillDisk({ main })));
    expect(stage.record()).toMatchObject({ generation: 1, lease: undefined });
    expect(stage.secret.login()).toMatchObject({ generation: 1 });
    expect(main.recorded.of("warning").join()).toContain("ENOSPC");
  });

  test.each([
    ["which the secret has first", WITH_SECRET],
    ["which has a recovery copy first", {}],
  ])("keeps it not from the last tries of a ledger that is back late, %s", async (_, settings) => {
    const cache = fakeCache();
    const { stage, main } = await renew(100 * SECOND, { settings, cache }, "lost-before", fillDisk);
    expect(stage.record()).toMatchObject({ generation: 1, by: 1, lease: undefined });
    expect(main.recorded.of("notice").join()).toContain("now stands in the record in memory after all");
  });
});

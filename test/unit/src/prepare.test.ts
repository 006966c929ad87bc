import { describe, expect, test } from "vitest";
import type { SealedBody, Stored } from "../../../src/credential/envelope.ts";
import { Failure } from "../../../src/errors.ts";
import { ApiProblem } from "../../../src/rotation/github-api.ts";
import { storedLocation } from "../../../src/rotation/location.ts";
import { prepare, type Prepared } from "../../../src/rotation/rotate.ts";
import { type Fate, type FakeStore, fakeStore, LOCATION, type Step } from "./fake-store.ts";
import { DAY, failureIn, fakeWorld, type FakeWorld, HOUR, MINUTE, NOW, SECOND } from "./support.ts";

const stored = (change: Partial<Stored> = {}): Stored => ({
  savedAt: NOW - HOUR,
  location: storedLocation(LOCATION),
  probe: undefined,
  ...change,
});

interface Given {
  store?: Partial<FakeStore>;
  stored?: Stored | undefined;
  createSecrets?: boolean;
  runAttempt?: number;
  fate?: (step: Step, index: number) => Fate;
}

async function run({ store: facts = {}, stored: envelope, createSecrets = false, runAttempt = 1, fate }: Given) {
  const world: FakeWorld = fakeWorld();
  const store = await fakeStore(world, fate);
  Object.assign(store, { updatedAt: NOW - HOUR, ...facts });
  const rules = { createSecrets, runAttempt };
  return { world, store, done: () => prepare(world, store, { stored: envelope }, rules) };
}

/** The baseline, or the code of the Failure. */
const fateOf = async (done: () => Promise<Prepared>) =>
  done().then(
    ({ baseline }) => baseline,
    (error: unknown) => (error instanceof Failure ? error.code : error),
  );
const untouched = (store: FakeStore) => expect(store.steps).not.toContain("put");

describe("an envelope is stale", () => {
  test.each<[string, late: number, stale: boolean, baseline?: number]>([
    ["written when it says", 0, false],
    ["written in the second in which it says", -999, false],
    // A server that lags shows what stood there before: the copy's own writing must not look like somebody else's then.
    ["written before it says", -2 * SECOND, false, 10 * SECOND],
    ["written long before it says", -DAY, false, 10 * SECOND],
    ["written within 10 s", 10 * SECOND, false],
    ["written later", 11 * SECOND, true],
    ["written much later", DAY, true],
  ])("%s", async (_, late, stale, baseline = late) => {
    // However old the run, and whatever its attempt: the envelope knows better.
    for (const [createdAt, runAttempt] of [
      [NOW - 30 * DAY, 1],
      [NOW, 3],
      [undefined, 2],
    ] as const) {
      const { store, done } = await run({
        stored: stored(),
        store: { updatedAt: NOW - HOUR + late, createdAt },
        runAttempt,
      });
      expect(await fateOf(done)).toBe(stale ? "snapshot-stale" : NOW - HOUR + baseline);
      untouched(store);
    }
  });
});

describe("a pasted credential is stale", () => {
  const created = NOW - 10 * MINUTE;
  test.each<[string, Given, stale: boolean]>([
    ["stored before the run", { store: { updatedAt: created - 1, createdAt: created } }, false],
    ["stored in the second of the run", { store: { updatedAt: created, createdAt: created } }, false],
    ["stored after the run was created", { store: { updatedAt: created + SECOND, createdAt: created } }, true],
    ["stored after it, first attempt", { store: { updatedAt: NOW, createdAt: created }, runAttempt: 1 }, true],
    [
      "stored before the run, re-run",
      { store: { updatedAt: created - HOUR, createdAt: created }, runAttempt: 2 },
      false,
    ],
    ["run unknown, first attempt", { store: { createdAt: undefined }, runAttempt: 1 }, false],
    ["run unknown, re-run", { store: { createdAt: undefined }, runAttempt: 2 }, true],
    [
      "written by a rotation",
      { store: { createdAt: created, updatedAt: NOW - HOUR, probedAt: NOW - HOUR + SECOND } },
      true,
    ],
    ["written by a rotation, in its probe's second", { store: { createdAt: created, probedAt: NOW - HOUR } }, true],
    ["written by a slow rotation", { store: { createdAt: created, probedAt: NOW - HOUR + 3 * SECOND } }, true],
    ["signed in after a rotation", { store: { createdAt: created, probedAt: NOW - HOUR - SECOND } }, false],
    [
      "probed after it was stored: that refresh failed",
      { store: { createdAt: created, probedAt: NOW - HOUR + 4 * SECOND } },
      false,
    ],
  ])("%s", async (_, given, stale) => {
    const { store, done } = await run(given);
    expect(await fateOf(done)).toBe(stale ? "snapshot-stale" : store.updatedAt);
    untouched(store);
  });

  test("its earlier probe is read before ours is written", async () => {
    const { store, done } = await run({ store: { createdAt: NOW } });
    await done();
    expect(store.steps.indexOf("probeMeta")).toBeLessThan(store.steps.indexOf("probe"));
  });

  test("a re-run is told to start a new one", async () => {
    const { done } = await run({ store: { createdAt: undefined }, runAttempt: 2 });
    expect((await failureIn(done)).advice).toMatch(/new run/);
  });
});

describe("the place", () => {
  const elsewhere = (change: object) => stored({ location: { ...storedLocation(LOCATION), ...change } });
  test.each<[string, Stored]>([
    ["another name", elsewhere({ name: "OTHER" })],
    ["another repository", elsewhere({ repositoryId: "43" })],
    ["another repository, no ids", elsewhere({ repositoryId: undefined, repository: "o/other" })],
  ])("%s than the envelope's: refused without a call", async (_, envelope) => {
    const { store, done } = await run({ stored: envelope });
    expect((await failureIn(done)).code).toBe("secret-elsewhere");
    expect(store.steps).toEqual([]);
  });

  test.each<[string, Stored]>([
    ["in small letters", elsewhere({ name: "login" })],
    ["renamed repository", elsewhere({ repository: "new/name" })],
    ["no ids, the repository's name in other letters", elsewhere({ repositoryId: undefined, repository: "O/R" })],
  ])("%s: the same", async (_, envelope) => {
    const { done } = await run({ stored: envelope });
    expect(await done()).toMatchObject({ baseline: NOW - HOUR });
  });

  test("one that does not exist is a typo, unless it may be made", async () => {
    const missing = await run({ store: { updatedAt: undefined } });
    expect((await failureIn(missing.done)).code).toBe("secret-not-found");
    const { done } = await run({ store: { updatedAt: undefined }, createSecrets: true });
    expect(await done()).toMatchObject({ baseline: undefined });
  });

  test("the probe of the envelope is used, and kept for the next one", async () => {
    const probe: SealedBody = { encrypted_value: "x", key_id: "1" };
    const { store, done } = await run({ stored: stored({ probe }) });
    expect((await done()).probe).toEqual(probe);
    // No question more than it takes: is it stale, and may it be written.
    expect(store.steps.toSorted()).toEqual(["meta", "probe"]);
  });
});

describe("GitHub's answers", () => {
  const failing = (at: Step, problem: ApiProblem, times = Infinity) => {
    let left = times;
    return (step: Step): Fate => (step === at && left-- > 0 ? { refuse: problem } : {});
  };

  test.each<[string, Step, ApiProblem, string]>([
    ["the token may not write", "probe", new ApiProblem(403, true), "secret-forbidden"],
    ["the token has ended", "probe", new ApiProblem(401, true), "secret-forbidden"],
    ["the token does not see the repository", "probe", new ApiProblem(404, true), "secret-forbidden"],
    ["the token may not read", "meta", new ApiProblem(403, true), "secret-forbidden"],
    ["an outage", "meta", new ApiProblem(503, true), "github-unreachable"],
    ["no network", "probe", new ApiProblem(0, false), "github-unreachable"],
    ["a limit that lasts", "meta", new ApiProblem(403, true, 10 * MINUTE), "github-unreachable"],
  ])("%s: a Failure, before anything is spent", async (_, step, problem, code) => {
    for (const envelope of [stored(), undefined]) {
      const { world, done } = await run({ stored: envelope, fate: failing(step, problem) });
      expect((await failureIn(done)).code).toBe(code);
      expect(world.now() - NOW).toBeLessThan(40 * SECOND);
    }
  });

  test.each<[string, ApiProblem, pause: number]>([
    ["a 502", new ApiProblem(502, true), SECOND],
    ["a limit", new ApiProblem(403, true, 7 * SECOND), 7 * SECOND],
    ["no answer", new ApiProblem(0, true), SECOND],
  ])("%s that passes is waited for", async (_, problem, pause) => {
    const { world, done } = await run({ stored: stored(), fate: failing("probe", problem, 1) });
    await done();
    expect(world.pauses).toEqual([pause]);
  });

  test("what GitHub would accept is told", async () => {
    const problem = new ApiProblem(403, true, undefined, "secrets=write");
    const { done } = await run({ stored: stored(), fate: failing("probe", problem) });
    expect((await failureIn(done)).message).toContain("secrets=write");
  });
});

/**
 * The model of test/model: two jobs with the code beside it, three jobs without it. With MODEL=all in the environment
 * also its large scenarios, and the code beside all of them; `node test/model/explore.ts` explores all without it.
 */
import { expect, test, vi } from "vitest";
import { explore, type Explored, sayExplored } from "../../model/explore.ts";
import { fewWays, replay, sawBefore } from "../../model/replay.ts";
import { LARGE, MEDIUM, SMALL } from "../../model/scenarios.ts";

vi.mock("../../../src/ledger/open.ts", async () => ({ openLedger: (await import("../../model/stage.ts")).ledgerOf }));

const all = process.env["MODEL"] === "all";
const explored = [...SMALL, ...(all ? [...MEDIUM, ...LARGE] : [])].map((scenario) => explore(scenario, true));

function expectSound(found: readonly Explored[], fewestStates: number): void {
  const wrong = found.filter(({ violations }) => violations.length > 0).map(sayExplored);
  expect(wrong).toEqual([]);
  const states = found.reduce((sum, one) => sum + one.states, 0);
  expect(states).toBeGreaterThan(fewestStates);
}

test("whatever happens to one of two jobs, nothing comes of it that must not be", () => {
  expectSound(explored, 100_000);
});

test("whatever happens to one of three jobs, nothing comes of it that must not be", () => {
  const three = MEDIUM.map((scenario) => explore(scenario));
  expect(new Set(three.map(({ scenario }) => scenario.jobs.length))).toEqual(new Set([3]));
  expectSound(three, 250_000);
  const losses = three.flatMap(({ scenario, losses: lost }) =>
    [...lost.keys()].map((how) => `${scenario.manner}, ${how}`),
  );
  expect([...new Set(losses)].toSorted()).toEqual([
    "strict, killed after the provider renewed it, before the answer",
    "strict, killed with the answer, before it was published",
    "strict, the answer was lost",
  ]);
});

test("without a fault a login is never lost, and every job ends with a token, or is told why not", () => {
  const quiet = explored.filter(({ scenario }) => Object.values(scenario.faults).every((times) => times === 0));
  const ends = new Set(quiet.flatMap(({ endings }) => [...endings.keys()].flatMap((names) => names.split(" "))));
  expect([...ends].toSorted()).toEqual(["cannot-renew", "ledger", "re-run", "refreshed", "secret"]);
  expect(quiet.flatMap(({ losses }) => [...losses.keys()])).toEqual([]);
});

test("a killed job loses a login at the one moment only that no order of writing can save", () => {
  const losses = (name: RegExp) =>
    new Set(explored.filter(({ scenario }) => name.test(scenario.name)).flatMap((one) => [...one.losses.keys()]));
  expect([...losses(/strict, one is killed$/)].toSorted()).toEqual([
    "killed after the provider renewed it, before the answer",
    "killed with the answer, before it was published",
  ]);
  expect([...losses(/strict, one is killed, its post step runs at once$/)]).toEqual([
    "killed after the provider renewed it, before the answer",
  ]);
  expect([...losses(/strict, a swap is lost$|strict, one is turned away$/)]).toEqual([]);
  expect([...losses(/(same|latest|none), (one is killed|an answer is lost|a swap is lost)$/)]).toEqual([]);
});

test("the code does what the model does, in every kind of step", { timeout: all ? 900_000 : 120_000 }, async () => {
  const covered = new Set<string>();
  let steps = 0;
  for (const { scenario, ways } of explored) {
    for (const way of fewWays(ways, covered)) steps += await replay(scenario, way);
  }
  expect(covered.size).toBeGreaterThan(1000);
  expect(steps).toBeGreaterThan(6000);
  console.log(`${covered.size} kinds of steps, ${steps} steps compared`);
});

test("without server time the code does the same, where a job has seen a lease for as long as it lasts", async () => {
  const covered = new Set<string>();
  let steps = 0;
  let takenOver = 0;
  for (const { scenario, ways } of explored.filter(
    ({ scenario: { secret, manner } }) => secret === undefined && manner === "strict",
  )) {
    const agreeing = new Map([...ways].filter(([, way]) => sawBefore(way)));
    for (const way of fewWays(agreeing, covered)) {
      steps += await replay(scenario, way, false);
      if (way.some((action) => "to" in action)) takenOver++;
    }
  }
  expect(takenOver).toBeGreaterThan(20);
  expect(steps).toBeGreaterThan(1000);
  console.log(`${covered.size} kinds of steps, ${steps} steps compared, ${takenOver} ways in which a lease ended`);
}, 240_000);

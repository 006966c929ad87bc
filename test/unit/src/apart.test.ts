/** Two writings of one secret are never so close that the holder of the first could not know it for an old copy. */
import { describe, expect, test } from "vitest";
import { openEnvelope } from "../../../src/credential/envelope.ts";
import { findPlace } from "../../../src/refresh/index.ts";
import { comeApart } from "../../../src/rotation/apart.ts";
import type { FakeWorld } from "./support.ts";
import { paste, renew, stage, type Stage, storeOf } from "./places-support.ts";
import { failureIn, HOUR, newToken, SECOND } from "./support.ts";

/** A secret that holds what was renewed just now. */
async function justStored() {
  const here = await stage();
  paste(here, "LOGIN");
  await renew(here, "LOGIN");
  const copy = here.github.secret("LOGIN") ?? "";
  const { stored } = openEnvelope(copy);
  if (!stored) throw new Error("no envelope");
  return { here, copy, stored };
}

/** As a job does that holds the envelope. */
const prove = ({ world, inputs }: Stage, stored: Awaited<ReturnType<typeof justStored>>["stored"]) =>
  findPlace(world, inputs("LOGIN"), stored);
const waited = ({ pauses }: FakeWorld) => pauses.reduce((sum, ms) => sum + ms, 0);
const waitsTold = ({ recorded }: FakeWorld) => recorded.of("log").filter((line) => line.startsWith("Waiting "));

describe("a job that is to renew right after another has stored", () => {
  test.each([0, 300, 4 * SECOND, 9_900])(
    "waits, so that a third one, which holds the first copy, knows it (%i ms)",
    async (ms) => {
      const { here, copy, stored } = await justStored();
      here.world.pass(ms);
      await prove(here, stored);
      expect(waitsTold(here.world)).toHaveLength(1);
      await renew(here, "LOGIN", { credential: copy });
      expect((await failureIn(() => renew(here, "LOGIN", { credential: copy }))).code).toBe("snapshot-stale");
    },
  );

  test("says how long, and does not wait longer", async () => {
    const { here, stored } = await justStored();
    await prove(here, stored);
    const [line] = waitsTold(here.world);
    expect(line).toMatch(/^Waiting (8|9|10|11|12) s: the repository secret LOGIN was written a moment ago\./);
    expect(waited(here.world)).toBeLessThanOrEqual(13 * SECOND);
  });

  test("does not wait where the storing is some time ago", async () => {
    const { here, stored } = await justStored();
    here.world.pass(12 * SECOND);
    here.calls();
    await prove(here, stored);
    expect([waited(here.world), waitsTold(here.world), here.calls().length]).toEqual([0, [], 2]);
  });

  test("does not wait with a copy that is an old one", async () => {
    const { here, stored } = await justStored();
    here.world.pass(HOUR);
    paste(here, "LOGIN", newToken("ort"), { at: here.world.now() });
    expect((await failureIn(() => prove(here, stored))).code).toBe("snapshot-stale");
    expect(waited(here.world)).toBe(0);
  });

  test("does not wait for a time that only a wrong clock can have written", async () => {
    const { here, stored } = await justStored();
    await prove(here, { ...stored, savedAt: here.world.now() + HOUR });
    expect(waited(here.world)).toBe(0);
  });

  test("looks again after it: a login that somebody has stored meanwhile is not overwritten", async () => {
    const { here, stored } = await justStored();
    const { sleep } = here.world;
    here.world.sleep = async (ms) => {
      await sleep(ms);
      paste(here, "LOGIN", newToken("ort"), { at: here.world.now() });
    };
    expect((await failureIn(() => prove(here, stored))).code).toBe("snapshot-stale");
  });

  test("goes by GitHub's clock, whatever that of the machine says", async () => {
    const { here, copy, stored } = await justStored();
    const { now } = here.world;
    const off = { ...here.world, now: () => now() - 9 * HOUR };
    await findPlace(off, here.inputs("LOGIN"), stored);
    expect(waitsTold(here.world)).toHaveLength(1);
    await renew(here, "LOGIN", { credential: copy });
    expect((await failureIn(() => prove(here, stored))).code).toBe("snapshot-stale");
  });
});

test("a wait that is not wanted any more ends", async () => {
  const { here, stored } = await justStored();
  const store = await storeOf(here, here.inputs("LOGIN"));
  await comeApart(here.world, store, stored.savedAt, undefined, () => here.world.pauses.length < 3);
  expect(here.world.pauses).toHaveLength(3);
});

test("GitHub that does not answer after it is said as what it is, and nothing is spent", async () => {
  const { here, stored } = await justStored();
  const { sleep } = here.world;
  here.world.sleep = async (ms) => {
    await sleep(ms);
    here.github.fault({ method: "GET", path: /LOGIN$/, times: Infinity }, { do: "answer", status: 502 });
  };
  expect((await failureIn(() => prove(here, stored))).code).toBe("github-unreachable");
});

import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { openEnvelope } from "../../../src/credential/envelope.ts";
import { ApiProblem } from "../../../src/rotation/github-api.ts";
import { prepare, storeGeneration, type StoreResult } from "../../../src/rotation/rotate.ts";
import { type Fate, type FakeStore, fakeStore, type Step } from "./fake-store.ts";
import { fakeWorld, type FakeWorld, HOUR, MINUTE, newLogin, NOW, SECOND } from "./support.ts";

const BEGUN = { tell: () => {} };
const LOGIN = newLogin({ generation: 4 });
const PROBE = { encrypted_value: "p", key_id: "1" };
const FAIL = {
  refused500: (): Fate => ({ refuse: new ApiProblem(500, true) }),
  lost: (): Fate => ({ lose: new ApiProblem(0, true) }),
  lost500: (): Fate => ({ lose: new ApiProblem(502, true) }),
  unsent: (): Fate => ({ refuse: new ApiProblem(0, false) }),
  limited: (): Fate => ({ refuse: new ApiProblem(403, true, 20 * SECOND) }),
  conflict: (): Fate => ({ refuse: new ApiProblem(409, true) }),
  forbidden: (): Fate => ({ refuse: new ApiProblem(403, true) }),
} as const;

interface Given {
  /** By call; the first is 0. */
  fate?: (step: Step, index: number, store: FakeStore) => Fate;
  baseline?: number | undefined;
  withKey?: boolean;
  probedAt?: number;
  /** ms from the beginning. */
  deadline?: number;
}

interface Done {
  world: FakeWorld;
  store: FakeStore;
  result: StoreResult;
}

async function run(given: Given = {}): Promise<Done> {
  const { fate, withKey = true, deadline = MINUTE } = given;
  const baseline = "baseline" in given ? given.baseline : NOW - HOUR;
  const world = fakeWorld();
  let store: FakeStore | undefined;
  const made = await fakeStore(world, (step, index) => (fate && store ? fate(step, index, store) : {}));
  const key = withKey ? await made.publicKey() : undefined;
  made.steps.length = 0;
  made.updatedAt = baseline;
  made.probedAt = given.probedAt;
  made.value = baseline === undefined ? undefined : "before";
  store = made;
  const result = await storeGeneration(
    world,
    store,
    LOGIN,
    { baseline, probe: PROBE },
    key,
    BEGUN,
    () => NOW + deadline,
  );
  return { world, store, result };
}

/** What is stored is the login, and a copy of it will not be taken for a stale one. */
async function expectStored({ world, store }: Done): Promise<void> {
  const { credential, stored } = openEnvelope(store.value ?? "");
  expect(credential.refresh?.reveal()).toBe(LOGIN.refresh?.reveal());
  expect(stored).toMatchObject({ probe: PROBE, location: { name: "LOGIN", repositoryId: "42" } });
  const rules = { createSecrets: false, runAttempt: 2 };
  await expect(prepare(world, store, { stored }, rules)).resolves.toMatchObject({ baseline: store.updatedAt });
}

const whose = ({ value }: FakeStore) => (value === "user" ? "theirs" : value?.startsWith("oc1.") ? "ours" : value);

/** Call number `at` of one kind (the first is 0) meets its fate. */
const nth = (step: Step, at: number, fate: (store: FakeStore) => Fate) => {
  let seen = 0;
  return (now: Step, _: number, store: FakeStore): Fate => (now === step && seen++ === at ? fate(store) : {});
};

describe("a generation is stored", () => {
  test("in four calls, where the key was fetched ahead; the probe marks it as a rotation", async () => {
    const done = await run();
    expect(done.result).toEqual({ type: "stored", confirmed: true, updatedAt: done.store.updatedAt });
    expect(done.store.steps).toEqual(["meta", "put", "probe", "meta"]);
    await expectStored(done);
  });

  test("with the key fetched now", async () => {
    const done = await run({ withKey: false });
    expect(done.result).toMatchObject({ type: "stored", confirmed: true });
    await expectStored(done);
  });

  test("into a secret that did not exist", async () => {
    const done = await run({ baseline: undefined });
    expect(done.result).toMatchObject({ type: "stored", confirmed: true });
    await expectStored(done);
  });

  test.each<[string, () => Fate, pauses: number[]]>([
    ["a server's error", FAIL.refused500, [SECOND]],
    ["no connection", FAIL.unsent, [SECOND]],
    ["a conflict", FAIL.conflict, [SECOND]],
    ["a limit, after the time that it asks for", FAIL.limited, [20 * SECOND]],
  ])("in spite of %s", async (_, fate, pauses) => {
    for (const step of ["meta", "put"] as const) {
      const done = await run({ fate: nth(step, 0, fate) });
      expect(done.result).toMatchObject({ type: "stored", confirmed: true });
      expect(done.world.pauses).toEqual(pauses);
      await expectStored(done);
    }
  });

  test("with pauses that double, up to 15 s", async () => {
    const fate = (step: Step): Fate => (step === "put" ? FAIL.refused500() : {});
    const { world, result } = await run({ fate, deadline: 5 * MINUTE });
    expect(world.pauses.slice(0, 6)).toEqual([1000, 2000, 4000, 8000, 15_000, 15_000]);
    expect(result.type).toBe("failed");
  });

  test("with the new key, if GitHub has replaced its own", async () => {
    const done = await run({ fate: nth("put", 0, (store) => ({ meanwhile: () => store.replaceKey() })) });
    expect(done.result).toMatchObject({ type: "stored", confirmed: true });
    expect(done.store.steps.filter((step) => step === "put")).toHaveLength(2);
    await expectStored(done);
  });

  test("and said to be unconfirmed, if it cannot be read back", async () => {
    let puts = 0;
    const fate = (step: Step): Fate => {
      if (step === "put") puts++;
      return step === "meta" && puts > 0 ? FAIL.refused500() : {};
    };
    const done = await run({ fate });
    expect(done.result).toMatchObject({ type: "stored", confirmed: false });
    expect(puts).toBe(1);
  });

  test("so that a copy does not look stale, however slow GitHub was", async () => {
    const slow = (step: Step): Fate => (step === "put" ? { before: 7500 } : { after: 7500 });
    const done = await run({ fate: slow });
    expect(done.result).toMatchObject({ type: "stored", confirmed: true });
    expect(done.store.steps.filter((step) => step === "put")).toHaveLength(1);
    await expectStored(done);
  });

  test.each<[string, () => Fate]>([
    ["no answer", FAIL.lost],
    ["a gateway's error", FAIL.lost500],
  ])("though the answer to it was lost (%s): said to be unconfirmed, and not written twice", async (_, fate) => {
    const done = await run({ fate: nth("put", 0, fate) });
    expect(done.result).toMatchObject({ type: "stored", confirmed: false, updatedAt: done.store.updatedAt });
    expect(done.store.steps).toEqual(["meta", "put", "meta"]);
    await expectStored(done);
  });
});

describe("another's login", () => {
  test("stored before ours is kept", async () => {
    const done = await run({ fate: nth("meta", 0, (store) => ({ meanwhile: () => store.signIn() })) });
    expect(done.result).toMatchObject({ type: "moved" });
    expect(whose(done.store)).toBe("theirs");
    expect(done.store.steps).not.toContain("put");
  });

  test("is not taken for our own rotation by the next run, though it came right after our probe", async () => {
    const fate = nth("meta", 0, (store) => ({ before: 2000, meanwhile: () => store.signIn() }));
    const done = await run({ fate, probedAt: NOW });
    expect(done.result.type).toBe("moved");
    done.store.createdAt = NOW + HOUR;
    const next = prepare(done.world, done.store, { stored: undefined }, { createSecrets: false, runAttempt: 1 });
    await expect(next).resolves.toMatchObject({ baseline: done.store.updatedAt });
  });

  test("one second younger than what we know is another's", async () => {
    const done = await run({
      fate: nth("meta", 0, (store) => ({ meanwhile: () => void (store.updatedAt = NOW - HOUR + SECOND) })),
    });
    expect(done.result).toMatchObject({ type: "moved" });
  });

  test("a secret that was deleted is not made again", async () => {
    const done = await run({
      fate: nth("meta", 0, (store) => ({ meanwhile: () => void (store.updatedAt = undefined) })),
    });
    expect(done.result).toMatchObject({ type: "moved" });
    expect(done.store.steps).not.toContain("put");
  });

  test("a secret that a token does not see any more was not deleted: it could not be stored", async () => {
    const gone = (step: Step): Fate =>
      step === "publicKey" ? { refuse: new ApiProblem(404, true) } : { meanwhile: () => {} };
    const hidden: Given["fate"] = (step, _, store) => {
      if (step === "meta") store.updatedAt = undefined; // what a 404 looks like
      return gone(step);
    };
    const done = await run({ fate: hidden });
    expect(done.result).toMatchObject({ type: "failed", failure: { code: "secret-forbidden" } });
    expect(done.store.steps).toEqual(["meta", "meta", "meta", "publicKey"]);
  });

  test("a secret that somebody made meanwhile is kept", async () => {
    const done = await run({
      baseline: undefined,
      fate: nth("meta", 0, (store) => ({ meanwhile: () => store.signIn() })),
    });
    expect(done.result).toMatchObject({ type: "moved" });
    expect(whose(done.store)).toBe("theirs");
  });

  test("stored while GitHub's new key was fetched is kept", async () => {
    const fate = nth("put", 0, (store) => ({ meanwhile: () => store.replaceKey() }));
    const meanwhile = nth("publicKey", 0, (store) => ({ meanwhile: () => store.signIn() }));
    const done = await run({ fate: (...call) => ({ ...fate(...call), ...meanwhile(...call) }) });
    expect(whose(done.store)).toBe("theirs");
  });

  test("stored while our read-back hung is kept", async () => {
    // Our write was quick. Its read-back gets no answer for 8 s; in that time a person signs in.
    const hang = nth("meta", 1, () => ({ before: 8000, refuse: new ApiProblem(0, true) }));
    const signIn = nth("meta", 2, (store) => ({ meanwhile: () => store.signIn() }));
    const done = await run({ fate: (...call) => ({ ...hang(...call), ...signIn(...call) }) });
    expect(whose(done.store)).toBe("theirs");
    // So that post, too, knows it for another's.
    expect((done.result as { updatedAt: number }).updatedAt).toBeLessThan(done.store.updatedAt as number);
  });

  test("is not what we wrote ourselves, by a clock of GitHub's that is ahead of the other", async () => {
    const ahead = nth("meta", 1, (store) => ({
      meanwhile: () => {
        store.updatedAt = (store.updatedAt as number) + 3 * SECOND;
      },
    }));
    const done = await run({ fate: ahead });
    expect(done.result).toMatchObject({ type: "stored", confirmed: true, updatedAt: done.store.updatedAt });
    await expectStored(done);
  });

  test("stored after a write without an answer cannot be told from ours: kept, and said to be unconfirmed", async () => {
    const unsure = nth("put", 0, () => ({ refuse: new ApiProblem(0, true) }));
    const signIn = nth("meta", 1, (store) => ({ meanwhile: () => store.signIn() }));
    const done = await run({ fate: (...call) => ({ ...unsure(...call), ...signIn(...call) }) });
    expect(done.result).toMatchObject({ type: "stored", confirmed: false });
    expect(whose(done.store)).toBe("theirs");
  });

  test("stored so long after a write without an answer that it cannot be ours is theirs", async () => {
    const unsure = nth("put", 0, () => ({ refuse: new ApiProblem(0, true), before: 12 * SECOND }));
    const signIn = nth("meta", 1, (store) => ({ meanwhile: () => store.signIn() }));
    const done = await run({ fate: (...call) => ({ ...unsure(...call), ...signIn(...call) }) });
    expect(done.result).toEqual({ type: "moved", deleted: false });
    expect(whose(done.store)).toBe("theirs");
  });

  /** Between our look and our write there is a moment that no server of secrets lets us close. */
  const unavoidable = (steps: readonly Step[], index: number): boolean => {
    const sinceLook = steps.slice(steps.slice(0, index).lastIndexOf("meta") + 1, index + 1);
    return sinceLook.at(-1) === "put" || sinceLook.at(-1) === "publicKey"
      ? sinceLook.slice(0, -1).every((step) => step === "publicKey")
      : false;
  };

  test.each([
    ["quick", 400],
    ["slow", 7000],
  ])("is kept whenever it comes, whatever fails; ours is stored once and well (%s answers)", async (_, longest) => {
    // Rare enough that a run often has one slow call, one trouble and one person, near each other.
    const time = fc.oneof({ weight: 4, arbitrary: fc.constant(20) }, fc.constant(longest), fc.nat(longest));
    const trouble = fc.oneof(
      { weight: 5, arbitrary: fc.constant(undefined) },
      fc.constantFrom(...(Object.keys(FAIL) as (keyof typeof FAIL)[])),
    );
    const calls = fc.array(fc.record({ before: time, after: time, trouble }), { minLength: 30, maxLength: 30 });
    const userAt = fc.option(fc.integer({ min: 0, max: 7 }), { nil: undefined, freq: 5 });
    await fc.assert(
      fc.asyncProperty(calls, userAt, fc.boolean(), fc.boolean(), async (script, at, withKey, exists) => {
        let race = false;
        let wrote = false;
        const fate = (step: Step, index: number, store: FakeStore): Fate => {
          const { trouble: name, before = 0, after = 0 } = script[index % script.length] ?? {};
          const here = { before, after, ...(name && FAIL[name]()) };
          if (index !== at) return here;
          const signIn = () => {
            wrote = true;
            race = unavoidable([...store.steps.slice(0, index), step], index);
            store.signIn();
          };
          return { ...here, meanwhile: signIn };
        };
        const baseline = exists ? NOW - HOUR : undefined;
        const done = await run({ fate, withKey, baseline });
        const { store, result } = done;
        expect(wrote && !race ? whose(store) : "theirs").toBe("theirs");
        if (wrote) return;
        expect(result.type).not.toBe("moved");
        expect(result.type === "stored" ? whose(store) : "ours").toBe("ours");
        const late = (store.updatedAt ?? 0) - (store.savedAt() ?? 0);
        expect(result.type === "stored" && result.confirmed ? late : 0).toBeLessThanOrEqual(10 * SECOND);
      }),
      { numRuns: 300 },
    );
  });
});

describe("a failure is an answer, never an exception", () => {
  test.each<[string, () => Fate, string]>([
    ["not allowed", FAIL.forbidden, "secret-forbidden"],
    ["a server's error that lasts", FAIL.refused500, "github-unreachable"],
    ["no network", FAIL.unsent, "github-unreachable"],
    ["a key that never fits", () => ({ refuse: new ApiProblem(422, true) }), "secret-forbidden"],
  ])("%s", async (_, fate, code) => {
    const { result } = await run({ fate: (step) => (step === "put" ? fate() : {}) });
    expect(result).toMatchObject({ type: "failed", failure: { code } });
  });

  test("an error of our own", async () => {
    const broken = Object.assign(new TypeError("x"), {}) as unknown as ApiProblem;
    const { result } = await run({ fate: nth("meta", 0, () => ({ refuse: broken })) });
    expect(result).toMatchObject({ type: "failed", failure: { code: "unexpected" } });
  });
});

describe("the deadline", () => {
  test.each([0, 3500, 10_000, 60_000])(
    "of %d ms: attempts are made up to it, and none begins after it",
    async (deadline) => {
      const { result, world, store } = await run({
        deadline,
        fate: (step) => (step === "put" ? FAIL.refused500() : {}),
      });
      expect(result.type).toBe("failed");
      const last = 120; // ms, that the key and one attempt take of the fake store
      expect(world.now() - NOW).toBeLessThanOrEqual(deadline + last);
      const attempts = store.steps.filter((step) => step === "put").length;
      expect(attempts).toBe({ 0: 1, 3500: 3, 10_000: 4, 60_000: 7 }[deadline]);
    },
  );

  test("may come nearer while we wait: a signal is looked at before every pause", async () => {
    let ends = NOW + MINUTE;
    const world = fakeWorld();
    const store = await fakeStore(world, (step) => {
      if (step === "put" && store.steps.length > 4) ends = world.now();
      return step === "put" ? FAIL.refused500() : {};
    });
    store.updatedAt = NOW - HOUR;
    const key = await store.publicKey();
    await storeGeneration(world, store, LOGIN, { baseline: store.updatedAt, probe: PROBE }, key, BEGUN, () => ends);
    expect(store.steps.filter((step) => step === "put")).toHaveLength(3);
  });

  test("a wait that would pass it is not begun", async () => {
    const { world, result } = await run({ deadline: 19_000, fate: nth("put", 0, FAIL.limited) });
    expect([result.type, world.pauses]).toEqual(["failed", []]);
  });
});

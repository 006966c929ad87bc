/** What an earlier job had left of a login whose access token has ended since: why it is not renewed, in so many words. */
import { describe, expect, test } from "vitest";
import type { Acquired } from "../../../src/acquire.ts";
import { readCapsule } from "../../../src/capsule-open.ts";
import { openEnvelope } from "../../../src/credential/envelope.ts";
import { takeOver } from "../../../src/recovered.ts";
import { ApiProblem } from "../../../src/rotation/github-api.ts";
import type { Secret } from "../../../src/secret.ts";
import { type Http, HttpFailure } from "../../../src/world/world.ts";
import { type Fate, fakeStore, type FakeStore, LOCATION, type Step } from "./fake-store.ts";
import {
  answer,
  failureIn,
  fakeWorld,
  type FakeWorld,
  HOUR,
  inputsOf,
  MINUTE,
  newLogin,
  NOW,
  SECOND,
  tempFolder,
} from "./support.ts";

interface Left {
  readonly settings?: Record<string, string>;
  readonly fate?: (step: Step, index: number, store: FakeStore) => Fate;
  readonly before?: (store: FakeStore) => void;
  readonly complete?: boolean;
  readonly endsAt?: number;
  readonly provider?: Http;
}

interface Taken {
  readonly world: FakeWorld;
  readonly store: FakeStore;
  readonly outcome: Promise<Acquired>;
  readonly key: Secret;
}

async function taken({
  settings = {},
  fate,
  before,
  complete = true,
  endsAt = NOW - HOUR,
  provider,
}: Left): Promise<Taken> {
  const world = fakeWorld({ env: { RUNNER_TEMP: tempFolder() }, ...(provider && { http: provider }) });
  const store: FakeStore = await fakeStore(world, (step, index) => fate?.(step, index, store) ?? {});
  store.updatedAt = NOW - 3 * HOUR;
  const next = newLogin({ generation: 1, accessExpiresAt: endsAt });
  const place = { store, prepared: { baseline: store.updatedAt, probe: { key_id: "1", encrypted_value: "" } } };
  before?.(store);
  const inputs = inputsOf({ "rotate-to": "LOGIN", "secrets-token": "github_pat_x", ...settings });
  const { sealingKey: key } = inputs;
  return { world, store, key, outcome: takeOver(world, inputs, place, { next, complete }) };
}

const refusal = async (left: Left) => {
  const { world, outcome } = await taken(left);
  const failure = await failureIn(() => outcome);
  return { failure, text: failure.explain(), notice: world.recorded.of("notice").join("\n") };
};

const REFUSED: Left = { fate: (step) => (step === "put" ? { refuse: new ApiProblem(403, true) } : {}) };
const UNSEEN: Left = {
  fate: (step, _, { steps }) => (step === "meta" && steps.includes("put") ? { refuse: new ApiProblem(404, true) } : {}),
};

describe("a recovered login whose access token has ended, and that is not renewed,", () => {
  test("says what kept it from its secret", async () => {
    const { failure, text, notice } = await refusal(REFUSED);
    expect(failure.code).toBe("secret-forbidden");
    expect(text).toContain(`may not write ${LOCATION.label} (403)`);
    expect(text).not.toContain("refresh: never");
    expect(notice).toContain("still not stored: see below.");
    expect(notice).not.toContain("used by this job");
  });

  test.each<[string, Left, RegExp]>([
    [
      "somebody else's login stands there",
      { before: (store) => store.signIn() },
      /was written by somebody else .*start a new run/is,
    ],
    ["it was not seen to stand there", UNSEEN, /without a confirmation.*start a new run/is],
    ["it may have been renewed already", { complete: false }, /the Actions cache did not answer.*start a new run/is],
  ])("says that %s", async (_, left, words) => {
    const { failure, text } = await refusal(left);
    expect(failure.code).toBe("credential-ended");
    expect(text).toMatch(words);
    expect(text).toContain("2031-05-06T06:08:09Z");
    expect(text).not.toContain("refresh: never");
  });

  test("says so where `refresh: never` is why", async () => {
    const { failure, text } = await refusal({ settings: { refresh: "never", "write-refresh-token": "true" } });
    expect(failure.code).toBe("credential-ended");
    expect(text).toContain("`refresh: never` forbids");
  });
});

test("one whose access token lives is used, wherever it stands", async () => {
  const { world, outcome } = await taken({ ...REFUSED, endsAt: NOW + 30 * MINUTE });
  expect(await outcome).toMatchObject({ source: "recovered", result: { type: "failed" } });
  expect(world.recorded.of("notice").join()).toContain("is used by this job, and still not stored: see below.");
});

const UNREACHABLE: Http = async () => {
  throw new HttpFailure(false, "ECONNREFUSED");
};
const THROTTLED: Http = async () => answer(429, "");

test("one that was not seen to stand there is not said to be stored", async () => {
  const { world, outcome } = await taken({ ...UNSEEN, endsAt: NOW + 30 * MINUTE });
  expect(await outcome).toMatchObject({ source: "recovered", result: { type: "stored", confirmed: false } });
  expect(world.recorded.of("notice").join()).toMatch(/may be stored in .+ may be somebody else's\./);
  expect(world.recorded.of("notice").join()).not.toContain("is now stored");
});

describe("one that is stored, and whose access token ends too soon, while the provider does not renew it,", () => {
  test.each<[string, Http]>([
    ["provider-unreachable", UNREACHABLE],
    ["throttled", THROTTLED],
  ])("is used all the same (%s), and post finds it settled", async (code, provider) => {
    const { world, store, key, outcome } = await taken({ provider, endsAt: NOW + 40 * MINUTE });
    const acquired = await outcome;
    expect(acquired).toMatchObject({ source: "recovered", result: { type: "stored" }, credential: { generation: 1 } });
    expect(world.recorded.of("warning")).toEqual([
      expect.stringMatching(new RegExp(`\\[${code}\\] The job goes on with the access token that it has, .*39 min`)),
    ]);
    const { state } = world.recorded;
    expect(state["stored"]).toBe(String(store.updatedAt));
    expect(state["taken"]).toBe("");
    const kept = readCapsule(world, key, state["capsule"] ?? "");
    expect(kept && openEnvelope(kept).credential.access?.reveal()).toBe(acquired.credential.access?.reveal());
  });

  test.each<[string, Left]>([
    ["it has ended", { endsAt: NOW + 4 * MINUTE }],
    ["`refresh: always`", { settings: { refresh: "always" } }],
    ["its program may renew it", { settings: { "write-refresh-token": "true" } }],
  ])("is not used where %s", async (_, left) => {
    const { failure } = await refusal({ provider: UNREACHABLE, endsAt: NOW + 40 * MINUTE, ...left });
    expect(failure.code).toBe("provider-unreachable");
  });
});

describe("one that is renewed right after it was stored", () => {
  const ALWAYS: Left = { settings: { refresh: "always" }, endsAt: NOW + 30 * MINUTE };

  test("waits until a job that holds it could tell its successor from it", async () => {
    const { world, store, outcome } = await taken(ALWAYS);
    // There is no provider here.
    await expect(outcome).rejects.toThrow(/where none is expected/);
    expect(world.recorded.of("log").join()).toMatch(/^Waiting 1\d s: /);
    expect(Math.floor(world.now() / SECOND) * SECOND - (store.savedAt() ?? 0)).toBeGreaterThan(10 * SECOND);
  });

  test("is left alone if somebody else has stored another meanwhile", async () => {
    const { store, outcome } = await taken({
      ...ALWAYS,
      fate: (step, _, place) => {
        const waited = step === "meta" && place.steps.filter((one) => one === "meta").length === 3;
        return waited ? { meanwhile: () => place.signIn() } : {};
      },
    });
    expect(await outcome).toMatchObject({ source: "recovered", result: { type: "moved", deleted: false } });
    expect(store.value).toBe("user");
  });
});

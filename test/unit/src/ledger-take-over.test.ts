/** Copies of what a ledger did not take: whole jobs with the real code of everything but the ledger and the cache. */
import { expect, test, vi } from "vitest";
import type { Credential } from "../../../src/credential/credential.ts";
import type { RootRecord } from "../../../src/ledger/record.ts";
import { settleShared } from "../../../src/ledger/settle-shared.ts";
import { findUnpublished, keepUnpublished } from "../../../src/recovery/unpublished.ts";
import type { Secret } from "../../../src/secret.ts";
import { type Call, newStage, type Stage, type StagedJob, WITH_SECRET } from "../../model/stage.ts";
import { type FakeCache, fakeCache, reply } from "../../support/cache/fake.ts";
import { HOUR, NOW } from "./support.ts";

vi.mock("../../../src/ledger/open.ts", async () => ({ openLedger: (await import("../../model/stage.ts")).ledgerOf }));

const sourceOf = ({ outcome }: StagedJob): string =>
  outcome?.type === "acquired" ? outcome.acquired.source : outcome?.type === "failed" ? outcome.failure.code : "none";
const accessOf = ({ outcome }: StagedJob): Secret | undefined =>
  outcome?.type === "acquired" ? outcome.acquired.credential.access : undefined;
const summaryOf = ({ recorded }: StagedJob): string => recorded.of("summary").join("");

/** The first `swaps` changes of the ledger are made, and then nothing more: it is neither read nor written. */
const downAfter =
  (swaps: number) =>
  (job: StagedJob, call: Call): "lost-before" | undefined => {
    const made = job.calls.filter((one) => one === "swap").length;
    return (call === "load" || call === "swap") && made >= swaps ? "lost-before" : undefined;
  };

/** Renews the record's login, which nobody takes: neither from main, nor from post. */
async function leave(stage: Stage, cache: FakeCache, options: Parameters<Stage["job"]>[0] = {}): Promise<StagedJob[]> {
  const main = stage.job({ name: "renewer", cache, ...options });
  await stage.play([main], downAfter(1));
  const post = main.post();
  await stage.play([post], downAfter(0));
  return [main, post];
}

/** A copy of what came of a token, as a job makes it whose results nobody took. */
async function left(stage: Stage, cache: FakeCache, spent: number, next: Credential, how = { epoch: 1, over: "" }) {
  const over = how.over || (stage.record()?.lineage ?? "");
  const session = stage.job({ cache }).session();
  const token = stage.loginOf(spent).refresh as Secret;
  const renewed = { next, lineage: over, how: { ...how, over } };
  expect(await keepUnpublished(session, token, renewed)).toMatchObject({ inCache: true });
}

const lease = (phase: "intent" | "checked-out"): RootRecord["lease"] => ({
  owner: "somebody",
  nonce: "theirs",
  phase,
  ttlMs: 6 * HOUR,
  attempts: 1,
});
/** What the stage's provider gives for the first login's first token. */
const SUCCESSOR = 2;

test("main makes the copy and tells it once; the next job publishes it and sends nothing", async () => {
  const [stage, cache] = [await newStage(), fakeCache()];
  await stage.seed(0, { accessExpiresAt: NOW });
  const [main, post] = (await leave(stage, cache)) as [StagedJob, StagedJob];
  expect(sourceOf(main)).toBe("refreshed");
  expect(summaryOf(main).match(/^ocrec1\./gm)).toHaveLength(1);
  expect(summaryOf(post)).not.toContain("ocrec1.");
  expect(post.recorded.of("error").join()).toMatch(/could not be published.*recovery copy is the way back/);
  expect(cache.entries).toHaveLength(1);

  const next = stage.job({ cache });
  await stage.play([next]);
  expect([sourceOf(next), stage.sent]).toEqual(["recovered", [0]]);
  expect(stage.record()).toMatchObject({ generation: 1, by: 1, lease: undefined });
  expect(accessOf(next)?.equals(accessOf(main))).toBe(true);
  // Nothing of a cache is asked by whoever sends nothing.
  const calls = cache.calls.length;
  const user = stage.job({ cache });
  await stage.play([user]);
  expect([sourceOf(user), cache.calls.length]).toEqual(["ledger", calls]);
});

test("main is killed before it has told: post makes the copy from what main has left sealed, and tells it", async () => {
  const [stage, cache] = [await newStage(), fakeCache()];
  await stage.seed(0, { accessExpiresAt: NOW });
  const main = stage.job({ cache });
  await stage.play([main], (job, call) => {
    const made = job.calls.filter((one) => one === "swap").length;
    return call === "swap" && made === 1 ? "killed-before" : undefined;
  });
  expect(main.killed).toBe(true);
  const post = main.post();
  await stage.play([post], downAfter(0));
  expect(summaryOf(post).match(/^ocrec1\./gm)).toHaveLength(1);
  const next = stage.job({ cache });
  await stage.play([next]);
  expect([sourceOf(next), stage.sent]).toEqual(["recovered", [0]]);
});

test("post publishes what main could not: the copy is of no use, and does no harm", async () => {
  const [stage, cache] = [await newStage(), fakeCache()];
  await stage.seed(0, { accessExpiresAt: NOW });
  const main = stage.job({ cache });
  await stage.play([main], downAfter(1));
  await stage.play([main.post()]);
  expect(stage.record()).toMatchObject({ generation: 1, lease: undefined });
  const next = stage.job({ cache, settings: { refresh: "always" } });
  await stage.play([next]);
  expect([sourceOf(next), stage.sent]).toEqual(["refreshed", [0, SUCCESSOR]]);
});

test("the secret takes it: no ciphertext in the summary, and a job that has an older secret finds the copy", async () => {
  const [stage, cache] = [await newStage(), fakeCache()];
  await stage.seed(0, { accessExpiresAt: NOW });
  stage.secret.updatedAt = NOW - HOUR;
  const credential = stage.loginOf(0, { accessExpiresAt: NOW });
  const jobs = await leave(stage, cache, { credential, settings: WITH_SECRET });
  expect(stage.secret.login()?.shared?.unpublished).toMatchObject({ epoch: 1 });
  expect(jobs.map(summaryOf).join("")).not.toContain("ocrec1.");
  const next = stage.job({ cache });
  await stage.play([next]);
  expect([sourceOf(next), stage.sent]).toEqual(["recovered", [0]]);
});

test("`refresh: always`, and a token that is not good enough: it is renewed from the record", async () => {
  for (const settings of [{ refresh: "always" }, { "min-validity": "9h" }]) {
    const [stage, cache] = [await newStage(), fakeCache()];
    await stage.seed(0, { accessExpiresAt: NOW });
    await leave(stage, cache);
    const next = stage.job({ cache, settings });
    await stage.play([next]);
    expect([sourceOf(next), stage.sent]).toEqual(["refreshed", [0, SUCCESSOR]]);
    expect(stage.record()).toMatchObject({ generation: 2 });
  }
});

test("a ledger that still takes nothing: the job has its token, nothing is sent, and the copy stays what it was", async () => {
  for (const swaps of [0, 1]) {
    const [stage, cache] = [await newStage(), fakeCache()];
    await stage.seed(0, { accessExpiresAt: NOW });
    await leave(stage, cache);
    const next = stage.job({ cache });
    await stage.play([next], (job, call) => {
      const made = job.calls.filter((one) => one === "swap").length;
      return call === "swap" && made >= swaps ? "forbidden" : undefined;
    });
    expect([sourceOf(next), stage.sent]).toEqual(["recovered", [0]]);
    expect(next.recorded.of("warning").join()).toMatch(/still stands in no ledger/);
    expect([summaryOf(next), cache.entries.length]).toEqual(["", 1]);
    const later = stage.job({ cache });
    await stage.play([later]);
    expect([sourceOf(later), stage.sent]).toEqual(["recovered", [0]]);
    expect(stage.record()).toMatchObject({ generation: 1, lease: undefined });
  }
});

test("a job that took over and gave the lease back without a send does not hide the copy from the next", async () => {
  const [stage, cache] = [await newStage(), fakeCache()];
  await stage.seed(0, { accessExpiresAt: NOW });
  await leave(stage, cache);
  const elsewhere = stage.job({ cache: fakeCache() }); // as on another branch
  await stage.play([elsewhere], (_, call) => (call === "send" ? ("throttled" as const) : undefined));
  expect(sourceOf(elsewhere)).toBe("throttled");
  expect(stage.record()?.lease).toBeUndefined();
  const next = stage.job({ cache });
  await stage.play([next]);
  expect([sourceOf(next), stage.sent]).toEqual(["recovered", [0]]);
});

test("a token is not handed to the job's program either, if it was spent", async () => {
  const [stage, cache] = [await newStage(), fakeCache()];
  await stage.seed(0, { accessExpiresAt: NOW + 8 * HOUR });
  await left(stage, cache, 0, stage.loginOf(5, { generation: 1, accessExpiresAt: NOW + 8 * HOUR }));
  const job = stage.job({ cache, settings: { "write-refresh-token": "true" } });
  await stage.play([job]);
  expect(sourceOf(job)).toBe("recovered");
  expect(job.outcome?.type === "acquired" && stage.numberOf(job.outcome.acquired.credential.refresh?.reveal())).toBe(5);
  expect(stage.record()).toMatchObject({ generation: 1, lease: { phase: "checked-out" } });
});

test("a check-out whose copy is there holds nobody up; without one it does", async () => {
  const [stage, cache] = [await newStage(), fakeCache()];
  const record = await stage.seed(0);
  await stage.put({ ...record, epoch: 1, lease: lease("checked-out"), accessExpiresAt: NOW });
  const waiting = stage.job({ cache });
  await stage.play([waiting]);
  expect(sourceOf(waiting)).toBe("ledger-busy");
  expect(cache.calls.filter((call) => call.startsWith("get"))).toHaveLength(2); // once for all its waiting
  await left(stage, cache, 0, stage.loginOf(5, { generation: 1, accessExpiresAt: stage.now() + 8 * HOUR }));
  const next = stage.job({ cache });
  await stage.play([next]);
  expect([sourceOf(next), stage.sent]).toEqual(["recovered", []]);
});

test("a copy is no reason to break into an intent", async () => {
  const [stage, cache] = [await newStage(), fakeCache()];
  const record = await stage.seed(0);
  await stage.put({ ...record, epoch: 1, lease: lease("intent"), accessExpiresAt: NOW });
  await left(stage, cache, 0, stage.loginOf(5, { generation: 1 }));
  const job = stage.job({ cache });
  await stage.play([job]);
  expect(sourceOf(job)).toBe("ledger-busy");
});

test("of a sign-in: its lineage is taken over, and the token that it was pasted with is known from then on", async () => {
  const [stage, cache] = [await newStage(), fakeCache()];
  await stage.seed(0, { accessExpiresAt: NOW + 8 * HOUR });
  const credential = stage.loginOf(1);
  await leave(stage, cache, { credential });
  expect(stage.sent).toEqual([1]);
  // Whoever has the record alone takes the lease over, renews the old login, and gives it back.
  const other = stage.job({ cache, settings: { refresh: "always" } });
  await stage.play([other]);
  const { lineage } = stage.record() as RootRecord;
  const next = stage.job({ cache, credential });
  await stage.play([next]);
  expect([sourceOf(next), stage.sent]).toEqual(["recovered", [1, 0]]);
  expect(stage.record()?.lineage).not.toBe(lineage);
  const calls = cache.calls.length;
  const again = stage.job({ cache, credential });
  await stage.play([again]);
  expect([sourceOf(again), stage.sent]).toEqual(["ledger", [1, 0]]);
  expect(cache.calls).toHaveLength(calls); // by its fingerprint, and not for the copy
});

test("of a sign-in before another one: it is neither published nor is its token sent", async () => {
  const [stage, cache] = [await newStage({ families: 3 }), fakeCache()];
  await stage.seed(0, { accessExpiresAt: NOW + 8 * HOUR });
  const credential = stage.loginOf(1);
  await leave(stage, cache, { credential });
  const second = stage.job({ cache, credential: stage.loginOf(2) });
  await stage.play([second]);
  const { lineage, generation } = stage.record() as RootRecord;
  const late = stage.job({ cache, credential });
  await stage.play([late]);
  expect([sourceOf(late), stage.sent]).toEqual(["ledger", [1, 2]]);
  expect(stage.record()).toMatchObject({ lineage, generation });
});

test("a cache that cannot tell keeps no job from its login", async () => {
  const [stage, cache] = [await newStage(), fakeCache()];
  await stage.seed(0, { accessExpiresAt: NOW });
  const silent = { ...cache, http: async () => reply(429, {}) };
  const job = stage.job({ cache: silent });
  await stage.play([job]);
  expect([sourceOf(job), stage.sent]).toEqual(["refreshed", [0]]);
});

test("the copy of another key, place or account is none; any key of the ring opens one", async () => {
  const [stage, cache] = [await newStage(), fakeCache()];
  await stage.seed(0);
  await left(stage, cache, 0, stage.loginOf(5, { generation: 1 }));
  const session = stage.job({ cache }).session();
  const spent = stage.loginOf(0).refresh as Secret;
  const look = async (change: Partial<typeof session>) =>
    (await findUnpublished({ ...session, ...change }, spent))?.next;
  expect(await look({})).toMatchObject({ generation: 1 });
  expect(await look({ site: { ...session.site, place: "elsewhere" } })).toBeUndefined();
  expect(await look({ site: { ...session.site, account: "other" } })).toBeUndefined();
  const [mine] = session.keys.root as [(typeof session.keys.root)[number]];
  const strange = { ...mine, key: (await newStage()).keys.root[0]?.key as Secret };
  expect(await look({ keys: { root: [strange], access: [] } })).toBeUndefined();
  expect(await look({ keys: { root: [strange, mine], access: [] } })).toMatchObject({ generation: 1 });
});

/** Post with what the job's program renewed. The ledger takes nothing until post has said that it gives up. */
async function settleCaptured(stage: Stage, job: StagedJob, renewed: Credential): Promise<StagedJob> {
  const captured = { ...renewed, predecessor: stage.loginOf(0).refresh };
  const post = job.post();
  const { world, inputs, recorded } = post;
  const ended = new AbortController();
  const settling = settleShared(world, inputs, undefined, captured, undefined).finally(() => ended.abort());
  while (!ended.signal.aborted) {
    await new Promise<void>((resolve) => void setImmediate(resolve));
    if (post.waiting === "sleep") stage.pass(Math.max(0, post.due[0] - stage.now()));
    const given = recorded.of("error").length > 0 || post.waiting !== "swap";
    if (post.waiting)
      await Promise.race([post.waiting === "sleep" ? post.awake() : post.go(given ? "done" : "forbidden"), settling]);
  }
  await settling;
  return post;
}

test("what the program renewed and only a copy holds stays checked out: nobody who does not see the copy sends what was spent", async () => {
  const [stage, cache] = [await newStage(), fakeCache()];
  await stage.seed(0, { accessExpiresAt: NOW + 2 * HOUR });
  const job = stage.job({ cache, settings: { "write-refresh-token": "true" } });
  await stage.play([job]);
  const captured = stage.loginOf(5, { generation: 1, accessExpiresAt: NOW + 30 * HOUR });
  const post = await settleCaptured(stage, job, captured);
  expect(post.recorded.of("error").join()).toMatch(/recovery copy is the way back/);
  expect(summaryOf(post).match(/^ocrec1\./gm)).toHaveLength(1);
  stage.pass(3 * HOUR);
  const elsewhere = stage.job({ cache: fakeCache() });
  await stage.play([elsewhere]);
  expect([sourceOf(elsewhere), stage.sent]).toEqual(["ledger-busy", []]);
  const next = stage.job({ cache });
  await stage.play([next]);
  expect([sourceOf(next), stage.sent]).toEqual(["recovered", []]);
  expect(stage.numberOf(stage.record()?.refresh?.reveal())).toBe(5);
});

test("without anything to give a copy to, it stays checked out as well: what the ledger holds is spent", async () => {
  const stage = await newStage();
  await stage.seed(0, { accessExpiresAt: NOW + 2 * HOUR });
  const job = stage.job({ settings: { "write-refresh-token": "true" } });
  await stage.play([job]);
  const post = await settleCaptured(stage, job, stage.loginOf(5, { generation: 1 }));
  expect(post.recorded.of("error").join()).toMatch(/\] Sign in again\.$/);
  expect(stage.record()?.lease).toMatchObject({ phase: "checked-out" });
});

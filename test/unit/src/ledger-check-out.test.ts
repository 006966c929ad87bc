/** A login that was lent to a job's program, which renewed it, and that the ledger did not take from post. */
import { randomBytes } from "node:crypto";
import { expect, test, vi } from "vitest";
import type { Credential } from "../../../src/credential/credential.ts";
import type { RootKey } from "../../../src/ledger/keys.ts";
import type { RootRecord } from "../../../src/ledger/record.ts";
import { lentLogin, settleShared } from "../../../src/ledger/settle-shared.ts";
import { sealShared } from "../../../src/ledger/shared-envelope.ts";
import { maskInputs, recognise } from "../../../src/recognise/recognise.ts";
import { type Call, type Fate, newStage, type Stage, type StagedJob, WITH_SECRET } from "../../model/stage.ts";
import { LOCATION } from "./fake-store.ts";
import { HOUR, NOW, SECOND } from "./support.ts";

vi.mock("../../../src/ledger/open.ts", async () => ({ openLedger: (await import("../../model/stage.ts")).ledgerOf }));

const LEND = { "write-refresh-token": "true" };
/** What the program made of the login's first token, which the stage's provider does not know. */
const RENEWED = 5;

const endOf = ({ outcome, killed }: StagedJob): string =>
  killed
    ? "killed"
    : outcome?.type === "acquired"
      ? outcome.acquired.source
      : outcome?.type === "failed"
        ? outcome.failure.code
        : "settled";

/** A job whose program has the login. The secret's copy is of the generation in the record. */
async function lent(settings: Record<string, string> = {}): Promise<{ stage: Stage; main: StagedJob }> {
  const stage = await newStage();
  const { lineage } = await stage.seed(0, { accessExpiresAt: NOW + 2 * HOUR });
  stage.secret.updatedAt = NOW - HOUR;
  const login = stage.loginOf(0, { accessExpiresAt: NOW });
  const credential = sealShared(login, lineage, stage.keys.root[0] as RootKey, stage.site, randomBytes, undefined);
  const stored = { savedAt: NOW - HOUR, location: LOCATION, probe: undefined };
  const main = stage.job({ name: "lender", credential, stored, settings: { ...LEND, ...settings } });
  await stage.play([main]);
  expect(stage.record()).toMatchObject({ generation: 0, epoch: 1, lease: { phase: "checked-out" } });
  return { stage, main };
}

/** Its post step, with what the program renewed. `fate` says what becomes of its calls. */
async function settle(stage: Stage, main: StagedJob, fate: (call: Call, post: StagedJob) => Fate): Promise<StagedJob> {
  const post = main.post();
  const { world, inputs } = post;
  const captured: Credential = stage.loginOf(RENEWED, {
    generation: 1,
    accessExpiresAt: NOW + 3 * HOUR,
    predecessor: stage.loginOf(0).refresh,
  });
  const detected = await recognise(world, inputs, await maskInputs(world));
  const ended = new AbortController();
  const settling = settleShared(world, inputs, detected, captured, undefined).finally(() => ended.abort());
  while (!ended.signal.aborted) {
    await new Promise<void>((resolve) => void setImmediate(resolve));
    if (post.waiting === undefined) continue;
    const { waiting } = post;
    if (waiting === "sleep") stage.pass(Math.max(0, post.due[0] - stage.now()));
    await Promise.race([waiting === "sleep" ? post.awake() : post.go(fate(waiting, post)), settling]);
  }
  await settling;
  return post;
}

const down = (call: Call): Fate => (call === "load" || call === "swap" ? "lost-before" : "done");
/** The ledger is back when post has said what became of it. */
const downUntilSaid = (call: Call, { recorded }: StagedJob): Fate =>
  recorded.of("warning").length + recorded.of("error").length > 0 ? "done" : down(call);
const present = (stage: Stage): number => stage.numberOf(stage.record()?.refresh?.reveal());

test("the secret alone took it, and the ledger is back: the spent token is not given back, and nobody sends it", async () => {
  const { stage, main } = await lent(WITH_SECRET);
  const post = await settle(stage, main, downUntilSaid);
  expect(post.recorded.of("warning").join()).toMatch(/could not be published, and is kept in/);
  expect(stage.secret.login()?.shared?.unpublished).toMatchObject({ epoch: 1 });
  expect(stage.record()?.lease).toMatchObject({ phase: "checked-out" });

  // It has the copy of the secret from before, or none: all that it could send is spent.
  stage.pass(3 * HOUR);
  const other = stage.job({ name: "other" });
  await stage.play([other]);
  expect([endOf(other), stage.sent]).toEqual(["ledger-busy", []]);
});

test("the secret alone took it, where main had put the pasted login's successor: that was nobody else", async () => {
  const stage = await newStage();
  stage.secret.updatedAt = NOW - HOUR;
  const credential = stage.loginOf(0, { accessExpiresAt: NOW });
  const main = stage.job({ name: "lender", credential, settings: { ...LEND, ...WITH_SECRET } });
  await stage.play([main]);
  expect([stage.sent.length, stage.secret.updatedAt]).toEqual([1, NOW]);
  expect(stage.record()?.lease).toMatchObject({ phase: "checked-out" });
  const post = await settle(stage, main, down);
  expect(post.recorded.of("warning").join()).toMatch(/could not be published, and is kept in/);
  expect(stage.secret.login()?.shared?.unpublished).toMatchObject({ epoch: stage.record()?.epoch });
});

test("nobody took it: the spent token is not given back either", async () => {
  const { stage, main } = await lent();
  const post = await settle(stage, main, downUntilSaid);
  expect(post.recorded.of("error").join()).toMatch(/\] Sign in again\.$/);
  expect(stage.record()?.lease).toMatchObject({ phase: "checked-out" });
  stage.pass(3 * HOUR);
  const other = stage.job({ name: "other" });
  await stage.play([other]);
  expect([endOf(other), stage.sent]).toEqual(["ledger-busy", []]);
});

test("the record has moved on: nothing is left of the lease, and nothing to be warned of", async () => {
  const { stage, main } = await lent();
  const record = stage.record() as RootRecord;
  await stage.put({ ...record, lineage: "another" });
  const post = await settle(stage, main, () => "done");
  expect(post.recorded.of("log").join()).toContain("was renewed by another job too");
  expect(stage.record()).toMatchObject({ lineage: "another", lease: undefined });
});

test("the ledger is back when the secret has taken it: post publishes it after all", async () => {
  const { stage, main } = await lent(WITH_SECRET);
  const post = await settle(stage, main, (call) => (stage.secret.value === undefined ? down(call) : "done"));
  expect(post.recorded.of("notice").join()).toContain("now stands in");
  expect(post.recorded.of("warning")).toEqual([]);
  expect(stage.record()).toMatchObject({ generation: 1, by: 1, lease: undefined });
  expect(present(stage)).toBe(RENEWED);
  // What the secret holds says that it was not published, and is only a copy now.
  const next = stage.job({ text: stage.secret.value, settings: { ...WITH_SECRET, "min-validity": "1h" } });
  stage.pass(5 * HOUR);
  await stage.play([next], (_, call) => (call === "send" ? "unsent" : undefined));
  expect(endOf(next)).toBe("provider-unreachable");
  expect(stage.record()).toMatchObject({ generation: 1, lease: undefined });
});

/** As it is left by a post step that found the ledger down. */
async function inSecret(): Promise<{ stage: Stage; text: string }> {
  const { stage, main } = await lent(WITH_SECRET);
  await settle(stage, main, down);
  stage.pass(3 * HOUR);
  return { stage, text: stage.secret.value as string };
}

test("a job that sees the secret's copy does not wait for the check-out that it came of", async () => {
  const { stage, text } = await inSecret();
  const since = stage.now();
  const next = stage.job({ text, settings: { ...WITH_SECRET, refresh: "never" } });
  await stage.play([next]);
  expect(stage.now() - since).toBeLessThan(SECOND);
  expect(stage.record()).toMatchObject({ generation: 1, by: 1, epoch: 1, lease: undefined });
  expect([present(stage), stage.sent]).toEqual([RENEWED, []]);
});

test("nobody else gets at the spent token while it is published: a job that dies then leaves the lease as it was", async () => {
  for (const fate of ["killed-before", "lost-before"] as const) {
    const { stage, text } = await inSecret();
    const next = stage.job({ text, settings: WITH_SECRET });
    await stage.play([next], (_, call) => (call === "swap" ? fate : undefined));
    expect(stage.record()).toMatchObject({ generation: 0, epoch: 1, lease: { phase: "checked-out" } });
    stage.pass(200 * SECOND);
    const other = stage.job({ name: "other" });
    await stage.play([other]);
    expect([endOf(other), stage.sent]).toEqual(["ledger-busy", []]);
  }
});

test("a check-out that came later is waited for", async () => {
  const { stage, text } = await inSecret();
  const record = stage.record() as RootRecord;
  await stage.put({ ...record, epoch: 2 });
  const next = stage.job({ text, settings: WITH_SECRET });
  await stage.play([next]);
  expect([endOf(next), stage.record()?.generation]).toEqual(["ledger-busy", 0]);
});

test("two jobs publish it at once: it stands there once, and neither sends anything", async () => {
  const { stage, text } = await inSecret();
  const settings = { ...WITH_SECRET, "min-validity": "5m", refresh: "never" };
  stage.secret.value = undefined;
  const jobs = [stage.job({ name: "A", text, settings }), stage.job({ name: "B", text, settings })];
  await stage.play(jobs);
  expect(stage.sent).toEqual([]);
  expect(stage.record()).toMatchObject({ generation: 1, by: 1, lease: undefined });
});

test("a step has emptied RUNNER_TEMP: what was lent is what stands under the lease of this job, and no other", async () => {
  for (const [own, wanted] of [
    [true, 0],
    [false, -1],
  ] as const) {
    const { stage, main } = await lent();
    const record = stage.record() as RootRecord;
    if (!own) await stage.put({ ...record, lease: { ...record.lease, nonce: "another" } as RootRecord["lease"] });
    const post = main.post();
    const { world, inputs } = post;
    const { lent: capsule } = JSON.parse(world.env["STATE_turn"] ?? "") as { lent: string };
    world.files.remove(capsule);
    const asked = Promise.resolve(lentLogin(world, inputs, undefined));
    await new Promise<void>((resolve) => void setImmediate(resolve));
    if (post.waiting) await Promise.race([post.go(), asked]);
    expect(stage.numberOf((await asked)?.refresh?.reveal())).toBe(wanted);
  }
});

/** Whole jobs that share a login, from looking to a token, with the real code of everything but the ledger's store. */
import { randomBytes } from "node:crypto";
import { describe, expect, test, vi } from "vitest";
import type { Credential } from "../../../src/credential/credential.ts";
import type { Stored } from "../../../src/credential/envelope.ts";
import { makeRootKey, parseKeys, type RootKey } from "../../../src/ledger/keys.ts";
import { openHandOver } from "../../../src/ledger/handover.ts";
import { recordOf, type RootRecord, withGeneration } from "../../../src/ledger/record.ts";
import { sealRecord } from "../../../src/ledger/record-text.ts";
import { sealShared } from "../../../src/ledger/shared-envelope.ts";
import { sayResult } from "../../../src/report/say-result.ts";
import { Secret } from "../../../src/secret.ts";
import { type Call, newStage, type Stage, type StagedJob, WITH_SECRET } from "../../model/stage.ts";
import { LOCATION } from "./fake-store.ts";
import { answer, HOUR, MINUTE, newToken, NOW, SECOND } from "./support.ts";

vi.mock("../../../src/ledger/open.ts", async () => ({ openLedger: (await import("../../model/stage.ts")).ledgerOf }));

/** How a job ended: where its token came from, or the code of its failure. */
function ending({ outcome, killed }: StagedJob): string {
  if (killed) return "killed";
  if (outcome?.type === "acquired") return outcome.acquired.source;
  return outcome?.type === "failed" ? outcome.failure.code : "running";
}
const endings = (jobs: readonly StagedJob[]): string[] => jobs.map(ending);

/** What a failed job says. */
function said({ outcome }: StagedJob): string {
  if (outcome?.type !== "failed") throw new Error("it has not failed");
  return outcome.failure.explain();
}

const accessOf = ({ outcome }: StagedJob): string | undefined =>
  outcome?.type === "acquired" ? outcome.acquired.credential.access?.reveal() : undefined;

const jobsOf = (stage: Stage, count: number, options: Parameters<Stage["job"]>[0] = {}): StagedJob[] =>
  Array.from({ length: count }, (_, index) => stage.job({ name: `job-${index}`, ...options }));

/** The first call of a kind. */
function first(
  call: Call,
  fate: "lost-after" | "lost-before" | "killed-before" | "killed-after" | "throttled" | "unsent",
) {
  let done = false;
  return (_: StagedJob, now: Call) => {
    if (done || now !== call) return undefined;
    done = true;
    return fate;
  };
}

/** The token of the record is the one that works now. */
function expectAlive(stage: Stage): void {
  const { families, tokens } = stage.issuer();
  const number = stage.numberOf(stage.record()?.refresh?.reveal());
  expect(families[tokens[number] ?? -1]?.current).toBe(number);
}

/** The copy of a record's login in a secret. */
function sharedCopy(
  stage: Stage,
  record: RootRecord,
  number: number,
  change: Partial<Credential> = {},
  over?: string,
): Credential {
  const login = stage.loginOf(number, { generation: record.generation, ...change });
  const unpublished = over === undefined ? undefined : { epoch: record.epoch, over, spent: undefined };
  return sealShared(login, record.lineage, stage.keys.root[0] as RootKey, stage.site, randomBytes, unpublished);
}

const kept: Stored = { savedAt: NOW - HOUR, location: LOCATION, probe: undefined };

describe("jobs that share a login", () => {
  test("a sign-in that could not be proved to be the present one stays in its secret", async () => {
    const stage = await newStage();
    await stage.seed(0, { accessExpiresAt: NOW });
    stage.secret.updatedAt = NOW - HOUR;
    stage.secret.down = true;
    const job = stage.job({ credential: stage.loginOf(1, { accessExpiresAt: NOW }), settings: WITH_SECRET });
    await stage.play([job], (_, call) => {
      if (call === "swap") stage.secret.down = false;
      return undefined;
    });
    expect(job.recorded.of("warning").join()).toContain("is left alone in this run");
    expect([ending(job), stage.sent, stage.secret.calls.includes("PUT LOGIN")]).toEqual(["refreshed", [0], false]);
  });

  test("use the record's token without asking the provider, by one call", async () => {
    const stage = await newStage();
    const { access } = await stage.seed(0, { accessExpiresAt: NOW + 8 * HOUR });
    const jobs = jobsOf(stage, 3);
    await stage.play(jobs);
    expect(endings(jobs)).toEqual(["ledger", "ledger", "ledger"]);
    expect(jobs.map(accessOf)).toEqual(jobs.map(() => access.access?.reveal()));
    expect(jobs.map(({ calls }) => calls)).toEqual(jobs.map(() => ["load"]));
    expect(stage.memory.history).toHaveLength(1);
  });

  test("renew it once, however many they are, and all get the new token", async () => {
    const stage = await newStage();
    await stage.seed(0);
    const jobs = jobsOf(stage, 12);
    await stage.play(jobs);
    expect(stage.sent).toEqual([0]);
    expect(endings(jobs).toSorted()).toEqual([...Array.from({ length: 11 }, () => "ledger"), "refreshed"]);
    expect(new Set(jobs.map(accessOf)).size).toBe(1);
    expect(stage.record()).toMatchObject({ generation: 1, epoch: 1, by: 1, lease: undefined, dead: undefined });
    expectAlive(stage);
  });

  test("renew it once with `refresh: always`, if they start together", async () => {
    const stage = await newStage();
    await stage.seed(0, { accessExpiresAt: NOW + 8 * HOUR });
    const jobs = jobsOf(stage, 5, { settings: { refresh: "always" } });
    await stage.play(jobs);
    expect(stage.sent).toEqual([0]);
  });

  test.each([[HOUR], [30 * MINUTE]])(
    "renew it once if tokens live no longer than `min-validity` (%i ms)",
    async (lifetime) => {
      const stage = await newStage();
      stage.lifetime = lifetime;
      await stage.seed(0, { accessExpiresAt: NOW + MINUTE });
      const jobs = jobsOf(stage, 6);
      await stage.play(jobs);
      expect(stage.sent).toEqual([0]);
      expect(endings(jobs)).not.toContain("ledger-busy");
      const warned = jobs.filter(({ recorded }) =>
        recorded.of("warning").join().includes("sooner than `min-validity`"),
      );
      expect(warned).toHaveLength(5);
    },
  );

  test("renew it once if the provider does not tell when tokens end", async () => {
    const stage = await newStage();
    stage.lifetime = undefined;
    await stage.seed(0, { accessExpiresAt: undefined });
    const jobs = jobsOf(stage, 6);
    await stage.play(jobs);
    expect(stage.sent).toEqual([0]);
    expect(endings(jobs).toSorted()).toEqual([...Array.from({ length: 5 }, () => "ledger"), "refreshed"]);
    expect(jobs.flatMap(({ recorded }) => recorded.of("warning"))).toEqual([]);
    // Nothing tells a job that comes later that this token still works.
    const later = stage.job({ name: "later" });
    await stage.play([later]);
    expect([ending(later), stage.sent.length]).toEqual(["refreshed", 2]);
  });

  test.each([
    ["an access key", {}],
    ["a root key and `refresh: never`", { refresh: "never" }],
  ])("use a token without a known end with %s", async (_, settings) => {
    const stage = await newStage();
    await stage.seed(0, { accessExpiresAt: undefined });
    const key = "refresh" in settings ? stage.rootKey : stage.accessKey;
    const job = stage.job({ key, settings });
    await stage.play([job]);
    expect([ending(job), stage.sent, job.recorded.of("warning")]).toEqual(["ledger", [], []]);
  });

  test("wait for the first token of a login that was begun by its refresh token alone", async () => {
    const stage = await newStage();
    const raw = stage.loginOf(0, { access: undefined, accessExpiresAt: undefined });
    const [rotator, agent] = [stage.job({ credential: raw }), stage.job({ key: stage.accessKey })];
    await rotator.start();
    await rotator.go(); // looks
    await rotator.go(); // writes its intent, and with it a record without an access token
    await agent.start();
    await agent.go();
    expect(agent.waiting).toBe("sleep");
    await stage.play([rotator, agent]);
    expect(endings([rotator, agent])).toEqual(["refreshed", "ledger"]);
    expect(accessOf(agent)).toBe(accessOf(rotator));
  });

  test("say for whom they wait, and for how long at most, once", async () => {
    const stage = await newStage();
    await stage.seed(0);
    const [renewing, waiting] = [stage.job({ name: "rotator" }), stage.job({ name: "agent" })];
    await renewing.start();
    await renewing.go(); // looks
    await renewing.go(); // writes its intent
    await waiting.start();
    await waiting.go();
    await waiting.go();
    await waiting.go();
    expect(waiting.waiting).toBe("sleep");
    const lines = waiting.recorded.of("log");
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/^Waiting for rotator of run 7, attempt 1, which is renewing the login \(.+ at most\)\.$/);
    await renewing.go();
    await renewing.go();
    await waiting.go();
    expect(endings([renewing, waiting])).toEqual(["refreshed", "ledger"]);
  });

  test("wait more and more slowly, not all at the same moment, and not for ever", async () => {
    const stage = await newStage();
    const record = await stage.seed(0);
    const lease = { owner: "somebody", nonce: "x", phase: "checked-out", ttlMs: 6 * HOUR, attempts: 1 } as const;
    await stage.put({ ...record, lease, accessExpiresAt: NOW });
    const job = stage.job();
    await job.start();
    await job.go();
    const pauses: number[] = [];
    for (let before = stage.now(); job.waiting; before = stage.now()) {
      stage.pass((job.due[0] as number) - stage.now());
      pauses.push(stage.now() - before);
      await job.go();
    }
    expect(ending(job)).toBe("ledger-busy");
    expect(said(job)).toContain("somebody");
    const waited = pauses.reduce((sum, pause) => sum + pause, 0);
    expect(waited).toBeGreaterThan(180 * SECOND);
    expect(waited).toBeLessThan(180 * SECOND + 40 * SECOND);
    expect(Math.min(...pauses)).toBeGreaterThan(1000);
    expect(pauses[0]).toBeLessThan(2600);
    expect(Math.max(...pauses)).toBeLessThan(38 * SECOND);
    // The jitter has 256 steps, so that two may be alike.
    expect(new Set(pauses).size).toBeGreaterThan(pauses.length / 2);
    expect(pauses.length).toBeLessThan(16); // calls
  });

  test("without a root key wait for whoever renews, and get the new token", async () => {
    const stage = await newStage();
    await stage.seed(0, { accessExpiresAt: NOW + MINUTE });
    const [rotator, agent] = [stage.job({ name: "rotator" }), stage.job({ name: "agent", key: stage.accessKey })];
    await rotator.start();
    await rotator.go();
    await rotator.go();
    await stage.play([agent], () => {
      if (rotator.waiting) void rotator.go();
      return undefined;
    });
    expect(ending(agent)).toBe("ledger");
    expect(accessOf(agent)).toBe(accessOf(rotator));
    const { outcome } = agent;
    const credential = outcome?.type === "acquired" ? outcome.acquired.credential : undefined;
    expect(credential?.refresh).toBeUndefined();
    expect(agent.recorded.outputs["sealed"]).toBeUndefined();
  });

  test("without a root key cannot renew, and say so", async () => {
    const stage = await newStage();
    await stage.seed(0, { accessExpiresAt: NOW + MINUTE });
    const agent = stage.job({ key: stage.accessKey });
    await stage.play([agent]);
    expect(ending(agent)).toBe("credential-ended");
    expect(said(agent)).toContain("oca1_");
    expect(stage.sent).toEqual([]);
  });

  test("without a root key never spend what stands in `credential`", async () => {
    const stage = await newStage();
    await stage.seed(0, { accessExpiresAt: NOW + MINUTE });
    const agent = stage.job({ key: stage.accessKey, credential: stage.loginOf(1, { accessExpiresAt: NOW }) });
    await stage.play([agent]);
    expect(ending(agent)).toBe("credential-ended");
    expect(stage.sent).toEqual([]);
  });

  test.each([
    [30 * MINUTE, "ledger"],
    [MINUTE, "credential-ended"],
  ])("with `refresh: never` take what there is (for %i ms)", async (left, end) => {
    const stage = await newStage();
    await stage.seed(0, { accessExpiresAt: NOW + left });
    const job = stage.job({ settings: { refresh: "never" }, credential: stage.loginOf(1, { accessExpiresAt: NOW }) });
    await stage.play([job]);
    expect(ending(job)).toBe(end);
    if (end === "credential-ended") expect(said(job)).not.toContain("oca1_");
    expect(stage.sent).toEqual([]);
  });

  test("hand the token over to jobs with an access key", async () => {
    const stage = await newStage();
    await stage.seed(0);
    const job = stage.job();
    await stage.play([job]);
    const opened = openHandOver(job.recorded.outputs["sealed"] ?? "", stage.keys);
    if (typeof opened === "string") throw new Error(opened);
    expect(opened.access?.reveal()).toBe(accessOf(job));
    expect(opened.refresh).toBeUndefined();
  });

  test("mask every token before anything else is said", async () => {
    const stage = await newStage();
    const { access } = await stage.seed(0);
    const job = stage.job({ credential: stage.loginOf(1) });
    await stage.play([job]);
    const tokens = [access.access?.reveal(), stage.tokenOf(0), stage.tokenOf(1), stage.tokenOf(2), accessOf(job)];
    for (const token of tokens) {
      expect(job.recorded.masks).toContain(token);
      expect(job.recorded.text()).not.toContain(token);
    }
  });
});

describe("a job that dies", () => {
  test.each([
    ["before its intent", "swap", "killed-before"],
    ["right after its intent", "swap", "killed-after"],
    ["before the request left", "send", "killed-before"],
  ] as const)("%s costs nothing: the next one takes over", async (_, call, fate) => {
    const stage = await newStage();
    await stage.seed(0);
    const [dying, ...others] = jobsOf(stage, 3);
    await stage.play([dying as StagedJob], first(call, fate));
    expect(ending(dying as StagedJob)).toBe("killed");
    const since = stage.now();
    await stage.play(others);
    expect(endings(others).toSorted()).toEqual(["ledger", "refreshed"]);
    expect(stage.sent).toEqual([0]);
    expectAlive(stage);
    if (call !== "swap" || fate !== "killed-before") expect(stage.now() - since).toBeGreaterThanOrEqual(135 * SECOND);
  });

  test("after the provider renewed the login, loses it, and that is said; nobody asks again", async () => {
    const stage = await newStage();
    stage.latency = 400;
    await stage.seed(0, { accessExpiresAt: NOW + MINUTE });
    const dying = stage.job({ name: "rotator" });
    await stage.play([dying], first("send", "killed-after"));
    const others = jobsOf(stage, 8);
    await stage.play(others);
    expect(stage.sent).toEqual([0, 0]);
    expect(endings(others)).toContain("login-lost-in-flight");
    for (const job of others.filter((one) => ending(one) === "login-lost-in-flight"))
      expect(said(job)).toContain("rotator");
    for (const end of endings(others)) expect(["login-lost-in-flight", "ledger-busy", "login-refused"]).toContain(end);
    expect(stage.record()?.dead).toMatchObject({ why: "login-refused" });
    const late = jobsOf(stage, 3);
    await stage.play(late);
    expect(endings(late)).toEqual(["login-refused", "login-refused", "login-refused"]);
    expect(stage.sent).toEqual([0, 0]);
  });

  test.each(["same", "latest"] as const)(
    "after the provider renewed the login, loses nothing where it answers again (%s)",
    async (manner) => {
      const stage = await newStage({ manner });
      await stage.seed(0);
      const dying = stage.job({ name: "rotator" });
      await stage.play([dying], first("send", "killed-after"));
      const others = jobsOf(stage, 4);
      await stage.play(others);
      expect(stage.sent).toEqual([0, 0]);
      expect(endings(others).toSorted()).toEqual(["ledger", "ledger", "ledger", "refreshed"]);
      expectAlive(stage);
    },
  );

  test("with the answer in its capsule, loses nothing: its post step publishes", async () => {
    const stage = await newStage();
    await stage.seed(0);
    const dying = stage.job({ name: "rotator" });
    let intended = false;
    await stage.play([dying], (_, call) => {
      if (call !== "swap") return undefined;
      if (intended) return "killed-before";
      intended = true;
      return undefined;
    });
    expect(stage.record()?.generation).toBe(0);
    const post = dying.post();
    await stage.play([post]);
    expect(stage.record()).toMatchObject({ generation: 1, by: 1, lease: undefined });
    expect(post.recorded.of("notice").join()).toContain("main step could not");
    expectAlive(stage);
  });

  test("after the ledger had it, leaves nothing to its post step", async () => {
    const stage = await newStage();
    await stage.seed(0);
    const job = stage.job();
    await stage.play([job]);
    const post = job.post();
    await stage.play([post]);
    expect(post.calls).toEqual([]);
    expect(post.recorded.of("notice")).toEqual([]);
  });

  test("whose renewal failed, is not said by post to have renewed anything", async () => {
    const stage = await newStage();
    await stage.seed(0);
    const job = stage.job();
    await stage.play([job], (_, call) => (call === "send" ? "lost-before" : undefined));
    expect(ending(job)).toBe("answer-unclear");
    const post = job.post();
    await stage.play([post]);
    expect(post.recorded.of("notice")).toEqual([]);
    expect(stage.record()).toMatchObject({ generation: 0, lease: { attempts: 2 } });
  });
});

describe("a job that is killed with a renewed login in its capsule, after an earlier one of its own was settled,", () => {
  /** Kills the job before the publishing of the first generation that it has renewed itself. */
  const killAtPublish = () => {
    let sent = false;
    return (_: StagedJob, call: Call) => {
      if (call === "send") sent = true;
      return call === "swap" && sent ? ("killed-before" as const) : undefined;
    };
  };

  test("keeps it, if what came before was adopted", async () => {
    const stage = await newStage();
    const record = await stage.seed(0);
    const next = withGeneration({ ...record, epoch: 1 }, stage.loginOf(1, { generation: 1 }));
    const credential = sharedCopy(stage, next, 1, { accessExpiresAt: NOW + MINUTE }, record.lineage);
    const job = stage.job({ credential });
    await stage.play([job], killAtPublish());
    expect(ending(job)).toBe("killed");
    expect(stage.record()?.generation).toBe(1);
    await stage.play([job.post()]);
    expect(stage.record()?.generation).toBe(2);
    expectAlive(stage);
  });

  test("keeps it, if what came before was another job's", async () => {
    const stage = await newStage({ manner: "same" });
    await stage.seed(0, { accessExpiresAt: NOW + MINUTE });
    stage.lifetime = 2 * MINUTE;
    const [slow, other] = [stage.job({ name: "slow" }), stage.job({ name: "other" })];
    await slow.start();
    for (let step = 0; step < 3; step++) await slow.go(); // has its answer, and is held up
    stage.pass(136 * SECOND);
    await stage.play([other]);
    expect(stage.record()).toMatchObject({ generation: 1, by: 2 });
    while (slow.waiting) {
      const sends = slow.calls.filter((call) => call === "send").length;
      await slow.go(slow.waiting === "swap" && sends === 2 ? "killed-before" : "done");
    }
    expect(stage.sent).toEqual([0, 0, 2]);
    await stage.play([slow.post()]);
    expect(stage.record()).toMatchObject({ generation: 2 });
    expectAlive(stage);
  });
});

describe("an answer that is lost", () => {
  test("by the ledger is looked for, and nothing is sent twice", async () => {
    for (const fate of ["lost-before", "lost-after"] as const) {
      for (const nth of [0, 1]) {
        const stage = await newStage();
        await stage.seed(0);
        let swaps = 0;
        const job = stage.job();
        await stage.play([job], (_, call) => (call === "swap" && swaps++ === nth ? fate : undefined));
        expect(ending(job)).toBe("refreshed");
        expect(stage.sent).toEqual([0]);
        expect(stage.record()).toMatchObject({ generation: 1, epoch: 1, by: 1, lease: undefined });
        expect(stage.memory.history).toHaveLength(3);
      }
    }
  });

  test("by a provider that does not rotate, too: the new token is published", async () => {
    const stage = await newStage({ manner: "none" });
    const before = await stage.seed(0);
    let swaps = 0;
    const job = stage.job();
    await stage.play([job], (_, call) => (call === "swap" && swaps++ === 1 ? "lost-before" : undefined));
    expect(stage.record()).toMatchObject({ generation: 1, lease: undefined });
    expect(stage.record()?.access.access?.reveal()).toBe(accessOf(job));
    expect(accessOf(job)).not.toBe(before.access.access?.reveal());
  });

  test("by the provider is asked for once more, under a new intent", async () => {
    const stage = await newStage({ manner: "same" });
    await stage.seed(0);
    const job = stage.job();
    await stage.play([job], first("send", "lost-after"));
    expect(job.calls).toEqual(["load", "swap", "send", "load", "swap", "send", "swap"]);
    expect(ending(job)).toBe("refreshed");
    expectAlive(stage);
  });

  test("by a strict provider means that the login is lost, said as such, for everybody", async () => {
    const stage = await newStage();
    await stage.seed(0);
    const job = stage.job();
    await stage.play([job], first("send", "lost-after"));
    expect(ending(job)).toBe("login-lost-in-flight");
    expect(stage.record()).toMatchObject({ dead: { why: "login-lost-in-flight" }, lease: undefined });
    const other = stage.job();
    stage.pass(HOUR);
    await stage.play([other]);
    expect(ending(other)).toBe("login-refused");
    expect(said(other)).toContain("login-lost-in-flight");
  });

  test("twice, leaves the intent: the next job knows that it is not clear", async () => {
    const stage = await newStage();
    await stage.seed(0);
    const job = stage.job({ name: "rotator" });
    await stage.play([job], (_, call) => (call === "send" ? "lost-before" : undefined));
    expect(ending(job)).toBe("answer-unclear");
    expect(stage.record()?.lease).toMatchObject({ attempts: 2, phase: "intent", owner: "rotator of run 7, attempt 1" });
    const next = stage.job();
    await stage.play([next]);
    expect(ending(next)).toBe("refreshed");
    expect(stage.now() - NOW).toBeGreaterThanOrEqual(135 * SECOND);
  });

  test("stays unclear if the ledger fails before the second sending", async () => {
    for (const call of ["load", "swap"] as const) {
      const stage = await newStage({ manner: "strict" });
      await stage.seed(0);
      let sent = false;
      const job = stage.job();
      await stage.play([job], (_, now) => {
        if (now === "send") {
          sent = true;
          return "lost-after";
        }
        return sent && now === call ? "lost-before" : undefined;
      });
      expect(ending(job)).toBe("answer-unclear");
      expect(said(job)).not.toContain("Nothing was spent");
      expect(stage.record()?.lease).toMatchObject({ phase: "intent" });
    }
  });
});

describe("a login that the provider refuses", () => {
  /** At its provider it has ended, which nobody knows yet. */
  async function revoked(): Promise<Stage> {
    const stage = await newStage();
    await stage.seed(0, { accessExpiresAt: NOW + MINUTE });
    const [killed] = jobsOf(stage, 1);
    await killed?.start();
    return stage;
  }

  test("is marked at once if nobody else can have renewed it, and nobody asks again", async () => {
    const stage = await revoked();
    const jobs = jobsOf(stage, 5);
    await stage.play(jobs, (_, call) => (call === "send" ? "refused" : undefined));
    expect(endings(jobs)).toEqual(jobs.map(() => "login-refused"));
    expect(jobs.flatMap(({ calls }) => calls).filter((call) => call === "send")).toHaveLength(1);
    expect(stage.record()).toMatchObject({ dead: { at: NOW, why: "login-refused" }, lease: undefined, generation: 0 });
    expect(stage.now() - NOW).toBeLessThan(MINUTE);
  });

  test("after a takeover is asked for once, though its refuser waits for a whole lease", async () => {
    const stage = await revoked();
    stage.latency = 300;
    const dying = stage.job({ name: "dying" });
    await stage.play([dying], first("send", "killed-before"));
    const jobs = jobsOf(stage, 20);
    await stage.play(jobs, (_, call) => (call === "send" ? "refused" : undefined));
    expect(jobs.flatMap(({ calls }) => calls).filter((call) => call === "send")).toHaveLength(1);
    expect(stage.record()?.dead).toBeDefined();
  });

  test("is not marked if its earlier holder publishes after all", async () => {
    const stage = await newStage({ manner: "same" });
    await stage.seed(0);
    const slow = stage.job({ name: "slow" });
    await slow.start();
    for (let step = 0; step < 3; step++) await slow.go(); // has its answer, and is held up
    stage.pass(136 * SECOND);
    const other = stage.job({ name: "other" });
    await other.start();
    for (let step = 0; step < 2; step++) await other.go();
    await other.go("refused");
    await other.go(); // looks
    await other.go(); // looks before the new intent
    await other.go(); // renews its lease
    while (slow.waiting) await slow.go(); // publishes over it
    await stage.play([other]);
    expect(endings([slow, other])).toEqual(["refreshed", "ledger"]);
    expect(stage.record()).toMatchObject({ generation: 1, dead: undefined });
  });

  test("lets the present token be used as long as it lives", async () => {
    const stage = await newStage();
    const record = await stage.seed(0);
    await stage.put({ ...record, dead: { at: NOW, why: "login-refused" } });
    const [auto, always] = [stage.job(), stage.job({ settings: { refresh: "always" } })];
    await stage.play([auto, always]);
    expect(endings([auto, always])).toEqual(["ledger", "login-refused"]);
    expect(stage.sent).toEqual([]);
  });
});

describe("a failure that costs nothing", () => {
  test.each([
    ["throttled", "throttled"],
    ["unsent", "provider-unreachable"],
  ] as const)("(%s) gives the lease back, and the job goes on with the present token", async (fate, code) => {
    const stage = await newStage();
    await stage.seed(0);
    const job = stage.job();
    await stage.play([job], (_, call) => (call === "send" ? fate : undefined));
    expect(ending(job)).toBe("ledger");
    expect(job.recorded.of("warning").join()).toContain(`[${code}]`);
    expect(stage.record()).toMatchObject({ lease: undefined, dead: undefined, generation: 0 });
  });

  test.each([
    ["throttled", 0],
    ["unsent", 0],
    ["throttled", 4 * MINUTE],
  ] as const)("(%s) is told where there is no present token that is worth handing out (%i ms)", async (fate, left) => {
    const stage = await newStage();
    await stage.seed(0, { accessExpiresAt: NOW + left });
    const job = stage.job();
    await stage.play([job], (_, call) => (call === "send" ? fate : undefined));
    expect(["throttled", "provider-unreachable"]).toContain(ending(job));
    expect(stage.record()?.lease).toBeUndefined();
  });

  test.each(["forbidden", "lost-before", "throttled"] as const)(
    "a ledger that cannot be written (%s) can still be read",
    async (fate) => {
      const stage = await newStage();
      await stage.seed(0);
      const job = stage.job();
      await stage.play([job], (_, call) => (call === "swap" ? fate : undefined));
      expect(ending(job)).toBe("ledger");
      expect(job.recorded.of("warning").join()).toMatch(/ledger/);
      expect(stage.sent).toEqual([]);
      const asked = stage.job({ settings: { refresh: "always" } });
      await stage.play([asked], (_, call) => (call === "swap" ? fate : undefined));
      expect(ending(asked)).toBe(fate === "forbidden" ? "ledger-forbidden" : "ledger-unreachable");
    },
  );

  test("a ledger that cannot be read is told, after some patience", async () => {
    const stage = await newStage();
    await stage.seed(0);
    const job = stage.job();
    await stage.play([job], () => "lost-before");
    expect(ending(job)).toBe("ledger-unreachable");
    expect(job.calls.length).toBeGreaterThan(2);
    expect(stage.now() - NOW).toBeLessThan(30 * SECOND);
  });

  test("a fresh sign-in that is turned away leaves the present token to the job", async () => {
    const stage = await newStage();
    await stage.seed(0, { accessExpiresAt: NOW + 8 * HOUR });
    const job = stage.job({ credential: stage.loginOf(1) });
    await stage.play([job], (_, call) => (call === "send" ? "throttled" : undefined));
    expect(ending(job)).toBe("ledger");
    expect(stage.record()?.lease).toBeUndefined();
  });
});

describe("a fresh sign-in", () => {
  test("replaces the present login as soon as it has worked once; that is kept beside it", async () => {
    const stage = await newStage();
    const before = await stage.seed(0, { generation: 7 });
    const jobs = jobsOf(stage, 4, { credential: stage.loginOf(1) });
    await stage.play(jobs);
    expect(stage.sent).toEqual([1]);
    const after = stage.record() as RootRecord;
    expect(after).toMatchObject({ generation: 1, lease: undefined, dead: undefined });
    expect(after.lineage).not.toBe(before.lineage);
    expect(after.root.kept.map(({ lineage }) => lineage)).toEqual([before.lineage]);
    expect(after.fingerprints).toHaveLength(before.fingerprints.length + 2);
    expectAlive(stage);
    expect(endings(jobs).toSorted()).toEqual(["ledger", "ledger", "ledger", "refreshed"]);
  });

  test("is known from then on: later jobs with the same copy use the record", async () => {
    const stage = await newStage();
    await stage.seed(0);
    const credential = stage.loginOf(1);
    await stage.play([stage.job({ credential })]);
    const later = jobsOf(stage, 3, { credential });
    await stage.play(later);
    expect(stage.sent).toEqual([1]);
    expect(endings(later)).toEqual(["ledger", "ledger", "ledger"]);
  });

  test("revives a login that has ended", async () => {
    const stage = await newStage();
    await stage.seed(0, { dead: { at: NOW, why: "login-refused" }, accessExpiresAt: NOW });
    const job = stage.job({ credential: stage.loginOf(1, { accessExpiresAt: NOW }) });
    await stage.play([job]);
    expect(ending(job)).toBe("refreshed");
    expect(stage.record()?.dead).toBeUndefined();
  });

  test("that `login --rotate-to` has stored revives it too, without `rotate-to`", async () => {
    const stage = await newStage();
    await stage.seed(0, { dead: { at: NOW, why: "login-refused" }, accessExpiresAt: NOW });
    const job = stage.job({ credential: stage.loginOf(1, { accessExpiresAt: NOW }), stored: kept });
    await stage.play([job]);
    expect([ending(job), stage.sent]).toEqual(["refreshed", [1]]);
    expect(job.recorded.of("notice")).toEqual([]);
  });

  test("that the provider refuses leaves everything as it was, and is not sent again by anybody", async () => {
    const stage = await newStage();
    const before = await stage.seed(0, { generation: 3 });
    const credential = stage.loginOf(1);
    const jobs = jobsOf(stage, 3, { credential, settings: { "min-validity": "10m" } });
    await stage.play(jobs, (_, call) => (call === "send" ? "refused" : undefined));
    expect(endings(jobs)).toEqual(["ledger", "ledger", "ledger"]);
    expect(jobs.flatMap(({ calls }) => calls).filter((call) => call === "send")).toHaveLength(1);
    expect(stage.record()).toMatchObject({ lineage: before.lineage, generation: 3, dead: undefined, lease: undefined });
    expect(jobs[0]?.recorded.of("warning").join()).toContain("was not taken by the provider");
    expect(jobs[1]?.recorded.of("warning").join()).toBe("");
  });

  test("that is refused is not sent again by the same job either, if nobody could be told", async () => {
    const stage = await newStage();
    await stage.seed(0, { accessExpiresAt: NOW + 8 * HOUR });
    let refused = false;
    const job = stage.job({ credential: stage.loginOf(1) });
    await stage.play([job], (_, call) => {
      if (call === "send") {
        refused = true;
        return "refused";
      }
      return refused && call === "swap" ? "lost-before" : undefined;
    });
    expect(job.calls.filter((call) => call === "send")).toHaveLength(1);
    expect(ending(job)).toBe("ledger");
  });

  test("waits for whoever renews the present login, and is left to another run if that succeeds", async () => {
    const stage = await newStage();
    await stage.seed(0);
    const [rotator, signedIn] = [stage.job({ name: "rotator" }), stage.job({ credential: stage.loginOf(1) })];
    await rotator.start();
    await rotator.go();
    await rotator.go();
    await signedIn.start();
    await signedIn.go();
    expect(signedIn.waiting).toBe("sleep");
    await rotator.go();
    await rotator.go();
    while (signedIn.waiting) await signedIn.go();
    expect(endings([rotator, signedIn])).toEqual(["refreshed", "ledger"]);
    expect(stage.sent).toEqual([0]);
  });

  test("does not wait for another job's program", async () => {
    const stage = await newStage();
    const record = await stage.seed(0);
    const lease = { owner: "somebody", nonce: "x", phase: "checked-out", ttlMs: 6 * HOUR, attempts: 1 } as const;
    await stage.put({ ...record, lease });
    const job = stage.job({ credential: stage.loginOf(1) });
    await stage.play([job]);
    expect(ending(job)).toBe("ledger");
    expect(stage.sent).toEqual([]);
  });

  test("is none on a re-run, without a root key, or with `refresh: never`", async () => {
    const stage = await newStage();
    const { lineage } = await stage.seed(0, { accessExpiresAt: NOW + 8 * HOUR });
    const credential = stage.loginOf(1);
    const jobs = [
      stage.job({ credential, attempt: 2 }),
      stage.job({ credential, key: stage.accessKey }),
      stage.job({ credential, settings: { refresh: "never" } }),
    ];
    await stage.play(jobs);
    expect(endings(jobs)).toEqual(["ledger", "ledger", "ledger"]);
    expect(stage.sent).toEqual([]);
    expect(stage.record()?.lineage).toBe(lineage);
  });

  test("is not overwritten by an older lineage that is published late", async () => {
    const stage = await newStage();
    await stage.seed(0, { generation: 9 });
    const slow = stage.job({ name: "slow" });
    await slow.start();
    for (let step = 0; step < 3; step++) await slow.go();
    stage.pass(136 * SECOND);
    const job = stage.job({ credential: stage.loginOf(1) });
    await stage.play([job]);
    const { lineage } = stage.record() as RootRecord;
    while (slow.waiting) await slow.go();
    expect(endings([slow, job])).toEqual(["ledger", "refreshed"]);
    expect(stage.record()).toMatchObject({ lineage, generation: 1 });
    expect(accessOf(slow)).toBe(accessOf(job));
  });
});

describe("the first record", () => {
  test("is begun by one of those who come together", async () => {
    const stage = await newStage();
    const jobs = jobsOf(stage, 6, { credential: stage.loginOf(0) });
    await stage.play(jobs);
    expect(stage.sent).toEqual([0]);
    expect(endings(jobs).toSorted()).toEqual(["ledger", "ledger", "ledger", "ledger", "ledger", "refreshed"]);
    expect(stage.record()).toMatchObject({ generation: 1, epoch: 1, by: 1 });
    expectAlive(stage);
  });

  test.each([
    ["without a login", {}, "holds no login"],
    ["on a re-run", { number: 0, attempt: 2 }, "re-run"],
    ["without a root key", { number: 0, access: true }, "oca1_"],
  ])(
    "is not begun %s",
    async (_, { number, attempt = 1, access }: { number?: number; attempt?: number; access?: boolean }, words) => {
      const stage = await newStage();
      const credential = number === undefined ? undefined : stage.loginOf(number);
      const job = stage.job({ credential, attempt, ...(access && { key: stage.accessKey }) });
      await stage.play([job]);
      expect(ending(job)).toBe("ledger-empty");
      expect(said(job)).toContain(words);
      expect(stage.sent).toEqual([]);
      expect(stage.memory.history).toEqual([]);
    },
  );

  test("is marked as dead, and its token not sent once more, though a server that lags does not show it yet", async () => {
    const stage = await newStage();
    stage.memory.lag(2 * SECOND);
    const job = stage.job({ credential: stage.loginOf(0) });
    await stage.play([job], (_, call) => (call === "send" ? "refused" : undefined));
    expect(job.calls.filter((call) => call === "send")).toHaveLength(1);
    expect(ending(job)).toBe("login-refused");
    expect(stage.now() - NOW).toBeLessThan(MINUTE);
    stage.memory.lag(0);
    expect(stage.record()).toMatchObject({ dead: { why: "login-refused" }, lease: undefined });
  });

  test("is not begun with what a ledger has stored: it was there once", async () => {
    const stage = await newStage();
    const record = recordOf(stage.loginOf(0), "default", randomBytes);
    const job = stage.job({ credential: sharedCopy(stage, record, 0) });
    await stage.play([job]);
    expect(ending(job)).toBe("ledger-empty");
    expect(said(job)).toContain("was deleted");
    expect(stage.sent).toEqual([]);
  });

  test("is not begun with what another ledger has stored, which is not called a deleted record", async () => {
    const stage = await newStage();
    const site = { ...stage.site, place: "43 refs/oauth-creds/v1/anthropic/default" };
    const key = stage.keys.root[0] as RootKey;
    const job = stage.job({ credential: sealShared(stage.loginOf(0), "L", key, site, randomBytes, undefined) });
    await stage.play([job]);
    expect(ending(job)).toBe("ledger-empty");
    expect(said(job)).toContain(`by another ledger (${site.place})`);
    expect(said(job)).not.toContain("deleted");
    expect(stage.sent).toEqual([]);
  });

  test("is looked for again before it is said to be missing", async () => {
    const stage = await newStage();
    const record = recordOf(stage.loginOf(0), "default", randomBytes);
    const job = stage.job({ credential: sharedCopy(stage, record, 0) });
    await job.start();
    await job.go();
    expect(job.waiting).toBe("sleep");
    await stage.put({ ...record, accessExpiresAt: NOW + 8 * HOUR });
    await job.go();
    expect(ending(job)).toBe("ledger");
  });

  test("is not begun with a copy that may be an old one: one that was renewed before, or is kept elsewhere", async () => {
    const stage = await newStage();
    const credential = stage.loginOf(0, { generation: 4 });
    const elsewhere = { ...kept, location: { ...LOCATION, name: "OTHER" } };
    stage.secret.updatedAt = NOW - HOUR;
    const jobs = [
      stage.job({ credential }),
      stage.job({ credential, stored: kept }),
      stage.job({ credential, stored: elsewhere, settings: WITH_SECRET }),
    ];
    await stage.play(jobs);
    expect(endings(jobs)).toEqual(["ledger-empty", "ledger-empty", "secret-elsewhere"]);
    stage.secret.updatedAt = NOW - MINUTE;
    const stale = stage.job({ credential, stored: kept, settings: WITH_SECRET });
    await stage.play([stale]);
    expect(ending(stale)).toBe("snapshot-stale");
    expect(stage.sent).toEqual([]);
    stage.secret.updatedAt = kept.savedAt;
    const proved = stage.job({ credential, stored: kept, settings: WITH_SECRET });
    await stage.play([proved]);
    expect(ending(proved)).toBe("refreshed");
    expect(stage.record()?.generation).toBe(5);
  });

  test("is begun with a sign-in that `login --rotate-to` has stored, also without `rotate-to`: it was never renewed", async () => {
    const stage = await newStage();
    const job = stage.job({ credential: stage.loginOf(0, { accessExpiresAt: NOW }), stored: kept });
    await stage.play([job]);
    expect([ending(job), stage.sent]).toEqual(["refreshed", [0]]);
  });

  test("that is refused at once is marked: no other job sends the same copy", async () => {
    const stage = await newStage();
    const credential = stage.loginOf(0, { accessExpiresAt: NOW });
    const jobs = jobsOf(stage, 3, { credential });
    await stage.play(jobs, (_, call) => (call === "send" ? "refused" : undefined));
    expect(endings(jobs)).toEqual(jobs.map(() => "login-refused"));
    expect(jobs.flatMap(({ calls }) => calls).filter((call) => call === "send")).toHaveLength(1);
  });
});

describe("a copy that is none of the newest", () => {
  test("is recognised by its token: the record is used", async () => {
    const stage = await newStage();
    await stage.seed(0);
    const credential = stage.loginOf(0);
    await stage.play([stage.job()]);
    const jobs = [stage.job({ credential }), stage.job({ credential, attempt: 3 })];
    stage.pass(8 * HOUR);
    await stage.play(jobs);
    expect(stage.sent).toEqual([0, 2]);
    expect(endings(jobs).toSorted()).toEqual(["ledger", "refreshed"]);
  });

  test("that was renewed before the ledger was, is no fresh sign-in", async () => {
    const stage = await newStage();
    await stage.seed(0, { accessExpiresAt: NOW + 8 * HOUR });
    const credential = stage.loginOf(1, { generation: 4 });
    stage.secret.updatedAt = NOW - MINUTE;
    const jobs = [
      stage.job({ credential }),
      stage.job({ credential, stored: kept }),
      stage.job({ credential, stored: kept, settings: WITH_SECRET }),
    ];
    await stage.play(jobs);
    expect(endings(jobs)).toEqual(["ledger", "ledger", "ledger"]);
    expect(stage.sent).toEqual([]);
  });

  test("is told, where an unknown login is passed over", async () => {
    const stage = await newStage();
    await stage.seed(0, { dead: { at: NOW, why: "login-refused" }, accessExpiresAt: NOW });
    const credential = stage.loginOf(1, { generation: 4, accessExpiresAt: NOW });
    stage.secret.updatedAt = NOW - MINUTE;
    const jobs = [
      stage.job({ credential, stored: kept }),
      stage.job({ credential, stored: kept, settings: WITH_SECRET }),
    ];
    await stage.play(jobs);
    expect(endings(jobs)).toEqual(["login-refused", "login-refused"]);
    const [unproved, stale] = jobs.map(({ recorded }) => recorded.of("notice").join());
    expect(unproved).toMatch(/`credential` is not taken for a fresh sign-in.+was renewed before.+`rotate-to`/);
    expect(stale).toMatch(/`credential` is not taken for a fresh sign-in.+snapshot-stale/);
  });

  test("that was pasted before another, is no fresh sign-in where that can be seen", async () => {
    const stage = await newStage();
    await stage.seed(0, { accessExpiresAt: NOW + 8 * HOUR });
    stage.secret.updatedAt = NOW;
    stage.secret.value = "what the person has pasted since";
    const job = stage.job({ credential: stage.loginOf(1), settings: WITH_SECRET });
    await stage.play([job]);
    expect(stage.sent).toEqual([]);
    expect(ending(job)).toBe("ledger");
    expect(stage.secret.value).toBe("what the person has pasted since");
  });

  test("shows that the record was put back, if it is of a later generation", async () => {
    const stage = await newStage();
    const record = await stage.seed(0, { generation: 3 });
    for (const key of [stage.rootKey, stage.accessKey]) {
      const job = stage.job({ key, credential: sharedCopy(stage, { ...record, generation: 4 }, 1) });
      await stage.play([job]);
      expect(ending(job)).toBe("ledger-rolled-back");
    }
    expect(stage.sent).toEqual([]);
  });

  test("shows so only after a second look, since a reader may be behind", async () => {
    const stage = await newStage();
    const record = await stage.seed(0, { generation: 3 });
    const job = stage.job({ credential: sharedCopy(stage, { ...record, generation: 4 }, 1) });
    await job.start();
    await job.go();
    expect(job.waiting).toBe("sleep");
    await stage.put({ ...record, generation: 4, accessExpiresAt: NOW + 8 * HOUR });
    await job.go();
    expect(ending(job)).toBe("ledger");
  });

  test("is not opened in another place", async () => {
    const stage = await newStage();
    const record = await stage.seed(0);
    const copy = sharedCopy(stage, record, 1);
    const shared = { ...(copy.shared as NonNullable<Credential["shared"]>), place: "another" };
    const job = stage.job({ credential: { ...copy, shared } });
    await stage.play([job]);
    expect(stage.sent).toEqual([0]);
  });
});

describe("what could be stored in the secret only", () => {
  async function unpublished(change: Partial<Credential> = {}) {
    const stage = await newStage();
    const record = await stage.seed(0, { generation: 3, epoch: 6 });
    const next = { ...record, generation: 4, epoch: 6 };
    const credential = sharedCopy(stage, next, 1, { accessExpiresAt: NOW + 30 * MINUTE, ...change }, record.lineage);
    return { stage, record, credential };
  }

  test("is published by the next job that has it, without asking the provider", async () => {
    const { stage, record, credential } = await unpublished();
    const job = stage.job({ credential, settings: { "min-validity": "10m" } });
    // Its token would do as it is, so it has to be handed out to be looked at.
    const forced = stage.job({ credential, settings: { "min-validity": "40m", refresh: "never" } });
    await stage.play([job, forced]);
    expect(stage.sent).toEqual([]);
    expect(stage.record()).toMatchObject({ lineage: record.lineage, generation: 4, by: 6, lease: undefined });
    expect(stage.numberOf(stage.record()?.refresh?.reveal())).toBe(1);
    expect(forced.recorded.of("notice").join()).toContain("now stands in the record in memory");
  });

  test("revives a record that was marked as ended", async () => {
    const { stage, record, credential } = await unpublished();
    await stage.put({ ...record, dead: { at: NOW, why: "login-refused" } });
    await stage.play([stage.job({ credential })]);
    expect(stage.record()?.dead).toBeUndefined();
    expectAlive(stage);
  });

  test("waits for whoever renews the same generation meanwhile", async () => {
    const { stage, credential } = await unpublished();
    const rotator = stage.job({ name: "rotator" });
    await rotator.start();
    await rotator.go();
    await rotator.go();
    const job = stage.job({ credential });
    await job.start();
    await job.go();
    expect(job.waiting).toBe("sleep");
  });

  test("is not published without what renews it", async () => {
    const { stage, record, credential } = await unpublished();
    const other = parseKeys(makeRootKey(randomBytes));
    if (typeof other === "string") throw new Error(other);
    const login = stage.loginOf(1, { generation: 4 });
    const over = { epoch: 6, over: record.lineage, spent: undefined };
    const foreign = sealShared(login, record.lineage, other.root[0] as RootKey, stage.site, randomBytes, over);
    const altered = {
      ...credential,
      shared: { ...(credential.shared as NonNullable<Credential["shared"]>), sealed: "AAAA" },
    };
    for (const one of [foreign, altered])
      await stage.play([stage.job({ credential: { ...one, accessExpiresAt: NOW } })]);
    expect(stage.numberOf(stage.record()?.refresh?.reveal())).not.toBe(1);
    expect(stage.record()?.refresh).toBeDefined();
  });

  test.each([
    ["forbidden", 30 * MINUTE, MINUTE, "recovered"],
    ["lost-before", 30 * MINUTE, MINUTE, "recovered"],
    ["forbidden", MINUTE, 30 * MINUTE, "ledger"],
    ["forbidden", MINUTE, MINUTE, "ledger-forbidden"],
    ["lost-before", MINUTE, MINUTE, "ledger-unreachable"],
  ] as const)(
    "does not end the job where the ledger cannot be written (%s): its token does (%i ms), or the record's (%i ms)",
    async (fate, left, ofRecord, end) => {
      const { stage, record, credential } = await unpublished({ accessExpiresAt: NOW + left });
      await stage.put({ ...record, accessExpiresAt: NOW + ofRecord });
      const job = stage.job({ credential });
      await stage.play([job], (_, call) => (call === "swap" ? fate : undefined));
      expect([ending(job), stage.sent]).toEqual([end, []]);
      const own = end === "recovered" ? credential : stage.record()?.access;
      if (end === "recovered" || end === "ledger") {
        expect(accessOf(job)).toBe(own?.access?.reveal());
        expect(job.recorded.of("warning").join()).toMatch(
          /still stands in no ledger.+\[ledger-(forbidden|unreachable)\]/,
        );
      }
      expect(stage.record()).toMatchObject({ generation: 3, lease: undefined });
    },
  );

  test.each([
    ["its generation was made under a later lease", { by: 7, epoch: 7, generation: 4 }, true],
    ["it was renewed since", { by: 7, epoch: 7, generation: 9 }, true],
    ["somebody has signed in since", { by: 7, epoch: 7, generation: 1, lineage: "another" }, true],
    ["it may be the living one: that of the record was made under an earlier lease", { by: 5, generation: 4 }, false],
  ])("is replaced in its secret when the record has gone on without it: %s", async (_, change, replaced) => {
    const { stage, record, credential } = await unpublished();
    await stage.put({ ...record, accessExpiresAt: NOW + 8 * HOUR, ...change });
    stage.secret.updatedAt = kept.savedAt;
    const job = stage.job({ credential, stored: kept, settings: WITH_SECRET });
    await stage.play([job]);
    expect([ending(job), stage.secret.value !== undefined]).toEqual(["ledger", replaced]);
    const { lineage, generation } = stage.record() as RootRecord;
    if (replaced) expect(stage.secret.login()).toMatchObject({ generation, shared: { lineage } });
  });

  test("is no proof of a roll-back to a job that cannot open it", async () => {
    const { stage, credential } = await unpublished();
    const job = stage.job({ credential, key: stage.accessKey });
    await stage.play([job]);
    expect(ending(job)).toBe("ledger");
  });

  test("of a fresh sign-in, becomes a lineage of its own", async () => {
    const { stage, record } = await unpublished();
    const next = { ...record, lineage: "the-new-one", generation: 1 };
    const credential = sharedCopy(stage, next, 1, { accessExpiresAt: NOW + 30 * MINUTE }, record.lineage);
    await stage.play([stage.job({ credential, settings: { refresh: "never" } })]);
    expect(stage.record()).toMatchObject({ lineage: "the-new-one", generation: 1 });
    expect(stage.sent).toEqual([]);
  });

  test.each([
    ["main", undefined],
    ["post", "killed-before"],
  ] as const)(
    "of a fresh sign-in (by %s), makes its token a known one: no job with the old paste sends it",
    async (_, fate) => {
      const stage = await newStage();
      await stage.seed(0, { accessExpiresAt: NOW });
      stage.secret.updatedAt = NOW - HOUR;
      const credential = stage.loginOf(1, { accessExpiresAt: NOW });
      const main = stage.job({ credential, settings: WITH_SECRET });
      const down = (call: Call) => (call === "load" || call === "swap" ? "lost-before" : undefined);
      await stage.play([main], ({ calls }, call) => (calls.includes("send") ? (fate ?? down(call)) : undefined));
      await stage.play([main.post()], (__, call) => down(call));
      expect(stage.secret.login()?.shared?.unpublished).toMatchObject({ epoch: 1 });
      expect(stage.secret.value).not.toContain(stage.tokenOf(1));
      const adopting = stage.job({ text: stage.secret.value, settings: { ...WITH_SECRET, refresh: "never" } });
      stage.pass(8 * HOUR);
      await stage.play([adopting]);
      expect(stage.record()?.generation).toBe(1);
      const elsewhere = stage.job({ credential });
      await stage.play([elsewhere]);
      expect(stage.sent.filter((number) => number === 1)).toHaveLength(1);
      expectAlive(stage);
    },
  );

  test("of a fresh sign-in, does not replace a later one", async () => {
    const { stage, record } = await unpublished();
    const credential = sharedCopy(stage, { ...record, lineage: "another", generation: 1 }, 1, {}, "an older one");
    await stage.play([stage.job({ credential, settings: { refresh: "never" } })]);
    expect(stage.record()).toMatchObject({ lineage: record.lineage, generation: 3 });
  });
});

describe("a secret beside the ledger, by a token without “Actions: read”", () => {
  async function pasted(change: Partial<RootRecord> = { accessExpiresAt: NOW }) {
    const stage = await newStage();
    await stage.seed(0, change);
    Object.assign(stage.secret, { updatedAt: NOW - HOUR, runsHidden: true });
    return stage;
  }

  test.each(["seed", "sign-in"])("takes what a pasted login became: it was proved before (%s)", async (what) => {
    const stage = what === "seed" ? await newStage() : await pasted();
    Object.assign(stage.secret, { updatedAt: NOW - HOUR, runsHidden: true });
    const job = stage.job({ credential: stage.loginOf(1, { accessExpiresAt: NOW }), settings: WITH_SECRET });
    await stage.play([job]);
    expect([ending(job), stage.sent]).toEqual(["refreshed", [1]]);
    expect(stage.secret.login()).toMatchObject({ generation: 1, shared: { lineage: stage.record()?.lineage } });
    expect(job.recorded.of("warning")).toEqual([]);
  });

  test("takes it from post, too, if main died", async () => {
    const stage = await pasted();
    const main = stage.job({ credential: stage.loginOf(1, { accessExpiresAt: NOW }), settings: WITH_SECRET });
    await stage.play([main], ({ calls }) => (calls.includes("send") ? "killed-before" : undefined));
    await stage.play([main.post()], (_, call) => (call === "load" || call === "swap" ? "lost-before" : undefined));
    expect(stage.secret.login()?.shared?.unpublished).toMatchObject({ epoch: 1 });
  });

  test("is left alone if somebody has pasted another login since", async () => {
    const stage = await pasted();
    const job = stage.job({ credential: stage.loginOf(1, { accessExpiresAt: NOW }), settings: WITH_SECRET });
    await stage.play([job], (_, call) => {
      if (call === "send") Object.assign(stage.secret, { updatedAt: NOW + MINUTE, value: "another paste" });
      return undefined;
    });
    expect([ending(job), stage.secret.value]).toEqual(["refreshed", "another paste"]);
  });

  test("stays behind where nothing proves what stands there, and that is said", async () => {
    const stage = await pasted();
    const job = stage.job({ credential: stage.loginOf(0, { accessExpiresAt: NOW }), settings: WITH_SECRET });
    await stage.play([job]);
    expect([ending(job), stage.secret.value]).toEqual(["refreshed", undefined]);
    expect(job.recorded.of("warning").join()).toMatch(/not written to .*LOGIN.*Actions: read/);
  });
});

test.each([
  ["its own", "envelope", false],
  ["its own", "paste", false],
  ["a person's", "envelope", true],
])(
  "main dies right after it has written the secret: post takes %s writing for what it is (%s)",
  async (_, held, pasted) => {
    const stage = await newStage();
    const record = await stage.seed(0, { accessExpiresAt: NOW });
    stage.secret.updatedAt = kept.savedAt;
    const copy = sharedCopy(stage, record, 0, { accessExpiresAt: NOW });
    const main =
      held === "envelope"
        ? stage.job({ credential: copy, stored: kept, settings: WITH_SECRET })
        : stage.job({ credential: stage.loginOf(1, { accessExpiresAt: NOW }), settings: WITH_SECRET });
    const down = (call: Call) => (call === "load" || call === "swap" ? "lost-before" : undefined);
    await stage.play([main], ({ calls }, call) =>
      calls.includes("send") ? (call === "secret" ? "killed-after" : down(call)) : undefined,
    );
    expect([main.killed, stage.secret.login()?.generation]).toEqual([true, 1]);
    if (pasted) Object.assign(stage.secret, { updatedAt: stage.now() + 5 * MINUTE, value: "another paste" });
    const writes = () => stage.secret.calls.filter((call) => call === "PUT LOGIN").length;
    const before = writes();
    const post = main.post();
    await stage.play([post], (__, call) => down(call));
    expect(writes() - before).toBe(pasted ? 0 : 1);
    expect(post.recorded.of("error").length).toBe(pasted ? 1 : 0);
    if (!pasted) expect(post.recorded.of("warning").join()).toMatch(/could not be published, and is kept in/);
  },
);

test("a provider that gives no new refresh token: nobody is told to sign in again, since what stands there renews", async () => {
  const stage = await newStage({ manner: "none" });
  await stage.seed(0, { accessExpiresAt: NOW });
  const main = stage.job();
  const down = (job: StagedJob, call: Call) =>
    job.calls.includes("send") && call !== "sleep" ? "lost-before" : undefined;
  await stage.play([main], down);
  const { outcome, world, inputs, recorded } = main;
  if (outcome?.type !== "acquired") throw new Error("it has failed");
  sayResult(world, inputs, outcome.acquired);
  const post = main.post();
  await stage.play([post], (_, call) => (call === "sleep" ? undefined : "lost-before"));
  for (const { of } of [recorded, post.recorded]) {
    const text = of("error").join();
    expect(text).toMatch(/renews it all the same/);
    expect(text).not.toMatch(/has ended|ign in again/);
  }
  stage.pass(HOUR);
  const next = stage.job();
  await stage.play([next]);
  expect([ending(next), stage.sent]).toEqual(["refreshed", [0, 0]]);
});

describe("keys", () => {
  test("a record that only an access key of the ring opens is read, and never replaced", async () => {
    const stage = await newStage();
    const record = await stage.seed(0, { accessExpiresAt: NOW + 8 * HOUR });
    const key = `${makeRootKey(randomBytes)} ${stage.accessKey}`;
    const credential = stage.loginOf(1);
    const jobs = [
      stage.job({ key }),
      stage.job({ key, credential }),
      stage.job({ key, credential, settings: { refresh: "always" } }),
    ];
    await stage.play(jobs);
    expect(endings(jobs)).toEqual(["ledger", "ledger", "ledger"]);
    expect(stage.sent).toEqual([]);
    expect(stage.record()).toEqual(record);
    expect(jobs.map(({ recorded }) => recorded.of("warning").length)).toEqual([0, 0, 1]);
    expect(jobs[2]?.recorded.text()).toContain("cannot renew");
  });

  test("`refresh: always` with an access key is told what it cannot do, unless another job has just done it", async () => {
    const stage = await newStage();
    await stage.seed(0, { accessExpiresAt: NOW + 8 * HOUR });
    const settings = { refresh: "always" };
    const agent = stage.job({ key: stage.accessKey, settings });
    await stage.play([agent]);
    expect(ending(agent)).toBe("ledger");
    expect(agent.recorded.of("warning").join()).toMatch(/`refresh` is `always`.*ocr1_/);

    await stage.put({ ...(stage.record() as RootRecord), accessExpiresAt: NOW });
    const [rotator, waiting] = [stage.job(), stage.job({ name: "B", key: stage.accessKey, settings })];
    await rotator.start();
    await rotator.go(); // looks
    await rotator.go(); // writes its intent
    await waiting.start();
    await waiting.go();
    await stage.play([rotator, waiting]);
    expect(endings([rotator, waiting])).toEqual(["refreshed", "ledger"]);
    expect(waiting.recorded.of("warning")).toEqual([]);
  });

  test("a login is not handed out with an access key, and that is the reason that is told", async () => {
    const stage = await newStage();
    await stage.seed(0, { accessExpiresAt: NOW + 8 * HOUR });
    const job = stage.job({
      key: stage.accessKey,
      settings: { "write-refresh-token": "true", targets: "claude", refresh: "always" },
    });
    await stage.play([job]);
    expect(ending(job)).toBe("input-invalid");
    expect(said(job)).toMatch(/`write-refresh-token: true` cannot be done here.*root key/);
    expect(said(job)).not.toContain("too soon");
  });

  test("the first of several writes, any of them opens", async () => {
    const stage = await newStage();
    await stage.seed(0);
    const next = makeRootKey(randomBytes);
    const job = stage.job({ key: `${next} ${stage.rootKey}` });
    await stage.play([job]);
    expect(ending(job)).toBe("refreshed");
    const later = [stage.job({ key: next }), stage.job()];
    await stage.play(later);
    expect(endings(later)).toEqual(["ledger", "ledger-unreadable"]);
  });

  test("a record that was altered is refused", async () => {
    const stage = await newStage();
    const record = await stage.seed(0);
    const text = sealRecord(record, stage.keys.root[0] as RootKey, "memory", randomBytes);
    const version = stage.memory.present()?.version;
    await stage.memory.ledger().compareAndSwap(version, text.replace('"generation":0', '"generation":9'));
    const job = stage.job({ credential: stage.loginOf(1) });
    await stage.play([job]);
    expect(ending(job)).toBe("ledger-unreadable");
    expect(stage.sent).toEqual([]);
  });
});

describe("with `validate: online`", () => {
  const settings = { validate: "online" };
  const UNKNOWN_TOKEN = answer(401, { type: "error", error: { type: "authentication_error" } });

  test("a copy whose token the provider does not take any more is not spent past the ledger", async () => {
    const stage = await newStage();
    const credential = stage.loginOf(0, { accessExpiresAt: NOW + 5 * HOUR });
    await stage.seed(0);
    await stage.play([stage.job()]); // renews: the copy's tokens are old ones now
    stage.secret.updatedAt = NOW - HOUR;
    stage.check = (token) => (token === credential.access?.reveal() ? UNKNOWN_TOKEN : answer(200, {}));
    const job = stage.job({ credential, settings: { ...settings, ...WITH_SECRET } });
    await stage.play([job]);
    expect(stage.sent).toEqual([0]);
    expect(ending(job)).toBe("ledger");
  });

  test("a record whose token the provider does not take is renewed, once for all", async () => {
    const stage = await newStage();
    const bad = newToken("oat");
    const record = await stage.seed(0);
    await stage.put({
      ...record,
      accessExpiresAt: NOW + 8 * HOUR,
      access: { ...record.access, access: new Secret(bad) },
    });
    const jobs = jobsOf(stage, 4, { settings });
    stage.check = (token) => (token === bad ? UNKNOWN_TOKEN : answer(200, {}));
    await stage.play(jobs);
    expect(stage.sent).toEqual([0]);
    expect(endings(jobs).toSorted()).toEqual(["ledger", "ledger", "ledger", "refreshed"]);
  });
});

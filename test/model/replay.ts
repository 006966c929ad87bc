/** Does with real jobs what the model did, and compares what stands in the ledger after every step. */
import { expect } from "vitest";
import { sealEnvelope } from "../../src/credential/envelope.ts";
import { knows } from "../../src/ledger/fingerprints.ts";
import { openShared } from "../../src/ledger/shared-envelope.ts";
import { Secret } from "../../src/secret.ts";
import { NOW } from "../unit/src/support.ts";
import { apply, beginning, sayAction } from "./explore.ts";
import { callOf } from "./machine.ts";
import { newStage, type Stage, type StagedJob, WITH_SECRET } from "./stage.ts";
import type { Action, Copy, Job, Scenario, State } from "./state.ts";

/** How the results of the model's jobs are called by the code. */
const RESULTS: Readonly<Record<string, readonly string[]>> = {
  refused: ["login-refused", "login-ended", "login-lost-in-flight"],
  dead: ["login-refused"],
  "cannot-renew": ["credential-ended"],
  "must-not-renew": ["credential-ended"],
  "no-login": ["ledger-empty"],
  "re-run": ["ledger-empty"],
  "stored-by-ledger": ["ledger-empty"],
  "access-key": ["ledger-empty"],
  "rolled-back": ["ledger-rolled-back"],
};

/** Names of the model and of the code for the same thing: each has one of the other. */
class Pairs {
  readonly #what: string;
  readonly #there = new Map<number, string>();
  readonly #back = new Map<string, number>();

  constructor(what: string) {
    this.#what = what;
  }

  check(model: number, real: string): void {
    const known = [this.#there.get(model) ?? real, this.#back.get(real) ?? model];
    expect([this.#what, ...known]).toEqual([this.#what, real, model]);
    this.#there.set(model, real);
    this.#back.set(real, model);
  }
}

/**
 * Throws where the two differ. Gives the number of steps that were compared.
 *
 * @param serverTime whether the ledger tells the time; without it only ways of which `sawBefore` is true agree
 */
export async function replay(scenario: Scenario, way: readonly Action[], serverTime = true): Promise<number> {
  const families = beginning(scenario).issuer.families.length;
  const stage = await newStage({ manner: scenario.manner, families, serverTime });
  const pairs = { lineage: new Pairs("lineages"), nonce: new Pairs("nonces"), access: new Pairs("access tokens") };
  const jobs: (StagedJob | undefined)[] = scenario.jobs.map(() => undefined);
  let state = beginning(scenario);
  if (state.record) await stage.seed(0, { generation: 5, accessExpiresAt: NOW + state.record.ends });
  if (scenario.secret !== undefined) {
    stage.secret.value = sealEnvelope(stage.loginOf(scenario.secret, { accessExpiresAt: NOW }), undefined);
    stage.secret.updatedAt = NOW - 3_600_000;
  }

  const done: string[] = [];
  for (const action of way) {
    done.push(sayAction(action));
    const step = done.join("\n");
    try {
      await carryOut(action);
      const before = state;
      state = apply(scenario, state, action, () => {});
      compare(before);
    } catch (error) {
      throw new Error(`${scenario.name}\n${step}\n${(error as Error).message}`, { cause: error });
    }
  }
  return way.length;

  async function carryOut(action: Action): Promise<void> {
    if ("to" in action) return stage.pass(NOW + action.to - stage.now());
    if ("post" in action) {
      const post = (jobs[action.post] as StagedJob).post();
      jobs[action.post] = post;
      return post.start();
    }
    const job = (jobs[action.job] ??= newJob(stage, scenario, action.job));
    await job.start();
    while (job.waiting === "sleep") await job.awake();
    expect(job.waiting ?? "none", "what the job does next").toBe(action.call);
    if (action.call === "none") return undefined;
    return action.fate === "down" ? withoutLedger(job) : job.go(action.fate);
  }

  /** Time passes for this job alone until it gives up: the others do nothing meanwhile. */
  async function withoutLedger(job: StagedJob): Promise<void> {
    const before = stage.now();
    for (let call = job.waiting; call === "swap" || call === "load" || call === "sleep"; call = job.waiting) {
      stage.pass(Math.max(0, (job.due[0] ?? 0) - stage.now()));
      await (call === "sleep" ? job.awake() : job.go("lost-before"));
    }
    stage.pass(before - stage.now());
  }

  function compare(before: State): void {
    const real = stage.record();
    const model = state.record;
    for (const [index, job] of jobs.entries()) if (job) compareJob(job, state.jobs[index] as Job);
    expect(stage.issuer(), "the provider").toEqual(state.issuer);
    if (state.secret && state.secret !== before.secret) compareSecret(state.secret);
    expect(stage.memory.history, "versions").toHaveLength(state.version);
    if (model === before.record && model) return;
    expect(real === undefined, "whether there is a record").toBe(model === null);
    if (real && model) {
      const { generation, epoch, by, lease, dead } = real;
      expect({ generation, epoch, by, dead: dead !== undefined }, "the record").toEqual({
        generation: model.generation,
        epoch: model.epoch,
        by: model.by,
        dead: model.dead,
      });
      const writtenAt = serverTime ? NOW + model.writtenAt : undefined;
      expect(stage.memory.present()?.writtenAt, "when it was written").toBe(writtenAt);
      expect(stage.numberOf(real.refresh?.reveal()), "its token").toBe(model.token);
      expect(real.accessExpiresAt, "the end of its access token").toBe(NOW + model.ends);
      pairs.lineage.check(model.lineage, real.lineage);
      if (model.access >= 0) pairs.access.check(model.access, real.access.access?.reveal() ?? "");
      const held = lease && { owner: lease.owner.replace(/ .*/, ""), attempts: lease.attempts, phase: lease.phase };
      const holds = model.lease && { owner: nameOf(model.lease.job), attempts: model.lease.attempts, phase: "intent" };
      expect(held ?? null, "its lease").toEqual(holds);
      if (lease && model.lease) pairs.nonce.check(model.lease.nonce, lease.nonce);
      const known = state.issuer.tokens.map((_, token) => knows(real, new Secret(stage.tokenOf(token))));
      expect(known, "the tokens that it knows").toEqual(
        state.issuer.tokens.map((_, token) => model.known.includes(token)),
      );
    }
  }

  function compareSecret(model: Copy): void {
    const credential = stage.secret.login();
    if (!credential) throw new Error("the secret is empty");
    const { shared, generation, accessExpiresAt, refresh } = openShared(credential, stage.keys, stage.site);
    expect({ generation, accessExpiresAt, token: stage.numberOf(refresh?.reveal()) }, "the secret").toEqual({
      generation: model.generation,
      accessExpiresAt: NOW + model.ends,
      token: model.token,
    });
    expect(shared !== undefined, "whether it is a ledger's").toBe(model.lineage !== null);
    if (!shared || model.lineage === null) return;
    pairs.lineage.check(model.lineage, shared.lineage);
    expect(shared.unpublished?.epoch, "the lease of what could not be published").toBe(model.unpublished?.epoch);
    if (shared.unpublished && model.unpublished) pairs.lineage.check(model.unpublished.over, shared.unpublished.over);
  }

  function compareJob(job: StagedJob, model: Job): void {
    if (model.at === "killed" || model.at === "done") {
      const expected = model.at === "killed" ? ["killed"] : (RESULTS[model.result] ?? [model.result]);
      expect(expected, `the end of ${job.name}`).toContain(endOf(job));
    } else if (job.waiting !== "sleep") expect(job.waiting, `the next call of ${job.name}`).toBe(callOf(model));
  }
}

const nameOf = (index: number): string => `job-${index}`;

function newJob(stage: Stage, scenario: Scenario, index: number): StagedJob {
  const { root, snapshot, firstAttempt = true, refresh = "auto" } = scenario.jobs[index] as Scenario["jobs"][number];
  return stage.job({
    name: nameOf(index),
    key: root ? stage.rootKey : stage.accessKey,
    attempt: firstAttempt ? 1 : 2,
    settings: { refresh, ...(scenario.secret !== undefined && root && WITH_SECRET) },
    ...(snapshot === "secret" && { text: stage.secret.value }),
    credential: typeof snapshot === "number" ? stage.loginOf(snapshot, { accessExpiresAt: NOW }) : undefined,
  });
}

function endOf({ outcome, killed, waiting }: StagedJob): string {
  if (killed) return "killed";
  if (outcome?.type === "settled") return "settled";
  if (outcome?.type === "acquired") return outcome.acquired.source;
  return outcome ? outcome.failure.code : `waiting (${waiting})`;
}

/**
 * Whether whoever looks after time has passed had seen the same version before it did. Without server time a lease
 * counts from there; the model reckons by the server's clock, and so does not know of a job that comes later.
 */
export function sawBefore(way: readonly Action[]): boolean {
  let seen = new Set<number>();
  let late: ReadonlySet<number> | undefined;
  for (const action of way) {
    if ("to" in action) late ??= seen;
    if (!("call" in action)) continue;
    if (action.call === "load" && late && !late.has(action.job)) return false;
    if (action.call === "load" && action.fate === "done") seen.add(action.job);
    if (action.call === "swap") [seen, late] = [new Set(), undefined];
  }
  return true;
}

/** Few ways that lead through all kinds of transitions that are not among `covered` yet, which gets them. */
export function fewWays(ways: ReadonlyMap<string, readonly Action[]>, covered: Set<string>): (readonly Action[])[] {
  const wanted = [...ways].filter(([kind]) => !covered.has(kind)).toSorted(([, a], [, b]) => b.length - a.length);
  const walked = new Set<string>();
  const chosen: (readonly Action[])[] = [];
  for (const [kind, way] of wanted) {
    covered.add(kind);
    const name = JSON.stringify(way).slice(0, -1);
    if (walked.has(name)) continue;
    chosen.push(way);
    for (let length = way.length; length > 0; length--) walked.add(JSON.stringify(way.slice(0, length)).slice(0, -1));
  }
  return chosen;
}

export type { State };

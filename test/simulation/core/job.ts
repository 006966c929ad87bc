import { run as runMain } from "../../../src/run.ts";
import { finish } from "../../../src/post/finish.ts";
import type { JobPlan } from "../plan/plan.ts";
import type { Version } from "./effects.ts";
import { Disk } from "./disk.ts";
import { environmentOf, type Place } from "./environment.ts";
import { networkOf } from "./network.ts";
import { type Death, type Machine, Proc } from "./proc.ts";
import { runProgram } from "./program.ts";
import { type Stage, START } from "./stage.ts";

export const HOME = "/home/runner";
export const TEMP = "/home/runner/work/_temp";
export const WORKSPACE = "/home/runner/work/repository";
export const CLAUDE_FILE = `${HOME}/.claude/.credentials.json`;

/** The runner: SIGINT, 7.5 s, SIGTERM, 2.5 s, kill; and after five minutes whatever is left of a cancelled job. */
const SIGTERM_MS = 7_500;
const KILL_MS = 10_000;
const CANCEL_MS = 300_000;

/** A job on its machine: the main step, the job's own work, the post step. */
export class Job {
  readonly plan: JobPlan;
  readonly name: string;
  readonly stage: Stage;
  readonly runId: number;
  readonly attempt: number;
  /** What it got as `credential`, and since when that stood in the secret. */
  snapshot: Version | undefined;
  main: Proc | undefined;
  post: Proc | undefined;
  /** By the true clock, ms. */
  readonly times: { queued?: number; began?: number; over?: number; cancelled?: number; vanished?: number } = {};
  /** When its machine slept, by the true clock. */
  readonly slept: { readonly from: number; readonly until: number }[] = [];
  /** Requests of its program. */
  programAsked = 0;
  #machine: Machine | undefined;
  #programAlive = false;
  #asleepUntil = 0;
  #env: Record<string, string> = {};
  readonly #whenOver: () => void;

  constructor(
    stage: Stage,
    plan: JobPlan,
    run: { readonly id: number; readonly attempt: number },
    whenOver: () => void,
  ) {
    this.stage = stage;
    this.plan = plan;
    this.name = nameOf(plan.id);
    this.runId = run.id;
    this.attempt = run.attempt;
    this.#whenOver = whenOver;
  }

  get disk(): Disk | undefined {
    return this.#machine?.disk;
  }

  get machine(): Machine {
    return (this.#machine ??= this.#newMachine());
  }

  get programAlive(): boolean {
    return this.#programAlive && this.times.over === undefined;
  }

  /** The copy of the secret that the job gets, as it stands now. */
  takeSnapshot(secret: string): void {
    this.snapshot = this.stage.github.present(secret);
  }

  begin(place: Place): void {
    const { scheduler, log } = this.stage;
    this.times.began = scheduler.now;
    log.add(this.name, "begins", `run ${this.runId}, attempt ${this.attempt}, with version ${this.snapshot?.index}`);
    this.#env = environmentOf(this, place);
    this.stage.mainBegan(this.plan);
    const main = (this.main = this.#process("main", this.#env));
    main.whenEnded(() => this.#afterMain());
    scheduler.woke();
    void runMain(main.world).then(
      (code) => main.wake(() => main.exit(code)),
      (error: unknown) => this.#crashed(main, error),
    );
  }

  cancel(): void {
    const { scheduler, log } = this.stage;
    if (this.times.over !== undefined || this.times.cancelled !== undefined) return;
    this.times.cancelled = scheduler.now;
    log.add(this.name, "signal", "the job is cancelled");
    if (this.times.began === undefined) return this.#over();
    const { main } = this;
    if (main?.alive) {
      scheduler.woke();
      main.signal("SIGINT");
      scheduler.later(SIGTERM_MS, () => main.signal("SIGTERM"));
      scheduler.later(KILL_MS, () => main.die("killed"));
    } else if (!this.post) {
      this.#programAlive = false;
      scheduler.later(1_000, () => this.#runPost());
    }
    scheduler.later(CANCEL_MS, () => this.#end("killed"));
  }

  /** The machine is suspended: nothing runs on it for a while, and its clock goes on. */
  sleep(ms: number): void {
    const from = this.stage.scheduler.now;
    this.#asleepUntil = from + ms;
    this.slept.push({ from, until: this.#asleepUntil });
    if (this.times.over === undefined)
      this.stage.log.add(this.name, "sleeps", `suspended for ${Math.round(ms / 1000)} s`);
  }

  /** The machine is gone, with everything on it. */
  vanish(): void {
    const { began, over, vanished } = this.times;
    if (began === undefined || over !== undefined || vanished !== undefined) return;
    this.times.vanished = this.stage.scheduler.now;
    this.stage.log.add(this.name, "vanishes");
    this.#programAlive = false;
    this.main?.die("machine gone");
    this.post?.die("machine gone");
    // GitHub finds out by and by.
    this.stage.scheduler.later(60_000, () => this.#over());
  }

  #afterMain(): void {
    const { scheduler } = this.stage;
    if (this.times.vanished !== undefined) return;
    if (this.main?.code !== 0 || this.times.cancelled !== undefined) return scheduler.later(500, () => this.#runPost());
    this.#programAlive = true;
    runProgram(this);
    scheduler.later(this.plan.workMs, () => {
      this.#programAlive = false;
      this.#runPost();
    });
  }

  #runPost(): void {
    if (this.post || this.times.over !== undefined || this.times.vanished !== undefined) return;
    const state = Object.entries(this.main?.said.state ?? {}).map(([name, value]) => [`STATE_${name}`, value]);
    const post = (this.post = this.#process("post", { ...this.#env, ...Object.fromEntries(state) }));
    post.whenEnded(() => this.stage.scheduler.later(500, () => this.#over()));
    this.stage.log.add(post.who, "begins");
    this.stage.scheduler.woke();
    void finish(post.world).then(
      () => post.wake(() => post.exit(0)),
      (error: unknown) => this.#crashed(post, error),
    );
  }

  /** What src/main.ts would let crash the process. */
  #crashed(proc: Proc, error: unknown): void {
    if (!proc.alive) return;
    this.stage.log.add(proc.who, "error", `crashed: ${(error as Error).stack ?? String(error)}`);
    proc.wake(() => proc.exit(70));
  }

  #end(why: Death): void {
    this.main?.die(why);
    this.post?.die(why);
    this.#over();
  }

  #over(): void {
    if (this.times.over !== undefined) return;
    this.times.over = this.stage.scheduler.now;
    this.#programAlive = false;
    this.stage.log.add(this.name, "over");
    this.#whenOver();
  }

  #process(step: "main" | "post", env: Record<string, string>): Proc {
    const { scheduler, log, plan, network } = this.stage;
    return new Proc({
      who: `${this.name}.${step}`,
      step,
      seed: plan.seed,
      machine: this.machine,
      env,
      scheduler,
      log,
      network: (proc) => networkOf(proc, network),
    });
  }

  #newMachine(): Machine {
    const { scheduler } = this.stage;
    const { skewMs, driftPpm } = this.plan.clock;
    const rate = 1 + driftPpm / 1e6;
    return {
      job: this.plan,
      disk: new Disk([HOME, TEMP, WORKSPACE]),
      now: () => Math.floor(START + (scheduler.now - START) * rate + skewMs),
      asleepUntil: () => this.#asleepUntil,
      trueMs: (ms) => ms / rate,
    };
  }
}

export const nameOf = (id: number): string => (id < 26 ? String.fromCharCode(97 + id) : `job${id}`);

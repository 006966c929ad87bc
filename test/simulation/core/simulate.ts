import type { JobPlan, LoginPlan, Moment, Plan } from "../plan/plan.ts";
import { idOf } from "../servers/git-names.ts";
import { forgetTexts } from "./crypto.ts";
import { type Control, controlPlan, type Standing, standingOf } from "./control.ts";
import type { Place } from "./environment.ts";
import { reached, withoutOutside } from "./guard.ts";
import { Job } from "./job.ts";
import { keysOf } from "./ledger.ts";
import { open, type Opening, ownerOf, secretPath, type SignIn } from "./opening.ts";
import { act } from "./people.ts";
import { Reader } from "./reading.ts";
import { Stage, START } from "./stage.ts";

/** A schedule that has been played, for the oracle to judge. */
export interface Played {
  readonly plan: Plan;
  readonly stage: Stage;
  readonly reader: Reader;
  readonly jobs: readonly Job[];
  /** When all is over, by login. */
  readonly standings: readonly Standing[];
  readonly controls: readonly Control[];
  /** Every sign-in by a person, in its order; those of the start first. */
  readonly signIns: readonly SignIn[];
  /** What was reached past the World. */
  readonly reached: readonly string[];
  readonly events: number;
}

/** Plays the plan. The same plan gives the same schedule. */
export async function simulate(plan: Plan): Promise<Played> {
  reached.length = 0;
  forgetTexts();
  return withoutOutside(async () => new Game(plan).play());
}

class Game {
  readonly #plan: Plan;
  readonly #stage: Stage;
  readonly #reader: Reader;
  readonly #opening: Opening;
  readonly #jobs: Job[] = [];
  /** For each login the jobs that wait for their concurrency group, the running one first. */
  readonly #groups = new Map<number, Job[]>();

  constructor(plan: Plan) {
    this.#plan = plan;
    this.#stage = new Stage(plan);
    this.#reader = new Reader(this.#stage.provider);
    this.#opening = open(this.#stage);
  }

  async play(): Promise<Played> {
    const { scheduler } = this.#stage;
    const plan = this.#plan;
    for (const job of plan.jobs) {
      if (job.rerunOf === undefined) scheduler.at(START + job.queuedAt, () => this.#queue(job, undefined));
    }
    for (const person of plan.people) {
      this.#stage.when(person.at, () => act(this.#stage, this.#reader, this.#opening, person));
    }
    let events = await scheduler.run();
    this.#stage.calm();
    const logins = [...plan.logins.keys()];
    const standings = logins.map((login) => standingOf(this.#stage, this.#reader, login));
    const controls: Control[] = [];
    if (plan.controlled) {
      for (const login of logins) {
        // Longer than a login can be checked out.
        scheduler.now += 7 * 3_600_000;
        const before = standingOf(this.#stage, this.#reader, login);
        const job = this.#queue(controlPlan(plan, login), undefined);
        controls.push({ before, job });
        events += await scheduler.run();
      }
    }
    return {
      plan,
      stage: this.#stage,
      reader: this.#reader,
      jobs: this.#jobs,
      standings,
      controls,
      signIns: this.#opening.signIns,
      reached: [...reached],
      events,
    };
  }

  /** A run is queued: this is when a repository's secrets are read. */
  #queue(plan: JobPlan, before: Job | undefined): Job {
    const { scheduler, github, log } = this.#stage;
    const login = this.#plan.logins[plan.login] as LoginPlan;
    const run = before ? { id: before.runId, attempt: before.attempt + 1 } : { id: 7000 + plan.id, attempt: 1 };
    const job: Job = new Job(this.#stage, plan, run, () => this.#over(job));
    this.#jobs.push(job);
    job.times.queued = scheduler.now;
    log.add(job.name, "queued", before ? `a re-run of ${before.name}` : `run ${run.id}`);
    if (before) job.snapshot = before.snapshot;
    else {
      github.runs.set(`${login.repository}/${run.id}`, scheduler.now);
      if (plan.snapshot === "queued") job.takeSnapshot(secretPath(login));
    }
    this.#arrange(job.plan.cancelled, () => job.cancel());
    this.#arrange(job.plan.vanishes, () => job.vanish());
    const { suspended } = job.plan;
    if (suspended) this.#arrange(suspended.from, () => job.sleep(suspended.forMs));
    const group = this.#groupOf(plan);
    if (group) group.push(job);
    if (!group || group[0] === job) this.#start(job);
    return job;
  }

  #arrange(moment: Moment | undefined, run: () => void): void {
    if (moment) this.#stage.when(moment, run);
  }

  #start(job: Job): void {
    const { plan } = job;
    const login = this.#plan.logins[plan.login] as LoginPlan;
    this.#stage.scheduler.later(plan.startMs, () => {
      if (job.times.over !== undefined) return;
      if (plan.snapshot === "started" && plan.rerunOf === undefined) job.takeSnapshot(secretPath(login));
      job.begin(this.#placeOf(plan));
    });
  }

  #placeOf(plan: JobPlan): Place {
    const own = this.#plan.logins[plan.login] as LoginPlan;
    const target = typeof plan.rotateTo === "number" ? (this.#plan.logins[plan.rotateTo] as LoginPlan) : own;
    const name = target.repository;
    const { ledger } = this.#plan.logins[ownerOf(this.#plan, plan.login)] as LoginPlan;
    return {
      repository: { name, id: String(idOf(name)) },
      rotateTo: plan.rotateTo === "none" ? undefined : target.secret,
      ledger: ledger &&
        plan.ledger && {
          key: keysOf(plan.ledger),
          account: ledger.account,
          repository: ledger.repository === name ? "" : ledger.repository,
          token: `ghs_${plan.ledger.token}`,
          credential: plan.ledger.credential,
        },
    };
  }

  /** Undefined for a job that cannot renew, or where nobody has thought of a group. */
  #groupOf({ login, refresh, writeRefreshToken }: JobPlan): Job[] | undefined {
    if (!this.#plan.grouped || (refresh === "never" && !writeRefreshToken)) return undefined;
    const group = this.#groups.get(login) ?? [];
    this.#groups.set(login, group);
    return group;
  }

  #over(job: Job): void {
    const group = this.#groupOf(job.plan);
    if (group) {
      const wasFirst = group[0] === job;
      group.splice(group.indexOf(job), 1);
      if (wasFirst && group[0]) this.#start(group[0]);
    }
    const { scheduler } = this.#stage;
    for (const plan of this.#plan.jobs) {
      if (plan.rerunOf !== job.plan.id) continue;
      scheduler.at(Math.max(scheduler.now + 2_000, START + plan.queuedAt), () => this.#queue(plan, job));
    }
  }
}

import type { JobPlan, Moment, Outage, Plan, Trouble } from "../plan/plan.ts";
import { type Call, Log } from "./log.ts";
import type { NetworkSettings } from "./network.ts";
import { Stream } from "./random.ts";
import { Scheduler } from "./scheduler.ts";
import { GitHub } from "../servers/github.ts";
import { Provider } from "../servers/provider.ts";

/** A moment with no meaning, ms; whole seconds. */
export const START = Date.UTC(2031, 4, 6, 7, 8, 9);

/** Everything outside of the jobs: time, servers, network. */
export class Stage {
  readonly plan: Plan;
  readonly scheduler = new Scheduler(START);
  readonly log = new Log(() => this.scheduler.now);
  readonly calls: Call[] = [];
  readonly provider: Provider;
  readonly github: GitHub;
  readonly network: NetworkSettings;
  readonly #counts = { renewal: 0, store: 0 };
  readonly #waiting: { readonly moment: Moment; readonly run: (job: number | undefined) => void }[] = [];
  readonly #outages = new Set<Outage>();
  /** Nothing more goes wrong. */
  #calm = false;

  constructor(plan: Plan) {
    this.plan = plan;
    const { seed } = plan;
    const { scheduler, log } = this;
    const random = new Stream(seed, 0x9707);
    this.provider = new Provider(plan.provider, scheduler, log, random, (job) => this.#happened("renewal", job));
    const calm = () => this.#calm;
    const stored = (job: number) => this.#happened("store", job);
    this.github = new GitHub({
      seed,
      git: plan.github.git,
      lagMs: () => (this.#calm ? 0 : plan.github.lagMs),
      calm,
      scheduler,
      log,
      stored,
    });
    const servers = [this.provider, this.github];
    this.network = {
      seed,
      scheduler,
      log,
      servers,
      calls: this.calls,
      outage: (client, server, url) => this.#outage(client, server, url),
    };
    if (plan.github.newKey) this.when(plan.github.newKey, () => this.github.replaceKey());
    for (const outage of plan.outages) {
      this.when(outage.from, (who) => {
        const present = { ...outage, job: outage.job === "who did that" ? who : outage.job };
        this.#outages.add(present);
        log.add(outage.server, "outage", `${outage.kind} for ${Math.round(outage.forMs / 1000)} s`);
        scheduler.later(outage.forMs, () => this.#outages.delete(present));
      });
    }
  }

  /** Does something at that moment, if it ever comes; `run` is told whose doing it was. */
  when(moment: Moment, run: (job: number | undefined) => void): void {
    if (moment.after === "start") this.scheduler.at(START + moment.ms, () => run(undefined));
    else this.#waiting.push({ moment, run });
  }

  mainBegan(job: JobPlan): void {
    this.#trigger("main", job.id, job.id);
  }

  /** The schedule is over; what comes now is undisturbed. */
  calm(): void {
    this.#calm = true;
    this.#outages.clear();
    this.#waiting.length = 0;
  }

  #happened(what: "renewal" | "store", job: number): void {
    this.#trigger(what, ++this.#counts[what], job);
  }

  #trigger(after: Moment["after"], n: number, job: number): void {
    for (const { moment, run } of this.#waiting) {
      if (moment.after === after && moment.n === n) this.scheduler.later(moment.ms, () => run(job));
    }
  }

  #outage(job: number, where: "provider" | "github", url: string): { kind: Trouble; ms: number } | undefined {
    const part = url.includes("/actions/") ? "secrets" : "git";
    for (const outage of this.#outages) {
      const concerned = outage.job === undefined || outage.job === job;
      const hit = where === "provider" || outage.part === "all" || outage.part === part;
      if (outage.server === where && concerned && hit) return { kind: outage.kind, ms: 5_000 };
    }
    return undefined;
  }
}

import type { Call, Entry } from "../core/log.ts";
import type { Family, RefreshToken, RefVersion, Version } from "../core/effects.ts";
import type { Job } from "../core/job.ts";
import type { Proc } from "../core/proc.ts";
import { ownerOf, secretPath } from "../core/opening.ts";
import type { RecordView } from "../core/reading.ts";
import { refOf } from "../core/ledger.ts";
import type { Played } from "../core/simulate.ts";
import type { LoginPlan } from "../plan/plan.ts";

/** Something that must not be. */
export interface Finding {
  /** What was broken: the name of a rule. */
  readonly rule: string;
  readonly text: string;
}

/** How a login was lost, by name. */
export interface Loss {
  readonly login: number;
  readonly why: string;
}

/** What the judges find. */
export interface Judgement {
  readonly findings: Finding[];
  readonly losses: Loss[];
  /** Known limits of the design that this schedule came upon. */
  readonly limits: string[];
}

export const BACKUP = "a person pasted an old backup";

/** What a process can know of what became of a token that it sent. */
export type Heard = "renewed" | "refused" | "turned away" | "unclear" | "not sent" | "nothing yet";

/** Answers that say nothing of the token. */
const UNCLEAR: ReadonlySet<string | undefined> = new Set([
  "500",
  "503",
  "401-api",
  "500-after",
  "502-after",
  "page-after",
  "empty-after",
  "cut-off-after",
]);

export function heard({ end, sentAt, trouble }: Call): Heard {
  if (!end) return "nothing yet";
  if (!end.arrival) return sentAt ? "unclear" : "not sent";
  if (UNCLEAR.has(trouble)) return "unclear";
  const { effect } = end.arrival;
  // Neither an access token nor another refresh token: it says nothing.
  if (trouble === "no-access" && effect.kind === "renewed" && effect.how === "kept") return "unclear";
  return effect.kind === "renewed" || effect.kind === "refused" ? effect.kind : "turned away";
}

/** A request of ours to the token endpoint, and the token in it. */
export interface Send {
  readonly call: Call;
  readonly job: Job;
  readonly token: RefreshToken | undefined;
}

/** The schedule, arranged for the judges. */
export class Facts {
  readonly played: Played;
  readonly jobs: ReadonlyMap<number, Job>;
  /** By login: a limit of the design by which a stale copy was spent. */
  readonly staleSpent = new Map<number, string>();
  /** Of pastes that were older than what the ledger held, and that no job had used yet. */
  readonly olderPastes = new Set<Family>();
  /** By the code under test; without what a job's own program sends. */
  readonly sends: readonly Send[];
  /** The entry of the log at which the schedule was over: what comes after it are fresh runs that nothing disturbs. */
  readonly over: number;
  /** Of each process, in their order. */
  readonly calls: ReadonlyMap<string, readonly Call[]>;

  constructor(played: Played) {
    this.played = played;
    this.jobs = new Map(played.jobs.map((job) => [job.plan.id, job]));
    const calls = new Map<string, Call[]>();
    const sends: Send[] = [];
    for (const call of played.stage.calls) {
      const list = calls.get(call.who);
      if (list) list.push(call);
      else calls.set(call.who, [call]);
      if (call.server !== "provider" || call.step === "program") continue;
      sends.push({ call, job: this.jobs.get(call.job) as Job, token: this.#tokenOf(call) });
    }
    const [first] = played.controls;
    const queued = played.stage.log.entries.find(({ who, what }) => who === first?.job.name && what === "queued");
    this.over = queued?.seq ?? Number.POSITIVE_INFINITY;
    this.calls = calls;
    this.sends = sends;
  }

  #tokenOf({ arrivals, request }: Call): RefreshToken | undefined {
    const effect = arrivals[0]?.effect;
    if (effect && "token" in effect) return effect.token;
    const { refresh_token } = JSON.parse(request.body ?? "{}") as { refresh_token?: string };
    return this.played.stage.provider.tokenOf(refresh_token ?? "");
  }

  loginOf(job: Job): LoginPlan {
    return this.played.plan.logins[job.plan.login] as LoginPlan;
  }

  /** The secret that the job stores into. */
  targetOf(job: Job): string {
    const { rotateTo } = job.plan;
    return secretPath(
      typeof rotateTo === "number" ? (this.played.plan.logins[rotateTo] as LoginPlan) : this.loginOf(job),
    );
  }

  /** Every version of the secret that the job reads. */
  versionsFor(job: Job): readonly Version[] {
    return this.versionsAt(secretPath(this.loginOf(job)));
  }

  versionsAt(path: string): readonly Version[] {
    return this.played.stage.github.secrets.get(path) ?? [];
  }

  /** Where the record of the job's login is; undefined for a job without the ledger. */
  recordPathOf(job: Job): string | undefined {
    return job.plan.ledger && !job.plan.fork ? this.recordPath(job.plan.login) : undefined;
  }

  recordPath(login: number): string | undefined {
    const { plan, stage } = this.played;
    const ledger = plan.logins[ownerOf(plan, login)]?.ledger;
    return ledger && refOf(ledger, stage.github.git);
  }

  /** Every version of the record, oldest first. */
  recordsAt(path: string): readonly RefVersion[] {
    return this.played.stage.github.git.refs.get(path) ?? [];
  }

  view(version: RefVersion | undefined): RecordView | undefined {
    return this.played.reader.record(version);
  }

  /** Whether a job without the ledger's key, or its program, has sent the same login, or stored it. */
  mixed(login: number): boolean {
    const { plan, jobs, stage } = this.played;
    const owner = ownerOf(plan, login);
    const keyless = jobs.filter((job) => !job.plan.ledger && ownerOf(plan, job.plan.login) === owner);
    return keyless.some(({ plan: { id } }) =>
      stage.calls.some(
        ({ job, sentAt, server, request, arrivals }) =>
          job === id &&
          sentAt &&
          (server === "provider" ||
            (request.method === "PUT" &&
              arrivals.some(
                ({ effect }) => effect.kind === "stored" && !effect.secret.includes("/OAUTH_CREDS_PROBE"),
              ))),
      ),
    );
  }

  /** Whether somebody has meddled with the record of this login before the entry `seq` of the log. */
  meddled(login: number, seq = Number.POSITIVE_INFINITY): boolean {
    const path = this.recordPath(login);
    return path !== undefined && this.recordsAt(path).some((one) => one.by === "an adversary" && one.seq < seq);
  }

  /**
   * Whether somebody who meddled with the record had put this token there before the entry `seq` of the log, or taken the
   * whole record away when it was spent, and with that all that tells a spent token.
   */
  putBack(login: number, token: RefreshToken, seq: number): boolean {
    const path = this.recordPath(login);
    const versions = path === undefined ? [] : this.recordsAt(path);
    const spent = token.spent?.seq ?? Number.POSITIVE_INFINITY;
    const undone = (one: RefVersion) => this.view(one)?.token === token || (one.text === undefined && one.seq > spent);
    return versions.some((one) => one.by === "an adversary" && one.seq < seq && undone(one));
  }

  /** The refresh token that stands in it; undefined if none that was ever issued. */
  tokenIn(version: Version | undefined): RefreshToken | undefined {
    return this.played.reader.tokenIn(version);
  }

  /** Entries of the log by one process, in their order. */
  entriesOf(who: string): Entry[] {
    return this.played.stage.log.entries.filter((entry) => entry.who === who);
  }

  /** The processes whose code is under test. */
  *procs(): Generator<{ readonly job: Job; readonly proc: Proc }> {
    for (const job of this.played.jobs) {
      if (job.main) yield { job, proc: job.main };
      if (job.post) yield { job, proc: job.post };
    }
  }
}

/** GitHub's `updated_at` of it, ms. */
export const updatedAt = ({ at }: Version): number => Math.floor(at / 1000) * 1000;

/** Versions of the secret at `path` that the call's answer showed, if it came. */
export function shownBy(call: Call, path: string): Version | undefined {
  const { effect, status } = call.end?.arrival ?? {};
  const clear = status === 200 || status === 404;
  return clear && effect?.kind === "shown" && effect.secret === path ? effect.version : undefined;
}

/** The version of the record at `path` that the process knows of by this call: shown to it, or made by it. */
export function recordBy(call: Call, path: string): RefVersion | undefined {
  const { effect, status } = call.end?.arrival ?? {};
  const clear = status !== undefined && status < 500;
  if (!clear || (effect?.kind !== "ref shown" && effect?.kind !== "ref")) return undefined;
  return effect.ref === path ? effect.version : undefined;
}

/** The network delivered it late, or twice. */
export const arrivedLate = (call: Call | undefined): boolean =>
  call?.trouble === "request-late" || call?.trouble === "twice";

/** By the provider's books, at the entry `seq` of the log. */
export function aliveAt(token: RefreshToken, seq: number): boolean {
  const { spent, superseded, family } = token;
  return [spent?.seq, superseded, family.revoked?.seq].every((ended) => ended === undefined || ended >= seq);
}

import type { Stream } from "../core/random.ts";
import type { JobPlan, LedgerUse, LoginPlan, Mode, Moment } from "./plan.ts";
import { HOUR, MINUTE, SECOND, type Tempo } from "./times.ts";
import { type Load, troublesOf } from "./troubles.ts";

export interface Surroundings {
  readonly mode: Mode;
  readonly tempo: Tempo;
  readonly load: Load;
  readonly logins: readonly LoginPlan[];
  /** One root key follows another. */
  readonly rollsOver: boolean;
  /** Those that are planned already. */
  readonly jobs: readonly JobPlan[];
}

type Role = Pick<JobPlan, "rotateTo" | "refresh" | "writeRefreshToken" | "fork" | "ledger" | "createSecrets">;

export function jobOf(random: Stream, id: number, around: Surroundings): JobPlan {
  const { mode, tempo, load, logins, jobs } = around;
  const login = tempo === "stampede" && random.chance(0.7) ? 0 : random.int(0, logins.length - 1);
  const before =
    load.reruns && id > 0 && random.chance(0.4)
      ? random.pick(jobs.filter((job) => job.rerunOf === undefined))
      : undefined;
  const work = { stampede: MINUTE, burst: MINUTE, minutes: 15 * MINUTE, hours: 5 * HOUR }[tempo];
  const workMs = random.between(SECOND, work);
  const job: JobPlan = {
    id,
    login,
    ...(mode === "secret" ? roleWithSecret(random, login, around) : roleWithLedger(random, login, around)),
    minValidityMs: random.pick([5 * MINUTE, HOUR, HOUR, 3 * HOUR]),
    readsRuns: random.chance(0.5),
    token: load.badTokens && random.chance(0.3) ? random.pick(["forbidden", "invalid", "unseeing"]) : "good",
    snapshot: random.pick(["queued", "started"]),
    queuedAt: random.between(
      0,
      { stampede: SECOND, burst: 30 * SECOND, minutes: 20 * MINUTE, hours: 20 * HOUR }[tempo],
    ),
    startMs: random.between(
      2 * SECOND,
      { stampede: 2.5 * SECOND, burst: 8 * SECOND, minutes: MINUTE, hours: MINUTE }[tempo],
    ),
    rerunOf: undefined,
    workMs,
    program: {
      does: random.weighted({
        nothing: 1,
        renews: 5,
        "renews-twice": 1,
        wipes: 0.5,
        "cuts-off": 0.5,
        "puts-back": 0.5,
      }),
      afterMs: random.between(0, workMs * 0.8),
    },
    clock: clockOf(random, load),
    pace: load.slow ? random.pick(["mixed", "slow"]) : random.pick(["quick", "mixed"]),
    cancelled: load.cancels && random.chance(0.3) ? ownMoment(random, id) : undefined,
    vanishes: load.vanishes && random.chance(0.2) ? ownMoment(random, id) : undefined,
    suspended:
      load.suspends && random.chance(0.4)
        ? { from: ownMoment(random, id), forMs: random.pick([20 * SECOND, 150 * SECOND, 400 * SECOND]) }
        : undefined,
    deaths: load.deaths ? troublesOf.deaths(random, mode) : [],
    fates: troublesOf.fates(random, load, mode),
    fullDisk:
      load.disk && random.chance(0.3) ? { step: random.pick(["main", "post"]), nth: random.int(1, 6) } : undefined,
  };
  // A re-run is the same job once more, with the same old copy.
  return before ? { ...before, ...ownOf(job), rerunOf: before.id } : job;
}

function roleWithSecret(random: Stream, login: number, { load, logins }: Surroundings): Role {
  // A raw copy does not say where it belongs, so only an envelope can be told from one in another secret.
  const copied = logins.length > 1 && !load.people && logins[login]?.form === "envelope";
  const role = random.weighted({
    renewer: 5,
    agent: 2,
    borrower: 2,
    ...(load.oddities && { fork: 0.3, copy: copied ? 0.5 : 0 }),
  });
  const renews = role === "renewer" || role === "copy";
  return {
    rotateTo: role === "agent" || role === "fork" ? "none" : role === "copy" ? (login + 1) % logins.length : "same",
    ledger: undefined,
    refresh: renews ? random.weighted({ auto: 3, always: 1 }) : random.weighted({ never: 3, auto: 1 }),
    writeRefreshToken: role === "borrower",
    createSecrets: load.oddities && random.chance(0.3),
    fork: role === "fork",
  };
}

function roleWithLedger(random: Stream, login: number, { tempo, load, logins, rollsOver }: Surroundings): Role {
  const role = random.weighted({
    rotator: tempo === "stampede" ? 12 : 5,
    agent: 3,
    mint: 2,
    borrower: 1.5,
    keyless: 0.7,
    ...(load.oddities && { fork: 0.3, stranger: logins[login]?.ledger?.begun ? 0.3 : 0 }),
  });
  const hasSecret = logins[login]?.form !== "absent";
  const root = rollsOver ? random.pick<LedgerUse["key"]>(["both", "next"]) : "root";
  const ledger: LedgerUse = {
    key: role === "agent" ? "access" : role === "stranger" ? "stranger" : root,
    token: load.badTokens && random.chance(0.3) ? random.pick(["read", "invalid"]) : "write",
    credential: hasSecret && role !== "mint" && random.chance(0.85),
  };
  const stores = hasSecret && (role === "rotator" || role === "borrower" || role === "keyless") && random.chance(0.6);
  const renews = role === "rotator" || role === "mint" || role === "stranger";
  return {
    rotateTo: stores ? "same" : "none",
    ledger: role === "keyless" ? undefined : ledger,
    refresh: renews ? random.weighted({ auto: 3, always: 1 }) : random.weighted({ never: 1, auto: 2 }),
    writeRefreshToken: role === "borrower",
    createSecrets: load.oddities && random.chance(0.2),
    fork: role === "fork",
  };
}

/** What two attempts of one job do not share. */
const ownOf = (job: JobPlan) => ({
  id: job.id,
  queuedAt: job.queuedAt,
  startMs: job.startMs,
  clock: job.clock,
  pace: job.pace,
  cancelled: job.cancelled,
  vanishes: job.vanishes,
  suspended: job.suspended,
  deaths: job.deaths,
  fates: job.fates,
  fullDisk: job.fullDisk,
});

function clockOf(random: Stream, { clocks }: Load): JobPlan["clock"] {
  if (!clocks) return { skewMs: random.between(-500, 500), driftPpm: 0 };
  const skewMs = random.pick([-9 * HOUR, -HOUR, -MINUTE, 20 * SECOND, MINUTE, 30 * MINUTE, 9 * HOUR]);
  return { skewMs, driftPpm: random.pick([-500, 0, 500]) };
}

/** A moment around what is critical for this job. */
function ownMoment(random: Stream, id: number): Moment {
  if (random.chance(0.5)) return { after: "main", n: id, ms: random.between(0, 8 * SECOND) };
  const ms = random.chance(0.7) ? random.between(0, 600) : random.between(0, 20 * SECOND);
  return { after: random.pick(["renewal", "store"]), n: random.int(1, 3), ms };
}

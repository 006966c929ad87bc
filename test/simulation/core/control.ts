import type { JobPlan, LoginPlan, Plan } from "../plan/plan.ts";
import type { RefreshToken, Version } from "./effects.ts";
import type { Job } from "./job.ts";
import { refOf } from "./ledger.ts";
import { ownerOf, secretPath } from "./opening.ts";
import { envelopeIn, type Reader, type RecordView } from "./reading.ts";
import type { Stage } from "./stage.ts";

/** How a login stands. */
export interface Standing {
  readonly login: number;
  /** What stands in its secret. */
  readonly held: Version | undefined;
  readonly record: RecordView | undefined;
  /** What renews the login where it is kept: in the ledger if there is one, else in the secret. */
  readonly token: RefreshToken | undefined;
  /** Whether that can be renewed. */
  readonly alive: boolean;
  /** Whether a fresh run with everything that it needs has to work; undefined: either is right. */
  readonly works: boolean | undefined;
}

/** A fresh run after everything, which nothing disturbs. */
export interface Control {
  readonly before: Standing;
  readonly job: Job;
}

export function standingOf(stage: Stage, reader: Reader, login: number): Standing {
  const { plan, provider, github } = stage;
  const own = plan.logins[login] as LoginPlan;
  const held = github.present(secretPath(own));
  const inSecret = reader.tokenIn(held);
  const fresh = provider.isAlive(inSecret);
  if (!own.ledger) return { login, held, record: undefined, token: inSecret, alive: fresh, works: fresh };
  const { ledger = own.ledger } = plan.logins[ownerOf(plan, login)] as LoginPlan;
  const record = reader.record(github.git.present(refOf(ledger, github.git)));
  const token = record ? record.token : inSecret;
  const alive = provider.isAlive(token);
  const envelope = envelopeIn(held?.value?.());
  const { unpublished } = (envelope?.["shared"] ?? {}) as { unpublished?: { over: string } };
  // A sign-in that no job has used yet, or what could be stored in the secret only.
  const adoptable = fresh && (!envelope || (record !== undefined && unpublished?.over === record.lineage));
  const works = (alive && (record !== undefined || !envelope)) || adoptable;
  return { login, held, record, token, alive, works: works ? true : alive || fresh ? undefined : false };
}

/** A run as it should be. */
export function controlPlan({ jobs, logins }: Plan, login: number): JobPlan {
  const ledger = logins[login]?.ledger;
  const rollsOver = jobs.some((job) => job.ledger?.key === "next");
  return {
    ...CONTROL,
    id: 100 + login,
    login,
    ledger: ledger && { key: rollsOver ? "both" : "root", token: "write", credential: true },
    rotateTo: logins[login]?.form === "absent" ? "none" : "same",
  };
}

const CONTROL: JobPlan = {
  id: 100,
  login: 0,
  rotateTo: "same",
  ledger: undefined,
  refresh: "always",
  minValidityMs: 3_600_000,
  writeRefreshToken: false,
  createSecrets: false,
  fork: false,
  readsRuns: true,
  token: "good",
  snapshot: "queued",
  queuedAt: 0,
  startMs: 5_000,
  rerunOf: undefined,
  workMs: 1_000,
  program: { does: "nothing", afterMs: 0 },
  clock: { skewMs: 0, driftPpm: 0 },
  pace: "quick",
  cancelled: undefined,
  vanishes: undefined,
  suspended: undefined,
  deaths: [],
  fates: [],
  fullDisk: undefined,
};

import type { Stream } from "../core/random.ts";
import type { JobPlan, LoginLedger, LoginPlan, Plan } from "./plan.ts";
import { MINUTE, SECOND } from "./times.ts";

/*
 * What takes several things that are rare by themselves, one right after the other, chance alone brings about too
 * seldom to be looked at. Here a share of the schedules gets just that; where and when stays a matter of chance.
 */

/** Makes one of the scenes of a plan with the ledger. */
export function stage(plan: Plan, random: Stream): Plan {
  return random.pick([renewedTwice, rerunOfSignIn, signInSince])(plan, random);
}

const root = { key: "root", token: "write", credential: true } as const;

/** A job that renews as soon as it can, and that nothing keeps from it. */
const renewer = (job: JobPlan): JobPlan => ({
  ...job,
  login: 0,
  rotateTo: "none",
  ledger: root,
  refresh: "always",
  writeRefreshToken: false,
  fork: false,
  rerunOf: undefined,
  clock: { skewMs: 0, driftPpm: 0 },
  pace: "quick",
  cancelled: undefined,
  vanishes: undefined,
  suspended: undefined,
  deaths: [],
  fates: [],
  fullDisk: undefined,
});

/** With the first login alone, which earlier runs have begun to share. */
function begun(plan: Plan): Plan {
  const first = plan.logins[0] as LoginPlan;
  const ledger = { ...(first.ledger as LoginLedger), begun: true };
  const form = first.form === "refresh-token" || first.form === "absent" ? "file" : first.form;
  const git = { ...plan.github.git, budget: 900 };
  return { ...plan, github: { ...plan.github, git }, logins: [{ ...first, form, ledger }], people: [], outages: [] };
}

/** A machine sleeps with a renewed login in its hands; another job takes over, and cannot publish at once. */
function renewedTwice(plan: Plan, random: Stream): Plan {
  const [first, second] = plan.jobs.map(renewer) as [JobPlan, JobPlan];
  const asleep = { after: "renewal", n: 1, ms: random.between(0, 300) } as const;
  return {
    ...begun(plan),
    provider: {
      ...plan.provider,
      reuse: random.weighted({ "newest-wins": 3, "same-again": 1, rejects: 2, revokes: 1 }),
      graceMs: 5 * MINUTE,
    },
    jobs: [
      {
        ...first,
        queuedAt: 0,
        startMs: 2 * SECOND,
        suspended: { from: asleep, forMs: random.between(130 * SECOND, 200 * SECOND) },
      },
      { ...second, queuedAt: random.between(0, SECOND), startMs: 4 * SECOND },
    ],
    outages: [
      {
        server: "github",
        part: "git",
        job: second.id,
        from: { after: "renewal", n: 2, ms: 0 },
        forMs: random.between(SECOND, MINUTE),
        kind: random.pick(["503", "refused"]),
      },
    ],
    grouped: false,
  };
}

/** A re-run, whose first attempt came to nothing, has a sign-in that nobody has used yet. */
function rerunOfSignIn(plan: Plan, random: Stream): Plan {
  const [first, second] = plan.jobs.map(renewer) as [JobPlan, JobPlan];
  const able = { rotateTo: random.pick(["none", "same"] as const), token: "good", readsRuns: true } as const;
  const attempt = { ...first, ...able, queuedAt: random.between(3_500, 6_000), snapshot: "queued" } as const;
  return {
    ...begun(plan),
    jobs: [
      { ...attempt, deaths: [{ step: "main", nth: random.int(1, 20), ms: 0 }] },
      { ...attempt, id: second.id, startMs: second.startMs, rerunOf: first.id },
    ],
    people: [{ at: { after: "start", n: 0, ms: 0 }, login: 0, does: "signs-in", form: "file" }],
    grouped: false,
  };
}

/** What only the secret took is in the hands of a job that starts late: a person has signed in since, and it is used. */
function signInSince(plan: Plan, random: Stream): Plan {
  const [first, second] = plan.jobs.map(renewer) as [JobPlan, JobPlan];
  const able = { rotateTo: "same", token: "good", readsRuns: true, snapshot: "queued", workMs: SECOND } as const;
  const queuedAt = random.between(90 * SECOND, 110 * SECOND);
  return {
    ...begun(plan),
    jobs: [
      { ...first, ...able, queuedAt: 0, startMs: 2 * SECOND },
      { ...second, ...able, refresh: "auto", queuedAt, startMs: random.between(250 * SECOND, 300 * SECOND) },
      { ...first, ...able, id: LAST, queuedAt: random.between(160 * SECOND, 170 * SECOND), startMs: 5 * SECOND },
    ],
    people: [{ at: { after: "start", n: 0, ms: 145 * SECOND }, login: 0, does: "signs-in", form: "file" }],
    outages: [
      {
        server: "github",
        part: "git",
        job: first.id,
        from: { after: "renewal", n: 1, ms: 0 },
        forMs: 10 * MINUTE,
        kind: random.pick(["503", "refused"]),
      },
    ],
    grouped: false,
  };
}

/** A job more than any plan has. */
const LAST = 20;

import { play } from "./play.ts";
import type { JobPlan, Plan } from "./plan/plan.ts";

/**
 * The smallest plan that still breaks the same rule: parts are taken away one after the other for as long as it
 * does. Every decision is drawn from a stream of its own, so what is left goes on as before.
 */
export async function shrink(plan: Plan, rule: string): Promise<Plan> {
  let smallest = plan;
  for (let smaller = true; smaller;) {
    smaller = false;
    for (const candidate of smallerPlans(smallest)) {
      const { verdict } = await play(candidate);
      if (!verdict.findings.some((finding) => finding.rule === rule)) continue;
      smallest = candidate;
      smaller = true;
      break;
    }
  }
  return smallest;
}

function* smallerPlans(plan: Plan): Generator<Plan> {
  if (plan.controlled) yield { ...plan, controlled: false };
  for (const job of plan.jobs) {
    const others = plan.jobs.filter((one) => one !== job && one.rerunOf !== job.id);
    if (others.length > 0) yield { ...plan, jobs: others };
  }
  for (const list of ["people", "outages"] as const) {
    for (const one of plan[list])
      yield { ...plan, [list]: (plan[list] as readonly unknown[]).filter((other) => other !== one) };
  }
  for (const job of plan.jobs) {
    for (const simpler of simplerJobs(job))
      yield { ...plan, jobs: plan.jobs.map((one) => (one === job ? simpler : one)) };
  }
  const last = plan.logins.length - 1;
  if (
    last > 0 &&
    plan.jobs.every(({ login, rotateTo }) => login < last && rotateTo !== last) &&
    plan.people.every(({ login }) => login < last)
  ) {
    yield { ...plan, logins: plan.logins.slice(0, last) };
  }
  if (plan.github.lagMs > 0) yield { ...plan, github: { ...plan.github, lagMs: 0 } };
  if (plan.github.newKey) yield { ...plan, github: { ...plan.github, newKey: undefined } };
  if (!plan.grouped) yield { ...plan, grouped: true };
  if (plan.provider.endsAccess) yield { ...plan, provider: { ...plan.provider, endsAccess: false } };
}

function* simplerJobs(job: JobPlan): Generator<JobPlan> {
  for (const list of ["fates", "deaths"] as const) {
    for (const one of job[list])
      yield { ...job, [list]: (job[list] as readonly unknown[]).filter((other) => other !== one) };
  }
  if (job.cancelled) yield { ...job, cancelled: undefined };
  if (job.suspended) yield { ...job, suspended: undefined };
  if (job.vanishes) yield { ...job, vanishes: undefined };
  if (job.fullDisk) yield { ...job, fullDisk: undefined };
  if (job.clock.skewMs !== 0 || job.clock.driftPpm !== 0) yield { ...job, clock: { skewMs: 0, driftPpm: 0 } };
  if (job.rerunOf !== undefined) yield { ...job, rerunOf: undefined };
  if (job.writeRefreshToken) yield { ...job, writeRefreshToken: false };
  if (job.program.does !== "nothing") yield { ...job, program: { ...job.program, does: "nothing" } };
  if (job.pace !== "quick") yield { ...job, pace: "quick" };
  if (!job.readsRuns) yield { ...job, readsRuns: true };
  if (job.createSecrets) yield { ...job, createSecrets: false };
  if (job.refresh === "always") yield { ...job, refresh: "auto" };
}

import { START } from "./core/stage.ts";
import type { Outcome } from "./play.ts";
import type { GitPlan, JobPlan, Moment, Plan } from "./plan/plan.ts";
import { nameOf } from "./core/job.ts";

/** A schedule as a person reads it: the plan, everything that happened, and what is wrong with it. */
export function trace({ played, verdict }: Outcome): string {
  const lines = [...sayPlan(played.plan), ""];
  for (const { t, who, what, detail, said, call } of played.stage.log.entries) {
    const time = ((t - START) / 1000).toFixed(3).padStart(10);
    const about = call ? `#${call.id}${call.trouble ? ` [${call.trouble}]` : ""} ` : "";
    lines.push(`${time} s  ${who.padEnd(12)} ${what.padEnd(10)} ${about}${short(said?.() ?? detail)}`.trimEnd());
  }
  lines.push("");
  for (const { login, why } of verdict.losses) lines.push(`login ${login} was lost: ${why}`);
  for (const limit of verdict.limits) lines.push(`limit: ${limit}`);
  for (const { rule, text } of verdict.findings) lines.push(`BROKEN: ${rule}: ${text}`);
  return lines.join("\n");
}

function short(text: string): string {
  const line = text
    .replaceAll("\n", " ⏎ ")
    .replaceAll("https://api.github.com", "")
    .replaceAll("/actions/secrets/", "/…/");
  return line.length > 260 ? `${line.slice(0, 257)}...` : line;
}

function sayPlan(plan: Plan): string[] {
  const { provider, github } = plan;
  const lines = [
    `provider: a spent token ${provider.reuse} (grace ${provider.graceMs / 1000} s), access tokens live ${provider.accessMs / 60_000} min` +
      (provider.endsAccess ? ", and end with the next renewal" : ""),
    `GitHub: answers up to ${Math.round(github.lagMs)} ms old` +
      (github.newKey ? `, another key ${sayMoment(github.newKey)}` : ""),
    ...(plan.mode === "ledger" ? [sayGit(github.git)] : []),
    `concurrency group: ${plan.grouped ? "yes" : "no"}`,
    ...plan.logins.map(
      (one, at) =>
        `login ${at}: ${one.repository} ${one.secret} (${one.form}), access ends in ${Math.round(one.accessLeftMs / 1000)} s, written ${Math.round(one.writtenMs / 1000)} s ago`,
    ),
    ...plan.jobs.map(sayJob),
    ...plan.people.map((one) => `a person ${one.does} (login ${one.login}, ${one.form}) ${sayMoment(one.at)}`),
    ...plan.outages.map(
      (one) =>
        `${one.server} (${one.part}${one.job === undefined ? "" : `, for ${typeof one.job === "number" ? nameOf(one.job) : one.job} alone`}): ${one.kind} ${sayMoment(one.from)} for ${Math.round(one.forMs / 1000)} s`,
    ),
  ];
  return lines;
}

const sayGit = ({ graphql, customRefs, commitsByRef, budget }: GitPlan): string =>
  `git: GraphQL ${graphql}, refs of our own ${customRefs ? "taken" : "refused"}, ` +
  `/commits ${commitsByRef ? "finds" : "does not find"} them, ${budget ?? "untold"} calls left`;

function sayJob(job: JobPlan): string {
  const says = [
    `job ${nameOf(job.id)}: login ${job.login}, refresh ${job.refresh}, stores ${job.rotateTo}, copy when ${job.snapshot}`,
    job.rerunOf === undefined ? `queued at ${Math.round(job.queuedAt / 1000)} s` : `re-run of ${nameOf(job.rerunOf)}`,
    job.writeRefreshToken && `lends the login, whose program ${job.program.does}`,
    job.clock.skewMs !== 0 && `clock ${Math.round(job.clock.skewMs / 1000)} s off`,
    job.token !== "good" && `token ${job.token}`,
    !job.readsRuns && "may not read runs",
    job.fork && "a fork",
    job.ledger &&
      `ledger key ${job.ledger.key}${job.ledger.credential ? "" : ", no credential"}${job.ledger.token === "write" ? "" : `, GITHUB_TOKEN ${job.ledger.token}`}`,
    job.cancelled && `cancelled ${sayMoment(job.cancelled)}`,
    job.suspended && `suspended for ${job.suspended.forMs / 1000} s ${sayMoment(job.suspended.from)}`,
    job.vanishes && `machine gone ${sayMoment(job.vanishes)}`,
    ...job.deaths.map(
      ({ step, nth, ms }) => `${step} killed at its call ${nth}${ms > 0 ? ` + ${Math.round(ms)} ms` : ""}`,
    ),
    ...job.fates.map(
      ({ step, server, nth, kind, ms }) => `${step}'s request ${nth} to ${server}: ${kind} (${Math.round(ms)} ms)`,
    ),
    job.fullDisk && `disk full at write ${job.fullDisk.nth} of ${job.fullDisk.step}`,
  ];
  return says.filter(Boolean).join("; ");
}

function sayMoment({ after, n, ms }: Moment): string {
  const what = {
    start: "the start",
    main: `the start of ${nameOf(n)}`,
    renewal: `renewal ${n}`,
    store: `storing ${n}`,
  }[after];
  return `${(ms / 1000).toFixed(3)} s after ${what}`;
}

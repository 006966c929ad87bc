import type { JobPlan } from "../plan/plan.ts";
import { HOME, type Job, TEMP, WORKSPACE } from "./job.ts";

/** Where a job runs, and where it stores. */
export interface Place {
  readonly repository: { readonly name: string; readonly id: string };
  readonly rotateTo: string | undefined;
  readonly ledger:
    | {
        readonly key: string;
        readonly account: string;
        /** Empty: where the job runs. */
        readonly repository: string;
        readonly token: string;
        readonly credential: boolean;
      }
    | undefined;
}

/** What the steps of a job are given. */
export function environmentOf(job: Job, { repository, rotateTo, ledger }: Place): Record<string, string> {
  const { plan } = job;
  const inputs: Record<string, string> = {
    CREDENTIAL: plan.fork || ledger?.credential === false ? "" : (job.snapshot?.value?.() ?? ""),
    REFRESH: plan.refresh,
    "MIN-VALIDITY": `${Math.round(plan.minValidityMs / 1000)}s`,
    "WRITE-REFRESH-TOKEN": String(plan.writeRefreshToken),
    "CREATE-SECRETS": String(plan.createSecrets && rotateTo !== undefined),
    "IF-NO-CREDENTIAL": "skip",
    "ROTATE-TO": rotateTo ?? "",
    "SECRETS-TOKEN": rotateTo === undefined ? "" : tokenOf(plan),
  };
  if (ledger) {
    Object.assign(inputs, {
      "LEDGER-KEY": plan.fork ? "" : ledger.key,
      "LEDGER-REPOSITORY": plan.fork ? "" : ledger.repository,
      "GITHUB-TOKEN": ledger.token,
      ACCOUNT: ledger.account,
      PROVIDER: "anthropic",
    });
  }
  return {
    ...Object.fromEntries(Object.entries(inputs).map(([key, value]) => [`INPUT_${key}`, value])),
    GITHUB_REPOSITORY: repository.name,
    GITHUB_REPOSITORY_ID: repository.id,
    GITHUB_JOB: job.name,
    GITHUB_RUN_ID: String(job.runId),
    GITHUB_RUN_ATTEMPT: String(job.attempt),
    GITHUB_WORKSPACE: WORKSPACE,
    HOME,
    RUNNER_TEMP: TEMP,
  };
}

const tokenOf = ({ token, readsRuns }: JobPlan): string =>
  token === "good" ? (readsRuns ? "ghp_good_runs" : "ghp_good") : `ghp_${token}`;

/** The endpoints that the loopback GitHub serves, by method and template of its description. */
import { gitRoutes } from "./git-routes.ts";
import type { GitSide } from "./git-side.ts";
import { issueRoutes } from "./issue-routes.ts";
import type { Issues } from "./issues.ts";
import { problem, type Reply, type TokenKind } from "./messages.ts";
import { fullRepository, workflowJob, workflowRun, type RepositoryFacts, type RunFacts } from "./samples.ts";
import { page, secretRoutes } from "./secret-routes.ts";
import type { SecretStore } from "./secret-store.ts";
import type { Level, Need, Permission } from "./tokens.ts";
import type { Budget } from "./rate-limit.ts";

/** What the endpoints act on. */
export interface World {
  readonly store: SecretStore;
  readonly repository: RepositoryFacts;
  readonly runs: ReadonlyMap<number, RunFacts>;
  /** Undefined: every environment that is named exists. */
  readonly environments: readonly string[] | undefined;
  readonly git: GitSide;
  readonly issues: Issues;
  /** Milliseconds since the epoch. */
  now(): number;
}

/** One request that was let in. */
export interface Call {
  /** Decoded. */
  readonly parameters: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  readonly body: unknown;
  readonly by: TokenKind;
  readonly budget: Budget;
  readonly graphqlBudget: Budget;
}

export interface Route {
  /** Undefined: any known token will do. */
  readonly need?: Need;
  handle(call: Call, world: World): Reply | Promise<Reply>;
}

export type Routes = ReadonlyMap<string, Route>;

export const routes: Routes = new Map<string, Route>([
  ...secretRoutes(),
  ...gitRoutes(),
  ...issueRoutes(),
  [
    "GET /repos/{owner}/{repo}",
    {
      need: need("metadata", "read"),
      handle: (_call, { repository }) => ({ status: 200, body: fullRepository(repository) }),
    },
  ],
  [
    "GET /repos/{owner}/{repo}/actions/runs/{run_id}",
    {
      need: need("actions", "read"),
      handle({ parameters }, { runs, repository }) {
        const run = runs.get(Number(parameters["run_id"]));
        if (run === undefined) return problem(404, "Not Found");
        return { status: 200, body: workflowRun(run, repository) };
      },
    },
  ],
  [
    "GET /repos/{owner}/{repo}/actions/runs/{run_id}/attempts/{attempt_number}/jobs",
    {
      need: need("actions", "read"),
      handle(call, { runs, repository }) {
        const { run_id: id, attempt_number: attempt } = call.parameters;
        const run = runs.get(Number(id));
        if (run === undefined || attempt !== "1") return problem(404, "Not Found");
        const jobs = (run.jobs ?? []).map((job, index) => workflowJob(job, run, index, repository));
        const url = `${repository.apiUrl}/repos/${repository.fullName}/actions/runs/${id}/attempts/1/jobs`;
        const { items, headers } = page(jobs, call, url);
        return { status: 200, headers, body: { total_count: jobs.length, jobs: items } };
      },
    },
  ],
  ["GET /rate_limit", { handle: ({ budget, graphqlBudget }) => rateLimit(budget, graphqlBudget) }],
]);

function need(permission: Permission, level: Level): Need {
  return { permission, level };
}

function rateLimit(core: Budget, graphql: Budget): Reply {
  const search = { ...core, limit: 30, used: 0, remaining: 30 };
  return { status: 200, body: { resources: { core, search, graphql }, rate: core } };
}

/** Large answers (a repository, a run), made from the examples in GitHub's own description. */
import { description } from "./contract.ts";
import { isoSeconds } from "./messages.ts";

export interface RepositoryFacts {
  readonly fullName: string;
  readonly id: number;
  readonly public: boolean;
  readonly apiUrl: string;
}

export interface RunFacts {
  readonly id: number;
  /** Milliseconds since the epoch; of the first attempt. */
  readonly createdAt: number;
  /** Default 1. */
  readonly attempt?: number;
  /** Milliseconds since the epoch; of this attempt. Default `createdAt`. */
  readonly startedAt?: number;
  /** Of its first attempt; default none. */
  readonly jobs?: readonly JobFacts[];
}

export interface JobFacts {
  readonly runnerName: string;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  /** Default "in_progress". */
  readonly status?: "queued" | "in_progress" | "completed";
}

type Fields = Record<string, unknown>;

/** The example with the names and addresses of this server instead of GitHub's. */
function example(name: string, { fullName, apiUrl }: Omit<RepositoryFacts, "id" | "public">): Fields {
  const [owner, repository] = fullName.split("/") as [string, string];
  const text = JSON.stringify(description.components.examples[name]?.value)
    .replaceAll("https://api.github.com", apiUrl)
    .replaceAll("Hello-World", repository)
    .replaceAll("octocat", owner);
  return JSON.parse(text) as Fields;
}

/** GraphQL's name of the repository. The real one means nothing to a client either. */
export const repositoryNodeId = ({ id }: Pick<RepositoryFacts, "id">): string =>
  `R_${Buffer.from(`repository ${id}`).toString("base64url")}`;

/** Answer of GET /repos/{owner}/{repo}. */
export function fullRepository(facts: RepositoryFacts): Fields {
  const sample = example("full-repository-default-response", facts);
  // The example's own parent repositories would only be a second, wrong repository.
  for (const key of ["source", "parent", "template_repository", "organization"]) delete sample[key];
  return { ...sample, ...identity(facts), language: null, fork: false };
}

/** One entry of a list of repositories. */
export function minimalRepository(facts: RepositoryFacts): Fields {
  const page = example("public-repository-paginated", facts);
  const [first] = page["repositories"] as Fields[];
  return { ...first, ...identity(facts) };
}

function identity({ id, public: open, fullName }: RepositoryFacts): Fields {
  const name = fullName.split("/")[1];
  const visibility = open ? "public" : "private";
  return { id, node_id: repositoryNodeId({ id }), name, full_name: fullName, private: !open, visibility };
}

/** Answer of GET /repos/{owner}/{repo}/actions/runs/{run_id}, of a run that is under way. */
export function workflowRun(run: RunFacts, repository: RepositoryFacts): Fields {
  const sample = example("workflow-run", repository);
  const { fullName, apiUrl } = repository;
  return {
    ...sample,
    id: run.id,
    url: `${apiUrl}/repos/${fullName}/actions/runs/${run.id}`,
    created_at: isoSeconds(run.createdAt),
    updated_at: isoSeconds(run.startedAt ?? run.createdAt),
    run_started_at: isoSeconds(run.startedAt ?? run.createdAt),
    run_attempt: run.attempt ?? 1,
    status: "in_progress",
    conclusion: null,
  };
}

/** One entry of a run's list of jobs. */
export function workflowJob(job: JobFacts, run: RunFacts, index: number, repository: RepositoryFacts): Fields {
  const page = example("job-paginated", repository);
  const [first] = page["jobs"] as Fields[];
  const { status = "in_progress", runnerName, startedAt } = job;
  const done = status === "completed";
  return {
    ...first,
    id: run.id * 1000 + index,
    run_id: run.id,
    status,
    conclusion: done ? "success" : null,
    created_at: isoSeconds(run.createdAt),
    started_at: isoSeconds(startedAt),
    completed_at: done ? isoSeconds(startedAt + 60_000) : null,
    runner_name: runnerName,
    steps: [],
  };
}

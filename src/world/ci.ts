type Env = Readonly<Record<string, string | undefined>>;

/** The job of a CI system that this process belongs to. */
export interface CiJob {
  /** Of people: `GitLab CI`. */
  readonly system: string;
  /** The same for all steps of a job, and for no other job of that system. */
  readonly id: string;
  /** What people call the job. */
  readonly label: string;
  /** Where the checked-out files lie. */
  readonly workspace: string | undefined;
}

interface System {
  readonly system: string;
  /** Set in every job of it. */
  readonly mark: string;
  /** Together they name one job; those that are not set are left out. */
  readonly id: readonly string[];
  readonly label: string;
  readonly workspace: string;
}

/** By the variables that each documents. GitHub's are set by Gitea and Forgejo, too. */
const SYSTEMS: readonly System[] = [
  {
    system: "GitHub Actions",
    mark: "GITHUB_ACTIONS",
    // Two jobs of a matrix have the same name; on one machine, two runners have not.
    id: ["GITHUB_RUN_ID", "GITHUB_RUN_ATTEMPT", "GITHUB_JOB", "RUNNER_NAME"],
    label: "GITHUB_JOB",
    workspace: "GITHUB_WORKSPACE",
  },
  { system: "GitLab CI", mark: "GITLAB_CI", id: ["CI_JOB_ID"], label: "CI_JOB_NAME", workspace: "CI_PROJECT_DIR" },
  {
    system: "Buildkite",
    mark: "BUILDKITE",
    id: ["BUILDKITE_JOB_ID"],
    label: "BUILDKITE_LABEL",
    workspace: "BUILDKITE_BUILD_CHECKOUT_PATH",
  },
  {
    system: "CircleCI",
    mark: "CIRCLECI",
    id: ["CIRCLE_WORKFLOW_JOB_ID", "CIRCLE_NODE_INDEX"],
    label: "CIRCLE_JOB",
    workspace: "CIRCLE_WORKING_DIRECTORY",
  },
  { system: "Jenkins", mark: "JENKINS_URL", id: ["BUILD_TAG"], label: "JOB_NAME", workspace: "WORKSPACE" },
  {
    system: "Azure Pipelines",
    mark: "TF_BUILD",
    id: ["SYSTEM_JOBID"],
    label: "SYSTEM_JOBDISPLAYNAME",
    workspace: "BUILD_SOURCESDIRECTORY",
  },
  {
    system: "Bitbucket Pipelines",
    mark: "BITBUCKET_BUILD_NUMBER",
    id: ["BITBUCKET_STEP_UUID"],
    label: "BITBUCKET_REPO_SLUG",
    workspace: "BITBUCKET_CLONE_DIR",
  },
  {
    system: "Travis CI",
    mark: "TRAVIS",
    id: ["TRAVIS_JOB_ID"],
    label: "TRAVIS_JOB_NAME",
    workspace: "TRAVIS_BUILD_DIR",
  },
];

/** Undefined on a machine of somebody's own, and under a system that is not in the list. */
export function ciJob(env: Env): CiJob | undefined {
  const found = SYSTEMS.find(({ mark }) => env[mark]);
  const ids = found?.id.flatMap((name) => env[name] || []);
  if (!found || !ids || ids.length === 0) return undefined;
  return {
    system: found.system,
    id: [found.system, ...ids].join(" "),
    label: env[found.label] || "a job",
    workspace: env[found.workspace]?.startsWith("~") ? undefined : env[found.workspace] || undefined,
  };
}

/** Whether what is printed ends in a log that others may read. */
export const isCi = (env: Env): boolean => SYSTEMS.some(({ mark }) => env[mark]) || /^(1|true)$/i.test(env["CI"] ?? "");

/**
 * Who this is, for those who wait for the ledger's lease: it stands there in clear.
 *
 * @param host undefined if it cannot be told
 */
export function ownerOf(env: Env, host: string, pid: number): string {
  const job = ciJob(env);
  const name = job ? `${job.label} of ${job.id}` : `process ${pid} on ${host}`;
  return name.replaceAll(/[^ -~]/g, "?").slice(0, 100);
}

type Env = Readonly<Record<string, string | undefined>>;

/** What the runner tells about the run, in GitHub's own words. */
export interface GitHubContext {
  /** GITHUB_API_URL: another host on GHES and ghe.com. No slash at the end. */
  readonly apiUrl: string;
  /** `owner/name`, or undefined outside Actions. */
  readonly repository: string | undefined;
  readonly repositoryId: string | undefined;
  readonly runId: string | undefined;
  /** 1 for the first attempt, more for a re-run. */
  readonly runAttempt: number;
}

export function githubContext(env: Env): GitHubContext {
  return {
    apiUrl: (env["GITHUB_API_URL"] || "https://api.github.com").replace(/\/+$/, ""),
    repository: env["GITHUB_REPOSITORY"] || undefined,
    repositoryId: env["GITHUB_REPOSITORY_ID"] || undefined,
    runId: env["GITHUB_RUN_ID"] || undefined,
    runAttempt: Number(env["GITHUB_RUN_ATTEMPT"]) || 1,
  };
}

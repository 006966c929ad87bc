type Env = Readonly<Record<string, string | undefined>>;

/** Servers that keep secrets, and are not GitHub. Forgejo's API is that of Gitea, which it comes from. */
export type Forge = "gitea" | "gitlab";

/** What the runner tells about the run, in GitHub's own words. */
export interface GitHubContext {
  /** GITHUB_API_URL: another host on GHES and ghe.com. No slash at the end. */
  readonly apiUrl: string;
  /** `owner/name`, or undefined outside Actions. */
  readonly repository: string | undefined;
  /** On GitLab the project's. */
  readonly repositoryId: string | undefined;
  readonly runId: string | undefined;
  /** 1 for the first attempt, more for a re-run. */
  readonly runAttempt: number;
  /** Whose job this is, if it is not GitHub's. */
  readonly forge?: Forge | undefined;
  /** On GitLab: `group/name`. */
  readonly project?: string | undefined;
}

export function githubContext(env: Env): GitHubContext {
  const isGitea = env["GITEA_ACTIONS"] || env["FORGEJO_ACTIONS"];
  return {
    apiUrl: (env["GITHUB_API_URL"] || "https://api.github.com").replace(/\/+$/, ""),
    repository: env["GITHUB_REPOSITORY"] || undefined,
    repositoryId: env["GITHUB_REPOSITORY_ID"] || env["CI_PROJECT_ID"] || undefined,
    runId: env["GITHUB_RUN_ID"] || undefined,
    runAttempt: Number(env["GITHUB_RUN_ATTEMPT"]) || 1,
    forge: env["GITLAB_CI"] ? "gitlab" : isGitea ? "gitea" : undefined,
    project: env["CI_PROJECT_PATH"],
  };
}

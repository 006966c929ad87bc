/** Where the access token goes. `env` and `output` are values of the job, `claude` is a file. */
export type TargetName =
  | { readonly name: "claude" | "output" | "none" }
  | { readonly name: "env"; readonly variable: string };

/** The variable that Claude Code reads an OAuth token from. */
const CLAUDE_VARIABLE = "CLAUDE_CODE_OAUTH_TOKEN";

/** Undefined if there is no such target, or if the variable is one that a job must not have changed. */
export function parseTarget(text: string): TargetName | undefined {
  if (text === "claude" || text === "output" || text === "none") return { name: text };
  if (text === "env") return { name: "env", variable: CLAUDE_VARIABLE };
  const variable = /^env:([A-Za-z_][A-Za-z0-9_]*)$/.exec(text)?.[1];
  if (!variable || /^(GITHUB_|RUNNER_|ACTIONS_|INPUT_|STATE_|NODE_OPTIONS$|PATH$|HOME$|LD_|DYLD_)/i.test(variable))
    return undefined;
  return { name: "env", variable };
}

/** Names of secrets in tests, in the words of the input `rotate-to`. */

export interface Located {
  /** URL path of the list of secrets, decoded. */
  readonly store: string;
  readonly name: string;
}

/**
 * `NAME` or `repository/NAME`, `environment/ENV/NAME`, `organization/ORG/NAME`, `dependabot/NAME`,
 * `codespaces/NAME`, `agents/NAME`; each optionally with `@OWNER/REPO`. Throws on anything else.
 */
export function locate(text: string, repository: string): Located {
  const [location, elsewhere] = text.split("@") as [string, string | undefined];
  const repo = `/repos/${elsewhere ?? repository}`;
  const parts = location.split("/");
  const name = parts.pop() ?? "";
  const [kind = "repository", ...rest] = parts;
  // The name of an environment may itself contain a slash.
  const within = rest.join("/");
  if (kind === "environment" && within !== "") {
    return { store: `${repo}/environments/${within}/secrets`, name };
  }
  if (kind === "organization" && within !== "") {
    return { store: `/orgs/${within}/actions/secrets`, name };
  }
  if (within === "" && name !== "") {
    if (kind === "repository") return { store: `${repo}/actions/secrets`, name };
    if (["dependabot", "codespaces", "agents"].includes(kind)) {
      return { store: `${repo}/${kind}/secrets`, name };
    }
  }
  throw new Error(`not the name of a secret: ${text}`);
}

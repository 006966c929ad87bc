import type { StoredLocation } from "../credential/envelope.ts";
import type { Problem } from "../input-problems.ts";
import type { GitHubContext } from "./github-context.ts";

/** A place where a secret lives and can be replaced. Further kinds differ in their paths alone. */
export interface Location extends StoredLocation {
  /** For people: `the repository secret CLAUDE_LOGIN`. */
  readonly label: string;
  /** Paths under the API's address. */
  readonly publicKeyPath: string;
  readonly secretPath: (name: string) => string;
}

/** `NAME` or `repository/NAME`. A Problem is what is wrong with it. */
export function parseLocation(entry: string, github: GitHubContext): Location | Problem {
  const parts = /^(?:repository\/)?([A-Za-z_][A-Za-z0-9_]*)$/.exec(entry);
  if (!parts?.[1]) {
    const later = /^(environment|organization|dependabot|codespaces|agents)\//.exec(entry);
    return later ? ["place-later", later[1] ?? ""] : ["place-form"];
  }
  const name = parts[1].toUpperCase();
  // A token pasted here would be printed as a name.
  if (/^GH[A-Z]_|^GITHUB_|^SK_/.test(name)) return ["place-name"];
  const repository = github.repository ?? "";
  const base = `/repos/${repository}/actions/secrets`;
  return {
    kind: "repository",
    name,
    repository,
    repositoryId: github.repositoryId,
    label: `the repository secret ${name}`,
    publicKeyPath: `${base}/public-key`,
    secretPath: (secret) => `${base}/${secret}`,
  };
}

/** Whether an envelope that names `stored` belongs into `here`. */
export function sameLocation(stored: StoredLocation, here: StoredLocation): boolean {
  const sameRepository =
    stored.repositoryId && here.repositoryId
      ? stored.repositoryId === here.repositoryId
      : stored.repository.toLowerCase() === here.repository.toLowerCase();
  return stored.kind === here.kind && sameRepository && stored.name.toUpperCase() === here.name.toUpperCase();
}

export function storedLocation({ kind, name, repository, repositoryId }: Location): StoredLocation {
  return { kind, name, repository, repositoryId };
}

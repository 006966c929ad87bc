import type { StoredLocation } from "../credential/envelope.ts";
import type { Problem } from "../input-problems.ts";
import type { Forge, GitHubContext } from "./github-context.ts";

/** A place where a secret lives and can be replaced. */
export interface Location extends StoredLocation {
  /** Only the part that gives access is written there: nobody can renew a login from it. */
  readonly accessOnly: boolean;
  readonly forge: Forge | undefined;
  /** For people: `the repository secret CLAUDE_LOGIN`. */
  readonly label: string;
}

/** The first of the kinds in brackets are copies for those who are not to renew: a second login is a replay waiting. */
const FORM =
  /^(?:(?:repository|(dependabot|codespaces|agents)|(environment|organization)\/([^@]+))\/)?([A-Za-z_]\w*)(:access)?(?:@([\w.-]+(?:\/[\w.-]+)+))?(:access)?$/;
/** What GitHub refuses, what looks like a token and would be printed, and dots that would lead to another path. */
const NO_NAME =
  /(?:^|[/@])(?:gh[a-z]_|github_(?:pat_|\w+(?:[:@]|$))|sk_|sk-(?:ant|proj)|rt_\S{30}|glpat-|oc[ar]?1[_.]|\.\.?(?:[/:]|$))/i;

/**
 * `NAME`, `repository/NAME`, `environment/ENV/NAME`, `organization/ORG/NAME`, `dependabot/NAME`, `codespaces/NAME` or
 * `agents/NAME`, each with `:access` and `@OWNER/REPO` or without. A Problem is what is wrong with it.
 *
 * @param here whose job this is, and of which repository
 */
export function parseLocation(entry: string, here: GitHubContext): Location | Problem {
  const { forge, repository: own = here.project, repositoryId } = here;
  const [, copy, scoped, encoded, given, access, elsewhere, accessToo] = FORM.exec(entry) ?? [];
  const kind = (copy ?? scoped ?? "repository") as Location["kind"];
  const ofOrganization = kind === "organization";
  if (!given || (ofOrganization && elsewhere)) return ["place-form"];
  if (NO_NAME.test(entry)) return ["place-name"];
  const accessOnly = (copy ?? access ?? accessToo) !== undefined;
  const misfits = copy || (forge === "gitea" && (!accessOnly || kind === "environment"));
  if (forge && misfits) return ["place-forge", forge, kind];
  // What parts the entries of the list, and what parts this one, where they stand in the name of an environment.
  const within = encoded?.replace(/%(20|2c|40)/gi, decodeURIComponent);
  const name = forge === "gitlab" ? given : given.toUpperCase();
  const other = elsewhere?.toLowerCase() === own?.toLowerCase() ? undefined : elsewhere;
  const what = forge === "gitlab" ? "CI/CD variable" : `${kind} secret`;
  return {
    kind,
    name,
    within,
    repository: (ofOrganization ? within : (other ?? own)) ?? "",
    repositoryId: ofOrganization || other ? undefined : repositoryId,
    accessOnly,
    forge,
    label: `the ${what} ${[name, within, other].filter(Boolean).join(" of ")}`,
  };
}

/** Whether an envelope that names `stored` belongs into `here`. */
export function sameLocation(stored: StoredLocation, here: StoredLocation): boolean {
  const same = (a = "", b = "") => a.toLowerCase() === b.toLowerCase();
  const sameRepository =
    stored.repositoryId && here.repositoryId
      ? stored.repositoryId === here.repositoryId
      : same(stored.repository, here.repository);
  return (
    stored.kind === here.kind && sameRepository && same(stored.within, here.within) && same(stored.name, here.name)
  );
}

/** What an envelope says of the place that it is in. */
export function storedLocation({ kind, name, repository, repositoryId, within }: Location): StoredLocation {
  return { kind, name, repository, repositoryId, within };
}

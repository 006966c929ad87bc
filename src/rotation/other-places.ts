import type { SealedBody } from "../credential/envelope.ts";
import type { Inputs } from "../inputs.ts";
import { jsonObject } from "../world/answer.ts";
import type { World } from "../world/world.ts";
import { ApiProblem, type Call, githubApi } from "./github-api.ts";
import type { Location } from "./location.ts";
import { type Differences, secretStore, type SecretStore } from "./secret-store.ts";

/* Every place but a secret of a repository on GitHub, for which no job loads this. */

/** The secrets of a place, whatever it is. Asks nothing yet. */
export async function openPlace(world: World, inputs: Inputs, location: Location): Promise<SecretStore> {
  if (location.forge === "gitlab") return (await import("./gitlab.ts")).gitlabStore(world, inputs, location);
  const { github, request, secretsToken } = inputs;
  if (!secretsToken) throw new Error("no token for the place");
  const call = githubApi(world, github.apiUrl, secretsToken, request.userAgent, versionFor(location));
  const path = pathOf(location);
  return secretStore(
    world,
    location,
    github,
    call,
    location.kind === "organization" ? ofOrganization(call, path, location, github.repositoryId) : { path },
  );
}

/** Of GitHub's API; undefined for the usual one. Agents secrets are described in a younger one only. */
export const versionFor = ({ kind }: Location): string | undefined => (kind === "agents" ? "2026-03-10" : undefined);

/** Of the list of secrets, under the API's address. */
export function pathOf({ kind, within = "", repository }: Location): string {
  const name = encodeURIComponent(within);
  if (kind === "organization") return `/orgs/${name}/actions/secrets`;
  const family = kind === "environment" ? `environments/${name}` : kind === "repository" ? "actions" : kind;
  return `/repos/${repository}/${family}/secrets`;
}

/** Who may read an organization's secret, as every PUT has to say: one that leaves the list out clears it. */
interface Readers {
  readonly visibility: "all" | "private" | "selected";
  readonly selected_repository_ids?: readonly number[];
}

/** Nobody needs to read the probe. */
const NOBODY: Readers = { visibility: "selected", selected_repository_ids: [] };

function ofOrganization(call: Call, path: string, location: Location, repositoryId: string | undefined): Differences {
  let readers: Readers | undefined;
  return {
    path,
    async ready(): Promise<{ absent: boolean }> {
      const answer = await call("GET", `${path}/${location.name}`, [200, 404]);
      if (answer.status === 404) {
        // Made by this step: for this repository alone, and whoever needs it adds others.
        readers = { visibility: "selected", selected_repository_ids: repositoryId ? [Number(repositoryId)] : [] };
        return { absent: true };
      }
      const visibility = jsonObject(answer)?.["visibility"];
      if (visibility === "all" || visibility === "private") readers = { visibility };
      else if (visibility !== "selected") throw new ApiProblem(502, true);
      else readers = { visibility, selected_repository_ids: await selectedRepositories(call, path, location) };
      return { absent: false };
    },
    bodyOf: (name: string, sealed: SealedBody) => ({ ...sealed, ...(name === location.name ? readers : NOBODY) }),
  };
}

/** Throws a Failure if the list is not whole: what is not re-sent would be cleared. */
async function selectedRepositories(call: Call, path: string, location: Location): Promise<number[]> {
  for (let tries = 1; ; tries++) {
    const { ids, total } = await pagesOf(call, `${path}/${location.name}/repositories`);
    if (total === ids.length) return ids;
    // It may have been changed between two pages; a token that does not see all of them never will.
    if (tries === 3) throw (await import("./say-problem.ts")).sayPartialList(location, ids.length, total);
  }
}

async function pagesOf(call: Call, path: string): Promise<{ ids: number[]; total: unknown }> {
  const ids = new Set<number>();
  for (let page = 1; ; page++) {
    const answer = jsonObject(await call("GET", `${path}?per_page=100&page=${page}`, [200]));
    const repositories = answer?.["repositories"];
    if (!Array.isArray(repositories)) throw new ApiProblem(502, true);
    const before = ids.size;
    for (const { id } of repositories as { id?: unknown }[]) if (typeof id === "number") ids.add(id);
    const total = answer?.["total_count"];
    if (ids.size === before || ids.size >= Number(total)) return { ids: [...ids], total };
  }
}

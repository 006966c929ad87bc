import type { Inputs } from "../../inputs.ts";
import { ApiProblem, type Call, githubApi, patiently } from "../../rotation/github-api.ts";
import type { Location } from "../../rotation/location.ts";
import { sayProblem } from "../../rotation/say-problem.ts";
import type { World } from "../../world/world.ts";

/** What became of one secret. */
export interface SecretEnd {
  readonly label: string;
  /** Undefined if it is gone. */
  readonly left: string | undefined;
}

/** Deletes the secrets in `rotate-to`; those that cannot be deleted from here are told. Never throws for one of them. */
export async function deleteSecrets(world: World, inputs: Inputs): Promise<SecretEnd[]> {
  const { github, secretsToken, request } = inputs;
  const places = [inputs.rotateTo ?? [], inputs.accessTo].flat();
  if (!secretsToken) return places.map((place) => ({ label: place.label, left: commandFor(place) }));
  const call = githubApi(world, github.apiUrl, secretsToken, request.userAgent);
  const ends: SecretEnd[] = [];
  for (const place of places) {
    const path = pathOf(place);
    const left = path === undefined ? commandFor(place) : await remove(world, call, path, place);
    ends.push({ label: place.label, left });
  }
  return ends;
}

const PATIENCE_MS = 20_000;

/** The methods that the rest of the program uses have no need of this one. */
const DELETE = "DELETE" as string as Parameters<Call>[0];

async function remove(world: World, call: Call, path: string, place: Location): Promise<string | undefined> {
  const deadline = world.now() + PATIENCE_MS;
  try {
    await patiently(
      world,
      () => deadline,
      () => call(DELETE, path, [204, 404]),
    );
    return undefined;
  } catch (error) {
    if (!(error instanceof ApiProblem)) throw error;
    return `${sayProblem(error, place).message} ${commandFor(place)}`;
  }
}

/** Undefined where this program does not delete. */
function pathOf({ kind, name, within, repository, forge }: Location): string | undefined {
  if (forge) return undefined;
  switch (kind) {
    case "repository":
      return `/repos/${repository}/actions/secrets/${name}`;
    case "environment":
      return `/repos/${repository}/environments/${within}/secrets/${name}`;
    case "organization":
      return `/orgs/${repository}/actions/secrets/${name}`;
    case "dependabot":
    case "codespaces":
      return `/repos/${repository}/${kind}/secrets/${name}`;
    default:
      return undefined;
  }
}

function commandFor({ kind, name, within, repository, forge }: Location): string {
  if (forge) return "Delete it in the settings of its server.";
  const where = {
    repository: `--repo ${repository}`,
    environment: `--env ${within} --repo ${repository}`,
    organization: `--org ${repository}`,
    dependabot: `--app dependabot --repo ${repository}`,
    codespaces: `--app codespaces --repo ${repository}`,
    agents: `--app agents --repo ${repository}`,
  }[kind];
  return `Delete it: \`gh secret delete ${name} ${where}\`.`;
}

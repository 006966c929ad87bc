import type { StoredLocation } from "../../credential/envelope.ts";
import { asFailure } from "../../as-failure.ts";
import type { Inputs } from "../../inputs.ts";
import { ApiProblem, githubApi, patiently } from "../../rotation/github-api.ts";
import type { Forge } from "../../rotation/github-context.ts";
import type { Location } from "../../rotation/location.ts";
import { sayProblem } from "../../rotation/say-problem.ts";
import type { World } from "../../world/world.ts";

/** What became of one secret. */
export type SecretEnd =
  | { readonly type: "deleted" | "absent"; readonly label: string }
  | { readonly type: "left"; readonly label: string; readonly why: string };

/** Deletes the secrets in `rotate-to`; those that cannot be deleted from here are told. Never throws for one of them. */
export async function deleteSecrets(world: World, inputs: Inputs): Promise<SecretEnd[]> {
  const ends: SecretEnd[] = [];
  for (const place of [inputs.rotateTo ?? [], inputs.accessTo].flat()) ends.push(await end(world, inputs, place));
  return ends;
}

const PATIENCE_MS = 20_000;

async function end(world: World, inputs: Inputs, place: Location): Promise<SecretEnd> {
  const { label, forge } = place;
  const byHand = commandFor(place, forge);
  if (!inputs.secretsToken) return { label, type: "left", why: byHand };
  const deadline = world.now() + PATIENCE_MS;
  try {
    const there = await patiently(
      world,
      () => deadline,
      () => remove(world, inputs, place),
    );
    return { label, type: there ? "deleted" : "absent" };
  } catch (error) {
    const failure = error instanceof ApiProblem ? sayProblem(error, place) : asFailure(error);
    return { label, type: "left", why: `${failure.message} ${byHand}` };
  }
}

/** False if there was no such secret. Throws an ApiProblem. */
async function remove(world: World, inputs: Inputs, place: Location): Promise<boolean> {
  const { github, request, secretsToken } = inputs;
  if (place.forge === "gitlab") return (await import("../../rotation/gitlab.ts")).deleteVariable(world, inputs, place);
  if (place.forge) return (await import("../../rotation/gitea.ts")).deleteFromGitea(world, inputs, place);
  if (!secretsToken) throw new Error("no token for the place");
  const { pathOf, versionFor } = await import("../../rotation/other-places.ts");
  const call = githubApi(world, github.apiUrl, secretsToken, request.userAgent, versionFor(place));
  const path = pathOf(place);
  const answer = await call("DELETE", `${path}/${place.name}`, [204, 404]);
  // Also said of a repository, or an environment, that the token does not see: who sees it, sees its public key.
  if (answer.status === 404) await call("GET", `${path}/public-key`, [200]);
  return answer.status === 204;
}

/** What a person does instead. */
export function commandFor({ kind, name, within, repository }: StoredLocation, forge?: Forge): string {
  if (forge) return "Delete it in the settings of its server.";
  const where = {
    repository: `--repo ${repository}`,
    environment: `--env ${quoted(within ?? "")} --repo ${repository}`,
    organization: `--org ${repository}`,
    dependabot: `--app dependabot --repo ${repository}`,
    codespaces: `--app codespaces --repo ${repository}`,
    agents: `--app agents --repo ${repository}`,
  }[kind];
  return `Delete it: \`gh secret delete ${name} ${where}\`.`;
}

/** Of a shell. */
const quoted = (word: string): string =>
  /^[\w.-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;

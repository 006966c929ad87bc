import { Failure } from "../../errors.ts";
import { githubContext } from "../../rotation/github-context.ts";
import { type Location, parseLocation } from "../../rotation/location.ts";
import { type SecretStore, secretStore } from "../../rotation/secret-store.ts";
import type { World } from "../../world/world.ts";
import type { PlannedSecret } from "./choices.ts";
import { environmentPath } from "./environment.ts";
import type { Facts, GitHub } from "./github.ts";

/** A secret of the set-up, and whether it is there already. */
export interface SeenSecret extends PlannedSecret {
  readonly store: SecretStore;
  /** For people: `secret CLAUDE_LOGIN (environment oauth-creds)`. */
  readonly label: string;
  /** Of its PUT. */
  readonly path: string;
  /** When it was last written, ms; undefined if it is not there. */
  readonly updatedAt: number | undefined;
}

/**
 * Looks which of the secrets exist.
 *
 * @param environment undefined if none is used; `there` is false where it is still to be made
 */
export async function lookAtSecrets(
  world: World,
  github: GitHub,
  facts: Facts,
  secrets: readonly PlannedSecret[],
  environment: { readonly name: string; readonly there: boolean } | undefined,
): Promise<SeenSecret[]> {
  return Promise.all(
    secrets.map(async (secret) => {
      const within = secret.place === "environment" ? environment : undefined;
      const store = storeOf(world, github, facts, secret, within?.name);
      const list = listPath(github, within?.name);
      const there = within === undefined || within.there;
      return {
        ...secret,
        store,
        label: `secret ${secret.name} (${within ? `environment ${within.name}` : "repository"})`,
        path: `${list}/${secret.name}`,
        updatedAt: there ? (await store.meta()).updatedAt : undefined,
      };
    }),
  );
}

const listPath = (github: GitHub, environment: string | undefined): string =>
  environment === undefined ? `${github.base}/actions/secrets` : `${environmentPath(github, environment)}/secrets`;

function storeOf(
  world: World,
  github: GitHub,
  { fullName, id }: Facts,
  { name }: PlannedSecret,
  environment: string | undefined,
): SecretStore {
  const entry = environment === undefined ? name : `environment/${environment}/${name}`;
  const here = githubContext({ GITHUB_REPOSITORY: fullName, GITHUB_REPOSITORY_ID: id });
  const location = parseLocation(entry, here);
  if (!("label" in location)) {
    throw new Failure("input-invalid", `${entry} cannot be the name of a secret.`, "Choose another `--account`.");
  }
  return secretStore(world, location as Location, here, github.call, { path: listPath(github, environment) });
}

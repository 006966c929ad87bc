import { Failure } from "../../errors.ts";
import type { Secret } from "../../secret.ts";
import { jsonObject } from "../../world/answer.ts";
import type { HttpAnswer, World } from "../../world/world.ts";
import { type EnvironmentState, environmentPath, saysForbidden, saysPlan } from "./environment.ts";
import type { Facts, GitHub } from "./github.ts";

/** A permission that a token lacks. */
export interface Missing {
  /** As GitHub's page of a token names it: `Secrets: read and write`. */
  readonly permission: string;
  readonly why: string;
  /** GitHub's own words, from the header of its refusal. */
  readonly said: string | undefined;
}

/** What a set-up is going to do. */
export interface Wanted {
  readonly repositorySecrets: boolean;
  /** Undefined: no environment is used. */
  readonly environment: { readonly name: string; readonly state: EnvironmentState } | undefined;
}

export interface Proof {
  readonly missing: readonly Missing[];
  /** The plan has no environments, as GitHub says now that one was asked for. */
  readonly noEnvironments: boolean;
}

/** A name that no rotation uses. */
const PROBE = "OAUTH_CREDS_PROBE";

/** Scopes are told; a classic token, or a sign-in of gh, without `repo` can do nothing here. */
export function missingScope({ scopes }: Facts, token: Secret): Missing | undefined {
  if (!/^gh[op]_/.test(token.reveal()) || !scopes || scopes.includes("repo")) return undefined;
  const has = scopes.filter(Boolean).join(", ") || "none";
  return { permission: "scope `repo`", why: `to set secrets; it has ${has}`, said: undefined };
}

/**
 * Finds out what the token lacks before anything is made. Who may write is told by requests that GitHub has to refuse
 * for their content (422): a secret that is sealed for nobody, an environment with two rules that exclude each other.
 * To those who may not write it answers 403 or 404 before it reads them.
 */
export async function prove(world: World, github: GitHub, facts: Facts, wanted: Wanted): Promise<Proof> {
  const { repositorySecrets, environment } = wanted;
  const missing: Missing[] = [];
  let noEnvironments = false;
  const lacks = (permission: string, why: string, answer: HttpAnswer) =>
    void missing.push({ permission, why, said: answer.headers["x-accepted-github-permissions"] });

  if (repositorySecrets) {
    const refusal = await tryToWrite(world, github, `${github.base}/actions/secrets`);
    if (refusal) lacks("Secrets: read and write", "to store secrets", refusal);
  }
  const { type } = environment?.state ?? {};
  if (environment && (type === "absent" || type === "unfinished" || type === "hidden")) {
    const path = environmentPath(github, environment.name);
    const both = { deployment_branch_policy: { protected_branches: true, custom_branch_policies: true } };
    const answer = await github.call("PUT", path, [200, 403, 404, 422], both);
    const byPlan = answer.status === 404 && facts.admin === true && !saysForbidden(answer);
    noEnvironments = answer.status !== 200 && (saysPlan(answer) || byPlan);
    const forbidden = answer.status === 403 || answer.status === 404;
    if (!noEnvironments && forbidden) {
      lacks("Administration: read and write", `to make the environment ${environment.name}`, answer);
    }
    if (environment.state.type === "hidden") {
      missing.push({
        permission: "Actions: read",
        why: `to see who may use the environment ${environment.name}`,
        said: environment.state.permission,
      });
    }
  }
  // Secrets of an environment that is not there yet cannot be tried.
  if (environment && type !== "absent" && !noEnvironments) {
    const refusal = await tryToWrite(world, github, `${environmentPath(github, environment.name)}/secrets`);
    if (refusal) lacks("Environments: read and write", "to store the environment's secrets", refusal);
  }
  return { missing, noEnvironments };
}

/** Undefined if the token may write there; else the refusal. `path`: of the list of secrets. */
export async function tryToWrite(world: World, { call }: GitHub, path: string): Promise<HttpAnswer | undefined> {
  const asked = await call("GET", `${path}/public-key`, [200, 403, 404]);
  if (asked.status !== 200) return asked;
  const body = {
    encrypted_value: Buffer.from(world.random(96)).toString("base64"),
    key_id: String(jsonObject(asked)?.["key_id"]),
  };
  const answer = await call("PUT", `${path}/${PROBE}`, [201, 204, 400, 403, 404, 422], body);
  return answer.status === 403 || answer.status === 404 ? answer : undefined;
}

/** All of them in one Failure. `source`: where the token comes from. */
export function sayMissing(missing: readonly Missing[], facts: Facts, token: Secret, source: string): Failure {
  const rows = missing.map(
    ({ permission, why, said }) => `“${permission}”, ${why}${said ? ` (GitHub says that it takes: ${said})` : ""}`,
  );
  const what = `The token of ${source} lacks ${rows.join("; ")}. Nothing was changed.`;
  return new Failure("secret-forbidden", what, adviseOn(facts, token));
}

function adviseOn({ admin, fullName, scopes }: Facts, token: Secret): string {
  if (admin === false) {
    return `Its owner does not administer ${fullName}: ask somebody who does, or let them run this.`;
  }
  const text = token.reveal();
  if (text.startsWith("gho_") && scopes && !scopes.includes("repo")) {
    return "Get it with `gh auth refresh --scopes repo`, and run this again.";
  }
  if (text.startsWith("ghp_") && scopes && !scopes.includes("repo")) {
    return "Edit the token under “Settings → Developer settings → Personal access tokens”, and run this again.";
  }
  return (
    "Add it to the token under “Settings → Developer settings → Personal access tokens → Fine-grained tokens”, or sign " +
    "in with `gh auth login` and run this without GH_TOKEN."
  );
}

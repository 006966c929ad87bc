import type { Credential } from "../credential/credential.ts";
import { sealEnvelope } from "../credential/envelope.ts";
import type { Inputs } from "../inputs.ts";
import { parseObject } from "../json.ts";
import type { World } from "../world/world.ts";
import { forgeApi } from "./forge-api.ts";
import type { Location } from "./location.ts";

/*
 * Gitea's and Forgejo's secrets of Actions: the value goes as it is, over the connection's encryption alone. Nobody is
 * told when one was written, so that only what may be overwritten at any time belongs there.
 */

function secretsOf(world: World, inputs: Inputs, { kind, within = "", repository }: Location) {
  const call = forgeApi(world, inputs, inputs.github.apiUrl, (token) => ({ authorization: `token ${token}` }));
  const owner = kind === "organization" ? `/orgs/${encodeURIComponent(within)}` : `/repos/${repository}`;
  return { call, list: `${owner}/actions/secrets` };
}

/**
 * Deletes one secret. False if there was none; the server says the same of a repository that the token does not see,
 * so that it is asked for the others. Throws an ApiProblem.
 */
export async function deleteFromGitea(world: World, inputs: Inputs, location: Location): Promise<boolean> {
  const { call, list } = secretsOf(world, inputs, location);
  const answer = await call("DELETE", `${list}/${location.name}`, [204, 404]);
  if (answer.status === 404) await call("GET", `${list}?page=1&limit=1`, [200]);
  return answer.status === 204;
}

/** Writes what gives access. Throws an ApiProblem, or a Failure if the secret does not exist and must not be made. */
export async function projectIntoGitea(
  world: World,
  inputs: Inputs,
  location: Location,
  part: Credential,
): Promise<"written"> {
  const { name } = location;
  const { call, list } = secretsOf(world, inputs, location);

  /** As the server lists it; undefined if it does not exist, null if the server does not tell. */
  const find = async (): Promise<Readonly<Record<string, unknown>> | null | undefined> => {
    for (let page = 1; page <= 100; page++) {
      const answer = await call("GET", `${list}?page=${page}&limit=50`, [200, 404, 405]);
      const secrets = answer.status === 200 ? listOf(answer.body) : undefined;
      if (!secrets) return null; // older servers take secrets without listing them
      const found = secrets.find((secret) => String(secret["name"]).toUpperCase() === name);
      if (found || secrets.length === 0) return found;
    }
    return null;
  };
  const present = await find();
  if (!present && !inputs.createSecrets)
    throw (await import("./say-problem.ts")).sayNotThere(location, present === null);
  // What a PUT leaves out is emptied.
  const description = typeof present?.["description"] === "string" ? present["description"] : "";
  await call("PUT", `${list}/${name}`, [201, 204], {
    data: sealEnvelope(part, undefined),
    ...(description && { description }),
  });
  return "written";
}

function listOf(text: string): Readonly<Record<string, unknown>>[] | undefined {
  const list = parseObject(`{"list":${text}}`)?.["list"];
  return Array.isArray(list) ? (list as Record<string, unknown>[]) : undefined;
}

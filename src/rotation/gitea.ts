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

/** Writes what gives access. Throws an ApiProblem, or a Failure if the secret does not exist and must not be made. */
export async function projectIntoGitea(
  world: World,
  inputs: Inputs,
  location: Location,
  part: Credential,
): Promise<"written"> {
  const { kind, name, within = "", repository } = location;
  const call = forgeApi(world, inputs, inputs.github.apiUrl, (token) => ({ authorization: `token ${token}` }));
  const list = `${kind === "organization" ? `/orgs/${encodeURIComponent(within)}` : `/repos/${repository}`}/actions/secrets`;

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

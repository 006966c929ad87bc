import type { Credential } from "../credential/credential.ts";
import { sealEnvelope } from "../credential/envelope.ts";
import type { Inputs } from "../inputs.ts";
import { jsonObject } from "../world/answer.ts";
import type { World } from "../world/world.ts";
import { byValue, openedOf, type Readable, type Reading } from "./by-value.ts";
import { forgeApi } from "./forge-api.ts";
import { ApiProblem } from "./github-api.ts";
import type { Location } from "./location.ts";
import type { SecretStore } from "./secret-store.ts";

/*
 * GitLab's CI/CD variables (its API, version 4). Whoever may write one may read it, unless it was made hidden; a job
 * gets the values of the moment at which it starts. Our envelope can always be masked: one line of base64url and a dot.
 */

/** What is kept when a variable gets another value. */
interface Flags {
  readonly variable_type: unknown;
  readonly protected: unknown;
  readonly masked: unknown;
  readonly raw: unknown;
  readonly environment_scope: unknown;
  readonly description?: unknown;
}

/** A variable in which a login is renewed. */
export function gitlabStore(world: World, inputs: Inputs, location: Location): SecretStore {
  const place = gitlabVariable(world, inputs, location);
  const none = async () => {
    throw new ApiProblem(501, false); // nothing is sealed here, and nothing has a time
  };
  return {
    location,
    ...byValue(world, place),
    async meta() {
      const seen = await place.read();
      return { updatedAt: seen && 0, date: seen?.date ?? world.now() };
    },
    probeMeta: none,
    publicKey: none,
    put: none,
    probe: none,
    // The value tells what a time would.
    runCreatedAt: async () => world.now(),
  };
}

/** The variables of a project or a group, as the API has them. */
function variablesOf(world: World, inputs: Inputs, { kind, within = "", repository }: Location) {
  const { env } = world;
  const server = (env["CI_API_V4_URL"] || `${env["CI_SERVER_URL"] || "https://gitlab.com"}/api/v4`).replace(/\/+$/, "");
  const call = forgeApi(world, inputs, server, (token) => ({ "private-token": token }));
  const owner =
    kind === "organization" ? `/groups/${encodeURIComponent(within)}` : `/projects/${encodeURIComponent(repository)}`;
  const scope = kind === "environment" ? within : "*";
  const list = `${owner}/variables`;
  // Variables of one name differ by their scope.
  const pathOf = (key: string) => `${list}/${key}?filter%5Benvironment_scope%5D=${encodeURIComponent(scope)}`;
  return { call, list, pathOf, scope };
}

/** Whether a 404 says that there is no such variable, and not that the token does not see the project or the group. */
const saysNoVariable = ({ body }: { readonly body: string }): boolean => /variable/i.test(body);

/** Deletes one variable, of its scope alone. False if there was none. Throws an ApiProblem. */
export async function deleteVariable(world: World, inputs: Inputs, location: Location): Promise<boolean> {
  const { call, pathOf } = variablesOf(world, inputs, location);
  const answer = await call("DELETE", pathOf(location.name), [204, 404]);
  if (answer.status === 404 && !saysNoVariable(answer)) throw new ApiProblem(404, true);
  return answer.status === 204;
}

/** A project's or a group's variable; `inputs.credential` is what this job got of it. */
export function gitlabVariable(world: World, inputs: Inputs, location: Location): Readable {
  const { env } = world;
  const { name, accessOnly } = location;
  const { call, list, pathOf, scope } = variablesOf(world, inputs, location);
  let flags: Flags | undefined;

  const create = async (key: string, value: string, more: object) => {
    const body = { key, value, variable_type: "env_var", environment_scope: scope, raw: true, ...more };
    const answer = await call("POST", list, [201, 400], body);
    // Somebody has made it since we looked: one more look tells who.
    if (answer.status === 400) throw new ApiProblem(/taken/.test(answer.body) ? 409 : 400, true);
  };
  return {
    location,
    held: inputs.credential?.reveal(),
    async read(): Promise<Reading | undefined> {
      const answer = await call("GET", pathOf(name), [200, 404]);
      if (answer.status === 404) {
        // Also said of a project or a group that the token does not see.
        if (!saysNoVariable(answer)) throw new ApiProblem(404, true);
        flags = undefined;
        return undefined;
      }
      const fields = jsonObject(answer);
      if (!fields) throw new ApiProblem(502, true);
      const { value, variable_type, protected: isProtected, masked, raw, environment_scope, description } = fields;
      flags = {
        variable_type,
        protected: isProtected,
        masked,
        raw,
        environment_scope,
        ...(typeof description === "string" && { description }),
      };
      return { value: typeof value === "string" ? value : undefined, date: answer.date ?? world.now() };
    },
    async write(value) {
      if (flags) return void (await call("PUT", pathOf(name), [200], { value, ...flags }));
      // No wider than this very job, and hidden where nobody has to compare it; servers before 17.4 mask it only.
      const forThisJob = { protected: env["CI_COMMIT_REF_PROTECTED"] === "true", masked: true };
      await create(name, value, accessOnly ? { ...forThisJob, masked_and_hidden: true } : forThisJob);
    },
    async prove() {
      const key = `OAUTH_CREDS_PROBE_${name}`;
      const value = "oauth-creds writes this to prove that it may write variables here. It holds nothing.";
      const answer = await call("PUT", pathOf(key), [200, 404], { value });
      if (answer.status === 404 && !saysNoVariable(answer)) throw new ApiProblem(404, true);
      if (answer.status === 404) await create(key, value, { protected: true, masked: false });
    },
  };
}

/** A login as a person stores it. */
const LOOKS_REFRESHABLE = /sk-ant-ort|^\s*rt_|"refresh_?token"\s*:\s*"[^"]/i;

/**
 * Writes what gives access, unless a login stands there, or what gives access for longer. Throws an ApiProblem, or a
 * Failure that no second attempt would mend.
 */
export async function projectIntoVariable(
  world: World,
  inputs: Inputs,
  location: Location,
  part: Credential,
): Promise<"written" | "kept"> {
  const say = () => import("./say-problem.ts");
  const variable = gitlabVariable(world, inputs, location);
  const present = await variable.read();
  if (!present && !inputs.createSecrets) throw (await say()).sayNotThere(location, false);
  const value = present?.value ?? "";
  const there = openedOf(value);
  if (there?.kind === "login" || LOOKS_REFRESHABLE.test(value)) throw (await say()).sayHoldsLogin(location.label);
  const younger = there && (there.accessExpiresAt ?? 0) > (part.accessExpiresAt ?? Number.POSITIVE_INFINITY);
  if (there && (there.access?.equals(part.access) || younger)) return "kept";
  await variable.write(sealEnvelope(part, undefined));
  return "written";
}

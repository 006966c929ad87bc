import type { SealedBody } from "../credential/envelope.ts";
import { jsonObject } from "../world/answer.ts";
import type { World } from "../world/world.ts";
import { ApiProblem, type Call } from "./github-api.ts";
import type { GitHubContext } from "./github-context.ts";
import type { Location } from "./location.ts";
import type { PublicKey } from "./sealed-box.ts";

/**
 * Written before anything is spent, in the same place and by the same call as the login: proof that it can be. And
 * right after it: the times of the two tell that a rotation, not a person, wrote the login last. So each has its own.
 */
const PROBE_NAME = "OAUTH_CREDS_PROBE";
const PROBE_VALUE = "oauth-creds writes this to prove that it may write secrets here. It holds nothing.";

export interface Meta {
  /** GitHub's time of the last write, ms, in whole seconds; undefined if the secret does not exist. */
  readonly updatedAt: number | undefined;
  /** GitHub's clock when it answered, ms. */
  readonly date: number;
}

/** One place's secrets. Each call is one request, and throws an ApiProblem. */
export interface SecretStore {
  readonly location: Location;
  meta(): Promise<Meta>;
  probeMeta(): Promise<Meta>;
  /** When this run was created, ms; undefined if the token may not know. */
  runCreatedAt(): Promise<number | undefined>;
  publicKey(): Promise<PublicKey>;
  /** Gives GitHub's clock when it answered, ms. */
  put(body: SealedBody): Promise<number>;
  /** Writes the probe: with the ready-made body if there is one, which needs neither the key nor the sealing code. */
  probe(ready: SealedBody | undefined): Promise<SealedBody>;
}

export function secretStore(world: World, location: Location, github: GitHubContext, call: Call): SecretStore {
  const probeName = `${PROBE_NAME}_${location.name}`;
  const metaOf = async (name: string): Promise<Meta> => {
    const answer = await call("GET", location.secretPath(name), [200, 404]);
    // A 404 says as well that the token may not see the repository: the probe's answer tells the two apart.
    const updatedAt = answer.status === 404 ? undefined : timeOf(jsonObject(answer)?.["updated_at"]);
    if (answer.status === 200 && updatedAt === undefined) throw new ApiProblem(502, true);
    return { updatedAt, date: answer.date ?? world.now() };
  };
  const publicKey = async (): Promise<PublicKey> => {
    const { key, key_id } = jsonObject(await call("GET", location.publicKeyPath, [200])) ?? {};
    if (typeof key !== "string" || typeof key_id !== "string") throw new ApiProblem(502, true);
    return { key, key_id };
  };
  const putNamed = async (name: string, body: SealedBody) => {
    const answer = await call("PUT", location.secretPath(name), [201, 204], body);
    return answer.date ?? world.now();
  };
  return {
    location,
    publicKey,
    meta: () => metaOf(location.name),
    probeMeta: () => metaOf(probeName),
    put: (body) => putNamed(location.name, body),
    async runCreatedAt() {
      if (!github.runId) return undefined;
      try {
        const answer = await call("GET", `/repos/${github.repository}/actions/runs/${github.runId}`, [200]);
        return timeOf(jsonObject(answer)?.["created_at"]);
      } catch {
        return undefined; // needs “Actions: read”, which the token may well lack
      }
    },
    async probe(ready) {
      if (ready) {
        try {
          await putNamed(probeName, ready);
          return ready;
        } catch (error) {
          // 422: sealed for a key that GitHub has replaced since.
          if (!(error instanceof ApiProblem) || error.status !== 422) throw error;
        }
      }
      const [key, { seal }] = await Promise.all([publicKey(), import("./sealed-box.ts")]);
      const body = seal(PROBE_VALUE, key);
      await putNamed(probeName, body);
      return body;
    },
  };
}

function timeOf(value: unknown): number | undefined {
  const ms = typeof value === "string" ? Date.parse(value) : Number.NaN;
  return Number.isNaN(ms) ? undefined : ms;
}

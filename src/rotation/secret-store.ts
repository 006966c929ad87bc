import type { Credential } from "../credential/credential.ts";
import { readIso, type SealedBody } from "../credential/envelope.ts";
import { jsonObject } from "../world/answer.ts";
import type { World } from "../world/world.ts";
import { ApiProblem, type Call } from "./github-api.ts";
import type { GitHubContext } from "./github-context.ts";
import type { Location } from "./location.ts";
import type { Begun, Prepared, StoreResult } from "./rotate.ts";
import type { PublicKey } from "./sealed-box.ts";

/**
 * Written before anything is spent, in the same place and by the same call as the login: proof that it can be. And
 * right after it: the times of the two tell that a rotation, not a person, wrote the login last. So each has its own.
 */
const PROBE_NAME = "OAUTH_CREDS_PROBE";

export interface Meta {
  /** GitHub's time of the last write, ms, in whole seconds; undefined if the secret does not exist. */
  readonly updatedAt: number | undefined;
  /** GitHub's clock when it answered, ms. */
  readonly date: number;
}

/** One place's secrets. Each call is one request unless it says otherwise, and throws an ApiProblem. */
export interface SecretStore {
  readonly location: Location;
  /** Right before the look at the time that precedes a PUT: reads what the PUT has to say besides the value. */
  ready?(): Promise<{ readonly absent: boolean }>;
  meta(): Promise<Meta>;
  probeMeta(): Promise<Meta>;
  /** What was written later, ms, may be missing in this job's copy; undefined if the token may not know. Asks again. */
  runCreatedAt(): Promise<number | undefined>;
  /** Throws a Failure if a credential without an envelope can be known to come from another place. */
  refuseStranger?(): Promise<void>;
  publicKey(): Promise<PublicKey>;
  /** Gives GitHub's clock when it answered, ms. */
  put(body: SealedBody): Promise<number>;
  /** Writes the probe: with the ready-made body if there is one, which needs neither the key nor the sealing code. */
  probe(ready: SealedBody | undefined): Promise<SealedBody>;
  /** Instead of what rotate.ts does, for a place whose values can be read: they tell whose they are. */
  prepare?(createSecrets: boolean): Promise<Prepared>;
  store?(credential: Credential, prepared: Prepared, begun: Begun, deadline: () => number): Promise<StoreResult>;
}

/** In what the secrets of other kinds of places differ from a repository's. */
export interface Differences {
  /** Path of the list of secrets. */
  readonly path: string;
  readonly ready?: () => Promise<{ readonly absent: boolean }>;
  /** The whole body of a PUT. */
  readonly bodyOf?: (name: string, sealed: SealedBody) => object;
}

export function secretStore(
  world: World,
  location: Location,
  github: GitHubContext,
  call: Call,
  { path, ready, bodyOf }: Differences = { path: `/repos/${location.repository}/actions/secrets` },
): SecretStore {
  const probeName = `${PROBE_NAME}_${location.name}`;
  const around = { world, location, github, call };
  const metaOf = async (name: string): Promise<Meta> => {
    const answer = await call("GET", `${path}/${name}`, [200, 404]);
    // A 404 says as well that the token may not see the repository: the probe's answer tells the two apart.
    const updatedAt = answer.status === 404 ? undefined : readIso(jsonObject(answer)?.["updated_at"]);
    if (answer.status === 200 && updatedAt === undefined) throw new ApiProblem(502, true);
    return { updatedAt, date: answer.date ?? world.now() };
  };
  const publicKey = async (): Promise<PublicKey> => {
    const { key, key_id } = jsonObject(await call("GET", `${path}/public-key`, [200])) ?? {};
    if (typeof key !== "string" || typeof key_id !== "string") throw new ApiProblem(502, true);
    return { key, key_id };
  };
  const putNamed = async (name: string, body: SealedBody) => {
    const answer = await call("PUT", `${path}/${name}`, [201, 204], bodyOf ? bodyOf(name, body) : body);
    return answer.date ?? world.now();
  };
  return {
    location,
    ...(ready && { ready }),
    publicKey,
    meta: () => metaOf(location.name),
    probeMeta: () => metaOf(probeName),
    put: (body) => putNamed(location.name, body),
    // Only a login that a person has pasted is judged by these.
    runCreatedAt: async () => (await import("./pasted.ts")).copyTime(around),
    refuseStranger: async () => (await import("./pasted.ts")).refuseStranger(around),
    async probe(sealed) {
      if (sealed) {
        try {
          await putNamed(probeName, sealed);
          return sealed;
        } catch (error) {
          // 422: sealed for a key that GitHub has replaced since.
          if (!(error instanceof ApiProblem) || error.status !== 422) throw error;
        }
      }
      const body = await (await import("./pasted.ts")).newProbe(publicKey);
      await putNamed(probeName, body);
      return body;
    },
  };
}

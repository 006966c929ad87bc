import { Failure } from "../../errors.ts";
import type { Inputs } from "../../inputs.ts";
import { openStore } from "../../refresh/index.ts";
import type { ApiProblem } from "../../rotation/github-api.ts";
import type { Location } from "../../rotation/location.ts";
import type { Meta, SecretStore } from "../../rotation/secret-store.ts";
import type { World } from "../../world/world.ts";

/** A secret that `rotate-to` names. Its value cannot be read by anybody. */
export interface SecretSeen {
  readonly location: Location;
  readonly store: SecretStore | undefined;
  /** Undefined if GitHub was not asked, or did not say: `failure` and `problem` tell why. */
  readonly meta: Meta | undefined;
  readonly failure: Failure | undefined;
  readonly problem: ApiProblem | undefined;
}

/** One call for each, or a few. Without a repository or a token nobody is asked. */
export function secrets(world: World, inputs: Inputs): Promise<SecretSeen[]> {
  const { rotateTo, accessTo } = inputs;
  const locations = [...(rotateTo ? [rotateTo] : []), ...accessTo];
  return Promise.all(
    locations.map(async (location): Promise<SecretSeen> => {
      const asks = location.repository !== "" && location.forge !== "gitea"; // which tells of no secret by itself
      const store = asks ? await openStore(world, { ...inputs, rotateTo: location }) : undefined;
      const none = { location, store, meta: undefined, failure: undefined, problem: undefined };
      if (!store) return none;
      try {
        return { ...none, meta: await store.meta() };
      } catch (problem) {
        if (problem instanceof Failure) return { ...none, failure: problem };
        if (!isApiProblem(problem)) throw problem;
        const { sayProblem } = await import("../../rotation/say-problem.ts");
        return { ...none, problem, failure: sayProblem(problem, location) };
      }
    }),
  );
}

/** By its name: the class itself is in the file that every run loads, which would grow by offering it. */
export const isApiProblem = (error: unknown): error is ApiProblem =>
  error instanceof Error && error.name === "ApiProblem";

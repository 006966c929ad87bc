import type { Credential } from "./credential/credential.ts";
import type { Failure } from "./errors.ts";
import type { Inputs } from "./inputs.ts";
import type { World } from "./world/world.ts";

/** With `validate: online`: why the provider does not take the access token; undefined if it does, or was not asked. */
export async function refusedByProvider(
  world: World,
  inputs: Inputs,
  credential: Credential,
): Promise<Failure | undefined> {
  if (inputs.validate === "none") return undefined;
  const { validate, sayVerdict } = await import("./validate.ts");
  const verdict = await validate(world, credential, inputs.request);
  if (!verdict) return undefined;
  const said = sayVerdict(verdict, credential);
  if (said.level === "failure") return said.failure;
  world.runner[said.level](said.text);
  return undefined;
}

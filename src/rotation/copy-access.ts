import type { Acquired } from "../acquire.ts";
import type { Inputs } from "../inputs.ts";
import type { World } from "../world/world.ts";
import { projectAccess } from "./projections.ts";

/** The new access token for the places in `rotate-to` that take that alone. Gives the labels of those that have it. */
export async function copyAccess(
  world: World,
  { inputs, acquired }: { readonly inputs: Inputs; readonly acquired: Acquired },
): Promise<readonly string[]> {
  const { source, result, credential, keptAt } = acquired;
  if ((source === "secret" || result?.type === "moved") && keptAt === undefined) return [];
  // Another job may have renewed a login that many share, and know nothing of these places: what is older is written.
  const since = keptAt ?? (result?.type === "stored" ? result.updatedAt : undefined);
  const copies = await projectAccess(world, inputs, credential, since);
  return copies.filter(({ result: done }) => done !== "failed").map(({ location }) => location.label);
}

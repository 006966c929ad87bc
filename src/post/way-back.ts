import type { Credential } from "../credential/credential.ts";
import type { Inputs } from "../inputs.ts";
import { keepUnstored } from "../recovery/unstored.ts";
import type { Location } from "../rotation/location.ts";
import type { World } from "../world/world.ts";
import type { Generations } from "./generations.ts";

/**
 * Keeps a recovery copy of the newest generation, where its secret did not take it. Gives whether there is one. Never
 * throws.
 *
 * @param newest with the key of its copies
 * @param deadline local ms after which nothing more is begun
 */
export async function keepWayBack(
  world: World,
  { account }: Inputs,
  location: Location,
  generations: Generations,
  newest: Credential,
  deadline: () => number,
): Promise<boolean> {
  const { env } = world;
  if (env["STATE_copied"] && !generations.captured) return true;
  const copies = await Promise.all(
    before(generations, Number(env["STATE_stored"]) > 0).map((login) =>
      keepUnstored(world, { login, account, location }, newest, deadline),
    ),
  );
  const kept = copies.filter(({ kept: one }) => one !== undefined);
  for (const [index, copy] of (kept.length > 0 ? kept : copies.slice(0, 1)).entries()) copy.tell(index > 0);
  return kept.length > 0;
}

/**
 * What may stand in the secret, or what an earlier copy leads to. Where main's writing had no answer, that is not
 * known: then there is a copy for each. So there is where an earlier copy leads to what main took over and could not
 * store: whoever has but the summary's line, and the secret, cannot follow from one to the next.
 *
 * @param settled whether what main renewed or took over stands there
 */
function before({ given, taken, renewed, captured }: Generations, settled: boolean): Credential[] {
  const first = taken ?? given;
  const known = settled && renewed ? [renewed] : captured ? [first, renewed] : [first];
  return known.filter((login) => login !== undefined);
}

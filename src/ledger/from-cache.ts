import type { Acquired } from "../acquire.ts";
import { type Credential, tokensOf } from "../credential/credential.ts";
import type { Inputs } from "../inputs.ts";
import { accessEntry, loadAccess } from "../recovery/access.ts";
import { setAside } from "../recovery/aside.ts";
import { cacheService } from "../recovery/cache-service.ts";
import { maskSecrets } from "../runner/mask.ts";
import type { World } from "../world/world.ts";
import { nameOfLedger } from "./open.ts";
import { credentialOf, type RootRecord } from "./record.ts";
import type { Site } from "./record-text.ts";
import type { Session } from "./session.ts";

/*
 * `access-cache`: jobs that only use the login read its access part from the Actions cache, and jobs that renew it put
 * it there. Who has a root key is in charge of the login (sign-ins, its copy in a secret, its end) and asks the ledger.
 */

/** A cache that does not answer must not keep a job from its login, ms. */
const LOOK_MS = 2_000;

/**
 * The access token of a ledger's login from the Actions cache, without a call of the ledger; undefined if the ledger
 * has to tell. Its tokens are masked. Never throws for what is wrong with the cache.
 *
 * @param credential the copy that this job has, if any: nothing older is taken
 */
export async function fromCache(
  world: World,
  inputs: Inputs,
  { keys }: Session,
  credential: Credential | undefined,
  provider: Site["provider"],
): Promise<Acquired | undefined> {
  const site = siteOf(world, inputs, provider);
  if (!site || keys.root.length > 0 || inputs.refresh === "always") return undefined;
  const until = world.now() + LOOK_MS;
  const { shared, generation = 0 } = credential ?? {};
  const atLeast = shared && { lineage: shared.lineage, generation };
  const wanted = { minValidityMs: inputs.minValidityMs, atLeast };
  const found = await loadAccess(world, keys, site, wanted, () => until);
  if (!found) return undefined;
  maskSecrets(world.runner, tokensOf(found));
  world.runner.log("The access token comes from the Actions cache (`access-cache`): the ledger was not asked.");
  return { credential: found, source: "ledger", result: undefined };
}

/** For post, which puts it into the cache: the access part of the record as this job has seen or written it. */
export function forCache(world: World, inputs: Inputs, { keys, site }: Session, record: RootRecord): void {
  const [key] = keys.root;
  const named = siteOf(world, inputs, site.provider);
  if (!key || !named || !cacheService(world.env)?.writable) return;
  // Nobody would take it; or the provider has refused the login, and the record is what tells.
  if (record.accessExpiresAt === undefined || record.dead) return;
  setAside(world, inputs.sealingKey, accessEntry(world, key, named, credentialOf(record), record.lineage));
}

/** Undefined for a ledger in a folder: reading it costs nothing, and another machine's has the same path. */
function siteOf(world: World, inputs: Inputs, provider: Site["provider"]): Site | undefined {
  const place = nameOfLedger(world, inputs, provider);
  return place === undefined ? undefined : { place, provider, account: inputs.account };
}

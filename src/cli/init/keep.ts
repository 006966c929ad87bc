import { isoTime } from "../../duration.ts";
import { Failure } from "../../errors.ts";
import { parseKeys } from "../../ledger/keys.ts";
import type { World } from "../../world/world.ts";
import type { Ask } from "./ask.ts";
import type { SeenSecret } from "./inventory.ts";

/**
 * Which of the secrets that are there are to be written anew: none, unless somebody says so. A secret cannot be read,
 * so what is kept is taken for what it should be.
 */
export async function keep(
  world: World,
  ask: Ask,
  seen: readonly SeenSecret[],
  force: boolean,
): Promise<ReadonlySet<SeenSecret>> {
  const there = seen.filter(({ updatedAt }) => updatedAt !== undefined);
  const replaced = new Set(force ? there : []);
  const [root, access] = [find(seen, "root-key"), find(seen, "access-key")];
  if (root && access && !force) await keepKeys(world, ask, root, access, replaced);
  const login = find(seen, "credential");
  const part = find(seen, "access-part");
  const token = find(seen, "secrets-token");
  for (const secret of [login, token]) {
    if (!secret || secret.updatedAt === undefined || force) continue;
    if (await ask.yes(`${capital(secret)} is there, of ${dayOf(secret)}. Replace it?`, false)) replaced.add(secret);
  }
  // The access token of one login beside another login would be wrong for as long as it lives.
  if (part?.updatedAt !== undefined && login && (login.updatedAt === undefined || replaced.has(login))) {
    replaced.add(part);
  }
  // The other way round, what the jobs read is made by the next renewal: it cannot be made from a secret.
  return replaced;
}

const find = (seen: readonly SeenSecret[], what: SeenSecret["holds"]) => seen.find(({ holds }) => holds === what);
const capital = ({ label }: SeenSecret): string => `The ${label}`;
const dayOf = ({ updatedAt = 0 }: SeenSecret): string => isoTime(updatedAt).slice(0, 10);

/** A pair belongs together: half of it is worth nothing, and the other half cannot be made from what is stored. */
async function keepKeys(
  world: World,
  ask: Ask,
  root: SeenSecret,
  access: SeenSecret,
  replaced: Set<SeenSecret>,
): Promise<void> {
  const half = [root, access].find(({ updatedAt }) => updatedAt !== undefined);
  if (!half || (root.updatedAt !== undefined && access.updatedAt !== undefined)) return;
  const ring = parseKeys(world.env["INPUT_LEDGER-KEY"] ?? "");
  // Whoever has the root key says so, and nothing needs to be replaced.
  if (typeof ring !== "string" && ring.root.length > 0) {
    if (half === access) replaced.add(access);
    return;
  }
  const missing = half === root ? access : root;
  const what = `The ${half.label} is there, and the ${missing.label} is not: a pair of keys belongs together.`;
  if (ask.interactive) {
    ask.say.warn(`${what} If you have the root key, stop and give it with --ledger-key FILE.`);
    if (await ask.yes("Make a new pair? What the old one has sealed can then not be opened.", false)) {
      replaced.add(half);
      return;
    }
  }
  throw new Failure(
    "input-invalid",
    `${what} Nothing was changed.`,
    "Give the root key with `--ledger-key FILE` (or OAUTH_CREDS_LEDGER_KEY), or make a new pair with `--force`: what the " +
      "old one has sealed can then not be opened, and the login begins a new ledger.",
  );
}

import { isoTime } from "../../duration.ts";
import { Failure } from "../../errors.ts";
import { parseKeys } from "../../ledger/keys.ts";
import type { Ask } from "./ask.ts";
import type { Wishes } from "./decide.ts";
import type { GitHub } from "./github.ts";
import type { SeenSecret } from "./inventory.ts";
import { ledgerRefs } from "./ledger-refs.ts";

export interface Kept {
  /** Those that are there, and are to be written anew. */
  readonly replaced: ReadonlySet<SeenSecret>;
  /** Refs of ledgers that the new keys cannot open; undefined if the token may not look which there are. */
  readonly sealed: readonly string[] | undefined;
}

/**
 * Which of the secrets that are there are to be written anew: none, unless somebody says so. A secret cannot be read,
 * so what is kept is taken for what it should be.
 *
 * @param rootKey the one that a person has
 */
export async function keep(
  ask: Ask,
  seen: readonly SeenSecret[],
  { force, newKeys }: Pick<Wishes, "force" | "newKeys">,
  rootKey: string | undefined,
  github: GitHub,
): Promise<Kept> {
  const there = seen.filter(({ updatedAt }) => updatedAt !== undefined);
  // The keys are those of every login in the ledger, and not of this one alone.
  const keys = there.filter(({ holds }) => holds === "root-key" || holds === "access-key");
  const replaced = new Set(force ? there.filter((secret) => !keys.includes(secret)) : []);
  const [root, access] = [find(seen, "root-key"), find(seen, "access-key")];
  const login = find(seen, "credential");
  const part = find(seen, "access-part");
  const token = find(seen, "secrets-token");
  let sealed: Kept["sealed"] = [];
  if (root && access && keys.length > 0) {
    const fate = newKeys ? "new" : await fateOfKeys(ask, root, access, rootKey, github);
    for (const key of fate === "kept" ? [] : keys) replaced.add(key);
    if (fate === "new") {
      sealed = await ledgerRefs(github);
      // It has begun the ledger that is given up, and is spent.
      if (login?.updatedAt !== undefined) replaced.add(login);
    }
  }
  for (const secret of [login, token]) {
    if (!secret || secret.updatedAt === undefined || replaced.has(secret)) continue;
    if (await ask.yes(`${capital(secret)} is there, of ${dayOf(secret)}. Replace it?`, false)) replaced.add(secret);
  }
  // The access token of one login beside another login would be wrong for as long as it lives.
  if (part?.updatedAt !== undefined && login && (login.updatedAt === undefined || replaced.has(login))) {
    replaced.add(part);
  }
  // The other way round, what the jobs read is made by the next renewal: it cannot be made from a secret.
  return { replaced, sealed };
}

const find = (seen: readonly SeenSecret[], what: SeenSecret["holds"]) => seen.find(({ holds }) => holds === what);
const capital = ({ label }: SeenSecret): string => `The ${label}`;
const dayOf = ({ updatedAt = 0 }: SeenSecret): string => isoTime(updatedAt).slice(0, 10);

/** `new`: what the old keys have sealed is given up. `replaced`: nothing can have been sealed for them. */
type Fate = "kept" | "replaced" | "new";

/** A pair belongs together: half of it is worth nothing, and the other half cannot be made from what is stored. */
async function fateOfKeys(
  ask: Ask,
  root: SeenSecret,
  access: SeenSecret,
  rootKey: string | undefined,
  github: GitHub,
): Promise<Fate> {
  if (root.updatedAt !== undefined && access.updatedAt !== undefined) return "kept";
  const [half, missing] = root.updatedAt === undefined ? [access, root] : [root, access];
  const ring = parseKeys(rootKey ?? "");
  // Whoever has the root key says so: it is the one that is there, or the access key follows from it.
  if (typeof ring !== "string" && ring.root.length > 0) return half === access ? "replaced" : "kept";
  // An earlier run was stopped between the two: it writes the access key first, with which nothing can be sealed.
  if (half === access && (await ledgerRefs(github))?.length === 0) {
    ask.say.warn(`There is no ${root.label} for the ${access.label}, and no ledger here either: a new pair is made.`);
    return "replaced";
  }
  const what = `The ${half.label} is there, and the ${missing.label} is not: a pair of keys belongs together.`;
  if (ask.interactive) {
    ask.say.warn(`${what} If you have the root key, stop and give it with --ledger-key FILE.`);
    if (await ask.yes("Make a new pair? What the old one has sealed can then not be opened.", false)) return "new";
  }
  throw new Failure(
    "input-invalid",
    `${what} Nothing was changed.`,
    "Give the root key with `--ledger-key FILE` (or OAUTH_CREDS_LEDGER_KEY), or make a new pair with `--new-keys`: what " +
      "the old one has sealed can then not be opened, and its refs have to be deleted by hand (they are named).",
  );
}

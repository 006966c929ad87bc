import { Failure } from "../../errors.ts";
import { parseKeys } from "../../ledger/keys.ts";
import type { Secret } from "../../secret.ts";
import type { World } from "../../world/world.ts";
import { usage } from "../arguments.ts";
import type { Ask } from "./ask.ts";
import type { Change } from "./change.ts";
import type { Wishes } from "./decide.ts";
import type { Facts } from "./github.ts";
import type { SeenSecret } from "./inventory.ts";

/** The root key that a person has, and where a copy of one goes that is made now. */
export interface OwnRootKey {
  /** From a flag, a variable, or the file of an earlier run. */
  readonly key: string | undefined;
  /** Undefined if there is no place for a copy, or nothing to copy. */
  readonly path: string | undefined;
}

/**
 * Looks for both. Throws a Failure if a file is there that is no copy of the key, or the key would stand in the working
 * tree below `root`.
 */
export function findRootKey(
  world: World,
  ask: Ask,
  { saveKey, newKeys }: Wishes,
  { fullName }: Facts,
  root: string,
  seen: readonly SeenSecret[],
): OwnRootKey {
  const key = world.env["INPUT_LEDGER-KEY"]?.trim() || undefined;
  const keys = seen.filter(({ holds }) => holds === "root-key" || holds === "access-key");
  if (saveKey !== undefined && (key !== undefined || keys.length === 0)) {
    throw usage(
      "`--save-key` saves a ledger's root key that is made: not one of `--ledger-key`, and none of another way.",
    );
  }
  const whole = keys.every(({ updatedAt }) => updatedAt !== undefined);
  if (key !== undefined || (whole && !newKeys)) {
    if (saveKey !== undefined) ask.say.warn("The ledger's keys are there, and cannot be read: none is saved.");
    return { key, path: undefined };
  }
  const path = placeOfCopy(world, ask, saveKey, fullName, root);
  if (path === undefined || !world.files.exists(path)) return { key, path };
  const saved = newKeys ? undefined : oneRootKey(world.files.read(path) ?? "");
  if (saved !== undefined) return { key: saved, path };
  const what = newKeys ? "and may hold the key that is replaced" : "and holds no root key";
  throw usage(`${path} is there already, ${what}: name another file in \`--save-key\`.`);
}

/** What the flag names, or what a person can be offered. */
function placeOfCopy(
  { env }: World,
  { interactive }: Ask,
  saveKey: string | undefined,
  fullName: string,
  root: string,
): string | undefined {
  const { join, relative, resolve, isAbsolute } = process.getBuiltinModule("node:path");
  const { homedir } = process.getBuiltinModule("node:os");
  if (saveKey === undefined && !interactive) return undefined;
  const name = `oauth-creds-${fullName.replace("/", "-")}.key`;
  const path = resolve(saveKey ?? join(env["HOME"] || homedir(), name));
  const below = relative(root, path);
  if (below.startsWith("..") || isAbsolute(below)) return path;
  if (saveKey === undefined) return undefined;
  throw usage(`${path} is in the working tree, where a root key could be committed: name another in \`--save-key\`.`);
}

function oneRootKey(text: string): string | undefined {
  const ring = parseKeys(text.trim());
  return typeof ring !== "string" && ring.root.length === 1 && ring.access.length === 0 ? text.trim() : undefined;
}

/** Whether a root key that is made now is saved in `path`, too. Without a person: where a flag says so. */
export async function wantsCopy(ask: Ask, { saveKey }: Wishes, path: string | undefined): Promise<boolean> {
  if (saveKey !== undefined) return true;
  const why =
    "The secret OAUTH_CREDS_KEY shows the ledger's root key to nobody, and `oauth-creds key --roll-over` needs it.";
  if (path !== undefined) return ask.yes(`${why} Save it in ${path}, too?`, true);
  ask.say.warn(`${why} \`--save-key FILE\` keeps a copy of the one that is made now.`);
  return false;
}

/** For its user alone; nothing that is there is overwritten. */
export function saveRootKey({ files }: World, path: string, key: Secret): Change {
  return {
    type: "file",
    label: `file ${path}`,
    title: `file ${path}: the ledger's root key, for you to keep where you keep passwords`,
    name: path,
    calls: [],
    async apply() {
      try {
        files.openNew(path).commit(`${key.reveal()}\n`);
      } catch (error) {
        const { code = "unknown" } = error as { code?: string };
        throw new Failure(
          "file-failed",
          `The file ${path} cannot be made (${code}).`,
          "Name another one with `--save-key`, in a folder that exists and that you may write.",
        );
      }
    },
  };
}

import { deriveAccessKey, makeRootKey, parseKeys } from "../../ledger/keys.ts";
import { usage } from "../arguments.ts";
import { EXIT } from "../exit-code.ts";
import type { Call } from "../verb.ts";

/**
 * Makes the keys of a ledger, or derives the access key of a root key that comes by stdin: a key never stands in an
 * argument, where every process of the machine could read it.
 */
export async function run({ world, terminal, flags }: Call): Promise<number> {
  const derive = flags["derive"] === true;
  const text = derive
    ? process.getBuiltinModule("node:fs").readFileSync(0, "utf8").trim()
    : makeRootKey((bytes) => world.random(bytes));
  const ring = parseKeys(text);
  if (typeof ring === "string") throw usage(ring);
  const [root] = ring.root;
  if (!root) throw usage("That is an access key: only a root key (ocr1_…) has one to derive.");
  const access = deriveAccessKey(root);
  const forOthers = `Access key, for all other jobs (secret OAUTH_CREDS_ACCESS_KEY):\n${access}`;
  terminal.answer(
    derive ? forOthers : `Root key, for the workflow that renews (secret OAUTH_CREDS_KEY):\n${text}\n\n${forOthers}`,
    derive ? { access } : { root: text, access },
  );
  return EXIT.done;
}

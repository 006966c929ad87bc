import { deriveAccessKey, makeRootKey, parseKeys } from "../ledger/keys.ts";

/**
 * Makes the keys of a ledger, or derives the access key of a root key that comes by stdin: a key never stands in an
 * argument, where every process of the machine could read it. Gives the exit code: 0, or 2 for a text that is no key.
 */
export function key({ derive, json }: { readonly derive: boolean; readonly json: boolean }): number {
  const { randomBytes } = process.getBuiltinModule("node:crypto");
  const text = derive ? process.getBuiltinModule("node:fs").readFileSync(0, "utf8").trim() : makeRootKey(randomBytes);
  const ring = parseKeys(text);
  const root = typeof ring === "string" ? undefined : ring.root[0];
  if (!root) {
    console.error(
      typeof ring === "string" ? ring : "That is an access key: only a root key (ocr1_…) has one to derive.",
    );
    return 2;
  }
  const access = deriveAccessKey(root);
  if (json) {
    console.log(JSON.stringify(derive ? { access } : { root: text, access }));
  } else {
    if (!derive) console.log(`Root key, for the workflow that renews (secret OAUTH_CREDS_KEY):\n${text}\n`);
    console.log(`Access key, for all other jobs (secret OAUTH_CREDS_ACCESS_KEY):\n${access}`);
  }
  return 0;
}

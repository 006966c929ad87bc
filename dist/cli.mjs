import { n as makeRootKey, r as parseKeys, t as deriveAccessKey } from "./keys.mjs";
function key({ derive, json }) {
	let { randomBytes } = process.getBuiltinModule("node:crypto"), text = derive ? process.getBuiltinModule("node:fs").readFileSync(0, "utf8").trim() : makeRootKey(randomBytes), ring = parseKeys(text), root = typeof ring == "string" ? void 0 : ring.root[0];
	if (!root) return console.error(typeof ring == "string" ? ring : "That is an access key: only a root key (ocr1_…) has one to derive."), 2;
	let access = deriveAccessKey(root);
	return json ? console.log(JSON.stringify(derive ? { access } : {
		root: text,
		access
	})) : (derive || console.log(`Root key, for the workflow that renews (secret OAUTH_CREDS_KEY):\n${text}\n`), console.log(`Access key, for all other jobs (secret OAUTH_CREDS_ACCESS_KEY):\n${access}`)), 0;
}
const [verb, ...flags] = process.argv.slice(2), known = flags.every((flag) => flag === "--derive" || flag === "--json");
if (verb === "key" && known) process.exitCode = key({
	derive: flags.includes("--derive"),
	json: flags.includes("--json")
});
else {
	let asked = verb === void 0 || verb === "help" || verb === "--help";
	(asked ? console.log : console.error)("Usage: node dist/cli.mjs key [--derive] [--json]\n\n  key            makes a root key of a ledger, and its access key\n  key --derive   reads a root key from stdin, and gives its access key\n  --json         as one line of JSON"), process.exitCode = asked ? 0 : 2;
}
export {};

import { r as usage } from "./arguments.mjs";
import { t as EXIT } from "./exit-code.mjs";
import { n as makeRootKey, r as parseKeys, t as deriveAccessKey } from "./keys.mjs";
async function run({ world, terminal, flags }) {
	let derive = flags.derive === !0, text = derive ? process.getBuiltinModule("node:fs").readFileSync(0, "utf8").trim() : makeRootKey((bytes) => world.random(bytes)), ring = parseKeys(text);
	if (typeof ring == "string") throw usage(ring);
	let [root] = ring.root;
	if (!root) throw usage("That is an access key: only a root key (ocr1_…) has one to derive.");
	let access = deriveAccessKey(root), forOthers = `Access key, for all other jobs (secret OAUTH_CREDS_ACCESS_KEY):\n${access}`;
	return terminal.answer(derive ? forOthers : `Root key, for the workflow that renews (secret OAUTH_CREDS_KEY):\n${text}\n\n${forOthers}`, derive ? { access } : {
		root: text,
		access
	}), EXIT.done;
}
export { run };

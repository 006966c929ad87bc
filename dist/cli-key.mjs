import { kt as Secret, z as maskSecrets } from "./common.mjs";
import { i as usage } from "./arguments.mjs";
import { t as EXIT } from "./exit-code.mjs";
import { t as readSecret } from "./read-secret.mjs";
import { n as makeRootKey, r as parseKeys, t as deriveAccessKey } from "./keys.mjs";
import { t as sayCancelled } from "./say4.mjs";
import { t as meet } from "./person.mjs";
import { r as refuseLog, t as listener } from "./listener.mjs";
async function run(call) {
	let { world, terminal, flags } = call, [derive, rollOver] = [flags.derive === !0, flags["roll-over"] === !0];
	if (derive && rollOver) throw usage("`--derive` and `--roll-over` are two things to do: name one.");
	let reader = listener();
	refuseLog(world.env, reader, "The key", ADVICE);
	let old = derive || rollOver ? await readKeys(call) : "", made = derive ? "" : makeRootKey((bytes) => world.random(bytes)), roots = [made, old].filter(Boolean).join(" "), access = accessKeysOf(roots);
	return maskSecrets(world.runner, [...roots.split(" "), ...access.split(" ")].map(secret)), reader.terminal && terminal.notice("What follows is secret; your terminal may keep it."), rollOver ? sayRollOver(call, {
		root: roots,
		access
	}, {
		root: made,
		access: accessKeysOf(made)
	}) : derive ? terminal.answer(`${FOR_OTHERS}:\n${access}`, { access }) : terminal.answer(`${FOR_RENEWAL}:\n${roots}\n\n${FOR_OTHERS}:\n${access}`, {
		root: roots,
		access
	}), EXIT.done;
}
const FOR_RENEWAL = "Root key, for the workflow that renews (secret OAUTH_CREDS_KEY)", FOR_OTHERS = "Access key, for all other jobs (secret OAUTH_CREDS_ACCESS_KEY)", ADVICE = "Make keys on a machine of your own; or let a variable take them: `KEYS=\"$(oauth-creds key --json)\"`, or a pipe.", secret = (value) => new Secret(value);
function sayRollOver({ terminal }, both, after) {
	let steps = [
		{
			do: "Give all other jobs both access keys (secret OAUTH_CREDS_ACCESS_KEY): either opens what they read.",
			value: both.access
		},
		{
			do: "Give the workflow that renews the new root key and the old one (secret OAUTH_CREDS_KEY), in this order: the first writes, each of them opens.",
			value: both.root
		},
		{ do: "Let that workflow renew every login once (`refresh: always`). What it writes, copies in secrets too, is for the new key." },
		{
			do: "When no job is left that began before, take the old access key away (secret OAUTH_CREDS_ACCESS_KEY):",
			value: after.access
		},
		{
			do: "And the old root key (secret OAUTH_CREDS_KEY):",
			value: after.root
		}
	], text = steps.map(({ do: what, value }, at) => `${at + 1}. ${what}${value ? `\n${value}` : ""}`).join("\n\n");
	terminal.answer(text, {
		...both,
		after,
		steps
	});
}
function accessKeysOf(roots) {
	let ring = parseKeys(roots);
	return typeof ring == "string" ? "" : ring.root.map(deriveAccessKey).join(" ");
}
async function readKeys(call) {
	let text = process.getBuiltinModule("node:tty").isatty(0) ? await askForKeys(call) : readSecret("-");
	if (typeof text != "string") throw usage(`A root key is read from stdin: ${text.problem}.`);
	let ring = parseKeys(text);
	if (typeof ring == "string") throw usage(ring);
	if (ring.root.length === 0 || ring.access.length > 0) throw usage("A root key (ocr1_…) is needed, and nothing else: from an access key no other key can be made.");
	return text.split(/[\s,]+/).filter(Boolean).join(" ");
}
async function askForKeys({ world, terminal }) {
	let stop = new AbortController(), cancel = () => stop.abort(), hold = world.holdSignals();
	process.on("SIGINT", cancel).on("SIGTERM", cancel);
	let person = meet(terminal, () => void process.emit("SIGINT", "SIGINT"));
	try {
		let text = await person.paste("Paste the root key (it will not be shown): ", { signal: stop.signal });
		if (text === void 0) throw sayCancelled("Nothing was made.");
		return text;
	} finally {
		person.leave(), process.off("SIGINT", cancel).off("SIGTERM", cancel), hold.release();
	}
}
export { run };

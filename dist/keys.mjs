import { kt as Secret } from "./common.mjs";
import { n as publicKeyOf, t as derive } from "./seal.mjs";
const ROOT = "ocr1_", ACCESS = "oca1_", SIZE = {
	[ROOT]: 32,
	[ACCESS]: 64
}, NAME = {
	[ROOT]: "a root key",
	[ACCESS]: "an access key"
};
function makeRootKey(random) {
	return ROOT + Buffer.from(random(SIZE[ROOT])).toString("base64url");
}
function deriveAccessKey(root) {
	let bytes = [root.access.key.reveal(), root.access.publicKey].map((part) => Buffer.from(part, "base64url"));
	return ACCESS + Buffer.concat(bytes).toString("base64url");
}
function parseKeys(text) {
	let words = [...new Set(text.split(/[\s,]+/).filter(Boolean))];
	if (words.length === 0) return "`ledger-key` is empty.";
	let root = [], access = [];
	for (let [index, word] of words.entries()) {
		let prefix = word.startsWith(ROOT) ? ROOT : word.startsWith(ACCESS) ? ACCESS : void 0, bytes = prefix && bytesOf(word.slice(prefix.length));
		if (bytes?.length !== SIZE[prefix ?? ROOT]) return `\`ledger-key\`: ${words.length > 1 ? `key ${index + 1} of ${words.length}` : "the key"} ${prefix ? sayDamage(word, prefix, bytes?.length) : sayStranger(word)}`;
		prefix === ROOT ? root.push(rootKey(bytes)) : access.push(accessKey(bytes.subarray(0, 32), bytes.subarray(32).toString("base64url")));
	}
	return {
		root,
		access
	};
}
function bytesOf(text) {
	let bytes = Buffer.from(text, "base64url");
	return bytes.toString("base64url") === text ? bytes : void 0;
}
function rootKey(bytes) {
	let key = new Secret(bytes.toString("base64url"));
	return {
		key,
		access: accessKey(derive(key, "access key"), publicKeyOf(key))
	};
}
function accessKey(bytes, publicKey) {
	let key = new Secret(bytes.toString("base64url"));
	return {
		kid: derive(key, "key id", 4).toString("hex"),
		key,
		publicKey
	};
}
function sayDamage(word, prefix, bytes) {
	let other = prefix === ROOT ? ACCESS : ROOT, begins = `begins with \`${prefix}\` like ${NAME[prefix]}`;
	if (bytes === SIZE[other]) return `${begins}, but is as long as ${NAME[other]} (\`${other}\`): store that as it was.`;
	let length = word.length - prefix.length, due = Math.ceil(SIZE[prefix] * 4 / 3), again = "Store it again, whole and on one line.";
	return length < due ? `${begins}, but was cut off: ${length} characters follow instead of ${due}. ${again}` : length > due ? `${begins}, but ${length} characters follow instead of ${due}: several keys stand apart by spaces or commas.` : `${begins}, but was altered: it holds characters that no such key has. ${again}`;
}
const STRANGERS = [
	[/^(gh[opsur]_|github_pat_)/, "is a GitHub token: that belongs in `github-token` or `secrets-token`."],
	[/^(sk-|rt_|eyJ|oc1\.|\{)/, "is a login, a token or an API key of a provider: a login belongs in `credential`."],
	[/^(\$|\*)/, "is an expression that was not evaluated, or a row of asterisks copied from a log."],
	[/^["'`]/, "stands in quotation marks: store it without them."],
	[/^-----/, "is a key in PEM form, which is another kind of key."]
];
function sayStranger(word) {
	let [, seen] = STRANGERS.find(([look]) => look.test(word)) ?? [];
	return `${seen ?? "is none of ours, or the beginning of it is missing."} \`ledger-key\` takes what \`oauth-creds key\` prints: a root key (\`ocr1_…\`) where logins are renewed, an access key (\`oca1_…\`) elsewhere.`;
}
export { makeRootKey as n, parseKeys as r, deriveAccessKey as t };

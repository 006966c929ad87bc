import { jt as Secret } from "./common.mjs";
const FORMAT = "oauth-creds ledger v1";
function derive(key, purpose, bytes = 32) {
	let { hkdfSync } = process.getBuiltinModule("node:crypto");
	return Buffer.from(hkdfSync("sha256", Buffer.from(key.reveal(), "base64url"), "", `${FORMAT} ${purpose}`, bytes));
}
function seal(key, purpose, bound, text, random) {
	let { createCipheriv } = process.getBuiltinModule("node:crypto"), iv = random(12), cipher = createCipheriv("aes-256-gcm", derive(key, purpose), iv).setAAD(binding(purpose, bound)), body = Buffer.concat([cipher.update(text, "utf8"), cipher.final()]);
	return Buffer.concat([
		iv,
		cipher.getAuthTag(),
		body
	]).toString("base64url");
}
function unseal(key, purpose, bound, sealed) {
	let { createDecipheriv } = process.getBuiltinModule("node:crypto");
	if (typeof sealed != "string") return;
	let bytes = Buffer.from(sealed, "base64url");
	try {
		let decipher = createDecipheriv("aes-256-gcm", derive(key, purpose), bytes.subarray(0, 12), { authTagLength: 16 }).setAAD(binding(purpose, bound)).setAuthTag(bytes.subarray(12, 28));
		return Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()]).toString("utf8");
	} catch {
		return;
	}
}
const binding = (purpose, bound) => Buffer.from(JSON.stringify([
	FORMAT,
	purpose,
	...bound
]));
function sign(root, text) {
	return process.getBuiltinModule("node:crypto").sign(null, signed(text), privateKey(root)).toString("base64url");
}
function verify(publicKey, text, signature) {
	let crypto = process.getBuiltinModule("node:crypto"), bytes = Buffer.from(signature, "base64url");
	if (bytes.toString("base64url") !== signature) return !1;
	try {
		let key = crypto.createPublicKey({
			key: {
				kty: "OKP",
				crv: "Ed25519",
				x: publicKey
			},
			format: "jwk"
		});
		return crypto.verify(null, signed(text), key, bytes);
	} catch {
		return !1;
	}
}
function publicKeyOf(root) {
	return process.getBuiltinModule("node:crypto").createPublicKey(privateKey(root)).export({ format: "jwk" }).x;
}
const signed = (text) => Buffer.from(`${FORMAT} record\n${text}`), PKCS8 = Buffer.from("302e020100300506032b657004220420", "hex");
function privateKey(root) {
	let key = Buffer.concat([PKCS8, derive(root, "signature")]);
	return process.getBuiltinModule("node:crypto").createPrivateKey({
		key,
		format: "der",
		type: "pkcs8"
	});
}
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
export { sign as a, seal as i, makeRootKey as n, unseal as o, parseKeys as r, verify as s, deriveAccessKey as t };

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
export { unseal as a, sign as i, publicKeyOf as n, verify as o, seal as r, derive as t };

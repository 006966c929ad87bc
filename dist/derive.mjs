function derive({ from, key }, purpose, salt = "") {
	let { hkdfSync } = process.getBuiltinModule("node:crypto");
	return Buffer.from(hkdfSync("sha256", Buffer.from(key.reveal(), "base64url"), salt, `oauth-creds recovery v1 ${from} ${purpose}`, 32));
}
const hmac = (key, text) => process.getBuiltinModule("node:crypto").createHmac("sha256", key).update(text).digest();
function sameBytes(one, other) {
	let [a, b] = [Buffer.from(one), Buffer.from(other)];
	return a.length === b.length && process.getBuiltinModule("node:crypto").timingSafeEqual(a, b);
}
export { hmac as n, sameBytes as r, derive as t };

import { n as hsalsa, r as xsalsa20poly1305, t as blake2b } from "./noble.mjs";

// src/rotation/sealed-box.ts
const crypto = process.getBuiltinModule("node:crypto");
const SPKI_X25519 = Buffer.from("302a300506032b656e032100", "hex");
function seal(text, publicKey) {
	const recipient = Buffer.from(publicKey.key, "base64");
	if (recipient.length !== 32) throw new Error("the public key is not 32 bytes");
	const ephemeral = crypto.generateKeyPairSync("x25519");
	const own = ephemeral.publicKey.export({
		type: "spki",
		format: "der"
	}).subarray(-32);
	const shared = crypto.diffieHellman({
		privateKey: ephemeral.privateKey,
		publicKey: crypto.createPublicKey({
			key: Buffer.concat([SPKI_X25519, recipient]),
			format: "der",
			type: "spki"
		})
	});
	const nonce = blake2b(Buffer.concat([own, recipient]), { dkLen: 24 });
	const box = xsalsa20poly1305(boxKey(shared), nonce).encrypt(Buffer.from(text));
	return {
		encrypted_value: Buffer.concat([own, box]).toString("base64"),
		key_id: publicKey.key_id
	};
}
function boxKey(shared) {
	const words = (bytes) => new Uint32Array(new Uint8Array(bytes).buffer);
	const key = /* @__PURE__ */ new Uint32Array(8);
	const sigma = words(Buffer.from("expand 32-byte k"));
	hsalsa(sigma, words(shared), /* @__PURE__ */ new Uint32Array(4), key);
	return new Uint8Array(key.buffer);
}

export { seal };
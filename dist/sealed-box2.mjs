import { n as hsalsa, r as xsalsa20poly1305, t as blake2b } from "./noble.mjs";
const crypto = process.getBuiltinModule("node:crypto"), SPKI_X25519 = Buffer.from("302a300506032b656e032100", "hex");
function seal(text, publicKey) {
	let recipient = Buffer.from(publicKey.key, "base64");
	if (recipient.length !== 32) throw Error("the public key is not 32 bytes");
	let ephemeral = crypto.generateKeyPairSync("x25519"), own = ephemeral.publicKey.export({
		type: "spki",
		format: "der"
	}).subarray(-32), shared = crypto.diffieHellman({
		privateKey: ephemeral.privateKey,
		publicKey: crypto.createPublicKey({
			key: Buffer.concat([SPKI_X25519, recipient]),
			format: "der",
			type: "spki"
		})
	}), nonce = blake2b(Buffer.concat([own, recipient]), { dkLen: 24 }), box = xsalsa20poly1305(boxKey(shared), nonce).encrypt(Buffer.from(text));
	return {
		encrypted_value: Buffer.concat([own, box]).toString("base64"),
		key_id: publicKey.key_id
	};
}
function boxKey(shared) {
	let words = (bytes) => new Uint32Array(new Uint8Array(bytes).buffer), key = new Uint32Array(8), sigma = words(Buffer.from("expand 32-byte k"));
	return hsalsa(sigma, words(shared), new Uint32Array(4), key), new Uint8Array(key.buffer);
}
export { seal as t };

import { hsalsa, xsalsa20poly1305 } from "@noble/ciphers/salsa.js";
import { blake2b } from "@noble/hashes/blake2.js";
import type { SealedBody } from "../credential/envelope.ts";

/** A repository's public key, as GitHub gives it. */
export interface PublicKey {
  readonly key_id: string;
  /** 32 bytes, base64. */
  readonly key: string;
}

const crypto = process.getBuiltinModule("node:crypto");

/** What an X25519 public key looks like in SPKI before its 32 bytes (RFC 8410). */
const SPKI_X25519 = Buffer.from("302a300506032b656e032100", "hex");

/**
 * libsodium's `crypto_box_seal`, which is how GitHub takes secrets: an ephemeral X25519 key pair, whose public
 * half stands in front; the key is HSalsa20 of the shared point, the nonce BLAKE2b-192 of both public keys.
 * Throws if the public key is not 32 bytes, or is a point that would give a shared secret of zeros.
 */
export function seal(text: string, publicKey: PublicKey): SealedBody {
  const recipient = Buffer.from(publicKey.key, "base64");
  if (recipient.length !== 32) throw new Error("the public key is not 32 bytes");
  const ephemeral = crypto.generateKeyPairSync("x25519");
  const own = ephemeral.publicKey.export({ type: "spki", format: "der" }).subarray(-32);
  const shared = crypto.diffieHellman({
    privateKey: ephemeral.privateKey,
    publicKey: crypto.createPublicKey({ key: Buffer.concat([SPKI_X25519, recipient]), format: "der", type: "spki" }),
  });
  const nonce = blake2b(Buffer.concat([own, recipient]), { dkLen: 24 });
  const box = xsalsa20poly1305(boxKey(shared), nonce).encrypt(Buffer.from(text));
  return { encrypted_value: Buffer.concat([own, box]).toString("base64"), key_id: publicKey.key_id };
}

/** HSalsa20 of the shared point and a nonce of zeros: what libsodium calls `crypto_box_beforenm`. */
function boxKey(shared: Buffer): Uint8Array {
  const words = (bytes: Uint8Array) => new Uint32Array(new Uint8Array(bytes).buffer);
  const key = new Uint32Array(8);
  const sigma = words(Buffer.from("expand 32-byte k"));
  hsalsa(sigma, words(shared), new Uint32Array(4), key);
  return new Uint8Array(key.buffer);
}

import * as crypto from "node:crypto";
import { hsalsa, xsalsa20poly1305 } from "@noble/ciphers/salsa.js";
import { blake2b } from "@noble/hashes/blake2.js";

/** A repository's key pair for its secrets. */
export interface BoxKey {
  readonly id: string;
  /** base64. */
  readonly publicKey: string;
  readonly privateKey: crypto.KeyObject;
}

const PKCS8 = Buffer.from("302e020100300506032b656e04220420", "hex");
const SPKI = Buffer.from("302a300506032b656e032100", "hex");

let keys: readonly [BoxKey, BoxKey] | undefined;

/** Two key pairs, made once: they are the simulator's own, not part of any schedule. */
export const boxKeys = (): readonly [BoxKey, BoxKey] => (keys ??= [makeKey(1), makeKey(2)]);

function makeKey(fill: number): BoxKey {
  const key = Buffer.concat([PKCS8, Buffer.alloc(32, fill)]);
  const privateKey = crypto.createPrivateKey({ key, format: "der", type: "pkcs8" });
  const spki = crypto.createPublicKey(privateKey).export({ type: "spki", format: "der" });
  return { id: `key-${fill}`, publicKey: spki.subarray(-32).toString("base64"), privateKey };
}

/** The opposite of what src/rotation/sealed-box.ts does: `crypto_box_seal_open`. */
export function openBox(sealed: string, { publicKey, privateKey }: BoxKey): string {
  const bytes = Buffer.from(sealed, "base64");
  const sender = bytes.subarray(0, 32);
  const shared = crypto.diffieHellman({
    privateKey,
    publicKey: crypto.createPublicKey({ key: Buffer.concat([SPKI, sender]), format: "der", type: "spki" }),
  });
  const nonce = blake2b(Buffer.concat([sender, Buffer.from(publicKey, "base64")]), { dkLen: 24 });
  const words = (part: Uint8Array) => new Uint32Array(new Uint8Array(part).buffer);
  const key = new Uint32Array(8);
  hsalsa(words(Buffer.from("expand 32-byte k")), words(shared), new Uint32Array(4), key);
  return Buffer.from(xsalsa20poly1305(new Uint8Array(key.buffer), nonce).decrypt(bytes.subarray(32))).toString("utf8");
}

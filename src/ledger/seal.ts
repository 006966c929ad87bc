import type { KeyObject } from "node:crypto";
import type { Secret } from "../secret.ts";

/** What the sealing of a record is made of: HKDF-SHA-256, AES-256-GCM and Ed25519 of node:crypto. */

/** As many random bytes: `world.random`. */
export type Random = (bytes: number) => Uint8Array;

/** What one key is used for. Every use has a key of its own, so that none says anything of another. */
export type Purpose =
  | "access key"
  | "key id"
  | "access sealing"
  | "refresh sealing"
  | "envelope sealing"
  | "hand-over sealing"
  | "access entry"
  | "spent sealing"
  | "signature";

const FORMAT = "oauth-creds ledger v1";
const IV = 12;
const TAG = 16;

/** HKDF-SHA-256 (RFC 5869). No salt: what it is given (base64url) is uniformly random already. */
export function derive(key: Secret, purpose: Purpose, bytes = 32): Buffer {
  const { hkdfSync } = process.getBuiltinModule("node:crypto");
  return Buffer.from(hkdfSync("sha256", Buffer.from(key.reveal(), "base64url"), "", `${FORMAT} ${purpose}`, bytes));
}

/**
 * AES-256-GCM: base64url of iv (12) ‖ tag (16) ‖ text. It opens only with the same `bound` values.
 * A random iv is safe for 2^32 texts under one key (NIST SP 800-38D, 8.3), which no ledger will ever hold.
 */
export function seal(key: Secret, purpose: Purpose, bound: readonly unknown[], text: string, random: Random): string {
  const { createCipheriv } = process.getBuiltinModule("node:crypto");
  const iv = random(IV);
  const cipher = createCipheriv("aes-256-gcm", derive(key, purpose), iv).setAAD(binding(purpose, bound));
  const body = Buffer.concat([cipher.update(text, "utf8"), cipher.final()]);
  return Buffer.concat([iv, cipher.getAuthTag(), body]).toString("base64url");
}

/** The text, or undefined for whatever was not sealed with this key for this purpose and these values. */
export function unseal(key: Secret, purpose: Purpose, bound: readonly unknown[], sealed: unknown): string | undefined {
  const { createDecipheriv } = process.getBuiltinModule("node:crypto");
  if (typeof sealed !== "string") return undefined;
  const bytes = Buffer.from(sealed, "base64url");
  try {
    const decipher = createDecipheriv("aes-256-gcm", derive(key, purpose), bytes.subarray(0, IV), {
      authTagLength: TAG,
    })
      .setAAD(binding(purpose, bound))
      .setAuthTag(bytes.subarray(IV, IV + TAG));
    return Buffer.concat([decipher.update(bytes.subarray(IV + TAG)), decipher.final()]).toString("utf8");
  } catch {
    return undefined;
  }
}

/** As JSON, so that no two lists of values give the same bytes. */
const binding = (purpose: Purpose, bound: readonly unknown[]): Buffer =>
  Buffer.from(JSON.stringify([FORMAT, purpose, ...bound]));

/** Ed25519 over the text: 64 bytes as base64url. */
export function sign(root: Secret, text: string): string {
  return process.getBuiltinModule("node:crypto").sign(null, signed(text), privateKey(root)).toString("base64url");
}

/** Never throws. The one spelling of a signature counts: base64url has spare bits in its last character. */
export function verify(publicKey: string, text: string, signature: string): boolean {
  const crypto = process.getBuiltinModule("node:crypto");
  const bytes = Buffer.from(signature, "base64url");
  if (bytes.toString("base64url") !== signature) return false;
  try {
    const key = crypto.createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x: publicKey }, format: "jwk" });
    return crypto.verify(null, signed(text), key, bytes);
  } catch {
    return false;
  }
}

/** 32 bytes as base64url. */
export function publicKeyOf(root: Secret): string {
  const key = process.getBuiltinModule("node:crypto").createPublicKey(privateKey(root));
  return key.export({ format: "jwk" }).x as string;
}

const signed = (text: string): Buffer => Buffer.from(`${FORMAT} record\n${text}`);

/** What stands before the 32 bytes of an Ed25519 key in PKCS #8 (RFC 8410, section 7). */
const PKCS8 = Buffer.from("302e020100300506032b657004220420", "hex");

function privateKey(root: Secret): KeyObject {
  const key = Buffer.concat([PKCS8, derive(root, "signature")]);
  return process.getBuiltinModule("node:crypto").createPrivateKey({ key, format: "der", type: "pkcs8" });
}

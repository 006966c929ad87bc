import type { Secret } from "../secret.ts";

const FORMAT = "oauth-creds recovery v1";

/** HKDF-SHA-256 (RFC 5869) of a key of 32 random bytes (base64url): for each use and each source one of its own. */
export function derive(
  { from, key }: { readonly from: string; readonly key: Secret },
  purpose: string,
  salt: Uint8Array | string = "",
): Buffer {
  const { hkdfSync } = process.getBuiltinModule("node:crypto");
  return Buffer.from(
    hkdfSync("sha256", Buffer.from(key.reveal(), "base64url"), salt, `${FORMAT} ${from} ${purpose}`, 32),
  );
}

export const hmac = (key: Uint8Array, text: string): Buffer =>
  process.getBuiltinModule("node:crypto").createHmac("sha256", key).update(text).digest();

/** Whether two texts are the same, in a time that does not tell how far they are. */
export function sameBytes(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && process.getBuiltinModule("node:crypto").timingSafeEqual(a, b);
}

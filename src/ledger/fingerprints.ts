import type { Secret } from "../secret.ts";

/** The part of an opened record that tells its own refresh tokens from foreign ones. */
export interface Fingerprinted {
  /** One for every refresh token that this account ever had, of any lineage; none is ever dropped. */
  readonly fingerprints: readonly string[];
  readonly root: {
    /** 32 random bytes, base64url. It belongs to the record, not to the ledger key: roll-over keeps it. */
    readonly fingerprintKey: Secret;
  };
}

/** base64url characters of a fingerprint: 96 bits, so that even in a million tokens no two look alike. */
const LENGTH = 16;

/** Whether the token was ever this login's own, the present one included. Of any other: a fresh sign-in. */
export function knows({ fingerprints, root }: Fingerprinted, token: Secret): boolean {
  return fingerprints.includes(fingerprintOf(root.fingerprintKey, token));
}

/** The record that knows this token too. */
export function withFingerprint<R extends Fingerprinted>(record: R, token: Secret): R {
  if (knows(record, token)) return record;
  return { ...record, fingerprints: [...record.fingerprints, fingerprintOf(record.root.fingerprintKey, token)] };
}

/** HMAC-SHA-256 of the token, cut to 96 bits: without the key it cannot even be guessed against. */
function fingerprintOf(key: Secret, token: Secret): string {
  const { createHmac } = process.getBuiltinModule("node:crypto");
  const hmac = createHmac("sha256", Buffer.from(key.reveal(), "base64url")).update(token.reveal());
  return hmac.digest("base64url").slice(0, LENGTH);
}

/** All in one text without separators: a thousand are 16 KB. */
export const packFingerprints = (fingerprints: readonly string[]): string => fingerprints.join("");

/** Undefined for what `packFingerprints` did not write. */
export function unpackFingerprints(packed: unknown): string[] | undefined {
  if (typeof packed !== "string" || packed.length % LENGTH !== 0 || !/^[\w-]*$/.test(packed)) return undefined;
  return packed.match(/.{16}/g) ?? [];
}

import { createHmac, randomBytes } from "node:crypto";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import {
  type Fingerprinted,
  knows,
  packFingerprints,
  unpackFingerprints,
  withFingerprint,
} from "../../../src/ledger/fingerprints.ts";
import { Secret } from "../../../src/secret.ts";
import { newToken } from "./support.ts";

const fresh = (key = randomBytes(32)): Fingerprinted => ({
  fingerprints: [],
  root: { fingerprintKey: new Secret(key.toString("base64url")) },
});
const known = (tokens: readonly string[], record = fresh()): Fingerprinted =>
  tokens.reduce((all, token) => withFingerprint(all, new Secret(token)), record);
/** As another process sees it. */
const reread = (record: Fingerprinted): Fingerprinted => ({
  ...record,
  fingerprints: unpackFingerprints(packFingerprints(record.fingerprints)) as string[],
});

test("what was added is known for ever, and nothing else is", () => {
  const anyToken = fc.string({ unit: "grapheme", minLength: 1 });
  fc.assert(
    fc.property(fc.array(anyToken), anyToken, (tokens, other) => {
      const record = reread(known(tokens));
      for (const token of tokens) expect(knows(record, new Secret(token))).toBe(true);
      expect(knows(record, new Secret(other))).toBe(tokens.includes(other));
    }),
  );
});

test("a thousand are kept, 16 characters each", () => {
  const tokens = Array.from({ length: 1000 }, () => newToken("ort"));
  const record = known(tokens);
  expect(packFingerprints(record.fingerprints)).toMatch(/^[\w-]{16000}$/);
  const again = reread(record);
  for (const token of [tokens[0], tokens[500], tokens[999]]) {
    expect(knows(again, new Secret(token as string))).toBe(true);
  }
  expect(knows(again, new Secret(newToken("ort")))).toBe(false);
});

test("one that is known is not added again", () => {
  const token = new Secret(newToken("ort"));
  const record = withFingerprint(fresh(), token);
  expect(withFingerprint(record, token)).toBe(record);
});

test("a fingerprint is 96 bits of an HMAC under the record's own key", () => {
  const key = randomBytes(32);
  const token = newToken("ort");
  const due = createHmac("sha256", key).update(token).digest().subarray(0, 12).toString("base64url");
  expect(known([token], fresh(key)).fingerprints).toEqual([due]);
  expect(known([token], fresh()).fingerprints).not.toEqual([due]);
});

test("neither a piece of one nor the end of one with the beginning of the next is taken for one", () => {
  const key = randomBytes(32);
  const [first, second, between] = [newToken(), newToken(), newToken()];
  const [print] = known([between], fresh(key)).fingerprints as [string];
  const packed = `${"A".repeat(8)}${print}${"A".repeat(8)}`;
  const record = { ...fresh(key), fingerprints: unpackFingerprints(packed) as string[] };
  expect(record.fingerprints).toHaveLength(2);
  for (const token of [first, second, between]) expect(knows(record, new Secret(token))).toBe(false);
});

test.each([
  undefined,
  null,
  1,
  {},
  ["A".repeat(16)],
  "A",
  "A".repeat(15),
  "A".repeat(17),
  "+".repeat(16),
  "ä".repeat(16),
])("%j is no list of fingerprints", (packed) => {
  expect(unpackFingerprints(packed)).toBeUndefined();
});

test("an empty list is one", () => {
  expect(unpackFingerprints("")).toEqual([]);
});

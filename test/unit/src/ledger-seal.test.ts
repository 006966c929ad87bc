import { randomBytes } from "node:crypto";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { derive, publicKeyOf, type Purpose, seal, sign, unseal, verify } from "../../../src/ledger/seal.ts";
import { Secret } from "../../../src/secret.ts";

const newKey = (): Secret => new Secret(randomBytes(32).toString("base64url"));
const PURPOSES: Purpose[] = ["access key", "key id", "access sealing", "refresh sealing", "signature"];
const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const anyText = fc.string({ unit: "grapheme", maxLength: 80 });
const anyBound = fc.array(fc.oneof(fc.string(), fc.integer()), { maxLength: 6 });

/** The text with one bit of what it encodes turned. */
function turned(sealed: string, bit: number): string {
  const bytes = Buffer.from(sealed, "base64url");
  bytes[bit >> 3] = (bytes[bit >> 3] as number) ^ (1 << (bit & 7));
  return bytes.toString("base64url");
}

describe("a sealed text", () => {
  test("opens with its key, its purpose and its values, and with nothing else", () => {
    const [key, other] = [newKey(), newKey()];
    fc.assert(
      fc.property(anyText, anyBound, anyBound, (text, bound, strange) => {
        const sealed = seal(key, "access sealing", bound, text, randomBytes);
        expect(sealed).toMatch(/^[\w-]+$/);
        expect(unseal(key, "access sealing", bound, sealed)).toBe(text);
        expect(unseal(other, "access sealing", bound, sealed)).toBeUndefined();
        expect(unseal(key, "refresh sealing", bound, sealed)).toBeUndefined();
        expect(unseal(key, "access sealing", [...bound, ""], sealed)).toBeUndefined();
        const same = JSON.stringify(strange) === JSON.stringify(bound);
        expect(unseal(key, "access sealing", strange, sealed)).toBe(same ? text : undefined);
      }),
      { numRuns: 50 },
    );
  });

  test.each([
    [["a", "b"], ["ab"]],
    [["a", "b"], ["a,b"]],
    [["a", "b"], ['a","b']],
    [[1], ["1"]],
    [
      ["", "a"],
      ["a", ""],
    ],
  ])("for %j does not open for %j", (bound, other) => {
    const key = newKey();
    const sealed = seal(key, "access sealing", bound, "text", randomBytes);
    expect(unseal(key, "access sealing", other, sealed)).toBeUndefined();
  });

  test("with one bit turned opens as nothing, wherever it is", () => {
    const key = newKey();
    const sealed = seal(key, "access sealing", [], "ab", randomBytes);
    const bits = 8 * (12 + 16 + 2);
    expect(Buffer.from(sealed, "base64url").length * 8).toBe(bits);
    for (let bit = 0; bit < bits; bit++) {
      expect(unseal(key, "access sealing", [], turned(sealed, bit)), `bit ${bit}`).toBeUndefined();
    }
  });

  test("that was cut off, or is no such thing, opens as nothing", () => {
    const key = newKey();
    // Of an empty text it is the tag that is cut, which GCM would take with fewer bytes.
    for (const text of ["text", ""]) {
      const sealed = seal(key, "access sealing", [], text, randomBytes);
      for (let length = 0; length < sealed.length; length++) {
        expect(unseal(key, "access sealing", [], sealed.slice(0, length)), `${length}`).toBeUndefined();
      }
    }
    fc.assert(fc.property(fc.string(), (text) => unseal(key, "access sealing", [], text) === undefined));
  });

  test("says nothing: the same text is sealed differently each time, and shows only its length", () => {
    const key = newKey();
    const all = Array.from({ length: 20 }, () => seal(key, "access sealing", [], "the same text", randomBytes));
    expect(new Set(all.map((sealed) => sealed.slice(0, 16))).size).toBe(20);
    expect(new Set(all.map((sealed) => sealed.slice(-16))).size).toBe(20);
    for (const sealed of all) expect(Buffer.from(sealed, "base64url").toString("latin1")).not.toContain("same");
  });
});

test("every purpose has a key of its own", () => {
  const key = newKey();
  const keys = PURPOSES.map((purpose) => derive(key, purpose).toString("hex"));
  expect(new Set([...keys, Buffer.from(key.reveal(), "base64url").toString("hex")]).size).toBe(PURPOSES.length + 1);
  expect(new Set(keys.map((one) => one.slice(0, 8))).size).toBe(PURPOSES.length);
});

describe("a signature", () => {
  const root = newKey();
  const publicKey = publicKeyOf(root);

  test("holds for its text and its key only", () => {
    const foreign = publicKeyOf(newKey());
    fc.assert(
      fc.property(anyText, anyText, (text, other) => {
        const signature = sign(root, text);
        expect(verify(publicKey, text, signature)).toBe(true);
        expect(verify(foreign, text, signature)).toBe(false);
        expect(verify(publicKey, other, signature)).toBe(other === text);
      }),
      { numRuns: 20 },
    );
  });

  test("has one spelling: no character of it can be another", () => {
    const signature = sign(root, "text");
    expect(signature).toMatch(/^[\w-]{86}$/);
    for (let at = 0; at < signature.length; at++) {
      // The last character has four spare bits: there every other one counts.
      const others = at < 85 ? ["A", "g", "="] : [...ALPHABET, "=", " "];
      for (const char of others.filter((one) => one !== signature[at])) {
        const altered = signature.slice(0, at) + char + signature.slice(at + 1);
        expect(verify(publicKey, "text", altered), `${char} at ${at}`).toBe(false);
      }
    }
    for (const more of ["=", "==", "\n", " ", "A"]) expect(verify(publicKey, "text", signature + more)).toBe(false);
  });

  test("is false, not an error, where the key or the signature is none", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (key, signature) => {
        expect(verify(key, "text", signature)).toBe(false);
        expect(verify(publicKey, "text", signature)).toBe(false);
      }),
    );
    expect(verify("", "text", sign(root, "text"))).toBe(false);
  });
});

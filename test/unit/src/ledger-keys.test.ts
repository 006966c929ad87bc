import { randomBytes, webcrypto } from "node:crypto";
import { inspect } from "node:util";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { deriveAccessKey, type Keyring, makeRootKey, parseKeys } from "../../../src/ledger/keys.ts";
import { newJwt, newToken, pieceOf } from "./support.ts";

const newRoot = (): string => makeRootKey(randomBytes);
function ring(text: string): Keyring {
  const keys = parseKeys(text);
  if (typeof keys === "string") throw new Error(keys);
  return keys;
}
const accessOf = (root: string): string => deriveAccessKey(ring(root).root[0] as Keyring["root"][number]);
const problem = (text: string): string => {
  const said = parseKeys(text);
  return typeof said === "string" ? said : "none";
};

describe("keys", () => {
  test("are made from 32 random bytes", () => {
    expect(newRoot()).toMatch(/^ocr1_[\w-]{43}$/);
    expect(makeRootKey((bytes) => new Uint8Array(bytes).fill(0xfb))).toBe(`ocr1_${"-_v7".repeat(10)}-_s`);
    expect(newRoot()).not.toBe(newRoot());
  });

  test("come in two kinds, of which one follows from the other", () => {
    const root = newRoot();
    const access = accessOf(root);
    expect(access).toMatch(/^oca1_[\w-]{86}$/);
    expect(accessOf(root)).toBe(access);
    expect(accessOf(newRoot())).not.toBe(access);
    const [ofRoot, ofAccess] = [ring(root).root[0]?.access, ring(access).access[0]];
    expect(ofAccess?.kid).toMatch(/^[0-9a-f]{8}$/);
    expect(ofAccess).toEqual(ofRoot);
    expect(ofAccess?.key.reveal()).toBe(ofRoot?.key.reveal());
    expect(ring(access).root).toEqual([]);
    expect(ring(root).access).toEqual([]);
  });

  test("of the two kinds share no piece", () => {
    const root = newRoot();
    expect(pieceOf(root.slice(5), accessOf(root), 6)).toBeUndefined();
    expect(ring(root).root[0]?.access.kid).not.toBe(
      Buffer.from(root.slice(5), "base64url").toString("hex").slice(0, 8),
    );
  });

  test("follow from the root key as written down: HKDF-SHA-256 and Ed25519, by another implementation", async () => {
    const { subtle } = webcrypto;
    const hkdf = async (bytes: Uint8Array, use: string, length: number) => {
      const key = await subtle.importKey("raw", bytes, "HKDF", false, ["deriveBits"]);
      const info = Buffer.from(`oauth-creds ledger v1 ${use}`);
      return Buffer.from(
        await subtle.deriveBits({ name: "HKDF", hash: "SHA-256", salt: new Uint8Array(), info }, key, length * 8),
      );
    };
    const text = newRoot();
    const root = Buffer.from(text.slice(5), "base64url");
    const access = await hkdf(root, "access key", 32);
    const seed = await hkdf(root, "signature", 32);
    const pkcs8 = Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), seed]);
    const signing = await subtle.importKey("pkcs8", pkcs8, "Ed25519", true, ["sign"]);
    const { x } = await subtle.exportKey("jwk", signing);
    const kid = (await hkdf(access, "key id", 4)).toString("hex");
    expect(accessOf(text)).toBe(
      `oca1_${Buffer.concat([access, Buffer.from(x as string, "base64url")]).toString("base64url")}`,
    );
    expect(ring(text).root[0]?.access).toMatchObject({ kid, publicKey: x });
  });

  test("print as [secret]", () => {
    const root = newRoot();
    const text = `${root} ${accessOf(newRoot())}`;
    const keys = ring(text);
    const printed = inspect(keys, { depth: 9 }) + JSON.stringify(keys) + String(keys);
    expect(printed).toContain("[secret]");
    expect(pieceOf(root.slice(5), printed, 8)).toBeUndefined();
    expect(printed).not.toContain(keys.access[0]?.key.reveal());
    expect(printed).not.toContain(keys.root[0]?.access.key.reveal());
  });
});

describe("a ring of keys", () => {
  const roots = [newRoot(), newRoot(), newRoot()] as const;
  const kids = roots.map((root) => ring(root).root[0]?.access.kid);
  const kidsOf = (keys: Keyring) => ({
    root: keys.root.map((one) => one.access.kid),
    access: keys.access.map((one) => one.kid),
  });

  test.each([" ", ",", "\n", "\r\n", ", ", " ,\t", "\n\n"])("may be parted by %j", (gap) => {
    expect(kidsOf(ring(roots.join(gap)))).toEqual({ root: kids, access: [] });
    expect(kidsOf(ring(`${gap}${roots.join(gap)}${gap}`))).toEqual({ root: kids, access: [] });
  });

  test("keeps the order within each kind", () => {
    const text = [roots[2], accessOf(roots[1]), roots[0], accessOf(roots[0])].join(" ");
    expect(kidsOf(ring(text))).toEqual({ root: [kids[2], kids[0]], access: [kids[1], kids[0]] });
  });

  test("holds a key once that is given twice", () => {
    expect(kidsOf(ring(`${roots[0]} ${roots[1]} ${roots[0]}`)).root).toEqual([kids[0], kids[1]]);
  });
});

describe("what is no key is told, without any of it:", () => {
  const root = newRoot();
  const access = accessOf(newRoot());
  // The last of 43 characters has two spare bits, which are never set.
  const nonCanonical = `${root.slice(0, -1)}B`;

  test.each<[string, string, RegExp]>([
    ["nothing", "", /empty/],
    ["white space", " \n ,", /empty/],
    ["a root key without its end", root.slice(0, -3), /root key.*cut off: 40 characters follow instead of 43/],
    ["a root key without its last character", root.slice(0, -1), /root key.*cut off: 42 /],
    ["its beginning only", "ocr1_", /root key.*cut off: 0 /],
    ["an access key without its end", access.slice(0, -10), /access key.*cut off: 76 characters follow instead of 86/],
    [
      "a root key with a line break inside",
      `${root.slice(0, 20)}\n${root.slice(20)}`,
      /key 1 of 2.*cut off.*on one line/,
    ],
    ["a root key without its beginning", root.slice(5), /the key is none of ours/],
    ["two keys run together", root + newRoot(), /91 characters follow instead of 43: .*apart/],
    ["an access key called a root key", `ocr1_${access.slice(5)}`, /like a root key, but is as long as an access key/],
    ["a root key called an access key", `oca1_${root.slice(5)}`, /like an access key, but is as long as a root key/],
    ["a root key in standard base64", `ocr1_${"+/".repeat(21)}A`, /altered/],
    ["a root key with an altered end", nonCanonical, /altered/],
    ["the second of two", `${root} ${access.slice(0, 50)}`, /key 2 of 2.*access key.*cut off/],
    ["a token of GitHub", `ghp_${randomBytes(18).toString("hex")}`, /GitHub token.*`github-token` or `secrets-token`/],
    ["a job's token of GitHub", `ghs_${randomBytes(18).toString("hex")}`, /GitHub token/],
    ["a fine-grained token of GitHub", `github_pat_${randomBytes(40).toString("hex")}`, /GitHub token/],
    ["a token of Claude", newToken(), /belongs in `credential`/],
    ["a token of ChatGPT", newJwt(), /belongs in `credential`/],
    ["our envelope", `oc1.${randomBytes(100).toString("base64url")}`, /belongs in `credential`/],
    ["JSON", `{"claudeAiOauth":"${newToken()}"}`, /belongs in `credential`/],
    ["an expression", "${{ secrets.LEDGER_KEY }}", /not evaluated/],
    ["asterisks", "***", /asterisks copied from a log/],
    ["a key in quotation marks", `"${root}"`, /quotation marks/],
    ["a PEM key", "-----BEGIN PRIVATE KEY-----", /PEM/],
    ["hexadecimal digits", randomBytes(32).toString("hex"), /none of ours.*`ocr1_…`.*`oca1_…`/],
    ["a password", "hunter2-hunter2", /none of ours/],
  ])("%s", (_, text, says) => {
    const said = problem(text);
    expect(said).toMatch(says);
    expect(said).toMatch(/^`ledger-key`/);
    for (const word of text.split(/[\s,]+/)) {
      const own = word.replace(/^(ocr1_|oca1_|github_pat_|gh[ps]_|sk-ant-o\w+-)/, "");
      if (own.length >= 8) expect(pieceOf(own, said, 8)).toBeUndefined();
    }
  });

  test("a key cut off anywhere is never another key", () => {
    for (const key of [root, access]) {
      for (let length = 0; length < key.length; length++) {
        expect(problem(key.slice(0, length)), `${length}`).not.toBe("none");
        if (length > 0) expect(problem(key.slice(length)), `from ${length}`).not.toBe("none");
      }
    }
  });

  test("two texts are never the same key", () => {
    const kid = ring(root).root[0]?.access.kid;
    fc.assert(
      fc.property(fc.integer({ min: 5, max: 47 }), fc.constantFrom(..."ABCDwxyz0189-_+/= \n\0é"), (at, char) => {
        const altered = root.slice(0, at) + char + root.slice(at + 1);
        const keys = parseKeys(altered);
        if (altered === root) return;
        if (typeof keys !== "string") expect(keys.root[0]?.access.kid).not.toBe(kid);
      }),
    );
  });

  test("any text at all", () => {
    fc.assert(
      fc.property(fc.constantFrom("", "ocr1_", "oca1_"), fc.string({ unit: "grapheme" }), (prefix, text) => {
        expect(["string", "object"]).toContain(typeof parseKeys(prefix + text));
      }),
    );
  });
});

import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import sodium, { ready } from "libsodium-wrappers";
import { beforeAll, describe, expect, test } from "vitest";
import { seal } from "../../../src/rotation/sealed-box.ts";
import { unlessRequired } from "../../support/required.ts";

beforeAll(() => ready);

/** Around the block sizes of Salsa20 (64), Poly1305 (16) and a secret's largest size. */
const LENGTHS = [0, 1, 15, 16, 17, 31, 32, 33, 63, 64, 65, 127, 128, 129, 1000, 4096, 48 * 1024, 65_535, 65_536];

const textOf = (length: number) =>
  randomBytes(length)
    .toString("latin1")
    .replace(/[^\x20-\x7e]/g, "x");
const publicOf = (key: Uint8Array) => ({ key_id: "k-1", key: Buffer.from(key).toString("base64") });

describe("opened by libsodium", () => {
  test.each([...LENGTHS, 2, 3, 4, 5].map((n) => [n]))("%d bytes", (length) => {
    const pair = sodium.crypto_box_keypair();
    const text = textOf(length);
    const body = seal(text, publicOf(pair.publicKey));
    expect(body.key_id).toBe("k-1");
    const box = Buffer.from(body.encrypted_value, "base64");
    expect(box.length).toBe(length + 48);
    const opened = sodium.crypto_box_seal_open(box, pair.publicKey, pair.privateKey);
    expect(Buffer.from(opened).toString()).toBe(text);
  });

  test("text beyond ASCII is UTF-8", () => {
    const pair = sodium.crypto_box_keypair();
    const box = Buffer.from(seal("añ 中 🔑", publicOf(pair.publicKey)).encrypted_value, "base64");
    expect(Buffer.from(sodium.crypto_box_seal_open(box, pair.publicKey, pair.privateKey)).toString()).toBe("añ 中 🔑");
  });

  test("only with the right key, and only unaltered", () => {
    const pair = sodium.crypto_box_keypair();
    const other = sodium.crypto_box_keypair();
    const box = Buffer.from(seal("x", publicOf(pair.publicKey)).encrypted_value, "base64");
    expect(() => sodium.crypto_box_seal_open(box, other.publicKey, other.privateKey)).toThrow(/key pair/);
    for (let at = 0; at < box.length; at += 7) {
      const altered = Buffer.from(box);
      altered[at] = (altered[at] ?? 0) ^ 1;
      expect(() => sodium.crypto_box_seal_open(altered, pair.publicKey, pair.privateKey)).toThrow(/key pair/);
    }
  });
});

test("two boxes of the same text have nothing in common", () => {
  const { publicKey } = sodium.crypto_box_keypair();
  const [a, b] = [seal("same", publicOf(publicKey)), seal("same", publicOf(publicKey))];
  expect(a.encrypted_value.slice(0, 43)).not.toBe(b.encrypted_value.slice(0, 43));
  expect(a.encrypted_value.slice(43)).not.toBe(b.encrypted_value.slice(43));
});

describe("refused, as no secret could be kept from others with it", () => {
  test.each([
    ["zeros", Buffer.alloc(32)],
    ["the point one", Buffer.from([1, ...Buffer.alloc(31)])],
    ["a point of order 8", Buffer.from("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800", "hex")],
    ["p, which is zero", Buffer.from(`ed${"ff".repeat(30)}7f`, "hex")],
  ])("%s", (_, key) => {
    expect(() => seal("x", publicOf(key))).toThrow(/derivation|deriv|failed/i);
  });

  test.each([0, 1, 31, 33, 64])("a key of %d bytes", (length) => {
    expect(() => seal("x", publicOf(randomBytes(length)))).toThrow(/32 bytes/);
  });
});

const PYTHON = "/usr/bin/python3";
const hasPyNaCl = unlessRequired("python3-nacl", spawnSync(PYTHON, ["-c", "import nacl.public"]).status === 0);

test.skipIf(!hasPyNaCl)("opened by PyNaCl", () => {
  const script = `
import base64, json, sys
from nacl.public import PrivateKey, SealedBox
for private, box in json.load(sys.stdin):
    print(base64.b64encode(SealedBox(PrivateKey(base64.b64decode(private))).decrypt(base64.b64decode(box))).decode())
`;
  const texts = LENGTHS.map(textOf);
  const boxes = texts.map((text) => {
    const { publicKey, privateKey } = sodium.crypto_box_keypair();
    return [Buffer.from(privateKey).toString("base64"), seal(text, publicOf(publicKey)).encrypted_value];
  });
  const { stdout, stderr, status } = spawnSync(PYTHON, ["-c", script], {
    input: JSON.stringify(boxes),
    encoding: "utf8",
  });
  expect([status, stderr]).toEqual([0, ""]);
  const opened = stdout.split("\n").slice(0, -1);
  expect(opened.map((line) => Buffer.from(line, "base64").toString())).toEqual(texts);
});

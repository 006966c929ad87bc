import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { openCapsule } from "../../../src/capsule.ts";
import { readCapsule } from "../../../src/capsule-open.ts";
import { Secret } from "../../../src/secret.ts";
import { type FakeWorld, fakeWorld, newToken, pieceOf, tempFolder } from "./support.ts";

const worldIn = (folder: string): FakeWorld => fakeWorld({ env: { RUNNER_TEMP: folder } });

function saved(text: string, key: Secret): { world: FakeWorld; path: string } {
  const world = worldIn(tempFolder());
  const capsule = openCapsule(world, key, "login");
  capsule.save(text);
  return { world, path: capsule.path };
}

test("what was saved is read with the same key", () => {
  const world = worldIn(tempFolder());
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), fc.string({ minLength: 1 }), (text, key) => {
      const capsule = openCapsule(world, new Secret(key), "login");
      capsule.save(text);
      expect(readCapsule(world, new Secret(key), capsule.path)).toBe(text);
    }),
    { numRuns: 25 },
  );
});

test("another key opens nothing", () => {
  const key = newToken();
  const { world, path } = saved("text", new Secret(key));
  for (const wrong of [newToken(), `${key} `, key.slice(1), key.toUpperCase(), ""]) {
    expect(readCapsule(world, new Secret(wrong), path)).toBeUndefined();
  }
});

test("one altered bit opens nothing, wherever it is", () => {
  const key = new Secret(newToken());
  const { world, path } = saved("a text", key);
  const bytes = Buffer.from(readFileSync(path, "utf8"), "base64");
  expect(bytes.length).toBe(16 + 12 + 16 + 6);
  for (let at = 0; at < bytes.length; at++) {
    const altered = Buffer.from(bytes);
    altered[at] = (altered[at] ?? 0) ^ (1 << (at % 8));
    writeFileSync(path, altered.toString("base64"));
    expect(readCapsule(world, key, path), `byte ${at}`).toBeUndefined();
  }
  writeFileSync(path, bytes.toString("base64"));
  expect(readCapsule(world, key, path)).toBe("a text");
});

test("one that was cut off opens nothing, wherever it was cut", () => {
  const key = new Secret(newToken());
  const { world, path } = saved("a text", key);
  const whole = readFileSync(path, "utf8");
  const bytes = Buffer.from(whole, "base64");
  for (let length = 0; length < bytes.length; length++) {
    writeFileSync(path, bytes.subarray(0, length).toString("base64"));
    expect(readCapsule(world, key, path), `${length} bytes`).toBeUndefined();
  }
});

test.each(["", "x", "{}", "\0\0", "=".repeat(200)])("what is no capsule (%j) opens as nothing", (text) => {
  const world = worldIn(tempFolder());
  const path = join(world.env["RUNNER_TEMP"] ?? "", "x");
  writeFileSync(path, text);
  expect(readCapsule(world, new Secret("k"), path)).toBeUndefined();
  expect(readCapsule(world, new Secret("k"), `${path}-missing`)).toBeUndefined();
});

describe("on the disk", () => {
  test("nothing of it can be read, and two of the same text have nothing in common", () => {
    const [text, key] = [newToken(), newToken()];
    const [a, b] = [saved(text, new Secret(key)), saved(text, new Secret(key))].map(({ path }) =>
      readFileSync(path, "utf8"),
    );
    for (const told of [a ?? "", Buffer.from(a ?? "", "base64").toString("latin1")]) {
      expect(pieceOf(text, told, 8)).toBeUndefined();
      expect(pieceOf(key, told, 8)).toBeUndefined();
    }
    expect(pieceOf(a ?? "", b ?? "", 8)).toBeUndefined();
  });

  test.skipIf(process.platform === "win32")("only its owner may read it", () => {
    const { path } = saved("x", new Secret("k"));
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  test("a missing folder is found when it is opened, before a token is spent", () => {
    const world = worldIn(join(tempFolder(), "missing"));
    expect(() => openCapsule(world, new Secret("k"), "login")).toThrow(/ENOENT/);
  });

  test("discarded, it leaves nothing; saved, it stays whatever is discarded after", () => {
    const world = worldIn(tempFolder());
    const first = openCapsule(world, new Secret("k"), "login");
    first.discard();
    expect(readdirSync(dirname(first.path))).toEqual([]);
    const second = openCapsule(world, new Secret("k"), "login");
    second.save("x");
    second.discard();
    expect(readCapsule(world, new Secret("k"), second.path)).toBe("x");
  });
});

import { Console } from "node:console";
import { Writable } from "node:stream";
import { format, inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { Secret, secretOf } from "../../../src/secret.ts";
import { newLogin, newToken, pieceOf } from "./support.ts";

const value = newToken();
const secret = new Secret(value);

function printed(...things: unknown[]): string {
  let text = "";
  const sink = new Writable({
    write(chunk: Buffer, _encoding, done) {
      text += chunk.toString();
      done();
    },
  });
  new Console({ stdout: sink, stderr: sink }).log(...things);
  return text;
}

describe("a secret becomes [secret]", () => {
  const nested = { a: [secret], b: new Map([["k", secret]]), c: new Set([secret]) };
  test.each<[string, () => string]>([
    ["String", () => String(secret)],
    ["a template", () => `${secret}`],
    ["joined text", () => "".concat(String(secret), [secret].join())],
    ["addition", () => ("" as unknown as string) + (secret as unknown as string)],
    ["JSON", () => JSON.stringify({ secret, list: [secret] })],
    ["inspect", () => inspect(secret)],
    ["inspect of what it is in", () => inspect(nested, { depth: 9, showHidden: true })],
    ["inspect with hidden fields and getters", () => inspect(secret, { showHidden: true, getters: true })],
    ["%s", () => format("%s", secret)],
    ["%o", () => format("%o", secret)],
    ["%O", () => format("%O", nested)],
    ["%j", () => format("%j", secret)],
    ["console.log", () => printed(secret, nested)],
    ["console.log with a format", () => printed("%s %o %O %j", secret, secret, secret, secret)],
    ["an error's message", () => new Error(`x ${secret}`).message],
    ["an error's cause", () => inspect(new Error("x", { cause: secret }))],
    ["an error's cause, deeper", () => inspect(new Error("x", { cause: { nested } }), { depth: 9 })],
    ["a key", () => Object.keys({ [String(secret)]: 1 }).join()],
    ["a locale", () => secret.toLocaleString()],
    [
      "a credential",
      () => inspect(newLogin({ access: secret }), { depth: 9 }) + JSON.stringify(newLogin({ access: secret })),
    ],
  ])("in %s", (_, print) => {
    expect(print()).toContain("[secret]");
    expect(pieceOf(value, print())).toBeUndefined();
  });

  test("%d and %i show no part of it", () => {
    expect(pieceOf(value, format("%d %i %f", secret, secret, secret), 6)).toBeUndefined();
  });
});

test("nothing can be read from its fields", () => {
  expect(Object.entries(secret)).toEqual([]);
  expect(Reflect.ownKeys(secret)).toEqual([]);
  expect({ ...secret }).toEqual({});
  expect(inspect(Object.assign({}, secret))).toBe("{}");
});

test("a structured clone carries nothing over", () => {
  let copy: unknown = {};
  try {
    copy = structuredClone(secret);
  } catch {
    // to refuse is as good
  }
  expect(pieceOf(value, inspect(copy, { showHidden: true }) + JSON.stringify(copy))).toBeUndefined();
});

test("reveal gives it, equals compares it", () => {
  expect(secret.reveal()).toBe(value);
  expect(secret.equals(new Secret(value))).toBe(true);
  expect(secret.equals(new Secret(`${value}x`))).toBe(false);
  expect(secret.equals(undefined)).toBe(false);
});

test.each([[undefined], [null], [""], [5], [{}]])("%j is no secret", (nothing) => {
  expect(secretOf(nothing)).toBeUndefined();
});

import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { asFailure } from "../../../src/as-failure.ts";
import { Failure } from "../../../src/errors.ts";
import { newToken, pieceOf, tempFolder } from "./support.ts";

test("a Failure stays what it is, and explains itself in one paragraph with its code", () => {
  const failure = new Failure("throttled", "What.", "Do this.");
  expect(asFailure(failure)).toBe(failure);
  expect(failure.explain()).toBe("What. Do this. [throttled]");
  expect(failure).toBeInstanceOf(Error);
});

test("a refused file operation is told by its name and number, not by its path", () => {
  const path = `${tempFolder()}/${newToken()}`;
  let error: unknown;
  try {
    readFileSync(path);
  } catch (thrown) {
    error = thrown;
  }
  const failure = asFailure(error);
  expect([failure.code, failure.message]).toEqual([
    "file-failed",
    "The system refused a file operation (open: ENOENT).",
  ]);
});

const token = newToken();
test.each<[string, () => unknown]>([
  ["an error with a token in its text", () => new TypeError(`bad ${token}`)],
  ["an error with a token in its cause", () => new Error("x", { cause: token })],
  ["a text", () => token],
  ["an object", () => ({ message: token })],
  ["nothing", () => undefined],
  ["null", () => null],
  [
    "an error of JSON",
    () => {
      try {
        return JSON.parse(token) as unknown;
      } catch (error) {
        return error;
      }
    },
  ],
  [
    "an error of an address",
    () => {
      try {
        return new URL(token);
      } catch (error) {
        return error;
      }
    },
  ],
  [
    "an error of a function with a name from outside",
    () => {
      try {
        return { [token]: () => JSON.parse("{") as unknown }[token]?.();
      } catch (error) {
        return error;
      }
    },
  ],
])("%s is a fault of ours, told without any of it", (_, make) => {
  const failure = asFailure(make());
  expect(failure.code).toBe("unexpected");
  expect(pieceOf(token, failure.explain(), 8)).toBeUndefined();
});

test("a foreign error says where it was thrown, so that it can be reported", () => {
  expect(asFailure(new RangeError("x")).message).toMatch(/\(RangeError at .*test\.ts:\d+\)/);
});

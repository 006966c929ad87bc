import * as fc from "fast-check";
import { expect, test } from "vitest";
import { anyText } from "../../support/any-text.ts";
import { decoded } from "../../../src/world/userinfo.ts";

test("what was encoded comes back, whatever it is", () => {
  fc.assert(fc.property(anyText(), (text) => decoded(encodeURIComponent(text)) === text));
});

test.each([
  ["100%", "100%"],
  ["%", "%"],
  ["%4", "%4"],
  ["%zz%40", "%zz@"],
  ["p%40ss%", "p@ss%"],
  ["%ff", "%ff"],
  ["%c3%a9%E9", "%c3%a9%E9"],
  ["a+b", "a+b"],
])("%s is %s", (text, wanted) => {
  expect(decoded(text)).toBe(wanted);
});

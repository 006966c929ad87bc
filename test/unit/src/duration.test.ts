import * as fc from "fast-check";
import { expect, test } from "vitest";
import { isoTime, parseDuration, sayDuration, sayTime } from "../../../src/duration.ts";
import { anyTime, DAY, HOUR, MINUTE, NOW, SECOND } from "./support.ts";

test.each([
  ["0s", 0],
  ["45s", 45 * SECOND],
  ["90m", 90 * MINUTE],
  ["1h30m", 90 * MINUTE],
  ["10d", 10 * DAY],
  ["1d2h3m4s", DAY + 2 * HOUR + 3 * MINUTE + 4 * SECOND],
  ["999999d", 999_999 * DAY],
])("%s", (text, ms) => {
  expect(parseDuration(text)).toBe(ms);
});

test.each([
  "",
  "60",
  "h",
  "1 h",
  "-1h",
  "+1h",
  "1.5h",
  "1w",
  "1H",
  "1h ",
  " 1h",
  "1h\n",
  "1ms",
  "1h-",
  "1e3s",
  "9999999d",
])("not %j", (text) => {
  expect(parseDuration(text)).toBeUndefined();
});

test("parts add up, in any order", () => {
  const units = { s: SECOND, m: MINUTE, h: HOUR, d: DAY };
  const part = fc.tuple(fc.integer({ min: 0, max: 999_999 }), fc.constantFrom<keyof typeof units>("s", "m", "h", "d"));
  fc.assert(
    fc.property(fc.array(part, { minLength: 1, maxLength: 5 }), (parts) => {
      const ms = parts.reduce((sum, [count, unit]) => sum + count * units[unit], 0);
      expect(parseDuration(parts.map(([count, unit]) => `${count}${unit}`).join(""))).toBe(ms);
    }),
  );
});

test.each([
  [-5, "0 s"],
  [1, "1 s"],
  [59_001, "60 s"],
  [MINUTE, "1 min"],
  [HOUR + 12 * MINUTE, "1 h 12 min"],
  [5 * HOUR, "5 h"],
  [47 * HOUR, "47 h"],
  [2 * DAY, "2 days"],
  [27.9 * DAY, "27 days"],
])("%d ms is %s", (ms, text) => {
  expect(sayDuration(ms)).toBe(text);
});

test("times are said in UTC", () => {
  expect(sayTime(NOW)).toBe("2031-05-06 07:08 UTC");
  expect(isoTime(NOW + 789)).toBe("2031-05-06T07:08:09Z");
});

test("an ISO time is read back to the second", () => {
  fc.assert(
    fc.property(anyTime, (ms) => {
      expect(Date.parse(isoTime(ms))).toBe(ms);
    }),
  );
});

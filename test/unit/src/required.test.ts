/** A test that lacks its program is skipped on somebody's machine, and fails where our CI has installed it. */
import { afterEach, expect, test, vi } from "vitest";

afterEach(() => {
  vi.unstubAllEnvs();
  vi.resetModules();
});

const at = async (value: string) => {
  vi.stubEnv("OAUTH_CREDS_TESTS_REQUIRE", value);
  vi.resetModules();
  return import("../../support/required.ts");
};

test("a program that is missing", async () => {
  expect((await at("")).unlessRequired("gh", false)).toBe(false);
  const { unlessRequired } = await at("1");
  expect(() => unlessRequired("gh", false)).toThrow("gh is not installed");
  expect(() => unlessRequired("chromium", undefined)).toThrow("chromium is not installed");
  expect(unlessRequired("chromium", "/usr/bin/chromium")).toBe("/usr/bin/chromium");
});

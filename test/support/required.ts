/**
 * Independent programs that some tests use. On a machine without one those tests are skipped; where the variable
 * OAUTH_CREDS_TESTS_REQUIRE is set (our CI, which installs them), that it is missing is a failure.
 */
export const REQUIRED = (process.env["OAUTH_CREDS_TESTS_REQUIRE"] ?? "") !== "";

/** Gives `found` back. Throws an Error that names the program if there is none, and there has to be one. */
export function unlessRequired<T>(program: string, found: T): T {
  if (found || !REQUIRED) return found;
  throw new Error(
    `${program} is not installed, and OAUTH_CREDS_TESTS_REQUIRE is set: the tests that need it are not to be skipped.`,
  );
}

import type { ClassCode } from "../../src/cli/doctor/check.ts";

/** Not by a real counterpart: the answer of the program that would be asked is made up. */
export const STUBBED = "a stub";

/**
 * Which test file produces each class of the doctor, by a run of the built program against a real counterpart. The
 * file itself checks that it does (`coversItsClasses`).
 */
export const PRODUCED_BY: Readonly<Record<ClassCode, string>> = {
  "input-invalid": "doctor-credential.test.ts",
  "credential-missing": "doctor-credential.test.ts",
  "no-login": "doctor-credential.test.ts",
  "secret-missing-fork": "doctor-credential.test.ts",
  "secret-missing-dependabot": "doctor-credential.test.ts",
  truncated: "doctor-credential.test.ts",
  altered: "doctor-credential.test.ts",
  "line-break": "doctor-credential.test.ts",
  "wrong-kind": "doctor-credential.test.ts",
  "not-recognised": "doctor-credential.test.ts",
  "login-ended": "doctor-credential.test.ts",
  "access-ended": "doctor-credential.test.ts",
  "ends-soon": "doctor-credential.test.ts",
  spent: "doctor-store.test.ts",
  "proxy-unreachable": "doctor-network.test.ts",
  "proxy-refused": "doctor-network.test.ts",
  "tls-intercepted": "doctor-network.test.ts",
  "tls-invalid": "doctor-network.test.ts",
  "clock-skew": "doctor-network.test.ts",
  "provider-unreachable": "doctor-network.test.ts",
  "github-unreachable": "doctor-network.test.ts",
  "cache-unreachable": "doctor-network.test.ts",
  revoked: "doctor-provider.test.ts",
  "login-refused": "doctor-store.test.ts",
  "scope-missing": "doctor-provider.test.ts",
  "not-allowed": "doctor-provider.test.ts",
  "usage-limit": "doctor-provider.test.ts",
  throttled: "doctor-provider.test.ts",
  "filtered-agent": "doctor-provider.test.ts",
  "filtered-address": "doctor-provider.test.ts",
  "request-rejected": "doctor-servers.test.ts",
  "provider-unclear": "doctor-provider.test.ts",
  "shadowed-variable": "doctor-programs.test.ts",
  "shadowed-setting": "doctor-programs.test.ts",
  // No Keychain on Linux: a stub of its program in test/unit/src/cli-doctor.test.ts; a real one on macOS, in the job
  // `keychain` of .github/workflows/ci.yml.
  "keychain-item": STUBBED,
  "file-unreadable": "doctor-programs.test.ts",
  "could-not-store": "doctor-unstored.test.ts",
  "secret-forbidden": "doctor-store.test.ts",
  "secret-not-found": "doctor-store.test.ts",
  "secret-elsewhere": "doctor-store.test.ts",
  "ledger-forbidden": "doctor-store.test.ts",
  "ledger-unreachable": "doctor-store.test.ts",
  "ledger-unreadable": "doctor-store.test.ts",
  "ledger-empty": "doctor-store.test.ts",
};

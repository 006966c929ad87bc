import { EXIT } from "../exit-code.ts";

/**
 * What can be wrong, and the exit code that it leads to. The codes are stable, and each has an entry in
 * docs/doctor.md; those that are also errors of a run mean the same there.
 */
export const CLASSES = {
  // settings, and what this run was given
  "input-invalid": EXIT.usage,
  "credential-missing": EXIT.usage,
  "no-login": EXIT.signIn,
  "secret-missing-fork": EXIT.usage,
  "secret-missing-dependabot": EXIT.usage,
  // the credential as it is stored
  truncated: EXIT.signIn,
  altered: EXIT.signIn,
  "line-break": EXIT.signIn,
  "wrong-kind": EXIT.usage,
  "not-recognised": EXIT.signIn,
  "login-ended": EXIT.signIn,
  "access-ended": EXIT.signIn,
  "ends-soon": EXIT.signIn,
  spent: EXIT.later,
  // the way to the servers
  "proxy-unreachable": EXIT.failure,
  "proxy-refused": EXIT.failure,
  "tls-intercepted": EXIT.failure,
  "tls-invalid": EXIT.failure,
  "clock-skew": EXIT.failure,
  "provider-unreachable": EXIT.later,
  "github-unreachable": EXIT.later,
  "cache-unreachable": EXIT.later,
  // what the provider says
  revoked: EXIT.signIn,
  "login-refused": EXIT.signIn,
  "scope-missing": EXIT.signIn,
  "not-allowed": EXIT.signIn,
  "usage-limit": EXIT.later,
  throttled: EXIT.later,
  "filtered-agent": EXIT.failure,
  "filtered-address": EXIT.later,
  "request-rejected": EXIT.failure,
  "provider-unclear": EXIT.later,
  // the programs of this machine
  "shadowed-variable": EXIT.failure,
  "shadowed-setting": EXIT.failure,
  "keychain-item": EXIT.failure,
  "file-unreadable": EXIT.failure,
  // where a renewed login is kept
  "could-not-store": EXIT.notStored,
  "secret-forbidden": EXIT.notStored,
  "secret-not-found": EXIT.notStored,
  "secret-elsewhere": EXIT.notStored,
  "ledger-forbidden": EXIT.notStored,
  "ledger-unreachable": EXIT.later,
  "ledger-unreadable": EXIT.failure,
  "ledger-empty": EXIT.signIn,
} as const satisfies Record<string, number>;

export type ClassCode = keyof typeof CLASSES;

/** In the order in which they are shown: what stands first may be the cause of what follows. */
export const SUBJECTS = ["Settings", "Credential", "Network", "Provider", "Ledger", "GitHub", "Programs"] as const;
export type Subject = (typeof SUBJECTS)[number];

/** One thing that was looked at. */
export interface Check {
  readonly subject: Subject;
  /** `warn`: works now, or for now. `info`: not looked at, and why. */
  readonly level: "ok" | "info" | "warn" | "fail";
  /** What is wrong; undefined where nothing is. */
  readonly code: ClassCode | undefined;
  readonly text: string;
  /** What to do. */
  readonly advice: string | undefined;
}

export const ok = (subject: Subject, text: string): Check => plain(subject, "ok", text);
export const info = (subject: Subject, text: string): Check => plain(subject, "info", text);

const plain = (subject: Subject, level: "ok" | "info", text: string): Check => ({
  subject,
  level,
  code: undefined,
  text,
  advice: undefined,
});

export function wrong(
  subject: Subject,
  code: ClassCode,
  text: string,
  advice: string,
  level: "warn" | "fail" = "fail",
): Check {
  return { subject, level, code, text, advice };
}

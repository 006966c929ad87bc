import type { Code } from "../errors.ts";

/** Classes of the command line's exit codes, for scripts. */
export const EXIT = { done: 0, failure: 1, usage: 2, signIn: 3, later: 4, notStored: 5 } as const;

/** By what the caller can do about it. What is not here is a plain failure: to do the same again would not help. */
const CLASSES: Partial<Record<Code, number>> = {
  "input-invalid": EXIT.usage,
  "credential-missing": EXIT.usage,
  "credential-unusable": EXIT.signIn,
  "credential-is-api-key": EXIT.usage,
  "credential-ended": EXIT.signIn,
  "login-refused": EXIT.signIn,
  "login-not-taken": EXIT.signIn,
  "login-ended": EXIT.signIn,
  "login-lost-in-flight": EXIT.signIn,
  "account-attention": EXIT.signIn,
  "token-refused": EXIT.signIn,
  "ledger-empty": EXIT.signIn,
  "sign-in-failed": EXIT.signIn,
  "provider-unreachable": EXIT.later,
  throttled: EXIT.later,
  "answer-unclear": EXIT.later,
  "github-unreachable": EXIT.later,
  "ledger-unreachable": EXIT.later,
  "ledger-busy": EXIT.later,
  "file-busy": EXIT.later,
  "snapshot-stale": EXIT.later,
  "nowhere-to-store": EXIT.notStored,
  "secret-not-found": EXIT.notStored,
  "secret-forbidden": EXIT.notStored,
  "secret-elsewhere": EXIT.notStored,
  "ledger-forbidden": EXIT.notStored,
  "could-not-store": EXIT.notStored,
};

export const exitCodeOf = (code: Code): number => CLASSES[code] ?? EXIT.failure;

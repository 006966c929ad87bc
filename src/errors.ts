/**
 * Why a run cannot go on, for the person who reads the log: what happened, the likely cause, what to do.
 * `code` is stable and listed in docs/errors.md. Never put a token or a server's raw answer into one.
 */
export class Failure extends Error {
  readonly code: Code;
  readonly advice: string;

  constructor(code: Code, what: string, advice: string) {
    super(what);
    this.name = "Failure";
    this.code = code;
    this.advice = advice;
  }

  /** One paragraph, as it stands in the annotation. */
  explain(): string {
    return [this.message, this.advice, `[${this.code}]`].filter(Boolean).join(" ");
  }
}

export type Code =
  // the step's own settings
  | "input-invalid"
  | "credential-missing"
  | "credential-unusable"
  | "credential-is-api-key"
  | "credential-ended"
  | "public-repository"
  | "program-missing"
  // before anything is spent
  | "nowhere-to-store"
  | "secret-not-found"
  | "secret-forbidden"
  | "secret-elsewhere"
  | "snapshot-stale"
  | "github-unreachable"
  // the ledger
  | "ledger-forbidden"
  | "ledger-unreachable"
  | "ledger-unreadable"
  | "ledger-rolled-back"
  | "ledger-empty"
  | "ledger-busy"
  // what the provider said
  | "provider-unreachable"
  | "throttled"
  | "login-refused"
  | "login-not-taken"
  | "login-ended"
  | "login-lost-in-flight"
  | "account-attention"
  | "request-rejected"
  | "answer-unclear"
  | "token-refused"
  | "sign-in-failed"
  // after it
  | "could-not-store"
  | "unsafe-path"
  | "file-failed"
  | "file-busy"
  | "keychain-item"
  | "cancelled"
  | "unexpected";

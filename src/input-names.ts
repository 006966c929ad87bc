/** As in action.yml (a test compares the two). */
export const NAMES = [
  "credential",
  "credential-expires",
  "provider",
  "targets",
  "refresh",
  "min-validity",
  "write-refresh-token",
  "allow-unstored-refresh",
  "rotate-to",
  "secrets-token",
  "create-secrets",
  "home",
  "cleanup",
  "if-no-credential",
  "warn-before",
  "token-url",
  "client-id",
  "scope",
  "user-agent",
  "request-format",
  "timeout",
] as const;

export type InputName = (typeof NAMES)[number];

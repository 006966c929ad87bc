import type { Verb } from "../verb.ts";

export const status: Verb = {
  usage: "status",
  summary: "show what is stored where, and until when it works",
  flags: {
    validate: ["[online]", "show each access token to its provider (a setup token with a message of one token)"],
  },
  inputs: [
    "credential",
    "credential-expires",
    "provider",
    "account",
    "targets",
    "rotate-to",
    "secrets-token",
    "ledger-key",
    "ledger",
    "ledger-repository",
    "github-token",
    "validate",
    "home",
    "user-agent",
    "timeout",
  ],
  examples: [
    ["oauth-creds status", "the logins of this machine's programs"],
    ["oauth-creds status --validate --timeout 10s", "ask each provider, for ten seconds in all"],
    ["oauth-creds status --json --credential login.json --targets none", "one stored login, for a script"],
    [
      "oauth-creds status --rotate-to CLAUDE_LOGIN --secrets-token token.txt",
      "also whether the secret exists, and when it was written",
    ],
  ],
  words: 0,
  load: async () => (await import("./run.ts")).run,
};

import type { Verb } from "../verb.ts";

export const revoke: Verb = {
  usage: "revoke",
  summary: "end a login: at the provider, in the ledger, in secrets and in files",
  flags: {
    file: ["<file>", "a file that holds the login; it is removed afterwards"],
    "revoke-url": ["<url>", "the server's revocation endpoint (custom)"],
    yes: ["", "do not ask"],
  },
  inputs: [
    "credential",
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
    "token-url",
    "client-id",
    "client-secret",
    "user-agent",
    "request-format",
    "timeout",
  ],
  examples: [
    ["oauth-creds revoke --file login.txt", "the login in a file, and the file"],
    ["oauth-creds revoke --targets claude", "the login that Claude Code has on this machine, and its copy there"],
    [
      "oauth-creds revoke --provider anthropic --ledger-key key.txt --ledger-repository octo/demo --github-token token.txt",
      "a login that many jobs share; they are told so",
    ],
    [
      "oauth-creds revoke --file login.txt --rotate-to CLAUDE_LOGIN@octo/demo --secrets-token token.txt",
      "also delete the secret",
    ],
  ],
  words: 0,
  load: async () => (await import("./run.ts")).run,
};

import type { Verb } from "../verb.ts";

export const login: Verb = {
  usage: "login <provider>",
  summary: "sign in for CI (anthropic, openai or custom), and store the login",
  flags: {
    "long-lived": ["", "anthropic: a token that is good for a year and cannot be renewed (as `claude setup-token`)"],
    pkce: ["", "anthropic: our own sign-in, even where Claude Code is installed"],
    device: ["", "openai: type a code on another machine"],
    "no-browser": ["", "open no browser: show the address"],
    "with-token": ["", "no sign-in: read a credential from stdin, and check it at once"],
    output: ["<file>", "keep the login in this file, for your user alone (`-`: print it)"],
    force: ["", "replace what is there: the file, or the login of a program in `--targets`"],
    "authorize-url": ["<url>", "the server's authorization endpoint (custom)"],
    "redirect-uri": ["<url>", "where it sends the browser (custom; default: any port of 127.0.0.1, /callback)"],
  },
  inputs: [
    "credential-expires",
    "account",
    "targets",
    "write-refresh-token",
    "rotate-to",
    "secrets-token",
    "create-secrets",
    "validate",
    "home",
    "token-url",
    "client-id",
    "client-secret",
    "scope",
    "user-agent",
    "request-format",
    "timeout",
  ],
  examples: [
    [
      "oauth-creds login anthropic --long-lived | gh secret set CLAUDE_SETUP_TOKEN",
      "a year's token, straight into a secret",
    ],
    [
      "oauth-creds login anthropic --rotate-to CLAUDE_LOGIN@octo/demo --secrets-token token.txt",
      "a login that workflows renew, written into the secret",
    ],
    ["oauth-creds login openai --device --output codex-login.txt", "sign in on another machine, and keep it in a file"],
    [
      "oauth-creds login anthropic --with-token < token.txt | gh secret set CLAUDE_SETUP_TOKEN",
      "check a token before it is stored",
    ],
    [
      "oauth-creds login custom --authorize-url https://id.example/authorize --token-url https://id.example/token --client-id ci --output login.txt",
      "any server by RFC 6749 with PKCE",
    ],
  ],
  stdin: (flags) => (flags["with-token"] ? "the credential" : undefined),
  words: 1,
  load: async () => (await import("./run.ts")).run,
};

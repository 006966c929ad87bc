import type { InputName } from "../input-names.ts";

/** What each input is, in a line, for `--help`: the value that it takes (none: a switch), and its meaning. */
export const MEANINGS: Readonly<Partial<Record<InputName, readonly [value: string, meaning: string]>>> = {
  credential: ["<file>", "the login or token, in any form that a program keeps it in, or as an earlier run stored it"],
  "credential-expires": ["<date>", "the day on which a setup token ends, for a warning ahead"],
  provider: ["<name>", "anthropic, openai, or custom (any server by RFC 6749); default: as recognised"],
  account: ["<name>", "which login: names the ledger's record, and the profile in files that have profiles"],
  targets: [
    "<list>",
    "claude, codex, peekaboo, clawdbot, openclaw, pi, opencode, none; default: the provider's own program",
  ],
  refresh: ["<when>", "auto (if the access token ends before --min-validity), always, or never"],
  "min-validity": ["<time>", "how long the access token has to live at least, such as 90m or 6h; default: 1h"],
  "refresh-with": ["<who>", "http (this program), or cli: the provider's own program, which is installed"],
  "write-refresh-token": ["", "the file gets the refresh token too; `clean` takes over what its program renews"],
  "allow-unstored-refresh": [
    "",
    "a login may be renewed although its successor is kept nowhere, and ends with the job",
  ],
  "rotate-to": ["<secret>", "the secret that a renewed login is written to"],
  "secrets-token": ["<file>", "a token that may write that secret"],
  "create-secrets": ["", "that secret may not exist yet"],
  "ledger-key": ["<file>", "the key of a login that many jobs share: ocr1_… renews it, oca1_… only reads it"],
  ledger: ["<kind>", "git-ref, git-push, file, or none; the default is file, but in a CI one has to be named"],
  "ledger-repository": ["<address>", "where that is: owner/name, or an address that git can push to"],
  "access-cache": ["", "read its access token from the Actions cache, where there is one"],
  "github-token": ["<file>", "a token for that repository, or user:token for its server"],
  validate: ["<how>", "online: show the access token to its provider before it is used; default: none"],
  home: ["<folder>", "the home folder whose files are meant, where it is not yours"],
  cleanup: ["", "with --no-cleanup the files stay as they are, and `clean` is not needed"],
  "if-no-credential": ["<what>", "error, or skip: do nothing, as in a run without secrets"],
  "warn-before": ["<time>", "how long before its end to warn of a login; default: 10d"],
  report: ["<how>", "issue: keep one issue in the repository that says when the login ends; default: none"],
  "fallback-api-key": ["<file>", "an API key to go on with (steps of GitHub Actions only)"],
  "allow-public-repository": ["", "a ChatGPT plan's login in a public repository, against OpenAI's guide"],
  "token-url": ["<address>", "the token endpoint, for --provider custom"],
  "client-id": ["<id>", "the OAuth client, for --provider custom"],
  "client-secret": ["<file>", "the secret of that client"],
  scope: ["<scopes>", "scopes to ask for at a refresh; default: those of the sign-in"],
  "user-agent": ["<text>", "the User-Agent of requests; default: our own"],
  "request-format": ["<form>", "of the token request: json or form; default: as the provider's own program"],
  timeout: ["<time>", "how long one token request may take; default: 25s"],
};

/** What an input is to one verb, where that is something else. */
export const OWN_MEANINGS: Readonly<Record<string, Readonly<Partial<Record<InputName, string>>>>> = {
  login: {
    targets: "programs whose own files get the login: claude, codex, peekaboo, pi, …; default: none",
    "rotate-to": "the secret that the login is written to",
    validate:
      "online: show a fresh login to its provider before it is stored; none: with --with-token, too, nobody is asked",
  },
  init: {
    validate: "none: the provider is not asked whether the credential works; default: it is",
  },
  status: {
    targets: "without effect here: the files of all programs are looked at",
    "rotate-to": "the secret that is looked for",
    "secrets-token": "a token that may see whether it exists",
    timeout: "how long all of it together may take; default: 25s",
  },
  doctor: {
    validate:
      "none: show no access token to its provider; default: each is shown (a setup token with a message of one token, " +
      "which counts against the plan)",
    timeout: "how long one request may take; default: 25s",
  },
  recover: { "rotate-to": "the secret that the login is stored in" },
  revoke: {
    targets: "programs from whose own files the login is taken; default: none",
    "rotate-to": "the secret that holds the login: it is deleted",
    "secrets-token": "a token that may delete that secret",
    validate: "online: ask the provider afterwards whether the access token lives on; default: none",
  },
};

import type { Verb } from "../verb.ts";

export const init: Verb = {
  usage: "init",
  summary: "set up a repository: its secrets, its environment and its workflows",
  flags: {
    yes: ["", "ask nothing: flags, and the recommended choice where there is none"],
    "dry-run": ["", "show every change, and make none"],
    topology: ["<way>", "how jobs get the login: setup-token, ledger or rotation (docs/init.md)"],
    repository: ["<owner/name>", "the repository, where the clone's remotes do not say which"],
    environment: ["<name>", "the environment for what renews a login (default: oauth-creds), or `none`"],
    "sign-in": ["", "make the credential now, as `oauth-creds login` does"],
    force: ["", "replace secrets that are there, but no ledger's keys (and never a workflow file)"],
    "new-keys": ["", "replace the ledger's keys and the login: nobody can open what the old keys have sealed"],
    "save-key": ["<file>", "keep a copy of the ledger's root key that is made, for your user alone"],
    action: ["<owner/name@ref>", "where the action is published, if not where this release says"],
    "skip-doctor": ["", "do not run `oauth-creds doctor` at the end"],
  },
  inputs: [
    "credential",
    "credential-expires",
    "provider",
    "account",
    "secrets-token",
    "ledger-key",
    "github-token",
    "validate",
    "allow-public-repository",
    "user-agent",
  ],
  examples: [
    ["oauth-creds init", "asks what it has to know, and recommends"],
    ["oauth-creds init --dry-run", "the same questions; then every call and file is shown, and nothing is done"],
    [
      "oauth-creds init --yes --credential token.txt",
      "no questions: the setup token of that file, the smallest set-up",
    ],
    [
      "oauth-creds init --yes --topology ledger --credential login.json --save-key ~/root.key",
      "no questions: any number of jobs share one login",
    ],
  ],
  words: 0,
  load: async () => (await import("./run.ts")).run,
};

import type { Verb } from "../verb.ts";

export const write: Verb = {
  usage: "write",
  summary: "put a working login where programs look for it; renew it first if need be",
  flags: {
    job: ["<name>", "what belongs together, for `clean`; default: the CI's own job"],
    quiet: ["", "say nothing but warnings and errors"],
  },
  inputs: "all",
  examples: [
    ["oauth-creds write --credential login.json", "Claude Code's file from a login that was made for this purpose"],
    [
      "oauth-creds write --provider anthropic --targets claude,pi",
      "a shared login by OAUTH_CREDS_LEDGER_KEY, for two programs",
    ],
    ["oauth-creds write --if-no-credential skip", "a job that may run without the secret"],
    ["oauth-creds clean", "at the job's end, with the same secrets"],
  ],
  words: 0,
  load: async () => (await import("./run.ts")).run,
};

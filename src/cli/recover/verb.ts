import type { Verb } from "../verb.ts";

export const recover: Verb = {
  usage: "recover",
  summary: "store a renewed login from its sealed recovery copy (a job summary shows it)",
  flags: {},
  inputs: ["credential", "provider", "account", "rotate-to", "secrets-token", "create-secrets", "user-agent"],
  examples: [
    [
      "oauth-creds recover --rotate-to CLAUDE_LOGIN < copy.txt",
      "in a workflow step, with OAUTH_CREDS_CREDENTIAL and OAUTH_CREDS_SECRETS_TOKEN from secrets",
    ],
  ],
  stdin: () => "the recovery copy",
  words: 0,
  load: async () => (await import("./run.ts")).run,
};

import type { Verb } from "../verb.ts";
import { TO_RENEW } from "../renewing.ts";

export const refresh: Verb = {
  usage: "refresh",
  summary: "renew a login and store it, if its access token ends too soon; write no file",
  flags: { quiet: ["", "say nothing but warnings and errors"] },
  inputs: TO_RENEW,
  examples: [
    ["oauth-creds refresh --provider anthropic --min-validity 6h", "in a schedule, with OAUTH_CREDS_LEDGER_KEY"],
    ["oauth-creds refresh --credential login.json --refresh always", "begin a ledger with a fresh sign-in"],
  ],
  words: 0,
  load: async () => (await import("./run.ts")).run,
};

import type { Verb } from "../verb.ts";

export const doctor: Verb = {
  usage: "doctor",
  summary: "find out what is wrong, and say what to do first",
  flags: {
    "no-programs": ["", "the login is for another machine: leave out this one's programs, files and variables"],
    "write-probe": ["", "write the probe secret beside the one in `rotate-to`: proves that `secrets-token` may write"],
  },
  inputs: "all",
  examples: [
    ["oauth-creds doctor", "the logins of this machine's programs, their providers, and the way to them"],
    ["oauth-creds doctor --credential login.json --no-programs", "a login for a CI, before it is stored there"],
    [
      "oauth-creds doctor --rotate-to CLAUDE_LOGIN --secrets-token token.txt --write-probe",
      "whether the token may write the secret",
    ],
    ["oauth-creds doctor --validate none", "without showing an access token to its provider"],
  ],
  words: 0,
  load: async () => (await import("./run.ts")).run,
};

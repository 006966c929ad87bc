import { TO_RENEW } from "../renewing.ts";
import type { Verb } from "../verb.ts";

export const token: Verb = {
  usage: "token",
  summary: "print a working access token, renewed first if need be, and nothing else",
  flags: { format: ["<form>", "text (the token), header (`Authorization: Bearer …`), or json (with its end)"] },
  inputs: [...TO_RENEW, "if-no-credential"],
  examples: [
    ['export CLAUDE_CODE_OAUTH_TOKEN="$(oauth-creds token --provider anthropic)"', "for the programs of this shell"],
    [
      "oauth-creds token --format header | curl -H @- -H 'anthropic-beta: oauth-2025-04-20' https://api.anthropic.com/…",
      "curl reads the header from stdin: the token is in no argument",
    ],
    [
      `printf 'header = "%s"\\n' "$(oauth-creds token --format header)" | curl --config - https://…`,
      "the same, for a curl older than 7.55 (`printf` is the shell's own)",
    ],
    ["oauth-creds token --format json", `{"version":1,"access_token":"…","expires_at":"2031-04-06T15:08:09Z",…}`],
  ],
  words: 0,
  load: async () => (await import("./run.ts")).run,
};

import type { Verb } from "../verb.ts";

export const key: Verb = {
  usage: "key",
  summary: "make the keys of a ledger, or derive an access key",
  flags: { derive: ["", "read a root key from stdin, and give its access key"] },
  inputs: "none",
  examples: [
    ["oauth-creds key", "a root key for the workflow that renews, and its access key for all others"],
    ["oauth-creds key --derive < root-key.txt", "the access key of a root key that you have"],
  ],
  words: 0,
  load: async () => (await import("./run.ts")).run,
};

import type { Verb } from "../verb.ts";

export const key: Verb = {
  usage: "key",
  summary: "make the keys of a ledger, derive an access key, or let a new key follow the old one",
  flags: {
    derive: ["", "read a root key from stdin, and give its access key"],
    "roll-over": ["", "read the root key in use from stdin, and give what replaces it, step by step"],
  },
  inputs: "none",
  examples: [
    ["oauth-creds key", "a root key for the workflow that renews, and its access key for all others"],
    ["oauth-creds key --derive < root-key.txt", "the access key of a root key that you have"],
    ["oauth-creds key --roll-over < root-key.txt", "a new key, the values in which both stand, and what comes after"],
  ],
  words: 0,
  load: async () => (await import("./run.ts")).run,
};

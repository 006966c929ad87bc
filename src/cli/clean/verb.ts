import type { Verb } from "../verb.ts";

export const clean: Verb = {
  usage: "clean",
  summary: "undo what `write` did: take over what was renewed, put the files back",
  flags: {
    job: ["<name>", "what `write` was given as `--job`"],
    all: ["", "of all jobs on this machine (of this home)"],
    quiet: ["", "say nothing but warnings and errors"],
  },
  inputs: ["credential", "ledger-key", "secrets-token", "github-token", "ledger-repository", "home"],
  examples: [
    ["oauth-creds clean", "at the job's end, also after a failure, with the secrets that `write` had"],
    ["oauth-creds clean --all", "after jobs that were killed"],
  ],
  words: 0,
  load: async () => (await import("./run.ts")).run,
};

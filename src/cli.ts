import { key } from "./cli/key.ts";

const USAGE = `Usage: node dist/cli.mjs key [--derive] [--json]

  key            makes a root key of a ledger, and its access key
  key --derive   reads a root key from stdin, and gives its access key
  --json         as one line of JSON`;

const [verb, ...flags] = process.argv.slice(2);
const known = flags.every((flag) => flag === "--derive" || flag === "--json");
if (verb === "key" && known) {
  process.exitCode = key({ derive: flags.includes("--derive"), json: flags.includes("--json") });
} else {
  const asked = verb === undefined || verb === "help" || verb === "--help";
  (asked ? console.log : console.error)(USAGE);
  process.exitCode = asked ? 0 : 2;
}

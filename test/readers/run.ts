/**
 * Installs the real programs, then runs the suite where nothing but loopback can be reached: in a network namespace
 * of its own, on systems that let a process make one. Arguments go to vitest: `npm run test:readers -- codex`.
 * `--install` installs them only.
 */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { found, installAll } from "./releases.ts";

const only = process.argv.slice(2);
// A run of one file installs what that file needs, by itself.
if (only.length === 0 || only[0] === "--install") await installAll();
if (only[0] === "--install") process.exit();

const LOOPBACK_ONLY = 'ip link set lo up && exec "$@"';
const namespace = [
  ["unshare", "-n"],
  ["unshare", "-rn"],
]
  .map((command) => [...command, "sh", "-c", LOOPBACK_ONLY, "sh"])
  .find(([file = "", ...args]) => only.length === 0 && spawnSync(file, [...args, "true"]).status === 0);
console.log(
  namespace
    ? "The programs run in a network namespace that has nothing but loopback."
    : "This run makes no network namespace: the programs are kept to loopback by their settings and a proxy.",
);

const vitest = join(import.meta.dirname, "..", "..", "node_modules", "vitest", "vitest.mjs");
// Two files at a time: a program mostly computes on one core while it starts.
const [file = "", ...args] = [...(namespace ?? []), process.execPath, vitest, "run", "--project", "readers", ...only];
const env = {
  ...process.env,
  READERS_FOUND: JSON.stringify(found()),
  READERS_ALONE: String(namespace !== undefined), // for the table of what was proved
};
process.exitCode = spawnSync(file, args, { stdio: "inherit", env }).status ?? 1;

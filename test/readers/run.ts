/**
 * Installs the real programs, then runs the suite where nothing but loopback can be reached: in a network namespace
 * of its own, on systems that let a process make one; on GitHub a whole run fails without. Arguments go to vitest:
 * `npm run test:readers -- codex`.
 * `--install` installs them only.
 */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { findNamespace } from "./namespace.ts";
import { found, installAll } from "./releases.ts";

const only = process.argv.slice(2);
// A run of one file installs what that file needs, by itself.
if (only.length === 0 || only[0] === "--install") await installAll();
if (only[0] === "--install") process.exit();

const { env } = process;
const who = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0, env };
const namespace = only.length === 0 ? findNamespace(who) : undefined;
console.log(
  namespace
    ? "The programs run in a network namespace that has nothing but loopback."
    : "This run makes no network namespace: the programs are kept to loopback by their settings and a proxy.",
);
// On a person's own system a whole run is worth something all the same, and says in its table what it lacked.
if (env["GITHUB_ACTIONS"] === "true" && only.length === 0 && !namespace) {
  console.error(
    "On GitHub a whole run needs a network namespace, and none can be made here: not by root, not in a user namespace " +
      "(`sysctl kernel.apparmor_restrict_unprivileged_userns=0` on Ubuntu), not by `sudo -n`.",
  );
  process.exit(1);
}

const vitest = join(import.meta.dirname, "..", "..", "node_modules", "vitest", "vitest.mjs");
// Two files at a time: a program mostly computes on one core while it starts.
const [file = "", ...args] = [...(namespace ?? []), process.execPath, vitest, "run", "--project", "readers", ...only];
const variables = {
  ...env,
  READERS_FOUND: JSON.stringify(found()),
  READERS_ALONE: String(namespace !== undefined), // for the table of what was proved
};
process.exitCode = spawnSync(file, args, { stdio: "inherit", env: variables }).status ?? 1;

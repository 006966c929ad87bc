/** Where the readers' suite runs: with no network but loopback, as the user who started it. */
import { spawnSync } from "node:child_process";
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { findNamespace, namespaces, type Who } from "../../readers/namespace.ts";
import { tempFolder } from "./support.ts";

const here: Who = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0, env: process.env };
const run = ([file = "", ...args]: readonly string[], ...command: string[]) =>
  spawnSync(file, [...args, ...command], { encoding: "utf8" });

test("by sudo it drops back to the user, and keeps what sudo would not pass on", () => {
  const last = namespaces({ uid: 1001, gid: 127, env: { PATH: "/my/bin:/bin", HOME: "/home/me" } }).at(-1) ?? [];
  expect(last.slice(0, 3)).toEqual(["sudo", "-n", "-E"]);
  expect(last).toEqual(expect.arrayContaining(["PATH=/my/bin:/bin", "HOME=/home/me"]));
  expect(last.join(" ")).toMatch(
    /unshare -n sh -c ip link set lo up && exec setpriv --reuid 1001 --regid 127 .*"\$@" sh$/,
  );
});

const found = process.platform === "linux" ? findNamespace(here) : undefined;

test.runIf(found)("there is loopback in it, and nothing else", () => {
  const { status, stdout } = run(found ?? [], "ip", "-o", "link");
  expect(status).toBe(0);
  expect(stdout.trim().split("\n")).toEqual([expect.stringMatching(/^1: lo: <[^>]*\bUP\b/)]);
});

// What sudo itself does cannot be tried without it; the rest of that way can, by root.
test.runIf(found && here.uid === 0)("what sudo starts becomes the user again", () => {
  const folder = tempFolder();
  writeFileSync(join(folder, "sudo"), '#!/bin/sh\nshift 2\nexec "$@"\n');
  chmodSync(join(folder, "sudo"), 0o755);
  const way =
    namespaces({ ...here, uid: 1234, gid: 1235, env: { PATH: process.env["PATH"], HOME: "/nowhere" } }).at(-1) ?? [];
  const env = { ...process.env, PATH: `${folder}:${process.env["PATH"]}` };
  const [file = "", ...args] = way;
  const { stdout } = spawnSync(file, [...args, "sh", "-c", 'id -u; id -g; echo "$HOME"; ip -o link | wc -l'], {
    encoding: "utf8",
    env,
  });
  expect(stdout.trim().split(/\s+/)).toEqual(["1234", "1235", "/nowhere", "1"]);
});

/** `key`: made, derived, rolled over; and what a log, a terminal and a slow pipe make of it. */
import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { deriveAccessKey, type Keyring, makeRootKey, parseKeys } from "../../src/ledger/keys.ts";
import { claudeFileOf } from "../scenario/login-file.ts";
import { hasTmux, openTerminal } from "../support/browser/terminal.ts";
import { startOidc } from "../support/oauth/oidc.ts";
import { asVariables, CLI, machine } from "./machine.ts";

const HOUR = 3_600_000;

const newRoot = () => makeRootKey(randomBytes);
const accessOf = (roots: string) => (parseKeys(roots) as Keyring).root.map(deriveAccessKey).join(" ");

test("makes a pair, and derives the access key of each root key from stdin", async () => {
  const here = machine();
  const made = await here.run(["key", "--json"]);
  expect(made).toMatchObject({ code: 0, stderr: "" });
  expect(made.json["access"]).toBe(accessOf(made.json["root"]));
  const [one, two] = [newRoot(), newRoot()];
  for (const root of [one, two]) here.tokens.add(root);
  const derived = await here.run(["key", "--derive"], { input: `${one}\n` });
  expect(derived).toMatchObject({ code: 0, stderr: "" });
  expect(derived.stdout.trim().split("\n").at(-1)).toBe(accessOf(one));
  const both = await here.run(["key", "--derive", "--json"], { input: `${one} ${two}` });
  expect(both.json).toEqual({ version: 1, access: accessOf(`${one} ${two}`) });
});

test.each([
  [["--derive"], "", /`ledger-key` is empty/],
  [["--derive"], accessOf(newRoot()), /A root key \(ocr1_…\) is needed/],
  [["--roll-over"], accessOf(newRoot()), /A root key \(ocr1_…\) is needed/],
  [["--roll-over"], "ocr1_short", /was cut off/],
  [["--derive", "--roll-over"], newRoot(), /two things/],
])("what is none, or not enough: %j", async (flags, input, why) => {
  const ended = await machine().run(["key", ...flags], { input });
  expect(ended).toMatchObject({ code: 2, stdout: "", stderr: expect.stringMatching(why) });
});

describe("in a CI", () => {
  const shell = (line: string, input = "") =>
    spawnSync("bash", ["-c", `set -o pipefail; key() { '${process.execPath}' '${CLI}' key "$@"; }; ${line}`], {
      env: { PATH: process.env["PATH"], HOME: machine().home, CI: "true", NO_COLOR: "1" },
      encoding: "utf8",
      input,
    });

  test.each(["key", "key --json", "key --derive", "key --roll-over"])("%s is not printed into the log", (line) => {
    const root = newRoot();
    const { status, stdout } = shell(`${line} 2>&1 | cat`, root);
    expect(stdout).toContain("would be printed into this job's log");
    expect(stdout).not.toMatch(/oc[ra]1_\w{20}/);
    expect(status).toBe(2);
  });

  test("a variable, a file and a pipe may take it", () => {
    const { status, stdout } = shell('KEYS="$(key --json)"; key > key.txt; echo ${#KEYS}; key | wc -l; rm key.txt');
    expect(status).toBe(0);
    expect(stdout.trim().split("\n").map(Number)).toEqual([expect.any(Number), 5]);
    expect(Number(stdout.split("\n")[0])).toBeGreaterThan(140);
  });
});

test.runIf(process.platform === "linux")("a pipe that does not block, whose writer is behind", () => {
  const here = machine();
  const root = newRoot();
  writeFileSync(join(here.home, "root"), root);
  // A program of Node's makes the pipe that it reads from non-blocking, and has no time to take that back here.
  const line = `(sleep 2; cat root) | { '${process.execPath}' -e 'process.stdin.resume(); setTimeout(() => process.kill(process.pid, "SIGKILL"), 50)'; '${process.execPath}' '${CLI}' key --derive --json; }`;
  const env = { PATH: process.env["PATH"], HOME: here.home, NO_COLOR: "1" };
  const { status, stdout } = spawnSync("bash", ["-c", line], { env, cwd: here.home, encoding: "utf8" });
  expect(status).toBe(0);
  expect(JSON.parse(stdout)).toEqual({ version: 1, access: accessOf(root) });
});

test.skipIf(!hasTmux())(
  "at a terminal: said to be secret; asked for without an echo; Ctrl-C ends by the signal",
  async () => {
    const here = machine();
    const screen = openTerminal({ HOME: here.home, NO_COLOR: "1" }, here.home);
    onTestFinished(() => screen.close());
    screen.enter(`oc() { '${process.execPath}' '${CLI}' "$@"; }; oc key; echo over-$?`);
    await screen.shows(/note: What follows is secret[\s\S]*ocr1_[\s\S]*oca1_[\s\S]*over-0/);
    const root = newRoot();
    screen.enter("clear; oc key --derive; echo derived-$?");
    await screen.shows(/Paste the root key/);
    screen.paste(root, true);
    screen.key("Enter");
    await screen.shows(/derived-0/);
    expect(screen.text()).not.toContain(root.slice(5, 25));
    expect(screen.text()).toContain(accessOf(root));
    expect(await screen.history()).not.toContain(root.slice(5, 25));
    screen.enter("oc key --roll-over");
    await screen.shows(/roll-over[\s\S]*Paste the root key/);
    screen.key("C-c");
    await screen.shows(/\[cancelled\]/);
    screen.enter("echo code-$?");
    await screen.shows(/code-130/);
  },
);

describe("--roll-over", () => {
  test("tells the steps in their order, for people and as JSON", async () => {
    const here = machine();
    const old = newRoot();
    const { code, json } = await here.run(["key", "--roll-over", "--json"], { input: old });
    expect(code).toBe(0);
    const [made, second] = json["root"].split(" ");
    expect(second).toBe(old);
    expect(json["access"]).toBe(`${accessOf(made)} ${accessOf(old)}`);
    expect(json["after"]).toEqual({ root: made, access: accessOf(made) });
    const values = (json["steps"] as { value?: string }[]).map(({ value }) => value);
    expect(values).toEqual([json["access"], json["root"], undefined, accessOf(made), made]);
    const { stdout } = await here.run(["key", "--roll-over"], { input: `${json["root"]}\n` });
    // A roll-over that was begun before: three keys, the newest first.
    expect(stdout).toMatch(new RegExp(`^2\\. .*\\nocr1_\\S+ ${made} ${old}$`, "m"));
    expect(stdout.match(/^\d\. /gm)).toEqual(["1. ", "2. ", "3. ", "4. ", "5. "]);
  });

  test("a record goes from one key to the next, step by step, and no job is ever without one that opens it", async () => {
    const oidc = await startOidc();
    onTestFinished(() => oidc.close());
    const login = await oidc.issue();
    const old = newRoot();
    const here = machine(
      asVariables({ provider: "anthropic", ledger: "file", "token-url": oidc.tokenUrl, "min-validity": "1h" }),
    );
    for (const token of [login.accessToken, login.refreshToken, old]) here.tokens.add(token);
    const renew = (key: string, credential?: string) =>
      here.run(["refresh", "--refresh", "always", "--json"], { env: asVariables({ "ledger-key": key, credential }) });
    const reads = async (key: string) => {
      const { code, json, stderr } = await here.run(["token", "--json", "--refresh", "never"], {
        env: asVariables({ "ledger-key": key }),
      });
      if (code === 0) expect(await oidc.isAccessTokenAlive(json["access_token"])).toBe(true);
      return code === 0 ? "yes" : (/\[([\w-]+)\]/.exec(stderr)?.[1] ?? /"code":"([\w-]+)"/.exec(stderr)?.[1]);
    };
    expect(await renew(old, claudeFileOf(login, Date.now() - HOUR))).toMatchObject({ code: 0 });

    const { json } = await here.run(["key", "--roll-over", "--json"], { input: old, shows: [old] });
    const { root: both, access: bothAccess, after } = json;
    for (const key of [after.root, ...bothAccess.split(" ")]) here.tokens.add(key);
    // Written with the old one still: step 1 is of use before step 2 is done, and the other way round it would not be.
    expect(await Promise.all([accessOf(old), bothAccess, both].map(reads))).toEqual(["yes", "yes", "yes"]);
    expect(await reads(after.access)).toBe("ledger-unreadable");

    const rolled = await renew(both);
    expect(rolled).toMatchObject({ code: 0, json: { refreshed: true, generation: 2 } });
    expect(await Promise.all([bothAccess, after.access, both, after.root].map(reads))).toEqual(Array(4).fill("yes"));
    expect(await reads(accessOf(old))).toBe("ledger-unreadable");
    expect(await renew(old)).toMatchObject({ code: 1, stderr: expect.stringContaining("ledger-unreadable") });

    expect(await renew(after.root)).toMatchObject({ code: 0, json: { refreshed: true, generation: 3 } });
    expect(await reads(after.access)).toBe("yes");
    expect((await oidc.family(login.refreshToken)).state).toBe("alive");
    expect(oidc.tokenRequests()).toHaveLength(3);
  });
});

/** What every verb has from the frame: help, flags, secrets, exit codes, what is printed where. */
import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { openSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { VERBS } from "../../src/cli/verbs.ts";
import { VERSION } from "../../src/version.ts";
import { asVariables, CLI, machine } from "./machine.ts";

const newToken = () => `sk-ant-oat01-${randomBytes(80).toString("base64url").slice(0, 95)}`;

test("help tells all verbs, each of its flags, and how it is used; it goes to stdout", async () => {
  const here = machine();
  const overview = await here.run(["help"]);
  expect(overview).toMatchObject({ code: 0, stderr: "" });
  for (const [name, verb] of Object.entries(VERBS)) {
    expect(overview.stdout).toContain(`  ${verb.usage}`);
    const asked = await here.run([name, "--help"]);
    expect(asked).toMatchObject({ code: 0, stderr: "" });
    for (const flag of Object.keys(verb.flags)) expect(asked.stdout).toContain(`--${flag}`);
    for (const [command] of verb.examples) expect(asked.stdout).toContain(command);
    // Commands are to be copied, so they are not broken; nor is what has no blank.
    const commands = new Set(verb.examples.flatMap(([command, answer]) => [`  ${command}`, `  # ${answer}`]));
    expect(asked.stdout.split("\n").filter((line) => line.length > 80 && !commands.has(line))).toEqual([]);
    const wide = (await here.run([name, "--help"], { env: { COLUMNS: "120" } })).stdout.split("\n");
    expect(wide.filter((line) => line.length > 110 && !commands.has(line))).toEqual([]);
    const narrow = (await here.run([name, "--help"], { env: { COLUMNS: "70" } })).stdout.split("\n");
    expect(narrow.filter((line) => line.length > 70 && !commands.has(line))).toEqual([]);
  }
  expect(overview.stdout.split("\n").filter((line) => line.length > 80)).toEqual([]);
  const same = [["--help"], ["-h"], []].map(async (args) => (await here.run(args)).stdout);
  expect(new Set([overview.stdout, ...(await Promise.all(same))]).size).toBe(1);
  const token = await here.run(["token", "-h"]);
  expect((await here.run(["help", "token"])).stdout).toBe(token.stdout);
  expect(await here.run(["--version"])).toMatchObject({ code: 0, stdout: `${VERSION}\n` });
});

test("what is not understood: exit code 2, nothing on stdout, and what was meant", async () => {
  const here = machine();
  const cases: [string[], string][] = [
    [["tokn"], "no verb `tokn`"],
    [["tok"], "Did you mean `token`?"],
    [["stauts"], "Did you mean `status`?"],
    [["lgoin"], "Did you mean `login`?"],
    [["help", "revok"], "Did you mean `revoke`?"],
    [["login", "anthropic", "--outptu", "x"], "Did you mean `--output`? See `oauth-creds help login`."],
    [["write", "--write-refresh-token", "true"], "`--write-refresh-token` takes no value"],
    [["write", "--cleanup", "false"], "its opposite is `--no-cleanup`"],
    [["help", "nonsense"], "no verb `nonsense`"],
    [["--json", "token"], "The verb comes first"],
    [["constructor"], "no verb `constructor`"],
    [["token", "--ledgerkey", "x"], "Did you mean `--ledger-key`?"],
    [["token", "--formt", "x"], "no such flag here: `--formt`"],
    [["token", "-f"], "Flags begin with `--`"],
    [["token", "--format"], "`--format` lacks its value"],
    [["token", "--format", "--json"], "`--format` lacks its value"],
    [["token", "more"], "takes flags only"],
    [["token", "--json=yes"], "`--json` takes no value"],
    [["token", "--no-format"], "`--format` has no opposite"],
    [["write", "--targets", "none", "--cleanup=false"], "its opposite is `--no-cleanup`"],
    [["token", "--credential", "-", "--ledger-key", "-"], "stdin is one secret"],
    [["token"], "--credential -"],
    [["token", "--credential", "/nowhere"], "there is no such file"],
    [["token", "--credential", "."], "this is a folder"],
    [["token", "--min-validity", "soon", "--credential", "-"], "`min-validity` must be a duration"],
  ];
  for (const [args, text] of cases) {
    const { code, stdout, stderr } = await here.run(args, { input: newToken() });
    expect({ args, code, stdout, stderr }).toEqual({
      args,
      code: 2,
      stdout: "",
      stderr: expect.stringContaining(text),
    });
  }
});

test("a token in an argument is refused wherever it stands, and not repeated", async () => {
  const here = machine();
  const token = newToken();
  here.tokens.add(token);
  const places = [
    ["token", token],
    [token],
    ["help", token],
    ["token", `--${token}`],
    ["token", `-${token}`],
    ["token", "--credential", token],
    ["token", `--credential=${token}`],
    ["token", "--ledger-key", token],
    ["token", `--credentials=${token}`],
    ["token", "--format", token],
    ["token", "--json", token],
    ["token", "--", token],
    ["write", "--targets", token],
    ["clean", "--credential", token, "--job", "x"],
  ];
  for (const place of places) {
    // The gate in `run` looks at every output.
    const { code, stdout } = await here.run(place);
    expect({ place, code, stdout }).toEqual({ place, code: 2, stdout: "" });
  }
});

test("a secret by stdin, by a file, by a variable; a flag is stronger than a variable", async () => {
  const here = machine();
  const token = newToken();
  const file = join(here.home, "token.txt");
  writeFileSync(file, `\n${token}\r\n`);
  const shows = [token];
  const ways = [
    here.run(["token", "--credential", "-"], { input: `${token}\n`, shows }),
    here.run(["token", "--credential", file], { shows }),
    here.run(["token"], { env: asVariables({ credential: token }), shows }),
    here.run(["token", "--credential", file], { env: asVariables({ credential: newToken() }), shows }),
  ];
  for (const { code, stdout, stderr } of await Promise.all(ways))
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: `${token}\n`, stderr: "" });
});

test("variables of an action's runner mean nothing here", async () => {
  const here = machine();
  const env = { INPUT_CREDENTIAL: newToken(), STATE_files: "[]", INPUT_NONSENSE: "x" };
  expect(await here.run(["token"], { env })).toMatchObject({ code: 2 });
});

test("with --json an error is one line of JSON on stderr, also one about the arguments", async () => {
  const here = machine();
  for (const args of [
    ["token", "--json"],
    ["nonsense", "--json"],
    ["token", "--nonsense", "--json"],
  ]) {
    const { code, stdout, stderr } = await here.run(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    const lines = stderr.trimEnd().split("\n");
    expect(lines).toHaveLength(1);
    const told = JSON.parse(lines[0] ?? "") as Record<string, unknown>;
    expect(told).toEqual({
      version: 1,
      error: { code: expect.any(String), message: expect.any(String), advice: expect.any(String) },
    });
  }
});

test("exit codes by class", async () => {
  const here = machine(asVariables({ "token-url": "http://127.0.0.1:9/token", "allow-unstored-refresh": "true" }));
  const login = (end: number) =>
    JSON.stringify({
      claudeAiOauth: { accessToken: newToken(), refreshToken: newToken().replace("oat", "ort"), expiresAt: end },
    });
  const of = async (credential: string, ...flags: string[]) =>
    (await here.run(["token", "--credential", "-", ...flags], { input: credential })).code;
  expect(await of(newToken())).toBe(0);
  expect(await of("what is this")).toBe(3);
  expect(await of("sk-ant-api03-abcdefghijklmnopqrstuvwxyz0123456789")).toBe(2);
  expect(await of(login(1), "--refresh", "never")).toBe(3);
  expect(await of(login(1))).toBe(4);
  expect(await of(login(1), "--no-allow-unstored-refresh")).toBe(5);
});

test("whoever does not listen is no reason to fail; a full disk is", () => {
  const here = machine();
  const env = { PATH: process.env["PATH"], HOME: here.home, OAUTH_CREDS_CREDENTIAL: newToken() };
  const line = (args: string) => `set -o pipefail; '${process.execPath}' '${CLI}' ${args}`;
  const shell = (script: string) => spawnSync("bash", ["-c", script], { env, encoding: "utf8" });
  expect(shell(`${line("help")} | true`)).toMatchObject({ status: 0, stderr: "" });
  expect(shell(`${line("token")} | true`)).toMatchObject({ status: 0, stderr: "" });
  expect(shell(`${line("token")} 2>&-`)).toMatchObject({ status: 0 });
  expect(shell(`${line("nonsense")} 2>&-`)).toMatchObject({ status: 2, stdout: "" });
  if (process.platform !== "linux") return;
  const full = openSync("/dev/full", "w");
  const stuck = spawnSync(process.execPath, [CLI, "token"], { env, stdio: ["ignore", full, "pipe"], encoding: "utf8" });
  expect(stuck).toMatchObject({ status: 1 });
  expect(stuck.stderr).toContain("could not be printed (ENOSPC)");
});

test("a home that cannot hold a state: told before anything else, with what to do", async () => {
  const here = machine(asVariables({ credential: newToken() }));
  const blocked = join(here.home, "file");
  writeFileSync(blocked, "");
  const { code, stderr } = await here.run(["write"], { env: { XDG_STATE_HOME: blocked } });
  expect(code).toBe(1);
  expect(stderr).toContain("Set XDG_STATE_HOME");
});

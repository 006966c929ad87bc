/** A fresh login whose place fails at the last moment is not thrown away: nobody could sign in for the same one again. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { delimiter } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openEnvelope } from "../../src/credential/envelope.ts";
import { leaksIn } from "../support/browser/leaks.ts";
import { ask } from "../support/browser/person.ts";
import { CLI, type Desk, makeDesk } from "../support/browser/program.ts";
import { startStrictSignIn, type StrictSignIn } from "../support/browser/strict-sign-in.ts";
import { startGitHub } from "../support/github/server.ts";

let desk: Desk;
let server: StrictSignIn;

beforeEach(async () => {
  desk = makeDesk();
  server = await startStrictSignIn("anthropic");
});

afterEach(async () => {
  await server.close();
  desk.remove();
});

const flags = () => [
  "login",
  "anthropic",
  "--pkce",
  "--authorize-url",
  server.authorizeUrl,
  "--token-url",
  server.tokenUrl,
];

/** The person agrees. */
async function agree(address: string): Promise<void> {
  const { headers } = await ask(address);
  await ask(String(headers["location"]).replace("localhost", "127.0.0.1"));
}

/** What the message names, and whether it is what was signed in for. */
function expectRescued(stderr: string): void {
  expect(stderr).toContain("[could-not-store]");
  const path = /It is kept in (\S+), for your user alone/.exec(stderr)?.[1] ?? "";
  expect(statSync(path).mode & 0o777).toBe(0o600);
  const { credential } = openEnvelope(readFileSync(path, "utf8").trim());
  const [{ access = "", refresh = "" } = {}] = server.issued;
  expect(credential.refresh?.reveal()).toBe(refresh);
  expect(leaksIn(stderr, { access, refresh })).toEqual([]);
}

test.each([
  ["a file that is new", "--output", "sub/login.txt", [], "sub"],
  ["a file that is replaced", "--output", "sub/login.txt", ["--force"], "sub"],
  ["a program's file", "--targets", "claude", ["--write-refresh-token"], ".claude"],
])("%s, whose folder is gone when the login comes", async (_, flag, value, more, folder) => {
  mkdirSync(desk.path(folder));
  if (more.includes("--force")) writeFileSync(desk.path("sub/login.txt"), "an older one");
  const program = desk.run([...flags(), flag, value, ...more]);
  const address = await program.opened();
  rmSync(desk.path(folder), { recursive: true });
  await agree(address);
  const { code, stdout, stderr } = await program.ended;
  expect({ code, stdout }).toEqual({ code: 5, stdout: "" });
  expectRescued(stderr);
});

test("where the temporary folder is gone too, it is kept in the home", async () => {
  mkdirSync(desk.path("sub"));
  const program = desk.run([...flags(), "--output", "sub/login.txt"]);
  const address = await program.opened();
  for (const folder of ["sub", ".tmp"]) rmSync(desk.path(folder), { recursive: true });
  await agree(address);
  const { code, stderr } = await program.ended;
  expect(code).toBe(5);
  expect(stderr).toContain(`It is kept in ${desk.home}/oauth-creds-login-`);
  expectRescued(stderr);
});

/** As a shell runs it, with `after` behind it. */
function inShell(after: string): { child: ChildProcess; stderr: Promise<string> } {
  const quoted = [process.execPath, CLI, ...flags()].map((word) => `'${word}'`).join(" ");
  const child = spawn("bash", ["-c", `set -o pipefail; ${quoted} ${after}`], {
    cwd: desk.home,
    env: {
      PATH: [desk.bin, process.env["PATH"]].join(delimiter),
      HOME: desk.home,
      TMPDIR: desk.path(".tmp"),
      DISPLAY: ":77",
      NO_COLOR: "1",
    },
    stdio: ["pipe", "ignore", "pipe"],
  });
  return { child, stderr: text(child.stderr as NonNullable<typeof child.stderr>) };
}

const STDOUTS: readonly (readonly [string, string])[] = [
  ["whose reader has ended", "| true"],
  ...(process.platform === "linux" ? [["that is full", "> /dev/full"] as const] : []),
];

test.each(STDOUTS)("a stdout %s", async (_, after) => {
  const { child, stderr } = inShell(after);
  const ended = once(child, "close");
  let address: string | undefined;
  while ((address = desk.read(".opened")) === undefined) {
    if (child.exitCode !== null) throw new Error(await stderr);
    await sleep(20);
  }
  await agree(address);
  const [code] = await ended;
  expectRescued(await stderr);
  expect(code).toBe(5);
});

test("a program's file that fails after the secret was written is no loss, and said as what it is", async () => {
  const pat = "github_pat_for_a_test_of_rescued_logins_012345678";
  const github = await startGitHub({
    tokens: { [pat]: { permissions: { secrets: "write" } } },
    repository: "octo/demo",
  });
  try {
    writeFileSync(desk.path("pat"), pat);
    mkdirSync(desk.path(".claude"));
    const args = ["--rotate-to", "CLAUDE_LOGIN@octo/demo", "--secrets-token", "pat", "--create-secrets"];
    const program = desk.run([...flags(), ...args, "--targets", "claude"], { env: { GITHUB_API_URL: github.apiUrl } });
    const address = await program.opened();
    rmSync(desk.path(".claude"), { recursive: true });
    await agree(address);
    const { code, stderr } = await program.ended;
    expect(stderr).toContain("the login stands in the repository secret CLAUDE_LOGIN of octo/demo");
    expect(stderr).not.toContain("It is kept in");
    expect(code).toBe(1);
    expect(openEnvelope(github.secret("CLAUDE_LOGIN") ?? "").credential.kind).toBe("login");
    expect(readdirSync(desk.path(".tmp"))).toEqual([]);
  } finally {
    await github.close();
  }
});

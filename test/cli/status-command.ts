/** The built command line as a child process: what it says, and what it may not say, leave behind or change. */
import { randomBytes } from "node:crypto";
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished } from "vitest";
import { runChild } from "../support/runner/child.ts";
import { newAccessToken } from "../support/oauth/anthropic-api.ts";
import { findLeaks } from "../support/runner/leak-gate.ts";

const here = process.env["OAUTH_CREDS_ACTION"] ?? fileURLToPath(new URL("../../action.yml", import.meta.url));
/** The built program; another build's where its action is named, as in the scenarios. */
export const CLI = join(dirname(here), "dist", "cli.mjs");

/** A machine of one person: a home folder, a folder for temporary files, and what its programs are told. */
export interface Machine {
  readonly home: string;
  readonly temp: string;
  /** Variables of every command. */
  readonly env: Record<string, string>;
  /** Whatever may never be printed: tokens and keys. */
  readonly tokens: string[];
}

export interface Said {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** The answer of `--json`. */
  readonly json: Record<string, any>;
}

export interface CommandOptions {
  /** As `OAUTH_CREDS_…`: secrets come this way, or from a file. */
  readonly inputs?: Readonly<Record<string, string | undefined>>;
  readonly env?: Readonly<Record<string, string>>;
  /** `--json` unless this is true. */
  readonly forPeople?: boolean;
  readonly timeoutMs?: number;
}

/** Removed with the test. */
export function machine(env: Readonly<Record<string, string>> = {}): Machine {
  const root = realpathSync(mkdtempSync(join(tmpdir(), "cli-")));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  const [home, temp] = [join(root, "home"), join(root, "tmp")];
  mkdirSync(home);
  mkdirSync(temp);
  return { home, temp, env: { ...env }, tokens: [] };
}

/** Runs a verb. Whatever it does, it prints no token, changes no file of the home, and leaves no temporary one. */
export async function command(
  { home, temp, env, tokens }: Machine,
  args: readonly string[],
  { inputs = {}, env: more = {}, forPeople = false, timeoutMs = 60_000 }: CommandOptions = {},
): Promise<Said> {
  const given = Object.entries(inputs).flatMap(([name, value]) =>
    value === undefined ? [] : [[`OAUTH_CREDS_${name.toUpperCase().replaceAll("-", "_")}`, value] as const],
  );
  const before = picture(home);
  const ended = await runChild({
    command: process.execPath,
    args: [CLI, ...args, ...(forPeople ? [] : ["--json"])],
    cwd: home,
    env: {
      PATH: process.env["PATH"] ?? "",
      HOME: home,
      TMPDIR: temp,
      NO_COLOR: "1",
      ...Object.fromEntries(given),
      ...env,
      ...more,
    },
    stops: [],
    timeoutMs,
    onLine: () => {},
  });
  const { rawStdout: stdout, rawStderr: stderr, exitCode } = ended;
  const sources = [
    { name: "stdout", text: stdout },
    { name: "stderr", text: stderr.replace(/^::add-mask::.*$/gm, "") },
    { name: "argv", text: ended.argv.join("\n") },
  ];
  expect(findLeaks({ tokens: [...new Set(tokens)], sources }), "tokens that were printed").toEqual([]);
  expect(picture(home), "the home folder").toEqual(before);
  expect(readdirSync(temp), "temporary files").toEqual([]);
  return {
    exitCode,
    stdout,
    stderr,
    json: forPeople || exitCode === null || stdout === "" ? {} : (JSON.parse(stdout) as Record<string, any>),
  };
}

/** Every file below a folder, with its bytes and its times. */
function picture(folder: string): Record<string, string> {
  if (!existsSync(folder)) return {};
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).map((entry) => {
    const path = join(entry.parentPath, entry.name);
    const { mtimeMs, mode } = lstatSync(path);
    return [path, `${mode} ${mtimeMs} ${entry.isFile() ? readFileSync(path, "latin1") : ""}`] as const;
  });
  return Object.fromEntries(entries);
}

/** Writes a file below a home folder. */
export function put({ home }: Machine, path: string, content: string | object): void {
  const file = join(home, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, typeof content === "string" ? content : JSON.stringify(content));
}

const HOUR = 3_600_000;
export const ACCOUNT = "0f4bd5a8-0ed7-4f0d-b54f-3f3ab9aee001";
/** Whole seconds, as answers have them. */
const inMs = (ms: number) => Math.floor((Date.now() + ms) / 1000) * 1000;

/** Claude's file in a home folder, as a sign-in leaves it. */
export function signedIn(at: Machine, more: Record<string, unknown> = {}) {
  const login = {
    accessToken: newAccessToken(),
    refreshToken: `sk-ant-ort01-${randomBytes(60).toString("base64url")}`,
    expiresAt: inMs(5 * HOUR),
    refreshTokenExpiresAt: inMs(25 * 24 * HOUR),
    scopes: ["user:profile", "user:inference"],
    subscriptionType: "max",
    accountUuid: ACCOUNT,
    emailAddress: "person@example.com",
    ...more,
  };
  at.tokens.push(...[login.accessToken, login.refreshToken].filter(Boolean));
  put(at, ".claude/.credentials.json", { claudeAiOauth: login });
  return login;
}

/** A machine of somebody's own: a home, and the built command line program run in it as a child process. */
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished } from "vitest";
import { ACTION, filesUnder } from "../scenario/stage.ts";
import { findLeaks } from "../support/runner/index.ts";

/** The built program; another one where the tests themselves are put to the test. */
export const CLI = join(dirname(ACTION), "dist", "cli.mjs");
const KILLER = fileURLToPath(new URL("../support/runner/preload-kill.mjs", import.meta.url));

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Of stdout, if that is JSON. */
  readonly json: Record<string, any>;
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** For stdin, which is empty otherwise. */
  readonly input?: string;
  /** Tokens that stdout is meant to show. */
  readonly shows?: readonly string[];
  /** See preload-kill.mjs. */
  readonly killAt?: string;
  readonly failAt?: string;
  /** Called with the process once it runs. */
  readonly during?: (child: Running) => Promise<void>;
  readonly node?: string;
  readonly cwd?: string;
}

/** A process that has not ended yet. */
export interface Running {
  kill(signal: NodeJS.Signals): void;
  /** Until this stands on stderr. */
  says(text: string): Promise<void>;
}

export interface Machine {
  readonly home: string;
  /** Where `write` keeps what `clean` needs. */
  readonly state: string;
  /** No output and no file of a run may hold one of these, in any encoding, but where it is meant to. */
  readonly tokens: Set<string>;
  run(args: readonly string[], options?: RunOptions): Promise<Ended>;
  read(path: string): string | undefined;
  write(path: string, text: string): string;
  /** Names of what is left of runs. */
  left(): string[];
}

/** @param env what every process has, besides a home and a path */
export function machine(env: Readonly<Record<string, string | undefined>> = {}): Machine {
  const root = realpathSync(mkdtempSync(join(tmpdir(), "oauth-creds-cli-")));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  const home = join(root, "home");
  const state = join(root, "state");
  mkdirSync(home);
  const tokens = new Set<string>();
  const own = { PATH: process.env["PATH"], HOME: home, XDG_STATE_HOME: state, TMPDIR: root, NO_COLOR: "1", ...env };
  return {
    home,
    state: join(state, "oauth-creds", "runs"),
    tokens,
    async run(args, options = {}) {
      const ended = await start(args, own, { cwd: root, ...options });
      const shown = options.shows ?? [];
      const hidden = [...tokens].filter((token) => !shown.includes(token));
      const sources = [
        { name: "stdout", text: ended.stdout },
        { name: "stderr", text: ended.stderr.replace(/^(::add-mask::|##vso\[task\.setsecret\]).*$/gm, "") },
        ...filesUnder(state).flatMap((path) => contentOf(path) ?? []),
      ];
      expect(findLeaks({ tokens: hidden, sources: sources.slice(0, 1) }), "tokens on stdout").toEqual([]);
      expect(findLeaks({ tokens: [...tokens], sources: sources.slice(1) }), "tokens elsewhere").toEqual([]);
      return ended;
    },
    read(path) {
      try {
        return readFileSync(join(home, path), "utf8");
      } catch {
        return undefined;
      }
    },
    write(path, text) {
      const full = join(home, path);
      mkdirSync(dirname(full), { recursive: true });
      writeFileSync(full, text, { mode: 0o600 });
      return full;
    },
    left: () => filesUnder(join(state, "oauth-creds", "runs")),
  };
}

/** Undefined where another process has just removed it. */
function contentOf(path: string): { name: string; text: Buffer } | undefined {
  try {
    return { name: path, text: readFileSync(path) };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

function start(
  args: readonly string[],
  own: Readonly<Record<string, string | undefined>>,
  { env, input = "", killAt, failAt, during, node = process.execPath, cwd }: RunOptions,
): Promise<Ended> {
  const planted = killAt !== undefined || failAt !== undefined;
  const all = { ...own, ...env, ...(killAt && { KILL_AT: killAt }), ...(failAt && { FAIL_AT: failAt }) };
  return new Promise((resolve, reject) => {
    const child = spawn(node, [...(planted ? ["--import", KILLER] : []), CLI, ...args], {
      env: all,
      cwd,
      stdio: ["pipe", "pipe", "pipe"],
    });
    const text = { stdout: "", stderr: "" };
    for (const name of ["stdout", "stderr"] as const) {
      child[name].setEncoding("utf8").on("data", (part: string) => (text[name] += part));
    }
    child.stdin.on("error", () => {}); // it may end without reading
    child.stdin.end(input);
    child.on("error", reject);
    const planned = during?.({
      kill: (signal) => void child.kill(signal),
      async says(wanted) {
        while (!text.stderr.includes(wanted)) {
          if (child.exitCode !== null) throw new Error(`ended without saying it: ${text.stderr}`);
          await sleep(20);
        }
      },
    });
    planned?.catch(() => child.kill("SIGKILL"));
    child.on("close", (code, signal) => {
      const json = text.stdout.startsWith("{") ? (JSON.parse(text.stdout) as Record<string, any>) : {};
      Promise.resolve(planned).then(() => resolve({ code, signal, ...text, json }), reject);
    });
  });
}

/** The variables by which inputs are given. */
export const asVariables = (inputs: Readonly<Record<string, string | undefined>>): Record<string, string | undefined> =>
  Object.fromEntries(
    Object.entries(inputs).map(([name, value]) => [`OAUTH_CREDS_${name.toUpperCase().replaceAll("-", "_")}`, value]),
  );

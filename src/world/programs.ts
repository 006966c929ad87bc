import type { ChildProcess } from "node:child_process";
import { windowsCommand } from "./windows-command.ts";

/** What a program has printed so far, or in all; each is cut off after 1 MB. */
export interface Output {
  readonly stdout: string;
  readonly stderr: string;
}

export interface Ended extends Output {
  /** Undefined if it did not end by itself: out of time, stopped, or killed by somebody else. */
  readonly status: number | undefined;
  /** It did not start: there is no such program, or it may not be run. */
  readonly missing: boolean;
}

export interface RunOptions {
  /** For its stdin, which is empty otherwise. A token goes this way or by `env`, never as an argument. */
  readonly input?: string;
  /** The whole environment. Default: ours, without our inputs. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Default: ours. */
  readonly cwd?: string;
  /** ms until it is killed. */
  readonly timeoutMs: number;
  /** Asked every 50 ms; true kills it at once. */
  readonly until?: (soFar: Output) => boolean;
}

/** Runs a program without a shell, and waits for its end. Nothing that it prints reaches our own output. */
export type RunProgram = (command: string, args: readonly string[], options: RunOptions) => Promise<Ended>;

/** For other programs: none of our inputs, which may be tokens, is theirs to read. */
export const withoutInputs = (env: NodeJS.ProcessEnv | RunOptions["env"]): Record<string, string | undefined> =>
  Object.fromEntries(Object.entries(env ?? {}).filter(([name]) => !/^(INPUT_|OAUTH_CREDS_)/i.test(name)));

const LARGEST_OUTPUT = 1024 * 1024;
const POLL_MS = 50;

/** It leads a process group of its own, and whatever it started is killed with it. */
export const runProgram: RunProgram = (command, args, options) => {
  const { input, env = withoutInputs(process.env), cwd, timeoutMs, until } = options;
  const { spawn } = process.getBuiltinModule("node:child_process");
  const { existsSync } = process.getBuiltinModule("node:fs");
  const start =
    process.platform === "win32"
      ? windowsCommand(command, args, env, existsSync)
      : { file: command, args, verbatim: false };
  return new Promise((resolve) => {
    const child = spawn(start.file, start.args, {
      env: { ...env },
      ...(cwd !== undefined && { cwd }),
      stdio: ["pipe", "pipe", "pipe"],
      detached: process.platform !== "win32",
      windowsHide: true,
      windowsVerbatimArguments: start.verbatim,
    });
    const output = { stdout: "", stderr: "" };
    for (const name of ["stdout", "stderr"] as const) {
      child[name].setEncoding("utf8").on("data", (text: string) => {
        if (output[name].length < LARGEST_OUTPUT) output[name] = (output[name] + text).slice(0, LARGEST_OUTPUT);
      });
    }
    child.stdin.on("error", () => {}); // it may end without reading
    child.stdin.end(input);

    const kill = () => killTree(child);
    const timer = setTimeout(kill, timeoutMs);
    const poll = until && setInterval(() => until({ ...output }) && kill(), POLL_MS);
    const end = (status: number | undefined, missing: boolean) => {
      clearTimeout(timer);
      clearInterval(poll);
      process.off("exit", kill);
      resolve({ status, missing, ...output });
    };
    process.prependOnceListener("exit", kill); // before others clean up behind it
    child.on("error", () => child.pid === undefined && end(undefined, true));
    child.once("exit", kill); // else a child of it could hold the pipes open
    child.once("close", (status) => end(status ?? undefined, false));
  });
};

function killTree(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    if (process.platform !== "win32") process.kill(-child.pid, "SIGKILL");
    else child.kill();
  } catch {
    // The group is empty already.
  }
}

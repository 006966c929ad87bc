/** Runs a real program once, in an environment of which nothing is inherited but PATH. */
import { spawn } from "node:child_process";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { TlsProxy } from "./tls-proxy.ts";

export type ProgramRun = { exitCode: number | null; stdout: string; stderr: string };

export type RunOptions = {
  /** Executable and leading arguments, as `ensureProgram` gives them. */
  command: string[];
  /** The HOME of the run; must exist. */
  home: string;
  world: Pick<TlsProxy, "proxyUrl" | "caFile">;
  args: string[];
  /** More variables; they win over ours. */
  env?: Record<string, string>;
  /** Milliseconds until the whole process group is killed. Default: 60 000. */
  limitMs?: number;
};

/**
 * Runs the program and waits for its end. Whatever it started is killed with it.
 * Throws an Error with the output so far when the time limit is reached.
 */
export async function runProgram(options: RunOptions): Promise<ProgramRun> {
  const { command, home, args, limitMs = 60_000 } = options;
  const [file, ...leading] = command;
  if (file === undefined) throw new Error("The command is empty.");
  const cwd = join(home, "project"); // an empty project: no settings of ours are picked up
  const temp = join(home, "tmp");
  for (const folder of [cwd, temp]) await mkdir(folder, { recursive: true });

  const child = spawn(file, [...leading, ...args], {
    cwd,
    env: {
      PATH: process.env["PATH"],
      HOME: home,
      TMPDIR: temp,
      HTTPS_PROXY: options.world.proxyUrl,
      NODE_EXTRA_CA_CERTS: options.world.caFile,
      ...options.env,
    },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true, // a process group of its own, so that one kill reaches the whole tree
  });
  const killTree = (): void => {
    if (child.pid === undefined) return;
    try {
      process.kill(-child.pid, "SIGKILL");
    } catch {
      // The group is empty already.
    }
  };
  process.once("exit", killTree);

  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => (stdout += chunk));
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => (stderr += chunk));
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    killTree();
  }, limitMs);
  try {
    const exitCode = await new Promise<number | null>((resolve, reject) => {
      child.once("error", reject);
      child.once("exit", killTree); // else a left-over child could hold the pipes open
      child.once("close", resolve);
    });
    if (late) {
      throw new Error(`No end after ${limitMs} ms.\nstdout: ${stdout}\nstderr: ${stderr}`);
    }
    return { exitCode, stdout, stderr };
  } finally {
    clearTimeout(timer);
    process.off("exit", killTree);
  }
}

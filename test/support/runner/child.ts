/** A child process as the runner starts, reads, cancels and kills one. No shell anywhere. */
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { StringDecoder } from "node:string_decoder";
import { cleanAtExit } from "./orphans.ts";

/** When and how to end a process. With neither condition: as soon as it has started. */
export interface Stop {
  /** Tried on every line of both streams, commands included. */
  readonly whenLine?: RegExp;
  readonly whenPromise?: Promise<void>;
  /**
   * "cancel": as a cancelled job: SIGINT, a wait, SIGTERM, a wait, SIGKILL for it and its
   * children. "kill": SIGKILL for all of them at once, as when the machine is gone.
   * "sigterm": SIGTERM and nothing else. Windows has no such signals: there the first one ends
   * the process at once.
   */
  readonly kind: "cancel" | "kill" | "sigterm";
  /** The waits of "cancel" in milliseconds; default: the runner's 7500 and 2500. */
  readonly afterSigintMs?: number;
  readonly afterSigtermMs?: number;
}

export interface ChildOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly stops: readonly Stop[];
  /** Milliseconds; then everything is killed and the promise rejects. */
  readonly timeoutMs: number;
  /** Every line as it arrives, without its end. */
  readonly onLine: (line: string) => void;
}

export interface ChildResult {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly rawStdout: string;
  readonly rawStderr: string;
  readonly pid: number;
  readonly argv: readonly string[];
  /** Whether a "cancel" began while the process was running. */
  readonly cancelled: boolean;
}

/** Milliseconds that the runner waits for children that still hold the streams. */
const STREAMS_MS = 5000;

/** Rejects if the program cannot be started or outlives `timeoutMs`. */
export function runChild(options: ChildOptions): Promise<ChildResult> {
  const { promise, resolve, reject } = Promise.withResolvers<ChildResult>();
  // A group of its own, so that the whole tree can be killed.
  const detached = process.platform !== "win32";
  const child = spawn(options.command, options.args, {
    cwd: options.cwd,
    env: options.env,
    detached,
    stdio: ["ignore", "pipe", "pipe"],
    windowsHide: true,
  });
  const orphan = cleanAtExit(() => killTree(child));
  const timers = new Set<NodeJS.Timeout>();
  const later = (ms: number, work: () => void) => timers.add(setTimeout(work, ms));
  const alive = () => child.exitCode === null && child.signalCode === null;
  let cancelled = false;

  const stop = ({ kind, afterSigintMs = 7500, afterSigtermMs = 2500 }: Stop) => {
    if (!alive()) return;
    if (kind === "kill") return killTree(child);
    if (kind === "sigterm") return void child.kill("SIGTERM");
    cancelled = true;
    child.kill("SIGINT");
    later(afterSigintMs, () => {
      child.kill("SIGTERM");
      later(afterSigtermMs, () => killTree(child));
    });
  };
  const waiting = new Set(options.stops.filter((one) => one.whenLine !== undefined));
  const onLine = (line: string) => {
    options.onLine(line);
    for (const one of waiting) {
      if (!one.whenLine?.test(line)) continue;
      waiting.delete(one);
      stop(one);
    }
  };
  const stdout = readLines(child.stdout, onLine);
  const stderr = readLines(child.stderr, onLine);

  child.once("spawn", () => {
    for (const one of options.stops) {
      one.whenPromise?.then(() => stop(one), fail);
      if (one.whenLine === undefined && one.whenPromise === undefined) stop(one);
    }
  });
  later(options.timeoutMs, () => fail(new Error(`still running after ${options.timeoutMs} ms`)));
  child.once("error", fail);
  child.once("exit", () => {
    clearAll();
    later(STREAMS_MS, () => {
      killTree(child);
      child.stdout.destroy();
      child.stderr.destroy();
    });
  });
  child.once("close", (exitCode, signal) => {
    clearAll();
    orphan.release();
    stdout.end();
    stderr.end();
    resolve({
      exitCode,
      signal,
      rawStdout: stdout.raw(),
      rawStderr: stderr.raw(),
      pid: child.pid ?? 0,
      argv: child.spawnargs,
      cancelled,
    });
  });
  return promise;

  function clearAll() {
    timers.forEach(clearTimeout);
    timers.clear();
  }

  function fail(error: unknown) {
    killTree(child);
    reject(error instanceof Error ? error : new Error(String(error)));
  }
}

/**
 * Splits as .NET does: LF, CR or CRLF ends a line, and what is left at the end is one too. A CR at
 * the end of a chunk waits for the next chunk, which may begin with its LF.
 */
function readLines(stream: NodeJS.ReadableStream, onLine: (line: string) => void) {
  const decoder = new StringDecoder("utf8");
  let raw = "";
  let rest = "";
  const take = (text: string) => {
    raw += text;
    const lines = (rest + text).split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop() ?? "";
    lines.forEach(onLine);
  };
  stream.on("data", (chunk: Buffer) => take(decoder.write(chunk)));
  return {
    raw: () => raw,
    end() {
      take(decoder.end());
      if (rest !== "") onLine(rest.replace(/\r$/, ""));
      rest = "";
    },
  };
}

function killTree(child: ChildProcess): void {
  if (child.pid === undefined) return;
  if (process.platform === "win32") {
    spawnSync("taskkill", ["/pid", String(child.pid), "/T", "/F"], { windowsHide: true });
    return;
  }
  try {
    process.kill(-child.pid, "SIGKILL");
  } catch {
    // Nobody of the group is left.
  }
}

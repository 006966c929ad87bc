/** `oauth-creds` in a process of its own, as a person or a script runs it, without a terminal. */
import { spawn } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { cleanAtExit } from "../runner/orphans.ts";

/** The sources, or with OAUTH_CREDS_CLI what was built from them. */
export const CLI: string =
  process.env["OAUTH_CREDS_CLI"] ?? join(import.meta.dirname, "..", "..", "..", "src", "cli.ts");

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Program {
  /** The address that it opened in a browser (by `xdg-open`). */
  opened(): Promise<string>;
  /** The first address in what it says, from where on `pattern` matches. */
  says(pattern: RegExp): Promise<string>;
  /** To its stdin. */
  write(text: string): void;
  /** Closes its stdin. */
  end(): void;
  kill(signal: NodeJS.Signals): void;
  readonly ended: Promise<Ended>;
  /** What it has said so far. */
  soFar(): { stdout: string; stderr: string };
}

/** A home folder of its own, with an `xdg-open` that opens nothing and notes what it was given. */
export interface Desk {
  readonly home: string;
  /** First in PATH. */
  readonly bin: string;
  run(args: readonly string[], options?: { env?: Record<string, string>; input?: string }): Program;
  path(name: string): string;
  read(name: string): string | undefined;
  remove(): void;
}

const PATIENCE_MS = 60_000;

export function makeDesk(): Desk {
  const home = mkdtempSync(join(tmpdir(), "desk-"));
  const bin = join(home, ".bin");
  const opened = join(home, ".opened");
  mkdirSync(bin);
  mkdirSync(join(home, ".tmp"));
  const script = join(bin, "xdg-open");
  // In one step: whoever waits for it must not read the half of it.
  writeFileSync(
    script,
    `#!/bin/sh\n[ $# = 1 ] || exit 9\nprintf '%s' "$1" > '${opened}.part' && mv '${opened}.part' '${opened}'\n`,
  );
  chmodSync(script, 0o755);
  const desk: Desk = {
    home,
    bin,
    path: (name) => join(home, name),
    read: (name) => (existsSync(join(home, name)) ? readFileSync(join(home, name), "utf8") : undefined),
    remove: () => rmSync(home, { recursive: true, force: true, maxRetries: 5 }),
    run(args, { env = {}, input } = {}) {
      rmSync(opened, { force: true });
      const child = spawn(process.execPath, [CLI, ...args], {
        cwd: home,
        env: {
          PATH: [bin, process.env["PATH"]].join(delimiter),
          HOME: home,
          TMPDIR: join(home, ".tmp"),
          DISPLAY: ":77", // nobody listens there
          NO_COLOR: "1",
          ...env,
        },
        stdio: ["pipe", "pipe", "pipe"],
        detached: true,
      });
      const kill = () => {
        try {
          if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
        } catch {
          // It has ended.
        }
      };
      const orphan = cleanAtExit(kill);
      const output = { stdout: "", stderr: "" };
      child.stdout.setEncoding("utf8").on("data", (text: string) => (output.stdout += text));
      child.stderr.setEncoding("utf8").on("data", (text: string) => (output.stderr += text));
      child.stdin.on("error", () => {});
      if (input !== undefined) child.stdin.end(input);
      let over = false;
      const ended = new Promise<Ended>((resolve) => {
        child.once("close", (code, signal) => {
          over = true;
          orphan.release();
          resolve({ code, signal, ...output });
        });
      });
      const wait = async (what: string, look: () => string | undefined): Promise<string> => {
        const deadline = Date.now() + PATIENCE_MS;
        for (;;) {
          const found = look();
          if (found !== undefined) return found;
          if (over || Date.now() > deadline) throw new Error(`No ${what}. It said: ${output.stderr}${output.stdout}`);
          await sleep(20);
        }
      };
      return {
        ended,
        soFar: () => ({ ...output }),
        opened: () => wait("address was opened", () => (existsSync(opened) ? readFileSync(opened, "utf8") : undefined)),
        says: (pattern) =>
          wait(`word like ${pattern}`, () => {
            const at = pattern.exec(output.stderr);
            const address = at && /https?:\/\/\S+(?=\s)/.exec(output.stderr.slice(at.index));
            return at ? (address?.[0] ?? "") : undefined;
          }),
        write: (text) => void child.stdin.write(text),
        end: () => void child.stdin.end(),
        kill: (signal) => void child.kill(signal),
      };
    },
  };
  return desk;
}

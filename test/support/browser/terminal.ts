/** A real terminal (tmux), with a shell in it, as a person sits before it. */
import { execFileSync, spawnSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { unlessRequired } from "../required.ts";
import { cleanAtExit } from "../runner/orphans.ts";

export const hasTmux = (): boolean =>
  unlessRequired("tmux", spawnSync("tmux", ["-V"]).status === 0 && spawnSync("bash", ["--version"]).status === 0);

export interface Screen {
  /** Everything that has stood on the screen. */
  text(): string;
  /** Waits for it, and gives what was found. */
  shows(pattern: RegExp): Promise<RegExpExecArray>;
  /** As typed, and then Enter. */
  enter(line: string): void;
  /** One of tmux' names of keys: `C-c`, `Enter`. */
  key(name: string): void;
  /** Pastes; `marked`: as a terminal that marks what is pasted, where the program asks for it. */
  paste(text: string, marked: boolean): void;
  /** What the shell would remember, beside this line. */
  history(): Promise<string>;
  close(): void;
}

const PATIENCE_MS = 60_000;

/** A shell in a window of 200 columns. */
export function openTerminal(env: Readonly<Record<string, string>>, cwd: string): Screen {
  const folder = mkdtempSync(join(tmpdir(), "terminal-"));
  const socket = join(folder, "socket");
  const tmux = (...args: string[]) =>
    execFileSync("tmux", ["-S", socket, "-f", "/dev/null", ...args], { encoding: "utf8" });
  const shell = "exec bash --norc --noprofile -i";
  const clean = {
    PATH: process.env["PATH"] ?? "",
    TERM: "xterm-256color",
    PS1: "$ ",
    LC_ALL: "C.UTF-8",
    HISTFILE: join(folder, "history"),
  };
  const assignments = Object.entries({ ...clean, ...env }).map(([name, value]) => `${name}=${value}`);
  execFileSync(
    "tmux",
    [
      "-S",
      socket,
      "-f",
      "/dev/null",
      "new-session",
      "-d",
      "-x",
      "200",
      "-y",
      "50",
      "-c",
      cwd,
      "env",
      "-i",
      ...assignments,
      "sh",
      "-c",
      shell,
    ],
    { env: { PATH: process.env["PATH"], TERM: "xterm-256color", LC_ALL: "C.UTF-8" } },
  );
  const kill = () => void spawnSync("tmux", ["-S", socket, "kill-server"]);
  const orphan = cleanAtExit(kill);
  const text = () => tmux("capture-pane", "-p", "-J", "-S", "-");
  const screen: Screen = {
    text,
    async shows(pattern) {
      const deadline = Date.now() + PATIENCE_MS;
      for (;;) {
        const found = pattern.exec(text());
        if (found) return found;
        if (Date.now() > deadline) throw new Error(`The screen never showed ${pattern}:\n${text()}`);
        await sleep(50);
      }
    },
    enter(line) {
      tmux("send-keys", "-l", line);
      tmux("send-keys", "Enter");
    },
    key: (name) => void tmux("send-keys", name),
    paste(pasted, marked) {
      const buffer = join(folder, randomUUID());
      writeFileSync(buffer, pasted);
      tmux("load-buffer", "-b", "paste", buffer);
      rmSync(buffer);
      tmux("paste-buffer", "-d", ...(marked ? ["-p"] : []), "-b", "paste");
    },
    async history() {
      const mark = randomUUID();
      screen.enter(`clear; history; echo end-$((1+1))-${mark}`);
      await screen.shows(new RegExp(`end-2-${mark}`));
      return text();
    },
    close() {
      kill();
      orphan.release();
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
  return screen;
}

/**
 * A program at a real terminal, driven as a person does: tmux gives it a screen of a known size, keys and pastes, and
 * tells what stands on the screen.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { unlessRequired } from "../required.ts";

/** Undefined where tmux is not installed: such tests are skipped, and say so. */
export const TMUX = unlessRequired("tmux", spawnSync("tmux", ["-V"], { encoding: "utf8" }).stdout?.trim() || undefined);

export interface TerminalOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** The whole environment but for TERM. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Default 100 by 50. */
  readonly columns?: number;
  readonly rows?: number;
}

export interface Terminal {
  /** What stands on the screen now, without colours. */
  screen(): string;
  /** All that was printed, lines that have gone from the screen included; broken lines are joined. */
  all(): string;
  /** Every byte that was ever printed, what was erased again included. */
  raw(): string;
  /** With the terminal's colour sequences. */
  coloured(): string;
  /** All that was printed on one line: without the frame of a wizard, and without its line breaks. */
  flat(): string;
  /** Waits until a text stands in `flat`, as often as `times` says. Rejects with all that was printed if it does not. */
  sees(text: string, times?: number): Promise<void>;
  /** Keys by tmux's names: `Enter`, `Down`, `C-c`. */
  press(...keys: readonly string[]): void;
  /** Types a text without Enter. */
  type(text: string): void;
  /** Pastes as a terminal does: marked, if the program has asked for that. */
  paste(text: string): void;
  resize(columns: number, rows: number): void;
  /** Waits for the program's end, and gives its exit code. */
  ended(): Promise<number>;
  close(): void;
}

/** A wait ends with the text; this is only for one that never comes, on a machine that does much else. */
const PATIENCE_MS = 60_000;
const POLL_MS = 100;

/** Whoever opens one closes it. */
export function openTerminal({ command, args, cwd, env, columns = 100, rows = 50 }: TerminalOptions): Terminal {
  const folder = mkdtempSync(join(tmpdir(), "terminal-"));
  const socket = join(folder, "socket");
  const script = join(folder, "start.sh");
  const [code, raw, go] = [join(folder, "code"), join(folder, "raw"), join(folder, "go")];
  const quote = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;
  const given = Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${value}`]));
  // A file, so that nothing of it stands in an argument of tmux. The shell outlives ctrl-C: it tells how it ended.
  // It waits until everything that the program prints is kept.
  const lines = [
    `cd ${quote(cwd)}`,
    `until [ -e ${quote(go)} ]; do sleep 0.05; done`,
    "trap : INT",
    `env -i TERM="$TERM" ${given.map(quote).join(" ")} ${[command, ...args].map(quote).join(" ")}`,
    `echo $? > ${quote(`${code}.new`)} && mv ${quote(`${code}.new`)} ${quote(code)}`,
  ];
  writeFileSync(script, `${lines.join("\n")}\n`, { mode: 0o700 });
  const tmux = (...words: string[]): string =>
    execFileSync("tmux", ["-u", "-S", socket, "-f", "/dev/null", ...words], {
      encoding: "utf8",
      env: { PATH: process.env["PATH"], LANG: "C.UTF-8", HOME: folder, TMUX: "" },
      stdio: ["ignore", "pipe", "pipe"],
    });
  const session = `t${randomBytes(3).toString("hex")}`;
  const start = [
    ["new-session", "-d", "-s", session, "-x", String(columns), "-y", String(rows), `sh ${quote(script)}`],
    ["set-option", "-g", "remain-on-exit", "on"],
    ["set-option", "-g", "history-limit", "5000"],
    ["set-option", "-g", "status", "off"],
    ["set-option", "-g", "default-terminal", "screen-256color"],
    ["pipe-pane", "-t", session, `cat >> ${quote(raw)}`],
  ];
  tmux(...start.flatMap((words) => [...words, ";"]).slice(0, -1));
  writeFileSync(go, "");
  const capture = (...more: string[]) => tmux("capture-pane", "-p", "-t", session, ...more);
  const all = () => capture("-J", "-S", "-").trimEnd();
  const flat = () => all().replaceAll(/\s*\n(?:[│┌└◆◇●○▲■] *)*\s*/g, " ");

  async function until(there: () => boolean, what: string): Promise<void> {
    const end = Date.now() + PATIENCE_MS;
    while (!there()) {
      if (Date.now() > end) throw new Error(`${what}; the terminal shows:\n${all()}`);
      await sleep(POLL_MS);
    }
  }

  return {
    screen: () => capture().trimEnd(),
    all,
    raw: () => (existsSync(raw) ? readFileSync(raw, "utf8") : ""),
    coloured: () => capture("-e").trimEnd(),
    flat,
    sees: (text, times = 1) => until(() => flat().split(text).length > times, `${text} did not come`),
    press: (...keys) => void tmux("send-keys", "-t", session, ...keys),
    type: (text) => void tmux("send-keys", "-t", session, "-l", "--", text),
    paste(text) {
      const file = join(folder, "buffer");
      writeFileSync(file, text, { mode: 0o600 });
      tmux("load-buffer", "-b", "given", file, ";", "paste-buffer", "-d", "-p", "-b", "given", "-t", session);
      rmSync(file);
    },
    resize: (width, height) => void tmux("resize-window", "-t", session, "-x", String(width), "-y", String(height)),
    async ended() {
      await until(() => existsSync(code), "it has not ended");
      return Number(readFileSync(code, "utf8"));
    },
    close() {
      if (existsSync(socket)) spawnSync("tmux", ["-S", socket, "kill-server"], { stdio: "ignore" });
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

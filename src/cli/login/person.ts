import { usage } from "../arguments.ts";
import type { Terminal } from "../terminal.ts";
import { MARK_NO_PASTES, MARK_PASTES } from "./keys.ts";
import { oneLine, oneLineOrFile, type Reading, readKeys } from "./read-keys.ts";

type Stdin = NodeJS.ReadStream;

/** Whoever sits before the terminal, or the program that plays them. */
export interface Person {
  /** Whether somebody can be asked. */
  readonly present: boolean;
  tell(text: string): void;
  /** An answer that may be seen; undefined if nobody gives one: there is nobody, or they are gone. */
  ask(question: string): Promise<string | undefined>;
  /**
   * One text, not echoed. From a pipe: one line, or with `all` everything. Undefined where nothing (more) comes, and
   * once `signal` is aborted. Throws a Failure where stdin is a terminal, and there is none to show the question on.
   */
  paste(
    question: string,
    options?: { readonly all?: boolean; readonly signal?: AbortSignal },
  ): Promise<string | undefined>;
  /** Leaves stdin, so that the process can end. */
  leave(): void;
}

/** @param cancel what Ctrl-C means while keys are read one by one */
export function meet(terminal: Terminal, cancel: () => void): Person {
  const { stdin, stderr } = process;
  const present = stdin.isTTY === true && stderr.isTTY === true;
  let lines: Lines | undefined;
  return {
    present,
    tell: (text) => (terminal.json ? terminal.notice(text) : terminal.log(text)),
    async ask(question) {
      if (!present) return undefined;
      const { createInterface } = process.getBuiltinModule("node:readline/promises");
      const dialog = createInterface({ input: stdin, output: stderr });
      const aborted = new Promise<undefined>((resolve) => {
        dialog.once("SIGINT", () => {
          cancel();
          resolve(undefined);
        });
        dialog.once("close", () => resolve(undefined));
      });
      try {
        return (await Promise.race([dialog.question(question), aborted]))?.trim();
      } finally {
        dialog.close();
      }
    },
    async paste(question, { all = false, signal } = {}) {
      if (stdin.isTTY) return pasteAt(stdin, question, { whole: all ? oneLineOrFile : oneLine, signal }, cancel);
      lines ??= new Lines(stdin);
      return all ? lines.all() : lines.next(signal);
    },
    leave: () => void stdin.destroy(),
  };
}

/** A terminal that echoes is never read, wherever stderr goes. */
async function pasteAt(
  stdin: Stdin,
  question: string,
  reading: Reading,
  cancel: () => void,
): Promise<string | undefined> {
  if (reading.signal?.aborted) return undefined;
  const { stderr } = process;
  const own = stderr.isTTY ? undefined : openTerminal();
  const display: Display = own ?? stderr;
  try {
    const hearing = readKeys(stdin, reading);
    display.write(`${question}${MARK_PASTES}`);
    const heard = await hearing;
    display.write(`${MARK_NO_PASTES}\n`);
    if (heard.type === "cancelled") cancel();
    return heard.type === "text" ? heard.text : undefined;
  } finally {
    own?.close();
  }
}

interface Display {
  write(text: string): void;
}

/** Where a prompt is seen though stderr goes elsewhere: the terminal itself. Throws a Failure where there is none. */
function openTerminal(): Display & { close(): void } {
  const { closeSync, openSync, writeSync } = process.getBuiltinModule("node:fs");
  try {
    const fd = openSync(process.platform === "win32" ? "\\\\.\\CONOUT$" : "/dev/tty", "w");
    return { write: (text) => void writeSync(fd, text), close: () => closeSync(fd) };
  } catch {
    throw usage("The prompt for what is to be pasted cannot be shown here: stderr is no terminal. Pipe it in instead.");
  }
}

/** Lines from a pipe, as they come. */
class Lines {
  #text = "";
  #ended = false;
  #wake: (() => void) | undefined;

  constructor(stdin: Stdin) {
    const end = () => {
      this.#ended = true;
      this.#wake?.();
    };
    stdin
      .setEncoding("utf8")
      .on("data", (chunk: string) => {
        this.#text += chunk;
        this.#wake?.();
      })
      .once("end", end)
      .once("error", end)
      .once("close", end);
  }

  async next(signal?: AbortSignal): Promise<string | undefined> {
    for (;;) {
      const end = this.#text.indexOf("\n");
      if (end >= 0 || (this.#ended && this.#text !== "")) {
        const line = end < 0 ? this.#text : this.#text.slice(0, end);
        this.#text = end < 0 ? "" : this.#text.slice(end + 1);
        return line;
      }
      if (this.#ended || signal?.aborted) return undefined;
      await this.#more(signal);
    }
  }

  async all(): Promise<string> {
    while (!this.#ended) await this.#more(undefined);
    return this.#text;
  }

  #more(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
      signal?.addEventListener("abort", () => resolve(), { once: true });
    });
  }
}

import { parseObject } from "../../json.ts";
import type { Terminal } from "../terminal.ts";
import { asPaste, keyReader, MARK_NO_PASTES, MARK_PASTES } from "./keys.ts";

type Stdin = NodeJS.ReadStream;

/** Whoever sits before the terminal, or the program that plays them. */
export interface Person {
  /** Whether somebody can be asked. */
  readonly present: boolean;
  tell(text: string): void;
  /** An answer that may be seen; empty if there is nobody. */
  ask(question: string): Promise<string>;
  /**
   * One text, not echoed. From a pipe: one line, or with `all` everything. Undefined where nothing (more) comes, and
   * once `signal` is aborted.
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
      if (!present) return "";
      const { createInterface } = process.getBuiltinModule("node:readline/promises");
      const dialog = createInterface({ input: stdin, output: stderr });
      const aborted = new Promise<string>((resolve) => {
        dialog.once("SIGINT", () => {
          cancel();
          resolve("");
        });
        dialog.once("close", () => resolve(""));
      });
      try {
        return (await Promise.race([dialog.question(question), aborted])).trim();
      } finally {
        dialog.close();
      }
    },
    paste(question, { all = false, signal } = {}) {
      if (present) return readKeys(stdin, question, all, signal, cancel);
      lines ??= new Lines(stdin);
      return all ? lines.all() : lines.next(signal);
    },
    leave: () => void stdin.destroy(),
  };
}

/** No two keys of a person are that close, but the parts of a paste are. */
const QUIET_MS = 100;

function readKeys(
  stdin: Stdin,
  question: string,
  all: boolean,
  signal: AbortSignal | undefined,
  cancel: () => void,
): Promise<string | undefined> {
  const { stderr } = process;
  // A file of JSON ends where it is whole; anything else with the first Enter.
  const read = keyReader((text) => !all || !text.trimStart().startsWith("{") || parseObject(text) !== undefined);
  return new Promise((resolve) => {
    let quiet: NodeJS.Timeout | undefined;
    const finish = (text: string | undefined) => {
      clearTimeout(quiet);
      stdin.off("data", hear).off("end", ended);
      signal?.removeEventListener("abort", ended);
      stdin.setRawMode(false);
      stdin.pause();
      stderr.write(`${MARK_NO_PASTES}\n`);
      resolve(text);
    };
    const ended = () => finish(undefined);
    const hear = (chunk: Buffer | string) => {
      // What comes right after Enter belongs to it: a paste of two lines that arrived in two parts.
      const typed = read(quiet === undefined ? String(chunk) : asPaste("\n") + String(chunk));
      clearTimeout(quiet);
      quiet = undefined;
      if (typed.type === "more") return;
      if (typed.type === "done") return void (quiet = setTimeout(finish, QUIET_MS, typed.text));
      cancel();
      finish(undefined);
    };
    if (signal?.aborted) return resolve(undefined);
    signal?.addEventListener("abort", ended, { once: true });
    stderr.write(`${question}${MARK_PASTES}`);
    stdin.setRawMode(true);
    stdin.setEncoding("utf8").on("data", hear).once("end", ended).resume();
  });
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

import { Failure } from "../errors.ts";
import { escapeData, type Runner } from "../runner/commands.ts";
import { maskerOf } from "./masks.ts";

/** Where a person or a script reads what a verb has to say. */
export interface Terminal extends Runner {
  readonly json: boolean;
  /** Outputs that the flow has given, as the action would. */
  readonly given: Readonly<Record<string, string>>;
  /** State for `clean`, as main leaves it for post. */
  readonly kept: Readonly<Record<string, string>>;
  /** Variables that the action would set for later steps. */
  readonly variables: Readonly<Record<string, string>>;
  /**
   * The verb's answer on stdout: text for people, or with `--json` one line of JSON. False if nobody took (all of) it.
   * Throws a Failure.
   */
  answer(text: string, data: Readonly<Record<string, unknown>>): boolean;
}

type Env = Readonly<Record<string, string | undefined>>;

const MARKS = { notice: ["cyan", "note"], warning: ["yellow", "warning"], error: ["red", "error"] } as const;

/**
 * What is said goes to stderr, so that stdout holds the answer alone. With `json` each notice, warning or error
 * is a line of JSON.
 * In a step of GitHub Actions messages are annotations. Masks are told to the CI's own masker, which reads stderr, too.
 *
 * @param quiet nothing but warnings and errors
 */
export function terminal(env: Env, json: boolean, quiet = false): Terminal {
  const { styleText } = process.getBuiltinModule("node:util");
  const inActions = env["GITHUB_ACTIONS"] === "true";
  const given: Record<string, string> = {};
  const kept: Record<string, string> = {};
  const variables: Record<string, string> = {};
  const tell = (level: keyof typeof MARKS, message: string, title = "oauth-creds") => {
    if (json) return say(JSON.stringify({ level, message }));
    if (inActions) return say(`::${level} title=${title.replaceAll(":", "%3A")}::${escapeData(message)}`);
    const [color, word] = MARKS[level];
    say(`${styleText(color, word, { stream: process.stderr })}: ${message}`);
  };
  return {
    json,
    given,
    kept,
    variables,
    log: (text) => void (quiet || json || say(text)),
    notice: (message) => void (quiet || tell("notice", message)),
    warning: (message) => tell("warning", message),
    error: (message, title) => tell("error", message, title),
    mask: maskerOf(env, say, (text) => tell("warning", text)),
    outputs: (values) => void Object.assign(given, values),
    state: (name, value) => void (kept[name] = value),
    variable: (name, value) => void (variables[name] = value),
    summary: () => {}, // the log says the same
    answer: (text, data) => print(1, `${json ? JSON.stringify({ version: 1, ...data }) : text}\n`),
  };
}

/** A message that nobody takes is no reason to stop. */
function say(text: string): void {
  try {
    print(2, `${text}\n`);
  } catch {
    // stderr is closed, or its disk is full
  }
}

/**
 * Before it returns: what is printed right before the process ends is not cut off. Throws a Failure if it could not
 * be written; false if the reader of a pipe has ended, which mostly has seen enough.
 */
export function print(fd: 1 | 2, text: string): boolean {
  const { writeSync } = process.getBuiltinModule("node:fs");
  let rest: Uint8Array = Buffer.from(text);
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(fd, rest));
    } catch (error) {
      const { code = "unknown" } = error as { code?: string };
      if (code === "EPIPE" || code === "EOF") return false;
      if (code !== "EAGAIN") throw new Failure("file-failed", `The answer could not be printed (${code}).`, "");
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2); // the reader of the pipe is behind
    }
  }
  return true;
}

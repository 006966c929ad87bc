import type { Runner } from "../runner/commands.ts";

/** Where a person or a script reads what a verb has to say. */
export interface Terminal extends Runner {
  readonly json: boolean;
  /** Outputs that the flow has given, as the action would. */
  readonly given: Readonly<Record<string, string>>;
  /** State for `clean`, as main leaves it for post. */
  readonly kept: Readonly<Record<string, string>>;
  /** Variables that the action would set for later steps. */
  readonly variables: Readonly<Record<string, string>>;
  /** The verb's answer on stdout: text for people, or with `--json` one line of JSON. */
  answer(text: string, data: Readonly<Record<string, unknown>>): void;
}

type Env = Readonly<Record<string, string | undefined>>;

const MARKS = { notice: ["cyan", "note"], warning: ["yellow", "warning"], error: ["red", "error"] } as const;

/**
 * What is said goes to stderr, so that stdout holds the answer alone. Inside GitHub Actions masks are still told to
 * the runner, which reads both.
 */
export function terminal(env: Env, json: boolean): Terminal {
  const { writeSync } = process.getBuiltinModule("node:fs");
  const { styleText } = process.getBuiltinModule("node:util");
  const given: Record<string, string> = {};
  const kept: Record<string, string> = {};
  const variables: Record<string, string> = {};
  const say = (text: string) => void writeAll(writeSync, 2, `${text}\n`);
  const tell = (level: keyof typeof MARKS, message: string) => {
    if (json) return say(JSON.stringify({ level, message }));
    const [color, word] = MARKS[level];
    say(`${styleText(color, word, { stream: process.stderr })}: ${message}`);
  };
  return {
    json,
    given,
    kept,
    variables,
    log: (text) => void (json || say(text)),
    notice: (message) => tell("notice", message),
    warning: (message) => tell("warning", message),
    error: (message) => tell("error", message),
    mask: (values) => {
      if (env["GITHUB_ACTIONS"] !== "true") return;
      for (const value of values) say(`::add-mask::${value.replaceAll("%", "%25")}`);
    },
    outputs: (values) => void Object.assign(given, values),
    state: (name, value) => void (kept[name] = value),
    variable: (name, value) => void (variables[name] = value),
    summary: () => {}, // the log says the same
    answer: (text, data) => void writeAll(writeSync, 1, `${json ? JSON.stringify({ version: 1, ...data }) : text}\n`),
  };
}

/** Before it returns: what is printed right before the process ends is not cut off. */
function writeAll(write: (fd: number, bytes: Uint8Array) => number, fd: number, text: string): void {
  let rest: Uint8Array = Buffer.from(text);
  while (rest.length > 0) {
    try {
      rest = rest.subarray(write(fd, rest));
    } catch (error) {
      if ((error as { code?: string }).code !== "EAGAIN") return; // nobody listens any more
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2);
    }
  }
}

const fs = process.getBuiltinModule("node:fs");

/**
 * What the Actions runner understands: workflow commands on stdout, and the files that it names in GITHUB_*.
 * The same as `@actions/core` writes (a test compares them); that package costs 10 KB and 11 ms more.
 */
export interface Runner {
  /** Plain text for the log. */
  log(text: string): void;
  notice(message: string): void;
  warning(message: string): void;
  error(message: string, title: string): void;
  /** Teaches the log's masker; prints nothing that stays visible. */
  mask(values: readonly string[]): void;
  outputs(values: Readonly<Record<string, string>>): void;
  /** For our own post step. Never a token. */
  state(name: string, value: string): void;
  /** A variable of every later step of the job. */
  variable(name: string, value: string): void;
  summary(markdown: string): void;
}

type Env = Readonly<Record<string, string | undefined>>;

export function githubRunner(env: Env): Runner {
  const annotate = (level: string, message: string, title = "oauth-creds") =>
    print(`::${level} title=${escapeProperty(title)}::${escapeData(message)}\n`);
  const keep = (file: string, values: Readonly<Record<string, string>>) => {
    const lines = Object.entries(values).map(([name, value]) => {
      // One `name=value` line needs no delimiter, so there is none that a value could contain.
      if (/[\r\n]/.test(name + value)) throw new Error(`a line break in ${name}`);
      return `${name}=${value}\n`;
    });
    const path = env[file];
    if (path) fs.appendFileSync(path, lines.join(""));
  };
  return {
    log: (text) => print(`${text}\n`),
    notice: (message) => annotate("notice", message),
    warning: (message) => annotate("warning", message),
    error: (message, title) => annotate("error", message, title),
    mask: (values) => print(values.map((value) => `::add-mask::${escapeData(value)}\n`).join("")),
    outputs: (values) => keep("GITHUB_OUTPUT", values),
    state: (name, value) => keep("GITHUB_STATE", { [name]: value }),
    variable: (name, value) => keep("GITHUB_ENV", { [name]: value }),
    summary(markdown) {
      const path = env["GITHUB_STEP_SUMMARY"];
      try {
        if (path) fs.appendFileSync(path, markdown);
      } catch {
        // A job is not to fail for want of its summary.
      }
    },
  };
}

export function escapeData(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}

/**
 * Writes to stdout before it returns. `process.stdout` would load a stream (3 ms), and on Windows would still
 * be writing when the process ends.
 */
function print(text: string): void {
  let rest: Uint8Array = Buffer.from(text);
  while (rest.length > 0) {
    try {
      rest = rest.subarray(fs.writeSync(1, rest));
    } catch (error) {
      const { code } = error as { code?: string };
      if (code !== "EAGAIN") return; // nobody listens any more; the work goes on
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2); // the reader of the pipe is behind
    }
  }
}

/**
 * The files through which a step talks to the runner (GITHUB_OUTPUT, GITHUB_ENV, GITHUB_STATE,
 * GITHUB_PATH, GITHUB_STEP_SUMMARY). The runner reads them after the process has ended, however it
 * ended.
 */
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { randomUUID } from "node:crypto";

/** Inside RUNNER_TEMP. What is written there stays in clear until the end of the job. */
export const FILE_COMMANDS_FOLDER = "_runner_file_commands";

/** Bytes; a longer summary is refused as a whole. */
const LONGEST_SUMMARY = 1024 * 1024;

/** The path of each file. */
export interface FileCommands {
  readonly output: string;
  readonly env: string;
  readonly state: string;
  readonly path: string;
  readonly summary: string;
}

export interface KeyValues {
  /** In the order of the file, up to the first error. */
  readonly pairs: readonly (readonly [name: string, value: string])[];
  /** What the runner says of the file; the pairs before the bad line count nevertheless. */
  readonly error?: string;
}

/** Makes fresh, empty files for one step. */
export function createFileCommands(temp: string): FileCommands {
  const folder = join(temp, FILE_COMMANDS_FOLDER);
  mkdirSync(folder, { recursive: true });
  const id = randomUUID();
  const fresh = (prefix: string) => {
    const path = join(folder, `${prefix}_${id}`);
    writeFileSync(path, "");
    return path;
  };
  return {
    output: fresh("set_output"),
    env: fresh("set_env"),
    state: fresh("save_state"),
    path: fresh("add_path"),
    summary: fresh("step_summary"),
  };
}

/** The variables that name the files to the step. */
export function fileCommandVariables(files: FileCommands): Record<string, string> {
  return {
    GITHUB_OUTPUT: files.output,
    GITHUB_ENV: files.env,
    GITHUB_STATE: files.state,
    GITHUB_PATH: files.path,
    GITHUB_STEP_SUMMARY: files.summary,
  };
}

/** A file that the step removed counts as empty. */
export function readKeyValues(path: string): KeyValues {
  return existsSync(path) ? parseKeyValues(readText(path)) : { pairs: [] };
}

/**
 * `name=value` lines and `name<<DELIMITER` … `DELIMITER` blocks; whichever sign comes first in the
 * line decides. Empty lines between them are skipped; white space is kept.
 */
export function parseKeyValues(text: string, platform: string = process.platform): KeyValues {
  const lines = linesOf(text, platform);
  const pairs: [string, string][] = [];
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at]?.text ?? "";
    if (line === "") continue;
    const equals = line.indexOf("=");
    const heredoc = line.indexOf("<<");
    if (equals >= 0 && (heredoc < 0 || equals < heredoc)) {
      pairs.push([line.slice(0, equals), line.slice(equals + 1)]);
      continue;
    }
    if (heredoc < 0) return { pairs, error: `Invalid format '${line}'` };
    const name = line.slice(0, heredoc);
    const delimiter = line.slice(heredoc + 2);
    if (name === "" || delimiter === "") {
      const why = "Name must not be empty and delimiter must not be empty";
      return { pairs, error: `Invalid format '${line}'. ${why}` };
    }
    const first = ++at;
    for (; lines[at]?.text !== delimiter; at++) {
      const next = lines[at];
      if (next === undefined) {
        return { pairs, error: `Invalid value. Matching delimiter not found '${delimiter}'` };
      }
      if (!next.ended) return { pairs, error: "Invalid value. EOF marker missing new line." };
    }
    // From the text, so that the line breaks inside the value stay as they were written.
    const value = at > first ? text.slice(lines[first]?.start, lines[at - 1]?.stop) : "";
    pairs.push([name, value]);
  }
  return { pairs };
}

interface Line {
  readonly text: string;
  readonly start: number;
  readonly stop: number;
  /** False for the end of a file without a line break. */
  readonly ended: boolean;
}

/** Only on Windows does CRLF end a line; elsewhere the CR belongs to the value. */
function linesOf(text: string, platform: string): Line[] {
  const lines: Line[] = [];
  for (let start = 0; start < text.length;) {
    const newline = text.indexOf("\n", start);
    const end = newline < 0 ? text.length : newline;
    const carriage = platform === "win32" && end > start && newline >= 0 && text[end - 1] === "\r";
    const stop = carriage ? end - 1 : end;
    lines.push({ text: text.slice(start, stop), start, stop, ended: newline >= 0 });
    start = end + 1;
  }
  return lines;
}

/** GITHUB_PATH: one folder a line. */
export function readPathLines(path: string): string[] {
  if (!existsSync(path)) return [];
  return splitLines(readText(path)).filter((line) => line !== "");
}

/** The summary as it was written, and as it is shown: masked line by line. */
export function readSummary(
  path: string,
  mask: (line: string) => string,
): { raw: string; shown: string; error?: string } {
  if (!existsSync(path)) return { raw: "", shown: "" };
  const raw = readText(path);
  const { size } = statSync(path);
  if (size > LONGEST_SUMMARY) {
    const limit = `supports content up to a size of 1024k, got ${Math.floor(size / 1024)}k`;
    return { raw, shown: "", error: `$GITHUB_STEP_SUMMARY upload aborted, ${limit}.` };
  }
  return {
    raw,
    shown: splitLines(raw)
      .map((line) => `${mask(line)}\n`)
      .join(""),
  };
}

/** As .NET reads lines: LF, CR or CRLF ends one, and a last empty one does not count. */
export function splitLines(text: string): string[] {
  const lines = text.split(/\r\n|\r|\n/);
  if (lines.at(-1) === "") lines.pop();
  return lines;
}

function readText(path: string): string {
  return readFileSync(path, "utf8").replace(/^\uFEFF/, "");
}

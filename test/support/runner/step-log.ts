/** Turns the lines that a step prints into what GitHub shows, and obeys the commands in them. */
import type { Job } from "./job.ts";
import { parseCommand, type WorkflowCommand } from "./workflow-command.ts";

export type AnnotationLevel = "error" | "warning" | "notice";

export interface Annotation {
  readonly level: AnnotationLevel;
  /** Empty if there is none. The runner does not mask it, nor any other property. */
  readonly title: string;
  /** Masked, and cut after 4096 characters. */
  readonly message: string;
  /** All properties with their keys in lower case: file, line, endline, col, endcolumn, title. */
  readonly properties: Readonly<Record<string, string>>;
}

export interface StepLog {
  /** As shown; `Error: …` for what a log file has as `##[error]…`; groups as in the file. */
  readonly lines: string[];
  readonly annotations: Annotation[];
  /** Set by the old `::set-output::`, which still works. */
  readonly outputs: Map<string, string>;
  /** Set by the old `::save-state::`, likewise. */
  readonly state: Map<string, string>;
  /** A command was wrong: the step fails whatever its exit code. */
  failed: boolean;
  /** One line that the step printed, on either stream. */
  read(line: string): void;
  /** A line of the runner's own. */
  print(text: string): void;
  debug(text: string): void;
  annotate(level: AnnotationLevel, message: string, properties?: ReadonlyMap<string, string>): void;
  /** The runner's own error about the step: fails it. */
  fail(message: string): void;
}

const LONGEST_MESSAGE = 4096;
const MOST_ANNOTATIONS = 10; // of one level in one step; the log has them all
const LABELS = { error: "Error: ", warning: "Warning: ", notice: "Notice: " } as const;
const SWITCHED_OFF = "is disabled. Please upgrade to using Environment Files.";
const DEPRECATED = "is deprecated and will be disabled soon. Please upgrade to Environment Files.";
// Matchers turn plain lines of compilers into annotations; they are accepted and not applied.
const COMMANDS = new Set(
  "add-mask error warning notice debug group endgroup stop-commands echo set-output save-state set-env add-path add-matcher remove-matcher".split(
    " ",
  ),
);
/** `echo` and the like are printed when commands are echoed; these never, or by themselves. */
const NOT_ECHOED = new Set(["add-mask", "error", "warning", "notice", "debug", "stop-commands"]);

export function createStepLog(job: Job): StepLog {
  let stopToken: string | undefined;
  let echo = false;
  const isKnown = (name: string) => COMMANDS.has(name.toLowerCase()) || name.toLowerCase() === stopToken?.toLowerCase();

  const log: StepLog = {
    lines: [],
    annotations: [],
    outputs: new Map(),
    state: new Map(),
    failed: false,
    read(line) {
      const command = parseCommand(line, isKnown);
      if (!command || !take(command, line)) log.print(line);
    },
    print(text) {
      const shown = job.masker.mask(text);
      log.lines.push(shown);
      job.log.push(shown);
    },
    debug(text) {
      if (job.debug) for (const line of text.split(/\r?\n/)) log.print(`##[debug]${line}`);
    },
    annotate(level, message, properties = new Map()) {
      const shown = job.masker.mask(message).slice(0, LONGEST_MESSAGE);
      const count = log.annotations.filter((one) => one.level === level).length;
      if (shown.trim() !== "" && count < MOST_ANNOTATIONS) {
        const all = Object.fromEntries(properties);
        log.annotations.push({ level, title: all["title"] ?? "", message: shown, properties: all });
      }
      if (shown !== "") log.print(LABELS[level] + shown);
    },
    fail(message) {
      log.annotate("error", message);
      log.failed = true;
    },
  };

  /** False if the line is to be shown as it is. */
  function take(command: WorkflowCommand, line: string): boolean {
    const name = command.name.toLowerCase();
    if (stopToken !== undefined) {
      if (name !== stopToken.toLowerCase()) return false;
      log.print(line);
      stopToken = undefined;
      return true;
    }
    if (echo && !NOT_ECHOED.has(name)) log.print(line);
    const problem = obey(name, command, line);
    if (problem !== undefined) {
      // A mask that failed must not be printed along with the reason.
      const what = name === "add-mask" ? name : line;
      log.fail(`Unable to process command '${what}' successfully.`);
      log.fail(problem);
    }
    return true;
  }

  /** Returns what is wrong with the command, if anything. */
  function obey(name: string, command: WorkflowCommand, line: string): string | undefined {
    const { data, properties } = command;
    switch (name) {
      case "add-mask":
        if (!job.masker.add(data)) {
          log.annotate("warning", "Can't add secret mask for empty string in ##[add-mask] command.");
        } else if (echo) {
          log.print("::add-mask::***");
        }
        return undefined;
      case "error":
      case "warning":
      case "notice":
        log.annotate(name, data, properties);
        return undefined;
      case "debug":
        log.debug(data);
        return undefined;
      case "group":
        log.print(`##[group]${data}`);
        return undefined;
      case "endgroup":
        log.print("##[endgroup]");
        return undefined;
      case "stop-commands":
        if (data === "" || data.toLowerCase() === "pause-logging" || isKnown(data)) {
          return "You cannot use a endToken that is an empty string or another workflow command.";
        }
        stopToken = data;
        if (data.length > 6) job.masker.add(data);
        log.print(line);
        return undefined;
      case "echo":
        if (!/^\s*(on|off)\s*$/i.test(data)) return `Invalid echo command value: '${data}'.`;
        echo = /on/i.test(data);
        return undefined;
      case "set-output":
      case "save-state":
        return setOldStyle(name, command);
      case "set-env":
      case "add-path":
        return `The \`${name}\` command ${SWITCHED_OFF}`;
      default:
        return undefined;
    }
  }

  function setOldStyle(name: "set-output" | "save-state", command: WorkflowCommand) {
    log.annotate("warning", `The \`${name}\` command ${DEPRECATED}`);
    const key = command.properties.get("name") ?? "";
    if (key === "") return `Required field 'name' is missing in ##[${name}] command.`;
    (name === "set-output" ? log.outputs : log.state).set(key, command.data);
    return undefined;
  }

  return log;
}

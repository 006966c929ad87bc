/** Reads what a step left in its files, and passes on to the job what later steps get. */
import { readKeyValues, readPathLines, readSummary, type FileCommands } from "./file-commands.ts";
import type { Job } from "./job.ts";
import type { StepLog } from "./step-log.ts";

export interface Kept {
  readonly outputs: Readonly<Record<string, string>>;
  readonly state: Readonly<Record<string, string>>;
  /** What this step added for later steps through GITHUB_ENV and GITHUB_PATH. */
  readonly env: Readonly<Record<string, string>>;
  readonly path: readonly string[];
  /** As shown: masked line by line. */
  readonly summary: string;
  readonly rawSummary: string;
}

/** A file with an error in it fails the step; what stands before the error counts. */
export function applyFiles(files: FileCommands, job: Job, log: StepLog): Kept {
  const env: Record<string, string> = {};
  const fail = (file: string, problem: string) => {
    log.fail(`Unable to process file command '${file}' successfully.`);
    log.fail(problem);
  };
  const read = (file: "env" | "output" | "state", keep: (name: string, value: string) => void) => {
    const { pairs, error } = readKeyValues(files[file]);
    for (const [name, value] of pairs) {
      if (name === "" && file !== "state") return fail(file, "The name must not be empty.");
      keep(name, value);
    }
    if (error !== undefined) fail(file, error);
  };

  const path = readPathLines(files.path);
  for (const folder of path) {
    job.path.splice(0, job.path.length, folder, ...job.path.filter((one) => one !== folder));
  }
  read("env", (name, value) => {
    if (name.toUpperCase() === "NODE_OPTIONS") {
      const message = "Can't store NODE_OPTIONS output parameter using '$GITHUB_ENV' command.";
      return log.annotate("error", message); // refused, but the step does not fail
    }
    env[name] = value;
    job.env.set(name, value);
    log.debug(`${name}='${value}'`);
  });
  read("output", (name, value) => {
    log.outputs.set(name, value);
    log.debug(`Set output ${name} = ${value}`);
  });
  read("state", (name, value) => {
    log.state.set(name, value);
    log.debug(`Save intra-action state ${name} = ${value}`);
  });
  const summary = readSummary(files.summary, job.masker.mask);
  if (summary.error !== undefined) log.annotate("error", summary.error);
  if (summary.shown !== "") job.summaries.push(summary.shown);
  return {
    outputs: Object.fromEntries(log.outputs),
    state: Object.fromEntries(log.state),
    env,
    path,
    summary: summary.shown,
    rawSummary: summary.raw,
  };
}

/** Runs one step of a job: a JavaScript action's built entry, as a process of its own. */
import { delimiter } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { readActionFile, resolveInputs } from "./action-file.ts";
import { runChild, type Stop } from "./child.ts";
import { createFileCommands, fileCommandVariables } from "./file-commands.ts";
import type { Job } from "./job.ts";
import { applyFiles, type Kept } from "./step-files.ts";
import { createStepLog, type Annotation, type StepLog } from "./step-log.ts";

export { createJob, type Job, type JobOptions } from "./job.ts";

export interface StepOptions {
  readonly job: Job;
  /** Absolute path of the entry, e.g. of `dist/main.mjs`. */
  readonly entry: string;
  /** Default: the node that runs the tests. */
  readonly node?: string;
  /** An `action.yml` or its folder: gives the defaults of inputs, and warns of unknown ones. */
  readonly action?: string;
  /** By name as in a workflow. Secrets among them belong into the job's `secrets`. */
  readonly inputs?: Readonly<Record<string, string>>;
  /** `env:` of the step; printed above it. */
  readonly env?: Readonly<Record<string, string>>;
  /** What main saved, for a post step. */
  readonly state?: Readonly<Record<string, string>>;
  /** Default "main". A post step has another heading. */
  readonly stage?: "main" | "post";
  /** `uses:`, for the heading. */
  readonly uses?: string;
  readonly cancel?: Stop | readonly Stop[];
  /** Short for a `cancel` of kind "kill". */
  readonly killOnLine?: RegExp;
  /** KILL_AT and FAIL_AT of `preload-kill.mjs`, which is then loaded. */
  readonly killAt?: string;
  readonly failAt?: string;
  /** More modules to load before the entry: absolute paths. */
  readonly preload?: readonly string[];
  /** Default 30000. */
  readonly timeoutMs?: number;
}

export interface StepResult extends Kept {
  /** Null if a signal ended the process. */
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  /** What GitHub shows beside the step; a wrong command fails it even after exit code 0. */
  readonly outcome: "success" | "failure" | "cancelled";
  /** As GitHub shows it: masked, `Error: …` and the like for annotations, `##[group]…`. */
  readonly log: string;
  readonly rawStdout: string;
  readonly rawStderr: string;
  readonly annotations: readonly Annotation[];
  /** All that is masked from now on. */
  readonly masks: readonly string[];
  readonly argv: readonly string[];
  readonly durationMs: number;
  readonly childPid: number;
}

const KILLER = fileURLToPath(new URL("./preload-kill.mjs", import.meta.url));

/** Rejects, with the log in the message, if the step outlives `timeoutMs`. */
export async function runStep(options: StepOptions): Promise<StepResult> {
  const { job } = options;
  const log = createStepLog(job);
  const files = createFileCommands(job.temp);
  const action = options.action === undefined ? undefined : readActionFile(options.action);
  const { inputs, warnings } = resolveInputs(options.inputs ?? {}, action, job);
  for (const warning of warnings) log.annotate("warning", warning);
  const env = { ...Object.fromEntries(job.env), ...options.env };
  const state = Object.entries(options.state ?? {}).map(([name, value]) => [`STATE_${name}`, value]);
  printHeading(log, options, inputs, { ...env, ...Object.fromEntries(state) });

  const started = performance.now();
  const child = await runChild({
    command: options.node ?? process.execPath,
    args: [...preloads(options).flatMap((path) => ["--import", pathToFileURL(path).href]), options.entry],
    cwd: job.workspace,
    env: {
      ...job.machine,
      ...env,
      ...Object.fromEntries(state),
      ...inputVariables(inputs),
      PATH: [...job.path, env["PATH"] ?? job.machine["PATH"]].join(delimiter),
      ...job.context,
      ...fileCommandVariables(files),
      ...(options.killAt === undefined ? {} : { KILL_AT: options.killAt }),
      ...(options.failAt === undefined ? {} : { FAIL_AT: options.failAt }),
    },
    stops: stopsOf(options),
    timeoutMs: options.timeoutMs ?? 30_000,
    onLine: log.read,
  }).catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`${options.entry}: ${reason}\n${log.lines.join("\n")}`, { cause: error });
  });
  const durationMs = performance.now() - started;

  const kept = applyFiles(files, job, log);
  if (child.cancelled) log.annotate("error", "The operation was canceled.");
  const failed = log.failed || child.exitCode !== 0;
  const outcome = child.cancelled ? "cancelled" : failed ? "failure" : "success";
  if (job.status === "success") job.status = outcome;
  return {
    exitCode: child.exitCode,
    signal: child.signal,
    outcome,
    log: log.lines.map((line) => `${line}\n`).join(""),
    rawStdout: child.rawStdout,
    rawStderr: child.rawStderr,
    annotations: log.annotations,
    ...kept,
    masks: job.masker.values(),
    argv: child.argv,
    durationMs,
    childPid: child.pid,
  };
}

function printHeading(
  log: StepLog,
  options: StepOptions,
  inputs: Readonly<Record<string, string>>,
  env: Readonly<Record<string, string>>,
): void {
  if (options.stage === "post") return log.print("Post job cleanup.");
  log.print(`##[group]Run ${options.uses ?? "./"}`);
  const filled = Object.entries(inputs).filter(([, value]) => value !== "");
  for (const [title, entries] of [["with:", filled] as const, ["env:", Object.entries(env)] as const]) {
    if (entries.length > 0) log.print(title);
    for (const [name, value] of entries) log.print(`  ${name}: ${value}`);
  }
  log.print("##[endgroup]");
}

function inputVariables(inputs: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(inputs).map(([name, value]) => {
      return [`INPUT_${name.replaceAll(" ", "_").toUpperCase()}`, value];
    }),
  );
}

function preloads(options: StepOptions): string[] {
  const asked = options.killAt !== undefined || options.failAt !== undefined;
  return [...(asked ? [KILLER] : []), ...(options.preload ?? [])];
}

function stopsOf({ cancel, killOnLine }: StepOptions): Stop[] {
  const stops = [cancel ?? []].flat();
  return killOnLine ? [...stops, { kind: "kill", whenLine: killOnLine }] : stops;
}

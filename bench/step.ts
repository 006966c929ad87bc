import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";

/** Folders and variables of one step, as a runner makes them. Nothing of the caller's own environment is in it. */
export interface Step {
  readonly home: string;
  readonly env: Readonly<Record<string, string>>;
  /** What the step appended to GITHUB_OUTPUT or GITHUB_STATE: `name=value` lines. */
  kept(file: "output" | "state"): Record<string, string>;
}

/** The standards in action.yml: a runner passes every input, the ones that nobody set as well. */
const STANDARDS = readStandards();

function readStandards(): Record<string, string> {
  const action = parse(readFileSync(new URL("../action.yml", import.meta.url), "utf8")) as {
    inputs: Record<string, { default?: string }>;
  };
  return Object.fromEntries(Object.entries(action.inputs).map(([name, input]) => [name, input.default ?? ""]));
}

/** Makes a fresh step in a new folder inside `root`. `more` are variables besides the runner's own. */
export function newStep(root: string, inputs: Record<string, string>, more: Record<string, string> = {}): Step {
  const folder = mkdtempSync(join(root, "step-"));
  const [home, temp, workspace] = ["home", "temp", "workspace"].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  for (const path of [home, temp, workspace]) mkdirSync(path);
  const files = {
    output: join(temp, "output"),
    state: join(temp, "state"),
    env: join(temp, "env"),
    summary: join(temp, "summary"),
  };
  for (const path of Object.values(files)) writeFileSync(path, "");
  const given = Object.entries({ ...STANDARDS, ...inputs }).map(([name, value]) => [
    `INPUT_${name.toUpperCase()}`,
    value,
  ]);
  return {
    home,
    env: {
      ...(Object.fromEntries(given) as Record<string, string>),
      PATH: "/usr/bin:/bin",
      HOME: home,
      RUNNER_TEMP: temp,
      GITHUB_ACTIONS: "true",
      GITHUB_WORKSPACE: workspace,
      GITHUB_OUTPUT: files.output,
      GITHUB_STATE: files.state,
      GITHUB_ENV: files.env,
      GITHUB_STEP_SUMMARY: files.summary,
      GITHUB_REPOSITORY: "octo-org/octo-repo",
      GITHUB_REPOSITORY_ID: "1296269",
      GITHUB_RUN_ID: "30433642",
      GITHUB_RUN_ATTEMPT: "1",
      GITHUB_EVENT_NAME: "push",
      GITHUB_ACTOR: "octocat",
      ...more,
    },
    kept(file) {
      const lines = readFileSync(files[file], "utf8").split("\n").filter(Boolean);
      return Object.fromEntries(
        lines.map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
      );
    },
  };
}

export const claudeFile = ({ home }: Step): string => join(home, ".claude", ".credentials.json");

export interface Finished {
  /** From before the process was started until it had ended, ms. */
  readonly wallMs: number;
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs node with `args` and nothing but `env`, and blocks until it has ended. */
export function runNode(args: readonly string[], env: Readonly<Record<string, string>>): Finished {
  const begun = process.hrtime.bigint();
  const child = spawnSync(process.execPath, args, {
    env,
    encoding: "utf8",
    timeout: 60_000,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const wallMs = Number(process.hrtime.bigint() - begun) / 1e6;
  if (child.error) throw child.error;
  return { wallMs, code: child.status, stdout: child.stdout, stderr: child.stderr };
}

/** The action as the suite uses it: the built `dist/`, run as a runner runs it. */
import { fileURLToPath } from "node:url";
import { createJob, runStep, type StepResult } from "../support/runner/index.ts";

export type ActionStep = {
  /** The HOME of the job. */
  home: string;
  /** What the user stores: a raw setup token, or the text of Claude's `.credentials.json`. */
  credential: string;
  /** Inputs of the step by name, e.g. `{ "write-refresh-token": "true" }`. */
  inputs?: Record<string, string>;
  /** More variables of the job, e.g. CLAUDE_CONFIG_DIR. */
  env?: Record<string, string>;
  /** How long one step may take; programs that a step asks may be slow to start. */
  timeoutMs?: number;
  /** GITHUB_* variables, e.g. GITHUB_API_URL. */
  github?: Record<string, string>;
};

export type RanAction = {
  main: StepResult;
  /** What later steps of the job see of it. */
  variables: Readonly<Record<string, string>>;
  /** The end of the job. */
  post: () => Promise<StepResult>;
  /** Removes the job's own folders; the home folder is the test's. */
  remove: () => void;
};

const ROOT = new URL("../../", import.meta.url);
const file = (name: string): string => fileURLToPath(new URL(name, ROOT));

/** Runs main. Rejects, with the log in the message, if it fails. */
export async function runAction({ home, credential, inputs, env, github, timeoutMs }: ActionStep): Promise<RanAction> {
  const job = createJob({
    home,
    secrets: [credential, inputs?.["secrets-token"] ?? ""].filter(Boolean),
    githubEnv: github ?? {},
    // Otherwise an OpenAI login would have GitHub asked whether the repository is public.
    event: { repository: { private: true } },
    env: env ?? {},
  });
  const step = {
    job,
    action: file("action.yml"),
    inputs: { credential, ...inputs },
    ...(timeoutMs !== undefined && { timeoutMs }),
  };
  const main = await runStep({ ...step, entry: file("dist/main.mjs") });
  if (main.exitCode !== 0) {
    job.remove();
    throw new Error(`the action failed:\n${main.log}`);
  }
  return {
    main,
    variables: main.env,
    post: () => runStep({ ...step, entry: file("dist/post.mjs"), stage: "post", state: main.state }),
    remove: job.remove,
  };
}

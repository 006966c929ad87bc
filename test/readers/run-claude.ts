import { type ProgramRun, type RunOptions, runProgram } from "./run-program.ts";

/** Claude Code, by default `claude -p hi`. */
export function runClaude(options: Omit<RunOptions, "args"> & { args?: string[] }): Promise<ProgramRun> {
  const quiet = { DISABLE_AUTOUPDATER: "1", CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1" };
  return runProgram({ args: ["-p", "hi"], ...options, env: { ...quiet, ...options.env } });
}

/** opencode: the executable for this platform, which is all that the main package starts. */
import { join } from "node:path";
import { type Installed, ensureProgram } from "./install.ts";
import { type ProgramRun, type RunOptions, runProgram } from "./run-program.ts";

const build = `opencode-${process.platform === "win32" ? "windows" : process.platform}-${process.arch}`;

export const opencodePackages = (version: string): string[] => [`${build}@${version}`];

export function ensureOpencode(version: string): Promise<Installed> {
  const executable = process.platform === "win32" ? "opencode.exe" : "opencode";
  return ensureProgram({
    name: "opencode",
    version,
    packages: opencodePackages(version),
    program: join("node_modules", build, "bin", executable),
    native: true,
  });
}

/** One question to the model, which is named as `provider/model`. */
export function runOpencode({
  model,
  env,
  ...options
}: Omit<RunOptions, "args"> & { model: string }): Promise<ProgramRun> {
  const quiet = { OPENCODE_DISABLE_AUTOUPDATE: "1", OPENCODE_DISABLE_MODELS_FETCH: "1" };
  return runProgram({ ...options, args: ["run", "--model", model, "hi"], env: { ...quiet, ...env } });
}

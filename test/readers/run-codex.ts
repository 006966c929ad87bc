import { type ProgramRun, type RunOptions, runProgram } from "./run-program.ts";

/** Codex, by default one question to the model. */
export function runCodex(options: Omit<RunOptions, "args"> & { args?: string[] }): Promise<ProgramRun> {
  const { world, env } = options;
  const args = ["exec", "--skip-git-repo-check", "hi"];
  // It trusts this authority instead of the system's; it has nothing to ask of plain HTTP.
  return runProgram({
    args,
    ...options,
    env: { CODEX_CA_CERTIFICATE: world.caFile, SSL_CERT_FILE: world.caFile, ...env },
  });
}

import { asFailure } from "../../as-failure.ts";

export interface OwnEnded {
  /** Undefined if it was killed. */
  readonly status: number | undefined;
  /** Empty unless it was captured. */
  readonly stdout: string;
}

/**
 * Runs another verb of this program, at the same terminal: what it asks is asked there. Secrets go by `env`, which
 * none but this user's processes can read; never as arguments.
 *
 * @param capture stdout is the answer and comes back; otherwise it goes to stderr
 */
export function runOwn(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  capture: boolean,
): Promise<OwnEnded> {
  const { spawn } = process.getBuiltinModule("node:child_process");
  // Ctrl-C goes to everybody at this terminal: the other one decides what it means, and we wait for it.
  const ignore = () => {};
  process.on("SIGINT", ignore);
  return new Promise<OwnEnded>((resolve, reject) => {
    const child = spawn(process.execPath, [...process.execArgv, process.argv[1] ?? "", ...args], {
      env: { ...env },
      // What it answers is not our answer: it stands where everything else stands that is said on the way.
      stdio: ["inherit", capture ? "pipe" : 2, "inherit"],
    });
    let stdout = "";
    child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
    });
    child.once("error", (error) => reject(asFailure(error)));
    child.once("close", (status) => resolve({ status: status ?? undefined, stdout }));
  }).finally(() => process.off("SIGINT", ignore));
}

/** pi, from either of its two homes. */
import { join } from "node:path";
import { type Installed, ensureProgram } from "./install.ts";
import { type ProgramRun, type RunOptions, runProgram } from "./run-program.ts";

export const PI = "@earendil-works/pi-coding-agent";
/** Its first name; no release came after 0.73.1. */
export const FIRST_PI = "@mariozechner/pi-coding-agent";

export function ensurePi(name: typeof PI | typeof FIRST_PI, version: string): Promise<Installed> {
  const packages = [`${name}@${version}`];
  if (name === FIRST_PI) {
    return ensureProgram({ name: "pi", version, packages, program: join("node_modules", name, "dist", "cli.js") });
  }
  // The program is one bundle that loads none of these; not every registry has them all.
  const unused = ["pi-agent-core", "pi-ai", "pi-codemode", "pi-mcp", "pi-tui"].map((part) => `@earendil-works/${part}`);
  const stub = "file:./stub";
  return ensureProgram({
    name: "pi",
    version,
    packages,
    program: join("node_modules", name, "dist", "bundle", "cli.js"),
    overrides: Object.fromEntries([...unused, "lovely-mermaid"].map((part) => [part, stub])),
    files: { "stub/package.json": '{ "name": "stub", "version": "0.0.0" }' },
  });
}

/** One question to the model, which is named as `provider/model`. */
export function runPi({ model, env, ...options }: Omit<RunOptions, "args"> & { model: string }): Promise<ProgramRun> {
  // Node's own `fetch` takes the proxy only when told to. PI_OFFLINE: no look for updates.
  const quiet = { NODE_USE_ENV_PROXY: "1", PI_OFFLINE: "1" };
  const args = ["-p", "--no-session", "--no-tools", "--model", model, "hi"];
  return runProgram({ ...options, args, env: { ...quiet, ...env } });
}

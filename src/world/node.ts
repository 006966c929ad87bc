import { githubRunner } from "../runner/commands.ts";
import { files } from "./files.ts";
import { nodeHttp } from "./http.ts";
import type { World } from "./world.ts";

/** The world of a real job. */
export function nodeWorld(): World {
  const { env } = process;
  // What one section has held back is known to all that come after it.
  let signalledAt: number | undefined;
  const hear = () => {
    signalledAt ??= Date.now();
  };
  return {
    env,
    platform: process.platform,
    now: () => Date.now(),
    sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    random: (bytes) => process.getBuiltinModule("node:crypto").randomBytes(bytes),
    http: nodeHttp(env),
    run: async (...call) => (await import("./programs.ts")).runProgram(...call),
    files,
    runner: githubRunner(env),
    holdSignals() {
      process.on("SIGINT", hear).on("SIGTERM", hear);
      return {
        signalledAt: () => signalledAt,
        release: () => void process.off("SIGINT", hear).off("SIGTERM", hear),
      };
    },
  };
}

import { githubRunner } from "../runner/commands.ts";
import { files } from "./files.ts";
import { nodeHttp } from "./http.ts";
import type { SignalHold, World } from "./world.ts";

/** The world of a real job. */
export function nodeWorld(): World {
  const { env } = process;
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
    holdSignals,
  };
}

function holdSignals(): SignalHold {
  let signalledAt: number | undefined;
  const hear = () => {
    signalledAt ??= Date.now();
  };
  process.on("SIGINT", hear).on("SIGTERM", hear);
  return {
    signalledAt: () => signalledAt,
    release: () => void process.off("SIGINT", hear).off("SIGTERM", hear),
  };
}

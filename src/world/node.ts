import { githubRunner } from "../runner/commands.ts";
import { files } from "./files.ts";
import type { Http, SignalHold, World } from "./world.ts";

/** The world of a real job. The network is loaded at the first request: a run that needs none does not pay for it. */
export function nodeWorld(): World {
  const { env } = process;
  let http: Http | undefined;
  return {
    env,
    platform: process.platform,
    now: () => Date.now(),
    sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    random: (bytes) => process.getBuiltinModule("node:crypto").randomBytes(bytes),
    http: async (request) => {
      http ??= (await import("./http.ts")).nodeHttp(env);
      return http(request);
    },
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

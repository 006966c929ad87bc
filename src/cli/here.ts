import { whereabouts } from "../targets/place.ts";
import { ciJob } from "../world/ci.ts";
import type { World } from "../world/world.ts";
import { Runs, stateFolder } from "./state.ts";
import type { Call } from "./verb.ts";

/** Whose runs are meant: those of this home folder, of this job, on this machine. */
export interface Here {
  readonly runs: Runs;
  readonly home: string;
  /** Empty on a person's own machine. */
  readonly job: string;
  readonly host: string;
}

/** @param flags with `--job`, if the verb has it */
export function here(world: World, flags: Call["flags"]): Here {
  const { env, platform } = world;
  const user = whereabouts(world, {}).home;
  const home = env["INPUT_HOME"] || user;
  const named = flags["job"];
  return {
    runs: new Runs(stateFolder(env, platform, user), home),
    home,
    job: typeof named === "string" ? `named ${named}` : (ciJob(env)?.id ?? ""),
    host: process.getBuiltinModule("node:os").hostname(),
  };
}

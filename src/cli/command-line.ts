import type { Failure } from "../errors.ts";
import { toFailure } from "../input-problems.ts";
import { VERSION } from "../version.ts";
import { nodeWorld } from "../world/node.ts";
import { readArguments, usage } from "./arguments.ts";
import { EXIT, exitCodeOf } from "./exit-code.ts";
import { helpOf, overview } from "./help.ts";
import { terminal } from "./terminal.ts";
import { VERBS } from "./verbs.ts";

/** Runs one command. Gives the exit code. */
export async function commandLine(args: readonly string[]): Promise<number> {
  const [name = "help", ...rest] = args;
  const json = rest.includes("--json");
  const { env } = process;
  const say = terminal(env, json);
  try {
    const asked = name === "help" || name === "--help" || name === "-h" ? (rest[0] ?? "") : undefined;
    if (asked === "") return shown(overview());
    if (name === "--version" || name === "version") return shown(VERSION);
    const verb = VERBS[asked ?? name];
    if (!verb) throw usage(`There is no verb \`${/^[a-z-]{1,20}$/.test(asked ?? name) ? (asked ?? name) : "…"}\`.`);
    if (asked !== undefined || rest.includes("--help")) return shown(helpOf(verb));
    const call = readArguments(verb, rest, env, readSecret);
    const world = { ...nodeWorld(), env: call.env, runner: say };
    return await (
      await verb.load()
    )({ world, terminal: say, flags: call.flags, positionals: call.positionals });
  } catch (error) {
    const failure = await toFailure(error, env);
    report(failure, json, say.error);
    return exitCodeOf(failure.code);
  }
}

function shown(text: string): number {
  console.log(text);
  return EXIT.done;
}

function report(failure: Failure, json: boolean, say: (message: string, title: string) => void): void {
  const { code, message, advice } = failure;
  if (json) console.error(JSON.stringify({ version: 1, error: { code, message, advice } }));
  else say(failure.explain(), code);
}

/** `-` is stdin. Undefined if there is no such file. */
function readSecret(path: string): string | undefined {
  const fs = process.getBuiltinModule("node:fs");
  try {
    return fs.readFileSync(path === "-" ? 0 : path, "utf8");
  } catch {
    return undefined;
  }
}

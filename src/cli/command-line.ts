import { Failure } from "../errors.ts";
import { toFailure } from "../input-problems.ts";
import { VERSION } from "../version.ts";
import { nodeWorld } from "../world/node.ts";
import type { World } from "../world/world.ts";
import { readArguments, SEE_HELP, usage } from "./arguments.ts";
import { EXIT, exitCodeOf } from "./exit-code.ts";
import { helpOf, overview } from "./help.ts";
import { near } from "./near.ts";
import { readSecret } from "./read-secret.ts";
import { print, terminal } from "./terminal.ts";
import { sayStrangers } from "./variables.ts";
import { VERBS } from "./verbs.ts";

/** Runs one command. Gives the exit code; a process that was asked to stop ends by that signal instead. */
export async function commandLine(args: readonly string[]): Promise<number> {
  const { env } = process;
  // Before anything is understood: also what is not is told as the caller wants it.
  const json = args.includes("--json");
  const say = terminal(env, json, args.includes("--quiet"));
  const signals = heardSignals();
  try {
    return await obey(args, env, say, signals.hold);
  } catch (error) {
    const failure = pointed(await toFailure(error, env), args[0] ?? "");
    report(failure, json, say.error);
    // A shell goes on with its script unless the program ends by the signal itself.
    if (signals.first()) process.kill(process.pid, signals.first());
    return exitCodeOf(failure.code);
  }
}

async function obey(
  args: readonly string[],
  env: World["env"],
  say: ReturnType<typeof terminal>,
  holdSignals: World["holdSignals"],
): Promise<number> {
  const [name = "help", ...rest] = args;
  const asksHelp = ["help", "--help", "-h"].includes(name);
  if (asksHelp && rest[0] === undefined) return shown(overview(columnsOf(env)));
  if (name === "--version" || name === "version") return shown(VERSION);
  const named = asksHelp ? (rest[0] ?? "") : name;
  const verb = Object.hasOwn(VERBS, named) ? VERBS[named] : undefined;
  if (!verb) {
    if (named.startsWith("-")) throw usage("The verb comes first, then its flags.");
    throw usage(`There is no verb ${/^[a-z-]{1,20}$/.test(named) ? `\`${named}\`` : "like that"}.${nearest(named)}`);
  }
  if (asksHelp || rest.includes("--help") || rest.includes("-h")) return shown(helpOf(verb, columnsOf(env)));
  const call = readArguments(verb, rest, env, readSecret);
  for (const text of sayStrangers(env)) say.warning(text);
  const world = { ...nodeWorld(), env: call.env, runner: say, holdSignals };
  const run = await verb.load();
  return run({ world, terminal: say, flags: call.flags, positionals: call.positionals });
}

/** Undefined where that is not known. */
function columnsOf(env: World["env"]): number | undefined {
  const named = Number(env["COLUMNS"]);
  return Number.isInteger(named) && named > 0 ? named : process.stdout.columns;
}

function shown(text: string): number {
  print(1, `${text}\n`);
  return EXIT.done;
}

/** What is to be looked up stands in the help of the verb. */
function pointed(failure: Failure, verb: string): Failure {
  if (failure.advice !== SEE_HELP || !Object.hasOwn(VERBS, verb)) return failure;
  return new Failure(failure.code, failure.message, `See \`oauth-creds help ${verb}\`.`);
}

/** The verb with the same beginning, or nearly the same letters. */
function nearest(name: string): string {
  const verbs = Object.keys(VERBS);
  const begun = name.length > 1 ? verbs.find((verb) => verb.startsWith(name) || name.startsWith(verb)) : undefined;
  const found = begun ?? near(name, verbs);
  return found ? ` Did you mean \`${found}\`?` : "";
}

function report(failure: Failure, json: boolean, say: (message: string, title: string) => void): void {
  const { code, message, advice } = failure;
  if (!json) return say(failure.explain(), `oauth-creds: ${code}`);
  try {
    print(2, `${JSON.stringify({ version: 1, error: { code, message, advice } })}\n`);
  } catch {
    // The exit code says it, too.
  }
}

/**
 * As the world holds signals back; which one came first. That of a terminal that goes away is held back, too, and
 * stops nothing: what is under way can be brought to its end without one.
 */
function heardSignals(): { hold: World["holdSignals"]; first: () => NodeJS.Signals | undefined } {
  let first: NodeJS.Signals | undefined;
  const hear = (signal: NodeJS.Signals) => void (first ??= signal);
  const ignore = () => {};
  const { holdSignals } = nodeWorld();
  return {
    first: () => first,
    hold() {
      const inner = holdSignals();
      process.on("SIGINT", hear).on("SIGTERM", hear).on("SIGHUP", ignore);
      return {
        ...inner,
        release() {
          inner.release();
          process.off("SIGINT", hear).off("SIGTERM", hear).off("SIGHUP", ignore);
        },
      };
    },
  };
}

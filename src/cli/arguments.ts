import { Failure } from "../errors.ts";
import { NAMES, type InputName } from "../input-names.ts";
import { COMMON_FLAGS, type Verb } from "./verb.ts";

type Env = Readonly<Record<string, string | undefined>>;

/** Inputs whose values must not stand in an argument, where every process of the machine could read them. */
const SECRETS: ReadonlySet<string> = new Set<InputName>([
  "credential",
  "secrets-token",
  "ledger-key",
  "github-token",
  "fallback-api-key",
  "client-secret",
]);
const SWITCHES: ReadonlySet<string> = new Set<InputName>([
  "write-refresh-token",
  "allow-unstored-refresh",
  "create-secrets",
  "cleanup",
  "allow-public-repository",
]);

export interface Arguments {
  /** The environment with the inputs as the action has them: `INPUT_…`. */
  readonly env: Env;
  /** The verb's own flags. */
  readonly flags: Readonly<Record<string, string | boolean | undefined>>;
  readonly positionals: readonly string[];
}

/**
 * Reads a verb's flags. An input is the flag `--<input>`, else the variable `OAUTH_CREDS_<INPUT>`. A secret's flag
 * names the file that holds it, or is `-` for stdin. Throws a Failure for what it does not understand, without
 * repeating a value.
 *
 * @param read gives the content of a file, or of stdin for `-`; undefined if there is none
 */
export function readArguments(
  verb: Verb,
  args: readonly string[],
  env: Env,
  read: (path: string) => string | undefined,
): Arguments {
  const inputs: readonly string[] = verb.inputs === "all" ? NAMES : verb.inputs === "none" ? [] : verb.inputs;
  const { values, positionals } = parse(verb, inputs, args);
  const flags: Record<string, string | boolean | undefined> = {};
  const found: Record<string, string | undefined> = {};
  let stdin = false;
  for (const [name, value] of Object.entries(values)) {
    if (!inputs.includes(name)) flags[name] = value;
    else if (SECRETS.has(name)) {
      if (value === "-" && stdin) throw usage("Only one secret can come by stdin.");
      stdin ||= value === "-";
      found[variableOf("INPUT", name)] = secretFrom(name, String(value), read);
    } else found[variableOf("INPUT", name)] = String(value);
  }
  const given: Record<string, string | undefined> = {};
  for (const [name, value] of Object.entries(env)) if (!name.startsWith("INPUT_")) given[name] = value;
  for (const name of inputs) {
    const value = env[`OAUTH_CREDS_${name.toUpperCase().replaceAll("-", "_")}`];
    if (value !== undefined) given[variableOf("INPUT", name)] = value;
  }
  return { env: { ...given, ...found }, flags, positionals };
}

/** As the runner names an input's variable: the dash stays. */
const variableOf = (prefix: string, name: string): string => `${prefix}_${name.toUpperCase()}`;

function parse(verb: Verb, inputs: readonly string[], args: readonly string[]) {
  const { parseArgs } = process.getBuiltinModule("node:util");
  const own = { ...COMMON_FLAGS, ...verb.flags };
  const options: Record<string, { type: "string" | "boolean" }> = {};
  for (const name of inputs) options[name] = { type: SWITCHES.has(name) ? "boolean" : "string" };
  for (const [name, [value]] of Object.entries(own)) options[name] = { type: value === "" ? "boolean" : "string" };
  try {
    const parsed = parseArgs({ args: [...args], options, allowPositionals: true, allowNegative: true });
    if (parsed.positionals.length > verb.words) throw usage(`\`${verb.usage}\` takes no further words.`);
    return parsed as { values: Record<string, string | boolean>; positionals: string[] };
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw usage(sayWrong(args, Object.keys(options), options));
  }
}

/** Node's own message may repeat a value, which may be a token: only names of flags are said. */
function sayWrong(
  args: readonly string[],
  names: readonly string[],
  options: Record<string, { type: string }>,
): string {
  for (const arg of args) {
    if (arg === "--") break;
    const name = /^--(?:no-)?([a-z][a-z0-9-]*)(=|$)/.exec(arg);
    if (!arg.startsWith("-") || arg === "-") continue;
    const known = name && (names.includes(name[1] ?? "") || names.includes(arg.slice(2).split("=")[0] ?? ""));
    if (!known) return name ? `There is no flag \`--${(name[1] ?? "").slice(0, 40)}\` here.` : "Flags begin with `--`.";
    if (options[name[1] ?? ""]?.type === "boolean" && name[2] === "=") {
      return `\`--${name[1]}\` takes no value; its opposite is \`--no-${name[1]}\`.`;
    }
  }
  return "A flag lacks its value.";
}

function secretFrom(name: string, value: string, read: (path: string) => string | undefined): string {
  const text = read(value);
  if (text !== undefined) return text;
  throw usage(
    `\`--${name}\` takes the path of a file, or \`-\` for stdin, and there is no such file. A secret itself never ` +
      `stands in an argument, where other programs could read it: if this was one, renew it.`,
  );
}

export const usage = (what: string): Failure => new Failure("input-invalid", what, "See `oauth-creds help`.");

import { Failure } from "../errors.ts";
import { NAMES, type InputName } from "../input-names.ts";
import { near } from "./near.ts";
import { sayPath, variableOf } from "./variables.ts";
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
  "access-cache",
  "cleanup",
  "allow-public-repository",
]);

/** Whether the value of an input may neither be shown nor kept: a git address may have a password in it. */
export const isSecret = (input: string, value: string): boolean =>
  SECRETS.has(input) || (input === "ledger-repository" && /^[a-z+]+:\/\/[^/]*:[^/]*@|^https?:\/\/[^/]*@/i.test(value));

export interface Arguments {
  /** The environment with the inputs as the action has them: `INPUT_…`. */
  readonly env: Env;
  /** The verb's own flags. */
  readonly flags: Readonly<Record<string, string | boolean | undefined>>;
  readonly positionals: readonly string[];
}

/** The content of a file, or of stdin for `-`; why there is none. Throws nothing. */
export type ReadSecret = (path: string) => string | { readonly problem: string };

/**
 * Reads a verb's flags. An input is the flag `--<input>`, else the variable `OAUTH_CREDS_<INPUT>`. A secret's flag
 * names the file that holds it, or is `-` for stdin; what is around it (the line break at a file's end) is dropped.
 * Throws a Failure for what it does not understand, without repeating a value.
 */
export function readArguments(verb: Verb, args: readonly string[], env: Env, read: ReadSecret): Arguments {
  const inputs: readonly string[] = verb.inputs === "all" ? NAMES : verb.inputs === "none" ? [] : verb.inputs;
  const { values, positionals } = parse(verb, inputs, args);
  const given = withoutOurs(env);
  for (const name of inputs) {
    const value = env[variableOf(name)];
    if (value === undefined) continue;
    const wrong =
      SECRETS.has(name) && values[name] === undefined
        ? sayPath(name, value.trim(), (path) => typeof read(path) === "string")
        : undefined;
    if (wrong) throw usage(wrong);
    given[`INPUT_${name.toUpperCase()}`] = tidy(name, value);
  }
  const flags: Record<string, string | boolean | undefined> = {};
  const own = verb.stdin?.(values);
  let stdin: string | undefined;
  for (const [name, value] of Object.entries(values)) {
    if (!inputs.includes(name)) {
      flags[name] = value;
      continue;
    }
    let text = String(value);
    if (SECRETS.has(name)) {
      if (text === "-" && stdin !== undefined)
        throw usage(`\`--${stdin} -\` and \`--${name} -\`: stdin is one secret.`);
      if (text === "-" && own !== undefined) throw usage(`\`--${name} -\`: stdin is ${own}. Name a file.`);
      if (text === "-") stdin = name;
      text = secretFrom(name, text, read);
    } else if (isSecret(name, text)) {
      throw usage(
        `\`--${name}\` holds a password, which other programs could read there. Give it in ${variableOf(name)}.`,
      );
    }
    given[`INPUT_${name.toUpperCase()}`] = tidy(name, text);
  }
  return { env: given, flags, positionals };
}

/** The environment without what only the runner of an action may set. */
function withoutOurs(env: Env): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !/^(INPUT|STATE)_/.test(name)));
}

function tidy(name: string, value: string): string {
  // What is kept for later must mean the same in another folder.
  if (name === "home" && value !== "") return process.getBuiltinModule("node:path").resolve(value);
  return SECRETS.has(name) ? value.trim() : value;
}

type Options = Record<string, { type: "string" | "boolean" }>;

function parse(verb: Verb, inputs: readonly string[], args: readonly string[]) {
  const { parseArgs } = process.getBuiltinModule("node:util");
  const own = { ...COMMON_FLAGS, ...verb.flags };
  const options: Options = {};
  for (const name of inputs) options[name] = { type: SWITCHES.has(name) ? "boolean" : "string" };
  for (const [name, [value]] of Object.entries(own)) options[name] = { type: value === "" ? "boolean" : "string" };
  const full = withDefaults(args, own);
  const wrong = sayWrong(full, options);
  if (wrong) throw usage(wrong);
  let parsed;
  try {
    parsed = parseArgs({ args: full, options, allowPositionals: true, allowNegative: true });
  } catch {
    throw usage("These flags are not understood."); // Node's own message may repeat a value, which may be a token
  }
  if (parsed.positionals.length > verb.words) {
    throw usage(
      verb.words === 0 ? `\`${verb.usage}\` takes flags only.` : `\`${verb.usage}\`: there are too many words.`,
    );
  }
  return parsed as { values: Record<string, string | boolean>; positionals: string[] };
}

/** `--validate` alone is `--validate=online` where the verb says `[online]`. */
function withDefaults(args: readonly string[], flags: Verb["flags"]): string[] {
  const end = args.includes("--") ? args.indexOf("--") : args.length;
  return args.map((word, at) => {
    const [, standard] = /^\[(.+)\]$/.exec(flags[word.slice(2)]?.[0] ?? "") ?? [];
    if (standard === undefined || !word.startsWith("--") || at >= end) return word;
    const next = at + 1 < end ? args[at + 1] : undefined;
    return next === undefined || next.startsWith("-") ? `${word}=${standard}` : word;
  });
}

/** Only the names of known flags are repeated: anything else may be a token in the wrong place. */
function sayWrong(args: readonly string[], options: Options): string | undefined {
  const words = args.includes("--") ? args.slice(0, args.indexOf("--")) : args;
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? "";
    if (!word.startsWith("-") || word === "-") continue;
    const [, name = ""] = /^--([^=]*)/s.exec(word) ?? [];
    if (name === "") return "Flags begin with `--` and a name.";
    const positive = Object.hasOwn(options, name) ? name : name.replace(/^no-/, "");
    const option = Object.hasOwn(options, positive) ? options[positive] : undefined;
    const valued = word.includes("=");
    if (!option)
      return `There is no such flag here${/^[a-z-]{1,24}$/.test(name) ? `: \`--${name}\`` : ""}.${nearest(name, options)}`;
    if (option.type === "boolean" && (valued || /^(true|false)$/i.test(words[at + 1] ?? "")))
      return `\`--${positive}\` takes no value; its opposite is \`--no-${positive}\`.`;
    if (option.type === "boolean") continue;
    if (positive !== name) return `\`--${positive}\` has no opposite.`;
    if (valued) continue;
    const value = words[++at];
    if (value === undefined || (value.startsWith("-") && value !== "-")) return `\`--${name}\` lacks its value.`;
  }
  return undefined;
}

function nearest(name: string, options: Options): string {
  const found = near(name, Object.keys(options));
  return found ? ` Did you mean \`--${found}\`?` : "";
}

function secretFrom(name: string, value: string, read: ReadSecret): string {
  const found = read(value);
  if (typeof found === "string") return found;
  throw usage(
    `\`--${name}\` takes the path of a file, or \`-\` for stdin: ${found.problem}. A secret itself never stands in an ` +
      "argument, where other programs could read it: if this was one, renew it.",
  );
}

export const SEE_HELP = "See `oauth-creds help`.";
export const usage = (what: string): Failure => new Failure("input-invalid", what, SEE_HELP);

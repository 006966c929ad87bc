/** What the runner takes from an `action.yml`: entries, and the defaults of inputs. */
import { readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { parse } from "yaml";
import type { Job } from "./job.ts";

export interface ActionFile {
  /** Absolute paths. */
  readonly main: string;
  readonly post?: string;
  /** An expression; default `always()`. */
  readonly postIf: string;
  readonly inputs: readonly ActionInput[];
}

export interface ActionInput {
  readonly name: string;
  /** Empty where the file has none; may hold an expression. */
  readonly default: string;
  /** The message about it; empty for most. */
  readonly deprecated: string;
}

/** By their text: each step of each job reads the same file, and to parse it takes longer than to start a step. */
const parsed = new Map<string, unknown>();

/** Reads the file, or the `action.yml` of a folder. Throws if it is not a JavaScript action. */
export function readActionFile(path: string): ActionFile {
  const file = statSync(path).isDirectory() ? join(path, "action.yml") : path;
  const source = readFileSync(file, "utf8");
  // "failsafe" leaves every scalar the text that it is: `default: 010` stays `010`.
  const content = parsed.get(source) ?? (parse(source, { schema: "failsafe" }) as unknown);
  parsed.set(source, content);
  const runs = mapping(mapping(content)["runs"]);
  const entry = (name: string) => {
    const value = runs[name];
    return typeof value === "string" ? join(dirname(file), value) : undefined;
  };
  const main = entry("main");
  if (!/^node\d+$/.test(String(runs["using"])) || main === undefined) {
    throw new Error(`${file}: not a JavaScript action`);
  }
  const post = entry("post");
  return {
    main,
    ...(post === undefined ? {} : { post }),
    postIf: text(runs["post-if"]) || "always()",
    inputs: Object.entries(mapping(mapping(content)["inputs"])).map(([name, value]) => ({
      name,
      default: text(mapping(value)["default"]),
      deprecated: text(mapping(value)["deprecationMessage"]),
    })),
  };
}

/**
 * The inputs that the step gets: those given, and the defaults of the others (an input without
 * one is set, to nothing). Names are compared without regard to case. `warnings` are the runner's.
 */
export function resolveInputs(
  given: Readonly<Record<string, string>>,
  action: ActionFile | undefined,
  job: Job,
): { inputs: Record<string, string>; warnings: string[] } {
  const inputs: Record<string, string> = { ...given };
  const names = new Set(Object.keys(given).map((name) => name.toLowerCase()));
  const warnings: string[] = [];
  if (!action) return { inputs, warnings };
  for (const { name, default: value, deprecated } of action.inputs) {
    if (!names.has(name.toLowerCase())) inputs[name] = evaluate(value, job);
    else if (deprecated !== "") warnings.push(`Input '${name}' has been deprecated with message: ${deprecated}`);
  }
  const valid = action.inputs.map(({ name }) => name);
  const unexpected = Object.keys(given).filter(
    (name) => !valid.some((one) => one.toLowerCase() === name.toLowerCase()),
  );
  if (unexpected.length > 0) {
    const [bad, good] = [unexpected.join("', '"), valid.join("', '")];
    warnings.push(`Unexpected input(s) '${bad}', valid inputs are ['${good}']`);
  }
  return { inputs, warnings };
}

/** Whether the post step runs. Knows the four status functions and `!`. */
export function conditionHolds(condition: string, status: Job["status"]): boolean {
  const [, not, name] = /^\s*(!?)\s*(always|success|failure|cancelled)\(\)\s*$/.exec(condition) ?? [];
  if (name === undefined) throw new Error(`condition not understood: ${condition}`);
  return (name === "always" || name === status) !== (not === "!");
}

/** `${{ github.x }}` and `${{ runner.x }}`, which is what defaults use. */
function evaluate(value: string, job: Job): string {
  return value.replace(/\$\{\{\s*(.*?)\s*\}\}/g, (_, expression: string) => {
    if (expression === "github.token") return job.token;
    const [, scope, name] = /^(github|runner)\.(\w+)$/.exec(expression) ?? [];
    if (!scope || !name) throw new Error(`expression not understood: ${expression}`);
    return job.context[`${scope}_${name}`.toUpperCase()] ?? "";
  });
}

function mapping(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

import type { InputName } from "../input-names.ts";
import { NAMES } from "../input-names.ts";
import { VERSION } from "../version.ts";
import { MEANINGS, OWN_MEANINGS } from "./meanings.ts";
import { COMMON_FLAGS, type Verb } from "./verb.ts";
import { VERBS } from "./verbs.ts";

/** Longer lines are hard to read, however wide the terminal is. */
const WIDEST = 110;

/**
 * The list of verbs.
 *
 * @param columns of the terminal, if they are known
 */
export function overview(columns?: number): string {
  const width = widthFor(columns);
  const rows = Object.values(VERBS).map(({ usage, summary }) => [usage, summary] as const);
  return `oauth-creds ${VERSION}: keeps the OAuth login of AI coding CLIs alive.

Usage: oauth-creds <verb> [flags]

${table(rows, width)}

${paragraph(HOW, width)}

${paragraph("Exit codes: 0 done, 1 failure, 2 usage, 3 sign-in needed, 4 try again later, 5 could not store.", width)}`;
}

const HOW =
  "`oauth-creds help <verb>` tells its flags, with examples. Every input of the action is a flag (`--rotate-to`) and a " +
  "variable (`OAUTH_CREDS_ROTATE_TO`). Secrets come by stdin (`--credential -`), from a file (`--credential login.json`) " +
  "or a variable, never in an argument.";

/** One verb, with examples. */
export function helpOf({ usage, summary, flags, inputs, examples }: Verb, columns?: number): string {
  const width = widthFor(columns);
  const flagRows = Object.entries({ ...flags, ...COMMON_FLAGS }).map(
    ([name, [value, meaning]]) => [`--${name}${value && ` ${value}`}`, meaning] as const,
  );
  const parts = [
    `Usage: oauth-creds ${usage} [flags]`,
    paragraph(`${summary[0]?.toUpperCase()}${summary.slice(1)}.`, width),
    `Flags:\n${table(flagRows, width)}`,
  ];
  const all: readonly string[] = inputs === "all" ? NAMES : inputs === "none" ? [] : inputs;
  const names = all.filter((name) => !Object.hasOwn(flags, name));
  if (names.length > 0) {
    const own = OWN_MEANINGS[usage.split(" ")[0] ?? ""] ?? {};
    const rows = names.map((name) => {
      const [value, meaning] = MEANINGS[name as InputName] ?? ["<value>", "see README.md"];
      return [`--${name}${value && ` ${value}`}`, own[name as InputName] ?? meaning] as const;
    });
    const head = "Inputs, as flags or as variables (`OAUTH_CREDS_…`); those with <file> take `-` for stdin:";
    parts.push(`${paragraph(head, width)}\n${table(rows, width)}`);
  }
  const comment = (text: string) => wrap(text, width - 4).map((line) => `  # ${line}\n`);
  const shown = examples.map(([command, meaning]) => `${comment(meaning).join("")}  ${command}`);
  parts.push(`Examples:\n${shown.join("\n\n")}`);
  return parts.join("\n\n");
}

const widthFor = (columns = 80): number => Math.min(columns, WIDEST);
const paragraph = (text: string, width: number): string => wrap(text, width).join("\n");

/** Two columns; the second one is broken between words. */
function table(rows: readonly (readonly [string, string])[], width: number): string {
  const left = Math.max(...rows.map(([name]) => name.length));
  const room = width - left - 4;
  return rows
    .map(([name, text]) => `  ${name.padEnd(left)}  ${wrap(text, room).join(`\n${" ".repeat(left + 4)}`)}`)
    .join("\n");
}

function wrap(text: string, width: number): string[] {
  const lines = [""];
  for (const word of text.split(" ")) {
    const last = lines.at(-1) ?? "";
    if (last !== "" && last.length + word.length >= width) lines.push(word);
    else lines[lines.length - 1] = last === "" ? word : `${last} ${word}`;
  }
  return lines;
}

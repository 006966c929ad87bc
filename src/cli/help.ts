import { COMMON_FLAGS, type Verb } from "./verb.ts";
import { VERBS } from "./verbs.ts";
import { VERSION } from "../version.ts";

/** The list of verbs. */
export function overview(): string {
  const rows = Object.values(VERBS).map(({ usage, summary }) => [usage, summary] as const);
  return `oauth-creds ${VERSION}: keeps the OAuth login of AI coding CLIs alive.

Usage: oauth-creds <verb> [flags]

${table(rows)}

\`oauth-creds help <verb>\` tells its flags, with examples. Every input of the action is a flag (\`--rotate-to\`)
and a variable (\`OAUTH_CREDS_ROTATE_TO\`). Secrets come by stdin (\`--credential -\`), from a file
(\`--credential login.json\`) or a variable, never in an argument.

Exit codes: 0 done, 1 failure, 2 usage, 3 sign-in needed, 4 try again later, 5 could not store.`;
}

/** One verb, with examples. */
export function helpOf({ usage, summary, flags, inputs, examples }: Verb): string {
  const own = Object.entries({ ...flags, ...COMMON_FLAGS }).map(
    ([name, [value, meaning]]) => [`--${name}${value && ` ${value}`}`, meaning] as const,
  );
  const also =
    inputs === "none"
      ? ""
      : `\n\nInputs of the action that it takes as flags (described in README.md):\n${
          inputs === "all" ? "  all of them" : wrap(inputs.map((name) => `--${name}`))
        }`;
  const shown = examples.map(([command, meaning]) => `  # ${meaning}\n  ${command}`).join("\n\n");
  return `Usage: oauth-creds ${usage} [flags]\n\n${summary[0]?.toUpperCase()}${summary.slice(1)}.\n\nFlags:\n${table(own)}${also}\n\nExamples:\n${shown}`;
}

function table(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`).join("\n");
}

function wrap(words: readonly string[]): string {
  const lines = ["  "];
  for (const word of words) {
    const last = lines.at(-1) ?? "";
    if (last.length + word.length > 96) lines.push(`  ${word}`);
    else lines[lines.length - 1] = `${last}${last.trim() && " "}${word}`;
  }
  return lines.join("\n");
}

import { EXIT } from "../exit-code.ts";
import { paint, type Tone } from "../status/table.ts";
import { type Check, CLASSES, SUBJECTS } from "./check.ts";

const MARKS: Record<Check["level"], readonly [string, Tone]> = {
  ok: ["✓", "green"],
  info: ["·", "dim"],
  warn: ["!", "yellow"],
  fail: ["✗", "red"],
};

/**
 * Of two classes that fail, the one that stands first here is the worse: nothing is certain while the settings are
 * not understood; a sign-in takes a person; what passes by itself comes last.
 */
const WORST: readonly number[] = [EXIT.usage, EXIT.signIn, EXIT.notStored, EXIT.failure, EXIT.later];

/** What to do first: the worst that fails, else the first warning; undefined if nothing is wrong. */
export function first(checks: readonly Check[]): Check | undefined {
  const shown = inOrder(checks);
  const failing = shown.filter(({ level }) => level === "fail");
  const worst = WORST.map((exit) => failing.find(({ code }) => code && CLASSES[code] === exit));
  return worst.find((check) => check !== undefined) ?? shown.find(({ level }) => level === "warn");
}

/** By the worst class that fails. Warnings alone are a success. */
export function exitOf(checks: readonly Check[]): number {
  const worst = first(checks);
  return worst?.level === "fail" && worst.code ? CLASSES[worst.code] : EXIT.done;
}

export function asText(checks: readonly Check[]): string {
  const all = inOrder(checks);
  const groups = SUBJECTS.flatMap((subject) => {
    const own = all.filter((check) => check.subject === subject);
    return own.length > 0 ? [`${paint("bold", subject)}\n${own.map(sayCheck).join("\n")}`] : [];
  });
  return [...groups, sayFirst(first(checks))].join("\n\n");
}

function sayCheck({ level, code, text, advice }: Check): string {
  const [mark, tone] = MARKS[level];
  const lines = [`  ${paint(tone, mark)} ${text}${code ? ` ${paint("dim", `[${code}]`)}` : ""}`];
  if (advice) lines.push(`    ${paint("dim", "→")} ${advice}`);
  return lines.join("\n");
}

function sayFirst(check: Check | undefined): string {
  if (!check) return "Nothing is wrong, as far as can be seen from here.";
  return `${check.level === "fail" ? "First" : "Nothing fails. To look at"}: ${check.advice ?? check.text} [${check.code}]`;
}

export function asData(checks: readonly Check[]): Record<string, unknown> {
  const worst = first(checks);
  return {
    checks: inOrder(checks).map(({ subject, level, code, text, advice }) => ({
      subject: subject.toLowerCase(),
      level,
      code: code ?? null,
      text,
      advice: advice ?? null,
    })),
    first: worst?.code ?? null,
    exitCode: exitOf(checks),
  };
}

/** Each thing once: one trouble may have been met on several ways. */
const inOrder = (checks: readonly Check[]): Check[] =>
  SUBJECTS.flatMap((subject) => {
    const own = checks.filter((check) => check.subject === subject);
    return own.filter(({ text }, at) => own.findIndex((other) => other.text === text) === at);
  });

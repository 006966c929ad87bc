/** How the demo looks: titles, paragraphs, logs as GitHub shows them, outcomes. At most 100 columns. */
import { styleText } from "node:util";

type Style = Parameters<typeof styleText>[0];

const WIDTH = Math.max(60, Math.min(100, process.stdout.columns ?? 100));

/** `styleText` leaves colours out where stdout is no terminal or NO_COLOR is set. */
export const paint = (style: Style, text: string): string => styleText(style, text);

export function line(text = ""): void {
  process.stdout.write(`${text}\n`);
}

/** The heading of an act, with the demo's time at the right. */
export function heading(title: string, time: string): void {
  const rule = "─".repeat(Math.max(2, WIDTH - title.length - time.length - 5));
  line();
  line(`${paint(["bold", "cyan"], title)}  ${paint("dim", rule)}  ${paint("dim", time)}`);
}

/** A paragraph of the narrator. */
export function say(text: string): void {
  for (const part of wrap(text, WIDTH)) line(part);
}

/** A smaller remark under a log. */
export function remark(text: string): void {
  for (const [index, part] of wrap(text, WIDTH - 4).entries()) line(`${index === 0 ? "  " : "    "}${part}`);
}

/** What came of it, in one sentence. */
export function outcome(text: string): void {
  const [first = "", ...rest] = wrap(text, WIDTH - 2);
  line(`${paint(["bold", "green"], "✓")} ${first}`);
  for (const part of rest) line(`  ${part}`);
}

/** Columns as wide as their longest cell; the first row is the head. Numbers stand at the right. */
export function table(rows: readonly (readonly string[])[]): void {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? "").length)));
  for (const [index, row] of rows.entries()) {
    const cells = row.map((cell, column) => {
      const width = widths[column] ?? 0;
      return /^\d+$/.test(cell) ? cell.padStart(width) : cell.padEnd(width);
    });
    const text = `  ${cells.join("   ").trimEnd()}`;
    line(index === 0 ? paint("dim", text) : text);
  }
}

const LABELS: Readonly<Record<string, Style>> = { "Error:": "red", "Warning:": "yellow", "Notice:": "blue" };

/**
 * A step's log behind a bar: groups folded to their title, annotations in GitHub's colours.
 *
 * @param names what is to be printed instead of a path, longest path first
 */
export function log(text: string, names: ReadonlyMap<string, string>): void {
  for (const entry of fold(text.trimEnd().split("\n"))) {
    const [label = ""] = /^(Error|Warning|Notice):/.exec(entry) ?? [];
    const style = LABELS[label];
    for (const [index, part] of wrap(rename(entry, names), WIDTH - 6).entries()) {
      const shown = style === undefined ? part : colour(part, index === 0 ? label : "", style);
      line(`  ${paint("dim", "│")} ${index === 0 ? "" : "  "}${isHeading(entry) ? paint("dim", shown) : shown}`);
    }
  }
}

/** Where a step begins. */
const isHeading = (text: string): boolean => text.startsWith("▸") || text === "Post job cleanup.";

const colour = (text: string, label: string, style: Style): string =>
  (label && paint([style, "bold"].flat() as Style, label)) + paint(style, text.slice(label.length));

function fold(lines: readonly string[]): string[] {
  let inside = false;
  return lines.flatMap((text) => {
    const shown = inside ? [] : [text.replace(/^##\[group\]/, "▸ ")];
    if (text.startsWith("##[group]")) inside = true;
    if (text === "##[endgroup]") inside = false;
    return shown;
  });
}

/** On Windows what follows a renamed folder has its slashes turned. */
function rename(text: string, names: ReadonlyMap<string, string>): string {
  let shown = text;
  for (const [path, name] of names) shown = shown.replaceAll(path, name);
  return shown === text ? text : shown.replaceAll("\\", "/");
}

/** At spaces; a word that is longer than a line stays whole. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let current = "";
  for (const word of text.split(" ")) {
    if (current !== "" && current.length + 1 + word.length > width) {
      lines.push(current);
      current = word;
    } else current = current === "" ? word : `${current} ${word}`;
  }
  return [...lines, current];
}

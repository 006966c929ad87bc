/** A line of a table: its first cell names it. */
export interface Row {
  readonly cells: readonly string[];
  /** Of the last cell. */
  readonly tone: Tone;
}

export type Tone = "green" | "yellow" | "red" | "dim";

/** Colours a text for stdout, or leaves it as it is (NO_COLOR, a pipe, a file). */
export function paint(tone: Tone | "bold", text: string): string {
  const { styleText } = process.getBuiltinModule("node:util");
  return styleText(tone, text, { stream: process.stdout });
}

/** Columns of the terminal; as many as anybody wants where nobody looks at lines. */
export function widthOf(env: Readonly<Record<string, string | undefined>>): number {
  const named = Number(env["COLUMNS"]);
  return Number.isInteger(named) && named > 0 ? named : (process.stdout.columns ?? Infinity);
}

/** Aligned columns; where they do not fit into `width`, one short paragraph a row. Empty columns are left out. */
export function table(head: readonly string[], rows: readonly Row[], width: number): string {
  const used = head.map((_, column) => column).filter((column) => rows.some(({ cells }) => cells[column]));
  const lengths = used.map((column) =>
    Math.max(head[column]?.length ?? 0, ...rows.map(({ cells }) => cells[column]?.length ?? 0)),
  );
  const total = lengths.reduce((sum, length) => sum + length + 2, -2);
  if (total > width) return rows.map((row) => paragraph(head, row, used)).join("\n\n");
  const line = (cells: readonly string[], style: (text: string, last: boolean) => string) =>
    used
      .map((column, place) => {
        const text = cells[column] ?? "";
        const last = place === used.length - 1;
        return style(last ? text : text.padEnd(lengths[place] ?? 0), last);
      })
      .join("  ")
      .trimEnd();
  const lines = rows.map(({ cells, tone }) => line(cells, (text, last) => (last ? paint(tone, text) : text)));
  return [line(head, (text) => paint("bold", text)), ...lines].join("\n");
}

function paragraph(head: readonly string[], { cells, tone }: Row, used: readonly number[]): string {
  const [first = 0, ...others] = used;
  const label = Math.max(...others.map((column) => head[column]?.length ?? 0));
  const lines = others
    .filter((column) => cells[column])
    .map((column) => {
      const text = cells[column] ?? "";
      const value = column === used.at(-1) ? paint(tone, text) : text;
      return `  ${paint("dim", (head[column] ?? "").toLowerCase().padEnd(label))}  ${value}`;
    });
  return [paint("bold", cells[first] ?? ""), ...lines].join("\n");
}

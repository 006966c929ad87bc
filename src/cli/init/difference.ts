/**
 * The lines in which two texts differ, as a person reads it: `- theirs`, `+ ours`, in their order, with `…` where some
 * were left out. Blank lines do not count.
 */
export function difference(theirs: string, ours: string, most = 12): string[] {
  const [a, b] = [linesOf(theirs).slice(0, LONGEST), linesOf(ours)];
  const lengths = commonLengths(a, b);
  const rows: string[] = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      i++;
      j++;
    } else if (j >= b.length || (i < a.length && at(lengths, i + 1, j) >= at(lengths, i, j + 1))) {
      rows.push(`- ${a[i++]}`);
    } else rows.push(`+ ${b[j++]}`);
  }
  const shown = rows.length > most ? [...rows.slice(0, most), `… and ${rows.length - most} more`] : rows;
  const removed = rows.filter((row) => row.startsWith("-")).length;
  return [`${removed} lines only there, ${rows.length - removed} only in ours:`, ...shown];
}

/** No workflow is longer; of another file the beginning tells enough. */
const LONGEST = 2000;

const linesOf = (text: string): string[] =>
  text
    .split("\n")
    .map((line) => line.trimEnd())
    .filter((line) => line !== "");

/** Of the longest row of lines that both have, from each pair of places on. Workflow files are short. */
function commonLengths(a: readonly string[], b: readonly string[]): number[][] {
  const lengths = Array.from({ length: a.length + 1 }, () => Array.from({ length: b.length + 1 }, () => 0));
  for (let i = a.length - 1; i >= 0; i--) {
    const row = lengths[i] as number[];
    for (let j = b.length - 1; j >= 0; j--) {
      row[j] = a[i] === b[j] ? at(lengths, i + 1, j + 1) + 1 : Math.max(at(lengths, i + 1, j), at(lengths, i, j + 1));
    }
  }
  return lengths;
}

const at = (lengths: readonly (readonly number[])[], i: number, j: number): number => lengths[i]?.[j] ?? 0;

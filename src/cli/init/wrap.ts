/**
 * Breaks a text into lines of at most `width` characters, at spaces where there are any; further lines of one begin
 * as far in as the first. A single long word (an address, a path) is left whole: a broken one cannot be copied.
 */
export function wrap(text: string, width: number): string[] {
  return text.split("\n").flatMap((line) => {
    const [indent = ""] = /^ *(?:[|+=-] )? */.exec(line) ?? [];
    const lines: string[] = [];
    let row = indent;
    for (const word of line.slice(indent.length).split(" ")) {
      const begun = row.length > indent.length;
      if (begun && row.length + 1 + word.length > width) {
        lines.push(row);
        row = " ".repeat(indent.length) + word;
      } else row += begun ? ` ${word}` : word;
    }
    return [...lines, row];
  });
}

/**
 * What the Swift code of the readers stands on: Foundation's character sets and the standard library's
 * `split`, `Int(_:)` and `Double(_:)`. Characters that a combining mark joins to their neighbour (`=` before U+0338) are
 * not modelled: Swift would not take such a `=` for one.
 */

/** CharacterSet.newlines (swift-corelibs-foundation, CFUniChar.c `isNewline`): each scalar is one, CR LF are two. */
const NEWLINES = /[\n-\r\u0085\u2028\u2029]/;

/** CharacterSet.whitespaces (CFUniChar.c `isWhitespace`): with the zero width space, without the byte order mark. */
const WHITESPACE = String.raw`\u0020\t\u00a0\u1680\u2000-\u200b\u202f\u205f\u3000`;

const ends = (set: string): RegExp => new RegExp(`^[${set}]+|[${set}]+$`, "g");
const WHITESPACE_ENDS = ends(WHITESPACE);
const ALL_ENDS = ends(`${WHITESPACE}\\n-\\r\\u0085\\u2028\\u2029`);

/** `components(separatedBy: .newlines)` */
export const linesOf = (text: string): string[] => text.split(NEWLINES);

/** `trimmingCharacters(in: .whitespaces)` */
export const trimWhitespaces = (text: string): string => text.replace(WHITESPACE_ENDS, "");

/** `trimmingCharacters(in: .whitespacesAndNewlines)` */
export const trimAll = (text: string): string => text.replace(ALL_ENDS, "");

/** `split(separator: "=", maxSplits: 1)`, which leaves out empty parts and does not count them as a split. */
export function splitOnce(text: string): string[] {
  const start = /^=*/.exec(text)?.[0].length ?? 0;
  const at = text.indexOf("=", start);
  const parts = at < 0 ? [text.slice(start)] : [text.slice(start, at), text.slice(at + 1)];
  return parts.filter((part) => part !== "");
}

/** `Int(_: String)`: undefined unless the whole text is a decimal integer of 64 bits. */
export function readInt(text: string): bigint | undefined {
  if (!/^[+-]?\d+$/.test(text)) return undefined;
  const value = BigInt(text.replace("+", ""));
  return BigInt.asIntN(64, value) === value ? value : undefined;
}

/** `TimeInterval(_: String)`, in its decimal forms. */
export const readDouble = (text: string): number | undefined =>
  /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : undefined;

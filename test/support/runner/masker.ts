/**
 * What the Actions runner (2.336) does to text before it becomes a log line. One per job: a mask
 * holds from the moment it is taught until the job ends, in every step.
 *
 * Only the value encoders are here. GitHub's own servers look for JWTs and the like as well; no
 * test should count on that.
 */
export interface Masker {
  /**
   * What `::add-mask::` does: the whole value and every line of it, trimmed, unless empty. There
   * is no shortest length. Returns false for a value of white space only, which is refused.
   */
  add(value: string): boolean;
  /** The text with every known value, and every encoding of one, replaced by `***`. */
  mask(text: string): string;
  /** Everything that is replaced: values and their encodings, in the order of being taught. */
  values(): string[];
}

export function createMasker(): Masker {
  const known = new Set<string>();
  const addOne = (value: string) => {
    for (const form of [value, ...encodings(value)]) if (form !== "") known.add(form);
  };
  return {
    add(value) {
      if (value.trim() === "") return false;
      addOne(value);
      for (const line of value.split(/[\r\n]/)) if (line.trim() !== "") addOne(line.trim());
      return true;
    },
    mask: (text) => replaceAll(text, known),
    values: () => [...known],
  };
}

/** The runner's encoders. Not among them: base64url, hex, reversed, substrings, wrapped base64. */
export function encodings(value: string): string[] {
  // A lone surrogate becomes U+FFFD, as .NET's encoders have it.
  const text = value.toWellFormed();
  const bytes = Buffer.from(text);
  const base64From = (start: number) => bytes.subarray(bytes.length > start ? start : 0).toString("base64");
  return [
    base64From(0),
    base64From(1),
    base64From(2),
    value.replaceAll('"', '\\"'),
    value.replaceAll("'", "''"),
    jsonEscape(text),
    uriEscape(text),
    xmlEscape(value),
    withoutQuotes(value),
    ...powerShellParts(value),
  ];
}

/** Newtonsoft's JSON also escapes three line separators that `JSON.stringify` leaves alone. */
function jsonEscape(value: string): string {
  return JSON.stringify(value)
    .slice(1, -1)
    .replace(/[\u0085\u2028\u2029]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** `Uri.EscapeDataString`: everything but letters, digits and `-._~`. */
function uriEscape(value: string): string {
  return encodeURIComponent(value).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
}

function xmlEscape(value: string): string {
  const names: Record<string, string> = {
    "<": "&lt;",
    ">": "&gt;",
    '"': "&quot;",
    "'": "&apos;",
    "&": "&amp;",
  };
  return value.replace(/[<>"'&]/g, (c) => names[c] ?? c);
}

function withoutQuotes(value: string): string {
  const quoted = value.length > 8 && value.startsWith('"') && value.endsWith('"');
  return quoted ? value.slice(1, -1) : "";
}

/**
 * PowerShell colours part of a command that failed, which cuts the value at the last `&`, or
 * after the first `&+` and the letter behind it. Both parts count from 6 characters.
 */
function powerShellParts(value: string): string[] {
  const plus = value.indexOf("&+");
  const last = value.lastIndexOf("&");
  if (last < 0) return [];
  const [before, after] =
    plus >= 0 ? [value.slice(0, plus + 2), value.slice(plus + 3)] : [value.slice(0, last + 1), value.slice(last + 1)];
  return [before, after].filter((part) => part.length >= 6);
}

/** Finds every occurrence of every value first, so that overlapping and touching ones merge. */
function replaceAll(text: string, values: ReadonlySet<string>): string {
  const found: [start: number, end: number][] = [];
  for (const value of values) {
    for (let at = text.indexOf(value); at >= 0; at = text.indexOf(value, at + 1)) {
      found.push([at, at + value.length]);
    }
  }
  found.sort((a, b) => a[0] - b[0]);
  let result = "";
  let done = 0; // end of the last masked range
  let open = false; // whether a range has been written that a next one could touch
  for (const [start, end] of found) {
    if (!open || start > done) result += `${text.slice(done, start)}***`;
    open = true;
    done = Math.max(done, end);
  }
  return result + text.slice(done);
}

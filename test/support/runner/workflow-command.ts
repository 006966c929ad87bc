/** A line that the runner takes for a command, such as `::error title=Oops::message`. */
export interface WorkflowCommand {
  readonly name: string;
  /** Keys in lower case (the runner ignores their case); values unescaped. */
  readonly properties: ReadonlyMap<string, string>;
  /** Unescaped. */
  readonly data: string;
}

/**
 * Reads a line as the runner does; undefined if it is plain text. Both syntaxes count:
 * `::name key=value,…::data` at the start of the line (white space before it allowed), and the
 * older `##[name key=value;…]data` anywhere in it. `isKnown` tells which names are commands.
 */
export function parseCommand(line: string, isKnown: (name: string) => boolean): WorkflowCommand | undefined {
  return parseColons(line, isKnown) ?? parseBrackets(line, isKnown);
}

function parseColons(line: string, isKnown: (name: string) => boolean): WorkflowCommand | undefined {
  const text = line.trimStart();
  const end = text.startsWith("::") ? text.indexOf("::", 2) : -1;
  if (end < 0) return undefined;
  const [name, properties] = splitInfo(text.slice(2, end));
  if (!isKnown(name)) return undefined;
  return {
    name,
    properties: readProperties(properties.trim(), ",", unescapeProperty),
    data: unescapeData(text.slice(end + 2)),
  };
}

function parseBrackets(line: string, isKnown: (name: string) => boolean): WorkflowCommand | undefined {
  const start = line.indexOf("##[");
  const end = start < 0 ? -1 : line.indexOf("]", start);
  if (end < 0) return undefined;
  const [name, properties] = splitInfo(line.slice(start + 3, end));
  if (!isKnown(name)) return undefined;
  return {
    name,
    properties: readProperties(properties, ";", unescapeBracketed),
    data: unescapeBracketed(line.slice(end + 1)),
  };
}

function splitInfo(info: string): [name: string, properties: string] {
  const space = info.indexOf(" ");
  return space < 0 ? [info, ""] : [info.slice(0, space), info.slice(space + 1)];
}

function readProperties(text: string, separator: string, unescape: (text: string) => string): Map<string, string> {
  const properties = new Map<string, string>();
  for (const part of text.split(separator)) {
    const equals = part.indexOf("=");
    // `a=` and `=b` are dropped.
    if (equals <= 0 || equals === part.length - 1) continue;
    properties.set(part.slice(0, equals).toLowerCase(), unescape(part.slice(equals + 1)));
  }
  return properties;
}

/** `%25` comes last, so that an escaped `%0A` in the text stays what it was. */
export function unescapeData(text: string): string {
  return text.replaceAll("%0D", "\r").replaceAll("%0A", "\n").replaceAll("%25", "%");
}

export function unescapeProperty(text: string): string {
  return unescapeData(text.replaceAll("%3A", ":").replaceAll("%2C", ","));
}

function unescapeBracketed(text: string): string {
  return unescapeData(text.replaceAll("%3B", ";").replaceAll("%5D", "]"));
}

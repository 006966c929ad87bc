/** Finds tokens where none may be, in any disguise that `views.ts` can undo. */
import { lstatSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import type { StepResult } from "./step.ts";
import { viewsOf } from "./views.ts";

export interface Source {
  readonly name: string;
  readonly text: string | Buffer;
}

export interface Leak {
  /** Index in the list of tokens; a report repeats a token only where it was used as a name. */
  readonly token: number;
  readonly source: string;
  /** "raw", "base64", "json > url", … */
  readonly encoding: string;
}

/** This many characters in a row of a token's secret part are a leak. */
const SHORTEST_PART = 16;

/**
 * Every token, or 16 characters in a row of one beyond its public prefix, in every source. One leak
 * is reported for a token and a source, in the plainest encoding. Throws on a token of less than 8
 * characters after the prefix: it would be found everywhere, or nowhere.
 */
export function findLeaks(options: {
  readonly tokens: readonly string[];
  readonly sources: readonly Source[];
}): Leak[] {
  const bodies = options.tokens.map((token, index) => {
    const body = Buffer.from(token.slice(publicPrefix(token).length)).toString("latin1");
    if (body.length < 8) throw new Error(`token ${index} is too short to look for`);
    return body;
  });
  return options.sources.flatMap(({ name, text }) => {
    const bytes = typeof text === "string" ? Buffer.from(text) : text;
    const views = viewsOf(bytes.toString("latin1"));
    return bodies.flatMap((body, token): Leak[] => {
      const view = views.find((one) => containsPart(one.text, body));
      return view ? [{ token, source: name, encoding: view.encoding || "raw" }] : [];
    });
  });
}

/** What any token of its kind begins with; of a JWT the header. */
export function publicPrefix(token: string): string {
  const known = /^(?:sk-ant-[a-z]+\d*-|sk-proj-|sk-|rt[._]|gh[a-z]_|github_pat_|o[a-z]{1,2}\d[._])/;
  return (/^eyJ[\w-]*\./.exec(token) ?? known.exec(token))?.[0] ?? "";
}

/** Whether the text has SHORTEST_PART characters in a row of the body (all of a shorter one). */
function containsPart(text: string, body: string): boolean {
  const wanted = Math.min(SHORTEST_PART, body.length);
  // Every part that is long enough holds a whole block that starts at a multiple of its length.
  const block = Math.floor((wanted + 1) / 2);
  for (let start = 0; start + block <= body.length; start += block) {
    const piece = body.slice(start, start + block);
    for (let at = text.indexOf(piece); at >= 0; at = text.indexOf(piece, at + 1)) {
      let left = 0;
      while (left < start && text[at - left - 1] === body[start - left - 1]) left++;
      let right = block;
      while (start + right < body.length && text[at + right] === body[start + right]) right++;
      if (left + right >= wanted) return true;
    }
  }
  return false;
}

export interface Allowed {
  /** Names of outputs, and of variables in GITHUB_ENV, that are meant to hold a token. */
  readonly outputs?: readonly string[];
  readonly env?: readonly string[];
}

/**
 * Looks at all that a step has let out. On stdout the payload of `::add-mask::` is what the
 * command is for; all else is looked at as it was written, before masking.
 */
export function gateStep(result: StepResult, tokens: readonly string[], allowed: Allowed = {}): Leak[] {
  const entries = (kind: string, values: Readonly<Record<string, string>>, except: readonly string[] = []) =>
    Object.entries(values)
      .filter(([name]) => !except.includes(name))
      .map(([name, value]) => ({ name: `${kind} ${name}`, text: `${name}=${value}` }));
  const sources: Source[] = [
    { name: "stdout", text: result.rawStdout.replace(/^[^\S\r\n]*::add-mask::[^\r\n]*/gim, "") },
    { name: "stderr", text: result.rawStderr },
    { name: "log", text: result.log },
    ...entries("output", result.outputs, allowed.outputs),
    ...entries("env", result.env, allowed.env),
    ...entries("state", result.state),
    { name: "path", text: result.path.join("\n") },
    { name: "summary", text: result.rawSummary },
    ...result.annotations.map(({ message, properties }, index) => ({
      name: `annotation ${index + 1}`,
      text: [message, ...Object.values(properties)].join("\n"),
    })),
    { name: "argv", text: result.argv.join("\n") },
  ];
  return findLeaks({ tokens, sources });
}

/**
 * Every file and link below a folder: contents, names, targets. `allow` gets the path from the
 * folder, with `/`, and tells what not to look into; a folder so named is left out as a whole.
 */
export function scanTree(
  folder: string,
  tokens: readonly string[],
  allow: (path: string) => boolean = () => false,
): Leak[] {
  return findLeaks({ tokens, sources: sourcesBelow(folder, "", allow) });
}

function sourcesBelow(root: string, below: string, allow: (path: string) => boolean): Source[] {
  const sources: Source[] = [];
  for (const entry of readdirSync(join(root, below))) {
    const name = below === "" ? entry : `${below}/${entry}`;
    if (allow(name)) continue;
    sources.push({ name: `name of ${name}`, text: entry });
    const path = join(root, name);
    const stats = lstatSync(path);
    if (stats.isDirectory()) sources.push(...sourcesBelow(root, name, allow));
    if (stats.isSymbolicLink()) sources.push({ name, text: readlinkSync(path) });
    if (stats.isFile()) sources.push({ name, text: readFileSync(path) });
  }
  return sources;
}

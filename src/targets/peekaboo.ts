import { type Credential, EMPTY } from "../credential/credential.ts";
import { readJwt } from "../credential/jwt.ts";
import { possibleTime } from "../duration.ts";
import { Failure } from "../errors.ts";
import { secretOf } from "../secret.ts";
import type { Doc, FileTarget, Section, Slot, Whereabouts } from "./target.ts";

const { dirname, join, resolve } = process.getBuiltinModule("node:path");

/** A provider's part of Peekaboo's names: `ANTHROPIC_ACCESS_TOKEN`. */
type Prefix = "ANTHROPIC" | "OPENAI";

const prefixOf = ({ provider }: Pick<Slot, "provider">): Prefix => (provider === "openai" ? "OPENAI" : "ANTHROPIC");

/** The lines of a login, in our order: releases up to 3.2.0 take the last line that names a provider for its API key. */
const LINES: Readonly<Record<Prefix, readonly string[]>> = {
  ANTHROPIC: ["ANTHROPIC_REFRESH_TOKEN", "ANTHROPIC_ACCESS_EXPIRES", "ANTHROPIC_BETA_HEADER", "ANTHROPIC_ACCESS_TOKEN"],
  OPENAI: ["OPENAI_REFRESH_TOKEN", "OPENAI_ACCESS_EXPIRES", "OPENAI_ACCESS_TOKEN"],
};

/** Peekaboo knows the first two, without which no OAuth token is taken, from this line alone. */
const BETA_HEADER =
  "oauth-2025-04-20,claude-code-20250219,interleaved-thinking-2025-05-14,fine-grained-tool-streaming-2025-05-14";

/** Of a file that was not there before. */
const HEADER = ["# Written by oauth-creds: access tokens only.\n", "# Keep this file from others.\n", "\n"];

/** Each line with what ends it. Swift ends a line at more characters than we would. */
const LINE = /[^\n\v\f\r\u0085\u2028\u2029]*(?:\r\n|[\n\v\f\r\u0085\u2028\u2029])|[^\n\v\f\r\u0085\u2028\u2029]+/g;

/** Peekaboo's `credentials`: lines `KEY=VALUE` of all its providers. Where each rule comes from: docs/peekaboo.md. */
export const peekaboo: FileTarget = {
  name: "peekaboo",
  providers: ["anthropic", "openai"],
  // A refresh token would be exposed for nothing (Anthropic), or spent behind our back (OpenAI, releases of 2026-08 on).
  full: false,
  path({ env, home }) {
    const given = env["PEEKABOO_CONFIG_DIR"] ?? "";
    const folder = given.trim() === "" ? join(home, ".peekaboo") : given.replace(/^~(?=\/|$)/, () => home);
    return join(resolve(folder), "credentials");
  },
  parse: (text) => ({ lines: text.match(LINE) ?? [] }),
  print: (doc) => linesOf(doc).join(""),
  slots: (doc) =>
    (["anthropic", "openai"] as const)
      .map((provider): Slot => ({ provider, account: "default" }))
      .filter((slot) => {
        const section = getSection(doc, slot);
        return section !== undefined && (part(section, slot, "ACCESS_TOKEN") || part(section, slot, "REFRESH_TOKEN"));
      }),
  get: getSection,
  set(doc, slot, section) {
    const names = LINES[prefixOf(slot)];
    const all = linesOf(doc);
    const kept = all.filter((line) => !names.includes(entryOf(line)?.key ?? ""));
    const last = kept.at(-1);
    if (last !== undefined && !/[\n\v\f\r\u0085\u2028\u2029]$/.test(last)) kept.splice(-1, 1, `${last}\n`);
    if (!section) return { lines: kept };
    const ours = names.filter((name) => section[name] !== undefined).map((name) => printLine(name, section[name]));
    // At the end, because of whatever else names the provider: the user's API key, another program's token.
    return { lines: [...(all.length > 0 ? kept : HEADER), ...ours] };
  },
  /** Never with a refresh token, whatever is asked for. An end is written in seconds; without one the token has none. */
  write(credential) {
    const prefix = prefixOf(credential);
    const { accessExpiresAt: end } = credential;
    return {
      ...(end !== undefined && { [`${prefix}_ACCESS_EXPIRES`]: String(Math.floor(end / 1000)) }),
      ...(prefix === "ANTHROPIC" && { ANTHROPIC_BETA_HEADER: BETA_HEADER }),
      [`${prefix}_ACCESS_TOKEN`]: credential.access?.reveal() ?? "",
    };
  },
  read: readSection,
  shadows,
};

const linesOf = (doc: Doc): readonly string[] => (doc["lines"] as readonly string[] | undefined) ?? [];

/**
 * What a line sets, by the most generous of Peekaboo's parsers: one overlooks a `=` before the name, another the
 * spaces around it. What any of them takes for a line of the login must not stay beside ours.
 */
function entryOf(line: string): { key: string; value: string } | undefined {
  // A comment gives a name with `#`, which nobody asks for.
  const [, key, value] = /^[=\s\u0085\u200b]*([^=]+)=(.*)$/s.exec(trim(line)) ?? [];
  return key === undefined || value === undefined ? undefined : { key: trim(key), value: trim(value) };
}

/** Two more are spaces or line ends for Swift: the zero width space and NEL. */
const trim = (text: string): string => text.replace(/^[\s\u0085\u200b]+|[\s\u0085\u200b]+$/g, "");

function getSection(doc: Doc, slot: Slot): Section | undefined {
  const section: Record<string, string> = {};
  for (const line of linesOf(doc)) {
    const { key = "", value = "" } = entryOf(line) ?? {};
    if (value !== "" && LINES[prefixOf(slot)].includes(key)) section[key] = value;
  }
  return Object.keys(section).length > 0 ? section : undefined;
}

/** One value of a login, empty if it has none. */
function part(section: Section, slot: Slot, name: string): string {
  const value = section[`${prefixOf(slot)}_${name}`];
  return typeof value === "string" ? value : "";
}

/** The only place where a line is made. The file has no escapes: a value that is not one line would be several. */
function printLine(name: string, value: unknown): string {
  if (typeof value !== "string" || trim(value) !== value || !/^[^\0\n\v\f\r\u0085\u2028\u2029]+$/.test(value)) {
    throw new Failure(
      "credential-unusable",
      `The value for ${name} is empty, or has a line break or a space at an end: it would be damaged in Peekaboo's file.`,
      "Store the credential again, whole and on one line.",
    );
  }
  return `${name}=${value}\n`;
}

function readSection(
  section: Section,
  slot: Slot,
  _now: number,
  notice: (text: string) => void = () => {},
): Credential | undefined {
  const access = secretOf(part(section, slot, "ACCESS_TOKEN"));
  const refresh = secretOf(part(section, slot, "REFRESH_TOKEN"));
  if (!access && !refresh) return undefined;
  const claims = slot.provider === "openai" && access ? readJwt(access.reveal()) : undefined;
  return {
    ...EMPTY,
    provider: slot.provider,
    kind: refresh ? "login" : "access",
    access,
    refresh,
    accessExpiresAt: readEnd(part(section, slot, "ACCESS_EXPIRES"), notice) ?? claims?.expiresAt,
    accountId: claims?.accountId,
    plan: claims?.plan,
  };
}

/** ms since 1970, from seconds. Milliseconds, which Peekaboo would take for a day in the far future, are seen. */
function readEnd(text: string, notice: (text: string) => void): number | undefined {
  const number = /^\d+(\.\d+)?$/.test(text) ? Number(text) : 0;
  if (number < 1e11) return possibleTime(Math.floor(number * 1000));
  notice("The credential gives a time in milliseconds where Peekaboo uses seconds; it was read as milliseconds.");
  return possibleTime(number);
}

function shadows({ env }: Whereabouts, read: (path: string) => string | undefined, path: string): string[] {
  const text = read(path) ?? "";
  const doc = peekaboo.parse(text) as Doc;
  const config = join(dirname(path), "config.json");
  const settings = read(config) ?? "";
  const found: string[] = [];
  const say = (what: string, remove: string) =>
    void found.push(`${what}: Peekaboo uses it instead of this login. ${remove}`);
  for (const slot of peekaboo.slots(doc)) {
    const key = `${prefixOf(slot)}_API_KEY`;
    if (env[key]) say(`The variable ${key} is set in this job`, "Remove it from the job's `env`.");
    // Also an empty one: it is then the key that is sent.
    if (linesOf(doc).some((line) => entryOf(line)?.key.toUpperCase() === key))
      say(`${path} has a line ${key}`, "Remove the line.");
    const setting = slot.provider === "openai" ? "openaiApiKey" : "anthropicApiKey";
    if (new RegExp(`^(?!\\s*//).*"${setting}"\\s*:\\s*"[^"]`, "m").test(settings))
      say(`${config} sets \`${setting}\``, "Remove the setting.");
    // Only the session of OpenAI is also looked for in the environment.
    const session = ["OPENAI_ACCESS_TOKEN", "OPENAI_REFRESH_TOKEN"].find((name) => env[name]);
    if (slot.provider === "openai" && session)
      say(`The variable ${session} is set in this job`, "Remove it from the job's `env`.");
  }
  const broken = linesOf(doc).findIndex((line) => !isReadable(line));
  if (broken >= 0)
    found.push(
      `Line ${broken + 1} of ${path} is not KEY=VALUE: present releases of Peekaboo read nothing of such a file. Correct or remove the line.`,
    );
  return found;
}

/** For the strictest of the parsers, which gives up the whole file otherwise. */
function isReadable(line: string): boolean {
  const text = trim(line);
  return (text === "" || text.startsWith("#") || text.indexOf("=") > 0) && !line.includes("\0");
}

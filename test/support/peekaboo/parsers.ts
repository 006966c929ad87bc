/**
 * The parsers of `~/.peekaboo/credentials`, re-stated rule by rule from the Swift sources. Peekaboo runs on macOS only;
 * these stand for it where it cannot be run. `T` is Tachikoma (its library of providers), `P` is Peekaboo.
 *
 * - T 38f243d: github.com/steipete/Tachikoma, 2026-01-18
 * - P 4316611: github.com/steipete/Peekaboo, 2026-05-16 (release 3.2.0 reads the same)
 * - P 314e3ce: github.com/openclaw/Peekaboo, where it has moved to
 */
import { linesOf, splitOnce, trimAll, trimWhitespaces } from "./swift.ts";

export type Values = ReadonlyMap<string, string>;

/** T AuthManager.swift:89-106@38f243d, `TKCredentialStore.load`; word for word the same in Tachikoma 0.3.0. */
export function tachikomaStore(text: string): Values {
  const values = new Map<string, string>();
  for (const line of linesOf(text)) {
    const trimmed = trimWhitespaces(line); // :96
    if (trimmed === "" || trimmed.startsWith("#")) continue; // :97
    const [key, value] = splitOnce(trimmed); // :98
    if (key === undefined || value === undefined) continue; // :99
    values.set(key, value); // :100, no trimming on either side of the `=`
  }
  return values;
}

/** T Configuration.swift:361-375@38f243d: the first of these that a name contains decides whose API key it is. */
const SUBSTRINGS: readonly (readonly [string, string])[] = [
  ["openai", "openai"],
  ["anthropic", "anthropic"],
  ["claude", "anthropic"],
  ["grok", "grok"],
  ["groq", "groq"],
  ["mistral", "mistral"],
  ["google", "google"],
  ["gemini", "google"],
  ["ollama", "ollama"],
];

/**
 * T Configuration.swift:343-377@38f243d, `loadFromCredentials` up to Tachikoma 0.2.0: the API key by provider. The last
 * line wins, also one without a value.
 */
export function keysBySubstring(text: string): Values {
  return keysBy(text, (name) => SUBSTRINGS.find(([part]) => name.toLowerCase().includes(part))?.[1]);
}

/** The names of the API keys of OpenAI and Anthropic, T Provider.swift `environmentVariable`@24c120e (openclaw). */
const EXACT: Readonly<Record<string, string>> = { OPENAI_API_KEY: "openai", ANTHROPIC_API_KEY: "anthropic" };

/**
 * T Configuration.swift `loadFromCredentials` and `provider(forCredentialKey:)` from Tachikoma 0.2.1 on (its
 * CHANGELOG: "only maps exact API-key credential names"): the same lines, but the whole name counts, in any case.
 */
export const keysByName = (text: string): Values => keysBy(text, (name) => EXACT[name.toUpperCase()]);

function keysBy(text: string, providerOf: (name: string) => string | undefined): Values {
  const keys = new Map<string, string>();
  for (const line of linesOf(text)) {
    const trimmed = trimAll(line); // :346
    if (trimmed === "" || trimmed.startsWith("#")) continue; // :349
    const [name, ...rest] = trimmed.split("="); // :354
    if (name === undefined || rest.length === 0) continue; // :355
    const provider = providerOf(trimAll(name)); // :356
    if (provider !== undefined) keys.set(provider, trimAll(rest.join("="))); // :357
  }
  return keys;
}

/** P ConfigurationManager+Credentials.swift:11-28@4316611, `loadCredentials` of releases before the strict one. */
export function peekabooValues(text: string): Values {
  const values = new Map<string, string>();
  for (const line of linesOf(text)) {
    const trimmed = trimWhitespaces(line); // :15
    if (trimmed === "" || trimmed.startsWith("#")) continue; // :16
    const at = trimmed.indexOf("="); // :20
    if (at < 0) continue;
    const key = trimWhitespaces(trimmed.slice(0, at)); // :21
    const value = trimWhitespaces(trimmed.slice(at + 1)); // :22-23
    if (key !== "" && value !== "") values.set(key, value); // :24-25
  }
  return values;
}

/** P CredentialFile.swift:68-85@314e3ce, `readCredentialSnapshot`. Undefined where it throws: nothing of the file counts. */
export function peekabooSnapshot(text: string): Values | undefined {
  if (text.includes("\0")) return undefined; // :68
  const values = new Map<string, string>();
  for (const line of linesOf(text)) {
    const trimmed = trimWhitespaces(line); // :73
    if (trimmed === "" || trimmed.startsWith("#")) continue; // :74
    const at = trimmed.indexOf("=");
    if (at < 0) return undefined; // :77
    const key = trimWhitespaces(trimmed.slice(0, at)); // :78
    const value = trimWhitespaces(trimmed.slice(at + 1)); // :79
    if (key === "") return undefined; // :80
    if (value !== "") values.set(key, value); // :81-82
  }
  return values;
}

/**
 * P ConfigurationManager+Credentials.swift:35-52@4316611, `saveCredentials`, and the same in CredentialFile.swift@314e3ce:
 * what `peekaboo config credential set` makes of a file. Comments and the order are lost.
 */
export function peekabooSaves(text: string, changes: Readonly<Record<string, string>>): string {
  const values = Object.entries({ ...Object.fromEntries(peekabooValues(text)), ...changes });
  const body = values.map((entry) => entry.join("=")).toSorted();
  return ["# Peekaboo credentials file", "# (a second line of comment)", "", ...body].join("\n");
}

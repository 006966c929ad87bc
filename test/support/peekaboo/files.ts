/** Files that a person may have: lines of all kinds, each marked with whose it is. */
import { randomBytes } from "node:crypto";
import * as fc from "fast-check";
import type { Provider } from "./wire.ts";

export interface Line {
  readonly text: string;
  /** What ends the line; empty only for the last. */
  readonly end: string;
  /** The provider whose login the line belongs to. */
  readonly login: Provider | undefined;
}

/** Everything that ends a line for Swift but CR alone, which would join a following LF. */
const ENDS = ["\n", "\n", "\n", "\r\n", "\v", "\f", "\u0085", "\u2028", "\u2029"];

const KEYS = [
  "ANTHROPIC_API_KEY",
  "anthropic_api_key",
  "OPENAI_API_KEY",
  "AZURE_OPENAI_API_KEY",
  "CLAUDE_CODE_OAUTH_TOKEN",
  "MY_ANTHROPIC_NOTE",
  "OPENAI_BETA_HEADER",
  "openai_access_token",
  "X_AI_API_KEY",
  "GROK_API_KEY",
  "GEMINI_API_KEY",
  "OLLAMA_HOST",
  "ANYTHING",
];

const LOGIN: readonly (readonly [Provider, string])[] = [
  ["anthropic", "ANTHROPIC_ACCESS_TOKEN"],
  ["anthropic", "ANTHROPIC_ACCESS_EXPIRES"],
  ["anthropic", "ANTHROPIC_REFRESH_TOKEN"],
  ["anthropic", "ANTHROPIC_BETA_HEADER"],
  ["openai", "OPENAI_ACCESS_TOKEN"],
  ["openai", "OPENAI_ACCESS_EXPIRES"],
  ["openai", "OPENAI_REFRESH_TOKEN"],
];

/** What stands around a name or a value, as far as one of the parsers overlooks it. */
const space = fc.constantFrom("", "", "", "", " ", "\t", "  ", "\u00a0", "\u200b");
const value = fc.oneof(
  fc.string({ unit: fc.constantFrom(..."abcXYZ019-_.=#$ "), maxLength: 12 }),
  fc.constantFrom("", "1795268993", "1795268993000", "sk-ant-api03-someone", "a=b=="),
);

const assignment = (key: string): fc.Arbitrary<string> =>
  fc.tuple(space, space, space, value, space).map(([a, b, c, text, d]) => `${a}${key}${b}=${c}${text}${d}`);

const ofOthers = fc.oneof(
  fc.constantFrom("", " ", "# a note", "#ANTHROPIC_ACCESS_TOKEN=commented out", " # indented", "export ANYTHING=1"),
  fc.constantFrom(...KEYS).chain(assignment),
);

/** Lines that the strictest parser refuses, and the file with them. */
const broken = fc.constantFrom("no equals sign", "=", "=value", "{", "\0");

const ofLogin = fc.constantFrom(...LOGIN).chain(([login, key]) =>
  fc
    // One parser overlooks equals signs before the name.
    .tuple(fc.constantFrom("", "", "", "", "=", "=="), assignment(key))
    .map(([before, text]) => ({
      text: before === "" ? text : before + text.trimStart().replace(/^\u200b/, ""),
      login,
    })),
);

/** @param readable without lines that are no `KEY=VALUE` */
export function anyFile(readable: boolean): fc.Arbitrary<Line[]> {
  const plain = (readable ? ofOthers : fc.oneof({ weight: 6, arbitrary: ofOthers }, broken)).map((text) => ({
    text,
    login: undefined,
  }));
  const login = readable ? ofLogin.filter(({ text }) => !text.startsWith("=")) : ofLogin;
  const line = fc
    .tuple(fc.oneof({ weight: 3, arbitrary: plain }, { weight: 2, arbitrary: login }), fc.constantFrom(...ENDS))
    .map(([{ text, login: whose }, end]): Line => ({ text, end, login: whose }));
  return fc.tuple(fc.array(line, { maxLength: 12 }), fc.boolean()).map(([lines, open]) => {
    const last = lines.at(-1);
    return open && last && last.text !== "" ? [...lines.slice(0, -1), { ...last, end: "" }] : lines;
  });
}

export const textOf = (lines: readonly Line[]): string => lines.map(({ text, end }) => text + end).join("");

/** An invented ChatGPT access token: a JSON Web Token that names its account, and its end in seconds. */
export function inventChatGptToken(account: string | undefined, endsAt?: number): string {
  const part = (claims: object): string => Buffer.from(JSON.stringify(claims)).toString("base64url");
  const own = account === undefined ? {} : { "https://api.openai.com/auth": { chatgpt_account_id: account } };
  const end = endsAt === undefined ? {} : { exp: Math.floor(endsAt / 1000) };
  return `${part({ alg: "RS256" })}.${part({ ...own, ...end })}.${randomBytes(48).toString("base64url")}`;
}

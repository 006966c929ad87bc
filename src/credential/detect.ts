import { Failure } from "../errors.ts";
import { parseObject } from "../json.ts";
import { Secret } from "../secret.ts";
import { readClaudeOauth } from "./claude-file.ts";
import { type Credential, EMPTY } from "./credential.ts";
import { isEnvelope, openEnvelope, type Stored } from "./envelope.ts";
import { sayWhatItIs } from "./strangers.ts";

export interface Detected {
  readonly credential: Credential;
  /** Where and when it was stored, if it came in our envelope. */
  readonly stored: Stored | undefined;
  /** What was repaired, for the person who pasted it. */
  readonly notices: readonly string[];
  /** What may be wrong with it. */
  readonly warnings: readonly string[];
}

/** Tokens seen so far had 79, 108 and 114 characters; the provider promises no length. */
const SUSPICIOUSLY_SHORT = 60;

/**
 * Recognises a credential by its content. What is certain is repaired with a notice; anything else is a
 * Failure that says what was seen, never the value.
 */
export function detect(raw: string, setupTokenExpiresAt: number | undefined, now: number): Detected {
  const notices: string[] = [];
  const warnings: string[] = [];
  const notice = (text: string) => void notices.push(text);
  const text = tidy(raw, notice);
  if (isEnvelope(text)) {
    try {
      return { ...openEnvelope(text.replace(/\s+/g, "")), notices, warnings };
    } catch (error) {
      throw unusable((error as Error).message);
    }
  }
  const credential = text.startsWith("{") ? fromJson(text, now, notice) : fromToken(text, notice, warnings);
  if (credential.kind !== "setup-token" || setupTokenExpiresAt === undefined) {
    return { credential, stored: undefined, notices, warnings };
  }
  return { credential: { ...credential, accessExpiresAt: setupTokenExpiresAt }, stored: undefined, notices, warnings };
}

function fromToken(text: string, notice: (text: string) => void, warnings: string[]): Credential {
  const token = text.replace(/\s+/g, "");
  const kind = /^sk-ant-oat\d*-/.test(token) ? "setup-token" : /^sk-ant-ort\d*-/.test(token) ? "login" : undefined;
  if (kind === undefined || !/^[\w.~+/=-]+$/.test(token)) throw notOurs(text);
  if (token !== text) notice("The token had line breaks or spaces inside; they were removed.");
  if (token.length < SUSPICIOUSLY_SHORT) {
    const cut = "If the provider refuses it, it was cut off when it was copied.";
    warnings.push(`The token has only ${token.length} characters. ${cut}`);
  }
  return kind === "login"
    ? { ...EMPTY, kind, refresh: new Secret(token) }
    : { ...EMPTY, kind, access: new Secret(token), scopes: ["user:inference"] };
}

function fromJson(text: string, now: number, notice: (text: string) => void): Credential {
  const whole = parseObject(text);
  if (!whole)
    throw unusable("it begins like JSON but is not valid JSON: it was cut off, or a shell removed its quotes");
  const wrapped = whole["claudeAiOauth"];
  const oauth = typeof wrapped === "object" && wrapped !== null ? (wrapped as Record<string, unknown>) : whole;
  const ended = oauth["accessToken"] === "" && oauth["refreshToken"] === "";
  if (ended)
    throw unusable("it is the file that Claude Code leaves behind when a login has ended: its tokens are empty");
  const credential = readClaudeOauth(oauth, now, notice);
  if (!credential) throw notOurs(text);
  const key = credential.access?.reveal() ?? "";
  if (/^sk-ant-(api|admin)/.test(key)) throw notOurs(key);
  for (const token of [credential.access, credential.refresh]) {
    if (token && /\s/.test(token.reveal())) throw unusable("a token inside it contains a line break or a space");
  }
  return credential;
}

/** Takes off what copying and pasting puts around a value, until nothing comes off any more. */
function tidy(raw: string, notice: (text: string) => void): string {
  let text = raw;
  for (let round = 0; round < 6; round++) {
    const before = text;
    text = text.replace(/^\uFEFF/, "").trim();
    const quoted = /^(["'`])([\s\S]*)\1$/.exec(text);
    if (quoted?.[2] !== undefined) {
      notice("The value stood in quotes; they were removed.");
      text = quoted[2];
    }
    const named = /^(?:export\s+|set\s+)?[A-Za-z_][A-Za-z0-9_]*=(?=["'`{]|sk-ant-|oc1\.|eyJ)/.exec(text);
    if (named) {
      notice("The value began with NAME=; that was removed.");
      text = text.slice(named[0].length);
    }
    if (/^Bearer\s/i.test(text)) {
      notice("The value began with “Bearer”; that was removed.");
      text = text.slice(7);
    }
    text = fromBase64(text, notice) ?? text;
    if (text === before) break;
  }
  return text;
}

function fromBase64(text: string, notice: (text: string) => void): string | undefined {
  if (!/^[A-Za-z0-9+/_-][A-Za-z0-9+/_\s-]{20,}=*\s*$/.test(text)) return undefined;
  const decoded = Buffer.from(text, "base64")
    .toString("utf8")
    .replace(/^\uFEFF/, "")
    .trim();
  if (!decoded.startsWith("{") || !decoded.endsWith("}")) return undefined;
  notice("The value was base64 of a JSON file; it was decoded.");
  return decoded;
}

function notOurs(text: string): Failure {
  const stranger = sayWhatItIs(text);
  if (stranger.apiKey)
    return new Failure("credential-is-api-key", `The credential is ${stranger.seen}.`, stranger.advice ?? "");
  return unusable(stranger.seen, stranger.advice);
}

function unusable(seen: string, advice?: string): Failure {
  return new Failure(
    "credential-unusable",
    `The credential cannot be used: ${seen}.`,
    advice ??
      "Store it again, whole and on one line: the output of `claude setup-token`, or the content of " +
        "`.credentials.json` of a login of its own for CI (`gh secret set NAME < file` adds nothing to it).",
  );
}

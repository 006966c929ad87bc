import { readClaudeOauth } from "../credential/claude-file.ts";
import { type Credential, EMPTY, type ProviderName } from "../credential/credential.ts";
import { isEnvelope, openEnvelope, type Stored } from "../credential/envelope.ts";
import { parseObject } from "../json.ts";
import { Secret } from "../secret.ts";

export interface Detected {
  readonly credential: Credential;
  /** Where and when it was stored, if it came in our envelope. */
  readonly stored: Stored | undefined;
  /** What was repaired, for the person who pasted it. */
  readonly notices: readonly string[];
  /** What may be wrong with it. */
  readonly warnings: readonly string[];
}

/** What the settings say of the credential. */
export interface Expected {
  readonly provider: "auto" | ProviderName;
  /** Which login of a file with several. */
  readonly account: string;
  /** The end of a setup token, which it does not tell itself; ms. */
  readonly endsAt: number | undefined;
  /** Opens what a mint job has sealed for this one. */
  readonly ledgerKey?: Secret | undefined;
}

/** What needs no repairing: an envelope, a token or a JSON file as it is, with white space around it at most. */
const AS_STORED = /^\s*(oc1\.[\w-]+|sk-ant-o[ar]t[\w.~+/=-]+|\{[\s\S]*\})\s*$/;

/** Tokens seen so far had 79, 108 and 114 characters; the provider promises no length. */
const SUSPICIOUSLY_SHORT = 60;

/**
 * Recognises a credential by its content. What is certain is repaired with a notice; anything else is a
 * Failure that says what was seen, never the value.
 */
export async function detect(raw: string, expected: Expected, now: number): Promise<Detected> {
  const notices: string[] = [];
  const warnings: string[] = [];
  const notice = (text: string) => void notices.push(text);
  const text = AS_STORED.test(raw) ? raw.trim() : (await import("./tidy.ts")).tidy(raw, notice);
  const { credential, stored } = isEnvelope(text)
    ? await fromEnvelope(text)
    : { credential: await read(text, expected, now, notice, warnings), stored: undefined };
  const { provider } = credential;
  if (expected.provider !== "auto" && provider !== expected.provider) {
    throw (await strangers()).sayOther(provider, expected.provider);
  }
  const dated = credential.kind === "setup-token" && expected.endsAt !== undefined;
  return {
    credential: dated ? { ...credential, accessExpiresAt: expected.endsAt } : credential,
    stored,
    notices,
    warnings,
  };
}

async function fromEnvelope(text: string): Promise<ReturnType<typeof openEnvelope>> {
  try {
    return openEnvelope(text.replace(/\s+/g, ""));
  } catch (error) {
    throw (await strangers()).unusable((error as Error).message);
  }
}

/** Claude's own forms are known here; the code for the others is loaded for them alone. */
async function read(
  text: string,
  expected: Expected,
  now: number,
  notice: (text: string) => void,
  warnings: string[],
): Promise<Credential> {
  const token = text.replace(/\s+/g, "");
  if (expected.provider !== "custom") {
    if (/^sk-ant-o[ar]t\d*-[\w.~+/=-]+$/.test(token)) return fromToken(text, token, notice, warnings);
    const whole = text.startsWith("{") ? parseObject(text) : undefined;
    const credential = whole && (await fromClaude(whole, expected, now, notice));
    const key = credential?.access?.reveal() ?? "";
    if (/^sk-ant-(api|admin)/.test(key)) throw (await strangers()).notOurs(key);
    if (credential) return credential;
  }
  const { readOther } = await import("./other-forms.ts");
  const credential = await readOther(text, expected, now, notice);
  if (credential) return credential;
  throw (await strangers()).notOurs(text);
}

async function fromToken(
  text: string,
  token: string,
  notice: (text: string) => void,
  warnings: string[],
): Promise<Credential> {
  if (token !== text) notice((await strangers()).JOINED);
  if (token.length < SUSPICIOUSLY_SHORT) warnings.push((await strangers()).sayShort(token));
  return token.startsWith("sk-ant-ort")
    ? { ...EMPTY, kind: "login", refresh: new Secret(token) }
    : { ...EMPTY, kind: "setup-token", access: new Secret(token), scopes: ["user:inference"] };
}

/** Claude's file, or the object inside it. Undefined if it is neither. */
async function fromClaude(
  whole: Readonly<Record<string, unknown>>,
  { provider }: Expected,
  now: number,
  notice: (text: string) => void,
): Promise<Credential | undefined> {
  const wrapped = whole["claudeAiOauth"];
  const oauth = typeof wrapped === "object" && wrapped !== null ? (wrapped as Record<string, unknown>) : whole;
  if (oauth["accessToken"] === "" && oauth["refreshToken"] === "") throw (await strangers()).sayDeadFile();
  const credential = readClaudeOauth(oauth, now, notice);
  const tokens = [credential?.access, credential?.refresh].map((token) => token?.reveal() ?? "");
  // Without the name that Claude's file gives it, it may hold tokens of anybody, who then must not get them.
  if (oauth === whole && provider !== "anthropic" && !tokens.some((token) => token.startsWith("sk-ant-")))
    return undefined;
  if (tokens.some((token) => /\s/.test(token))) throw (await strangers()).sayBroken();
  return credential;
}

/** What is said of a value that is no credential, which most runs never need. */
const strangers = () => import("./strangers.ts");

import { type Credential, EMPTY, type ProviderName } from "../credential/credential.ts";
import { readJwt } from "../credential/jwt.ts";
import { parseObject } from "../json.ts";
import { Secret } from "../secret.ts";
import { isCodexs } from "../targets/codex.ts";
import { OTHERS } from "../targets/others.ts";
import type { FileTarget, Slot } from "../targets/target.ts";
import type { Expected } from "./detect.ts";
import { JOINED, unusable } from "./strangers.ts";
import { readTokenAnswer } from "./token-answer.ts";

/** A login of a pasted file, and the place in it. */
interface Found {
  readonly slot: Slot;
  readonly credential: Credential;
}

/**
 * The credentials that are not Claude's own: other programs' files, raw tokens of OpenAI, and what any RFC 6749
 * server gives out. Undefined if it is none of them.
 */
export async function readOther(
  text: string,
  expected: Expected,
  now: number,
  notice: (text: string) => void,
): Promise<Credential | undefined> {
  if (text.startsWith("ocs1.") && expected.ledgerKey) {
    return (await import("./hand-over.ts")).readHandOver(text, expected.ledgerKey);
  }
  if (expected.provider === "custom") return readCustom(text, now);
  return readFile(text, expected, now, notice) ?? readToken(text.replace(/\s+/g, ""), text, expected, notice);
}

function readFile(
  text: string,
  { provider, account }: Expected,
  now: number,
  notice: (text: string) => void,
): Credential | undefined {
  // A file may be of several programs' making: the first that reads a login has it.
  const all = new Map<string, Found>();
  for (const target of Object.values(OTHERS)) {
    if (target === OTHERS.codex && provider !== "openai" && !isCodexs(parseObject(text) ?? {})) continue;
    for (const found of loginsIn(target, text, now, notice)) {
      const name = `${found.slot.provider}:${found.slot.account}`;
      if (!all.has(name)) all.set(name, found);
    }
  }
  const wanted = [...all.values()].filter(({ slot }) => provider === "auto" || slot.provider === provider);
  const found = wanted.length > 1 ? wanted.filter(({ slot }) => slot.account === account) : wanted;
  if (found.length === 1) return found[0]?.credential;
  // Of another provider than the user says: whoever asked will say so.
  if (wanted.length === 0) return [...all.values()][0]?.credential;
  // A profile may be named after somebody's address.
  const names = [...all.values()].map(
    ({ slot }) => `${slot.provider}:${/^[\w.-]+$/.test(slot.account) ? slot.account : "…"}`,
  );
  throw unusable(
    `it holds several logins (${names.join(", ")})`,
    "Say which one by `provider` and `account`, or store one of them alone.",
  );
}

function loginsIn(target: FileTarget, text: string, now: number, notice: (text: string) => void): Found[] {
  const doc = target.parse(text);
  if (!doc) return [];
  return target.slots(doc).flatMap((slot) => {
    const section = target.get(doc, slot);
    const credential = section && target.read(section, slot, now, notice);
    return credential ? [{ slot, credential }] : [];
  });
}

function readToken(
  token: string,
  text: string,
  expected: Expected,
  notice: (text: string) => void,
): Credential | undefined {
  const provider: ProviderName = "openai";
  const kind = /^rt_[\w.~+/=-]+$/.test(token) ? "refresh" : isAccess(token) ? "access" : undefined;
  // Their refresh tokens have had other looks: one that is nothing else that we know is taken at the user's word.
  const atWord =
    expected.provider === provider && /^[\w.~+/=-]{40,}$/.test(token) && !/^(sk-|at-|gh[opsu]_|eyJ)/.test(token);
  if (kind === undefined && !atWord) return undefined;
  if (token !== text) notice(JOINED);
  if (kind !== "access") return { ...EMPTY, kind: "login", provider, refresh: new Secret(token) };
  const { expiresAt, accountId, plan } = readJwt(token) ?? {};
  return { ...EMPTY, kind, provider, access: new Secret(token), accessExpiresAt: expiresAt, accountId, plan };
}

/** A ChatGPT access token names its account. The other tokens of OpenAI that look alike do not. */
const isAccess = (token: string): boolean => readJwt(token)?.accountId !== undefined;

/** What a server gave out as JSON, or a refresh token alone. */
function readCustom(text: string, now: number): Credential | undefined {
  if (text.startsWith("{")) return readTokenAnswer(parseObject(text) ?? {}, now);
  if (text === "" || /\s/.test(text) || /^(\$|https?:|\*+$|(undefined|null|None|true|false)$)/.test(text))
    return undefined;
  return { ...EMPTY, kind: "login", provider: "custom", refresh: new Secret(text) };
}

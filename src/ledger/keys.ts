import { Secret } from "../secret.ts";
import { derive, publicKeyOf, type Random } from "./seal.ts";

/** Opens and writes everything. For the jobs that renew a login. */
export interface RootKey {
  /** 32 random bytes, base64url. */
  readonly key: Secret;
  /** What follows from it, and may be given to jobs that only use the login. */
  readonly access: AccessKey;
}

/** Opens the access part of a record and knows a forged one, but cannot make one. */
export interface AccessKey {
  /** Tells which key a record needs: 8 hexadecimal digits that reveal nothing of it. */
  readonly kid: string;
  /** 32 bytes, base64url. */
  readonly key: Secret;
  /** The Ed25519 key that proves a record: 32 bytes, base64url. */
  readonly publicKey: string;
}

/** The first root key writes, any of them opens: so one key can follow another. */
export interface Keyring {
  readonly root: readonly RootKey[];
  readonly access: readonly AccessKey[];
}

/** `ocr1_` + base64url of 32 bytes. */
const ROOT = "ocr1_";
/** `oca1_` + base64url of the access key (32 bytes) ‖ the public key (32 bytes). */
const ACCESS = "oca1_";
const SIZE = { [ROOT]: 32, [ACCESS]: 64 } as const;
const NAME = { [ROOT]: "a root key", [ACCESS]: "an access key" } as const;

/** A new root key, as a person stores it. */
export function makeRootKey(random: Random): string {
  return ROOT + Buffer.from(random(SIZE[ROOT])).toString("base64url");
}

/** The access key of a root key, as a person stores it. */
export function deriveAccessKey(root: RootKey): string {
  const bytes = [root.access.key.reveal(), root.access.publicKey].map((part) => Buffer.from(part, "base64url"));
  return ACCESS + Buffer.concat(bytes).toString("base64url");
}

/**
 * Reads `ledger-key`: keys of both kinds, apart from each other by white space or commas.
 * What is wrong with it comes back as a sentence, without any of it.
 */
export function parseKeys(text: string): Keyring | string {
  const words = [...new Set(text.split(/[\s,]+/).filter(Boolean))];
  if (words.length === 0) return "`ledger-key` is empty.";
  const root: RootKey[] = [];
  const access: AccessKey[] = [];
  for (const [index, word] of words.entries()) {
    const prefix = word.startsWith(ROOT) ? ROOT : word.startsWith(ACCESS) ? ACCESS : undefined;
    const bytes = prefix && bytesOf(word.slice(prefix.length));
    if (bytes?.length !== SIZE[prefix ?? ROOT]) {
      const which = words.length > 1 ? `key ${index + 1} of ${words.length}` : "the key";
      return `\`ledger-key\`: ${which} ${prefix ? sayDamage(word, prefix, bytes?.length) : sayStranger(word)}`;
    }
    if (prefix === ROOT) root.push(rootKey(bytes));
    else access.push(accessKey(bytes.subarray(0, 32), bytes.subarray(32).toString("base64url")));
  }
  return { root, access };
}

/** Undefined for what base64url does not write: other characters, or spare bits that are set. */
function bytesOf(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, "base64url");
  return bytes.toString("base64url") === text ? bytes : undefined;
}

function rootKey(bytes: Buffer): RootKey {
  const key = new Secret(bytes.toString("base64url"));
  return { key, access: accessKey(derive(key, "access key"), publicKeyOf(key)) };
}

function accessKey(bytes: Buffer, publicKey: string): AccessKey {
  const key = new Secret(bytes.toString("base64url"));
  return { kid: derive(key, "key id", 4).toString("hex"), key, publicKey };
}

/** What became of a key that begins like one of ours. */
function sayDamage(word: string, prefix: typeof ROOT | typeof ACCESS, bytes: number | undefined): string {
  const other = prefix === ROOT ? ACCESS : ROOT;
  const begins = `begins with \`${prefix}\` like ${NAME[prefix]}`;
  if (bytes === SIZE[other]) return `${begins}, but is as long as ${NAME[other]} (\`${other}\`): store that as it was.`;
  const length = word.length - prefix.length;
  const due = Math.ceil((SIZE[prefix] * 4) / 3);
  const again = "Store it again, whole and on one line.";
  if (length < due) return `${begins}, but was cut off: ${length} characters follow instead of ${due}. ${again}`;
  if (length > due) {
    return `${begins}, but ${length} characters follow instead of ${due}: several keys stand apart by spaces or commas.`;
  }
  return `${begins}, but was altered: it holds characters that no such key has. ${again}`;
}

const TAKES =
  "`ledger-key` takes what `oauth-creds key` prints: a root key (`ocr1_…`) where logins are renewed, an access key " +
  "(`oca1_…`) elsewhere.";

const STRANGERS: readonly [RegExp, string][] = [
  [/^(gh[opsur]_|github_pat_)/, "is a GitHub token: that belongs in `github-token` or `secrets-token`."],
  [/^(sk-|rt_|eyJ|oc1\.|\{)/, "is a login, a token or an API key of a provider: a login belongs in `credential`."],
  [/^(\$|\*)/, "is an expression that was not evaluated, or a row of asterisks copied from a log."],
  [/^["'`]/, "stands in quotation marks: store it without them."],
  [/^-----/, "is a key in PEM form, which is another kind of key."],
];

function sayStranger(word: string): string {
  const [, seen] = STRANGERS.find(([look]) => look.test(word)) ?? [];
  return `${seen ?? "is none of ours, or the beginning of it is missing."} ${TAKES}`;
}

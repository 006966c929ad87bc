import { openEnvelope, sealEnvelope } from "../credential/envelope.ts";
import type { Credential, ProviderName } from "../credential/credential.ts";
import { isoTime, possibleTime } from "../duration.ts";
import { parseObject } from "../json.ts";
import { Secret } from "../secret.ts";
import { derive, hmac, sameBytes } from "./derive.ts";

/*
 * The way back for a generation that could not be stored: one line of text, which may lie where everybody can read it.
 *
 * `ocrec1.` header `.` proof `.` sealed; each is base64url.
 * - header: JSON in clear, for people: which login, where it should have been stored, when, and which key opens it;
 * - proof: an HMAC over the header, so that whoever has the key knows a header that was altered;
 * - sealed: AES-256-GCM of the credential. Its key is derived from the recovery key *and* the refresh token that was
 *   spent: neither opens it alone. So a spent token that leaks is as worthless as it should be, and a copy is adopted
 *   by nobody but a job that holds its exact predecessor.
 *
 * Of two generations in a row that could not be stored, the first's refresh token leads to the second's copy: the same
 * key opens both, and `findCopy` follows them.
 */

export const COPY = "ocrec1.";

/** What opens a copy, together with the refresh token that was spent. */
export interface RecoveryKey {
  /** `ledger`: the root key. `envelope`: a random key that the stored envelope carries. */
  readonly from: "ledger" | "envelope";
  /** 32 bytes, base64url. */
  readonly key: Secret;
}

/** What a copy is bound to. */
export interface CopySite {
  readonly provider: ProviderName;
  readonly account: string;
  /** A secret (`placeOfSecret`) or a ledger (`Ledger.place`). */
  readonly place: string;
}

/** What everybody can read of a copy; proved only to whoever has the key. Time in ms. */
export interface CopyHeader extends CopySite {
  /** The place in a person's words. */
  readonly label: string;
  readonly at: number;
  readonly from: RecoveryKey["from"];
}

export type OpenedCopy =
  | { readonly type: "opened"; readonly credential: Credential; readonly at: number }
  | { readonly type: "refused"; readonly why: CopyRefusal };

/**
 * - `not-a-copy`: it is another text. `newer-format`: a later version made it.
 * - `damaged`: cut off or altered.
 * - `other-key`: it was sealed with a key that this is not.
 * - `other-provider`, `other-account`, `other-place`: it belongs to another login.
 * - `other-login`: it is not the successor of this refresh token.
 * - `no-successor`: it holds nothing that renews the login but what was spent for it.
 */
export type CopyRefusal =
  | "not-a-copy"
  | "newer-format"
  | "damaged"
  | "other-key"
  | "other-provider"
  | "other-account"
  | "other-place"
  | "other-login"
  | "no-successor";

type Random = (bytes: number) => Uint8Array;

const IV = 12;
const TAG = 16;
const PROVIDERS: readonly unknown[] = ["anthropic", "openai", "custom"] satisfies ProviderName[];
const FROM: readonly unknown[] = ["ledger", "envelope"] satisfies RecoveryKey["from"][];

/** A key for an envelope to carry: made with the first one, and handed on from generation to generation. */
export const newRecoveryKey = (random: Random): Secret => new Secret(Buffer.from(random(32)).toString("base64url"));

/** Whether a generation needs a copy where it cannot be stored: not if what is stored renews the login as well. */
export const needsCopy = (next: Credential, spent: Secret): boolean =>
  next.refresh !== undefined && !next.refresh.equals(spent);

/**
 * Seals the generation that came of `spent`. Never throws for what a login can hold.
 *
 * @param label the place in a person's words: it stands in the copy in clear
 * @param now ms
 */
export function sealCopy(
  next: Credential,
  spent: Secret,
  key: RecoveryKey,
  site: CopySite & { readonly label: string },
  now: number,
  random: Random,
): string {
  const { createCipheriv } = process.getBuiltinModule("node:crypto");
  const { provider, account, place, label } = site;
  const at = isoTime(now);
  const fields = { v: 1, provider, account, place, label, at, from: key.from, kid: kidOf(key), of: markOf(key, spent) };
  const header = Buffer.from(JSON.stringify(fields)).toString("base64url");
  const iv = random(IV);
  const cipher = createCipheriv("aes-256-gcm", contentKey(key, spent), iv).setAAD(bound(header));
  const body = Buffer.concat([cipher.update(sealEnvelope(next, undefined), "utf8"), cipher.final()]);
  const sealed = Buffer.concat([iv, cipher.getAuthTag(), body]).toString("base64url");
  return `${COPY}${header}.${proofOf(key, header)}.${sealed}`;
}

/** Opens the copy of what came of `spent`. Never throws, and says nothing of what it holds. */
export function openCopy(text: string, key: RecoveryKey, site: CopySite, spent: Secret): OpenedCopy {
  const parts = split(text);
  if (typeof parts === "string") return refused(parts);
  const { header, fields, proof, sealed } = parts;
  if (fields["kid"] !== kidOf(key) || fields["from"] !== key.from) return refused("other-key");
  // From here on the header is what a holder of the key has written.
  if (!sameBytes(proof, proofOf(key, header))) return refused("damaged");
  if (fields["provider"] !== site.provider) return refused("other-provider");
  if (fields["account"] !== site.account) return refused("other-account");
  if (fields["place"] !== site.place) return refused("other-place");
  if (fields["of"] !== markOf(key, spent)) return refused("other-login");
  const envelope = unseal(sealed, contentKey(key, spent), header);
  if (envelope === undefined) return refused("damaged");
  try {
    const { credential } = openEnvelope(envelope);
    if (credential.provider !== site.provider) return refused("damaged");
    if (!needsCopy(credential, spent)) return refused("no-successor");
    return { type: "opened", credential, at: Date.parse(String(fields["at"])) };
  } catch {
    return refused("newer-format"); // what was sealed is whole, so a later version wrote it
  }
}

/**
 * What stands in clear in a copy, for a person without the key: fit to be printed, but anybody could have written it.
 * Undefined if it is no copy, or a damaged one.
 */
export function describeCopy(text: string): CopyHeader | undefined {
  const parts = split(text);
  if (typeof parts === "string") return undefined;
  const { provider, account, place, label, from, at } = parts.fields;
  const time = typeof at === "string" ? possibleTime(Date.parse(at)) : undefined;
  if (!PROVIDERS.includes(provider) || !FROM.includes(from) || time === undefined) return undefined;
  const plain = { account: printable(account), place: printable(place), label: printable(label) };
  return { provider, from, at: time, ...plain } as CopyHeader;
}

/** On one line, without what means something to a runner or in Markdown. */
const printable = (value: unknown): string =>
  String(value)
    .replaceAll(/[^\w .,:=/@()-]|::/g, "?")
    .slice(0, 300);

/**
 * The name of the copy's entry in a cache. Only who has the key and the spent token finds it, and it reveals nothing;
 * in small letters, because the names of GitHub's caches do not tell them apart.
 */
export function entryName(key: RecoveryKey, provider: ProviderName, spent: Secret): string {
  const name = hmac(derive(key, "entry name"), `${provider}\n${spent.reveal()}`);
  return `oauth-creds-recovery-v1-${name.toString("hex").slice(0, 40)}`;
}

interface Parts {
  readonly header: string;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly proof: string;
  readonly sealed: Buffer;
}

/** The segments, or what is wrong with them. Blanks and line breaks, as a person's copying adds them, do not count. */
function split(text: string): Parts | "not-a-copy" | "newer-format" | "damaged" {
  const [, version, rest] = /^ocrec(\d+)\.(.*)$/s.exec(text.replaceAll(/\s+/g, "")) ?? [];
  if (version === undefined || rest === undefined) return "not-a-copy";
  if (version !== "1") return "newer-format";
  const [header, proof, body, ...more] = rest.split(".");
  const fields = header && parseObject(Buffer.from(header, "base64url").toString("utf8"));
  if (!header || !fields || fields["v"] !== 1 || !proof || !body || more.length > 0) return "damaged";
  const sealed = Buffer.from(body, "base64url");
  // One spelling only: base64url has spare bits in its last character.
  return sealed.toString("base64url") === body ? { header, fields, proof, sealed } : "damaged";
}

function unseal(bytes: Buffer, key: Buffer, header: string): string | undefined {
  const { createDecipheriv } = process.getBuiltinModule("node:crypto");
  try {
    const decipher = createDecipheriv("aes-256-gcm", key, bytes.subarray(0, IV), { authTagLength: TAG })
      .setAAD(bound(header))
      .setAuthTag(bytes.subarray(IV, IV + TAG));
    return Buffer.concat([decipher.update(bytes.subarray(IV + TAG)), decipher.final()]).toString("utf8");
  } catch {
    return undefined;
  }
}

const bound = (header: string): Buffer => Buffer.from(COPY + header);

const contentKey = (key: RecoveryKey, spent: Secret): Buffer =>
  derive(key, "content", hmac(derive(key, "predecessor"), spent.reveal()));

/** Tells whose successor it is, to whoever has the key: 64 bits. */
const markOf = (key: RecoveryKey, spent: Secret): string =>
  hmac(derive(key, "predecessor mark"), spent.reveal()).subarray(0, 8).toString("hex");

/** Tells which key it was: 32 bits that reveal nothing of it. */
const kidOf = (key: RecoveryKey): string => derive(key, "key id").subarray(0, 4).toString("hex");

const proofOf = (key: RecoveryKey, header: string): string =>
  hmac(derive(key, "header"), header).subarray(0, 16).toString("base64url");

const refused = (why: CopyRefusal): OpenedCopy => ({ type: "refused", why });

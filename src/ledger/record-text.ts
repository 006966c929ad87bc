import type { ProviderName } from "../credential/credential.ts";
import { openEnvelope, sealEnvelope } from "../credential/envelope.ts";
import { possibleTime } from "../duration.ts";
import { parseObject } from "../json.ts";
import { secretOf } from "../secret.ts";
import { packFingerprints, unpackFingerprints } from "./fingerprints.ts";
import type { AccessKey, Keyring, RootKey } from "./keys.ts";
import type { AccessPart, DeadMark, Kept, Lease, LedgerRecord, RootPart, RootRecord } from "./record.ts";
import { type Random, seal, sign, unseal, verify } from "./seal.ts";

/*
 * A record as text is one line of JSON in ASCII:
 *
 * - in clear, for people and for jobs that only wait: what it is bound to, generation, ends, lease, dead mark;
 * - `fingerprints`, which mean nothing without a key;
 * - `access`, sealed under the access key: what a job needs that only uses the login;
 * - `refresh`, sealed under the root key: what renews it;
 * - `signature` over everything before it. Only the root key makes one; the access key tells a forged one.
 *
 * Fields that this version does not know are kept and written again, in clear and in both sealed parts. So a later
 * version may add what an earlier one can carry along unread. Whatever an earlier one must understand, or must drop
 * with a generation, raises `v`; that is refused, as is a signed record with a field of a form that is not known.
 */

/** What a record is bound to: the ledger's `place`, and whose login the reader expects there. */
export interface Site {
  readonly place: string;
  readonly provider: ProviderName;
  readonly account: string;
}

/** `kid` names the key; with an older one of the ring, the next write moves the record to the first. */
export type Opened =
  | { readonly type: "root"; readonly record: RootRecord; readonly kid: string }
  | { readonly type: "access"; readonly record: LedgerRecord; readonly kid: string }
  | { readonly type: "refused"; readonly why: Refusal };

/**
 * - `altered`: it is not what a holder of the root key has written.
 * - `other-place`: it is, but for another repository, ref, provider or account.
 * - `unknown-key`: written with a key that is not among ours.
 * - `newer-format`: written by a later version, which this one does not understand.
 */
export type Refusal = "altered" | "other-place" | "unknown-key" | "newer-format";

const VERSION = 1;
const KINDS: readonly unknown[] = ["login", "access", "setup-token"] satisfies AccessPart["kind"][];

/** Writes the record with this key, for this place. Never throws: between an answer and its store nothing may. */
export function sealRecord(record: RootRecord, key: RootKey, place: string, random: Random): string {
  const { provider, account, lineage, generation, epoch, by, lease, dead } = record;
  const bound = boundTo({ ...record, place });
  const json = JSON.stringify({
    v: VERSION,
    kid: key.access.kid,
    place,
    provider,
    account,
    lineage,
    generation,
    accessExpiresAt: sayMoment(record.accessExpiresAt),
    loginExpiresAt: sayMoment(record.loginExpiresAt),
    epoch,
    by,
    lease,
    dead: dead && { ...dead, at: sayMoment(dead.at) },
    ...record.later,
    fingerprints: packFingerprints(record.fingerprints),
    access: seal(key.access.key, "access sealing", bound, writeAccess(record.access), random),
    refresh: seal(key.key, "refresh sealing", bound, writeRoot(record), random),
  });
  const signed = inAscii(json).slice(0, -1);
  return `${signed},"signature":"${sign(key.key, signed)}"}`;
}

/** Opens what was written for this site. Never throws, whatever the text is, and says nothing of what it holds. */
export function openRecord(text: string, site: Site, ring: Keyring): Opened {
  // A git commit message may have got a line break at its end.
  const [, signed, signature] = /^(\{[ -~]*),"signature":"([\w-]{86})"\}\s*$/.exec(text) ?? [];
  const fields = parseObject(text);
  const { v, kid, place, provider, account } = fields ?? {};
  if (typeof v === "number" && v > VERSION) return refused("newer-format");
  if (!fields || v !== VERSION || signed === undefined || signature === undefined) return refused("altered");

  const keys: { access: AccessKey; root?: RootKey }[] = [
    ...ring.root.map((root) => ({ access: root.access, root })),
    ...ring.access.map((access) => ({ access })),
  ].filter(({ access }) => access.kid === kid);
  if (keys.length === 0) return refused("unknown-key");
  const key = keys.find(({ access }) => verify(access.publicKey, signed, signature));
  if (!key) return refused("altered");
  if (place !== site.place || provider !== site.provider || account !== site.account) return refused("other-place");

  const bound = boundTo(fields);
  const accessText = unseal(key.access.key, "access sealing", bound, fields["access"]);
  const rootText = key.root && unseal(key.root.key, "refresh sealing", bound, fields["refresh"]);
  if (accessText === undefined || (key.root && rootText === undefined)) return refused("altered");

  // A holder of the root key wrote it in one piece: what cannot be read now is not damaged, but later than we are.
  const header = readHeader(fields, site);
  const access = readAccess(accessText);
  const opened = { kid: key.access.kid };
  if (!header || !access) return refused("newer-format");
  if (rootText === undefined) {
    return { ...opened, type: "access", record: { ...header, access, refresh: undefined, root: undefined } };
  }
  const rest = readRoot(rootText);
  return rest ? { ...opened, type: "root", record: { ...header, access, ...rest } } : refused("newer-format");
}

/** What a sealed part cannot be taken away from, besides its key and purpose. */
const BOUND = ["place", "provider", "account", "lineage", "generation"];
const boundTo = (fields: Readonly<Record<string, unknown>>) => [VERSION, ...BOUND.map((name) => fields[name])];

const refused = (why: Refusal): Opened => ({ type: "refused", why });

type Header = Omit<LedgerRecord, "access" | "refresh" | "root">;

function readHeader(fields: Record<string, unknown>, { provider, account }: Site): Header | undefined {
  const { v: _v, kid: _kid, place: _place, provider: _provider, account: _account, ...own } = fields;
  const { access: _access, refresh: _refresh, signature: _signature, ...clear } = own;
  const { lineage, generation, accessExpiresAt, loginExpiresAt, epoch, by, lease, dead, fingerprints, ...later } =
    clear;
  const unpacked = unpackFingerprints(fingerprints);
  const known =
    isText(lineage) &&
    [generation, epoch, by].every(Number.isInteger) &&
    isMoment(accessExpiresAt) &&
    isMoment(loginExpiresAt) &&
    (lease === undefined || isLease(lease)) &&
    (dead === undefined || isDead(dead));
  if (!known || !unpacked) return undefined;
  return {
    provider,
    account,
    lineage,
    generation: generation as number,
    epoch: epoch as number,
    by: by as number,
    accessExpiresAt: readMoment(accessExpiresAt),
    loginExpiresAt: readMoment(loginExpiresAt),
    lease,
    dead: dead && { ...dead, at: readMoment(dead.at) ?? 0 },
    fingerprints: unpacked,
    later,
  };
}

function isLease(value: unknown): value is Lease {
  const { owner, nonce, phase, ttlMs, attempts } = (value ?? {}) as Record<string, unknown>;
  const known = phase === "intent" || phase === "checked-out";
  return isText(owner) && isText(nonce) && known && [ttlMs, attempts].every(Number.isFinite);
}

function isDead(value: unknown): value is Omit<DeadMark, "at"> & { at: string | undefined } {
  const { at, why } = (value ?? {}) as Record<string, unknown>;
  return isMoment(at) && isText(why);
}

function writeAccess({ later, access, idToken, ...plain }: AccessPart): string {
  return JSON.stringify({ ...later, ...plain, access: access?.reveal(), idToken: idToken?.reveal() });
}

function readAccess(text: string): AccessPart | undefined {
  const { kind, access, idToken, accountId, scopes, plan, clientId, other, ...later } = parseObject(text) ?? {};
  const known =
    KINDS.includes(kind) &&
    [access, idToken, accountId, plan, clientId].every(isTextOrNone) &&
    (scopes === undefined || (Array.isArray(scopes) && scopes.every(isText))) &&
    other instanceof Object;
  if (!known) return undefined;
  return {
    kind: kind as AccessPart["kind"],
    access: secretOf(access),
    idToken: secretOf(idToken),
    accountId: accountId as string | undefined,
    scopes: scopes as string[] | undefined,
    plan: plan as string | undefined,
    clientId: clientId as string | undefined,
    other: other as AccessPart["other"],
    later,
  };
}

function writeRoot({ refresh, root }: RootRecord): string {
  const { later, predecessor, clientAuth, kept, fingerprintKey, more } = root;
  return JSON.stringify({
    ...later,
    refresh: refresh?.reveal(),
    predecessor: predecessor?.reveal(),
    clientAuth,
    kept: kept.map(({ lineage, credential }) => ({ lineage, credential: sealEnvelope(credential, undefined) })),
    fingerprintKey: fingerprintKey.reveal(),
    more,
  });
}

function readRoot(text: string): Pick<RootRecord, "refresh" | "root"> | undefined {
  const { refresh, predecessor, clientAuth, kept, fingerprintKey, more, ...later } = parseObject(text) ?? {};
  const key = secretOf(fingerprintKey);
  const known = [refresh, predecessor, clientAuth].every(isTextOrNone) && Array.isArray(kept) && more instanceof Object;
  const readKept = known ? kept.map(readOneKept).filter((one) => one !== undefined) : [];
  if (!known || !key || readKept.length < kept.length) return undefined;
  return {
    refresh: secretOf(refresh),
    root: {
      predecessor: secretOf(predecessor),
      clientAuth: clientAuth as RootPart["clientAuth"],
      kept: readKept,
      fingerprintKey: key,
      more: more as RootPart["more"],
      later,
    },
  };
}

function readOneKept(value: unknown): Kept | undefined {
  const { lineage, credential } = (value ?? {}) as Record<string, unknown>;
  try {
    return isText(lineage) && isText(credential)
      ? { lineage, credential: openEnvelope(credential).credential }
      : undefined;
  } catch {
    return undefined;
  }
}

const isText = (value: unknown): value is string => typeof value === "string";
const isTextOrNone = (value: unknown): value is string | undefined => value === undefined || isText(value);

/** ISO 8601 in milliseconds, which a person can read. Undefined for a number that is no time. */
const sayMoment = (ms: number | undefined): string | undefined =>
  ms !== undefined && possibleTime(ms) !== undefined ? new Date(ms).toISOString() : undefined;

const readMoment = (text: string | undefined): number | undefined => possibleTime(Date.parse(text ?? ""));

const isMoment = (value: unknown): value is string | undefined =>
  value === undefined || (isText(value) && !Number.isNaN(Date.parse(value)));

/** JSON may spell any character as `\u` and its number. */
const inAscii = (json: string): string =>
  json.replace(/[^ -~]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`);

import { type Credential, EMPTY, type ProviderName } from "../credential/credential.ts";
import { possibleTime } from "../duration.ts";
import { Secret } from "../secret.ts";
import { withFingerprint } from "./fingerprints.ts";
import type { Random } from "./seal.ts";

/** The shared record of a login, opened. `record-text.ts` says how it is written. */
export interface LedgerRecord {
  readonly provider: ProviderName;
  readonly account: string;
  /** One row of generations since a person signed in: a random name. */
  readonly lineage: string;
  readonly generation: number;
  /** ms by the provider's clock, undefined if unknown. */
  readonly accessExpiresAt: number | undefined;
  readonly loginExpiresAt: number | undefined;
  /** Counts the leases that were ever given: a later one has a higher number. */
  readonly epoch: number;
  /** The lease under which the present generation was made. Of two made from one, that of the later lease is alive. */
  readonly by: number;
  readonly lease: Lease | undefined;
  readonly dead: DeadMark | undefined;
  readonly access: AccessPart;
  /** The refresh token; always undefined if the record was opened with an access key. */
  readonly refresh: Secret | undefined;
  /** What else is sealed under the root key; undefined if the record was opened with an access key. */
  readonly root: RootPart | undefined;
  readonly fingerprints: readonly string[];
  /** Fields of a later version, kept as they are. */
  readonly later: Later;
}

/** A record with everything in it: only this can be written. */
export interface RootRecord extends LedgerRecord {
  readonly root: RootPart;
}

/** Who is about to spend the refresh token. Written before it is sent. */
export interface Lease {
  /** For people: which job of which run. */
  readonly owner: string;
  /** Random: by it a holder knows its own lease again. */
  readonly nonce: string;
  /** `intent`: a refresh is under way. `checked-out`: a job's program has the refresh token until its post step. */
  readonly phase: "intent" | "checked-out";
  /** From the moment at which the server took the record. */
  readonly ttlMs: number;
  /** How often the present refresh token may have been sent. */
  readonly attempts: number;
}

/** The provider refuses the login for good, or its owner has ended it: no job need ask again. */
export interface DeadMark {
  /** By the server's clock, or that of whoever has found it out; ms. */
  readonly at: number;
  readonly why: string;
}

/** Why, of a login that its owner has ended: only another sign-in takes that mark away. */
export const REVOKED = "revoked by its owner";

export type AccessPart = { readonly later: Later } & Pick<
  Credential,
  "kind" | "access" | "idToken" | "accountId" | "scopes" | "plan" | "clientId" | "other"
>;

export interface RootPart extends Pick<Credential, "predecessor" | "clientAuth"> {
  /** The last generation of each earlier lineage, until the present one has worked; oldest first. */
  readonly kept: readonly Kept[];
  readonly fingerprintKey: Secret;
  /** Fields of the credential that only a later version knows: sealed like the most secret of it. */
  readonly more: Later;
  readonly later: Later;
}

export interface Kept {
  readonly lineage: string;
  readonly credential: Credential;
}

export type Later = Readonly<Record<string, unknown>>;

/** The credential that a job works with. Opened with an access key it has nothing to be renewed with. */
export function credentialOf(record: LedgerRecord): Credential {
  const { provider, generation, accessExpiresAt, loginExpiresAt, refresh, root } = record;
  const { later: _later, ...access } = record.access;
  const { predecessor, clientAuth } = root ?? {};
  const header = { provider, generation, accessExpiresAt, loginExpiresAt };
  return { ...EMPTY, ...root?.more, ...access, ...header, refresh, predecessor, clientAuth };
}

/** The first record of a login: a lineage of its own, held by nobody. */
export function recordOf(credential: Credential, account: string, random: Random): RootRecord {
  const fingerprintKey = new Secret(Buffer.from(random(32)).toString("base64url"));
  const { provider } = credential;
  const base = { provider, account, lineage: newLineage(random), epoch: 0, by: 0, lease: undefined };
  const { header, access, refresh, root } = partsOf(credential);
  return withOwnFingerprints({
    ...base,
    ...header,
    dead: undefined,
    later: {},
    access: { ...access, later: {} },
    refresh,
    root: { ...root, kept: [], fingerprintKey, later: {} },
    fingerprints: [],
  });
}

/** The record with the next generation of its login. The lease and the dead mark were those of the one before. */
export function withGeneration(record: RootRecord, credential: Credential): RootRecord {
  const { header, access, refresh, root } = partsOf(credential);
  return withOwnFingerprints({
    ...record,
    ...header,
    lease: undefined,
    dead: undefined,
    access: { ...record.access, ...access },
    refresh,
    root: { ...record.root, ...root },
  });
}

/** The record with the login of a fresh sign-in. The present one is kept beside it: see `withoutKept`. */
export function withLineage(record: RootRecord, credential: Credential, random: Random): RootRecord {
  const present: Kept = { lineage: record.lineage, credential: { ...credentialOf(record), kind: "login" } };
  const next = withGeneration(record, credential);
  // What cannot be renewed is of no use later.
  const kept = record.refresh ? [...record.root.kept, present] : record.root.kept;
  return { ...next, lineage: newLineage(random), root: { ...next.root, kept } };
}

/** The record when its present login has worked once: no earlier one is needed. Their fingerprints stay. */
export const withoutKept = (record: RootRecord): RootRecord => ({ ...record, root: { ...record.root, kept: [] } });

/** A random name. */
export const newLineage = (random: Random): string => Buffer.from(random(9)).toString("base64url");

function withOwnFingerprints(record: RootRecord): RootRecord {
  const own = [record.root.predecessor, record.refresh].filter((token) => token !== undefined);
  return own.reduce<RootRecord>(withFingerprint, record);
}

function partsOf(credential: Credential) {
  const { provider: _provider, generation, accessExpiresAt, loginExpiresAt, ...rest } = credential;
  const { kind, access, idToken, accountId, scopes, plan, clientId, other, ...secret } = rest;
  // The key of a recovery copy belongs to the secret's own generations, and is no field of a later version.
  const { refresh, predecessor, clientAuth, recovery: _recovery, ...more } = secret;
  return {
    header: {
      generation,
      accessExpiresAt: accessExpiresAt && possibleTime(accessExpiresAt),
      loginExpiresAt: loginExpiresAt && possibleTime(loginExpiresAt),
    },
    access: { kind, access, idToken, accountId, scopes, plan, clientId, other },
    refresh,
    root: { predecessor, clientAuth, more: more as Later },
  };
}

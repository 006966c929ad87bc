import type { Credential } from "../../credential/credential.ts";
import { credentialOf, type RootRecord } from "../../ledger/record.ts";
import { isRoot, look, type Session, swap } from "../../ledger/session.ts";

/** The login in the ledger. */
export interface LedgerLogin {
  readonly session: Session;
  readonly label: string;
  readonly lineage: string;
  /** The present one, and those before it that are kept until it has worked; none with an access key alone. */
  readonly credentials: readonly Credential[];
  /** Whether a job is renewing it just now. */
  readonly held: boolean;
}

/** Undefined if there is no record. Throws a Failure. */
export async function openLedgerLogin(session: Session): Promise<LedgerLogin | undefined> {
  const { record, leaseLeftMs } = await look(session);
  if (!record) return undefined;
  const present = credentialOf(record);
  const kept = isRoot(record) ? record.root.kept.map(({ credential }) => credential) : [];
  const { label } = session.ledger;
  return { session, label, lineage: record.lineage, credentials: [present, ...kept], held: leaseLeftMs > 0 };
}

/** How often others may write the record meanwhile. */
const ROUNDS = 5;

/**
 * Tells every job that the login is ended: none renews it, none uses its access token. False if the key is an access
 * key, or others kept writing. Throws a Failure.
 */
export async function markEnded({ session }: LedgerLogin): Promise<boolean> {
  for (let round = 1; round <= ROUNDS; round++) {
    const { entry, record } = await look(session);
    if (!isRoot(record)) return record === undefined;
    const at = session.world.now();
    const dead = { at: session.ledger.serverTime ? (entry?.writtenAt ?? at) : at, why: "revoked by its owner" };
    // What it gave access to is not to be used any more, though it may still work for a while.
    const ended: RootRecord = { ...record, dead, accessExpiresAt: Math.min(record.accessExpiresAt ?? at, at) };
    if ((await swap(session, entry, ended)).type === "swapped") return true;
  }
  return false;
}

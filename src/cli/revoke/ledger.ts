import type { Credential } from "../../credential/credential.ts";
import { credentialOf, type Lease, REVOKED } from "../../ledger/record.ts";
import { amend, isRoot, look, type Session } from "../../ledger/session.ts";
import type { Secret } from "../../secret.ts";

/** The login in the ledger. */
export interface LedgerLogin {
  readonly session: Session;
  readonly label: string;
  readonly lineage: string;
  /** The present one, and those before it that are kept until it has worked; none with an access key alone. */
  readonly credentials: readonly Credential[];
}

/** Undefined if there is no record. Throws a Failure. */
export async function openLedgerLogin(session: Session): Promise<LedgerLogin | undefined> {
  const { record } = await look(session);
  if (!record) return undefined;
  const present = credentialOf(record);
  const kept = isRoot(record) ? record.root.kept.map(({ credential }) => credential) : [];
  const { label } = session.ledger;
  return { session, label, lineage: record.lineage, credentials: [present, ...kept] };
}

/** What became of the record. */
export type Marked =
  /** `lease`: a job is at it, and may still publish what came of the login. */
  | { readonly type: "marked"; readonly lease: Lease | undefined }
  /** It holds a login by now that the provider was not told of. */
  | { readonly type: "changed" | "gone" | "no-key" };

/**
 * Tells every job that the login is ended: none renews it, none uses its access token. Throws a Failure.
 *
 * @param told the tokens that the provider has ended: what else stands there is alive
 */
export async function markEnded({ session }: LedgerLogin, told: readonly Secret[]): Promise<Marked> {
  let marked: Marked = { type: "gone" };
  await amend(session, ({ record, leaseLeftMs }) => {
    if (!isRoot(record)) {
      marked = { type: record ? "no-key" : "gone" };
      return undefined;
    }
    const present = record.refresh ?? record.access.access;
    if (!told.some((token) => token.equals(present))) {
      marked = { type: "changed" };
      return undefined;
    }
    marked = { type: "marked", lease: leaseLeftMs > 0 ? record.lease : undefined };
    const at = session.world.now();
    // What it gave access to is not to be used any more, though it may still work for a while.
    return { ...record, dead: { at, why: REVOKED }, accessExpiresAt: Math.min(record.accessExpiresAt ?? at, at) };
  });
  return marked;
}

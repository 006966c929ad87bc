import type { Credential, Unpublished } from "../credential/credential.ts";
import type { Session } from "../ledger/session.ts";
import type { Secret } from "../secret.ts";
import { cacheService } from "./cache-service.ts";
import { findCopy, isKept, keepCopy } from "./copies.ts";
import type { CopySite, RecoveryKey } from "./copy.ts";
import { recoverySection } from "./say.ts";

/*
 * Copies of generations of a shared login that its ledger does not take. The seal is that of the root key, and what is
 * in it says, as a copy in a secret does, of which lineage it is and how it came to be.
 */

/** A generation that stands in no ledger. */
export interface Renewed {
  readonly next: Credential;
  /** The one that it belongs to: a new one for a fresh sign-in. */
  readonly lineage: string;
  readonly how: Unpublished;
}

/** A sealed copy that was made. */
export interface Kept {
  /** Whether the next run can find it by itself. */
  readonly inCache: boolean;
  /** Called when the generation could not be stored for good: the ciphertext goes to the job summary. */
  tell(): void;
}

/** A cache that does not answer must not keep a job from its login. */
const LOOK_MS = 8_000;

/**
 * Keeps a sealed copy of a generation in the Actions cache, and its text for the job summary. Never throws. Undefined
 * if there is no need: what stands in the ledger renews the login as well.
 *
 * @param spent the token that a later job would send: the record's, or that of a fresh sign-in
 * @param deadline local ms after which nothing more is begun
 */
export async function keepUnpublished(
  session: Session,
  spent: Secret,
  renewed: Renewed,
  deadline?: () => number,
): Promise<Kept | undefined> {
  const { world, ledger } = session;
  const [key] = keysOf(session);
  if (!key) return undefined;
  const { next, lineage, how } = renewed;
  const { place } = session.site;
  const credential = { ...next, shared: { place, lineage, sealed: "", unpublished: how } };
  const kept = await keepCopy(world, key, { ...siteOf(session), label: ledger.label }, spent, credential, deadline);
  if (!kept) return undefined;
  const inCache = isKept(kept);
  return {
    inCache,
    tell() {
      world.runner.summary(recoverySection(kept.text, inCache));
      world.runner.warning(
        inCache
          ? "A sealed recovery copy of the renewed login is in the Actions cache and in the job summary: the next run that would renew this login takes it over instead."
          : "A sealed recovery copy of the renewed login is in the job summary only, which says how to use it (the Actions cache did not take it).",
      );
    },
  };
}

/**
 * What an earlier job made of this token and could not publish; its tokens are masked. Undefined if there is nothing,
 * or the cache cannot tell. `complete`: it may be spent in its turn. Never throws.
 */
export async function findUnpublished(
  session: Session,
  spent: Secret,
): Promise<(Renewed & { readonly complete: boolean }) | undefined> {
  const { world } = session;
  if (!cacheService(world.env)) return undefined;
  const until = world.now() + LOOK_MS;
  const found = await findCopy(world, keysOf(session), siteOf(session), spent, () => until);
  if (found.type === "unclear") {
    world.runner.warning(
      "The Actions cache did not answer, so it cannot be told whether an earlier job has left a recovery copy of this " +
        "login there. If the provider refuses the login now, look into the summaries of the last runs for one.",
    );
  }
  const renewed = found.type === "found" ? asRenewed(found.credential) : undefined;
  return renewed && { ...renewed, complete: found.type === "found" && found.complete };
}

/** What was sealed. Undefined for a copy that says nothing of a ledger: none of ours. */
export function asRenewed(credential: Credential): Renewed | undefined {
  const { shared } = credential;
  if (!shared?.unpublished) return undefined;
  return { next: { ...credential, shared: undefined }, lineage: shared.lineage, how: shared.unpublished };
}

/** Any of the ring may have sealed a copy; the first seals. */
export const keysOf = ({ keys }: Session): RecoveryKey[] => keys.root.map(({ key }) => ({ from: "ledger", key }));

/** `place` is asked for late: some ledgers know it only when they have been read. */
export const siteOf = ({ site: { provider, account, place } }: Session): CopySite => ({ provider, account, place });

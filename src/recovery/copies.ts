import { type Credential, tokensOf } from "../credential/credential.ts";
import { maskSecrets } from "../runner/mask.ts";
import type { Secret } from "../secret.ts";
import type { World } from "../world/world.ts";
import { loadEntry, type Saved, saveEntry, within } from "./cache.ts";
import {
  type CopyRefusal,
  type CopySite,
  describeCopy,
  entryName,
  needsCopy,
  openCopy,
  type RecoveryKey,
  sealCopy,
} from "./copy.ts";

/*
 * Copies of generations that could not be stored, in the Actions cache. A copy's entry is called `<name>.1`, or
 * `<name>.2` or `.3`: a name can be reserved by a write that never ended, and stays so for a day.
 */

const NAMES = 3;
/** Generations in a row that may have been left unstored. By design there is one at most: see `findCopy`. */
const LONGEST_CHAIN = 8;

export interface Kept {
  /** For the job summary: see `recoverySection`. */
  readonly text: string;
  readonly saved: Saved;
}

/** Whether the next run can find the copy by itself. */
export const isKept = ({ saved }: Kept): boolean => saved.type === "saved" || (saved.type === "present" && saved.same);

/**
 * Seals the generation that came of `spent` and puts it into the cache. Never throws. Undefined if nothing would be
 * lost: what is stored renews the login as well.
 *
 * @param site where it should have been stored; `label` names that to people
 * @param deadline local ms after which nothing more is begun; 20 s from now at the latest
 */
export async function keepCopy(
  world: World,
  key: RecoveryKey,
  site: CopySite & { readonly label: string },
  spent: Secret,
  next: Credential,
  deadline?: () => number,
): Promise<Kept | undefined> {
  if (!needsCopy(next, spent)) return undefined;
  const until = within(world, deadline);
  const text = sealCopy(next, spent, key, site, world.now(), (bytes) => world.random(bytes));
  const name = entryName(key, site.provider, spent);
  for (let number = 1; ; number++) {
    const saved = await saveEntry(world, `${name}.${number}`, text, until);
    const kept: Kept = { text, saved };
    const mayTryOn = (saved.type === "present" && !saved.same) || (saved.type === "unclear" && TAKEN.has(saved.reason));
    if (!mayTryOn || number === NAMES || world.now() >= until()) return kept;
  }
}

/** Another name may do: this one is reserved, or was by a request of ours whose answer was lost. */
const TAKEN: ReadonlySet<string> = new Set([
  "reserved by another job",
  "no connection",
  "server error",
  "not uploaded",
  "not completed",
]);

export type Found =
  /**
   * The newest generation that can be reached from the spent token. `complete`: that it has no copy of a successor in
   * its turn was seen; if not, store it, but do not spend it in this run. `at`: when it was sealed, ms.
   */
  | { readonly type: "found"; readonly credential: Credential; readonly at: number; readonly complete: boolean }
  | { readonly type: "none" }
  /** There is something, but nothing that these keys open for this token: not trusted, and no proof of anything. */
  | { readonly type: "unreadable"; readonly why: CopyRefusal | "foreign" }
  /** It is what came of `spent`, and belongs to the same login under another name: not to be taken, and no less a proof. */
  | { readonly type: "other-account"; readonly account: string }
  | { readonly type: "denied" | "unavailable" }
  /** The cache did not answer: there may be a copy. */
  | { readonly type: "unclear"; readonly reason: string };

/**
 * Looks for what came of `spent`, should an earlier job have spent it and not been able to store that. Its tokens are
 * masked when it returns. Never throws. To be called before `spent` is sent, when it is proved to be what is stored.
 *
 * What is found is to be stored first and spent only from there; so no copy's successor is ever left unstored while
 * its predecessor is what is stored. Should it happen nevertheless (a job that was killed between), the copies are
 * followed from one to the next: one key opens them all.
 *
 * @param keys any of which may have sealed it
 * @param deadline local ms after which nothing more is begun; 20 s from now at the latest
 */
export async function findCopy(
  world: World,
  keys: readonly RecoveryKey[],
  site: CopySite,
  spent: Secret,
  deadline?: () => number,
): Promise<Found> {
  const until = within(world, deadline);
  let newest: Extract<Found, { type: "found" }> | undefined;
  for (let token = spent, steps = 0; steps < LONGEST_CHAIN; steps++) {
    const found = await findNext(world, keys, site, token, until);
    if (found.type !== "found") return newest ? { ...newest, complete: found.type === "none" } : found;
    maskSecrets(world.runner, tokensOf(found.credential));
    newest = found;
    token = found.credential.refresh as Secret; // `openCopy` gives none without
  }
  return newest ? { ...newest, complete: false } : { type: "none" };
}

async function findNext(
  world: World,
  keys: readonly RecoveryKey[],
  site: CopySite,
  spent: Secret,
  until: () => number,
): Promise<Found> {
  let worst: Found = { type: "none" };
  for (const key of keys) {
    const name = entryName(key, site.provider, spent);
    // The newest of them; only where that is none of ours, one after the other.
    const looks = [() => loadEntry(world, `${name}.`, "prefix", until), ...numbered(world, name, until)];
    for (const [index, look] of looks.entries()) {
      const seen = await look();
      if (seen.type === "denied" || seen.type === "unavailable") return seen;
      if (seen.type === "unclear") worst = seen;
      if (seen.type === "foreign" && worst.type === "none") worst = { type: "unreadable", why: "foreign" };
      for (const { text } of seen.type === "found" ? seen.entries : []) {
        const opened = openCopy(text, key, site, spent);
        if (opened.type === "opened") return { ...opened, type: "found", complete: false };
        const account = opened.why === "other-account" ? describeCopy(text)?.account : undefined;
        const isOurs = account !== undefined && openCopy(text, key, { ...site, account }, spent).type === "opened";
        if (isOurs) return { type: "other-account", account };
        if (worst.type === "none") worst = { type: "unreadable", why: opened.why };
      }
      if (index === 0 && (seen.type === "none" || seen.type === "unclear")) break;
    }
  }
  return worst;
}

const numbered = (world: World, name: string, until: () => number) =>
  Array.from({ length: NAMES }, (_, index) => () => loadEntry(world, `${name}.${index + 1}`, "exact", until));

import type { World } from "../world/world.ts";
import { branchOf } from "./git-message.ts";
import { gitObjects, type Held } from "./git-objects.ts";
import { type CallSettings, githubCalls } from "./github-call.ts";
import { type Entry, type Ledger, LedgerProblem, type Swap } from "./ledger.ts";
import { type No, refChanger } from "./ref-change.ts";

export interface GitRefSettings extends CallSettings {
  /** `owner/name` */
  readonly repository: string;
  /** As a number in text; undefined if it is not known: then it takes one call more. */
  readonly repositoryId: string | undefined;
  /** `refs/oauth-creds/v1/…` */
  readonly ref: string;
}

export interface GitRefLedger extends Ledger {
  /** Whether so many versions lie before the one that was read or written last that they are to be dropped. */
  compactDue(): boolean;
  /**
   * Drops the versions before this one, which nobody needs: the record is written once more, without a parent, if
   * its version is still `expected`. `writtenAt` is then the present, so nobody may hold a lease.
   * Throws a LedgerProblem: `unsupported` where only GraphQL could do it and the server has none.
   */
  compact(expected: string): Promise<Swap>;
  /** Calls left in this hour, of those that the ledger needs; undefined if the server does not tell, or not yet. */
  budget(): number | undefined;
}

const CONFLICT: Swap = { type: "conflict" };
/** Some 64 generations: each takes an intent and a publishing. What fails is tried again after 16 more commits. */
const DEEPEST = 128;
const AGAIN = 16;

/**
 * The ledger in a ref of a repository on GitHub, through its API. Where the server takes branches and tags only, it
 * is on a branch: a server refuses such a ref to everybody or to nobody. The token needs “Contents: write”; to
 * load, “Contents: read”. `place` is known after the first load unless `repositoryId` was given.
 */
export function gitRefLedger(world: World, settings: GitRefSettings): GitRefLedger {
  const { repository, ref } = settings;
  const calls = githubCalls(world, settings);
  const objects = gitObjects(world, calls, repository);
  const refs = refChanger(world, calls, objects, repository);
  const branch = branchOf(ref);

  let id = settings.repositoryId;
  /** Where the record is; undefined if there is none, as far as we know. */
  let at: string | undefined;
  let held: Held | undefined;
  let looked = false;

  async function look(): Promise<number | undefined> {
    const known = at ?? ref;
    const [here, ids] = await Promise.all([objects.look(known), id === undefined ? objects.ids() : undefined]);
    id ??= ids?.id;
    const other = known === ref ? branch : ref;
    const seen = here.held || other === undefined ? here : await objects.look(other);
    at = seen.held && (seen === here ? known : other);
    held = seen.held;
    looked = true;
    return seen.now;
  }

  /** What we have, if it is of this version; else what a look shows. */
  async function present(version: string | undefined): Promise<Held | undefined> {
    if (!looked || held?.version !== version) await look();
    return held;
  }

  async function write(text: string, before: Held | undefined, force = false): Promise<Swap> {
    const [next] = await Promise.all([
      objects.commit(text, force ? undefined : before),
      refs.usesGraphql() ? objects.ids() : undefined,
    ]);
    const to = at ?? ref;
    const change = { expected: before?.version, sha: next.version, force };
    let changed = await refs.change({ ...change, ref: to });
    let now = to;
    if (changed.type === "refused" && !before && branch !== undefined) {
      now = branch;
      changed = await refs.change({ ...change, ref: branch });
      // Should another job have been let through meanwhile, its record counts: every reader finds it first.
      if (changed.type === "changed" && (await refs.tip(ref)) !== undefined) return CONFLICT;
    }
    if (changed.type === "refused") throw force ? new LedgerProblem("unsupported", false) : problemOf(changed.by);
    if (changed.type === "conflict") return CONFLICT;
    at = now;
    held = next;
    return { type: "swapped", version: next.version, writtenAt: next.writtenAt };
  }

  return {
    get label() {
      return `the ref ${at ?? ref} of ${repository}`;
    },
    get place() {
      // A place is what a record is bound to: one that is not yet known must never be written down.
      if (id === undefined) throw new Error("the place of this ledger is known after its first load");
      return `github:${id}:${ref}`;
    },
    serverTime: true,
    budget() {
      const left = [calls.left("rest"), refs.usesGraphql() ? calls.left("graphql") : undefined];
      const told = left.filter((count) => count !== undefined);
      return told.length > 0 ? Math.min(...told) : undefined;
    },
    async load() {
      const now = await look();
      return { entry: held && entryOf(held), now };
    },
    async compareAndSwap(expected, text) {
      const before = await present(expected);
      return before?.version === expected ? write(text, before) : CONFLICT;
    },
    async compact(expected) {
      if (!refs.usesGraphql()) throw new LedgerProblem("unsupported", false);
      const before = await present(expected);
      return before?.version === expected ? write(before.text, before, true) : CONFLICT;
    },
    // A generation takes two commits: whatever its publishing counts as, one of two neighbours is met.
    compactDue: () => held !== undefined && held.depth >= DEEPEST && held.depth % AGAIN < 2 && refs.usesGraphql(),
  };
}

const entryOf = ({ version, text, writtenAt }: Held): Entry => ({ version, text, writtenAt });

function problemOf({ why, wants }: No): LedgerProblem {
  if (why === "lag" || why === "busy") return new LedgerProblem("unreachable", false);
  return new LedgerProblem("forbidden", false, { wants });
}

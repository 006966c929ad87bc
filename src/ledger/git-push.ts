import type { World } from "../world/world.ts";
import { type GitSettings, gitProgram, problemOf, REMOTE } from "./git-program.ts";
import { type Ledger, LedgerProblem, type Swap } from "./ledger.ts";

/*
 * The record is the message of the commit that a ref points to. Its tree is empty, so that no push starts a workflow
 * of that ref. Each commit has the one before as its parent: then replacing the record is a fast-forward, which a
 * server lets through where it forbids to rewrite history. Once in a while, so that a clone of the fallback branch
 * stays small, it has none; a server that refuses that gets one with a parent.
 *
 * `git push --force-with-lease=REF:OLD` is the compare-and-swap. Git itself compares what the server announces, and
 * the server once more under its lock. The last line of the message has a random part: else two jobs that write the
 * same text in the same second would write the same commit, and both believe that they had won.
 *
 * Where a server takes branches and tags only, the record is made on a branch. Who looks, looks for both; two
 * records are refused, for nobody can know which of them is alive, and whoever has made one looks for the other.
 */

export interface GitPushSettings extends GitSettings {
  /** `refs/oauth-creds/v1/…`; the fallback is `refs/heads/oauth-creds/…`. A branch has no fallback. */
  readonly ref: string;
  readonly place: string;
}

/** A version that this ledger has read or written: its commit is in our repository. */
interface Known {
  readonly version: string;
  readonly text: string;
  /** Commits since the last one without a parent. */
  readonly depth: number;
}

/** Commits until one without a parent is tried: some weeks, and less than 1 MB. Refused, it is tried after 16 more. */
const DEEPEST = 256;
const AGAIN = 16;
const EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";
const CONFLICT: Swap = { type: "conflict" };

/**
 * The ledger on any server that takes pushes (Gitea, Forgejo, GitLab, a bare repository), through the program git.
 * No server time: what git tells is the writer's clock. One call at a time.
 */
export function gitPushLedger(world: World, { ref, place, ...settings }: GitPushSettings): Ledger {
  const git = gitProgram(world, settings);
  const branch = ref.startsWith("refs/heads/") ? undefined : ref.replace(/^refs\/oauth-creds\/(v\d+\/)?/, BRANCHES);
  let at = ref;
  let known: Known | undefined;

  /** Where the record is, and its version; undefined if there is none. */
  async function look(): Promise<string | undefined> {
    const names = branch === undefined ? [ref] : [ref, branch];
    const ended = await git.network(["ls-remote", REMOTE, "HEAD", ...names], "traced");
    if (ended.status !== 0) throw problemOf(ended, false);
    const lines = ended.stdout.split("\n").map((line) => line.split("\t"));
    // It also lists refs that only end in such a name.
    const found = lines.filter(([, name]) => name !== undefined && names.includes(name));
    // A page for people (a portal, a login) looks like an empty repository of a server that only has files.
    const spoken = lines.some(([, name]) => name === "HEAD") || ended.stderr.includes('"negotiated-version"');
    if (found.length === 0 && !spoken) throw new LedgerProblem("unsupported", false);
    if (found.length > 1) throw new LedgerProblem("unsupported", false);
    at = found[0]?.[1] ?? ref;
    return found[0]?.[0];
  }

  async function fetch(): Promise<Known> {
    const args = ["--quiet", "--no-tags", "--no-write-fetch-head", "--depth=1"];
    const ended = await git.network(["fetch", ...args, REMOTE, `+${at}:${FETCHED}`]);
    if (ended.status !== 0) throw problemOf(ended, false);
    return parseObject(await git.local(["cat-file", "--batch"], `${FETCHED}\n`));
  }

  async function present(): Promise<Known | undefined> {
    const version = await look();
    if (version === undefined) known = undefined;
    else if (version !== known?.version) known = await fetch();
    return known;
  }

  async function write(text: string, parent: Known | undefined): Promise<Known> {
    const depth = parent ? parent.depth + 1 : 0;
    const nonce = Buffer.from(world.random(12)).toString("hex");
    const who = `oauth-creds <oauth-creds@localhost> ${Math.floor(world.now() / 1000)} +0000`;
    const head = [`tree ${EMPTY_TREE}`, ...(parent ? [`parent ${parent.version}`] : [])];
    const lines = [
      ...head,
      `author ${who}`,
      `committer ${who}`,
      "",
      text,
      "",
      `oauth-creds ${nonce} ${depth} ${QUIET}`,
    ];
    const id = await git.local(["hash-object", "-t", "commit", "-w", "--stdin"], `${lines.join("\n")}\n`);
    return { version: id.trim(), text, depth };
  }

  /** What became of it; undefined if the server refuses it for good. */
  async function push(to: string, { version }: Known, expected: string | undefined): Promise<Swap | undefined> {
    const lease = `--force-with-lease=${to}:${expected ?? ""}`;
    const ended = await git.network(["push", "--porcelain", lease, REMOTE, `${version}:${to}`]);
    const line = ended.stdout.split("\n").find((each) => each.includes(`\t${version}:${to}\t`));
    if (line && !line.startsWith("!")) return { type: "swapped", version, writtenAt: undefined };
    const [, by, reason] = /\t\[(rejected|remote rejected)\] \((.*)\)$/.exec(line ?? "") ?? [];
    if (by === undefined || reason === undefined) throw problemOf(ended, true);
    if (by === "rejected") return CONFLICT; // by git itself: the server announced another version
    // The server's words do not tell a hook that refuses from another push that was faster. What is there does.
    if ((await look()) !== expected) return CONFLICT;
    if (/lock|failed to update|unpacker|internal|timed? ?out|incorrect old|already exists/i.test(reason)) {
      throw new LedgerProblem("unreachable", false);
    }
    return undefined;
  }

  async function create(text: string): Promise<[Known, Swap | undefined]> {
    const first = await write(text, undefined);
    let swap = await push(ref, first, undefined);
    if (!swap && branch !== undefined) swap = await push(branch, first, undefined);
    if (swap?.type === "swapped") {
      // Another job may have been let through, or have come in between, where we were not; and what cannot be seen
      // is of no use.
      const seen = await look().catch((error) => {
        throw error instanceof LedgerProblem ? new LedgerProblem(error.kind, true) : error;
      });
      if (seen === undefined) throw new LedgerProblem("unsupported", true);
    }
    return [first, swap];
  }

  async function replace(before: Known, text: string): Promise<[Known, Swap | undefined]> {
    const compact = before.depth >= DEEPEST && before.depth % AGAIN === 0;
    if (compact) {
      const alone = await write(text, undefined);
      const swap = await push(at, alone, before.version);
      if (swap) return [alone, swap];
    }
    const next = await write(text, before);
    return [next, await push(at, next, before.version)];
  }

  /** After any problem our repository is not trusted to hold what we know. */
  async function forgetting<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      known = undefined;
      throw error;
    }
  }

  return {
    get label() {
      return `the ref ${at} of ${git.address}`;
    },
    place,
    serverTime: false,
    load: () =>
      forgetting(async () => {
        const now = await present();
        return { entry: now && { version: now.version, text: now.text, writtenAt: undefined }, now: undefined };
      }),
    compareAndSwap: (expected, text) =>
      forgetting(async () => {
        const before = expected !== undefined && known?.version === expected ? known : await present();
        if (before?.version !== expected) return CONFLICT;
        const [next, swap] = before ? await replace(before, text) : await create(text);
        if (!swap) throw new LedgerProblem("forbidden", false);
        if (swap.type === "swapped") known = next;
        return swap;
      }),
  };
}

const BRANCHES = "refs/heads/oauth-creds/";
const FETCHED = "refs/ledger/fetched";
/** Read by GitLab, Gitea and Forgejo: no pipeline for this push. */
const QUIET = "[skip ci]";

/** A commit as `git cat-file --batch` prints it: a line with its id and size, then all of it. */
function parseObject(printed: string): Known {
  const [, version, size, commit] = /^([0-9a-f]+) commit (\d+)\n([^]*)\n$/.exec(printed) ?? [];
  const start = commit?.indexOf("\n\n");
  if (!version || !commit || start === undefined || start < 0 || Buffer.byteLength(commit) !== Number(size)) {
    throw new LedgerProblem("unsupported", false);
  }
  const message = commit.slice(start + 2);
  const [last, depth] = /\n\noauth-creds [0-9a-f]+ (\d+) \[skip ci\]\n$/.exec(message) ?? [""];
  return { version, text: message.slice(0, message.length - last.length), depth: Number(depth ?? 0) };
}

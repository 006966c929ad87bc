import { parseObject } from "../json.ts";
import type { World } from "../world/world.ts";
import { type Entry, type Ledger, LedgerProblem, type Swap } from "./ledger.ts";

const { join, resolve } = process.getBuiltinModule("node:path");

/*
 * The record is a folder with a file for every version, named by its number; the highest number is the record.
 *
 * To replace version n, its successor is written to a temporary file, flushed, and given the name n + 1 by link(2).
 * That makes the name and the whole content appear in one step, and fails if the name is taken: so it is the
 * compare-and-swap itself, done by the file system. There is no lock, therefore nothing that a killed process could
 * leave locked, and no takeover, which with lock files cannot be done without a race: between "its holder is dead"
 * and "remove it" another may have taken it over already, and then a live lock is removed. (A lock of the kernel
 * would do, but Node has none.) A process that dies before the link has changed nothing, and after it, all.
 *
 * Old versions are cleared away, and a number that was cleared could be linked a second time, by a process that
 * was held up for so long between looking and linking. That is no swap: the highest number only grows, so whoever
 * has linked looks whether its version is the highest, or the next one says that it follows on ours. The content
 * that is compared is random, so this also notices a link that was reported but not made.
 */

/** Versions that stay: a listing never comes back without any, though not all of it is read at the same moment. */
const KEPT = 32;
/** ms after which a temporary file is one that a killed process has left. Were it not, its link would only fail. */
const ABANDONED_MS = 3_600_000;

/**
 * File systems of Linux that are a disk of this machine: ext2 to ext4, XFS, Btrfs, tmpfs, ramfs, overlay, ZFS,
 * F2FS, bcachefs. All who write there have one clock. Through a network several machines write, each with its own
 * clock. Links are as good there (NFS, SMB 3), and refused where a file system has none (FAT, some of FUSE).
 */
const LOCAL: ReadonlySet<number> = new Set([
  0xef53, 0x58465342, 0x9123683e, 0x01021994, 0x858458f6, 0x794c7630, 0x2fc12fc1, 0xf2f52010, 0xca451a4e,
]);

interface Version {
  readonly number: number;
  /** Random. */
  readonly nonce: string;
  /** The nonce of the version before. */
  readonly previous: string | undefined;
  /** ms by the clock of the machine that wrote it. */
  readonly writtenAt: number;
  readonly text: string;
}

/**
 * The ledger in the folder `path`, which is made (0700) with the first record and is for nothing else.
 * Its server time is the machine's clock, where it is certain that only this machine writes there.
 */
export function fileLedger(world: World, { path: given }: { readonly path: string }): Ledger {
  const { files } = world;
  const path = resolve(given);
  const slot = (number: number): string => join(path, String(number));
  const serverTime = world.platform === "linux" && LOCAL.has(files.fileSystem(path));

  function read(number: number): Version | undefined {
    try {
      const content = files.read(slot(number));
      return content === undefined ? undefined : parse(content, number);
    } catch (error) {
      if (codeOf(error) === "ENOENT") return undefined;
      throw error;
    }
  }

  function highest(): Version | undefined {
    for (;;) {
      const number = Math.max(0, ...files.list(path).filter(isNumber).map(Number));
      if (number === 0) return undefined;
      const version = read(number);
      // Otherwise others have written meanwhile, and the listing is not of one moment.
      if (version && !files.exists(slot(number + 1))) return version;
    }
  }

  /** Makes the successor of `present`, undefined if another process was faster. Notes when it is past undoing. */
  function succeed(present: Version | undefined, text: string, linking: () => void): Version | undefined {
    const nonce = Buffer.from(world.random(12)).toString("hex");
    const number = (present?.number ?? 0) + 1;
    const version: Version = { number, nonce, previous: present?.nonce, writtenAt: world.now(), text };
    makeFolder();
    const temp = join(path, `.${nonce}.tmp`);
    const file = files.openNew(temp);
    try {
      file.commit(print(version));
      linking();
      if (!files.linkNew(temp, slot(number))) return undefined;
    } finally {
      file.discard();
      quietly(() => files.remove(temp));
    }
    const won = highest()?.nonce === nonce || read(number + 1)?.previous === nonce;
    return won ? version : undefined;
  }

  function makeFolder(): void {
    // Others may make the same folders at the same moment, each of them once.
    for (let tries = 0; !files.exists(path); tries++) {
      try {
        files.makeFolder(path);
      } catch (error) {
        if (codeOf(error) !== "EEXIST" || tries > 20) throw error;
      }
    }
  }

  function clearUp(number: number): void {
    for (const name of files.list(path)) {
      const file = join(path, name);
      const over = isNumber(name)
        ? Number(name) <= number - KEPT
        : /^\.[0-9a-f]{24}\.tmp$/.test(name) && world.now() - (files.modifiedAt(file) ?? Infinity) > ABANDONED_MS;
      if (over) quietly(() => files.remove(file));
    }
  }

  const timeOf = ({ writtenAt }: Version): number | undefined => (serverTime ? writtenAt : undefined);
  const entryOf = (version: Version): Entry => ({
    version: nameOf(version),
    text: version.text,
    writtenAt: timeOf(version),
  });

  return {
    label: `the folder ${path}`,
    place: path,
    serverTime,
    async load() {
      try {
        const present = highest();
        return { entry: present && entryOf(present), now: serverTime ? world.now() : undefined };
      } catch (error) {
        throw problemOf(error, false);
      }
    },
    async compareAndSwap(expected, text): Promise<Swap> {
      let linked = false;
      try {
        const present = highest();
        if ((present && nameOf(present)) !== expected) return { type: "conflict" };
        const version = succeed(present, text, () => (linked = true));
        if (!version) return { type: "conflict" };
        quietly(() => clearUp(version.number));
        return { type: "swapped", version: nameOf(version), writtenAt: timeOf(version) };
      } catch (error) {
        throw problemOf(error, linked);
      }
    },
  };
}

const isNumber = (name: string): boolean => /^[1-9]\d{0,11}$/.test(name);

const nameOf = ({ number, nonce }: Version): string => `${number}-${nonce}`;

/** A line about the version, and then the text as it is. */
function print({ text, ...version }: Version): string {
  return `${JSON.stringify({ v: 1, ...version })}\n${text}`;
}

/** Throws a LedgerProblem for what `print` did not write: such a file is not replaced. */
function parse(content: string, expected: number): Version {
  const end = content.indexOf("\n");
  const { v, number, nonce, previous, writtenAt } = parseObject(content.slice(0, Math.max(0, end))) ?? {};
  const known = v === 1 && number === expected && typeof nonce === "string" && typeof writtenAt === "number";
  if (!known) throw problem("unsupported", false);
  const before = typeof previous === "string" ? previous : undefined;
  return { number: expected, nonce, previous: before, writtenAt, text: content.slice(end + 1) };
}

const problem = (kind: LedgerProblem["kind"], sent: boolean): LedgerProblem =>
  new LedgerProblem(kind, sent, { inFolder: true });

const codeOf = (error: unknown): string | undefined => (error as { code?: string }).code;

/** For what is of no account once the record stands. */
function quietly(work: () => void): void {
  try {
    work();
  } catch {
    // The next writer clears up.
  }
}

function problemOf(error: unknown, linked: boolean): unknown {
  if (error instanceof LedgerProblem) return problem(error.kind, linked);
  const { code, syscall } = error as { code?: string; syscall?: string };
  if (code === undefined) return error;
  // A file system without links, or a path that leads through a file.
  if (syscall === "link" && ["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK"].includes(code)) {
    return problem("unsupported", false);
  }
  if (code === "ENOTDIR" || code === "EISDIR") return problem("unsupported", linked);
  const forbidden = ["EACCES", "EPERM", "EROFS"].includes(code);
  return problem(forbidden ? "forbidden" : "unreachable", linked);
}

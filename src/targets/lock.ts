import { Failure } from "../errors.ts";
import type { World } from "../world/world.ts";
import { makeLockFile, removeDeadLockFile } from "./lock-file.ts";
import type { Lock } from "./target.ts";

/** Longer than any program holds its lock without a sign of life. */
const PATIENCE_MS = 30_000;

/** Gives what removes the lock; undefined if somebody has it. */
type Make = (world: World, lock: Lock) => (() => void) | undefined;

/**
 * Does `work` while holding a program's own locks, taken in their order, given back in the opposite one. One whose
 * owner has died is taken over. Throws a Failure (`file-busy`) if the program keeps one for too long.
 */
export async function withLocks(world: World, locks: readonly Lock[], work: () => void): Promise<void> {
  const release = await takeLocks(world, locks);
  try {
    work();
  } finally {
    release();
  }
}

/**
 * Takes all of them but those that this user cannot make, and gives what returns them. Throws as `withLocks` does, with none of them taken.
 *
 * @param wanted asked before each pause; false ends the waiting as if it had been too long
 */
export async function takeLocks(
  world: World,
  locks: readonly Lock[],
  wanted: () => boolean = () => true,
): Promise<() => void> {
  const held: (() => void)[] = [];
  const release = () => {
    for (const giveBack of held.splice(0).toReversed()) giveBack();
  };
  try {
    for (const lock of locks) held.push(await take(world, lock, wanted));
    return release;
  } catch (error) {
    release();
    throw error;
  }
}

async function take(world: World, lock: Lock, wanted: () => boolean): Promise<() => void> {
  const [make, removeDead] = lock.kind === "file" ? [makeLockFile, removeDeadLockFile] : [makeFolder, removeDeadFolder];
  const deadline = world.now() + PATIENCE_MS;
  for (;;) {
    try {
      const release = make(world, lock) ?? (removeDead(world, lock), make(world, lock));
      if (release) return release;
    } catch (error) {
      const { code } = error as { code?: string };
      if (!/^(EACCES|EPERM|EROFS)$/.test(`${code}`)) throw error;
      // The login is renewed by then, and has to get to its place.
      world.runner.log(`The lock ${lock.path} cannot be made by this user (${code}): going on without it.`);
      return () => {};
    }
    if (world.now() > deadline || !wanted()) {
      throw new Failure(
        "file-busy",
        `Another program has kept the lock ${lock.path} for more than ${PATIENCE_MS / 1000} s.`,
        `If no program of this job uses that login, remove that ${lock.kind ?? "folder"} and run the job again.`,
      );
    }
    await world.sleep(100);
  }
}

const makeFolder: Make = ({ files }, { path }) =>
  files.tryMakeFolder(path) ? () => files.removeFolder(path) : undefined;

function removeDeadFolder({ files, now }: World, { path, staleMs }: Lock): void {
  const touched = files.modifiedAt(path);
  // Fails silently if it is none, or not empty.
  if (touched !== undefined && now() - touched > staleMs) files.removeFolder(path);
}

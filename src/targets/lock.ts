import { Failure } from "../errors.ts";
import type { World } from "../world/world.ts";
import type { Lock } from "./target.ts";

/** Longer than any program holds its lock without a sign of life. */
const PATIENCE_MS = 30_000;

/**
 * Does `work` while holding a program's own locks, as the package proper-lockfile makes them: folders, taken in
 * their order, given back in the opposite one. One whose owner has died is taken over.
 * Throws a Failure (`file-busy`) if the program keeps one for too long.
 */
export async function withLocks(world: World, locks: readonly Lock[], work: () => void): Promise<void> {
  const held: string[] = [];
  try {
    for (const lock of locks) {
      await take(world, lock);
      held.push(lock.path);
    }
    work();
  } finally {
    for (const path of held.toReversed()) world.files.removeFolder(path);
  }
}

async function take(world: World, { path, staleMs }: Lock): Promise<void> {
  const deadline = world.now() + PATIENCE_MS;
  while (!world.files.tryMakeFolder(path)) {
    const touched = world.files.modifiedAt(path);
    const dead = touched !== undefined && world.now() - touched > staleMs;
    if (dead) world.files.removeFolder(path); // fails silently if it is none, or not empty
    if (dead && world.files.tryMakeFolder(path)) return;
    if (world.now() > deadline) {
      throw new Failure(
        "file-busy",
        `Another program has kept the lock ${path} for more than ${PATIENCE_MS / 1000} s.`,
        "If no program of this job uses that login, remove the folder and run the job again.",
      );
    }
    await world.sleep(100);
  }
}

import { parseObject } from "../json.ts";
import type { World } from "../world/world.ts";
import type { Lock } from "./target.ts";

/** Who holds a lock, as OpenClaw writes it. */
interface Owner {
  readonly pid?: unknown;
  /** ISO 8601. */
  readonly createdAt?: unknown;
  /** When its process began, in the system's own unit; on Linux only. Tells a number that was given away again. */
  readonly starttime?: unknown;
}

/**
 * Makes a lock as OpenClaw does (its `dist/plugin-sdk/file-lock.js`, releases from 2026.2 to 2026.6): a file that
 * must not exist yet and names its owner. Gives what removes it, or undefined if somebody has it.
 */
export function makeLockFile(world: World, { path }: Lock): (() => void) | undefined {
  const { pid } = process;
  const starttime = startOf(world, pid);
  const owner: Owner = {
    pid,
    createdAt: new Date(world.now()).toISOString(),
    ...(starttime !== undefined && { starttime }),
  };
  const text = `${JSON.stringify(owner, null, 2)}\n`;
  let file;
  try {
    file = world.files.openNew(path);
  } catch (error) {
    if ((error as { code?: string }).code === "EEXIST") return undefined;
    throw error;
  }
  try {
    file.commit(text);
  } catch (error) {
    file.discard();
    throw error;
  }
  return () => removeIfSame(world, path, text);
}

/**
 * Removes a lock whose owner has died, by OpenClaw's own rules: its process is gone, or it names none and is older
 * than `staleMs`. One that tells nothing (its owner died between two calls) OpenClaw would wait for without an end;
 * a folder, which older releases made, is judged as one: both by their age.
 */
export function removeDeadLockFile(world: World, { path, staleMs }: Lock): void {
  const text = readFile(world, path);
  const old = (since: number | undefined) => since !== undefined && world.now() - since > staleMs;
  const { pid, createdAt, starttime } = (parseObject(text ?? "") ?? {}) as Owner;
  const dead =
    typeof pid === "number" && pid !== 0
      ? isGone(world, pid, starttime)
      : old(typeof createdAt === "string" ? Date.parse(createdAt) || 0 : world.files.modifiedAt(path));
  if (!dead) return;
  if (text === undefined) world.files.removeFolder(path);
  else removeIfSame(world, path, text);
}

/** Somebody else may have taken it over by now. */
function removeIfSame(world: World, path: string, text: string): void {
  if (readFile(world, path) === text) world.files.remove(path);
}

/** Undefined if there is no such file, or a folder. */
function readFile({ files }: World, path: string): string | undefined {
  try {
    return files.read(path);
  } catch {
    return undefined;
  }
}

function isGone(world: World, pid: number, starttime: unknown): boolean {
  if (pid === process.pid) return true; // of an earlier run: containers count from the beginning each time
  const began = startOf(world, pid);
  if (typeof starttime === "number" && began !== undefined && began !== starttime) return true;
  try {
    process.kill(pid, 0);
    return /^State:\s+Z/m.test(onLinux(world, pid, "status"));
  } catch (error) {
    return (error as { code?: string }).code !== "EPERM";
  }
}

/** Field 22 of /proc/PID/stat: behind the name of the program, which may hold anything, it is the 20th. */
function startOf(world: World, pid: number): number | undefined {
  const stat = onLinux(world, pid, "stat");
  const fields = stat.slice(stat.lastIndexOf(")") + 1).trim();
  const start = fields.split(" ")[19];
  return start === undefined ? undefined : Number(start);
}

function onLinux({ files, platform }: World, pid: number, name: string): string {
  try {
    return (platform === "linux" && files.read(`/proc/${pid}/${name}`)) || "";
  } catch {
    return ""; // it has just ended
  }
}

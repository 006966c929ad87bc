/** The locks of the real programs, by their own code, in a process of its own. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Lock } from "../../src/targets/target.ts";

/** Both programs wait up to ten times, 0.1 s to 10 s. */
const OPTIONS = { retries: { retries: 10, factor: 2, minTimeout: 100, maxTimeout: 10_000 }, stale: 30_000 };

const pause = (ms: number) => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);

export interface Holder {
  /** Nothing before its lock is held. */
  readonly held: Promise<void>;
  /** Gives it back, and ends. */
  release(): Promise<void>;
  /** As the runner ends what is left of a job. */
  kill(): Promise<void>;
  /** Whether it has begun to try, and whether it has the lock; can be asked without giving up the thread. */
  readonly tries: () => boolean;
  readonly has: () => boolean;
}

/** A folder for one test, and processes that lock a file in it. */
export async function lockStage() {
  const folder = await mkdtemp(join(tmpdir(), "readers-lock-"));
  const file = join(folder, "auth-profiles.json");
  await writeFile(file, "{}");
  const running = new Set<Holder>();
  let count = 0;

  /** @param body takes the lock on `file` with `options`; gives `release` */
  const start = async (body: string): Promise<Holder> => {
    const mark = (name: string) => join(folder, `${name}-${count}`);
    const [tries, has] = [mark("tries"), mark("has")];
    const script = join(folder, `hold-${count++}.mjs`);
    const text = `import { writeFileSync } from "node:fs";
      const file = ${JSON.stringify(file)}, options = ${JSON.stringify(OPTIONS)};
      const tries = () => writeFileSync(${JSON.stringify(tries)}, "");
      ${body}
      writeFileSync(${JSON.stringify(has)}, "");
      process.stdout.write("held\\n");
      process.stdin.once("data", async () => { await release(); process.exit(); });`;
    await writeFile(script, text);
    const child = spawn(process.execPath, [script], { stdio: ["pipe", "pipe", "inherit"] });
    const ended = once(child, "exit");
    child.stdin.on("error", () => {});
    const held = Promise.race([
      once(child.stdout, "data").then(() => {}),
      ended.then(([code]) => Promise.reject(new Error(`it ended with ${String(code)} and without the lock`))),
    ]);
    held.catch(() => {}); // told where it is awaited
    const holder: Holder = {
      held,
      release: async () => {
        child.stdin.write("\n");
        await ended;
      },
      kill: async () => {
        child.kill("SIGKILL");
        await ended;
      },
      tries: () => existsSync(tries),
      has: () => existsSync(has),
    };
    running.add(holder);
    return holder;
  };

  return {
    file,
    /** OpenClaw's own. */
    openclaw: (root: string) =>
      start(`const { acquireFileLock } = await import(${url(root, "openclaw", "dist", "plugin-sdk", "file-lock.js")});
        tries();
        const { release } = await acquireFileLock(file, options);`),
    /** The package that Clawdbot and pi use. */
    proper: (root: string) =>
      start(`const { default: lockfile } = await import(${url(root, "proper-lockfile", "index.js")});
        tries();
        const release = await lockfile.lock(file, options);`),
    /** Ours, held until it is killed. */
    ours: (lock: Lock) =>
      start(`const { withLocks } = await import(${ownUrl("targets", "lock.ts")});
        const { nodeWorld } = await import(${ownUrl("world", "node.ts")});
        tries();
        await withLocks(nodeWorld(), [${JSON.stringify(lock)}], () => {
          writeFileSync(${JSON.stringify(join(folder, "ours"))}, "");
          Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
        });
        const release = () => {};`),
    oursIsHeld: () => existsSync(join(folder, "ours")),
    /** To be called while our lock is held, which is not for asynchronous work. Gives whether the other has got in. */
    watch(holder: Holder): boolean {
      while (!holder.tries()) pause(20);
      pause(700); // several of its tries
      return holder.has();
    },
    async close() {
      await Promise.all([...running].map((holder) => holder.kill()));
      await rm(folder, { recursive: true, force: true });
    },
  };
}

const url = (root: string, ...path: string[]): string =>
  JSON.stringify(pathToFileURL(join(root, "node_modules", ...path)).href);
const ownUrl = (...path: string[]): string =>
  JSON.stringify(pathToFileURL(join(import.meta.dirname, "..", "..", "src", ...path)).href);

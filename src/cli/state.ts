import { Failure } from "../errors.ts";
import { parseObject } from "../json.ts";
import { files } from "../world/files.ts";

type Env = Readonly<Record<string, string | undefined>>;

/*
 * What `write` leaves for `clean`, as main does for post: one folder for each run, below the folder of its home.
 * Every run has its own, so that a second `write` takes nothing away from the first: `clean` undoes them one after
 * the other, the newest first, until the file is as it was before all of them. A run that could not store a renewed
 * login leaves it there, too, sealed; whoever comes next stores it.
 */

/** One run of `write`, `refresh` or `token`, as it stands on the disk. It holds no token and no key. */
export interface Run {
  /** Its own; what it seals lies there, too. */
  readonly folder: string;
  /** The CI job, or what `--job` says; empty on a person's own machine. */
  readonly job: string;
  /** For people. */
  readonly home: string;
  readonly pid: number;
  readonly host: string;
  /** ms since 1970. */
  readonly begun: number;
  /** When it looked at the files that it was about to write; ms. */
  readonly looked?: number;
  /** Nothing more will come of its process. */
  readonly done: boolean;
  /** The inputs that are no secrets, as `INPUT_…`. */
  readonly inputs: Readonly<Record<string, string>>;
  /** The names of those that are. */
  readonly secrets: readonly string[];
  /** Tells whether the same secrets are given again: a fingerprint of what seals the files. */
  readonly key: string;
  /** As main hands it to post, without the prefix `STATE_`. */
  readonly state: Readonly<Record<string, string>>;
  /** SHA-256 of each file as it was written, by path. */
  readonly written: Readonly<Record<string, string>>;
}

const STATE_FILE = "run.json";
/** ms after which a folder without a state is one that a killed process has left. */
const ABANDONED_MS = 3_600_000;
/** ms: no run takes longer, whatever it has to wait for. Later, a process of that number is another one. */
const AT_WORK_MS = 900_000;

/**
 * Where programs keep what is to survive a restart and is not for people: XDG_STATE_HOME, else the platform's own.
 *
 * @param home of the user, whatever the input `home` says: a job's scratch folder does not outlive the job
 */
export function stateFolder(env: Env, platform: string, home: string): string {
  const path = process.getBuiltinModule("node:path");
  const { isAbsolute, join } = platform === "win32" ? path.win32 : path.posix;
  const named = env["XDG_STATE_HOME"];
  if (named && isAbsolute(named)) return join(named, "oauth-creds");
  if (platform === "win32") return join(env["LOCALAPPDATA"] || join(home, "AppData", "Local"), "oauth-creds");
  if (platform === "darwin") return join(home, "Library", "Application Support", "oauth-creds");
  return join(home, ".local", "state", "oauth-creds");
}

/** The runs that were for one home folder. */
export class Runs {
  readonly folder: string;
  readonly #state: string;

  constructor(state: string, home: string) {
    const { join } = process.getBuiltinModule("node:path");
    const { createHash } = process.getBuiltinModule("node:crypto");
    this.#state = join(state, "runs");
    this.folder = join(this.#state, createHash("sha256").update(home).digest("hex").slice(0, 16));
  }

  /**
   * In the order in which they are undone: whoever looked at the files last is the first, since what it found there
   * may be what another has written. What is not whole is not a run. Throws a Failure.
   */
  list(): Run[] {
    return this.#orFailure(() => runsIn(this.folder));
  }

  /** Those for any home: a login that could not be stored is the same, wherever its token was to go. */
  everywhere(): Run[] {
    const { join } = process.getBuiltinModule("node:path");
    return this.#orFailure(() => files.list(this.#state).flatMap((name) => runsIn(join(this.#state, name))));
  }

  /** Makes the folder of a new run, and clears away what is left of others. Throws a Failure. */
  begin(run: Omit<Run, "folder">, random: string): Run {
    const { join } = process.getBuiltinModule("node:path");
    const folder = join(this.folder, `${String(run.begun).padStart(13, "0")}-${random}`);
    this.#orFailure(() => {
      this.#clearUp(run.begun);
      makeFolder(folder);
    });
    return { ...run, folder };
  }

  #clearUp(now: number): void {
    const { join } = process.getBuiltinModule("node:path");
    for (const name of files.list(this.folder)) {
      const folder = join(this.folder, name);
      const abandoned = now - (files.modifiedAt(folder) ?? now) > ABANDONED_MS;
      if (abandoned && !files.exists(join(folder, STATE_FILE))) removeTree(folder);
    }
  }

  #orFailure<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw new Failure(
        "file-failed",
        `The folder in which oauth-creds keeps its own state cannot be used (${this.folder}: ${String((error as { code?: string }).code)}).`,
        "Set XDG_STATE_HOME to a folder of this user that outlives the job's steps.",
      );
    }
  }
}

function runsIn(folder: string): Run[] {
  const { join } = process.getBuiltinModule("node:path");
  return files
    .list(folder)
    .filter((name) => /^\d{13}-/.test(name))
    .flatMap((name) => readRun(join(folder, name)) ?? [])
    .toSorted((one, other) => (other.looked ?? other.begun) - (one.looked ?? one.begun));
}

/** Others may make, and remove, the same folders at the same moment. */
function makeFolder(folder: string): void {
  for (let tries = 0; ; tries++) {
    try {
      return void files.makeFolder(folder);
    } catch (error) {
      const { code } = error as { code?: string };
      if ((code !== "EEXIST" && code !== "ENOENT") || tries === 20) throw error;
    }
  }
}

/** Flushed to the disk before it returns. */
export function saveRun(run: Run): void {
  const { join } = process.getBuiltinModule("node:path");
  const { folder, ...data } = run;
  files.openBeside(join(folder, STATE_FILE)).commit(JSON.stringify({ v: 1, ...data }));
}

/** The state first: without it the rest is nobody's. */
export function removeRun({ folder }: Run): void {
  const { dirname, join } = process.getBuiltinModule("node:path");
  files.remove(join(folder, STATE_FILE));
  removeTree(folder);
  files.removeFolder(dirname(folder));
}

/** Removes what lies in its folder and is not named by its state: what a step of the work has left. */
export function pruneRun(run: Run): void {
  const { join } = process.getBuiltinModule("node:path");
  const named = JSON.stringify(run.state);
  for (const name of files.list(run.folder)) {
    if (name !== STATE_FILE && !named.includes(name)) removeTree(join(run.folder, name));
  }
}

/** Whether its process may still be at it. Of another machine (a home on a network) that cannot be asked. */
export function isAtWork(run: Run, host: string, now: number): boolean {
  if (run.done || now - run.begun >= AT_WORK_MS) return false;
  if (run.host !== host) return true;
  if (run.pid === process.pid) return false; // containers count from the beginning each time
  try {
    process.kill(run.pid, 0);
    return true;
  } catch (error) {
    return (error as { code?: string }).code === "EPERM";
  }
}

/** The path of the sealed login that this run renewed and could not store; undefined if there is none. */
export function unsettled({ state }: Run): string | undefined {
  const { capsule, published, stored } = state;
  if (!capsule) return undefined;
  const { nonce } = parseObject(state["turn"] ?? "") ?? {};
  // What is checked out was published before, under another turn.
  const shared = published === nonce || Boolean(state["checked-out"]);
  const settled = nonce === undefined ? stored !== undefined : shared;
  // Empty: it was opened, and no answer came.
  return settled || !files.read(capsule) ? undefined : capsule;
}

/** Whether anything has to be removed or taken back after it. */
export const hasToBeCleaned = ({ state }: Run): boolean =>
  (state["files"] ?? "[]") !== "[]" || Boolean(state["openclaw"]) || Boolean(state["checked-out"]);

function readRun(folder: string): Run | undefined {
  const { join } = process.getBuiltinModule("node:path");
  try {
    const { v, ...data } = parseObject(files.read(join(folder, STATE_FILE)) ?? "") ?? {};
    return v === 1 ? ({ ...data, folder } as Run) : undefined;
  } catch {
    return undefined; // removed just now
  }
}

const removeTree = (path: string): void =>
  process.getBuiltinModule("node:fs").rmSync(path, { recursive: true, force: true });

// `import … from "node:fs"` reads every export and costs 2-4 ms; the same object costs nothing this way.
const fs = process.getBuiltinModule("node:fs");
const { dirname, basename, join } = process.getBuiltinModule("node:path");

/** The few file operations that the product needs; all synchronous, since nothing else is to happen meanwhile. */
export interface Files {
  /** The bytes as text, or undefined if there is no such file. */
  read(path: string): string | undefined;
  exists(path: string): boolean;
  isSymlink(path: string): boolean;
  realPath(path: string): string;
  /** Makes the folder, 0700, and returns those that did not exist before, outermost first. */
  makeFolder(path: string): string[];
  /** Makes one folder; false if it is there already. */
  tryMakeFolder(path: string): boolean;
  /** Local time in ms, or undefined if there is nothing. */
  modifiedAt(path: string): number | undefined;
  /** Opens a new temporary file next to `path`, 0600: fails now rather than after a token was spent. */
  openBeside(path: string): PendingFile;
  /** Opens `path` itself, which must not exist: for a file that is either whole or worthless. */
  openNew(path: string): PendingFile;
  remove(path: string): void;
  /** Removes the folder if it is empty. */
  removeFolder(path: string): void;
  /** The names in a folder; none if it does not exist. */
  list(folder: string): string[];
  /** Gives the file `from` a second name in one step, and flushes that to the disk; false if `to` is taken. */
  linkNew(from: string, to: string): boolean;
  /** The kind of the file system that holds `path` or would hold it, as statfs(2) of Linux numbers them. */
  fileSystem(path: string): number;
}

/** A file that is opened, and not yet what it is to be. */
export interface PendingFile {
  readonly temp: string;
  /** Writes, flushes to the disk, and puts it in its place in one step. */
  commit(text: string): void;
  /** Removes it; does nothing after `commit`. */
  discard(): void;
}

export const files: Files = {
  // Asked first: an exception for each file that is not there would cost a millisecond.
  read: (path) => (files.exists(path) ? fs.readFileSync(path, "utf8") : undefined),
  exists: (path) => fs.lstatSync(path, { throwIfNoEntry: false }) !== undefined,
  isSymlink: (path) => fs.lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() ?? false,
  realPath: (path) => fs.realpathSync(path),
  makeFolder(path) {
    const made: string[] = [];
    for (let at = path; at !== made[0] && !files.exists(at); at = dirname(at)) made.unshift(at);
    for (const folder of made) fs.mkdirSync(folder, { mode: 0o700 });
    return made;
  },
  tryMakeFolder(path) {
    try {
      fs.mkdirSync(path);
      return true;
    } catch (error) {
      if ((error as { code?: string }).code === "EEXIST") return false;
      throw error;
    }
  },
  modifiedAt: (path) => fs.lstatSync(path, { throwIfNoEntry: false })?.mtimeMs,
  openBeside(path) {
    // O_EXCL makes the name safe to guess, and chance makes it free: in each container the process ids begin at 1.
    return pending(join(dirname(path), `.${basename(path).replace(/^\./, "")}.${Math.random()}.tmp`), path);
  },
  openNew: (path) => pending(path, path),
  remove: (path) => fs.rmSync(path, { force: true }),
  removeFolder(path) {
    try {
      fs.rmdirSync(path);
    } catch {
      // Not empty, or gone already: either way it is not ours to remove.
    }
  },
  list: (folder) => (files.exists(folder) ? fs.readdirSync(folder) : []),
  linkNew(from, to) {
    try {
      fs.linkSync(from, to);
    } catch (error) {
      if ((error as { code?: string }).code !== "EEXIST") throw error;
      // NFS asks again when the answer got lost: the name may be taken by this very call.
      if (fs.statSync(from).nlink < 2) return false;
    }
    flushFolder(dirname(to));
    return true;
  },
  fileSystem(path) {
    let existing = path;
    while (!fs.existsSync(existing)) existing = dirname(existing);
    return fs.statfsSync(existing).type;
  },
};

function pending(temp: string, path: string): PendingFile {
  let fd: number | undefined = fs.openSync(temp, "wx", 0o600);
  const close = () => {
    if (fd !== undefined) fs.closeSync(fd);
    fd = undefined;
  };
  return {
    temp,
    commit(text) {
      if (fd === undefined) throw new Error("this file was committed or discarded before");
      fs.writeFileSync(fd, text);
      fs.fsyncSync(fd);
      close();
      if (temp !== path) fs.renameSync(temp, path);
      flushFolder(dirname(path));
    },
    discard() {
      if (fd === undefined) return;
      close();
      files.remove(temp);
    },
  };
}

/** Makes a rename survive a power cut. Windows cannot open a folder, and does not need it. */
function flushFolder(path: string): void {
  if (process.platform === "win32") return;
  const fd = fs.openSync(path, "r");
  try {
    fs.fsyncSync(fd);
  } finally {
    fs.closeSync(fd);
  }
}

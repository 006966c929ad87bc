import { posix } from "node:path";
import type { Files, PendingFile } from "../../../src/world/files.ts";

const { basename, dirname, join } = posix;

interface Node {
  text: string;
  modifiedAt: number;
}

/** Called before every operation; what it throws, the operation throws. True: the process dies here. */
export type Touch = (what: string, path: string) => boolean;

/** What a dying process leaves of a text that it was writing. */
const torn = (text: string): string => text.slice(0, Math.floor(text.length / 2));

/** The disk of one machine, with the semantics of src/world/files.ts. It outlives its processes. */
export class Disk {
  readonly files = new Map<string, Node>();
  readonly folders = new Set<string>(["/"]);
  #serial = 0;

  constructor(folders: readonly string[]) {
    for (const folder of folders) this.makeFolder(folder);
  }

  makeFolder(path: string): string[] {
    const made: string[] = [];
    for (let at = path; !this.exists(at); at = dirname(at)) made.unshift(at);
    for (const folder of made) this.folders.add(folder);
    return made;
  }

  exists(path: string): boolean {
    return this.files.has(path) || this.folders.has(path);
  }

  write(path: string, text: string, now: number): void {
    this.files.set(path, { text, modifiedAt: now });
  }

  /** As a process sees it. `alive` is asked for every effect: what a dead process does has none. */
  filesOf(process: { readonly now: () => number; readonly alive: () => boolean; readonly touch: Touch }): Files {
    const { now, alive, touch } = process;
    const effect = (what: string, path: string, run: () => void) => {
      touch(what, path);
      if (alive()) run();
    };
    const pending = (temp: string, path: string): PendingFile => {
      let open = true;
      effect("open", temp, () => {
        if (this.exists(temp)) throw systemError("EEXIST", "open");
        if (!this.folders.has(dirname(temp))) throw systemError("ENOENT", "open");
        this.write(temp, "", now());
      });
      return {
        temp,
        commit: (text) => {
          if (!open) throw new Error("this file was committed or discarded before");
          const wasAlive = alive();
          const dies = touch("commit", path);
          if (wasAlive && dies) this.write(temp, torn(text), now());
          if (!alive()) return;
          open = false;
          this.files.delete(temp);
          this.write(path, text, now());
        },
        discard: () => {
          if (open) effect("remove", temp, () => this.files.delete(temp));
          open = false;
        },
      };
    };
    return {
      read: (path) => this.files.get(path)?.text,
      exists: (path) => this.exists(path),
      isSymlink: () => false,
      realPath: (path) => {
        if (!this.exists(path)) throw systemError("ENOENT", "realpath");
        return path;
      },
      makeFolder: (path) => {
        let made: string[] = [];
        effect("folder", path, () => (made = this.makeFolder(path)));
        return made;
      },
      tryMakeFolder: (path) => {
        let made = false;
        effect("folder", path, () => {
          if (!this.folders.has(dirname(path))) throw systemError("ENOENT", "mkdir");
          made = !this.exists(path);
          this.folders.add(path);
        });
        return made;
      },
      modifiedAt: (path) => this.files.get(path)?.modifiedAt ?? (this.folders.has(path) ? now() : undefined),
      openBeside: (path) =>
        pending(join(dirname(path), `.${basename(path).replace(/^\./, "")}.${++this.#serial}.tmp`), path),
      openNew: (path) => pending(path, path),
      remove: (path) => effect("remove", path, () => this.files.delete(path)),
      removeFolder: (path) => effect("remove", path, () => this.isEmpty(path) && this.folders.delete(path)),
      list: (folder) =>
        [...this.files.keys(), ...this.folders]
          .filter((path) => dirname(path) === folder)
          .map((path) => basename(path)),
      linkNew: (from, to) => {
        let linked = false;
        effect("link", to, () => {
          const node = this.files.get(from);
          if (!node) throw systemError("ENOENT", "link");
          linked = !this.exists(to);
          if (linked) this.files.set(to, node);
        });
        return linked;
      },
      fileSystem: () => 0xef53,
    };
  }

  isEmpty(folder: string): boolean {
    for (const path of this.files.keys()) if (dirname(path) === folder) return false;
    for (const path of this.folders) if (dirname(path) === folder && path !== folder) return false;
    return true;
  }
}

export function systemError(code: string, syscall: string): Error {
  return Object.assign(new Error(`${code}: ${syscall}`), { code, syscall });
}

import { Failure } from "../../errors.ts";
import type { PendingFile } from "../../world/files.ts";
import type { World } from "../../world/world.ts";

/** A file for the login, opened before the person signs in. */
export interface LoginFile {
  readonly path: string;
  write(text: string): void;
  discard(): void;
}

/**
 * Opens the file, 0600. Throws a Failure if there is one already, unless `force` replaces it: it may hold the only
 * copy of another login.
 */
export function openLoginFile(world: World, name: string, force: boolean): LoginFile {
  const path = process.getBuiltinModule("node:path").resolve(name);
  const { files } = world;
  if (files.isSymlink(path)) {
    throw new Failure(
      "unsafe-path",
      `${path} is a symbolic link: the login would land somewhere else.`,
      "Name the file itself in `--output`.",
    );
  }
  const taken = files.exists(path);
  if (taken && !force) throw sayTaken(path);
  let pending: PendingFile;
  try {
    // Without --force nothing is ever replaced, whoever makes that file meanwhile.
    pending = taken ? files.openBeside(path) : files.openNew(path);
  } catch (error) {
    const { code } = error as { code?: string };
    if (code === "EEXIST") throw sayTaken(path);
    throw new Failure(
      "file-failed",
      `The file ${path} cannot be written (${code ?? "unknown"}).`,
      "Name another one in `--output`, in a folder that exists and that you may write.",
    );
  }
  return { path, write: (text) => pending.commit(text), discard: () => pending.discard() };
}

const sayTaken = (path: string): Failure =>
  new Failure(
    "input-invalid",
    `${path} is there already, and may be the only copy of a login.`,
    "Name another file in `--output`, or replace this one with `--force`.",
  );

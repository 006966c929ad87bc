import type { ReadSecret } from "./arguments.ts";

const PROBLEMS: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file",
  ENAMETOOLONG: "there is no such file",
  ENOTDIR: "there is no such file",
  EISDIR: "this is a folder",
  EACCES: "the file may not be read",
  EPERM: "the file may not be read",
};

export const readSecret: ReadSecret = (path) => {
  const fs = process.getBuiltinModule("node:fs");
  if (path === "-" && process.getBuiltinModule("node:tty").isatty(0)) {
    return { problem: "stdin is a terminal, which would show what is pasted. Pipe it, or name a file" };
  }
  try {
    return path === "-" ? readAll(fs) : fs.readFileSync(path, "utf8");
  } catch (error) {
    return { problem: PROBLEMS[(error as { code?: string }).code ?? ""] ?? "it cannot be read" };
  }
};

/** `readFileSync(0)` gives up where whoever writes into the pipe is behind. */
function readAll({ readSync }: typeof import("node:fs")): string {
  const parts: Buffer[] = [];
  for (;;) {
    const part = Buffer.alloc(65_536);
    try {
      const length = readSync(0, part);
      if (length === 0) return Buffer.concat(parts).toString("utf8");
      parts.push(part.subarray(0, length));
    } catch (error) {
      const { code } = error as { code?: string };
      if (code === "EOF") return Buffer.concat(parts).toString("utf8"); // Windows, at the end of a pipe
      if (code !== "EAGAIN") throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
    }
  }
}

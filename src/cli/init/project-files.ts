import { Failure } from "../../errors.ts";

/** What stands in the working tree where a file is to be written. */
export type Present =
  | { readonly type: "absent" }
  | { readonly type: "same" }
  /** `ours`: it uses oauth-creds already. */
  | { readonly type: "other"; readonly text: string; readonly ours: boolean };

const paths = () => process.getBuiltinModule("node:path");
const fs = () => process.getBuiltinModule("node:fs");

/** Throws a Failure if the path leads out of the working tree, or cannot be a file. `path`: below the root, with `/`. */
export function look(root: string, path: string, text: string): Present {
  const whole = inside(root, path);
  let found: string;
  try {
    found = fs().readFileSync(whole, "utf8");
  } catch (error) {
    if ((error as { code?: string }).code === "ENOENT") return { type: "absent" };
    throw error;
  }
  // A checkout on Windows may have other line ends.
  if (found.replaceAll("\r\n", "\n") === text) return { type: "same" };
  return { type: "other", text: found, ours: /\buses:\s*["']?[\w.-]+\/oauth-creds@/.test(found) };
}

/** A name beside `path` that is free, or holds `text` already: `claude-2.yml`. */
export function beside(root: string, path: string, text: string): { path: string; present: Present } {
  const { dir, name, ext } = paths().posix.parse(path);
  for (let count = 2; ; count++) {
    const other = `${dir}/${name}-${count}${ext}`;
    const present = look(root, other, text);
    if (present.type !== "other" || count === 99) return { path: other, present };
  }
}

/** Writes a new file; one that is there by now is left alone, and the Failure says so, unless it is to be replaced. */
export function writeFile(root: string, path: string, text: string, replace: boolean): void {
  const whole = inside(root, path);
  fs().mkdirSync(paths().dirname(whole), { recursive: true });
  try {
    fs().writeFileSync(whole, text, { flag: replace ? "w" : "wx" });
  } catch (error) {
    if ((error as { code?: string }).code !== "EEXIST") throw error;
    throw new Failure("file-failed", `${path} was made by somebody else meanwhile.`, "Look at it, and run this again.");
  }
}

/** A link in the tree may lead anywhere. */
function inside(root: string, path: string): string {
  const { join, dirname, sep } = paths();
  const whole = join(root, path);
  let existing = dirname(whole);
  while (!fs().existsSync(existing)) existing = dirname(existing);
  const real = fs().realpathSync(existing);
  const top = fs().realpathSync(root);
  const link = fs().lstatSync(whole, { throwIfNoEntry: false })?.isSymbolicLink() ?? false;
  if (!link && (real === top || real.startsWith(top + sep))) return whole;
  throw new Failure(
    "unsafe-path",
    `${path} is, or lies behind, a symbolic link.`,
    "Replace the link by a folder of the working tree.",
  );
}

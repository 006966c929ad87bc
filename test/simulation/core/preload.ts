import { readFileSync } from "node:fs";
import { registerHooks } from "node:module";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { rememberCrypto } from "./crypto.ts";

const ROOT = join(import.meta.dirname, "..", "..", "..");
const SRC = pathToFileURL(join(ROOT, "src")).href;
const urlOf = (file: string): string => pathToFileURL(join(ROOT, file)).href;

/** What a job runs: from here all other modules of the product are reached. */
const ENTRIES = ["src/run.ts", "src/post/finish.ts"];

/** A fault that is put into the product while it is loaded. */
export interface SourceChange {
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

/**
 * Loads every module of the product, with the changes if there are any. Afterwards its own `import()` of one needs
 * no disk any more, and is settled within the same event. Call it before anything else of src/ is loaded.
 */
export async function preload(changes: readonly SourceChange[] = []): Promise<void> {
  rememberCrypto();
  const loaded = new Map<string, unknown>();
  const name = "moduleOfTheProduct";
  Object.assign(globalThis, { [name]: (url: string) => Promise.resolve(loaded.get(url)) });
  registerHooks({
    // Node's own way looks at the disk once for each pair of files.
    resolve(specifier, context, next) {
      const within = /^\.\.?\/.*\.ts$/.test(specifier) && context.parentURL?.startsWith(SRC) === true;
      if (!within) return next(specifier, context);
      return { url: new URL(specifier, context.parentURL).href, format: "module-typescript", shortCircuit: true };
    },
    load(url, context, next) {
      if (!url.startsWith(SRC)) return next(url, context);
      const own = changes.filter(({ file }) => url === urlOf(file));
      const source = own.reduce(changed, readFileSync(fileURLToPath(url), "utf8"));
      // Node's own import() of what is there already takes longer than much that the product does.
      const quick = source.replaceAll(LATER, (_, path: string) => `${name}("${new URL(path, url).href}")`);
      return { format: "module-typescript", source: quick, shortCircuit: true };
    },
  });
  const modules = reachable(ENTRIES.map(urlOf));
  for (const { file } of changes) {
    if (!modules.has(urlOf(file))) throw new Error(`${file} is nothing that a job runs`);
  }
  for (const url of modules) loaded.set(url, await import(url));
}

const LATER = /\bimport\("(\.[^"]+\.ts)"\)/g;
const IMPORTS = /\b(?:from|import|import\() ?"(\.[^"]+\.ts)"/g;

/** The modules that these import, now or later, and so on; themselves as well. */
function reachable(urls: readonly string[]): Set<string> {
  const found = new Set(urls);
  for (const url of found) {
    for (const [, path = ""] of readFileSync(fileURLToPath(url), "utf8").matchAll(IMPORTS)) {
      if (!path.endsWith(".d.ts")) found.add(new URL(path, url).href);
    }
  }
  return found;
}

/** Throws if the code that it changes is not there any more. */
export function changed(source: string, { file, find, replace }: SourceChange): string {
  if (!source.includes(find)) throw new Error(`${file} does not hold the code that is to be changed any more`);
  return source.replace(find, () => replace);
}

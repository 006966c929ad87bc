import { readdirSync, readFileSync } from "node:fs";
import { registerHooks } from "node:module";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { rememberCrypto } from "./crypto.ts";

const ROOT = join(import.meta.dirname, "..", "..", "..");
const SRC = pathToFileURL(join(ROOT, "src")).href;

/** These are for a real job alone. */
const NOT = /^(main|post|cli)\.ts$|^cli\/|^recovery\/cache-writer\.ts$/;

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
  registerHooks({
    // Node's own way looks at the disk once for each pair of files.
    resolve(specifier, context, next) {
      const within = /^\.\.?\/.*\.ts$/.test(specifier) && context.parentURL?.startsWith(SRC) === true;
      if (!within) return next(specifier, context);
      return { url: new URL(specifier, context.parentURL).href, format: "module-typescript", shortCircuit: true };
    },
    load(url, context, next) {
      const own = changes.filter(({ file }) => url === pathToFileURL(join(ROOT, file)).href);
      if (own.length === 0) return next(url, context);
      const source = own.reduce(changed, readFileSync(fileURLToPath(url), "utf8"));
      return { format: "module-typescript", source, shortCircuit: true };
    },
  });
  const all = readdirSync(fileURLToPath(SRC), { recursive: true, encoding: "utf8" });
  for (const path of all) {
    if (path.endsWith(".ts") && !path.endsWith(".d.ts") && !NOT.test(path)) await import(`${SRC}/${path}`);
  }
}

/** Throws if the code that it changes is not there any more. */
export function changed(source: string, { file, find, replace }: SourceChange): string {
  if (!source.includes(find)) throw new Error(`${file} does not hold the code that is to be changed any more`);
  return source.replace(find, () => replace);
}

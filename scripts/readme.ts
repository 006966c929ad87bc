/**
 * Writes the parts of README.md that other files decide: the tables of inputs and outputs (action.yml) and of
 * the built files (dist/). Each stands between two markers, `<!-- NAME:begin … -->` and `<!-- NAME:end -->`.
 *
 * `npm run docs` writes them. `npm run docs -- --check` writes nothing and fails if one is stale.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { parse } from "yaml";

interface Action {
  readonly inputs: Record<string, { readonly description: string; readonly default?: string }>;
  readonly outputs: Record<string, { readonly description: string }>;
}

const root = new URL("../", import.meta.url);
// A checkout may have CRLF in spite of .gitattributes; what is generated must not depend on it.
const read = (path: string): string => readFileSync(new URL(path, root), "utf8").replaceAll("\r\n", "\n");

/** One row of a Markdown table. A bar would end its cell, a line break the table. */
const row = (cells: readonly string[]): string =>
  `| ${cells.map((cell) => cell.trim().replaceAll("|", "\\|").replaceAll(/\s+/g, " ")).join(" | ")} |`;

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [row(head), `|${" --- |".repeat(head.length)}`, ...rows.map(row)].join("\n");

function inputsTable({ inputs }: Action): string {
  const rows = Object.entries(inputs).map(([name, { description, default: standard }]) => [
    `\`${name}\``,
    standard === undefined || standard === "" ? "" : `\`${standard}\``,
    description,
  ]);
  return table(["Input", "Default", "Meaning"], rows);
}

function outputsTable({ outputs }: Action): string {
  const rows = Object.entries(outputs).map(([name, { description }]) => [`\`${name}\``, description]);
  return table(["Output", "Meaning"], rows);
}

/** How many names of files a line of the table may have. */
const FEW = 4;

/** The built files, by the moment at which they are loaded; sizes in whole KB (1024 bytes), rounded up. */
function filesTable(): string {
  const names = readdirSync(new URL("dist/", root)).filter((name) => name.endsWith(".mjs"));
  const code = new Map(names.map((name) => [name, read(`dist/${name}`)]));
  const [main, post] = [loadedWith("main.mjs", code), loadedWith("post.mjs", code)];
  const action = new Set([...reached("main.mjs", code), ...reached("post.mjs", code)]);
  const writer = reached("cache-writer.mjs", code);
  const groups: [string, string[]][] = [
    ["always, by the main step", [...main]],
    [
      "always, by the post step (what it shares with main not counted again)",
      [...post].filter((name) => !main.has(name)),
    ],
    ["by those jobs that need it", [...action].filter((name) => !main.has(name) && !post.has(name))],
    [
      "to write to the cache (recovery copies, `access-cache`): GitHub's own client, in a process of its own",
      [...writer].filter((name) => !action.has(name)),
    ],
    ["by the command line alone", names.filter((name) => !action.has(name) && !writer.has(name))],
  ];
  const size = (files: readonly string[]): string => {
    const bytes = files.reduce((sum, name) => sum + Buffer.byteLength(code.get(name) ?? ""), 0);
    return `${Math.ceil(bytes / 1024)} KB`;
  };
  // Of a hundred names nobody reads any.
  const list = (files: readonly string[]): string =>
    files.length > FEW
      ? `${files.length} files`
      : files
          .toSorted()
          .map((name) => `\`${name}\``)
          .join(", ");
  const rows = groups.map(([when, files]) => [when, list(files), size(files)]);
  return table(["Loaded", "Files in `dist/`", "Size"], [...rows, ["", "all", size(names)]]);
}

/** A file and all that it imports statically; `import("…")` is not followed. */
const loadedWith = (entry: string, code: ReadonlyMap<string, string>): Set<string> =>
  follow(entry, code, /^(?:import|export)\b[^;]*?["']\.\/([\w-]+\.mjs)["'];/gm);

/** A file and all that it may ever load. */
const reached = (entry: string, code: ReadonlyMap<string, string>): Set<string> =>
  follow(entry, code, /["'`]\.\/([\w-]+\.mjs)["'`]/g);

function follow(entry: string, code: ReadonlyMap<string, string>, imports: RegExp): Set<string> {
  const found = new Set([entry]);
  for (const name of found) {
    const text = code.get(name);
    if (text === undefined) throw new Error(`dist/ has no ${name}: run \`npm run build\``);
    for (const [, imported] of text.matchAll(imports)) {
      if (imported) found.add(imported);
    }
  }
  return found;
}

/** `text` with the part called `name` replaced. */
function fill(text: string, name: string, content: string): string {
  const part = new RegExp(`(<!-- ${name}:begin[^>]*-->\\n)[\\s\\S]*?(<!-- ${name}:end -->)`);
  if (!part.test(text)) throw new Error(`README.md has no markers for “${name}”`);
  return text.replace(part, (_, begin: string, end: string) => `${begin}\n${content}\n\n${end}`);
}

const action = parse(read("action.yml")) as Action;
const present = read("README.md");
let wanted = fill(present, "inputs", inputsTable(action));
wanted = fill(wanted, "outputs", outputsTable(action));
wanted = fill(wanted, "files", filesTable());

if (process.argv.includes("--check")) {
  if (wanted !== present) {
    console.error("README.md is stale: run `npm run docs` and commit it.");
    process.exitCode = 1;
  } else {
    console.log("README.md agrees with action.yml and dist/.");
  }
} else {
  writeFileSync(new URL("README.md", root), wanted);
  console.log(wanted === present ? "README.md was up to date." : "README.md is written.");
}

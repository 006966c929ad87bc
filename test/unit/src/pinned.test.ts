/** What a job installs beside a login has a fixed version, wherever a document shows it. */
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const ROOT = join(import.meta.dirname, "../../..");
const DOCUMENTS = ["README.md", "docs/*.md", "examples/*"].flatMap((pattern) => globSync(pattern, { cwd: ROOT }));

/** Steps of workflows, in YAML blocks of a document or in an example. */
function stepsIn(name: string): string[] {
  const text = readFileSync(join(ROOT, name), "utf8");
  const blocks = name.endsWith(".md") ? (text.match(/^```ya?ml$[^]*?^```$/gm) ?? []) : [text];
  return blocks.flatMap((block) => block.split("\n").filter((line) => !/^\s*#/.test(line)));
}

test("no step installs or runs a package without its version", () => {
  const installs = DOCUMENTS.flatMap((name) =>
    stepsIn(name).flatMap((line) => {
      const [, packages] = /\b(?:npm (?:i|install)|npx)\b([^#'"|&;]*)/.exec(line) ?? [];
      const named = packages?.split(/\s+/).filter((word) => /^@?[a-z][\w/@.-]*$/i.test(word));
      return (named ?? []).map((word) => `${name}: ${word}`);
    }),
  );
  expect(installs.length).toBeGreaterThan(10);
  expect(installs.filter((found) => !/\w@\d+\.\d+\.\d+$/.test(found))).toEqual([]);
});

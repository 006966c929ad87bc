/**
 * Cuts GitHub's GraphQL schema (npm `@octokit/graphql-schema`, MIT) to the types and fields that this project
 * and its loopback GitHub use, so that every GraphQL call of the tests is validated against it.
 *
 * Run by hand when the version below changes: `node scripts/cut-graphql.ts`. It installs the package into a
 * temporary folder, writes `test/support/github/graphql/github.cut.graphql` and removes the folder. Running it
 * twice gives the same bytes.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type DefinitionNode, Kind, parse, print } from "graphql";

const PACKAGE = "@octokit/graphql-schema";
const VERSION = "15.26.1";
const OUTPUT = new URL("../test/support/github/graphql/github.cut.graphql", import.meta.url);

/** Types and the fields kept of each, in this order; "all" of those that a caller fills in. */
const KEPT: Readonly<Record<string, readonly string[] | "all">> = {
  Query: ["repository", "viewer"],
  Repository: ["databaseId", "id", "nameWithOwner"],
  User: ["login"],
  Mutation: ["updateRefs"],
  UpdateRefsInput: "all",
  RefUpdate: "all",
  UpdateRefsPayload: "all",
  GitObjectID: "all",
  GitRefname: "all",
};

function cut(definition: DefinitionNode, fields: readonly string[] | "all"): DefinitionNode {
  if (fields === "all" || definition.kind !== Kind.OBJECT_TYPE_DEFINITION) return definition;
  const all = definition.fields ?? [];
  const kept = fields.map((name) => {
    const field = all.find((one) => one.name.value === name);
    if (field === undefined) throw new Error(`upstream has no ${definition.name.value}.${name}`);
    return field;
  });
  // The interfaces are not kept: their other fields are not there.
  return { ...definition, interfaces: [], directives: [], fields: kept };
}

function named(definitions: readonly DefinitionNode[], name: string): DefinitionNode {
  const found = definitions.find((one) => "name" in one && one.name?.value === name);
  if (found === undefined) throw new Error(`upstream has no type ${name}`);
  return found;
}

function main(): void {
  const folder = mkdtempSync(join(tmpdir(), "cut-graphql-"));
  try {
    const options = ["--prefix", folder, "--no-save", "--ignore-scripts", "--no-audit"];
    execFileSync("npm", ["install", ...options, `${PACKAGE}@${VERSION}`], { stdio: "inherit" });
    const installed = join(folder, "node_modules", PACKAGE);
    const { definitions } = parse(readFileSync(join(installed, "schema.graphql"), "utf8"));
    const licence = readFileSync(join(installed, "LICENSE.md"), "utf8").trim().split("\n");
    const origin = [
      `${PACKAGE} ${VERSION}, schema.graphql, cut by scripts/cut-graphql.ts to what the tests use.`,
      "",
      ...licence,
    ];
    const text = Object.entries(KEPT).map(([name, fields]) => print(cut(named(definitions, name), fields)));
    const header = origin.map((line) => `# ${line}`.trimEnd()).join("\n");
    writeFileSync(OUTPUT, `${header}\n\n${text.join("\n\n")}\n`);
    execFileSync("npx", ["oxfmt", fileURLToPath(OUTPUT)], { stdio: "inherit" });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

main();

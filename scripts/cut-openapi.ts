/**
 * Cuts GitHub's REST description (npm `@octokit/openapi`, MIT) to the operations that this project
 * uses, so that the tests can check every exchange against it without a 400 MB package.
 *
 * Run by hand when the version below changes: `node scripts/cut-openapi.ts`. It installs the package
 * into a temporary folder, writes `test/support/github/openapi/api.github.com.cut.json` and removes
 * the folder. Running it twice gives the same bytes (the date stays while nothing else changes).
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const PACKAGE = "@octokit/openapi";
const VERSION = "23.0.2";
const OUTPUT = new URL("../test/support/github/openapi/api.github.com.cut.json", import.meta.url);

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
type JsonObject = { [key: string]: Json };

/** Path templates and the methods kept of each. A name that upstream no longer has stops the script. */
function operationsInUse(): Map<string, string[]> {
  const kept = new Map<string, string[]>();
  const repo = "/repos/{owner}/{repo}";
  const families = ["actions", "agents", "codespaces", "dependabot"];
  const stores = [
    ...families.map((family) => `${repo}/${family}/secrets`),
    ...families.map((family) => `/orgs/{org}/${family}/secrets`),
    `${repo}/environments/{environment_name}/secrets`,
  ];
  for (const store of stores) {
    kept.set(store, ["get"]);
    kept.set(`${store}/public-key`, ["get"]);
    kept.set(`${store}/{secret_name}`, ["get", "put", "delete"]);
    if (store.startsWith("/orgs/")) {
      kept.set(`${store}/{secret_name}/repositories`, ["get", "put"]);
      kept.set(`${store}/{secret_name}/repositories/{repository_id}`, ["put", "delete"]);
    }
  }
  kept.set(repo, ["get"]);
  kept.set(`${repo}/actions/runs/{run_id}`, ["get"]);
  kept.set(`${repo}/actions/runs/{run_id}/attempts/{attempt_number}/jobs`, ["get"]);
  kept.set(`${repo}/issues`, ["get", "post"]);
  kept.set(`${repo}/issues/{issue_number}`, ["get", "patch"]);
  kept.set(`${repo}/issues/{issue_number}/comments`, ["get", "post"]);
  // No DELETE of a ref: the ledger never removes one, so such a call must show up as a violation.
  kept.set(`${repo}/commits/{ref}`, ["get"]);
  kept.set(`${repo}/git/blobs`, ["post"]);
  kept.set(`${repo}/git/ref/{ref}`, ["get"]);
  kept.set(`${repo}/git/refs`, ["post"]);
  kept.set(`${repo}/git/refs/{ref}`, ["patch"]);
  kept.set(`${repo}/git/matching-refs/{ref}`, ["get"]);
  kept.set(`${repo}/git/commits`, ["post"]);
  kept.set(`${repo}/git/commits/{commit_sha}`, ["get"]);
  kept.set(`${repo}/git/trees`, ["post"]);
  kept.set(`${repo}/git/trees/{tree_sha}`, ["get"]);
  kept.set("/rate_limit", ["get"]);
  return kept;
}

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/**
 * A copy without prose and single-value examples (they are most of the size and nothing checks
 * them), with sorted keys. `names` says that the keys of `value` are names, not keywords: a schema
 * may well have a property called "description".
 */
function tidy(value: Json, names = false): Json {
  if (Array.isArray(value)) return value.map((item) => tidy(item));
  if (!isObject(value)) return value;
  const result: JsonObject = {};
  for (const key of Object.keys(value).toSorted()) {
    const child = value[key] as Json;
    if (names) result[key] = tidy(child);
    else if (key === "value") result[key] = child;
    else if (!isProse(key, value)) result[key] = tidy(child, NAME_MAPS.has(key));
  }
  return result;
}

const NAME_MAPS = new Set(["properties", "patternProperties", "responses", "headers", "examples"]);
const PROSE = new Set(["description", "summary", "externalDocs", "example", "tags", "x-octokit", "x-github"]);
const RESPONSE = new Set(["description", "content", "headers", "links"]);

function isProse(key: string, parent: JsonObject): boolean {
  // A response must keep its description, or the document is no longer valid OpenAPI.
  if (key === "description" && Object.keys(parent).every((k) => RESPONSE.has(k))) return false;
  return PROSE.has(key);
}

/** Looks up a local reference such as `#/components/schemas/empty-object`. */
function resolve(document: JsonObject, reference: string): Json {
  let here: Json | undefined = document;
  for (const part of reference.replace(/^#\//, "").split("/")) {
    here = isObject(here) ? here[part.replaceAll("~1", "/").replaceAll("~0", "~")] : undefined;
  }
  if (here === undefined) throw new Error(`reference without a target: ${reference}`);
  return here;
}

/** Copies every component that `value` refers to, directly or not, from `document` to `target`. */
function copyComponents(document: JsonObject, value: Json, target: JsonObject): void {
  if (Array.isArray(value)) return value.forEach((item) => copyComponents(document, item, target));
  if (!isObject(value)) return;
  const reference = value["$ref"];
  if (typeof reference === "string") {
    const [, , kind, name] = reference.split("/") as [string, string, string, string];
    const group = (target[kind] ??= {}) as JsonObject;
    if (!(name in group)) {
      const component = tidy(resolve(document, reference));
      group[name] = component;
      copyComponents(document, component, target);
    }
  }
  for (const child of Object.values(value)) copyComponents(document, child, target);
}

/** The cut document; `origin` is stored in it as `x-origin`. */
function cut(document: JsonObject, origin: JsonObject): JsonObject {
  const paths: JsonObject = {};
  const components: JsonObject = {};
  const all = document["paths"] as Record<string, JsonObject>;
  for (const [path, methods] of [...operationsInUse()].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    const kept: JsonObject = {};
    for (const method of methods) {
      const operation = all[path]?.[method];
      if (operation === undefined) throw new Error(`upstream has no ${method} ${path}`);
      kept[method] = tidy(operation);
    }
    const shared = all[path]?.["parameters"];
    if (shared !== undefined) kept["parameters"] = tidy(shared);
    paths[path] = kept;
    copyComponents(document, kept, components);
  }
  const { title, version, license } = document["info"] as JsonObject;
  return {
    openapi: document["openapi"] as Json,
    "x-origin": origin,
    info: { title, version, license } as JsonObject,
    paths,
    components: tidySorted(components),
  };
}

/** Groups and names in alphabetical order; the components themselves are already tidy. */
function tidySorted(components: JsonObject): JsonObject {
  const byName = ([a]: [string, Json], [b]: [string, Json]): number => (a < b ? -1 : 1);
  return Object.fromEntries(
    Object.entries(components)
      .toSorted(byName)
      .map(([kind, group]) => [kind, Object.fromEntries(Object.entries(group as JsonObject).toSorted(byName))]),
  );
}

function main(): void {
  const folder = mkdtempSync(join(tmpdir(), "cut-openapi-"));
  try {
    const options = ["--prefix", folder, "--no-save", "--ignore-scripts", "--no-audit"];
    execFileSync("npm", ["install", ...options, `${PACKAGE}@${VERSION}`], { stdio: "inherit" });
    const installed = join(folder, "node_modules", PACKAGE);
    const source = join(installed, "generated", "api.github.com.json");
    const document = JSON.parse(readFileSync(source, "utf8")) as JsonObject;
    const origin = (date: Json): JsonObject => ({
      package: PACKAGE,
      version: VERSION,
      file: "generated/api.github.com.json",
      cutBy: "scripts/cut-openapi.ts",
      cutOn: date,
      license: "MIT",
      licenseText: readFileSync(join(installed, "LICENSE"), "utf8").trim(),
    });
    const print = (date: Json): string => `${JSON.stringify(cut(document, origin(date)), null, 2)}\n`;
    const before = existsSync(OUTPUT) ? readFileSync(OUTPUT, "utf8") : "{}";
    const dated = (JSON.parse(before) as { "x-origin"?: JsonObject })["x-origin"]?.["cutOn"];
    if (dated !== undefined && print(dated) === before) {
      console.log("unchanged");
      return;
    }
    const text = print(new Date().toISOString().slice(0, 10));
    writeFileSync(OUTPUT, text);
    console.log(`${text.length} characters written`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

main();

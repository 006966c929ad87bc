/**
 * Makes docs/proof.md from a whole run of the readers' suite: what each real program was seen to do with what the
 * built action wrote. A run in which something failed makes none. With READERS=newest (the weekly workflow) it goes
 * to the job summary instead, also then: which releases read our files still is what that run is for.
 */
import { appendFileSync, readdirSync, writeFileSync } from "node:fs";
import type { Reporter, TestModule, TestSpecification, Vitest } from "vitest/node";
import { proofPage } from "./proof-page.ts";

const SUITE = new URL("../test/readers/", import.meta.url);
const TABLE = new URL("../docs/proof.md", import.meta.url);

export default class ProofReporter implements Reporter {
  readonly #table: URL;
  #vitest: Vitest | undefined;
  #whole = false;

  constructor({ table = TABLE }: { table?: URL } = {}) {
    this.#table = table;
  }

  onInit(vitest: Vitest): void {
    this.#vitest = vitest;
  }

  onTestRunStart(specifications: readonly TestSpecification[]): void {
    const files = readdirSync(SUITE).filter((name) => name.endsWith(".test.ts"));
    const run = specifications.filter(({ project }) => project.name === "readers");
    this.#whole = run.length === files.length && this.#vitest?.config.testNamePattern === undefined;
  }

  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly unknown[]): void {
    if (!this.#whole) return;
    const readers = modules.filter(({ project }) => project.name === "readers");
    const tests = readers.flatMap((module) => [...module.children.allTests()]);
    const proofs = tests.filter((test) => test.result().state === "passed").flatMap((test) => test.meta().proof ?? []);
    // A file that could not be loaded, and what was thrown outside a test, are failures too.
    const failed = unhandled.length > 0 || readers.some((module) => !/^(passed|skipped)$/.test(module.state()));
    const text = proofPage(proofs, process.env["READERS_ALONE"] === "true");
    if (process.env["READERS"] !== "newest") {
      if (failed) console.log("docs/proof.md is left as it is: a run in which something failed proves nothing.");
      else writeFileSync(this.#table, text);
      return;
    }
    const summary = process.env["GITHUB_STEP_SUMMARY"];
    const warning = failed ? "> Something failed in this run: what is missing here may be what failed.\n\n" : "";
    if (summary) appendFileSync(summary, `${warning}${text}`);
  }
}

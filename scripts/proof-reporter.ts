/**
 * Makes docs/proof.md from a whole run of the readers' suite: what each real program was seen to do with what the
 * built action wrote. With READERS=newest (the weekly workflow) it goes to the job summary instead.
 */
import { appendFileSync, readdirSync, writeFileSync } from "node:fs";
import type { Reporter, TestModule, TestSpecification, Vitest } from "vitest/node";
import { type Claim, CLAIMS, type Proof } from "../test/readers/proof.ts";

const SUITE = new URL("../test/readers/", import.meta.url);
const TABLE = new URL("../docs/proof.md", import.meta.url);

export default class ProofReporter implements Reporter {
  #vitest: Vitest | undefined;
  #whole = false;

  onInit(vitest: Vitest): void {
    this.#vitest = vitest;
  }

  onTestRunStart(specifications: readonly TestSpecification[]): void {
    const files = readdirSync(SUITE).filter((name) => name.endsWith(".test.ts"));
    const run = specifications.filter(({ project }) => project.name === "readers");
    this.#whole = run.length === files.length && this.#vitest?.config.testNamePattern === undefined;
  }

  onTestRunEnd(modules: readonly TestModule[]): void {
    if (!this.#whole) return;
    const proofs = modules
      .filter(({ project }) => project.name === "readers")
      .flatMap((module) => [...module.children.allTests()])
      .filter((test) => test.result().state === "passed")
      .flatMap((test) => test.meta().proof ?? []);
    const text = page(proofs);
    const summary = process.env["GITHUB_STEP_SUMMARY"];
    if (process.env["READERS"] !== "newest") writeFileSync(TABLE, text);
    else if (summary) appendFileSync(summary, text);
  }
}

function page(proofs: readonly Proof[]): string {
  const claims = Object.keys(CLAIMS) as Claim[];
  const rows = new Map<string, { proof: Proof; proved: Set<Claim>; how: Set<string> }>();
  for (const proof of proofs) {
    const key = JSON.stringify([proof.target, proof.program, proof.version]);
    const row = rows.get(key) ?? { proof, proved: new Set<Claim>(), how: new Set<string>() };
    for (const claim of proof.claims) row.proved.add(claim);
    if (proof.how) row.how.add(proof.how);
    rows.set(key, row);
  }
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  const lines = [...rows.values()]
    .toSorted((a, b) => order(a.proof).localeCompare(order(b.proof), "en", { numeric: true }))
    .map(({ proof, proved, how }) =>
      line([
        `\`${proof.target}\``,
        `${proof.program} ${proof.version}`,
        ...claims.map((claim) => (proved.has(claim) ? "yes" : "")),
        [...how].join("; ") || "the program itself",
      ]),
    );
  return `# What was proved, by which program

Made by \`npm run test:readers\` from its own run; do not edit. The suite installs the real programs, gives each what the
built action wrote, and lets it talk to servers on 127.0.0.1 only. An empty cell was not tried, or does not apply.

${claims.map((claim, index) => `${index + 1}. ${CLAIMS[claim]}`).join("\n")}

${line(["Target", "Program", ...claims.map((_, index) => String(index + 1)), "By"])}
${line(Array.from({ length: claims.length + 3 }, () => "---"))}
${lines.join("\n")}
`;
}

const order = ({ target, program, version }: Proof): string => `${target} ${program} ${version}`;

import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { TestModule, TestSpecification, Vitest } from "vitest/node";
import { proofPage } from "../../../scripts/proof-page.ts";
import ProofReporter from "../../../scripts/proof-reporter.ts";
import type { Proof } from "../../readers/proof.ts";

const proof = (change: Partial<Proof> = {}): Proof => ({
  target: "pi",
  provider: "anthropic",
  program: "pi",
  version: "1.5.2",
  claims: ["reads"],
  ...change,
});
const rowsOf = (page: string) => page.split("\n").filter((line) => line.startsWith("| `"));

describe("the page", () => {
  test("has a row for each provider: what works with one says nothing of the other", () => {
    const page = proofPage(
      [proof(), proof({ provider: "openai", claims: ["keeps"] }), proof({ claims: ["keeps"] })],
      true,
    );
    expect(rowsOf(page)).toEqual([
      "| `pi` | Claude | pi 1.5.2 | yes |  |  | yes |  | the program itself |",
      "| `pi` | ChatGPT | pi 1.5.2 |  |  |  | yes |  | the program itself |",
    ]);
  });

  test("says whether there was a network", () => {
    expect(proofPage([], true)).toContain("nothing but loopback");
    expect(proofPage([], false)).toContain("on a machine with a network");
  });
});

describe("the reporter", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "proof-"));
    vi.spyOn(console, "log").mockImplementation(() => {});
    for (const name of ["READERS", "READERS_ALONE", "GITHUB_STEP_SUMMARY"]) vi.stubEnv(name, undefined);
  });
  afterEach(() => {
    vi.restoreAllMocks();
    vi.unstubAllEnvs();
    rmSync(folder, { recursive: true });
  });

  type Test = [state: "passed" | "failed", ...proofs: Proof[]];
  const moduleOf = (tests: readonly Test[], state: string) =>
    ({
      project: { name: "readers" },
      state: () => state,
      children: {
        allTests: () =>
          tests.map(([result, ...found]) => ({ result: () => ({ state: result }), meta: () => ({ proof: found }) })),
      },
    }) as unknown as TestModule;
  const files = readdirSync(new URL("../../readers/", import.meta.url)).filter((name) => name.endsWith(".test.ts"));

  /** A whole run: gives the table, if one was made. */
  function run(tests: readonly Test[], { state = "passed", unhandled = [] as unknown[], left = 0 } = {}) {
    const table = join(folder, "proof.md");
    const reporter = new ProofReporter({ table: pathToFileURL(table) });
    reporter.onInit({ config: {} } as Vitest);
    const specification = { project: { name: "readers" } } as TestSpecification;
    reporter.onTestRunStart(files.slice(left).map(() => specification));
    reporter.onTestRunEnd([moduleOf(tests, state)], unhandled);
    return existsSync(table) ? readFileSync(table, "utf8") : undefined;
  }
  const said = () => vi.mocked(console.log).mock.calls.flat().join();

  test("writes what passed", () => {
    expect(rowsOf(run([["passed", proof(), proof({ provider: "openai" })]]) ?? "")).toHaveLength(2);
    expect(said()).toBe("");
  });

  test.each<[string, Parameters<typeof run>[1]]>([
    ["a test failed", { state: "failed" }],
    ["a file was not run to its end", { state: "pending" }],
    ["something was thrown outside a test", { unhandled: [new Error("late")] }],
  ])("leaves the table as it is, and says so, where %s", (_, how) => {
    expect(
      run(
        [
          ["passed", proof()],
          ["failed", proof({ provider: "openai" })],
        ],
        how,
      ),
    ).toBeUndefined();
    expect(said()).toContain("left as it is");
  });

  test("writes nothing of a part of the suite", () => {
    expect(run([["passed", proof()]], { left: 1 })).toBeUndefined();
    expect(said()).toBe("");
  });

  test("puts the newest releases into the summary, also where something failed, which it says", () => {
    const summary = join(folder, "summary.md");
    vi.stubEnv("READERS", "newest");
    vi.stubEnv("GITHUB_STEP_SUMMARY", summary);
    expect(
      run(
        [
          ["passed", proof()],
          ["failed", proof({ provider: "openai" })],
        ],
        { state: "failed" },
      ),
    ).toBeUndefined();
    const text = readFileSync(summary, "utf8");
    expect(text).toMatch(/^> Something failed/);
    expect(rowsOf(text)).toHaveLength(1);
  });
});

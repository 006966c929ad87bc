import { globSync, readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { defineConfig } from "vitest/config";

const suite = (name: string, include: string[], more: object = {}) => ({
  test: { name, include, environment: "node" as const, testTimeout: 60_000, hookTimeout: 60_000, ...more },
});

/** Those that put a stand-in in the place of one of our modules: only a process of its own sees it without fail. */
const MOCKING = globSync("test/unit/**/*.test.ts", { cwd: import.meta.dirname })
  .filter((path) => /^vi\.mock\(/m.test(readFileSync(join(import.meta.dirname, path), "utf8")))
  .map((path) => path.replaceAll("\\", "/"));

/** The servers, and the runner of steps, that the tests of the product stand on. */
const SUPPORT = ["test/unit/support-*/**/*.test.ts"];

/** Jobs one after another, with troubles at any call. */
const DURABLE = ["test/unit/src/durable-*.test.ts"];

/** Backends of the ledger, raced by many processes, and all that two or three jobs can do to one another. */
const LEDGER = [
  "test/unit/src/git-push*.test.ts",
  "test/unit/src/git-ref.test.ts",
  "test/unit/src/ledger-file.test.ts",
  "test/unit/src/ledger-model.test.ts",
];

// `npm test` runs the fast suites, the others have commands of their own. Where files are not isolated, each still gets
// our own modules anew; what is kept from file to file is libraries, which take longer to load than many a test.
export default defineConfig({
  test: {
    projects: [
      suite("unit", ["test/unit/**/*.test.ts"], {
        exclude: [...MOCKING, ...SUPPORT, ...DURABLE, ...LEDGER],
        isolate: false,
        restoreMocks: true,
        unstubEnvs: true,
      }),
      suite("mocking", MOCKING, { exclude: LEDGER }),
      suite("support", SUPPORT, { isolate: false }),
      suite("durable", DURABLE, { testTimeout: 240_000, maxWorkers: 2 }),
      suite("ledger", LEDGER, { testTimeout: 240_000, hookTimeout: 240_000 }),
      suite("stampede", ["test/stampede/**/*.test.ts"], { fileParallelism: false }),
      suite("scenario", ["test/scenario/**/*.test.ts"], { isolate: false }),
      suite("cache", ["test/cache/**/*.test.ts"], { testTimeout: 240_000, hookTimeout: 600_000, maxWorkers: 2 }),
      suite("cli", ["test/cli/**/*.test.ts"], {
        isolate: false,
        testTimeout: 240_000,
        hookTimeout: 600_000,
        maxWorkers: 3,
      }),
      suite("readers", ["test/readers/**/*.test.ts"], {
        testTimeout: 900_000,
        hookTimeout: 600_000,
        maxWorkers: 2,
      }),
    ],
    // Scenarios wait more than they compute: for their own processes, and for pauses that the product makes.
    maxWorkers: Math.max(4, availableParallelism()),
    reporters: ["default", "./scripts/proof-reporter.ts", "./scripts/count-reporter.ts"],
  },
});

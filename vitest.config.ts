import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

const suite = (name: string, include: string[], more: object = {}) => ({
  test: { name, include, environment: "node" as const, testTimeout: 60_000, hookTimeout: 60_000, ...more },
});

/** Backends of the ledger, raced by many processes, and all that two or three jobs can do to one another. */
const SLOW = [
  "test/unit/src/git-push*.test.ts",
  "test/unit/src/git-ref.test.ts",
  "test/unit/src/ledger-file.test.ts",
  "test/unit/src/ledger-model.test.ts",
];

// `npm test` runs the fast suites; the readers (real programs) have a command of their own.
export default defineConfig({
  test: {
    projects: [
      suite("unit", ["test/unit/**/*.test.ts"], { exclude: SLOW }),
      suite("ledger", SLOW, { testTimeout: 240_000, hookTimeout: 240_000 }),
      suite("stampede", ["test/stampede/**/*.test.ts"], { fileParallelism: false }),
      suite("scenario", ["test/scenario/**/*.test.ts"]),
      suite("cache", ["test/cache/**/*.test.ts"], { testTimeout: 240_000, hookTimeout: 600_000, maxWorkers: 2 }),
      suite("cli", ["test/cli/**/*.test.ts"], { testTimeout: 240_000, hookTimeout: 600_000, maxWorkers: 3 }),
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

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { MUTANTS } from "../mutants/mutants.ts";
import { LEDGER_MUTANTS } from "../simulation/mutants/ledger.ts";
import { SECRET_MUTANTS } from "../simulation/mutants/secret.ts";

const root = join(import.meta.dirname, "..", "..");

test("the code that the mutants change is there, once", () => {
  const all = [...MUTANTS, ...LEDGER_MUTANTS, ...SECRET_MUTANTS];
  const times = ({ file, find }: (typeof all)[number]) => readFileSync(join(root, file), "utf8").split(find).length - 1;
  expect(all.filter((mutant) => times(mutant) !== 1).map(({ says }) => says)).toEqual([]);
});

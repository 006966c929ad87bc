import type { SourceChange } from "../core/preload.ts";
import type { Mode } from "../plan/plan.ts";

/** A fault put into the product on purpose. The simulation must notice it: a test of the test. */
export interface Mutant extends SourceChange {
  /** What would be wrong, as a sentence about the product. */
  readonly says: string;
  readonly mode: Mode;
  /** The rule that it breaks, or the beginning of its name. */
  readonly breaks: string;
}

type Make = (says: string, breaks: string, file: string, find: string, replace: string) => Mutant;

export const mutantIn =
  (mode: Mode): Make =>
  (says, breaks, file, find, replace) => ({ says, mode, breaks, file, find, replace });

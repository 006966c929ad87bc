import { Failure } from "./errors.ts";
import type { TEXTS } from "./input-help.ts";

type Env = Readonly<Record<string, string | undefined>>;

/** What is wrong with the settings: which text of input-help.ts says it, and the words that go into it. */
export type Problem = readonly [kind: keyof typeof TEXTS, ...words: string[]];

/** All of them at once. Their texts are loaded only to be shown: most runs have none. */
export class InputProblems extends Error {
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    super("settings need mending");
    this.name = "InputProblems";
    this.problems = problems;
  }
}

export async function toFailure(error: unknown, env: Env): Promise<Failure> {
  if (error instanceof InputProblems) return (await import("./input-help.ts")).explainProblems(error.problems, env);
  return error instanceof Failure ? error : (await import("./as-failure.ts")).asFailure(error);
}

/**
 * What a passed test of this suite proves, for the table in docs/proof.md. The table is made from the run
 * (scripts/proof-reporter.ts): a claim stands in it only if its test has passed.
 */
import type { TestContext } from "vitest";

export const CLAIMS = {
  reads: "Exactly the written access token arrives at the provider's API",
  "no-refresh": "An access-only file causes no call to a token endpoint, ended or not",
  captures: "What the program renewed by itself is taken over by the post step and stored",
  keeps: "Other logins and unknown fields survive our writing and our cleaning",
  refreshes: "`refresh-with: cli`: the program renews the login in a private home",
} as const;

export type Claim = keyof typeof CLAIMS;

export interface Proof {
  /** As in the input `targets`. */
  readonly target: string;
  /** Whose login it was tried with. What works with one says nothing of the other. */
  readonly provider: "anthropic" | "openai";
  /** The program as people call it: `Claude Code`. */
  readonly program: string;
  readonly version: string;
  readonly claims: readonly Claim[];
  /** How, where the program itself could not be run. */
  readonly how?: string;
}

declare module "vitest" {
  interface TaskMeta {
    proof?: readonly Proof[];
  }
}

/** To be called in a test; it counts only if the test passes. */
export function proves({ task }: Pick<TestContext, "task">, ...proofs: readonly Proof[]): void {
  task.meta.proof = proofs;
}

/** What the two suites of OpenClaw have in common. */
import { ensureOpenclaw } from "./claw-program.ts";
import type { ClawReader } from "./claw-suite.ts";
import type { Claim, Proof } from "./proof.ts";

export const openclaw = (version: string) =>
  ({
    target: "openclaw",
    title: "OpenClaw",
    version,
    install: () => ensureOpenclaw(version),
    asked: true,
    namesAccount: false,
  }) as const satisfies Partial<ClawReader>;

export const openclawProof = (version: string, provider: Proof["provider"], ...claims: Claim[]): Proof => ({
  target: "openclaw",
  provider,
  program: "OpenClaw",
  version,
  claims,
});

/** The page docs/proof.md: one row for each target, program, release and provider. */
import { type Claim, CLAIMS, type Proof } from "../test/readers/proof.ts";

const LOGINS = { anthropic: "Claude", openai: "ChatGPT" } as const;

/** @param alone whether the programs ran where there is no network but loopback */
export function proofPage(proofs: readonly Proof[], alone: boolean): string {
  const claims = Object.keys(CLAIMS) as Claim[];
  const rows = new Map<string, { proof: Proof; proved: Set<Claim>; how: Set<string> }>();
  for (const proof of proofs) {
    const key = JSON.stringify([proof.target, proof.program, proof.version, proof.provider]);
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
        LOGINS[proof.provider],
        `${proof.program} ${proof.version}`,
        ...claims.map((claim) => (proved.has(claim) ? "yes" : "")),
        [...how].join("; ") || "the program itself",
      ]),
    );
  return `# What was proved, by which program

Made by \`npm run test:readers\` from its own run, if all of it passed; do not edit. The suite installs the real programs,
gives each what the built action wrote, and lets it talk to servers on 127.0.0.1 only. An empty cell was not tried, or
does not apply.

${
  alone
    ? "The programs ran in a network namespace that has nothing but loopback."
    : "The programs ran on a machine with a network: their settings and a proxy kept them to loopback."
}

${claims.map((claim, index) => `${index + 1}. ${CLAIMS[claim]}`).join("\n")}

${line(["Target", "Login", "Program", ...claims.map((_, index) => String(index + 1)), "By"])}
${line(Array.from({ length: claims.length + 4 }, () => "---"))}
${lines.join("\n")}
`;
}

const order = ({ target, program, version, provider }: Proof): string => `${target} ${program} ${version} ${provider}`;

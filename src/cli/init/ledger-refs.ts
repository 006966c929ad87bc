import { ApiProblem } from "../../rotation/github-api.ts";
import type { GitHub } from "./github.ts";

/** Where ledgers stand, and where they stand if the server takes none but branches there. Without `refs/`. */
const PLACES = ["oauth-creds/", "heads/oauth-creds/"];
/** What a ledger can be called. Others' refs may have names that a shell would carry out. */
const OURS = /^refs\/(heads\/)?oauth-creds\/[\w./-]+$/;

/**
 * The refs of all ledgers of the repository: `refs/oauth-creds/v1/anthropic/default`. Reads only. Undefined if the token
 * may not look. Throws an ApiProblem where GitHub is out of reach.
 */
export async function ledgerRefs({ call, base }: GitHub): Promise<readonly string[] | undefined> {
  const refs: string[] = [];
  for (const place of PLACES) {
    const { status, body } = await call("GET", `${base}/git/matching-refs/${place}`, [200, 403, 404, 409]);
    if (status === 409) return []; // a repository without a commit
    if (status !== 200) return undefined;
    refs.push(...namesIn(body).filter((ref) => OURS.test(ref)));
  }
  return refs;
}

function namesIn(body: string): string[] {
  try {
    return (JSON.parse(body) as readonly { ref?: unknown }[]).map(({ ref }) => String(ref));
  } catch {
    throw new ApiProblem(502, true);
  }
}

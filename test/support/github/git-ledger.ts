/** The ledger backend `git-ref` over a loopback GitHub of its own: for tests that need nothing but a ledger. */
import { randomBytes } from "node:crypto";
import { gitRefLedger, type GitRefLedger, type GitRefSettings } from "../../../src/ledger/git-ref.ts";
import { Secret } from "../../../src/secret.ts";
import { nodeWorld } from "../../../src/world/node.ts";
import { type Http, HttpFailure, type World } from "../../../src/world/world.ts";
import type { GitBehaviour } from "./git-side.ts";
import { type GitHub, type GitHubOptions, startGitHub } from "./server.ts";
import type { TokenSpec } from "./tokens.ts";

export const LEDGER_REF = "refs/oauth-creds/v1/anthropic/default";
export const LEDGER_BRANCH = "refs/heads/oauth-creds/anthropic/default";

export interface GitLedgerOptions extends Omit<GitHubOptions, "tokens"> {
  readonly behaviour?: Partial<GitBehaviour>;
  /** Of the one token; default a job's own, which may write contents. */
  readonly token?: TokenSpec;
  /** Default: the real one, in which no pause takes any time. */
  readonly world?: World;
}

export interface GitLedger {
  readonly github: GitHub;
  /** A new handle, as another process has it. */
  ledger(change?: Partial<GitRefSettings>): GitRefLedger;
  /** Rejects if GitHub's description, or its schema, had something against what was sent or answered. */
  close(): Promise<void>;
  /** Loses the next change of the ref on its way, or its answer. */
  breakOnce(how: "before" | "after"): void;
}

/** Starts it. Whoever starts it closes it. */
export async function startGitLedger(options: GitLedgerOptions = {}): Promise<GitLedger> {
  const { behaviour, token: spec = { kind: "github-token", permissions: { contents: "write" } }, ...more } = options;
  const real = options.world ?? { ...nodeWorld(), sleep: async () => {} };
  const losing = losingHttp(real.http);
  const world = { ...real, http: losing.http };
  const token = `ghs_${randomBytes(18).toString("hex")}`;
  // A stampede of readers spends more than a job's own token has.
  const github = await startGitHub({ ...more, tokens: { [token]: { rateLimit: 1_000_000, ...spec } } });
  Object.assign(github.git.behaviour, behaviour);
  return {
    github,
    ledger: (change = {}) =>
      gitRefLedger(world, {
        apiUrl: github.apiUrl,
        token: new Secret(token),
        repository: github.repository.fullName,
        repositoryId: String(github.repository.id),
        ref: LEDGER_REF,
        userAgent: "oauth-creds-test",
        ...change,
      }),
    async close() {
      await github.close();
      if (github.violations.length > 0) throw new Error(github.violations.join("\n"));
    },
    breakOnce(how) {
      if (how === "after") losing.arm();
      else github.fault({ path: CHANGES }, { do: "drop", when: "before-commit" });
    },
  };
}

/** The calls that change a ref. */
const CHANGES = /\/(graphql|git\/refs(\/.*)?)$/;

/** Loses the answer of the first change that was carried out, whichever call that was. */
function losingHttp(real: Http): { http: Http; arm: () => void } {
  let armed = false;
  return {
    arm: () => (armed = true),
    async http(request) {
      const answer = await real(request);
      const done = answer.status < 300 && !answer.body.includes('"errors"');
      if (!armed || request.method === "GET" || !done || !CHANGES.test(request.url)) return answer;
      armed = false;
      throw new HttpFailure(true, "ECONNRESET");
    },
  };
}

import { jsonObject } from "../world/answer.ts";
import type { HttpAnswer, World } from "../world/world.ts";
import { type GitObjects, isLag, PAUSES } from "./git-objects.ts";
import { errorsOf, type GitHubCalls, wantsOf } from "./github-call.ts";
import { LedgerProblem } from "./ledger.ts";

/*
 * Two calls change a ref only if it still has a certain value. GraphQL's `updateRefs` compares (`beforeOid`); REST
 * creates a ref only where there is none, and moves one only forward: a fresh commit whose parent is the value
 * read is not ahead of anything that somebody else has written meanwhile. (REST does not notice a ref that was set
 * back to an ancestor: what we write then puts the newer record in its place again.)
 *
 * What GitHub says when the value is another one is documented for neither, and it uses the same words for much
 * else. So words are believed only where they are known for certain; else the ref is read, and what it points to
 * decides: our commit, then it was done; another, then it is a conflict; the value that we expected, then the call
 * was refused. The same commit may be tried by both calls: it can only be written once.
 */

export interface RefChange {
  /** The full name. */
  readonly ref: string;
  /** Undefined: there must be none. */
  readonly expected: string | undefined;
  readonly sha: string;
  /** The commit need not be ahead of the value expected. GraphQL alone can do that. */
  readonly force?: boolean;
}

export type Changed =
  | { readonly type: "changed" }
  | { readonly type: "conflict" }
  | { readonly type: "refused"; readonly by: No };

export interface No {
  /**
   * - `absent`: the server has no such call.
   * - `forbidden`: the token may not.
   * - `moved`: the ref has another value, for certain.
   * - `lag`: the server does not see our commit yet.
   * - `busy`: somebody else is at it.
   * - `unclear`: something else.
   */
  readonly why: "absent" | "forbidden" | "moved" | "lag" | "busy" | "unclear";
  readonly wants?: string | undefined;
}

/** Undefined: it was done. */
type Attempt = (change: RefChange) => Promise<No | undefined>;

/** Changes refs of one repository; learns which call works there. Throws LedgerProblems. */
export function refChanger(world: World, calls: GitHubCalls, objects: GitObjects, repository: string) {
  let graphqlWorks = true;

  const byGraphql: Attempt = async ({ ref, expected, sha, force = false }) => {
    const { nodeId } = await objects.ids();
    const update = { name: ref, beforeOid: expected ?? NONE, afterOid: sha, force };
    const answer = await calls.graphql(UPDATE_REFS, { input: { repositoryId: nodeId, refUpdates: [update] } });
    return readGraphql(answer);
  };

  const byRest: Attempt = async ({ ref, expected, sha }) => {
    const refs = `/repos/${repository}/git/refs`;
    const inPath = ref.replace(/^refs/, "").split("/").map(encodeURIComponent).join("/");
    const refusals = [403, 404, 409, 422];
    const answer = await (expected === undefined
      ? calls.rest({ method: "POST", path: refs, body: { ref, sha }, expected: [201, ...refusals], changes: true })
      : calls.rest({
          method: "PATCH",
          path: refs + inPath,
          body: { sha, force: false },
          expected: [200, ...refusals],
          changes: true,
        }));
    return readRest(answer);
  };

  /** REST has calls of its own then. Any other limit is meant for whoever asks, by whatever way. */
  const isUsedUp = (error: unknown): boolean =>
    error instanceof LedgerProblem && error.kind === "throttled" && !error.sent && calls.left("graphql") === 0;

  /** To be looked at after a change: what goes wrong then leaves that unclear. */
  async function tip(ref: string): Promise<string | undefined> {
    try {
      return await objects.tip(ref);
    } catch (error) {
      throw error instanceof LedgerProblem ? new LedgerProblem(error.kind, true, error) : error;
    }
  }

  /** Tries again after a pause for the given reasons. */
  async function insist(change: RefChange, attempt: Attempt, again: readonly No["why"][]): Promise<Changed> {
    for (let tries = 0; ; tries++) {
      const no = await attempt(change);
      if (!no) return { type: "changed" };
      if (no.why !== "absent" && no.why !== "forbidden") {
        const now = await tip(change.ref);
        if (now === change.sha) return { type: "changed" };
        if (no.why === "moved" || now !== change.expected) return { type: "conflict" };
      }
      const pause = PAUSES[tries];
      if (pause === undefined || !again.includes(no.why)) return { type: "refused", by: no };
      await world.sleep(pause);
    }
  }

  return {
    /** Whether the node id of the repository will be needed. */
    usesGraphql: (): boolean => graphqlWorks,
    tip,

    async change(change: RefChange): Promise<Changed> {
      let first: Changed | undefined;
      if (graphqlWorks) {
        try {
          first = await insist(change, byGraphql, ["lag"]);
          if (first.type !== "refused") return first;
          graphqlWorks = first.by.why !== "absent";
        } catch (error) {
          if (change.force || !isUsedUp(error)) throw error;
        }
      }
      if (change.force) return first ?? { type: "refused", by: { why: "absent" } };
      // GitHub says the same for a passing trouble and for a name that it does not take: it must persist.
      const second = await insist(change, byRest, ["lag", "busy", "unclear"]);
      if (second.type === "changed") graphqlWorks = false;
      return second;
    },
  };
}

const UPDATE_REFS = "mutation($input: UpdateRefsInput!) { updateRefs(input: $input) { clientMutationId } }";
/** The value of a ref that must not exist. */
const NONE = "0".repeat(40);

function readGraphql(answer: HttpAnswer): No | undefined {
  if (answer.status === 403) return { why: "forbidden", wants: wantsOf(answer) };
  if (answer.status !== 200) return { why: "absent" };
  const json = jsonObject(answer);
  // Not GitHub's answer, so nobody knows whether it was asked.
  if (!json) throw new LedgerProblem("unreachable", true);
  const errors = errorsOf(answer);
  const { updateRefs } = (json["data"] ?? {}) as Record<string, unknown>;
  if (errors.length === 0 && updateRefs instanceof Object) return undefined;
  const said = errors.map(({ message, extensions }) => `${extensions?.code} ${message}`).join("\n");
  if (/undefinedField|doesn't exist on type/i.test(said)) return { why: "absent" };
  return { why: isLag(said) ? "lag" : "unclear" };
}

function readRest(answer: HttpAnswer): No | undefined {
  if (answer.status < 300) return undefined;
  if (answer.status === 403 || answer.status === 404) return { why: "forbidden", wants: wantsOf(answer) };
  if (answer.status === 409) return { why: "busy" };
  const message = String(jsonObject(answer)?.["message"]);
  if (/reference already exists|not a fast forward/i.test(message)) return { why: "moved" };
  return { why: isLag(message) ? "lag" : "unclear" };
}

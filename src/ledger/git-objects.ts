import { jsonObject } from "../world/answer.ts";
import type { HttpAnswer, World } from "../world/world.ts";
import { readMessage, type Told, writeMessage } from "./git-message.ts";
import { type GitHubCalls, wantsOf } from "./github-call.ts";
import { type Entry, LedgerProblem } from "./ledger.ts";

/*
 * The record is the message of a commit, which comes with the commit's id and GitHub's own time in one call, and
 * which GitHub does not limit in size (a file in the tree would need a call of its own). The tree is only there
 * because a commit has one; it tells a person who finds it what it is. GitHub refuses the tree that git knows
 * everywhere, the empty one. Author and committer are left out: so GitHub stamps them with its own clock.
 */

/** A record as it stands in a commit. */
export interface Held extends Entry, Told {
  readonly tree: string;
}

export interface Look {
  readonly held: Held | undefined;
  /** GitHub's clock, ms. */
  readonly now: number | undefined;
}

export interface RepositoryIds {
  readonly id: string;
  readonly nodeId: string;
}

/** The git database of one repository. Everything throws LedgerProblems, all of them not sent. */
export interface GitObjects {
  /** What a ref (by its full name) holds. */
  look(ref: string): Promise<Look>;
  /** The id of what a ref points to. */
  tip(ref: string): Promise<string | undefined>;
  /** A commit that no ref points to yet, with `parent` before it, and its tree. */
  commit(text: string, parent: Held | undefined): Promise<Held>;
  ids(): Promise<RepositoryIds>;
}

/** ms between tries, while a server of GitHub does not see yet what another has just written. */
export const PAUSES: readonly number[] = [250, 750, 2250];

const README = "oauth-creds keeps the encrypted record of a login here. Do not change or delete it.\n";

export function gitObjects(world: World, { rest }: Pick<GitHubCalls, "rest">, repository: string): GitObjects {
  const base = `/repos/${repository}`;
  const kept = new Map<string, { readonly etag: string | undefined; readonly held: Held }>();
  let tree: string | undefined;
  let ids: Promise<RepositoryIds> | undefined;
  /** Whether `GET commits/{ref}` gives refs like ours. It does on GitHub, but its documents do not say so. */
  let inOneCall = true;

  function keep(name: string, answer: HttpAnswer, held: Held): Look {
    kept.set(name, { etag: answer.headers["etag"], held });
    tree = held.tree;
    return { held, now: answer.date };
  }

  async function look(ref: string): Promise<Look> {
    if (!inOneCall) return lookInTwo(ref);
    const name = `commits ${ref}`;
    const { etag, held } = kept.get(name) ?? {};
    const answer = await rest({
      method: "GET",
      path: `${base}/commits/${inPath(ref)}`,
      expected: [200, 304, 404, 409, 422],
      etag,
    });
    if (answer.status === 304) return { held, now: answer.date };
    if (answer.status === 200) {
      const { sha, commit } = jsonObject(answer) ?? {};
      return keep(name, answer, heldIn(sha, commit));
    }
    if (isEmpty(answer)) return { held: undefined, now: answer.date };
    // No such ref, or none that this call finds.
    if (answer.status === 422 && ref.startsWith("refs/heads/")) return { held: undefined, now: answer.date };
    const second = await lookInTwo(ref);
    if (second.held) inOneCall = false;
    // Both were 404: so it is for a token that does not see the repository.
    else if (answer.status === 404 && !(await isSeen())) {
      throw new LedgerProblem("forbidden", false, { wants: wantsOf(answer) });
    }
    return second;
  }

  async function lookInTwo(ref: string): Promise<Look> {
    const name = `ref ${ref}`;
    const before = kept.get(name);
    const answer = await getRef(ref, before?.etag);
    if (isEmpty(answer)) return { held: undefined, now: answer.date };
    if (answer.status === 304) return { held: before?.held, now: answer.date };
    const sha = tipIn(answer);
    if (sha === undefined) return { held: undefined, now: answer.date };
    return keep(name, answer, before?.held.version === sha ? before.held : await readCommit(sha));
  }

  const getRef = (ref: string, etag?: string): Promise<HttpAnswer> =>
    rest({
      method: "GET",
      path: `${base}/git/ref/${inPath(ref.replace(/^refs\//, ""))}`,
      expected: [200, 304, 404, 409],
      etag,
    });

  async function readCommit(sha: string): Promise<Held> {
    for (const pause of [...PAUSES, undefined]) {
      const answer = await rest({ method: "GET", path: `${base}/git/commits/${sha}`, expected: [200, 404] });
      if (answer.status === 200) return heldIn(sha, jsonObject(answer));
      if (pause !== undefined) await world.sleep(pause);
    }
    throw new LedgerProblem("unreachable", false);
  }

  /** Makes an object, out of others that the server may not see yet. */
  async function create(kind: "trees" | "commits", body: unknown): Promise<HttpAnswer> {
    for (const pause of [...PAUSES, undefined]) {
      const answer = await rest({ method: "POST", path: `${base}/git/${kind}`, expected: [201, 409, 422], body });
      if (answer.status === 201) return answer;
      // 409: a repository without any commit has no git database.
      if (!isLag(answer.body)) throw new LedgerProblem("unsupported", false);
      if (pause !== undefined) await world.sleep(pause);
    }
    throw new LedgerProblem("unreachable", false);
  }

  async function makeTree(): Promise<string> {
    const file = { path: "README.md", mode: "100644", type: "blob", content: README };
    return shaOf(jsonObject(await create("trees", { tree: [file] }))?.["sha"]);
  }

  const isSeen = async (): Promise<boolean> =>
    (await rest({ method: "GET", path: base, expected: [200, 404] })).status === 200;

  async function findIds(): Promise<RepositoryIds> {
    const { id, node_id: nodeId } = jsonObject(await rest({ method: "GET", path: base, expected: [200] })) ?? {};
    if (typeof id !== "number" || typeof nodeId !== "string") throw new LedgerProblem("unreachable", false);
    return { id: String(id), nodeId };
  }

  return {
    look,
    async tip(ref) {
      const answer = await getRef(ref);
      return isEmpty(answer) ? undefined : tipIn(answer);
    },
    async commit(text, parent) {
      tree = parent?.tree ?? tree ?? (await makeTree());
      const nonce = Buffer.from(world.random(12)).toString("hex");
      const message = writeMessage({ text, depth: parent ? parent.depth + 1 : 0 }, nonce);
      const parents = parent ? [parent.version] : [];
      const made = jsonObject(await create("commits", { message, tree, parents }));
      return heldIn(made?.["sha"], made);
    },
    ids: () =>
      (ids ??= findIds().catch((error) => {
        ids = undefined;
        throw error;
      })),
  };
}

/** A repository without any commit; throws for any other conflict, which says nothing of what is there. */
function isEmpty({ status, body }: HttpAnswer): boolean {
  if (status === 409 && !/empty/i.test(body)) throw new LedgerProblem("unreachable", false);
  return status === 409;
}

/** GitHub's words for an object that is not there, or not there yet. */
export const isLag = (text: string): boolean => /does not exist/i.test(text) && !/reference does not exist/i.test(text);

/** A `/` stays: it separates the parts of a ref. */
const inPath = (ref: string): string => ref.split("/").map(encodeURIComponent).join("/");

function tipIn(answer: HttpAnswer): string | undefined {
  if (answer.status !== 200) return undefined;
  return shaOf((jsonObject(answer)?.["object"] as Record<string, unknown> | undefined)?.["sha"]);
}

/** Throws for an answer of another form: it is not GitHub's. */
function shaOf(value: unknown): string {
  if (typeof value === "string" && /^[0-9a-f]{40,64}$/.test(value)) return value;
  throw new LedgerProblem("unreachable", false);
}

function heldIn(sha: unknown, commit: unknown): Held {
  const { message, committer, tree } = (commit ?? {}) as Record<string, Record<string, unknown> | string | undefined>;
  const date = (committer as Record<string, unknown> | undefined)?.["date"];
  const writtenAt = Date.parse(String(date));
  if (typeof message !== "string" || Number.isNaN(writtenAt)) throw new LedgerProblem("unreachable", false);
  return {
    ...readMessage(message),
    version: shaOf(sha),
    writtenAt,
    tree: shaOf((tree as Record<string, unknown> | undefined)?.["sha"]),
  };
}

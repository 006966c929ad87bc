/** The git database: blobs, trees, commits and refs, over a real repository. */
import { fullCommit, gitBlob, gitCommit, gitRef, gitTree } from "./git-answers.ts";
import type { GitSide } from "./git-side.ts";
import { type GitStore, isRefName, type Signature } from "./git-store.ts";
import { problem, type Reply, type TokenKind } from "./messages.ts";
import type { Call, Route, World } from "./routes.ts";
import type { Level } from "./tokens.ts";

type Handler = (call: Call, world: World, store: GitStore) => Reply | Promise<Reply>;
type Fields = Record<string, unknown>;

/** `[method and template, route]` of all of them. */
export function gitRoutes(): [string, Route][] {
  const repo = "/repos/{owner}/{repo}";
  const route = (level: Level, handle: Handler): Route => ({
    need: { permission: "contents", level },
    handle: (call, world) =>
      world.git.empty ? problem(409, "Git Repository is empty.") : handle(call, world, world.git.store()),
  });
  return [
    [`GET ${repo}/commits/{ref}`, route("read", getCommitByRef)],
    [`GET ${repo}/git/commits/{commit_sha}`, route("read", getCommit)],
    [`GET ${repo}/git/ref/{ref}`, route("read", getRef)],
    [`GET ${repo}/git/matching-refs/{ref}`, route("read", matchingRefs)],
    [`POST ${repo}/git/blobs`, route("write", postBlob)],
    [`POST ${repo}/git/trees`, route("write", postTree)],
    [`POST ${repo}/git/commits`, route("write", postCommit)],
    [`POST ${repo}/git/refs`, route("write", postRef)],
    [`PATCH ${repo}/git/refs/{ref}`, route("write", patchRef)],
  ];
}

/** Refs that a server may keep to itself. */
export const isCustom = (name: string): boolean => !/^refs\/(heads|tags)\//.test(name);

const bodyOf = ({ body }: Call): Fields => (body instanceof Object ? (body as Fields) : {});

/** A full name, a name without `refs/`, an object, a branch or a tag; in this order. */
function resolve(text: string, { git }: World, store: GitStore): string | undefined {
  if (/^[0-9a-f]{40}$/.test(text)) return text;
  for (const name of [text, `refs/${text}`, `refs/heads/${text}`, `refs/tags/${text}`]) {
    if (git.behaviour.commits === "by-branch" && isCustom(name)) continue;
    const sha = isRefName(name) ? git.readRef(name) : undefined;
    if (sha !== undefined && store.typeOf(sha) === "commit") return sha;
  }
  return undefined;
}

const getCommitByRef: Handler = (call, world, store) => {
  const ref = call.parameters["ref"] ?? "";
  const sha = resolve(ref, world, store);
  const facts = sha === undefined ? undefined : store.commit(sha);
  if (sha === undefined || facts === undefined) return problem(422, `No commit found for SHA: ${ref}`);
  return { status: 200, body: fullCommit(sha, facts, world.repository) };
};

const getCommit: Handler = ({ parameters }, { git, repository }, store) => {
  const sha = parameters["commit_sha"] ?? "";
  const facts = git.missesObject() ? undefined : store.commit(sha);
  return facts ? { status: 200, body: gitCommit(sha, facts, repository) } : problem(404, "Not Found");
};

const getRef: Handler = ({ parameters }, { git, repository }, store) => {
  const name = `refs/${parameters["ref"]}`;
  const sha = git.readRef(name);
  if (sha === undefined) return problem(404, "Not Found");
  return { status: 200, body: gitRef(name, sha, store.typeOf(sha) ?? "commit", repository) };
};

const matchingRefs: Handler = async ({ parameters }, { repository }, store) => {
  const found = (await store.refs()).filter(({ name }) => name.startsWith(`refs/${parameters["ref"]}`));
  const body = found.map(({ name, sha }) => gitRef(name, sha, store.typeOf(sha) ?? "commit", repository));
  return { status: 200, body };
};

const postBlob: Handler = (call, { repository }, store) => {
  const { content, encoding } = bodyOf(call);
  if (typeof content !== "string") return notSupplied("content");
  const bytes = Buffer.from(content, encoding === "base64" ? "base64" : "utf8");
  return { status: 201, body: gitBlob(store.write("blob", bytes), repository) };
};

const postTree: Handler = (call, { repository }, store) => {
  const { tree, base_tree: base } = bodyOf(call);
  const given = Array.isArray(tree) ? (tree as Fields[]) : [];
  if (given.length === 0) return problem(422, "Invalid tree info");
  const entries = new Map<string, { mode: string; path: string; sha: string }>();
  if (base !== undefined) {
    const old = store.tree(String(base));
    if (old === undefined) return problem(422, "base_tree is not a valid tree oid");
    for (const entry of old) entries.set(entry.path, entry);
  }
  for (const { path, mode, sha, content } of given) {
    const object = typeof content === "string" ? store.write("blob", Buffer.from(content)) : String(sha);
    if (typeof path !== "string" || path.includes("/") || store.typeOf(object) === undefined) {
      return problem(422, "tree.sha is not a valid object");
    }
    entries.set(path, { mode: String(mode).replace(/^0/, ""), path, sha: object });
  }
  const all = [...entries.values()];
  const sha = store.writeTree(all);
  return { status: 201, body: gitTree(sha, all, store, repository) };
};

const postCommit: Handler = (call, { git, repository, now }, store) => {
  const { message, tree, parents = [], author: givenAuthor, committer: givenCommitter } = bodyOf(call);
  if (typeof message !== "string" || typeof tree !== "string") return notSupplied("message");
  if (store.typeOf(tree) !== "tree" || git.missesObject()) return problem(422, "Tree SHA does not exist");
  const known = (parents as string[]).every((sha) => store.typeOf(sha) === "commit");
  if (!known) return problem(422, "Parent SHA does not exist or is not a commit object");
  const author = signature(givenAuthor) ?? { ...stampOf(call.by), at: now() };
  const committer = signature(givenCommitter) ?? author;
  const facts = { tree, parents: parents as string[], author, committer, message };
  const sha = store.writeCommit(facts);
  // Whole seconds: what git keeps.
  return { status: 201, body: gitCommit(sha, store.commit(sha) ?? facts, repository) };
};

const stampOf = (by: TokenKind) =>
  by === "github-token"
    ? { name: "github-actions[bot]", email: "41898282+github-actions[bot]@users.noreply.github.com" }
    : { name: "octo", email: "octo@users.noreply.github.com" };

function signature(given: unknown): Signature | undefined {
  if (!(given instanceof Object)) return undefined;
  const { name, email, date } = given as Record<string, string>;
  return { name: name ?? "", email: email ?? "", at: Date.parse(date ?? "") };
}

const postRef: Handler = async (call, { git, repository }, store) => {
  const { ref, sha } = bodyOf(call) as Record<string, string>;
  if (ref === undefined || sha === undefined) return notSupplied("ref");
  if (!isRefName(ref) || ref.split("/").length < 3) return problem(422, `${ref} is not a valid ref name.`);
  const refused = refuseRef(ref, git) ?? missing(sha, git, store);
  if (refused !== undefined) return refused;
  if ((await git.change([{ name: ref, from: undefined, to: sha }])) === "moved") {
    return problem(422, "Reference already exists");
  }
  return { status: 201, body: gitRef(ref, sha, store.typeOf(sha) ?? "commit", repository) };
};

const patchRef: Handler = async (call, { git, repository }, store) => {
  const { sha = "", force = false } = bodyOf(call) as { sha?: string; force?: boolean };
  const name = `refs/${call.parameters["ref"]}`;
  const refused = refuseRef(name, git) ?? missing(sha, git, store);
  if (refused !== undefined) return refused;
  for (;;) {
    const from = store.ref(name);
    if (from === undefined) return problem(422, "Reference does not exist");
    if (!force && !store.descends(sha, from)) return problem(422, "Update is not a fast forward");
    // Somebody was quicker: what is there now decides.
    if ((await git.change([{ name, from, to: sha }])) === "moved") continue;
    return { status: 200, body: gitRef(name, sha, store.typeOf(sha) ?? "commit", repository) };
  }
};

function refuseRef(name: string, { behaviour: { customRefs } }: GitSide): Reply | undefined {
  if (customRefs === "allowed" || !isCustom(name)) return undefined;
  return problem(customRefs, customRefs === 403 ? "Resource not accessible by integration" : "Reference update failed");
}

const missing = (sha: string, git: GitSide, store: GitStore): Reply | undefined =>
  store.typeOf(sha) === undefined || git.missesObject() ? problem(422, "Object does not exist") : undefined;

const notSupplied = (key: string): Reply => problem(422, `Invalid request.\n\n"${key}" wasn't supplied.`);

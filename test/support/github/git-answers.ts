/** What GitHub answers about git objects and refs: the bodies, in the shapes of its description. */
import { isoSeconds } from "./messages.ts";
import { description } from "./contract.ts";
import type { CommitFacts, GitStore, Signature, TreeEntry } from "./git-store.ts";
import type { RepositoryFacts } from "./samples.ts";

type Fields = Record<string, unknown>;

const UNSIGNED = { verified: false, reason: "unsigned", signature: null, payload: null, verified_at: null };

const urlOf = ({ apiUrl, fullName }: RepositoryFacts): string => `${apiUrl}/repos/${fullName}`;
const pageOf = ({ fullName }: RepositoryFacts): string => `https://github.example/${fullName}`;
const nodeId = (prefix: string, text: string): string => `${prefix}_${Buffer.from(text).toString("base64url")}`;

const person = ({ name, email, at }: Signature): Fields => ({ name, email, date: isoSeconds(at) });

/** Answer of GET and POST /repos/{owner}/{repo}/git/commits. */
export function gitCommit(sha: string, facts: CommitFacts, repository: RepositoryFacts): Fields {
  const url = `${urlOf(repository)}/git`;
  return {
    sha,
    node_id: nodeId("C", sha),
    url: `${url}/commits/${sha}`,
    html_url: `${pageOf(repository)}/commit/${sha}`,
    author: person(facts.author),
    committer: person(facts.committer),
    tree: { sha: facts.tree, url: `${url}/trees/${facts.tree}` },
    message: facts.message,
    parents: facts.parents.map((parent) => ({
      sha: parent,
      url: `${url}/commits/${parent}`,
      html_url: `${pageOf(repository)}/commit/${parent}`,
    })),
    verification: UNSIGNED,
  };
}

/** Answer of GET /repos/{owner}/{repo}/commits/{ref}. The changes that the commit made to files are left out. */
export function fullCommit(sha: string, facts: CommitFacts, repository: RepositoryFacts): Fields {
  const url = `${urlOf(repository)}/commits`;
  const { node_id, html_url, author, committer, tree, message } = gitCommit(sha, facts, repository);
  const { author: user } = (description.components.examples["commit"] as { value: Fields }).value;
  return {
    url: `${url}/${sha}`,
    sha,
    node_id,
    html_url,
    comments_url: `${url}/${sha}/comments`,
    commit: {
      url: `${urlOf(repository)}/git/commits/${sha}`,
      author,
      committer,
      message,
      tree,
      comment_count: 0,
      verification: UNSIGNED,
    },
    author: user,
    committer: user,
    parents: facts.parents.map((parent) => ({ sha: parent, url: `${url}/${parent}` })),
    stats: { total: 0, additions: 0, deletions: 0 },
    files: [],
  };
}

/** Answer of GET, POST and PATCH of a ref. */
export function gitRef(name: string, sha: string, type: string, repository: RepositoryFacts): Fields {
  const url = `${urlOf(repository)}/git`;
  return {
    ref: name,
    node_id: nodeId("REF", name),
    url: `${url}/${name}`,
    object: { type, sha, url: `${url}/${type}s/${sha}` },
  };
}

/** Answer of POST /repos/{owner}/{repo}/git/trees. */
export function gitTree(
  sha: string,
  entries: readonly TreeEntry[],
  store: GitStore,
  repository: RepositoryFacts,
): Fields {
  const url = `${urlOf(repository)}/git`;
  const tree = entries.map(({ mode, path, sha: object }) => {
    const type = store.typeOf(object) ?? "commit";
    return { path, mode: mode.padStart(6, "0"), type, sha: object, url: `${url}/${type}s/${object}` };
  });
  return { sha, url: `${url}/trees/${sha}`, tree, truncated: false };
}

/** Answer of POST /repos/{owner}/{repo}/git/blobs. */
export const gitBlob = (sha: string, repository: RepositoryFacts): Fields => ({
  sha,
  url: `${urlOf(repository)}/git/blobs/${sha}`,
});

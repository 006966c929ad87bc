/** The repository behind the git routes, and how the server treats it. */
import { createGitStore, type GitStore } from "./git-store.ts";

/** What a test may change at any time. */
export interface GitBehaviour {
  /** Refs outside of `refs/heads/` and `refs/tags/` cannot be written: the status of the refusal. */
  customRefs: "allowed" | 403 | 422;
  /** "by-branch": `GET commits/{ref}` does not find what lies outside of `refs/heads/` and `refs/tags/`. */
  commits: "by-ref" | "by-branch";
  /** "absent" is a 404, as on a server without it; "older" has no `updateRefs` yet; "refused" lets nobody write. */
  graphql: "full" | "absent" | "older" | "refused";
  /** What `updateRefs` says of a ref that has another value. GitHub documents no words. */
  conflictWords: string;
  /** So many requests do not see the objects that they name, as when a replica has not got them yet. */
  unseenObjects: number;
  /** So many reads of refs give what was there before the last change. */
  staleReads: number;
  /** Told of each change of a ref before it is answered: its name, and the message of the commit it points to now. */
  changed: (name: string, message: string | undefined) => void;
}

/** For tests: the repository as git itself sees it. */
export interface GitHubGit {
  readonly behaviour: GitBehaviour;
  /** The bare repository's folder. */
  folder(): string;
  /** Runs git on it and gives what it prints, without white space at its end. */
  run(...args: readonly string[]): Promise<string>;
  /** The present value of a ref by its full name. */
  ref(name: string): string | undefined;
}

export interface GitSide {
  readonly behaviour: GitBehaviour;
  /** Made at the first use: few tests need it. */
  store(): GitStore;
  /** Undefined for a repository without any commit. */
  readonly empty: boolean;
  /** A ref as a reader sees it. */
  readRef(name: string): string | undefined;
  /** A reading that does not see an object although it is there. */
  missesObject(): boolean;
  change: GitStore["change"];
  remove(): void;
}

export function createGitSide(now: () => number, empty: boolean): GitSide {
  let made: GitStore | undefined;
  const former = new Map<string, string | undefined>();
  const behaviour: GitBehaviour = {
    customRefs: "allowed",
    commits: "by-ref",
    graphql: "full",
    conflictWords: "Reference update failed",
    unseenObjects: 0,
    staleReads: 0,
    changed: () => {},
  };

  const store = (): GitStore => (made ??= filled(now(), empty));
  return {
    behaviour,
    store,
    empty,
    readRef(name) {
      if (behaviour.staleReads > 0 && former.has(name)) {
        behaviour.staleReads -= 1;
        return former.get(name);
      }
      return store().ref(name);
    },
    missesObject() {
      if (behaviour.unseenObjects === 0) return false;
      behaviour.unseenObjects -= 1;
      return true;
    },
    async change(changes) {
      const before = changes.map(({ name }) => [name, store().ref(name)] as const);
      const outcome = await store().change(changes);
      if (outcome === "moved") return outcome;
      for (const [name, sha] of before) former.set(name, sha);
      for (const { name, to } of changes) behaviour.changed(name, to && store().commit(to)?.message);
      return outcome;
    },
    remove: () => made?.remove(),
  };
}

export function gitForTests(side: GitSide): GitHubGit {
  return {
    behaviour: side.behaviour,
    folder: () => side.store().folder,
    run: async (...args) => (await side.store().run(...args)).trimEnd(),
    ref: (name) => side.store().ref(name),
  };
}

/** A repository whose branch `main` has one commit, as one that was made with a README. */
function filled(at: number, empty: boolean): GitStore {
  const store = createGitStore();
  if (empty) return store;
  const sha = store.write("blob", Buffer.from("# demo\n"));
  const tree = store.writeTree([{ mode: "100644", path: "README.md", sha }]);
  const by = { name: "octo", email: "octo@users.noreply.github.com", at };
  const commit = store.writeCommit({ tree, parents: [], author: by, committer: by, message: "Initial commit" });
  store.setRef("refs/heads/main", commit);
  return store;
}

/**
 * A real bare git repository. Objects are written as git writes them, by this process: starting a program for
 * each would be too slow for a stampede of jobs. Refs are changed by `git update-ref` alone, with the value
 * that they must have had: git is the judge of every compare-and-swap.
 */
import { execFile, execFileSync } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { deflateSync, inflateSync } from "node:zlib";

export type ObjectType = "blob" | "tree" | "commit" | "tag";

export interface Signature {
  readonly name: string;
  readonly email: string;
  /** Milliseconds since the epoch; git keeps whole seconds. */
  readonly at: number;
}

export interface CommitFacts {
  readonly tree: string;
  readonly parents: readonly string[];
  readonly author: Signature;
  readonly committer: Signature;
  readonly message: string;
}

export interface TreeEntry {
  readonly mode: string;
  readonly path: string;
  readonly sha: string;
}

/** One change of a ref; undefined: it must not exist, or will not. */
export interface RefChange {
  readonly name: string;
  readonly from: string | undefined;
  readonly to: string | undefined;
}

export interface GitStore {
  /** The bare repository, for `git` itself. */
  readonly folder: string;
  /** Runs git on it and gives what it prints. */
  run(...args: readonly string[]): Promise<string>;
  write(type: ObjectType, body: Buffer): string;
  writeTree(entries: readonly TreeEntry[]): string;
  writeCommit(facts: CommitFacts): string;
  typeOf(sha: string): ObjectType | undefined;
  commit(sha: string): CommitFacts | undefined;
  tree(sha: string): readonly TreeEntry[] | undefined;
  /** Whether `old` is `sha` or one of its ancestors. */
  descends(sha: string, old: string): boolean;
  ref(name: string): string | undefined;
  refs(): Promise<readonly { readonly name: string; readonly sha: string }[]>;
  /** The first value of a ref in a repository that nobody else uses yet. */
  setRef(name: string, sha: string): void;
  /** All or none; `moved` if one of them has not the value that it must have had. */
  change(changes: readonly RefChange[]): Promise<"done" | "moved">;
  remove(): void;
}

/** git itself knows this tree in every repository; GitHub's API takes it only where it was written. */
const EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";

/** Makes a repository in a temporary folder, without any commit. Whoever makes it removes it. */
export function createGitStore(): GitStore {
  const folder = mkdtempSync(join(tmpdir(), "github-git-"));
  // No configuration of the machine has a say, and no hook of it runs.
  const env = { PATH: process.env["PATH"], GIT_CONFIG_NOSYSTEM: "1", GIT_CONFIG_GLOBAL: "/dev/null", GIT_DIR: folder };
  execFileSync("git", ["init", "--quiet", "--bare", "--template=", "--initial-branch=main"], { env });

  const objects = new Map<string, { readonly type: ObjectType; readonly body: Buffer }>();
  const pathOf = (sha: string) => join(folder, "objects", sha.slice(0, 2), sha.slice(2));

  function write(type: ObjectType, body: Buffer): string {
    const content = Buffer.concat([Buffer.from(`${type} ${body.length}\0`), body]);
    const sha = createHash("sha1").update(content).digest("hex");
    const path = pathOf(sha);
    if (existsSync(path)) return sha;
    mkdirSync(dirname(path), { recursive: true });
    // Under another name first: git must never read half an object.
    const temporary = join(folder, "objects", `tmp_obj_${randomBytes(6).toString("hex")}`);
    writeFileSync(temporary, deflateSync(content), { mode: 0o444 });
    renameSync(temporary, path);
    return sha;
  }

  function read(sha: string) {
    const known = objects.get(sha);
    if (known !== undefined) return known;
    if (!/^[0-9a-f]{40}$/.test(sha)) return undefined;
    const found = readLoose(pathOf(sha)) ?? (sha === EMPTY_TREE ? undefined : readPacked(sha, env));
    if (found !== undefined) objects.set(sha, found);
    return found;
  }

  function commit(sha: string): CommitFacts | undefined {
    const found = read(sha);
    return found?.type === "commit" ? parseCommit(found.body.toString("utf8")) : undefined;
  }

  function ref(name: string): string | undefined {
    if (!isRefName(name)) return undefined;
    try {
      return /^[0-9a-f]{40}/.exec(readFileSync(join(folder, name), "utf8"))?.[0];
    } catch {
      return packedRef(join(folder, "packed-refs"), name);
    }
  }

  async function apply(changes: readonly RefChange[]): Promise<"done" | "moved"> {
    // Spares a program for what git would refuse anyway.
    if (changes.some(({ name, from }) => ref(name) !== from)) return "moved";
    const lines = changes.map(({ name, from, to }) => {
      if (to === undefined) return `delete ${name} ${from}`;
      return from === undefined ? `create ${name} ${to}` : `update ${name} ${to} ${from}`;
    });
    try {
      await runGit(["update-ref", "--stdin"], env, `start\n${lines.join("\n")}\nprepare\ncommit\n`);
      return "done";
    } catch (error) {
      if (/but expected|already exists|unable to resolve reference|is missing/.test(String(error))) return "moved";
      throw error;
    }
  }

  let last: Promise<unknown> = Promise.resolve();
  return {
    folder,
    write,
    commit,
    ref,
    run: (...args) => runGit(args, env),
    writeTree: (entries) => write("tree", Buffer.concat(inTreeOrder(entries).map(printEntry))),
    writeCommit: (facts) => write("commit", Buffer.from(printCommit(facts))),
    typeOf: (sha) => read(sha)?.type,
    tree(sha) {
      const found = read(sha);
      return found?.type === "tree" ? parseTree(found.body) : undefined;
    },
    descends(sha, old) {
      const seen = new Set<string>();
      const open = [sha];
      for (let next = open.pop(); next !== undefined; next = open.pop()) {
        if (next === old) return true;
        if (seen.has(next)) continue;
        seen.add(next);
        open.push(...(commit(next)?.parents ?? []));
      }
      return false;
    },
    setRef: (name, sha) => void execFileSync("git", ["update-ref", name, sha, ""], { env }),
    async refs() {
      const text = await runGit(["for-each-ref", "--format=%(objectname) %(refname)"], env);
      return text
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => ({ sha: line.slice(0, 40), name: line.slice(41) }));
    },
    change(changes) {
      // One after the other, so that git's own lock files are never in the way of two of our requests.
      const turn = last.then(() => apply(changes));
      last = turn.catch(() => {});
      return turn;
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** As `git check-ref-format` has it, as far as a path on disk is concerned. */
export function isRefName(name: string): boolean {
  return (
    /^refs\/[^/]+(\/[^/]+)*$/.test(name) &&
    !/[\0-\x20\x7f~^:?*[\\]|\.\.|@\{|\.$/.test(name) &&
    !/(^|\/)\.|\.lock(\/|$)/.test(name)
  );
}

type Env = Readonly<Record<string, string | undefined>>;

function runGit(args: readonly string[], env: Env, input = ""): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = execFile("git", args, { env, maxBuffer: 1 << 26 }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(new Error(`git ${args[0]}: ${stderr.trim()}`, { cause: error }));
    });
    child.stdin?.on("error", () => {}); // git may end before it has read everything
    child.stdin?.end(input);
  });
}

function readLoose(path: string) {
  if (!existsSync(path)) return undefined;
  return parseObject(inflateSync(readFileSync(path)));
}

/** What a push or a repack has put into a pack. */
function readPacked(sha: string, env: Env) {
  const out = execFileSync("git", ["cat-file", "--batch"], { env, input: `${sha}\n`, maxBuffer: 1 << 26 });
  const end = out.indexOf("\n");
  const [, type, size] = out.subarray(0, end).toString().split(" ");
  if (size === undefined) return undefined;
  return { type: type as ObjectType, body: out.subarray(end + 1, end + 1 + Number(size)) };
}

function parseObject(content: Buffer) {
  const end = content.indexOf(0);
  const [type] = content.subarray(0, end).toString().split(" ");
  return { type: type as ObjectType, body: content.subarray(end + 1) };
}

function packedRef(path: string, name: string): string | undefined {
  if (!existsSync(path)) return undefined;
  const line = readFileSync(path, "utf8")
    .split("\n")
    .find((one) => one.endsWith(` ${name}`));
  return line?.slice(0, 40);
}

function inTreeOrder(entries: readonly TreeEntry[]): TreeEntry[] {
  // git sorts a folder as if its name ended with a slash.
  const key = ({ mode, path }: TreeEntry) => Buffer.from(mode === "40000" ? `${path}/` : path);
  return entries.toSorted((a, b) => Buffer.compare(key(a), key(b)));
}

const printEntry = ({ mode, path, sha }: TreeEntry): Buffer =>
  Buffer.concat([Buffer.from(`${mode} ${path}\0`), Buffer.from(sha, "hex")]);

function parseTree(body: Buffer): TreeEntry[] {
  const entries: TreeEntry[] = [];
  for (let at = 0; at < body.length;) {
    const end = body.indexOf(0, at);
    const [mode, ...path] = body.subarray(at, end).toString().split(" ") as [string, ...string[]];
    entries.push({ mode, path: path.join(" "), sha: body.subarray(end + 1, end + 21).toString("hex") });
    at = end + 21;
  }
  return entries;
}

function printCommit({ tree, parents, author, committer, message }: CommitFacts): string {
  const sign = ({ name, email, at }: Signature) => `${name} <${email}> ${Math.floor(at / 1000)} +0000`;
  const lines = [`tree ${tree}`, ...parents.map((parent) => `parent ${parent}`)];
  return [...lines, `author ${sign(author)}`, `committer ${sign(committer)}`, "", message].join("\n");
}

function parseCommit(text: string): CommitFacts {
  const end = text.indexOf("\n\n");
  const lines = text.slice(0, end).split("\n");
  const all = (key: string) =>
    lines.filter((line) => line.startsWith(`${key} `)).map((line) => line.slice(key.length + 1));
  const sign = (key: string): Signature => {
    const [, name = "", email = "", seconds] = /^(.*) <(.*)> (\d+)/.exec(all(key)[0] ?? "") ?? [];
    return { name, email, at: Number(seconds) * 1000 };
  };
  return {
    tree: all("tree")[0] ?? "",
    parents: all("parent"),
    author: sign("author"),
    committer: sign("committer"),
    message: text.slice(end + 2),
  };
}

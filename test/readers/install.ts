/**
 * Installs real programs, unmodified and from npm, each once into a folder of its own in `.cache/readers/`. The
 * suites then run them against files that the action wrote.
 */
import { execFile } from "node:child_process";
import { access, chmod, mkdir, readFile, readdir, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

export type ProgramSpec = {
  /** Names the folder, together with the version. */
  name: string;
  version: string;
  /**
   * What npm is asked for: `@openai/codex@0.169.0`. Optional dependencies are left out, and npm drops those for a
   * platform silently on some Node versions: name the one for this machine, with the help of `platform()`.
   */
  packages: string[];
  /** The file to run, from the folder: `node_modules/@openai/codex/bin/codex.js`. */
  program: string;
  /** It is an executable. Otherwise Node runs it. */
  native?: boolean;
  /** The `overrides` of npm's package.json, for a package that cannot be had. */
  overrides?: Record<string, unknown>;
  /** More files in the folder before npm runs, by path: the stub that an override names by `file:./stub`. */
  files?: Record<string, string>;
  /** Which Node runs it, from npm. Default: the one that runs us. */
  nodeVersion?: string;
};

/** A program that is ready to run: `command` is the executable and its leading arguments. */
export type Installed = { command: string[]; folder: string; version: string };

const CACHE = join(import.meta.dirname, "..", "..", ".cache", "readers");
const MARKER = "installed.json";
const NPM_LIMIT_MS = 540_000;

/**
 * Installs the program unless it is there already, as described. A finished folder appears by one rename, so a
 * folder that has its marker is complete. The lock only saves the second of two test processes the same large
 * download. No script of a package is run. Throws an Error that says what to do when npm fails.
 */
export async function ensureProgram(spec: ProgramSpec): Promise<Installed> {
  const { name, version, native, nodeVersion } = spec;
  const folder = join(CACHE, `${name}-${version}`);
  const marker = JSON.stringify(spec);
  const isDone = async () => (await readFile(join(folder, MARKER), "utf8").catch(() => "")) === marker;
  if (!(await isDone())) {
    await mkdir(CACHE, { recursive: true });
    const unlock = await lock(`${folder}.lock`);
    try {
      if (!(await isDone())) await install(spec, folder, marker);
    } finally {
      await unlock();
    }
  }
  const program = join(folder, spec.program);
  const node = nodeVersion === undefined ? process.execPath : await ensureNode(nodeVersion);
  return { command: native ? [program] : [node, program], folder, version };
}

/** A Node of this version; gives the path of its executable. */
export async function ensureNode(version: string): Promise<string> {
  const name = `node-${process.platform === "win32" ? "win" : process.platform}-${process.arch}`;
  const executable = process.platform === "win32" ? "node.exe" : "node";
  const program = join("node_modules", name, "bin", executable);
  const { command } = await ensureProgram({
    name: "node",
    version,
    packages: [`${name}@${version}`],
    program,
    native: true,
  });
  return command[0]!;
}

/** Claude Code. */
export function ensureClaude(version: string): Promise<Installed> {
  const { name, native } = claudePackage(version);
  return ensureProgram({
    name: "claude",
    version,
    packages: claudePackages(version),
    program: join("node_modules", name, native ? "claude" : "cli.js"),
    native,
  });
}

export const claudePackages = (version: string): string[] => [`${claudePackage(version).name}@${version}`];

/**
 * Releases up to 2.1.112 are one JavaScript file, later ones an executable for each platform, in a package that
 * holds nothing else; the main package's install script would only copy it.
 */
function claudePackage(version: string): { name: string; native: boolean } {
  const native = byVersion(version, "2.1.112") > 0;
  const name = "@anthropic-ai/claude-code";
  return { native, name: native ? `${name}-${platform()}${isMusl() ? "-musl" : ""}` : name };
}

/** Codex: a script that starts the executable of the package for this platform. */
export function ensureCodex(version: string): Promise<Installed> {
  return ensureProgram({
    name: "codex",
    version,
    packages: codexPackages(version),
    program: join("node_modules", "@openai", "codex", "bin", "codex.js"),
  });
}

export const codexPackages = (version: string): string[] => [
  `@openai/codex@${version}`,
  `@openai/codex-${platform()}@npm:@openai/codex@${version}-${platform()}`,
];

/** `linux-x64`, as most packages name what they are built for. */
export const platform = (): string => `${process.platform}-${process.arch}`;

function isMusl(): boolean {
  const report = process.report.getReport() as { header?: { glibcVersionRuntime?: string } };
  return process.platform === "linux" && report.header?.glibcVersionRuntime === undefined;
}

/**
 * The version that a suite runs: the pinned one, or with READERS=newest the newest release. Where the registry
 * does not have all of its `packages` yet (builds for a platform may come later), the newest that is complete.
 * READERS_FOUND holds what an earlier process has found, for one that has no network.
 */
export async function versionOf(
  name: string,
  pinned: string,
  packages: (version: string) => string[] = (version) => [`${name}@${version}`],
): Promise<string> {
  if (process.env["READERS"] !== "newest") return pinned;
  const { READERS_FOUND } = process.env;
  if (READERS_FOUND) return (JSON.parse(READERS_FOUND) as Record<string, string>)[name] ?? pinned;
  const newest = JSON.parse(await npm(["view", name, "version", "--json"])) as string;
  const all = [JSON.parse(await npm(["view", name, "versions", "--json"])) as string | string[]].flat();
  const releases = all.filter((version) => /^[\d.]+$/.test(version) && byVersion(version, newest) <= 0);
  for (const version of releases.toSorted(byVersion).toReversed().slice(0, 5)) {
    const found = packages(version).map((spec) => npm(["view", spec.replace(/^.+@npm:/, ""), "version"]));
    const missing = (await Promise.all(found.map((view) => view.catch(() => "")))).includes("");
    if (!missing) return version;
    process.stderr.write(`${name}@${version} is not whole in this registry: trying the release before it.\n`);
  }
  throw new Error(`None of the five newest releases of ${name} can be had whole from npm's registry.`);
}

const byVersion = (one: string, other: string): number => one.localeCompare(other, "en", { numeric: true });

async function install(spec: ProgramSpec, folder: string, marker: string): Promise<void> {
  const { packages, overrides = {}, files = {} } = spec;
  process.stderr.write(`Installing ${packages.join(" ")} into .cache/readers (once) ...\n`);
  await removeAbandoned(folder);
  const staging = `${folder}.staging-${process.pid}`;
  await mkdir(staging, { recursive: true });
  try {
    for (const [path, text] of Object.entries({
      ...files,
      "package.json": JSON.stringify({ private: true, overrides }),
    })) {
      await mkdir(dirname(join(staging, path)), { recursive: true });
      await writeFile(join(staging, path), text);
    }
    const quiet = ["--ignore-scripts", "--omit=optional", "--no-audit", "--no-fund"];
    await npm(["install", "--prefix", staging, ...quiet, ...packages]);
    await access(join(staging, spec.program));
    if (spec.native) await chmod(join(staging, spec.program), 0o755);
    await writeFile(join(staging, MARKER), marker);
    await rm(folder, { recursive: true, force: true });
    await rename(staging, folder);
  } catch (cause) {
    await rm(staging, { recursive: true, force: true });
    throw new Error(explain(packages, cause), { cause });
  }
}

function npm(args: string[]): Promise<string> {
  const options = { timeout: NPM_LIMIT_MS, maxBuffer: 16 * 1024 * 1024, shell: process.platform === "win32" };
  return new Promise((resolve, reject) => {
    execFile("npm", args, options, (error, stdout, stderr) =>
      error === null
        ? resolve(stdout.trim())
        : reject(new Error(`npm ${args.join(" ")} failed: ${stderr.trim().slice(-1500)}`)),
    );
  });
}

function explain(packages: string[], cause: unknown): string {
  return [
    `Could not install ${packages.join(" ")}, the real program that this suite runs.`,
    cause instanceof Error ? cause.message : String(cause),
    "Check that npm reaches its registry (npm ping) and that the disk has 1 GB left, then run",
    "the suite again. The other suites do not need it: npx vitest run --project unit",
  ].join("\n");
}

/** Takes the lock file; one whose owner has died is taken over. Returns the release. */
async function lock(path: string): Promise<() => Promise<void>> {
  for (;;) {
    try {
      await writeFile(path, String(process.pid), { flag: "wx" });
      return () => rm(path, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
    const owner = Number(await readFile(path, "utf8").catch(() => ""));
    // An empty file is one whose owner is about to write its id, so it is not abandoned yet.
    if (owner > 0 && !isAlive(owner)) await rm(path, { force: true });
    await sleep(250);
  }
}

/** Removes what installs left behind whose process was killed. */
async function removeAbandoned(folder: string): Promise<void> {
  const pattern = /^(?<target>.+)\.staging-(?<pid>\d+)$/;
  for (const name of await readdir(CACHE)) {
    const found = pattern.exec(name)?.groups;
    if (found === undefined || join(CACHE, found["target"] ?? "") !== folder) continue;
    if (!isAlive(Number(found["pid"]))) await rm(join(CACHE, name), { recursive: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/**
 * Installs one version of Claude Code, unmodified and from npm, into `.cache/readers/` of the
 * project, once. The suite then runs that program against files that the action wrote.
 */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { access, chmod, mkdir, readFile, readdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** A program that is ready to run: `command` is the executable and its leading arguments. */
export type InstalledClaude = { command: string[]; version: string };

const CACHE = join(import.meta.dirname, "..", "..", ".cache", "readers");
const PACKAGE = "@anthropic-ai/claude-code";
const MARKER = "installed.json";
const NPM_LIMIT_MS = 540_000;

/**
 * Installs `@anthropic-ai/claude-code@<version>` unless it is there already.
 * A finished folder appears by one rename, so a folder that exists is complete. The lock only
 * saves the second of two test processes the same large download.
 * Throws an Error that says what to do when npm fails.
 */
export async function ensureClaude(version: string): Promise<InstalledClaude> {
  const folder = join(CACHE, `claude-${version}`);
  if (!existsSync(join(folder, MARKER))) {
    await mkdir(CACHE, { recursive: true });
    const unlock = await lock(`${folder}.lock`);
    try {
      if (!existsSync(join(folder, MARKER))) await install(version, folder);
    } finally {
      await unlock();
    }
  }
  const marker = await readMarker(folder);
  const program = join(folder, marker.program);
  await access(program);
  return { command: marker.native ? [program] : [process.execPath, program], version };
}

type Marker = { program: string; native: boolean };

async function readMarker(folder: string): Promise<Marker> {
  return JSON.parse(await readFile(join(folder, MARKER), "utf8")) as Marker;
}

async function install(version: string, folder: string): Promise<void> {
  process.stderr.write(`Installing ${PACKAGE}@${version} into .cache/readers (once) ...\n`);
  await removeAbandoned(folder);
  const staging = `${folder}.staging-${process.pid}`;
  await mkdir(staging, { recursive: true });
  try {
    await writeFile(join(staging, "package.json"), '{ "private": true }\n');
    const marker = await fetchProgram(version, staging);
    await writeFile(join(staging, MARKER), JSON.stringify(marker));
    await rm(folder, { recursive: true, force: true });
    await rename(staging, folder);
  } catch (cause) {
    await rm(staging, { recursive: true, force: true });
    throw new Error(explain(version, cause), { cause });
  }
}

/**
 * Releases up to 2.1.112 are one JavaScript file. Later ones name a package for each platform
 * as an optional dependency, and npm drops it silently on some Node versions: so the one for
 * this machine is asked for by name. Its install script would copy the large binary beside
 * itself, so no scripts are run and the binary is used where it lies.
 */
async function fetchProgram(version: string, staging: string): Promise<Marker> {
  await npmInstall(staging, `${PACKAGE}@${version}`);
  const home = join("node_modules", PACKAGE);
  const manifest = JSON.parse(await readFile(join(staging, home, "package.json"), "utf8")) as {
    optionalDependencies?: Record<string, string>;
  };
  if (existsSync(join(staging, home, "cli.js"))) {
    return { program: join(home, "cli.js"), native: false };
  }
  const wanted = `${PACKAGE}-${platformKey()}`;
  const exact = manifest.optionalDependencies?.[wanted];
  if (exact === undefined) throw new Error(`this release has no build for ${platformKey()}`);
  await npmInstall(staging, `${wanted}@${exact}`);
  const program = join("node_modules", wanted, "claude");
  await chmod(join(staging, program), 0o755);
  return { program, native: true };
}

function platformKey(): string {
  const key = `${process.platform}-${process.arch}`;
  if (process.platform !== "linux") return key;
  const report = process.report.getReport() as { header?: { glibcVersionRuntime?: string } };
  return report.header?.glibcVersionRuntime === undefined ? `${key}-musl` : key;
}

function npmInstall(folder: string, spec: string): Promise<void> {
  const quiet = ["--ignore-scripts", "--omit=optional", "--no-audit", "--no-fund"];
  const options = { timeout: NPM_LIMIT_MS, maxBuffer: 16 * 1024 * 1024 };
  return new Promise((resolve, reject) => {
    execFile("npm", ["install", "--prefix", folder, ...quiet, spec], options, (error, _, stderr) =>
      error === null ? resolve() : reject(new Error(`npm install ${spec} failed: ${stderr.trim().slice(-1500)}`)),
    );
  });
}

function explain(version: string, cause: unknown): string {
  return [
    `Could not install ${PACKAGE}@${version}, the real program that this suite runs.`,
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

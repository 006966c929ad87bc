/** Jobs that use the cache: child processes of a build with the product's own settings, and what the runner gives them. */
import { mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { rolldown, type RolldownOptions } from "rolldown";
import config from "../../../rolldown.config.ts";
import { type ChildResult, runChild, type Stop } from "../runner/child.ts";
import type { CacheService } from "./service.ts";
import type { Order } from "./program.ts";

type Test = RegExp | ((id: string) => unknown);
type Group = { readonly name: string; readonly test: Test };
type Settings = Omit<RolldownOptions, "output"> & {
  readonly output: { readonly codeSplitting: { readonly groups: Group[] } };
};

export interface Build {
  /** With `program.mjs` and `cache-writer.mjs`. */
  readonly folder: string;
  remove(): void;
}

/** The program of these suites and the one that it starts, built as the action is. */
export async function build(): Promise<Build> {
  const folder = newFolder("build");
  const { output, ...rest } = config as unknown as Settings;
  const bundle = await rolldown({
    ...rest,
    input: {
      program: "test/support/cache/program.ts",
      client: "test/support/cache/client.ts",
      "cache-writer": "src/recovery/cache-writer.ts",
    },
    cwd: join(import.meta.dirname, "..", "..", ".."),
    logLevel: "silent",
  });
  try {
    const groups = output.codeSplitting.groups.map((group) => ({
      ...group,
      test: (id: string) => !OURS.test(id) && matches(group.test, id),
    }));
    // The official client is a chunk of its own.
    const client = { name: "actions-cache", test: /node_modules[\\/](@actions|@azure)[\\/]/ };
    await bundle.write({
      ...output,
      dir: folder,
      codeSplitting: { ...output.codeSplitting, groups: [client, ...groups] },
    });
  } finally {
    await bundle.close();
  }
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** Programs of their own: their code is in no chunk that others import. */
const OURS = /(recovery[\\/]cache-writer|support[\\/]cache[\\/](program|client))\.ts$/;

const matches = (test: Test, id: string): boolean => (test instanceof RegExp ? test.test(id) : test(id) === true);

export interface JobOptions {
  readonly token?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** As on GitHub Enterprise Server: version 1. */
  readonly old?: boolean;
  readonly stops?: readonly Stop[];
  /** In its workspace. */
  readonly files?: Readonly<Record<string, string>>;
}

export interface Done extends ChildResult {
  readonly result: Record<string, unknown> & { readonly type: string };
  /** Everything that it printed but the result. */
  readonly log: string;
  /** What it left behind in its folders, and was not there before. */
  readonly leftBehind: readonly string[];
}

const LIMIT_MS = 120_000;

/** Runs one order on a runner of its own: other folders, other home. */
export function job(built: Build, service: CacheService, order: Order, options: JobOptions = {}): Promise<Done> {
  return run(built, service, ["program.mjs"], { ...options, env: { ORDER: JSON.stringify(order), ...options.env } });
}

/** The official client alone, as any action has it: what it does with the cache is what others see and make. */
export function official(
  built: Build,
  service: CacheService,
  what: "save" | "restore",
  name: string,
  options: JobOptions = {},
): Promise<Done> {
  return run(built, service, ["client.mjs", what, name, "oauth-creds"], options);
}

async function run(
  { folder }: Build,
  service: CacheService,
  [program, ...args]: readonly string[],
  options: JobOptions,
): Promise<Done> {
  const { token = "job", env = {}, old = false, stops = [], files = {} } = options;
  const place = newFolder("job");
  const folders = {
    RUNNER_TEMP: join(place, "_temp"),
    GITHUB_WORKSPACE: join(place, "work"),
    HOME: join(place, "home"),
  };
  for (const path of Object.values(folders)) mkdirSync(path);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folders.GITHUB_WORKSPACE, name), text);
  const given: Record<string, string | undefined> = {
    PATH: process.env["PATH"],
    ...folders,
    GITHUB_SERVER_URL: old ? "https://github.example" : "https://github.com",
    ...(old
      ? { ACTIONS_CACHE_URL: service.url }
      : { ACTIONS_CACHE_SERVICE_V2: "True", ACTIONS_RESULTS_URL: service.url }),
    ACTIONS_RUNTIME_TOKEN: token,
    RUNNER_DEBUG: "1", // the official client is loudest with it
    ...env,
  };
  try {
    const child = await runChild({
      command: process.execPath,
      args: [join(folder, program ?? ""), ...args],
      cwd: folders.GITHUB_WORKSPACE,
      env: Object.fromEntries(
        Object.entries(given).filter((entry): entry is [string, string] => entry[1] !== undefined),
      ),
      stops,
      timeoutMs: LIMIT_MS,
      onLine: () => {},
    });
    const lines = child.rawStdout.trimEnd().split("\n");
    const last = lines.pop() ?? "";
    const left = Object.values(folders).flatMap((path) => readdirSync(path, { recursive: true }).map(String));
    const leftBehind = left.filter((name) => files[name] === undefined);
    const log = lines.join("\n") + child.rawStderr;
    return { ...child, result: JSON.parse(last) as Done["result"], log, leftBehind };
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}

const newFolder = (what: string): string => realpathSync(mkdtempSync(join(tmpdir(), `oauth-creds-${what}-`)));

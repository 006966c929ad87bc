import type { Ended } from "../world/programs.ts";
import type { World } from "../world/world.ts";
import { type CacheService, cacheService, FILE_NAME, lookFor, versions } from "./cache-service.ts";

const { join } = process.getBuiltinModule("node:path");

/** What became of a text that was to be put into the Actions cache. */
export type Saved =
  /** `proved`: read back and the same. Not where this job may write and not read. */
  | { readonly type: "saved"; readonly proved: boolean }
  /** An entry of this name was there already, and stays as it is: entries never change. */
  | { readonly type: "present"; readonly same: boolean }
  /** This job may not write: `ACTIONS_CACHE_MODE`, or a read-only token. */
  | { readonly type: "denied" }
  /** There is no cache here: outside Actions, in a `run:` step, on a server without one. */
  | { readonly type: "unavailable" }
  /** It may be there or not; or somebody has reserved the name and wrote nothing. A few fixed words. */
  | { readonly type: "unclear"; readonly reason: string };

export type Loaded =
  /** Anybody may have written them. Up to two: entries of different compression live side by side. */
  | { readonly type: "found"; readonly entries: readonly Entry[] }
  | { readonly type: "none" }
  /** There is an entry, but it is nothing that we would have written. */
  | { readonly type: "foreign" }
  | { readonly type: "denied" }
  | { readonly type: "unavailable" }
  | { readonly type: "unclear"; readonly reason: string };

export interface Entry {
  readonly name: string;
  readonly text: string;
}

/** How long one of the calls below may take, ms. */
const LIMIT_MS = 20_000;
/** Of a text; a copy has a few thousand characters. */
const LARGEST = 64 * 1024;

/** A deadline (local ms) that also ends soon after a signal. */
export const within = (world: World, deadline: () => number = () => Number.POSITIVE_INFINITY): (() => number) => {
  const until = world.now() + LIMIT_MS;
  return () => Math.min(until, deadline());
};

/**
 * Reads the entry `name`, or with `prefix` the newest entry whose name begins with it. Never throws, nothing reaches a
 * disk, and what comes back is no more trusted than whoever can run a job in this repository.
 *
 * @param deadline local ms after which nothing more is begun; 20 s from now at the latest
 */
export async function loadEntry(
  world: World,
  name: string,
  match: "exact" | "prefix" = "exact",
  deadline?: () => number,
): Promise<Loaded> {
  const service = cacheService(world.env);
  if (!service) return { type: "unavailable" };
  if (!service.readable) return { type: "denied" };
  return look(world, service, name, match, within(world, deadline));
}

async function look(
  world: World,
  service: CacheService,
  name: string,
  match: "exact" | "prefix",
  deadline: () => number,
): Promise<Loaded> {
  try {
    // The service matches by prefix; a longer name is then another's entry.
    const looks = await Promise.all(
      versions().map(async (version) => {
        const seen = await lookFor(world, service, name, version, deadline);
        return seen.type === "found" && !fits(seen.key, name, match) ? ({ type: "none" } as const) : seen;
      }),
    );
    const entries = looks.flatMap((seen) => (seen.type === "found" ? [{ name: seen.key, text: seen.text }] : []));
    if (entries.length > 0) return { type: "found", entries };
    const first = (type: string) => looks.find((seen) => seen.type === type);
    const [foreign, denied, unclear] = [first("foreign"), first("denied"), first("unclear")];
    return (foreign ?? denied ?? unclear ?? { type: "none" }) as Loaded;
  } catch {
    return { type: "unclear", reason: "unexpected" };
  }
}

/** The names of GitHub's caches do not tell large letters from small ones. */
function fits(key: string, name: string, match: "exact" | "prefix"): boolean {
  const [one, other] = [key.toLowerCase(), name.toLowerCase()];
  return match === "exact" ? one === other : one.startsWith(other);
}

/**
 * Puts a text into the cache, by the official client in a process of its own, and reads it back. Never throws.
 *
 * @param name without commas, in small letters
 * @param text anybody who can run a job in the repository can read it
 * @param deadline local ms, at which it is given up at once; 20 s from now at the latest
 */
export async function saveEntry(world: World, name: string, text: string, deadline?: () => number): Promise<Saved> {
  const service = cacheService(world.env);
  if (!service) return { type: "unavailable" };
  if (!service.writable) return { type: "denied" };
  if (text.length > LARGEST) return { type: "unclear", reason: "too large" };
  const until = within(world, deadline);
  let ended: Ended | undefined;
  try {
    ended = await write(world, name, text, until);
  } catch {
    return { type: "unclear", reason: "no folder for it" };
  }
  const said = ended.status === 0;
  if (!service.readable) return said ? { type: "saved", proved: false } : failureOf(ended);
  let seen = await look(world, service, name, "exact", until);
  if (said && seen.type === "none" && world.now() + 1000 < until()) {
    await world.sleep(1000); // a reader may be behind
    seen = await look(world, service, name, "exact", until);
  }
  if (seen.type === "found") {
    const same = seen.entries.some((entry) => entry.text === text);
    return said && same ? { type: "saved", proved: true } : { type: "present", same };
  }
  if (seen.type === "foreign") return { type: "present", same: false };
  if (!said) return failureOf(ended);
  return { type: "unclear", reason: seen.type === "none" ? "saved and not shown" : "saved and not read back" };
}

/** What the client gets of the job's variables: what it needs, and nothing that changes how it or Node works. */
const PASSED = [
  "PATH",
  "RUNNER_TRACKING_ID", // by it the runner finds and ends what a killed job has left running
  "GITHUB_SERVER_URL",
  "ACTIONS_CACHE_SERVICE_V2",
  "ACTIONS_CACHE_URL",
  "ACTIONS_CACHE_MODE",
  "ACTIONS_RESULTS_URL",
  "ACTIONS_RUNTIME_TOKEN",
  "NODE_EXTRA_CA_CERTS",
  "SSL_CERT_FILE",
  "SSL_CERT_DIR",
  // without these nothing starts, and no `tar` is found, on Windows
  "SystemRoot",
  "SYSTEMDRIVE",
  "PROGRAMFILES",
  "PATHEXT",
];
const PROXIES = ["http_proxy", "https_proxy", "all_proxy", "no_proxy"].flatMap((name) => [name, name.toUpperCase()]);
/** `tar` on macOS would add a second file for what the file system knows of the first. */
const PLAIN_TAR = { COPYFILE_DISABLE: "1", LC_ALL: "C" };

async function write(world: World, name: string, text: string, until: () => number): Promise<Ended> {
  const folder = join(
    world.env["RUNNER_TEMP"] || process.getBuiltinModule("node:os").tmpdir(),
    `oauth-creds-cache-${Buffer.from(world.random(8)).toString("hex")}`,
  );
  const passed = [...PASSED, ...PROXIES].flatMap((variable) =>
    world.env[variable] ? [[variable, world.env[variable]] as const] : [],
  );
  const places = ["HOME", "USERPROFILE", "TMPDIR", "TEMP", "TMP"].map((variable) => [variable, folder] as const);
  try {
    world.files.makeFolder(folder);
    world.files.openNew(join(folder, FILE_NAME)).commit(text);
    return await world.run(process.execPath, [writerPath(), name, FILE_NAME], {
      cwd: folder,
      env: { ...Object.fromEntries([...passed, ...places]), ...PLAIN_TAR },
      timeoutMs: Math.max(1, until() - world.now()),
      until: () => world.now() >= until(), // a signal moves it
    });
  } finally {
    try {
      process.getBuiltinModule("node:fs").rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    } catch {
      // It holds ciphertext, and the runner empties RUNNER_TEMP.
    }
  }
}

/** It lies beside us, in the sources as in the build. */
function writerPath(): string {
  const { fileURLToPath } = process.getBuiltinModule("node:url");
  const name = import.meta.url.endsWith(".ts") ? "cache-writer.ts" : "cache-writer.mjs";
  return fileURLToPath(new URL(name, import.meta.url));
}

/** What the client prints instead of a result, and what it means; never passed on. */
const WORDS: readonly (readonly [RegExp, string])[] = [
  [/Rate limited:/, "throttled"],
  [/Cache storage quota|insufficient usage/, "no space left"],
  [/\(409\)|another job may be creating this cache. More details/, "reserved by another job"],
  [/Unable to make request|ECONN|ENOTFOUND|ETIMEDOUT|EAI_AGAIN|socket hang up/, "no connection"],
  [/Failed to make request after/, "server error"],
  [/uploadCacheArchiveSDK|during upload chunk/, "not uploaded"],
  [/finaliz|commit cache/i, "not completed"],
];

function failureOf({ status, stdout, stderr }: Ended): Saved {
  if (status === undefined) return { type: "unclear", reason: "no time left" };
  if (/cache write denied:/.test(stdout)) return { type: "denied" };
  const [, reason] = WORDS.find(([words]) => words.test(stdout)) ?? [];
  return { type: "unclear", reason: reason ?? (status === 3 || /\S/.test(stderr) ? "not saved" : `status ${status}`) };
}

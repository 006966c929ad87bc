import { parseObject } from "../json.ts";
import { jsonObject } from "../world/answer.ts";
import { type HttpAnswer, HttpFailure, type HttpRequest, type World } from "../world/world.ts";
import { unpack } from "./cache-archive.ts";

/*
 * Reading the Actions cache. Not by `@actions/cache`: it lets `tar -P` unpack whatever an entry holds, so that one
 * which somebody else has written could put any file of this job anywhere. Here an entry is bytes in memory, of which
 * one file with one name is taken as text.
 */

/** The cache of this job, as the runner's variables describe it; chosen by the same rules as `@actions/cache` does. */
export interface CacheService {
  /** `v1` is what GitHub Enterprise Server, Gitea and Forgejo have. */
  readonly version: "v1" | "v2";
  readonly url: string;
  readonly token: string;
  /** By `ACTIONS_CACHE_MODE`; the service has the last word. */
  readonly readable: boolean;
  readonly writable: boolean;
}

type Env = Readonly<Record<string, string | undefined>>;

/** Undefined where this process has none: outside Actions, and in a `run:` step. */
export function cacheService(env: Env): CacheService | undefined {
  const host = URL.parse(env["GITHUB_SERVER_URL"] || "https://github.com")?.hostname.toUpperCase() ?? "";
  const newer = host === "GITHUB.COM" || host.endsWith(".GHE.COM") || host.endsWith(".LOCALHOST");
  const version = newer && env["ACTIONS_CACHE_SERVICE_V2"] ? "v2" : "v1";
  const url = env[version === "v2" ? "ACTIONS_RESULTS_URL" : "ACTIONS_CACHE_URL"];
  const token = env["ACTIONS_RUNTIME_TOKEN"];
  if (!url || !token || !URL.canParse(url)) return undefined;
  const mode = (env["ACTIONS_CACHE_MODE"] ?? "").trim().toLowerCase();
  return {
    version,
    url,
    token,
    readable: mode !== "none" && mode !== "write-only",
    writable: mode !== "none" && mode !== "read",
  };
}

/** What one look for one entry showed. */
export type Look =
  | { readonly type: "found"; readonly key: string; readonly text: string }
  | { readonly type: "none" }
  /** There is one that we have not written: another content than one small file of our name. */
  | { readonly type: "foreign" }
  | { readonly type: "denied" }
  /** A few fixed words, never the service's own. */
  | { readonly type: "unclear"; readonly reason: string };

/** What `saveCache` was told to save, in the folder that it ran in: the entry's version is a hash of this text. */
export const FILE_NAME = "oauth-creds";
/** The methods of `@actions/cache` 6: the second where the writer's machine had no zstd. They make two versions. */
const COMPRESSIONS = ["zstd-without-long", "gzip"];
const FORMAT = "1.0";

/** One version for each way in which a writer may have packed the file. */
export const versions = (): string[] =>
  COMPRESSIONS.map((method) =>
    process
      .getBuiltinModule("node:crypto")
      .createHash("sha256")
      .update([FILE_NAME, method, FORMAT].join("|"))
      .digest("hex"),
  );

/** One request takes at most so long, ms. */
const REQUEST_MS = 5000;
const TRIES = 3;

/**
 * Looks for an entry of this version, and reads it. Never throws.
 *
 * @param key the entry of this name, else the newest whose name begins with it
 * @param deadline local ms after which no further request is begun
 */
export async function lookFor(
  world: World,
  service: CacheService,
  key: string,
  version: string,
  deadline: () => number,
): Promise<Look> {
  for (let tries = 1; ; tries++) {
    const look = await once(world, service, key, version, deadline);
    if (look.type !== "unclear" || !PASSING.has(look.reason) || tries === TRIES) return look;
    if (world.now() + 500 * tries >= deadline()) return look;
    await world.sleep(500 * tries);
  }
}

const PASSING: ReadonlySet<string> = new Set(["no answer", "server error"]);

async function once(
  world: World,
  service: CacheService,
  key: string,
  version: string,
  deadline: () => number,
): Promise<Look> {
  try {
    const entry = await (service.version === "v2" ? askNew : askOld)(world, service, key, version, deadline);
    if ("type" in entry) return entry;
    const answer = await request(world, { method: "GET", url: entry.url, headers: {} }, deadline);
    if (answer.status === 404) return { type: "none" }; // evicted between the two
    if (answer.status !== 200) return unclear(answer.status);
    const text = unpack(Buffer.from(answer.body, "latin1"), FILE_NAME);
    return text === undefined ? { type: "foreign" } : { type: "found", key: entry.key, text };
  } catch (error) {
    if (!(error instanceof HttpFailure)) throw error;
    // Ours are small: what is too large for an answer is none of them.
    if (error.reason === "answer too large") return { type: "foreign" };
    return { type: "unclear", reason: error.reason === TOO_LATE ? TOO_LATE : "no answer" };
  }
}

interface Place {
  readonly key: string;
  readonly url: string;
}

type Ask = (
  world: World,
  service: CacheService,
  key: string,
  version: string,
  deadline: () => number,
) => Promise<Place | Look>;

const askNew: Ask = async (world, { url, token }, key, version, deadline) => {
  const method = "GetCacheEntryDownloadURL";
  const answer = await request(
    world,
    {
      method: "POST",
      url: new URL(`/twirp/github.actions.results.api.v1.CacheService/${method}`, url).href,
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json", "user-agent": "oauth-creds" },
      body: JSON.stringify({ key, restore_keys: [key], version }),
    },
    deadline,
  );
  const fields = jsonObject(answer);
  if (answer.status !== 200) return answer.status === 404 && fields?.["code"] === "not_found" ? NONE : refusal(answer);
  if (!fields) return { type: "unclear", reason: "not understood" };
  // The form of the official client, and the other that the format allows.
  const address = fields["signed_download_url"] ?? fields["signedDownloadUrl"];
  const matched = fields["matched_key"] ?? fields["matchedKey"];
  return fields["ok"] === true ? placeOf(address, matched) : NONE;
};

const askOld: Ask = async (world, { url, token }, key, version, deadline) => {
  const query = `keys=${encodeURIComponent(`${key},${key}`)}&version=${version}`;
  const answer = await request(
    world,
    {
      method: "GET",
      url: `${url.replace(/\/*$/, "/")}_apis/artifactcache/cache?${query}`,
      headers: {
        accept: "application/json;api-version=6.0-preview.1",
        authorization: `Bearer ${token}`,
        "user-agent": "oauth-creds",
      },
    },
    deadline,
  );
  if (answer.status === 204) return NONE;
  if (answer.status !== 200) return refusal(answer);
  const fields = jsonObject(answer);
  return placeOf(fields?.["archiveLocation"], fields?.["cacheKey"]);
};

const NONE: Look = { type: "none" };

function placeOf(url: unknown, key: unknown): Place | Look {
  if (typeof url !== "string" || typeof key !== "string") return { type: "unclear", reason: "not understood" };
  return { url, key };
}

/** The service says in words that this job may not read: the run was started by somebody who is not trusted. */
const refusal = (answer: HttpAnswer): Look =>
  answer.status === 401 || /cache read denied:/.test(String(parseObject(answer.body)?.["msg"] ?? answer.body))
    ? { type: "denied" }
    : unclear(answer.status);

const unclear = (status: number): Look => ({
  type: "unclear",
  reason: status === 429 ? "throttled" : status >= 500 ? "server error" : `status ${status}`,
});

const TOO_LATE = "no time left";

function request(world: World, what: Omit<HttpRequest, "timeoutMs">, deadline: () => number): Promise<HttpAnswer> {
  const left = deadline() - world.now();
  if (left <= 0) throw new HttpFailure(false, TOO_LATE);
  const whole: HttpRequest & { encoding: "latin1" } = {
    ...what,
    timeoutMs: Math.min(REQUEST_MS, left),
    encoding: "latin1", // each byte a character: an archive is no text
  };
  return world.http(whole);
}

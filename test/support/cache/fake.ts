/**
 * A cache in memory for tests of what is built on it: its `http` answers as version 2 does, its `run` saves as the
 * program with the official client. What real servers and the real client do is for the suite in test/cache.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Http, HttpAnswer, HttpRequest } from "../../../src/world/world.ts";
import type { RunOptions, RunProgram } from "../../../src/world/programs.ts";
import { packed, tar, versionOf } from "./archives.ts";

export const CACHE_ENV = {
  GITHUB_SERVER_URL: "https://github.com",
  ACTIONS_CACHE_SERVICE_V2: "True",
  ACTIONS_RESULTS_URL: "https://results.example/",
  ACTIONS_RUNTIME_TOKEN: "runtime-token",
} as const;

/** What a run of the writer does instead of saving. */
export type Writing = (name: string, options: RunOptions) => Partial<Awaited<ReturnType<RunProgram>>>;

export interface FakeCache {
  /** Oldest first. */
  readonly entries: { name: string; version: string; bytes: Buffer }[];
  readonly http: Http;
  readonly run: RunProgram;
  /** `get NAME`, `download NAME`, `save NAME` in their order. */
  readonly calls: string[];
  /** Answers instead of the ordinary ones, once each. */
  readonly gets: ((request: HttpRequest) => HttpAnswer)[];
  readonly downloads: ((request: HttpRequest) => HttpAnswer)[];
  readonly writings: Writing[];
  add(name: string, text: string, method?: "zstd" | "gzip"): void;
}

export const reply = (status: number, body: unknown): HttpAnswer => ({
  status,
  headers: {},
  body: typeof body === "string" ? body : JSON.stringify(body),
  date: undefined,
});

export function fakeCache(): FakeCache {
  const cache: FakeCache = {
    entries: [],
    calls: [],
    gets: [],
    downloads: [],
    writings: [],
    add(name, text, method = "zstd") {
      const bytes = packed[method](tar([{ name: "oauth-creds", content: text }]));
      cache.entries.push({ name, version: versionOf(method), bytes });
    },
    async http(request) {
      const { pathname } = new URL(request.url);
      if (request.method === "GET") {
        const index = Number(pathname.slice(1));
        cache.calls.push(`download ${cache.entries[index]?.name}`);
        const instead = cache.downloads.shift();
        if (instead) return instead(request);
        if ((request as { encoding?: string }).encoding !== "latin1") throw new Error("an archive is no text");
        return reply(200, (cache.entries[index]?.bytes ?? Buffer.alloc(0)).toString("latin1"));
      }
      const { key, restore_keys: keys = [], version } = JSON.parse(request.body ?? "") as Asked;
      cache.calls.push(`get ${key}`);
      const instead = cache.gets.shift();
      if (instead) return instead(request);
      const here = cache.entries.filter((entry) => entry.version === version);
      const found =
        here.findLast(({ name }) => name === key) ??
        here.findLast(({ name }) => keys.some((one) => name.startsWith(one)));
      if (!found) return reply(200, { ok: false });
      const url = `https://blobs.example/${cache.entries.indexOf(found)}?sig=x`;
      return reply(200, { ok: true, signed_download_url: url, matched_key: found.name });
    },
    async run(_command, [, name = "", file = ""], options) {
      cache.calls.push(`save ${name}`);
      const ended = { status: 0, missing: false, stdout: "", stderr: "" };
      const writing = cache.writings.shift();
      if (writing) return { ...ended, ...writing(name, options) };
      const taken = cache.entries.some((entry) => entry.name === name && entry.version === versionOf("zstd"));
      if (taken) return { ...ended, status: 3, stdout: "Failed request: (409) Conflict" };
      cache.add(name, readFileSync(join(options.cwd ?? "", file), "utf8"));
      return ended;
    },
  };
  return cache;
}

interface Asked {
  readonly key: string;
  readonly restore_keys?: readonly string[];
  readonly version: string;
}

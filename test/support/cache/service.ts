/**
 * GitHub's cache service on loopback: version 2 (Twirp, blobs in Azurite) and version 1 (as on GitHub Enterprise
 * Server, Gitea and Forgejo). Entries never change, a name that was reserved stays so, a token has the scopes and
 * rights of a job, and an answer can be lost before or after what it answers for.
 */
import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { type Loopback, listenOnLoopback } from "../net/loopback.ts";
import type { Azurite } from "./azurite.ts";

/** What a job's runtime token may do. Scopes are refs: it writes to its own, and reads its own and the others. */
export interface JobToken {
  readonly scope: string;
  readonly reads?: readonly string[];
  /** Default: both. `read` is what a job gets that somebody without write access could start. */
  readonly may?: "read" | "write" | "both";
}

export type Call = "create" | "upload" | "finalize" | "get" | "download";

export interface Fault {
  /** `before`: nothing was done. `after`: it was done, and only the answer is lost or replaced. */
  readonly when: "before" | "after";
  /** Without it the connection is ended. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly message?: string;
  /** ms, and then the ordinary answer, or the status. */
  readonly delayMs?: number;
  /** How often. Default: once. */
  readonly times?: number;
  /** Runs before the fault shows. */
  readonly then?: () => void;
}

export interface CacheService {
  /** `http://127.0.0.1:PORT/`, for ACTIONS_RESULTS_URL and ACTIONS_CACHE_URL. */
  readonly url: string;
  readonly tokens: Map<string, JobToken>;
  /** In the order of their arrival: `create NAME`, `get NAME`, `download` … */
  readonly calls: readonly string[];
  /** Calls whose client went away before it had its answer. */
  readonly abandoned: readonly Call[];
  /** What no real client of the service would do; empty when all is well. */
  readonly violations: readonly string[];
  /** Names of complete entries, oldest first. */
  names(scope?: string): string[];
  /** Names that are reserved and never were completed. */
  reserved(): string[];
  fault(call: Call, fault: Fault): void;
  /** An entry as somebody else has written it: any bytes, under any name. */
  plant(name: string, version: string, bytes: Uint8Array, scope: string): Promise<void>;
  /** A name that is reserved by a job that died. */
  reserve(name: string, version: string, scope: string): void;
  /** Removes entries, as GitHub does when it needs room. */
  evict(name: string): void;
  refuse: Loopback["refuse"];
  accept: Loopback["accept"];
  close(): Promise<void>;
}

interface Entry {
  readonly id: number;
  readonly name: string;
  readonly version: string;
  readonly scope: string;
  readonly blob: string;
  complete: boolean;
  /** Version 1: what was uploaded so far. */
  parts: Buffer[];
}

interface Asked {
  readonly path: string;
  readonly query: URLSearchParams;
  readonly method: string;
  readonly body: Buffer;
  readonly headers: IncomingMessage["headers"];
}

interface Reply {
  readonly status: number;
  readonly json?: unknown;
  readonly bytes?: Buffer;
  readonly headers?: Readonly<Record<string, string>>;
}

const TWIRP = "/twirp/github.actions.results.api.v1.CacheService/";
const OLD = "/_apis/artifactcache/";

export async function startCacheService(azurite: Azurite): Promise<CacheService> {
  const tokens = new Map<string, JobToken>();
  const entries: Entry[] = [];
  const faults: { call: Call; fault: Fault; left: number }[] = [];
  const calls: string[] = [];
  const abandoned: Call[] = [];
  const violations: string[] = [];
  let serial = 0;
  // Several services may keep their blobs in one store.
  const own = `entry-${randomUUID()}`;

  const sameName = (one: string, other: string) => one.toLowerCase() === other.toLowerCase();
  const add = (name: string, version: string, scope: string, complete: boolean): Entry => {
    const id = ++serial;
    const entry = { id, name, version, scope, blob: `${own}-${id}`, complete, parts: [] };
    entries.push(entry);
    return entry;
  };
  const taken = (name: string, version: string, scope: string) =>
    entries.some((entry) => sameName(entry.name, name) && entry.version === version && entry.scope === scope);
  /** The entry of a name, else the newest whose name begins with it, in one scope after the other. */
  const match = (names: readonly string[], version: string, { scope, reads = [] }: JobToken): Entry | undefined => {
    for (const where of [scope, ...reads]) {
      const here = entries.filter((entry) => entry.complete && entry.version === version && entry.scope === where);
      for (const name of names) {
        const exact = here.findLast((entry) => sameName(entry.name, name));
        const prefixed = here.findLast((entry) => entry.name.toLowerCase().startsWith(name.toLowerCase()));
        if (exact ?? prefixed) return exact ?? prefixed;
      }
    }
    return undefined;
  };
  const tokenOf = ({ headers }: Asked): JobToken | undefined =>
    tokens.get(/^Bearer (.+)$/.exec(headers.authorization ?? "")?.[1] ?? "");
  const mayRead = ({ may = "both" }: JobToken) => may !== "write";
  const mayWrite = ({ may = "both" }: JobToken) => may !== "read";

  async function serve(asked: Asked, call: Call): Promise<Reply> {
    if (asked.path.startsWith(TWIRP)) return twirp(asked, call);
    if (asked.path.startsWith(OLD)) return old(asked, call);
    return blob(asked);
  }

  async function twirp(asked: Asked, call: Call): Promise<Reply> {
    const problem = (status: number, code: string, msg: string): Reply => ({ status, json: { code, msg } });
    const token = tokenOf(asked);
    if (!token) return problem(401, "unauthenticated", "no such token");
    const fields = JSON.parse(asked.body.toString("utf8")) as Record<string, unknown>;
    const known = { create: ["key", "version"], finalize: ["key", "size_bytes", "version"] }[call as "create"];
    const strange = Object.keys(fields).filter((name) => !(known ?? ["key", "restore_keys", "version"]).includes(name));
    if (strange.length > 0) violations.push(`${call}: fields ${strange.join(", ")}`);
    const { key, version } = fields as { key: string; version: string };
    if (!/^[0-9a-f]{64}$/.test(version) || key === "" || key.length > 512 || key.includes(",")) {
      violations.push(`${call}: key or version of a form that is refused`);
    }
    if (call === "get") {
      if (!mayRead(token)) return problem(403, "permission_denied", "cache read denied: no readable scope");
      const found = match([key, ...((fields["restore_keys"] as string[] | undefined) ?? [])], version, token);
      if (!found) return { status: 200, json: { ok: false } };
      const address = new URL(azurite.signed(found.blob, "r"), loopback.origin).href;
      return { status: 200, json: { ok: true, signed_download_url: address, matched_key: found.name } };
    }
    if (!mayWrite(token)) {
      return { status: 200, json: { ok: false, message: "cache write denied: the token of this run is read-only" } };
    }
    if (call === "create") {
      if (taken(key, version, token.scope)) {
        const words = "cache entry with the same key, version, and scope already exists";
        return problem(409, "already_exists", words);
      }
      const entry = add(key, version, token.scope, false);
      const address = new URL(azurite.signed(entry.blob, "cw"), loopback.origin).href;
      return { status: 200, json: { ok: true, signed_upload_url: address } };
    }
    const entry = entries.find((one) => sameName(one.name, key) && one.version === version && !one.complete);
    if (!entry) return problem(404, "not_found", "no such reservation");
    const size = await azurite.size(entry.blob);
    if (String(size) !== fields["size_bytes"]) return { status: 200, json: { ok: false, message: "size mismatch" } };
    entry.complete = true;
    return { status: 200, json: { ok: true, entry_id: String(entry.id) } };
  }

  async function old(asked: Asked, call: Call): Promise<Reply> {
    const path = asked.path.slice(OLD.length);
    if (path.startsWith("archives/")) {
      const entry = entries.find(({ id }) => id === Number(path.slice("archives/".length)));
      return entry ? { status: 200, bytes: Buffer.concat(entry.parts) } : { status: 404 };
    }
    const token = tokenOf(asked);
    if (!token) return { status: 401, json: { message: "no such token" } };
    if (call === "get") {
      if (!mayRead(token)) return { status: 403, json: { message: "cache read denied: no readable scope" } };
      const keys = (asked.query.get("keys") ?? "").split(",");
      const found = match(keys, asked.query.get("version") ?? "", token);
      if (!found) return { status: 204 };
      const archiveLocation = new URL(`${OLD}archives/${found.id}`, loopback.origin).href;
      return { status: 200, json: { cacheKey: found.name, scope: found.scope, archiveLocation } };
    }
    if (!mayWrite(token)) return { status: 403, json: { message: "cache write denied: read-only" } };
    if (call === "create") {
      const { key, version } = JSON.parse(asked.body.toString("utf8")) as { key: string; version: string };
      if (taken(key, version, token.scope)) return { status: 409, json: { message: "already exists" } };
      return { status: 201, json: { cacheId: add(key, version, token.scope, false).id } };
    }
    const entry = entries.find(({ id }) => id === Number(path.split("/")[1]));
    if (!entry || entry.complete) return { status: 404, json: { message: "no such reservation" } };
    if (call === "upload") entry.parts.push(asked.body);
    else entry.complete = true;
    return { status: 204 };
  }

  /** What goes to the blob store goes there as it is. */
  async function blob({ path, query, method, body, headers }: Asked): Promise<Reply> {
    if (headers.authorization) violations.push("a token was sent to the blob store");
    const passed = Object.entries(headers).filter(([name]) => /^(x-ms-|content-type|range|if-)/.test(name));
    const answer = await fetch(`${azurite.origin}${path}?${query.toString()}`, {
      method,
      headers: Object.fromEntries(passed) as Record<string, string>,
      ...(method === "PUT" && { body }),
    });
    const kept = [...answer.headers].filter(([name]) =>
      /^(x-ms-|etag|last-modified|content-(type|range|md5))/.test(name),
    );
    return {
      status: answer.status,
      bytes: Buffer.from(await answer.arrayBuffer()),
      headers: Object.fromEntries(kept),
    };
  }

  const callOf = ({ path, method }: Asked): Call => {
    if (path.startsWith(TWIRP)) {
      const name = path.slice(TWIRP.length);
      return name === "CreateCacheEntry" ? "create" : name === "FinalizeCacheEntryUpload" ? "finalize" : "get";
    }
    if (path.startsWith(`${OLD}archives/`)) return "download";
    if (path.startsWith(OLD)) {
      if (method === "GET") return "get";
      return method === "PATCH" ? "upload" : path === `${OLD}caches` ? "create" : "finalize";
    }
    return method === "PUT" ? "upload" : "download";
  };

  const loopback = await listenOnLoopback(async (request, response) => {
    const asked = await read(request);
    if (!asked) return;
    const call = callOf(asked);
    const { key, keys } = nameIn(asked);
    calls.push([call, key ?? keys].filter(Boolean).join(" "));
    response.on("close", () => response.writableFinished || abandoned.push(call));
    const armed = faults.find((one) => one.call === call && one.left > 0);
    if (armed) armed.left--;
    const { fault } = armed ?? {};
    if (fault?.delayMs) await new Promise((resolve) => setTimeout(resolve, fault.delayMs));
    const plain = fault?.status === undefined && fault?.delayMs !== undefined;
    const reply = fault?.when === "before" && !plain ? undefined : await serve(asked, call);
    fault?.then?.();
    if (!fault || plain) return send(response, reply as Reply);
    if (fault.status === undefined) return void response.destroy();
    const json = { code: "internal", msg: fault.message ?? "planted", message: fault.message ?? "planted" };
    send(response, { status: fault.status, json, ...(fault.headers && { headers: fault.headers }) });
  });

  return {
    url: `${loopback.origin}/`,
    tokens,
    calls,
    abandoned,
    violations,
    names: (scope) =>
      entries
        .filter((entry) => entry.complete && (scope === undefined || entry.scope === scope))
        .map(({ name }) => name),
    reserved: () => entries.filter(({ complete }) => !complete).map(({ name }) => name),
    fault: (call, fault) => void faults.push({ call, fault, left: fault.times ?? 1 }),
    async plant(name, version, bytes, scope) {
      const entry = add(name, version, scope, true);
      entry.parts = [Buffer.from(bytes)];
      await azurite.put(entry.blob, bytes);
    },
    reserve: (name, version, scope) => void add(name, version, scope, false),
    evict(name) {
      for (let at = entries.length - 1; at >= 0; at--) {
        if (sameName((entries[at] as Entry).name, name)) entries.splice(at, 1);
      }
    },
    refuse: loopback.refuse,
    accept: loopback.accept,
    close: loopback.close,
  };
}

function nameIn({ body, query, path }: Asked): { key?: unknown; keys?: string | undefined } {
  if (!path.startsWith(TWIRP) && path !== `${OLD}caches`) return { keys: query.get("keys")?.split(",")[0] };
  return JSON.parse(body.toString("utf8")) as { key?: unknown };
}

async function read(request: IncomingMessage): Promise<Asked | undefined> {
  const parts: Buffer[] = [];
  try {
    for await (const part of request) parts.push(part as Buffer);
  } catch {
    return undefined;
  }
  const url = new URL(request.url ?? "/", "http://loopback");
  return {
    path: url.pathname,
    query: url.searchParams,
    method: request.method ?? "",
    body: Buffer.concat(parts),
    headers: request.headers,
  };
}

function send(response: ServerResponse, { status, json, bytes, headers = {} }: Reply): void {
  const body = bytes ?? (json === undefined ? Buffer.alloc(0) : Buffer.from(JSON.stringify(json)));
  const type = json === undefined ? {} : { "content-type": "application/json" };
  response.writeHead(status, { "content-length": String(body.length), ...type, ...headers });
  response.end(body);
}

/**
 * A Gitea (or Forgejo) on loopback, as far as its secrets of Actions go. By the source of Gitea 1.26.0: routers/api/v1
 * (repo/action.go, org/action.go, api.go), services/secrets, models/secret. Forgejo knows no descriptions.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { listenOnLoopback } from "../net/loopback.ts";

export interface GiteaToken {
  /** `user` is no owner of anything. */
  readonly owner: boolean;
  readonly scopes: readonly ("read:repository" | "write:repository" | "read:organization" | "write:organization")[];
}

export interface GiteaSecret {
  readonly value: string;
  readonly description: string;
  readonly createdAt: number;
}

export interface GiteaOptions {
  readonly tokens: Readonly<Record<string, GiteaToken>>;
  /** Default `octo/demo`; its owner is the one organization. */
  readonly repository?: string;
  /** False as on servers that take secrets and list none. */
  readonly lists?: boolean;
  /** False as on Forgejo. */
  readonly descriptions?: boolean;
}

export interface GiteaFault {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** After the commit. */
  readonly late?: boolean;
}

export interface Gitea {
  /** As GITHUB_API_URL is set in a job of it. */
  readonly apiUrl: string;
  /** By the path of their list and their name: `repos/octo/demo/NAME`, `orgs/octo/NAME`. */
  readonly secrets: Map<string, GiteaSecret>;
  /** `METHOD /path?query keys of the body`. */
  readonly requests: readonly string[];
  /** What no client of Gitea's may do. */
  readonly violations: readonly string[];
  /** Hits the next `times` requests of this method. */
  fault(method: string, fault: GiteaFault, times?: number): void;
  close(): Promise<void>;
}

/** A page holds 30 entries unless asked, 50 at most. */
const MOST_OF_A_PAGE = 50;
const LONGEST = 65_536;

export async function startGitea(options: GiteaOptions): Promise<Gitea> {
  const { tokens, repository = "octo/demo", lists = true, descriptions = true } = options;
  const secrets = new Map<string, GiteaSecret>();
  const requests: string[] = [];
  const violations: string[] = [];
  const faults: { method: string; fault: GiteaFault; left: number }[] = [];

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString("utf8");
    const url = new URL(request.url ?? "/", "http://loopback");
    const { method = "GET" } = request;
    const body = text === "" ? undefined : (JSON.parse(text) as Record<string, unknown>);
    requests.push([`${method} ${url.pathname}${url.search}`, ...Object.keys(body ?? {})].join(" "));
    const planted = faults.find((one) => one.method === method && one.left > 0);
    if (planted) planted.left -= 1;
    const end = (status: number, answer?: unknown, headers: Readonly<Record<string, string>> = {}): void => {
      response.writeHead(status, {
        ...(answer !== undefined && { "content-type": "application/json;charset=utf-8" }),
        ...headers,
      });
      response.end(answer === undefined ? undefined : JSON.stringify(answer));
    };
    if (planted && !planted.fault.late) return end(planted.fault.status, { message: "planted" }, planted.fault.headers);
    const [status, answer, headers] = handle(method, url, body, request);
    if (planted) return end(planted.fault.status, { message: "planted" }, planted.fault.headers);
    return end(status, answer, headers);
  }

  type Answer = [status: number, body?: unknown, headers?: Readonly<Record<string, string>>];
  const problem = (status: number, message: string): Answer => [
    status,
    { message, url: "https://gitea.example/api/swagger" },
  ];

  function handle(
    method: string,
    url: URL,
    body: Readonly<Record<string, unknown>> | undefined,
    { headers }: IncomingMessage,
  ): Answer {
    const match = /^\/api\/v1\/(repos\/[^/]+\/[^/]+|orgs\/[^/]+)\/actions\/secrets(?:\/([^/]+))?$/.exec(url.pathname);
    if (!match) {
      violations.push(`no such path: ${method} ${url.pathname}`);
      return problem(404, "Not Found");
    }
    const [, owner = "", name] = match;
    const token = tokens[/^(?:token|bearer) (\S+)$/i.exec(headers.authorization ?? "")?.[1] ?? ""];
    if (!token) return problem(401, "token is required");
    const there = owner === `repos/${repository}` || owner === `orgs/${repository.split("/")[0]}`;
    if (!there) return problem(404, "The target couldn't be found.");
    const category = owner.startsWith("orgs") ? "organization" : "repository";
    const reads = method === "GET" && token.scopes.some((scope) => scope.endsWith(category));
    if (!reads && !token.scopes.some((scope) => scope === `write:${category}`)) {
      return problem(403, "token does not have at least one of required scope(s)");
    }
    if (!token.owner) return problem(403, "user should be the owner of the repo");
    if (name === undefined) {
      if (method !== "GET" || !lists) return problem(405, "Method Not Allowed");
      return list(owner, url.searchParams);
    }
    if (method === "DELETE") {
      // DeleteSecretByName: names are kept in capitals, and looked up so.
      return secrets.delete(`${owner}/${name.toUpperCase()}`) ? [204] : problem(404, "The target couldn't be found.");
    }
    if (method !== "PUT") return problem(405, "Method Not Allowed");
    return put(owner, name, body ?? {});
  }

  function list(owner: string, query: URLSearchParams): Answer {
    const size = Math.min(Number(query.get("limit") ?? 30), MOST_OF_A_PAGE);
    const from = (Number(query.get("page") ?? 1) - 1) * size;
    const all = [...secrets].filter(([key]) => key.startsWith(`${owner}/`));
    const shown = all.slice(from, from + size).map(([key, { description, createdAt }]) => ({
      name: key.split("/").at(-1),
      ...(descriptions && { description }),
      created_at: new Date(createdAt).toISOString(),
    }));
    return [200, shown, { "x-total-count": `${all.length}` }];
  }

  function put(owner: string, given: string, body: Readonly<Record<string, unknown>>): Answer {
    const { data, description = "", ...unknown } = body;
    for (const key of Object.keys(unknown)) violations.push(`a key that nobody reads: ${key}`);
    if (!descriptions && "description" in body) violations.push("a description, which Forgejo does not know");
    if (typeof data !== "string" || data === "") return problem(422, "[Data]: Required");
    const name = given.toUpperCase();
    if (!/^[A-Z_][A-Z0-9_]*$/.test(name) || /^GIT(EA|HUB)_/.test(name) || name === "CI") {
      return problem(400, "invalid variable or secret name");
    }
    if (data.length > LONGEST) return problem(400, "data too long");
    const key = `${owner}/${name}`;
    const before = secrets.get(key);
    secrets.set(key, {
      value: data,
      description: typeof description === "string" ? description : "",
      createdAt: before?.createdAt ?? Date.now(),
    });
    return [before ? 204 : 201];
  }

  const loopback = await listenOnLoopback(serve);
  return {
    apiUrl: `${loopback.origin}/api/v1`,
    secrets,
    requests,
    violations,
    fault: (method, fault, times = 1) => void faults.push({ method, fault, left: times }),
    close: loopback.close,
  };
}

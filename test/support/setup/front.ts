/**
 * The loopback GitHub as a set-up meets it: in front of the server of secrets stands what that one does not have,
 * environments with their rules, the default branch, who administers the repository, and plans without environments.
 */
import { createServer, type IncomingMessage, request as forwarded, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { problem, type Reply } from "../github/messages.ts";
import { type GitHub, type GitHubOptions, startGitHub } from "../github/server.ts";
import { type Level, permissionHeaders, type TokenSpec } from "../github/tokens.ts";
import { send } from "../github/wire.ts";
import { contradictions } from "./description.ts";
import { createEnvironments, type Environments } from "./environments.ts";

export interface SetupToken extends TokenSpec {
  /** The permission “Administration”, which makes environments. */
  readonly administration?: Level;
  /** Whether its owner administers the repository; default true. */
  readonly admin?: boolean;
  /** Of a classic token; default `repo`. */
  readonly scopes?: string;
}

export interface SetupOptions extends Omit<GitHubOptions, "tokens" | "environments" | "tls" | "basePath"> {
  readonly tokens: Readonly<Record<string, SetupToken>>;
  /** Default "main". */
  readonly defaultBranch?: string;
  /** What a private repository without a paid plan answers instead of making an environment. */
  readonly plan?: "paid" | "none-404" | "none-403" | "none-422";
}

/** One request as the client sent it. */
export interface Seen {
  readonly method: string;
  readonly path: string;
  readonly body: unknown;
  status: number | undefined;
}

export interface SetupGitHub {
  readonly apiUrl: string;
  /** Opens the boxes. */
  readonly github: GitHub;
  readonly environments: Environments;
  readonly seen: readonly Seen[];
  /** Those that made something: a refused one made nothing. */
  made(): string[];
  /** Every request that is no GET, whatever was answered. */
  writes(): string[];
  /** Answers with this instead, from the next request that fits on; undefined goes back to normal. */
  break(fits: ((method: string, path: string) => boolean) | undefined, status?: number): void;
  violations(): string[];
  close(): Promise<void>;
}

/** Starts both on free ports of 127.0.0.1. */
export async function startSetupGitHub(options: SetupOptions): Promise<SetupGitHub> {
  const { tokens, defaultBranch = "main", plan = "paid", ...others } = options;
  const inner = await startGitHub({ ...others, tokens });
  const { repository } = inner;
  const base = `/repos/${repository.fullName}`;
  const environments = createEnvironments(() => `${inner.apiUrl}${base}`, Date.now);
  const seen: Seen[] = [];
  const found: string[] = [];
  let broken: { fits: (method: string, path: string) => boolean; status: number } | undefined;

  const server = createServer((request, response) => {
    serve(request, response).catch((error: unknown) => {
      found.push(`the front failed: ${String(error)}`);
      response.destroy();
    });
  });
  await new Promise<void>((done) => void server.listen(0, "127.0.0.1", done));

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const text = await read(request);
    const { pathname: path } = new URL(request.url ?? "/", "http://loopback");
    const { method = "" } = request;
    const record: Seen = { method, path, body: parse(text), status: undefined };
    seen.push(record);
    if (broken?.fits(method, path)) {
      record.status = broken.status;
      return send(response, problem(broken.status, "Server Error"), "0", Date.now());
    }
    const token = /^(?:bearer|token) (\S+)$/i.exec(request.headers.authorization ?? "")?.[1] ?? "";
    const own = answer(method, path, record.body, tokens[token]);
    if (own) {
      record.status = own.status;
      found.push(...contradictions(method, path, record.body, own.status, own.body));
      return send(response, own, "0", Date.now());
    }
    await pass(request, text, response, record, tokens[token]);
  }

  /** Undefined: the server behind answers. */
  function answer(method: string, path: string, body: unknown, token: SetupToken | undefined): Reply | undefined {
    const parts = new RegExp(`^${base}/environments(?:/([^/]+)(?:/(.*))?)?$`, "i").exec(path);
    // Bad credentials, and repositories that a token does not reach, are what they are behind it.
    const reaches = token && (token.repositories ?? [repository.fullName]).includes(repository.fullName);
    if (!parts || !reaches || token.expired) return undefined;
    const [, encoded, rest = ""] = parts;
    const name = encoded && decodeURIComponent(encoded);
    if (rest.startsWith("secrets")) return environments.has(name ?? "") ? undefined : problem(404, "Not Found");
    const need = method === "GET" ? ({ permission: "actions", level: "read" } as const) : undefined;
    const classic = token.kind === "classic";
    const may = classic
      ? token.admin !== false || need !== undefined
      : need
        ? repository.public || token.permissions.actions !== undefined
        : token.administration === "write" && token.admin !== false;
    const accepted = { "X-Accepted-GitHub-Permissions": need ? "actions=read" : "administration=write" };
    const headers = classic
      ? {}
      : { ...permissionHeaders({ token: "", kind: "fine-grained", spec: token }), ...accepted };
    if (!may) {
      const why = classic
        ? "Must have admin rights to Repository."
        : "Resource not accessible by personal access token";
      return problem(403, why, headers);
    }
    if (plan !== "paid") return withoutPlan(plan, method, name, headers);
    const reply = environments.handle(method, name, rest, body);
    return { ...reply, headers: { ...headers, ...reply.headers } };
  }

  async function pass(
    request: IncomingMessage,
    text: string,
    response: ServerResponse,
    record: Seen,
    token: SetupToken | undefined,
  ): Promise<void> {
    const { status, headers, body } = await behind(inner.apiUrl, request, text);
    record.status = status;
    const changed = record.path.toLowerCase() === base.toLowerCase() && status === 200 ? facts(body, token) : body;
    if (token?.kind === "classic") headers["x-oauth-scopes"] = token.scopes ?? "repo";
    delete headers["content-length"];
    delete headers["transfer-encoding"];
    response.writeHead(status, headers as Record<string, string>).end(changed);
  }

  /** What the answer about a repository tells a set-up, besides what it is. */
  function facts(body: string, token: SetupToken | undefined): string {
    const admin = token?.admin !== false;
    const permissions = { admin, maintain: admin, push: true, triage: true, pull: true };
    const page = `https://github.com/${repository.fullName}`;
    return JSON.stringify({ ...JSON.parse(body), default_branch: defaultBranch, permissions, html_url: page });
  }

  const { port } = server.address() as AddressInfo;
  const requests = (made: boolean) =>
    seen
      .filter(({ method, status }) => method !== "GET" && (!made || (status !== undefined && status < 400)))
      .map(({ method, path }) => `${method} ${path}`);
  return {
    apiUrl: `http://127.0.0.1:${port}`,
    github: inner,
    environments,
    seen,
    made: () => requests(true),
    writes: () => requests(false),
    break: (fits, status = 500) => void (broken = fits && { fits, status }),
    violations: () => [...found, ...inner.violations],
    async close() {
      server.closeAllConnections();
      await new Promise<void>((done) => void server.close(() => done()));
      await inner.close();
    },
  };
}

/** GitHub's refusals where the plan has none have changed with the years; all of these were reported. */
function withoutPlan(plan: string, method: string, name: string | undefined, headers: Record<string, string>): Reply {
  const list = { status: 200, headers, body: { total_count: 0, environments: [] } };
  if (plan === "none-404") return problem(404, "Not Found", headers);
  if (plan === "none-403") {
    return problem(403, "Upgrade to GitHub Pro or make this repository public to enable this feature.", headers);
  }
  if (method !== "GET") {
    return problem(
      422,
      "Failed to create the environment protection rule. Please ensure the billing plan supports it.",
      headers,
    );
  }
  return name === undefined ? list : problem(404, "Not Found", headers);
}

async function read(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}

function parse(text: string): unknown {
  try {
    return text === "" ? undefined : (JSON.parse(text) as unknown);
  } catch {
    return undefined;
  }
}

interface Behind {
  readonly status: number;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly body: string;
}

function behind(apiUrl: string, { method, url, headers }: IncomingMessage, text: string): Promise<Behind> {
  return new Promise((resolve, reject) => {
    const target = new URL(url ?? "/", apiUrl);
    const request = forwarded(
      target,
      { ...(method && { method }), headers: { ...headers, host: target.host } },
      (answer) => {
        read(answer).then(
          (body) => resolve({ status: answer.statusCode ?? 0, headers: { ...answer.headers }, body }),
          reject,
        );
      },
    );
    request.once("error", reject).end(text);
  });
}

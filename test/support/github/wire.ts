/** HTTP in and out of the loopback GitHub: what was received, and how an answer is sent. */
import { randomBytes } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Recorded, Reply, TokenKind } from "./messages.ts";

export interface Received {
  readonly recorded: Recorded;
  readonly authorization: string | undefined;
  /** Whether the path lay under the base path. */
  readonly inside: boolean;
  /** Parsed body; undefined when there was none or it was not JSON. */
  readonly json: unknown;
  readonly malformed: boolean;
}

/** The path of all GraphQL calls. */
export const GRAPHQL = "/graphql";

export interface ReceiveOptions {
  readonly basePath: string;
  readonly keepAll: boolean;
  /** Milliseconds since the epoch. */
  now(): number;
  kindOf(authorization: string | undefined): TokenKind | undefined;
}

const KEPT_HEADERS = ["user-agent", "accept", "content-type", "x-github-api-version", "if-none-match"];

/** Reads one request to its end. Undefined: the client went away before that. */
export async function receive(
  request: IncomingMessage,
  { basePath, keepAll, now, kindOf }: ReceiveOptions,
): Promise<Received | undefined> {
  const text = await readText(request);
  if (text === undefined) return undefined;
  // A client behind a proxy variable sends the whole address instead of the path.
  const url = new URL(request.url ?? "/", "http://loopback");
  // On GitHub Enterprise Server it lies beside the REST API, not below it.
  const graphql = url.pathname === `${basePath.replace(/\/v3$/, "")}${GRAPHQL}`;
  const inside = graphql || (url.pathname.startsWith(`${basePath}/`) && url.pathname !== basePath + GRAPHQL);
  const { json, malformed } = parse(text);
  const { authorization } = request.headers;
  const recorded: Recorded = {
    id: Array.from({ length: 4 }, () => randomBytes(2).toString("hex").toUpperCase()).join(":"),
    at: now(),
    method: request.method ?? "",
    path: graphql ? GRAPHQL : inside ? url.pathname.slice(basePath.length) : url.pathname,
    query: Object.fromEntries(url.searchParams),
    headers: keptHeaders(request),
    bodyKeys: typeof json === "object" && json !== null ? Object.keys(json).toSorted() : [],
    by: kindOf(authorization),
    status: undefined,
    handled: false,
    ...(keepAll ? { full: { headers: request.headers, body: text } } : {}),
  };
  return { recorded, authorization, inside, json, malformed };
}

async function readText(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of request) chunks.push(chunk as Buffer);
  } catch {
    return undefined;
  }
  return Buffer.concat(chunks).toString("utf8");
}

function parse(text: string): { json: unknown; malformed: boolean } {
  if (text === "") return { json: undefined, malformed: false };
  try {
    return { json: JSON.parse(text) as unknown, malformed: false };
  } catch {
    return { json: undefined, malformed: true };
  }
}

function keptHeaders({ headers }: IncomingMessage): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const name of KEPT_HEADERS) {
    const value = headers[name];
    if (typeof value === "string") kept[name] = value;
  }
  const scheme = headers.authorization?.split(" ")[0];
  if (scheme !== undefined) kept["authorization"] = scheme;
  return kept;
}

/** Sends an answer with the headers that all answers of GitHub carry. */
export function send(response: ServerResponse, reply: Reply, id: string, date: number): void {
  const { status, headers = {}, body } = reply;
  const html = typeof body === "string";
  const payload = body === undefined ? "" : html ? body : JSON.stringify(body);
  // Node would put the system's time here; tests run on a clock of their own.
  response.sendDate = false;
  response.writeHead(status, {
    Date: new Date(date).toUTCString(),
    "X-GitHub-Request-Id": id,
    "X-GitHub-Media-Type": "github.v3; format=json",
    ...(body === undefined ? {} : { "Content-Type": html ? "text/html" : "application/json; charset=utf-8" }),
    ...(status === 204 || status === 304 ? {} : { "Content-Length": `${Buffer.byteLength(payload)}` }),
    ...headers,
  });
  response.end(payload);
}

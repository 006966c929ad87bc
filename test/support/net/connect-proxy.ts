/**
 * A forward proxy on loopback: CONNECT tunnels, and plain requests in absolute form. It reaches
 * loopback addresses only, so a name that no test mapped can never lead to the real service.
 */
import { type IncomingHttpHeaders, type IncomingMessage, request as httpRequest, type ServerResponse } from "node:http";
import { connect } from "node:net";
import type { Duplex } from "node:stream";
import { listenOnLoopback } from "./loopback.ts";

export type Target = { host: string; port: number };

export type ProxySettings = {
  /** Whether a host may be reached; a refused one is answered 403. All may by default. */
  allow?: (host: string) => boolean;
  /** Where a host really is; the client's own address by default. */
  mapHost?: (host: string, port: number) => Target;
  /** `user:password` for Basic authentication; without it a request is answered 407. */
  authRequired?: string;
};

/** One request to the proxy, as the client named the target; `auth` is `user:password`, if sent. */
export type ProxyRecord = {
  host: string;
  port: number;
  /** ms since 1970. */
  at: number;
  auth?: string;
  /** 403 and 407: refused. 502: no loopback address, or nobody there. 0: not decided yet. */
  status: number;
};

export type ForwardRecord = ProxyRecord & { method: string; url: string };

export type ConnectProxy = {
  /** For HTTPS_PROXY and HTTP_PROXY; without user and password. */
  url: string;
  /** Every CONNECT, refused ones too. */
  connects: ProxyRecord[];
  /** Every request in absolute form (`GET http://host/path`). */
  forwards: ForwardRecord[];
  close: () => Promise<void>;
};

/** Starts the proxy on 127.0.0.1 with a port of its own. */
export async function startConnectProxy(settings: ProxySettings = {}): Promise<ConnectProxy> {
  const connects: ProxyRecord[] = [];
  const forwards: ForwardRecord[] = [];

  /** The address to go to, or the status to refuse with. */
  const route = (record: ProxyRecord): Target | number => {
    if (settings.authRequired !== undefined && record.auth !== settings.authRequired) return 407;
    if (settings.allow?.(record.host) === false) return 403;
    const target = settings.mapHost?.(record.host, record.port) ?? record;
    return isLoopback(target.host) ? { host: target.host, port: target.port } : 502;
  };

  const loopback = await listenOnLoopback((request, response) => {
    const url = URL.parse(request.url ?? "");
    if (url?.protocol !== "http:") {
      response.writeHead(400).end(); // not in absolute form: the client took us for the server
      return;
    }
    const named = { host: unbracket(url.hostname), port: Number(url.port || 80) };
    const method = request.method ?? "";
    const record = { ...newRecord(request, named), method, url: url.href };
    forwards.push(record);
    const target = route(record);
    if (typeof target === "number") refusePlainly(response, record, target);
    else forward(request, response, record, target, url);
  });
  loopback.server.on("connect", (request: IncomingMessage, client: Duplex, head: Buffer) => {
    const named = splitAuthority(request.url ?? "");
    const record = newRecord(request, named);
    connects.push(record);
    const target = route(record);
    if (typeof target === "number") refuseTunnel(client, record, target);
    else tunnel(client, head, record, target);
  });
  return { url: loopback.origin, connects, forwards, close: loopback.close };
}

function tunnel(client: Duplex, head: Buffer, record: ProxyRecord, target: Target): void {
  const upstream = connect(target.port, target.host);
  upstream.on("connect", () => {
    record.status = 200;
    client.write("HTTP/1.1 200 Connection Established\r\n\r\n");
    if (head.length > 0) upstream.write(head);
    upstream.pipe(client);
    client.pipe(upstream);
  });
  upstream.on("error", () => {
    if (record.status === 0) refuseTunnel(client, record, 502);
    else client.destroy(); // an upstream that broke off must look so to the client
  });
  upstream.on("close", () => client.end());
  client.on("error", () => upstream.destroy());
  client.on("close", () => upstream.destroy());
}

function forward(
  request: IncomingMessage,
  response: ServerResponse,
  record: ProxyRecord,
  target: Target,
  url: URL,
): void {
  const headers: IncomingHttpHeaders = { ...request.headers, host: url.host };
  for (const name of HOP_BY_HOP) delete headers[name];
  const outgoing = httpRequest({
    ...target,
    method: request.method,
    path: url.pathname + url.search,
    headers,
    agent: false,
  });
  outgoing.on("response", (incoming) => {
    record.status = incoming.statusCode ?? 0;
    response.writeHead(record.status, incoming.headers);
    incoming.pipe(response);
    incoming.on("error", () => response.destroy());
  });
  outgoing.on("error", () => {
    if (response.headersSent) response.destroy();
    else refusePlainly(response, record, 502);
  });
  response.on("close", () => outgoing.destroy());
  request.pipe(outgoing);
}

/** Headers that are meant for the proxy itself, never for the server behind it. */
const HOP_BY_HOP = ["proxy-authorization", "proxy-connection", "connection", "keep-alive"];

function newRecord(request: IncomingMessage, named: Target): ProxyRecord {
  const [, encoded] = /^Basic (\S+)$/i.exec(request.headers["proxy-authorization"] ?? "") ?? [];
  const auth = encoded === undefined ? undefined : Buffer.from(encoded, "base64").toString("utf8");
  return { ...named, at: Date.now(), ...(auth !== undefined && { auth }), status: 0 };
}

function refusePlainly(response: ServerResponse, record: ProxyRecord, status: number): void {
  record.status = status;
  response.writeHead(status, status === 407 ? { "proxy-authenticate": CHALLENGE } : {}).end();
}

function refuseTunnel(client: Duplex, record: ProxyRecord, status: number): void {
  record.status = status;
  const challenge = status === 407 ? `Proxy-Authenticate: ${CHALLENGE}\r\n` : "";
  client.on("error", () => client.destroy());
  client.end(`HTTP/1.1 ${status} Refused\r\n${challenge}Content-Length: 0\r\nConnection: close\r\n\r\n`);
}

const CHALLENGE = 'Basic realm="test"';

/** `host:port`, where the host may be an IPv6 address in brackets. */
function splitAuthority(authority: string): Target {
  const colon = authority.lastIndexOf(":");
  return {
    host: unbracket(authority.slice(0, colon)).toLowerCase(),
    port: Number(authority.slice(colon + 1)),
  };
}

const unbracket = (host: string): string => host.replace(/^\[|\]$/g, "");

const isLoopback = (host: string): boolean =>
  host === "localhost" || host === "::1" || /^127\.\d+\.\d+\.\d+$/.test(host);

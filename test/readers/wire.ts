/** What the loopback services share: reading a request, and answering it. */
import type { ServerResponse } from "node:http";
import type { RecordedRequest } from "./tls-proxy.ts";

/** A group of services behind the proxy. */
export type Services = {
  /** True if the request was one of theirs, and was answered. */
  answer: (request: RecordedRequest, response: ServerResponse) => boolean;
};

/** The token of an `Authorization: Bearer` header, exactly as sent, or undefined. */
export function bearerOf(request: RecordedRequest): string | undefined {
  return /^Bearer (?<token>.*)$/s.exec(request.headers.authorization ?? "")?.groups?.["token"];
}

/** The fields of a JSON or form body; anything else reads as an empty object. */
export function parseBody(request: RecordedRequest): Record<string, unknown> {
  if (request.headers["content-type"]?.startsWith("application/x-www-form-urlencoded")) {
    return Object.fromEntries(new URLSearchParams(request.body));
  }
  try {
    const value: unknown = JSON.parse(request.body);
    return typeof value === "object" && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}

export const pathOf = (request: RecordedRequest): string => request.path.split("?")[0] ?? "";

/** Whether it went to a token endpoint, of whatever host and provider. */
export const isTokenRequest = (request: RecordedRequest): boolean => /\/oauth\/token\b/.test(pathOf(request));

export function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json", "request-id": "req_loopback" });
  response.end(JSON.stringify(body));
}

/** A stream of server-sent events, each named by its `type`. */
export function sendEvents(response: ServerResponse, events: readonly { type: string }[]): void {
  response.writeHead(200, { "content-type": "text/event-stream", "request-id": "req_loopback" });
  for (const event of events) response.write(`event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
  response.end();
}

/** One request and its answer, recorded: what arrived, and what left (or did not). */
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import { newRequestId } from "./anthropic-facts.ts";

export type RecordedRequest = {
  method: string;
  /** With its query. */
  path: string;
  headers: IncomingHttpHeaders;
  /** The body as it came; undefined while it is not complete. */
  rawBody: string | undefined;
  /** The fields of a JSON or form body; undefined for anything else. */
  body: Record<string, unknown> | undefined;
  /** ms since 1970. */
  at: number;
  /** `dropped`: by the server, on purpose. `client-gone`: nobody was there to be answered. */
  answeredStatus: number | "dropped" | "client-gone" | "pending";
  /** Whether this request gave out new tokens, answered or not. */
  committed: boolean;
};

export type Reply = {
  status: number;
  headers?: Record<string, string>;
  /** An object is sent as JSON, a string as it is (HTML unless `headers` say otherwise). */
  body: object | string;
};

export type Exchange = {
  request: IncomingMessage;
  response: ServerResponse;
  record: RecordedRequest;
  /** ms by which the `Date` header is ahead of the clock. */
  skewMs: number;
};

export function beginRecord(request: IncomingMessage): RecordedRequest {
  return {
    method: request.method ?? "",
    path: request.url ?? "",
    headers: request.headers,
    rawBody: undefined,
    body: undefined,
    at: Date.now(),
    answeredStatus: "pending",
    committed: false,
  };
}

/** Fills in the body of a record. */
export function completeRecord(record: RecordedRequest, rawBody: string): void {
  record.rawBody = rawBody;
  const type = (record.headers["content-type"] ?? "").split(";")[0]?.trim().toLowerCase();
  if (type === "application/json") record.body = jsonObject(rawBody);
  if (type === "application/x-www-form-urlencoded") {
    record.body = Object.fromEntries(new URLSearchParams(rawBody));
  }
}

function jsonObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
    return isObject ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** Sends the whole answer. */
export function answer(exchange: Exchange, reply: Reply): void {
  const payload = begin(exchange, reply);
  if (payload !== undefined) exchange.response.end(payload);
}

/** Ends the connection before any byte of an answer. */
export function drop(exchange: Exchange): void {
  exchange.record.answeredStatus = "dropped";
  exchange.response.socket?.destroy();
}

/** Sends the head, which promises the whole body, and half of the body; then ends the connection. */
export function dropHalfWay(exchange: Exchange, reply: Reply): void {
  const payload = begin(exchange, reply);
  if (payload === undefined) return;
  exchange.record.answeredStatus = "dropped";
  const socket = exchange.response.socket;
  exchange.response.write(payload.subarray(0, payload.length / 2), () => socket?.destroy());
}

/** Writes the head and says what to send after it; undefined if the client has gone. */
function begin({ response, record, skewMs }: Exchange, reply: Reply): Buffer | undefined {
  if (response.socket?.writable !== true) {
    record.answeredStatus = "client-gone";
    return undefined;
  }
  const isText = typeof reply.body === "string";
  const payload = Buffer.from(isText ? String(reply.body) : JSON.stringify(reply.body));
  record.answeredStatus = reply.status;
  response.writeHead(reply.status, {
    date: new Date(Date.now() + skewMs).toUTCString(),
    "content-type": isText ? "text/html; charset=utf-8" : "application/json",
    "content-length": payload.length,
    "request-id": newRequestId(),
    ...reply.headers,
  });
  return payload;
}

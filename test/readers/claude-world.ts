/**
 * The services that Claude Code talks to, on loopback: the Messages API, the profile, and a
 * token endpoint whose refresh tokens work once. Everything else is recorded and answered 404.
 */
import { randomBytes, randomUUID } from "node:crypto";
import type { ServerResponse } from "node:http";
import { type RecordedRequest, startTlsProxy } from "./tls-proxy.ts";

export const API_HOST = "api.anthropic.com";
export const TOKEN_HOST = "platform.claude.com";

export type WorldOptions = {
  /** Which access tokens the API takes. Those that the token endpoint issued are taken too. */
  accept: (bearer: string) => boolean;
  /** Refresh tokens that are good for one use each. Default: none. */
  refreshTokens?: string[];
  /** Scope of the token endpoint's answers, separated by spaces. */
  scope?: string;
  /** What the model says. */
  text?: string;
};

/** A token set as the token endpoint issued it; `expires_in` was 28800 s. */
export type IssuedTokens = { accessToken: string; refreshToken: string };

export type ClaudeWorld = {
  proxyUrl: string;
  caFile: string;
  /** Every CONNECT, as `host:port`. */
  tunnels: string[];
  /** Every request, in the order of arrival. */
  requests: RecordedRequest[];
  /** Those to the token endpoint, whatever host they were sent to. */
  tokenRequests: RecordedRequest[];
  /** Those to POST /v1/messages. */
  messages: RecordedRequest[];
  /** Token sets issued so far. */
  issued: IssuedTokens[];
  text: string;
  close: () => Promise<void>;
};

/** A random access token that looks like a real one. */
export function inventAccessToken(): string {
  return `sk-ant-oat01-${randomBytes(66).toString("base64url")}`;
}

/** A random refresh token that looks like a real one. */
export function inventRefreshToken(): string {
  return `sk-ant-ort01-${randomBytes(66).toString("base64url")}`;
}

export const LOGIN_SCOPES = "user:file_upload user:inference user:mcp_servers user:profile user:sessions:claude_code";

/** Starts the services. Close them when done. */
export async function startClaudeWorld(options: WorldOptions): Promise<ClaudeWorld> {
  const text = options.text ?? `The loopback model says ${randomUUID()}.`;
  const live = new Set(options.refreshTokens);
  const account = inventAccount();
  const issued: IssuedTokens[] = [];
  const tokenRequests: RecordedRequest[] = [];
  const messages: RecordedRequest[] = [];

  const bearerIsGood = (request: RecordedRequest): boolean => {
    const bearer = bearerOf(request);
    if (bearer === undefined) return false;
    return options.accept(bearer) || issued.some((set) => set.accessToken === bearer);
  };

  const answerToken = (request: RecordedRequest, response: ServerResponse): void => {
    const asked = parseBody(request);
    if (asked["grant_type"] !== "refresh_token" || !live.delete(String(asked["refresh_token"]))) {
      return sendJson(response, 400, {
        error: "invalid_grant",
        error_description: "Refresh token not found or invalid",
      });
    }
    const next = { accessToken: inventAccessToken(), refreshToken: inventRefreshToken() };
    issued.push(next);
    live.add(next.refreshToken);
    // Without `scope` or `expires_in` the program throws the new tokens away.
    sendJson(response, 200, {
      token_type: "Bearer",
      access_token: next.accessToken,
      expires_in: 28_800,
      refresh_token: next.refreshToken,
      scope: options.scope ?? LOGIN_SCOPES,
      account: { uuid: account.account.uuid, email_address: account.account.email },
      organization: { uuid: account.organization.uuid, name: account.organization.name },
    });
  };

  const answerApi = (request: RecordedRequest, response: ServerResponse): void => {
    const { method } = request;
    const path = request.path.split("?")[0];
    const isMessage = method === "POST" && path === "/v1/messages";
    if (isMessage) messages.push(request);
    if (!bearerIsGood(request)) {
      const error = { type: "authentication_error", message: "OAuth access token is invalid" };
      return sendJson(response, 401, { type: "error", error, request_id: "req_loopback" });
    }
    if (isMessage) return sendMessage(response, parseBody(request), text);
    if (method === "GET" && path === "/api/oauth/profile") return sendJson(response, 200, account);
    if (method === "GET" && path === "/api/oauth/claude_cli/roles") {
      return sendJson(response, 200, {
        organization_role: "admin",
        workspace_role: null,
        organization_name: account.organization.name,
      });
    }
    sendNotFound(response);
  };

  const proxy = await startTlsProxy((request, response) => {
    if (request.path.startsWith("/v1/oauth/token")) {
      tokenRequests.push(request);
      const isOurs = request.host === TOKEN_HOST && request.path === "/v1/oauth/token";
      if (isOurs && request.method === "POST") return answerToken(request, response);
    } else if (request.host === API_HOST) {
      return answerApi(request, response);
    }
    sendNotFound(response);
  });
  return { ...proxy, tokenRequests, messages, issued, text };
}

/** The token of an `Authorization: Bearer` header, exactly as sent, or undefined. */
export function bearerOf(request: RecordedRequest): string | undefined {
  return /^Bearer (?<token>.*)$/s.exec(request.headers.authorization ?? "")?.groups?.["token"];
}

/** The JSON object of a body; anything else reads as an empty one. */
export function parseBody(request: RecordedRequest): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(request.body);
    return typeof value === "object" && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}

function inventAccount() {
  // One old release fails unless these are real UUIDs.
  return {
    account: {
      uuid: randomUUID(),
      email: "someone@example.com",
      display_name: "Someone",
      full_name: "Someone",
      created_at: "2026-01-01T00:00:00Z",
    },
    organization: {
      uuid: randomUUID(),
      name: "Example",
      organization_type: "claude_max",
      rate_limit_tier: "default_claude_max_5x",
      seat_tier: null,
      billing_type: "stripe_subscription",
      has_extra_usage_enabled: false,
      subscription_created_at: "2026-01-01T00:00:00Z",
    },
  };
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json", "request-id": "req_loopback" });
  response.end(JSON.stringify(body));
}

function sendNotFound(response: ServerResponse): void {
  const error = { type: "not_found_error", message: "Not found" };
  sendJson(response, 404, { type: "error", error, request_id: "req_loopback" });
}

/** Answers with one text block: as an event stream when asked for one, else as one object. */
function sendMessage(response: ServerResponse, asked: Record<string, unknown>, text: string): void {
  const message = {
    id: `msg_${randomBytes(12).toString("hex")}`,
    type: "message",
    role: "assistant",
    model: typeof asked["model"] === "string" ? asked["model"] : "loopback",
    stop_sequence: null,
    usage: { input_tokens: 3, output_tokens: 1 },
  };
  if (asked["stream"] !== true) {
    const content = [{ type: "text", text }];
    return sendJson(response, 200, { ...message, content, stop_reason: "end_turn" });
  }
  const delta = { stop_reason: "end_turn", stop_sequence: null };
  const events = [
    { type: "message_start", message: { ...message, content: [], stop_reason: null } },
    { type: "content_block_start", index: 0, content_block: { type: "text", text: "" } },
    { type: "content_block_delta", index: 0, delta: { type: "text_delta", text } },
    { type: "content_block_stop", index: 0 },
    { type: "message_delta", delta, usage: { output_tokens: 9 } },
    { type: "message_stop" },
  ];
  response.writeHead(200, { "content-type": "text/event-stream", "request-id": "req_loopback" });
  for (const event of events) {
    response.write(`event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
  }
  response.end();
}

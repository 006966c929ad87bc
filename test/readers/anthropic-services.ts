/**
 * Anthropic's services as far as the programs use them: the Messages API, the profile, and a token endpoint whose
 * refresh tokens work once.
 */
import { randomBytes, randomUUID } from "node:crypto";
import type { ServerResponse } from "node:http";
import type { RecordedRequest } from "./tls-proxy.ts";
import { type Services, bearerOf, isTokenRequest, parseBody, pathOf, sendEvents, sendJson } from "./wire.ts";

export const API_HOST = "api.anthropic.com";
export const TOKEN_HOST = "platform.claude.com";

export type AnthropicOptions = {
  /** Which access tokens the API takes. Those that the token endpoint issued are taken too. */
  accept: (bearer: string) => boolean;
  /** Refresh tokens that are good for one use each. Default: none. */
  refreshTokens?: string[];
  /** Scope of the token endpoint's answers, separated by spaces. */
  scope?: string;
  /** Where the token endpoint is. Default: TOKEN_HOST alone; older programs know it as console.anthropic.com. */
  tokenHosts?: string[];
  /** What the model says. */
  text?: string;
};

/** A token set as the token endpoint issued it; `expires_in` was 28800 s. */
export type IssuedTokens = { accessToken: string; refreshToken: string };

export type AnthropicServices = Services & {
  /** Those to POST /v1/messages. */
  messages: RecordedRequest[];
  /** Token sets issued so far. */
  issued: IssuedTokens[];
  text: string;
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

export function anthropicServices(options: AnthropicOptions): AnthropicServices {
  const text = options.text ?? `The loopback model says ${randomUUID()}.`;
  const live = new Set(options.refreshTokens);
  const account = inventAccount();
  const issued: IssuedTokens[] = [];
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
    const path = pathOf(request);
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
    const error = { type: "not_found_error", message: "Not found" };
    sendJson(response, 404, { type: "error", error, request_id: "req_loopback" });
  };

  const answer = (request: RecordedRequest, response: ServerResponse): boolean => {
    if (isTokenRequest(request) && pathOf(request).startsWith("/v1/")) {
      const hosts = options.tokenHosts ?? [TOKEN_HOST];
      const ours = hosts.includes(request.host) && request.path === "/v1/oauth/token" && request.method === "POST";
      if (ours) answerToken(request, response);
      return ours;
    }
    if (request.host !== API_HOST) return false;
    answerApi(request, response);
    return true;
  };
  return { answer, messages, issued, text };
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
  sendEvents(response, [
    { type: "message_start", message: { ...message, content: [], stop_reason: null } },
    { type: "content_block_start", index: 0, content_block: { type: "text", text: "" } },
    { type: "content_block_delta", index: 0, delta: { type: "text_delta", text } },
    { type: "content_block_stop", index: 0 },
    { type: "message_delta", delta, usage: { output_tokens: 9 } },
    { type: "message_stop" },
  ] as { type: string }[]);
}

/**
 * OpenAI's services as far as the programs use them with a ChatGPT login: the token endpoint, whose refresh tokens
 * work once, and the Responses API behind chatgpt.com.
 */
import { randomBytes, randomUUID } from "node:crypto";
import type { ServerResponse } from "node:http";
import type { RecordedRequest } from "./tls-proxy.ts";
import { type Services, bearerOf, parseBody, pathOf, sendEvents, sendJson } from "./wire.ts";

export const CHATGPT_HOST = "chatgpt.com";
export const AUTH_HOST = "auth.openai.com";
/** Codex's own id as a client; the other programs use it too. */
export const CLIENT_ID = "app_EMoamEEZ73f0CkXaXp7hrann";

const DAY_MS = 86_400_000;

export type OpenaiOptions = {
  /** Which access tokens the API takes. Those that the token endpoint issued are taken too. */
  accept: (bearer: string) => boolean;
  /** Refresh tokens that are good for one use each. Default: none. */
  refreshTokens?: string[];
  /** The account that the tokens belong to. Default: a random one. */
  accountId?: string;
  /** What the model says. */
  text?: string;
};

/** A token set as the token endpoint issued it, good for ten days. */
export type IssuedOpenaiTokens = { accessToken: string; idToken: string; refreshToken: string };

export type OpenaiServices = Services & {
  /** Those that ask the model: POST /backend-api/codex/responses. */
  messages: RecordedRequest[];
  /** Token sets issued so far. */
  issued: IssuedOpenaiTokens[];
  accountId: string;
  text: string;
};

export type Claims = {
  accountId: string;
  /** ms since 1970; a token without an end has no claim for it. */
  expiresAt: number | undefined;
  plan?: string;
};

/** A random JSON Web Token with the claims that OpenAI's have. Nobody verifies its signature. */
export function inventJwt({ accountId, expiresAt, plan = "plus" }: Claims): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  const seconds = (ms: number): number => Math.floor(ms / 1000);
  const payload = {
    iss: `https://${AUTH_HOST}`,
    aud: ["https://api.openai.com/v1"],
    sub: "auth0|someone",
    jti: randomUUID(),
    email: "someone@example.com",
    iat: seconds(Date.now()),
    ...(expiresAt !== undefined && { exp: seconds(expiresAt) }),
    "https://api.openai.com/auth": {
      chatgpt_account_id: accountId,
      chatgpt_plan_type: plan,
      chatgpt_user_id: "user-loopback",
      user_id: "user-loopback",
    },
    "https://api.openai.com/profile": { email: "someone@example.com", email_verified: true },
  };
  return `${part({ alg: "RS256", typ: "JWT" })}.${part(payload)}.${randomBytes(256).toString("base64url")}`;
}

/** A random refresh token that looks like a real one. */
export function inventOpenaiRefreshToken(): string {
  return `rt_${randomBytes(48).toString("base64url")}`;
}

export function openaiServices(options: OpenaiOptions): OpenaiServices {
  const text = options.text ?? `The loopback model says ${randomUUID()}.`;
  const accountId = options.accountId ?? randomUUID();
  const live = new Set(options.refreshTokens);
  const spent = new Set<string>();
  const issued: IssuedOpenaiTokens[] = [];
  const messages: RecordedRequest[] = [];

  const answerToken = (request: RecordedRequest, response: ServerResponse): void => {
    const { grant_type, refresh_token, client_id } = parseBody(request);
    const token = String(refresh_token ?? "");
    if (grant_type !== "refresh_token" || client_id !== CLIENT_ID || token === "") {
      return refuse(response, 400, "invalid_request", "The request is not one that this endpoint knows.");
    }
    if (!live.delete(token)) {
      const reused = "Your refresh token has already been used to generate a new access token.";
      return spent.has(token)
        ? refuse(response, 401, "refresh_token_reused", reused)
        : refuse(response, 401, "refresh_token_invalidated", "Your refresh token is not known.");
    }
    spent.add(token);
    const claims = { accountId, expiresAt: Date.now() + 10 * DAY_MS };
    const next = {
      accessToken: inventJwt(claims),
      idToken: inventJwt(claims),
      refreshToken: inventOpenaiRefreshToken(),
    };
    issued.push(next);
    live.add(next.refreshToken);
    sendJson(response, 200, {
      token_type: "Bearer",
      access_token: next.accessToken,
      id_token: next.idToken,
      refresh_token: next.refreshToken,
      expires_in: 864_000,
      scope: "openid profile email offline_access",
    });
  };

  const answerChatgpt = (request: RecordedRequest, response: ServerResponse): void => {
    const path = pathOf(request);
    const isResponses = path === "/backend-api/codex/responses";
    // Programs try a web socket first and fall back to a stream of events.
    if (isResponses && request.method === "GET") return sendJson(response, 426, { detail: "Upgrade Required" });
    if (isResponses) messages.push(request);
    const bearer = bearerOf(request);
    if (bearer === undefined || !(options.accept(bearer) || issued.some((set) => set.accessToken === bearer))) {
      return refuse(response, 401, "token_invalidated", "Your authentication token has been invalidated.");
    }
    if (isResponses) return sendResponse(response, parseBody(request), text);
    // Codex asks it where the account's workspace is, and runs nothing without an answer.
    if (path === "/backend-api/wham/accounts/check") return sendJson(response, 200, accountsOf(accountId));
    if (path === "/backend-api/codex/models") return sendJson(response, 200, { models: [] });
    sendJson(response, 404, { detail: "Not Found" });
  };

  const answer = (request: RecordedRequest, response: ServerResponse): boolean => {
    const path = pathOf(request);
    if (path === "/oauth/token") {
      if (request.host !== AUTH_HOST || request.method !== "POST") return false;
      answerToken(request, response);
      return true;
    }
    if (request.host === AUTH_HOST && path === "/oauth/revoke") {
      sendJson(response, 200, {});
      return true;
    }
    if (request.host === CHATGPT_HOST) {
      answerChatgpt(request, response);
      return true;
    }
    // A program that found no login turns to the API of keys.
    if (request.host !== "api.openai.com") return false;
    refuse(response, 401, "invalid_api_key", "Missing bearer authentication in header");
    return true;
  };
  return { answer, messages, issued, accountId, text };
}

function refuse(response: ServerResponse, status: number, code: string, message: string): void {
  sendJson(response, status, { error: { message, type: "invalid_request_error", param: null, code } });
}

const accountsOf = (id: string) => ({
  accounts: [
    {
      id,
      account_user_id: `user-loopback__${id}`,
      structure: "personal",
      name: null,
      profile_picture_url: null,
      plan_type: "plus",
      workspace_backend_origin: `https://${CHATGPT_HOST}`,
      account_routing_override: "us",
    },
  ],
  default_account_id: id,
  account_ordering: [id],
});

/** Answers with one message of one text, as a stream of events. */
function sendResponse(response: ServerResponse, asked: Record<string, unknown>, text: string): void {
  const id = `resp_${randomBytes(12).toString("hex")}`;
  const item = { type: "message", id: `msg_${randomBytes(12).toString("hex")}`, role: "assistant" };
  const part = { type: "output_text", text, annotations: [] };
  const done = { ...item, status: "completed", content: [part] };
  const base = { id, object: "response", model: asked["model"] ?? "loopback", created_at: 1 };
  const usage = {
    input_tokens: 3,
    input_tokens_details: { cached_tokens: 0 },
    output_tokens: 9,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: 12,
  };
  const at = { item_id: item.id, output_index: 0, content_index: 0 };
  const events = [
    { type: "response.created", response: { ...base, status: "in_progress", output: [] } },
    { type: "response.output_item.added", output_index: 0, item: { ...item, status: "in_progress", content: [] } },
    { type: "response.content_part.added", ...at, part: { ...part, text: "" } },
    { type: "response.output_text.delta", ...at, delta: text },
    { type: "response.output_text.done", ...at, text },
    { type: "response.content_part.done", ...at, part },
    { type: "response.output_item.done", output_index: 0, item: done },
    { type: "response.completed", response: { ...base, status: "completed", output: [done], usage } },
  ];
  sendEvents(
    response,
    events.map((event, index) => ({ ...event, sequence_number: index })),
  );
}

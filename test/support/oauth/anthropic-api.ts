/**
 * The two endpoints of api.anthropic.com at which an access token shows whether it is good, with every answer that
 * they are known to give. The bodies are the shapes; ids in them are invented.
 */
import { randomBytes, randomUUID } from "node:crypto";
import type { ServerTls } from "../net/loopback.ts";
import { ACCESS_PREFIX, accountOf, apiError } from "./anthropic-facts.ts";
import {
  bearerOf,
  type CheckRow,
  type CheckServer,
  foreignHeaders,
  type Says,
  startCheckServer,
} from "./check-server.ts";
import type { RecordedRequest, Reply } from "./exchange.ts";

export type AnthropicEndpoint = "profile" | "messages";

export type IssuedToken = {
  token: string;
  scopes: readonly string[];
  /** `claude_max`, as the profile names it. */
  plan: string;
  state: "good" | "revoked" | "expired" | "not-allowed";
  /** s since 1970: the plan's limit is used up until then. */
  limitedUntil: number | undefined;
};

export type AnthropicApi = CheckServer & {
  /** A new token, good until the returned record is changed. */
  issue: (options?: Partial<IssuedToken>) => IssuedToken;
};

/** As long as real ones: 108 characters. */
export const newAccessToken = (): string => ACCESS_PREFIX + randomBytes(80).toString("base64url").slice(0, 95);

export async function startAnthropicApi(tls?: ServerTls): Promise<AnthropicApi> {
  const issued = new Map<string, IssuedToken>();
  const server = await startCheckServer(
    (request) => ({ deviations: deviationsOf(request), reply: decide(request, issued) }),
    tls,
  );
  const issue = (options: Partial<IssuedToken> = {}): IssuedToken => {
    const record: IssuedToken = {
      token: newAccessToken(),
      scopes: ["user:inference"],
      plan: "claude_max",
      state: "good",
      limitedUntil: undefined,
      ...options,
    };
    issued.set(record.token, record);
    return record;
  };
  return { ...server, issue };
}

const THE_LINE = "You are Claude Code";

const isProfile = ({ method, path }: RecordedRequest) => method === "GET" && path === "/api/oauth/profile";
const isMessages = ({ method, path }: RecordedRequest) => method === "POST" && path === "/v1/messages?beta=true";
const betasOf = ({ headers }: RecordedRequest) => String(headers["anthropic-beta"] ?? "").split(/ *, */);

function deviationsOf(request: RecordedRequest): string[] {
  const { headers, body, rawBody, method } = request;
  const found = foreignHeaders(request);
  if (!isProfile(request) && !isMessages(request)) return [...found, `${method} to another path`];
  if (bearerOf(request) === undefined) found.push("no bearer token");
  if (headers["content-type"] !== "application/json") found.push("content-type");
  if (isProfile(request)) {
    if (headers["cache-control"] !== "no-cache") found.push("cache-control");
    if (rawBody !== "") found.push("a body");
    return found;
  }
  if (headers["anthropic-version"] !== "2023-06-01") found.push("anthropic-version");
  if (!betasOf(request).includes("oauth-2025-04-20")) found.push("anthropic-beta");
  if (betasOf(request).some((beta) => beta.startsWith("claude-code"))) found.push("a beta of another program");
  if (body?.["max_tokens"] !== 1) found.push("more than one token");
  if (body?.["stream"] === true) found.push("a stream");
  if (rawBody?.includes(THE_LINE)) found.push("the name of another program");
  return found;
}

function decide(request: RecordedRequest, issued: ReadonlyMap<string, IssuedToken>): Reply {
  const shown = bearerOf(request) ?? "";
  const profile = isProfile(request);
  if (!profile && !isMessages(request)) return error(404, "not_found_error", "Not Found");
  if (!profile && !betasOf(request).includes("oauth-2025-04-20")) return NOT_SUPPORTED;
  const known = issued.get(shown);
  if (!known) {
    const wholeLooking = shown.startsWith(ACCESS_PREFIX) && shown.length >= 100;
    return error(401, "authentication_error", wholeLooking ? "OAuth access token is invalid." : "Invalid bearer token");
  }
  if (known.state === "revoked") return REVOKED;
  if (known.state === "expired") return error(401, "authentication_error", EXPIRED);
  if (known.state === "not-allowed") return NOT_ALLOWED;
  const needed = profile ? ["user:profile", "user:office"] : ["user:inference"];
  if (!needed.some((scope) => known.scopes.includes(scope))) return scopeError(needed);
  return profile ? profileOf(known) : messageFor(request, known);
}

function messageFor({ body, headers }: RecordedRequest, known: IssuedToken): Reply {
  const model = String(body?.["model"] ?? "");
  const written = Array.isArray(body?.["messages"]) && body["messages"].length > 0;
  if (headers["anthropic-version"] === undefined || !written) {
    return error(400, "invalid_request_error", "messages: Field required");
  }
  if (!model.startsWith("claude-")) return error(404, "not_found_error", `model: ${model}`);
  // Larger models serve a subscription's token only with the line that Claude Code begins with.
  if (!model.includes("haiku") && !String(body?.["system"] ?? "").startsWith(THE_LINE)) return NOT_THE_PROGRAM;
  const { limitedUntil } = known;
  if (limitedUntil !== undefined) return limited({ "anthropic-ratelimit-unified-reset": String(limitedUntil) });
  return {
    status: 200,
    headers: { "anthropic-ratelimit-unified-status": "allowed" },
    body: {
      id: `msg_${randomBytes(12).toString("hex")}`,
      type: "message",
      role: "assistant",
      model,
      content: [{ type: "text", text: "Hi" }],
      stop_reason: "max_tokens",
      stop_sequence: null,
      usage: { input_tokens: 8, output_tokens: 1 },
    },
  };
}

function profileOf({ plan }: IssuedToken): Reply {
  const { uuid, email_address } = accountOf(randomUUID());
  const account = { uuid, email: email_address, display_name: "P", full_name: "P" };
  const organization = { uuid: randomUUID(), organization_type: plan, rate_limit_tier: "default_claude_max_5x" };
  return { status: 200, body: { account, organization } };
}

const error = (status: number, type: string, message: string, headers: Record<string, string> = {}): Reply => ({
  status,
  headers,
  body: apiError(type, message),
});

const EXPIRED = "OAuth token has expired. Please obtain a new token or refresh your existing token.";
const REVOKED = error(403, "permission_error", "OAuth token has been revoked. Please obtain a new token.");
const NOT_ALLOWED_TEXT = "OAuth authentication is currently not allowed for this organization.";
const NOT_ALLOWED = error(403, "permission_error", NOT_ALLOWED_TEXT);
const NOT_SUPPORTED = error(401, "authentication_error", "OAuth authentication is currently not supported.");
const NOT_THE_PROGRAM = error(429, "rate_limit_error", "Error");

function scopeError(needed: readonly string[]): Reply {
  const list = needed.length > 1 ? `any_of(${needed.join(", ")})` : needed.join("");
  return error(403, "permission_error", `OAuth token does not meet scope requirement ${list}`);
}

const limited = (headers: Record<string, string>): Reply =>
  error(429, "rate_limit_error", "This request would exceed your account's rate limit. Please try again later.", {
    "anthropic-ratelimit-unified-status": "rejected",
    ...headers,
  });

const ONLY_CLAUDE_CODE =
  "This credential is only authorized for use with Claude Code and cannot be used for other API requests.";

const html = (status: number): Reply => ({ status, body: `<html><title>${status}</title></html>` });

/** s since 1970. */
export const RESET = 1_900_000_800;

const scopeCode = (scope: string): Reply => ({
  status: 401,
  body: {
    type: "error",
    error: {
      type: "authentication_error",
      message: "Not this one.",
      details: { required_scopes: [scope], match: "any", error_code: "oauth_scope_insufficient" },
    },
  },
});

const row =
  (...on: AnthropicEndpoint[]) =>
  (id: string, reply: Reply, says: Says): CheckRow<AnthropicEndpoint>[] =>
    on.map((endpoint) => ({ id: `${id} (${endpoint})`, on: endpoint, says, ...reply }));
const both = row("profile", "messages");
const messages = row("messages");
const profile = row("profile");
const bad = (message: string) => error(400, "invalid_request_error", message);

/** Shown with a token of 108 characters that begins as it should. */
export const ANTHROPIC_ROWS: readonly CheckRow<AnthropicEndpoint>[] = [
  ...both("not known", error(401, "authentication_error", "OAuth access token is invalid."), "refused:revoked"),
  ...both("no token at all", error(401, "authentication_error", "Invalid bearer token"), "refused:cut-off"),
  ...both(
    "not found or malformed",
    error(401, "authentication_error", "Invalid OAuth token. The provided token was not found or is malformed."),
    "refused:revoked",
  ),
  ...both(
    "not authenticated",
    error(401, "authentication_error", "Invalid authentication credentials"),
    "refused:revoked",
  ),
  ...both("a 401 in new words", error(401, "authentication_error", "Nope."), "refused:revoked"),
  ...both("revoked", REVOKED, "refused:revoked"),
  ...both("revoked, 401", error(401, "authentication_error", "OAuth token has been revoked."), "refused:revoked"),
  ...both("expired", error(401, "authentication_error", EXPIRED), "refused:revoked"),
  ...both("not allowed", NOT_ALLOWED, "refused:not-allowed"),
  ...both("not allowed, 401", error(401, "authentication_error", NOT_ALLOWED_TEXT), "refused:not-allowed"),
  ...both("disabled", bad("This organization has been disabled."), "refused:not-allowed"),
  ...messages("no scope to ask a model", scopeError(["user:inference"]), "refused:scope-missing"),
  ...messages("no scope, by its code", scopeCode("user:inference"), "refused:scope-missing"),
  ...profile("no scope for the profile", scopeError(["user:profile", "user:office"]), "valid"),
  ...profile("no scope, by its code", scopeCode("user:profile"), "valid"),
  ...both("OAuth not supported", NOT_SUPPORTED, "unknown"),
  ...both("a 403 in new words", error(403, "permission_error", "Nope."), "unknown"),
  ...both(
    "the region",
    { status: 403, body: { error: { type: "forbidden", message: "Request not allowed" } } },
    "unknown",
  ),
  ...both("a page, 401", html(401), "unknown"),
  ...both("a page, 403", html(403), "unknown"),
  ...both("a page, 404", html(404), "unknown"),
  ...both("a page, 400", html(400), "unknown"),
  ...both("a gateway's 401", { status: 401, body: { error: { type: "unauthorized", message: "x" } } }, "unknown"),
  ...both("a gateway's 400", { status: 400, body: { error: { type: "bad_request", message: "x" } } }, "unknown"),
  ...both("another 401 with JSON", { status: 401, body: { message: "Unauthorized" } }, "unknown"),
  ...both("a portal's page, 200", html(200), "unknown"),
  ...both("another JSON, 200", { status: 200, body: { ok: true } }, "unknown"),
  ...both("a redirection", { status: 302, headers: { location: "https://portal.example/" }, body: "" }, "unknown"),
  ...both("limited", limited({ "anthropic-ratelimit-unified-reset": String(RESET) }), "limited"),
  ...both("limited, until nobody knows", limited({}), "limited"),
  ...both("limited, until nonsense", limited({ "anthropic-ratelimit-unified-reset": "soon" }), "limited"),
  ...both("too many requests, within the plan", limited({ "anthropic-ratelimit-unified-status": "allowed" }), "valid"),
  ...both("a bare 429", NOT_THE_PROGRAM, "unknown"),
  ...both("a 429 with retry-after", { ...NOT_THE_PROGRAM, headers: { "retry-after": "3600" } }, "unknown"),
  ...both("a page, 429", html(429), "unknown"),
  ...messages("a model that is gone", error(404, "not_found_error", "model: claude-haiku-4-5"), "valid"),
  ...messages("only for Claude Code", bad(ONLY_CLAUDE_CODE), "valid"),
  ...messages("the larger models' refusal", bad("Error"), "valid"),
  ...messages(
    "extra usage",
    bad("You're out of extra usage. Add more at claude.ai/settings/usage and keep going."),
    "valid",
  ),
  ...messages(
    "third-party programs",
    bad("Third-party apps now draw from your extra usage, not your plan limits."),
    "valid",
  ),
  ...profile("an endpoint that is gone", error(404, "not_found_error", "Not Found"), "unknown"),
  ...profile("a request that is not understood", bad("Error"), "unknown"),
  ...both("a fault", error(500, "api_error", "Internal server error"), "unknown"),
  ...both("a fault that names a token", error(503, "authentication_error", "OAuth token has been revoked."), "unknown"),
  ...both("a gateway's page", html(502), "unknown"),
  ...both("overload", error(529, "overloaded_error", "Overloaded"), "unknown"),
];

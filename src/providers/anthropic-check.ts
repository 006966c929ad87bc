import type { Credential } from "../credential/credential.ts";
import { possibleTime } from "../duration.ts";
import { jsonObject } from "../world/answer.ts";
import type { HttpAnswer } from "../world/world.ts";
import { type Check, refused, saysNothing, type Verdict } from "./check.ts";

const API = "https://api.anthropic.com";

/**
 * A setup token has no scope for the profile, so it is shown with a message of one token, which is counted
 * against the plan. The message is what it is: it has no system prompt in which we would call ourselves Claude
 * Code, no beta flag of Claude Code, and our own user agent. The larger models refuse a subscription's token
 * without that line, with a 429 or a 400 that looks like something else; this one is reported to take it
 * (anthropics/claude-code#40515, #87420; NousResearch/hermes-agent#15080). That a newer small model does so too
 * is not known. A model that is gone, or a refusal to serve us instead of Claude Code, still shows that the
 * provider knows the token.
 */
const MODEL = "claude-haiku-4-5";
/** Without it the API takes no bearer tokens at all. */
const BETA = "oauth-2025-04-20";

/**
 * A whole token is reported to have 108 characters (openclaw/openclaw#53464, max-sixty/tend#398), and refused ones of
 * 79 and 80 to be what a terminal's first line holds of it (openclaw/openclaw#33173; one reporter took 79 for whole:
 * anthropics/claude-code#65320). A length alone proves nothing: it only tells what a refusal is likely to mean.
 */
const WHOLE_LENGTH = 100;

export const check: Check = {
  request(credential, { userAgent, timeoutMs }) {
    const headers = {
      authorization: `Bearer ${credential.access?.reveal() ?? ""}`,
      accept: "application/json",
      "content-type": "application/json",
      "user-agent": userAgent,
    };
    if (hasProfile(credential)) {
      const url = `${API}/api/oauth/profile`;
      return { method: "GET", url, headers: { ...headers, "cache-control": "no-cache" }, timeoutMs, fresh: true };
    }
    return {
      method: "POST",
      url: `${API}/v1/messages?beta=true`,
      headers: { ...headers, "anthropic-version": "2023-06-01", "anthropic-beta": BETA },
      body: JSON.stringify({ model: MODEL, max_tokens: 1, messages: [{ role: "user", content: "Hi" }] }),
      timeoutMs,
      fresh: true,
    };
  },

  interpret(answer, credential) {
    const body = jsonObject(answer);
    const { status } = answer;
    const profile = hasProfile(credential);
    if (status === 200) {
      if (profile)
        return body?.["account"] instanceof Object ? { type: "valid", plan: planOf(body) } : saysNothing(answer);
      return body?.["type"] === "message" ? { type: "valid" } : saysNothing(answer);
    }
    if (status === 429) return readLimit(answer);
    const error = apiError(body);
    if (!error) return saysNothing(answer);
    if (status === 401 || status === 403) return readRefusal(answer, error, profile, credential);
    // Both come after the token was accepted. A subscription that is banned or unpaid: claude-code#60648.
    if (status === 400 && /organization has been disabled/i.test(error.message)) return refused("not-allowed");
    const accepted = !profile && (status === 400 || status === 404);
    return accepted ? { type: "valid" } : saysNothing(answer);
  },
};

const hasProfile = ({ scopes }: Credential): boolean => scopes?.includes("user:profile") ?? false;

interface ApiError {
  readonly message: string;
  readonly code: unknown;
}

/**
 * The API's own error: `{"type":"error","error":{"type","message","details"?}}`. What the edge in front of it
 * answers has no outer `type`, as `{"error":{"type":"forbidden","message":"Request not allowed"}}`, which tells of
 * the region or the network (claude-code#1613).
 */
function apiError(body: Record<string, unknown> | undefined): ApiError | undefined {
  const error = body?.["error"];
  if (body?.["type"] !== "error" || !(error instanceof Object)) return undefined;
  const { message, details } = error as { message?: unknown; details?: { error_code?: unknown } | null };
  return { message: typeof message === "string" ? message : "", code: details?.error_code };
}

/**
 * The wordings, with where they were reported:
 * - 401 or 403 “OAuth token has been revoked.” (claude-code#9635, #29497), 401 “OAuth token has expired.” (#33811);
 * - 403 “OAuth token does not meet scope requirement user:profile” (claude-code#22450; with a code of its own in
 *   getpaseo/paseo#4092);
 * - 401 or 403 “OAuth authentication is currently not allowed for this organization.” (claude-code#6590, #65101);
 * - 401 “OAuth authentication is currently not supported.”: to a request without the beta flag, and in faults of the
 *   service (claude-code#6131);
 * - 401 “Invalid bearer token”: to a token that was cut off, and to an API key (claude-code#54738,
 *   alibaba/open-code-review#71);
 * - 401 “OAuth access token is invalid.”: to a whole token that is not known (claude-code-action#1613);
 * - 401 “Invalid OAuth token. The provided token was not found or is malformed.” (claude-code#3247), and
 *   “Invalid authentication credentials” (#54443), of tokens that had worked before.
 */
function readRefusal(
  answer: HttpAnswer,
  { message, code }: ApiError,
  profile: boolean,
  credential: Credential,
): Verdict {
  if (code === "oauth_scope_insufficient" || /scope requirement/i.test(message)) {
    // No job needs the profile: a token that may not read it is known, and runs a model (alp82/curia#162).
    return profile ? { type: "valid" } : refused("scope-missing");
  }
  if (/not allowed for this organization/i.test(message)) return refused("not-allowed");
  if (/token\b.*\b(revoked|expired)/i.test(message)) return refused("revoked");
  if (answer.status === 403 || /not supported/i.test(message)) return saysNothing(answer);
  const token = credential.access?.reveal() ?? "";
  if (!token.startsWith("sk-ant-oat")) return refused("wrong-kind");
  return refused(token.length < WHOLE_LENGTH || /bearer token/i.test(message) ? "cut-off" : "revoked");
}

/**
 * A plan's limit comes with `anthropic-ratelimit-unified-status: rejected` and its end in seconds
 * (claude-code-action#1614). A 429 without these headers is a limit at the edge, or a refusal to serve a program
 * that is not Claude Code (claude-code#87420, anthropic-sdk-csharp#232). With another status the token was accepted
 * and only this request came too soon.
 */
function readLimit(answer: HttpAnswer): Verdict {
  const status = answer.headers["anthropic-ratelimit-unified-status"];
  if (status === undefined) return saysNothing(answer);
  if (status !== "rejected") return { type: "valid" };
  return { type: "limited", resetAt: possibleTime(Number(answer.headers["anthropic-ratelimit-unified-reset"]) * 1000) };
}

/** `max` of `claude_max`; nothing but such a name, as it goes into the log. */
function planOf(body: Record<string, unknown>): string | undefined {
  const { organization_type: type } = (body["organization"] ?? {}) as { organization_type?: unknown };
  return typeof type === "string" ? /^claude_([a-z_]{1,20})$/.exec(type)?.[1] : undefined;
}

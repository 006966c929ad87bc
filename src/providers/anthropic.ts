import type { Credential } from "../credential/credential.ts";
import { possibleTime } from "../duration.ts";
import { readScopes } from "../credential/claude-file.ts";
import type { Outcome } from "../refresh/outcome.ts";
import { secretOf } from "../secret.ts";
import { jsonObject, retryAfter } from "../world/answer.ts";
import type { HttpAnswer } from "../world/world.ts";
import type { Provider, RequestSettings } from "./provider.ts";

/** The public client of Claude Code (no secret belongs to it). */
const CLIENT_ID = "9d1c250a-e61b-44d9-88ed-5944d1962f5e";
const TOKEN_URL = "https://platform.claude.com/v1/oauth/token";

export const anthropic: Provider = {
  name: "anthropic",

  refreshRequest(credential: Credential, settings: RequestSettings) {
    const scope = settings.scope;
    const fields = {
      grant_type: "refresh_token",
      refresh_token: credential.refresh?.reveal() ?? "",
      client_id: settings.clientId ?? credential.clientId ?? CLIENT_ID,
      // Without `scope` the answer has those of the sign-in (RFC 6749, section 6), so none is sent by default.
      ...(scope !== undefined && { scope }),
    };
    const form = settings.requestFormat === "form";
    return {
      method: "POST",
      url: settings.tokenUrl ?? TOKEN_URL,
      headers: {
        "content-type": form ? "application/x-www-form-urlencoded" : "application/json",
        accept: "application/json",
        "user-agent": settings.userAgent,
      },
      body: form ? new URLSearchParams(fields).toString() : JSON.stringify(fields),
      timeoutMs: settings.timeoutMs,
      fresh: true,
    };
  },

  interpret(answer: HttpAnswer, receivedAt: number): Outcome {
    const body = jsonObject(answer);
    if (answer.status >= 200 && answer.status < 300)
      return body ? readTokens(body, answer.date ?? receivedAt) : unclear("200 without JSON");
    return readRefusal(answer, body, receivedAt);
  },
};

function readTokens(body: Record<string, unknown>, serverTime: number): Outcome {
  const access = secretOf(body["access_token"]);
  const refresh = secretOf(body["refresh_token"]);
  if (!access && !refresh) return unclear("200 without tokens");
  return {
    type: "refreshed",
    tokens: {
      access,
      refresh,
      accessExpiresAt: after(serverTime, body["expires_in"]),
      loginExpiresAt: after(serverTime, body["refresh_token_expires_in"]),
      scopes: readScopes(body["scope"]),
      accountUuid: uuidOf(body["account"]),
      organizationUuid: uuidOf(body["organization"]),
    },
  };
}

/** Errors come as RFC 6749 has them (`error`: text) or as the API has them (`error`: { type }). */
function readRefusal(answer: HttpAnswer, body: Record<string, unknown> | undefined, receivedAt: number): Outcome {
  const { status } = answer;
  if (status === 429) return { type: "throttled", status, retryAfterMs: retryAfter(answer, receivedAt) };
  if (status >= 500) return unclear(`status ${status}`);
  const error = body?.["error"];
  const code = typeof error === "string" ? error : (error as { type?: unknown } | null | undefined)?.type;
  const description = typeof body?.["error_description"] === "string" ? body["error_description"] : "";
  const page = body?.["error_uri"];

  // An account on hold comes as invalid_grant too, but with a page for its owner: that login is not dead.
  if (code === "access_denied" || (code === "invalid_grant" && typeof page === "string")) {
    return { type: "attention", page: typeof page === "string" ? safePage(page) : undefined };
  }
  // Not the token endpoint's own words: an address or agent filter in front of it.
  if (status === 403 || status === 404) return { type: "throttled", status, retryAfterMs: undefined };
  if (code === "invalid_grant") {
    if (/expired/i.test(description)) return { type: "refused", why: "login-ended" };
    const orphan = /no (organization|account) associated/i.test(description);
    return { type: "refused", why: orphan ? "no-account" : "spent-or-revoked" };
  }
  if (typeof code === "string" && MISTAKES.has(code)) return { type: "mistake", error: code };
  return unclear(`status ${status}`);
}

const MISTAKES = new Set([
  "invalid_scope",
  "invalid_client",
  "unauthorized_client",
  "unsupported_grant_type",
  "invalid_request",
  "invalid_request_error",
]);

const unclear = (reason: string): Outcome => ({ type: "ambiguous", reason });

function uuidOf(value: unknown): string | undefined {
  const uuid = (value as { uuid?: unknown } | null | undefined)?.uuid;
  return typeof uuid === "string" ? uuid : undefined;
}

function after(serverTime: number, seconds: unknown): number | undefined {
  const count = Number(typeof seconds === "string" ? seconds : (seconds ?? 0));
  return count > 0 ? possibleTime(serverTime + count * 1000) : undefined;
}

/** Only an https address without a query is shown: nothing else that a server sends reaches the log. */
function safePage(page: string): string | undefined {
  return /^https:\/\/[\w.-]+(\/[\w./-]*)?$/.test(page) ? page : undefined;
}

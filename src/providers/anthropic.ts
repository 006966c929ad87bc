import type { Credential } from "../credential/credential.ts";
import type { Outcome } from "../refresh/outcome.ts";
import type { HttpAnswer } from "../world/world.ts";
import { after, type Body, type Dialect, MISTAKES, readTokenAnswer, safePage, turnedAway, unclear } from "./answer.ts";
import type { Asking, Provider, RequestSettings } from "./provider.ts";
import { tokenRequest } from "./request.ts";

/** The public client of Claude Code (no secret belongs to it). */
const CLIENT_ID = "9d1c250a-e61b-44d9-88ed-5944d1962f5e";
const TOKEN_URL = "https://platform.claude.com/v1/oauth/token";

export const anthropic: Provider = {
  name: "anthropic",

  refreshRequest(credential: Credential, settings: RequestSettings) {
    const { scope } = settings;
    const fields = {
      grant_type: "refresh_token",
      refresh_token: credential.refresh?.reveal() ?? "",
      client_id: settings.clientId ?? credential.clientId ?? CLIENT_ID,
      // Without `scope` the answer has those of the sign-in (RFC 6749, section 6), so none is sent by default.
      ...(scope !== undefined && { scope }),
    };
    return tokenRequest(settings.tokenUrl ?? TOKEN_URL, fields, settings, "json");
  },

  interpret: (answer: HttpAnswer, receivedAt: number) => readTokenAnswer(answer, receivedAt, DIALECT),

  /** The official client answers `invalid_scope` with the scopes that the login is known to have. */
  amend({ credential, settings }: Asking, error: string) {
    const scope = credential.scopes?.join(" ");
    if (error !== "invalid_scope" || !scope || scope === settings.scope) return undefined;
    return { credential, settings: { ...settings, scope } };
  },
};

const DIALECT: Dialect = {
  more: (body, serverTime) => ({
    loginExpiresAt: after(serverTime, body["refresh_token_expires_in"]),
    accountUuid: uuidOf(body["account"]),
    organizationUuid: uuidOf(body["organization"]),
  }),

  /** Errors come as RFC 6749 has them (`error`: text) or as the API has them (`error`: { type }). */
  refusal(answer: HttpAnswer, body: Body | undefined): Outcome {
    const { status } = answer;
    const error = body?.["error"];
    const code = typeof error === "string" ? error : (error as { type?: unknown } | null | undefined)?.type;
    const description = typeof body?.["error_description"] === "string" ? body["error_description"] : "";
    const page = body?.["error_uri"];

    // An account on hold comes as invalid_grant too, but with a page for its owner: that login is not dead.
    if (code === "access_denied" || (code === "invalid_grant" && typeof page === "string")) {
      return { type: "attention", page: safePage(page) };
    }
    // Not the token endpoint's own words.
    if (status === 403 || status === 404) return turnedAway(answer);
    if (code === "invalid_grant") {
      if (/expired/i.test(description)) return { type: "refused", why: "login-ended" };
      const orphan = /no (organization|account) associated/i.test(description);
      return { type: "refused", why: orphan ? "no-account" : "spent-or-revoked" };
    }
    return typeof code === "string" && MISTAKES.has(code)
      ? { type: "mistake", error: code }
      : unclear(`status ${status}`);
  },
};

function uuidOf(value: unknown): string | undefined {
  const uuid = (value as { uuid?: unknown } | null | undefined)?.uuid;
  return typeof uuid === "string" ? uuid : undefined;
}

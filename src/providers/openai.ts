import type { Credential } from "../credential/credential.ts";
import { readJwt } from "../credential/jwt.ts";
import type { Outcome } from "../refresh/outcome.ts";
import { secretOf } from "../secret.ts";
import type { HttpAnswer } from "../world/world.ts";
import { after, type Body, type Dialect, isPage, MISTAKES, readTokenAnswer, turnedAway, unclear } from "./answer.ts";
import type { Provider, RequestSettings } from "./provider.ts";
import { tokenRequest } from "./request.ts";

/** The public client of Codex (no secret belongs to it). */
const CLIENT_ID = "app_EMoamEEZ73f0CkXaXp7hrann";
const TOKEN_URL = "https://auth.openai.com/oauth/token";

export const openai: Provider = {
  name: "openai",

  refreshRequest(credential: Credential, settings: RequestSettings) {
    const { scope } = settings;
    const fields = {
      client_id: settings.clientId ?? credential.clientId ?? CLIENT_ID,
      grant_type: "refresh_token",
      refresh_token: credential.refresh?.reveal() ?? "",
      ...(scope !== undefined && { scope }),
    };
    return tokenRequest(settings.tokenUrl ?? TOKEN_URL, fields, settings, "json");
  },

  interpret: (answer: HttpAnswer, receivedAt: number) => readTokenAnswer(answer, receivedAt, DIALECT),
};

/** Its own words for a refresh token that is good for nothing any more. */
const REFUSED = new Map<unknown, Extract<Outcome, { type: "refused" }>["why"]>([
  ["refresh_token_reused", "spent"],
  ["refresh_token_expired", "login-ended"],
  ["refresh_token_invalidated", "revoked"],
  ["invalid_grant", "spent-or-revoked"],
]);

const DIALECT: Dialect = {
  /** The tokens are JWTs that tell their end and whose they are; of a person's address nothing is kept. */
  more(body, serverTime) {
    const [access, id] = [body["access_token"], body["id_token"]].map((token) =>
      typeof token === "string" ? readJwt(token) : undefined,
    );
    return {
      accessExpiresAt: access?.expiresAt ?? after(serverTime, body["expires_in"]),
      idToken: secretOf(body["id_token"]),
      accountId: id?.accountId ?? access?.accountId,
      plan: id?.plan ?? access?.plan,
    };
  },

  refusal(answer: HttpAnswer, body: Body | undefined): Outcome {
    const { status } = answer;
    // Not the token endpoint's own words.
    if (status === 403 || status === 404 || isPage(answer)) return turnedAway(answer);
    const { said, code } = readError(body);
    const why = REFUSED.get(code);
    if (why) return { type: "refused", why };
    if (code !== undefined && MISTAKES.has(code)) return { type: "mistake", error: code };
    // It has more words for a token that it does not take, all of them with 401.
    return said && status === 401 ? { type: "refused", why: "spent-or-revoked" } : unclear(`status ${status}`);
  },
};

/** The code is looked for where Codex looks for it. `said`: whether this is an error in the endpoint's own form. */
function readError(body: Body | undefined): { said: boolean; code: string | undefined } {
  const { error, code: top } = body ?? {};
  const inner = error instanceof Object ? (error as { code?: unknown }).code : error;
  const code = [inner, top].find((value) => typeof value === "string")?.toLowerCase();
  return { said: error instanceof Object || code !== undefined, code };
}

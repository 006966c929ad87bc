import { type Credential, EMPTY } from "../credential/credential.ts";
import { readScopes } from "../credential/claude-file.ts";
import { possibleTime } from "../duration.ts";
import { secretOf } from "../secret.ts";

/**
 * The answer of a token endpoint (RFC 6749, section 5.1), stored by a person. Its `expires_in` counted from a
 * moment that nobody wrote down, so only an absolute end is used, under the names that the usual programs give it:
 * `expires_at` (s, as Strava's), `expiry` (ISO 8601, as Google's), `expiry_date` (ms, as Google's).
 * Undefined if it holds no token.
 */
export function readTokenAnswer(fields: Readonly<Record<string, unknown>>, now: number): Credential | undefined {
  const access = secretOf(fields["access_token"] ?? fields["token"]);
  const refresh = secretOf(fields["refresh_token"]);
  if (!access && !refresh) return undefined;
  const clientId = fields["client_id"];
  return {
    ...EMPTY,
    provider: "custom",
    kind: refresh ? "login" : "access",
    access,
    refresh,
    // An access token of unknown age is taken for ended, where it can be renewed.
    accessExpiresAt: readEnd(fields) ?? (refresh && access ? now : undefined),
    scopes: readScopes(fields["scope"] ?? fields["scopes"]),
    clientId: typeof clientId === "string" ? clientId : undefined,
  };
}

function readEnd({ expires_at, expiry, expiry_date }: Readonly<Record<string, unknown>>): number | undefined {
  for (const value of [expires_at, expiry, expiry_date]) {
    const isText = typeof value === "string";
    if (!isText && typeof value !== "number") continue;
    const time = isText && !/^\d+$/.test(value) ? Date.parse(value) : Number(value);
    // 1e11 as ms is 1973, as s the year 5138.
    const end = possibleTime(time > 1e11 ? time : time * 1000);
    if (end !== undefined) return end;
  }
  return undefined;
}

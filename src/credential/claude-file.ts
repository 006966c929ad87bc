import { possibleTime } from "../duration.ts";
import { secretOf } from "../secret.ts";
import { type Credential, EMPTY } from "./credential.ts";

const DAY_MS = 86_400_000;

/**
 * Reads the `claudeAiOauth` object of Claude Code's `.credentials.json`, in any generation of its schema.
 * Times may be ms, s, numeric text or ISO 8601; scopes an array or one text. Undefined if it holds no token.
 * An empty refresh token is Claude's own mark of a dead login, never a value.
 */
export function readClaudeOauth(
  oauth: Readonly<Record<string, unknown>>,
  now: number,
  notice: (text: string) => void = () => {},
): Credential | undefined {
  const {
    accessToken,
    refreshToken,
    expiresAt,
    refreshTokenExpiresAt,
    scopes,
    clientId,
    subscriptionType,
    loginEnded: _ended, // Claude's mark on a dead login: not to be carried on to a living one
    ...other
  } = oauth;
  const access = secretOf(accessToken);
  const refresh = secretOf(refreshToken);
  if (!access && !refresh) return undefined;
  const accessExpiresAt = readTime(expiresAt, notice);
  const scopeList = readScopes(scopes);
  // Nobody but `claude setup-token` gives out a bearer for inference alone that lives for months.
  const long = accessExpiresAt === undefined || accessExpiresAt - now > 60 * DAY_MS;
  const setup = !refresh && long && scopeList?.join() === "user:inference";
  return {
    ...EMPTY,
    kind: refresh ? "login" : setup ? "setup-token" : "access",
    access,
    refresh,
    accessExpiresAt,
    loginExpiresAt: refresh ? readTime(refreshTokenExpiresAt, notice) : undefined,
    scopes: scopeList,
    clientId: typeof clientId === "string" ? clientId : undefined,
    plan: typeof subscriptionType === "string" ? subscriptionType : undefined,
    other,
  };
}

/**
 * The `claudeAiOauth` object for a credential. Without `full` it holds the access token alone: `refreshToken`
 * null makes Claude Code never refresh, and `expiresAt` null hides it from programs that import Claude's logins.
 * `scopes` must be an array with `user:inference`: the program takes anything else for logged out.
 */
export function writeClaudeOauth(credential: Credential, full: boolean): Record<string, unknown> {
  const { access, refresh, accessExpiresAt, loginExpiresAt, scopes, clientId, plan, other } = credential;
  const { rateLimitTier = null, ...rest } = other;
  return {
    accessToken: access?.reveal() ?? "",
    refreshToken: full && refresh ? refresh.reveal() : null,
    expiresAt: full ? (accessExpiresAt ?? null) : null,
    ...(full && loginExpiresAt !== undefined && { refreshTokenExpiresAt: loginExpiresAt }),
    scopes: scopes && scopes.length > 0 ? scopes : ["user:inference"],
    subscriptionType: plan ?? null,
    rateLimitTier,
    ...(full && clientId !== undefined && { clientId }),
    ...rest,
  };
}

export function readScopes(value: unknown): string[] | undefined {
  const list = typeof value === "string" ? value.split(/[\s,]+/) : Array.isArray(value) ? value : [];
  const scopes = list.filter((scope) => typeof scope === "string" && scope !== "");
  return scopes.length > 0 ? scopes : undefined;
}

/** ms since 1970 from ms, s, numeric text or ISO 8601; undefined for anything else, 0 included. */
function readTime(value: unknown, notice: (text: string) => void): number | undefined {
  const number = typeof value === "string" && /^\d+$/.test(value) ? Number(value) : value;
  if (typeof number === "string") return possibleTime(Date.parse(number));
  if (typeof number !== "number") return undefined;
  if (number > 1e11 || number <= 0) return possibleTime(number); // 1e11 ms is 1973, 1e11 s is the year 5138
  notice("The credential gives a time in seconds where Claude Code uses milliseconds; it was read as seconds.");
  return number * 1000;
}

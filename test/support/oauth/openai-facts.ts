/** What OpenAI's ChatGPT login is made of, as its public client shows it. Tokens here are invented. */
import { randomBytes, randomUUID } from "node:crypto";

/** The public client of Codex; it has no secret. */
export const CLIENT_ID = "app_EMoamEEZ73f0CkXaXp7hrann";
export const REFRESH_PREFIX = "rt_";

/** What Codex asks for at sign-in, and what a login has here. */
export const LOGIN_SCOPES = [
  "openid",
  "profile",
  "email",
  "offline_access",
  "api.connectors.read",
  "api.connectors.invoke",
] as const;

/** Why Codex says that it refreshes; the field is optional. */
export const REFRESH_REASONS = ["proactive_expiry", "scheduled", "unauthorized_recovery"] as const;

/** Seconds: about the usual life of an access token (10 days). */
export const ACCESS_SECONDS = 864_000;

export type Account = {
  accountId: string;
  userId: string;
  email: string;
  plan: string;
};

export type OpenaiAnswer = {
  id_token: string;
  access_token: string;
  refresh_token?: string;
  token_type: string;
  /** Seconds. */
  expires_in: number;
  scope: string;
};

export function newAccount({ accountId = randomUUID(), plan = "plus" }: Partial<Account> = {}): Account {
  return { accountId, userId: `user-${randomUUID()}`, email: `person-${accountId.slice(0, 8)}@example.com`, plan };
}

export const newRefreshToken = (): string => REFRESH_PREFIX + randomBytes(48).toString("base64url");

/** `from` and `until` in ms since 1970. */
export type Life = { from: number; until: number };

/** With `exp`, the account's id and the plan in its payload. */
export function newAccessToken(account: Account, life: Life): string {
  return newJwt({
    ...common(account, life),
    aud: ["https://api.openai.com/v1"],
    client_id: CLIENT_ID,
    scp: LOGIN_SCOPES,
    "https://api.openai.com/profile": { email: account.email, email_verified: true },
  });
}

export function newIdToken(account: Account, life: Life): string {
  return newJwt({ ...common(account, life), aud: [CLIENT_ID], email: account.email, email_verified: true });
}

function common({ accountId, userId, plan }: Account, { from, until }: Life): Record<string, unknown> {
  return {
    iss: "https://auth.openai.com",
    sub: userId,
    jti: randomUUID(),
    iat: Math.floor(from / 1000),
    exp: Math.floor(until / 1000),
    "https://api.openai.com/auth": {
      chatgpt_account_id: accountId,
      chatgpt_plan_type: plan,
      chatgpt_user_id: userId,
      user_id: userId,
    },
  };
}

/** A JSON Web Token whose signature nobody can check: those who hold it do not. */
export function newJwt(payload: object): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const header = { alg: "RS256", kid: randomUUID(), typ: "JWT" };
  return `${part(header)}.${part(payload)}.${randomBytes(256).toString("base64url")}`;
}

/** An error in the endpoint's own shape. */
export function openaiError(code: string | null, message: string): object {
  return { error: { message, type: "invalid_request_error", param: null, code } };
}

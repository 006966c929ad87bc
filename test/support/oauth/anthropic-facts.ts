/** What Anthropic's login is made of, as its public client shows it. Tokens here are invented. */
import { randomBytes } from "node:crypto";

/** The public client of Claude Code; it has no secret. */
export const CLIENT_ID = "9d1c250a-e61b-44d9-88ed-5944d1962f5e";
export const ACCESS_PREFIX = "sk-ant-oat01-";
export const REFRESH_PREFIX = "sk-ant-ort01-";

/** The scopes of a full login. */
export const LOGIN_SCOPES = [
  "org:create_api_key",
  "user:profile",
  "user:inference",
  "user:sessions:claude_code",
  "user:mcp_servers",
  "user:file_upload",
  "user:plugins",
] as const;

/** What the client asks for when it refreshes, and what a login has here unless a test says more. */
export const REFRESH_SCOPE = LOGIN_SCOPES.slice(1).join(" ");

/** Seconds: the usual life of an access token, and of a login from sign-in to its end. */
export const ACCESS_SECONDS = 28_800;
export const LOGIN_SECONDS = 2_592_000;

export type TokenAnswer = {
  token_type: string;
  access_token: string;
  expires_in: number;
  refresh_token?: string;
  refresh_token_expires_in?: number;
  scope: string;
  account: { uuid: string; email_address: string };
  organization: { uuid: string; name: string };
};

export function randomToken(prefix: string): string {
  return prefix + randomBytes(32).toString("base64url");
}

export function accountOf(uuid: string): TokenAnswer["account"] {
  return { uuid, email_address: `person-${uuid.slice(0, 8)}@example.com` };
}

/** An error in the API's own shape. */
export function apiError(type: string, message: string): object {
  return { type: "error", error: { type, message }, request_id: newRequestId() };
}

export function newRequestId(): string {
  return `req_${randomBytes(12).toString("hex")}`;
}

import { possibleTime } from "../duration.ts";
import { parseObject } from "../json.ts";

/** What the payload of OpenAI's tokens tells; each is undefined if it does not stand there. */
export interface JwtClaims {
  /** ms since 1970, by the provider's clock. */
  readonly issuedAt: number | undefined;
  /** ms since 1970, by the provider's clock. */
  readonly expiresAt: number | undefined;
  readonly accountId: string | undefined;
  readonly plan: string | undefined;
}

/** Where OpenAI puts its own claims. */
const OPENAI_CLAIMS = "https://api.openai.com/auth";

/**
 * Reads a JSON Web Token (RFC 7519) without verifying it: what it says is a hint, never a permission.
 * Undefined if it is none, which is no error: an access token may as well be opaque.
 */
export function readJwt(token: string): JwtClaims | undefined {
  const payload = /^[\w-]+\.([\w-]+)\.[\w-]*$/.exec(token)?.[1];
  const claims = payload === undefined ? undefined : parseObject(Buffer.from(payload, "base64url").toString("utf8"));
  if (!claims) return undefined;
  const { iat, exp, [OPENAI_CLAIMS]: own } = claims;
  const { chatgpt_account_id: account, chatgpt_plan_type: plan } = (own ?? {}) as Record<string, unknown>;
  return {
    issuedAt: timeOf(iat),
    expiresAt: timeOf(exp),
    accountId: textOf(account),
    plan: textOf(plan),
  };
}

const timeOf = (value: unknown): number | undefined =>
  typeof value === "number" ? possibleTime(Math.floor(value * 1000)) : undefined;

const textOf = (value: unknown): string | undefined => (typeof value === "string" && value !== "" ? value : undefined);

import { type Credential, EMPTY } from "../credential/credential.ts";

/**
 * What gives access, and nothing by which a login could be renewed or an identity be shown. Every field is named here:
 * what a later version adds to a credential does not slip through.
 */
export function accessPart(credential: Credential): Credential {
  const { kind, provider, generation, access, accessExpiresAt, loginExpiresAt } = credential;
  const { scopes, clientId, plan, accountId, other } = credential;
  return {
    ...EMPTY,
    kind: kind === "login" ? "access" : kind,
    provider,
    generation,
    access,
    accessExpiresAt,
    loginExpiresAt,
    scopes,
    clientId,
    plan,
    accountId,
    other: Object.fromEntries(Object.entries(other).filter(([, value]) => isHarmless(value))),
  };
}

/** Fields of a program's file that we do not know: a token would be longer than an id. */
const isHarmless = (value: unknown): boolean =>
  (typeof value === "string" && value.length <= 40) || typeof value === "number" || typeof value === "boolean";

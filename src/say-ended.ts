import { type Credential, sayKind } from "./credential/credential.ts";
import { isoTime } from "./duration.ts";
import { Failure } from "./errors.ts";

/** Why an access token that has ended, or ends too soon, is not renewed. */
export function sayEnded(credential: Credential): Failure {
  const end = credential.accessExpiresAt === undefined ? "" : ` at ${isoTime(credential.accessExpiresAt)}`;
  if (credential.kind === "login") {
    return new Failure(
      "credential-ended",
      credential.access
        ? `The access token ends too soon${end}, and \`refresh: never\` forbids to renew it.`
        : "The credential holds no access token, and `refresh: never` forbids to fetch one.",
      "Let another job refresh it first, or set `refresh: auto`.",
    );
  }
  return new Failure(
    "credential-ended",
    `The ${sayKind(credential)} ended${end}, and it cannot be renewed.`,
    credential.provider === "anthropic"
      ? "Make a new one with `claude setup-token` and store it with `gh secret set`."
      : "Store a login with its refresh token, or a new access token.",
  );
}

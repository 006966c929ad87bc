import type { Credential } from "../credential/credential.ts";
import { isoTime } from "../duration.ts";
import { type Code, Failure } from "../errors.ts";
import type { Inputs } from "../inputs.ts";
import type { Outcome } from "./outcome.ts";

const SIGN_IN =
  "Sign in once more for CI and store the result: `claude setup-token` (good for a year), or " +
  "`CLAUDE_CONFIG_DIR=$(mktemp -d) claude auth login` for a login of its own.";

/** Outcomes after which the stored login is as good as before. */
const HARMLESS: ReadonlySet<Code> = new Set<Code>([
  "provider-unreachable",
  "throttled",
  "github-unreachable",
  "snapshot-stale",
  "secret-forbidden",
  "secret-not-found",
]);

/** Whether a job may go on with the access token that it has. */
export const nothingWasSpent = (failure: Failure): boolean => HARMLESS.has(failure.code);

/**
 * A refresh that did not succeed, told as what it is: only `refused` is ever called a dead login.
 *
 * @param unclearBefore whether an earlier attempt with the same token had no clear answer
 */
export function sayOutcome(
  outcome: Exclude<Outcome, { type: "refreshed" }>,
  unclearBefore: boolean,
  credential: Credential,
  inputs: Inputs,
): Failure {
  // Whatever came after an unclear answer, only a refusal tells what had become of the token.
  if (outcome.type === "ambiguous" || (unclearBefore && outcome.type !== "refused")) {
    return new Failure(
      "answer-unclear",
      `The provider gave no clear answer (${outcome.type === "ambiguous" ? outcome.reason : outcome.type}). The login may have been renewed without us.`,
      "Run the job again. If the provider then refuses the login, sign in once more.",
    );
  }
  switch (outcome.type) {
    case "not-sent":
      return new Failure(
        "provider-unreachable",
        `The provider could not be reached (${outcome.reason}); nothing was sent, and the login is as it was.`,
        "Check the network of this runner (HTTPS_PROXY, NO_PROXY, a firewall, `token-url`) and run the job again.",
      );
    case "throttled": {
      const wait =
        outcome.retryAfterMs === undefined ? "" : ` and asks to wait ${Math.ceil(outcome.retryAfterMs / 1000)} s`;
      return new Failure(
        "throttled",
        `The provider turned the request away before looking at the login (status ${outcome.status})${wait}. The login is as it was.`,
        "It limits or filters by the runner's address or by the `user-agent`: run the job again later, not in a loop. If it " +
          "happens on every run, use another runner, or a setup token, which needs no refresh.",
      );
    }
    case "refused":
      if (unclearBefore && outcome.why === "spent-or-revoked") {
        return new Failure(
          "login-lost-in-flight",
          "The answer to a refresh was lost on its way, and the provider does not accept the old token a second time: it had " +
            "renewed the login, and the new token never arrived. This login has ended.",
          SIGN_IN,
        );
      }
      if (outcome.why === "login-ended") {
        const end =
          credential.loginExpiresAt === undefined ? "" : ` (its end was ${isoTime(credential.loginExpiresAt)})`;
        return new Failure(
          "login-ended",
          `The login has reached the end that the provider gave it when it was made${end}.`,
          SIGN_IN,
        );
      }
      return new Failure(
        "login-refused",
        outcome.why === "no-account"
          ? "The provider says that no account or organisation belongs to this login any more."
          : "The provider no longer knows this login: it was revoked, or its refresh token was used elsewhere (another job, " +
              "another workflow with the same secret, or a laptop that shares the login).",
        SIGN_IN,
      );
    case "attention":
      return new Failure(
        "account-attention",
        `The provider has put the account on hold; the login itself is as it was.${outcome.page ? ` It names this page: ${outcome.page}` : ""}`,
        "The owner of the account has to sign in to the provider's site and settle it; then run the job again.",
      );
    case "mistake":
      return new Failure(
        "request-rejected",
        `The provider did not take the request (${outcome.error}); the login is as it was.`,
        inputs.request.scope !== undefined || inputs.request.clientId !== undefined
          ? "Check `scope` and `client-id`, or leave them out."
          : "If nothing was set by `token-url` or `request-format`, please report this: the provider may have changed its rules.",
      );
  }
}

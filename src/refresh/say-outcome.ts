import type { Credential } from "../credential/credential.ts";
import { isoTime } from "../duration.ts";
import { Failure } from "../errors.ts";
import type { Inputs } from "../inputs.ts";
import type { StoreResult } from "../rotation/rotate.ts";
import type { Outcome } from "./outcome.ts";
import type { Sent } from "./send.ts";

const SIGN_IN = {
  anthropic:
    "Sign in once more for CI and store the result: `claude setup-token` (good for a year), or " +
    "`CLAUDE_CONFIG_DIR=$(mktemp -d) claude auth login` for a login of its own.",
  openai:
    "Sign in once more for CI (`CODEX_HOME=$(mktemp -d) codex login`) and store the content of its `auth.json`. An API " +
    "key or a Codex access token needs no refreshing at all.",
  custom: "Sign in once more for CI and store the new refresh token.",
} as const;

const REFUSED = {
  "spent-or-revoked":
    "The provider no longer knows this login: it was revoked, or its refresh token was used elsewhere (another job, " +
    "another workflow with the same secret, or a laptop that shares the login).",
  spent:
    "The provider says that this refresh token has been used already: another job, another workflow with the same " +
    "secret, or a laptop that shares the login has its successor.",
  revoked: "The provider says that this login was revoked: by a sign-out, a change of password, or an administrator.",
  "no-account": "The provider says that no account or organisation belongs to this login any more.",
} as const;

/**
 * A refresh that did not succeed, told as what it is: only `refused` is ever called a dead login.
 *
 * @param unclearBefore whether an earlier attempt with the same token had no clear answer
 */
export function sayOutcome(
  outcome: Exclude<Sent["outcome"], { type: "refreshed" }>,
  unclearBefore: boolean,
  credential: Credential,
  inputs: Inputs,
): Failure {
  const signIn = SIGN_IN[credential.provider];
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
      if (unclearBefore && (outcome.why === "spent-or-revoked" || outcome.why === "spent")) {
        return new Failure(
          "login-lost-in-flight",
          "The answer to a refresh was lost on its way, and the provider does not accept the old token a second time: it had " +
            "renewed the login, and the new token never arrived. This login has ended.",
          signIn,
        );
      }
      if (outcome.why === "login-ended") {
        const end =
          credential.loginExpiresAt === undefined ? "" : ` (its end was ${isoTime(credential.loginExpiresAt)})`;
        return new Failure(
          "login-ended",
          `The login has reached the end that the provider gave it when it was made${end}.`,
          signIn,
        );
      }
      return new Failure("login-refused", REFUSED[outcome.why], signIn);
    case "not-taken":
      return new Failure(
        "login-not-taken",
        `${outcome.program} says that the provider did not take the login, and not why. It may have ended, been revoked, ` +
          "or been used elsewhere; the account may be on hold; or what the program asked for may not fit the login. " +
          "It was not sent again, and nothing was changed.",
        "Look at the provider's site whether the account needs something. To be told the reason, let one run renew without " +
          `\`refresh-with: cli\`. If the login has ended: ${signIn}`,
      );
    case "attention":
      return new Failure(
        "account-attention",
        `${credential.provider === "custom" ? "The provider wants its user to do something first" : "The provider has put the account on hold"}; the login itself is as it was.${outcome.page ? ` It names this page: ${outcome.page}` : ""}`,
        "The owner of the account has to sign in to the provider's site and settle it; then run the job again.",
      );
    case "mistake":
      return new Failure(
        "request-rejected",
        `The provider did not take the request (${outcome.error}); the login is as it was.`,
        credential.provider === "custom"
          ? "Check `token-url`, `client-id`, `client-secret`, `scope` and `request-format`: what the server wants stands in its documentation."
          : inputs.request.scope !== undefined || inputs.request.clientId !== undefined
            ? "Check `scope` and `client-id`, or leave them out."
            : "If nothing was set by `token-url` or `request-format`, please report this: the provider may have changed its rules.",
      );
  }
}

/** Told to stop before the refresh token was sent, or where the provider has not taken it. */
export const sayStopped = (): Failure => new Failure("cancelled", "The job was cancelled; nothing was spent.", "");

/** @param result what became of the renewed login; undefined where it is stored nowhere */
export const sayCancelled = (result: StoreResult | undefined): Failure =>
  new Failure("cancelled", `The job was cancelled while its login was being renewed. ${sayStored(result)}`, "");

/** @param result as in `sayCancelled` */
export const sayNoAccess = (result: StoreResult | undefined): Failure =>
  new Failure(
    "answer-unclear",
    `The provider renewed the login but gave no access token. ${sayStored(result)}`,
    !result
      ? "Sign in once more."
      : result.type === "moved"
        ? "Start a new run, not a re-run: it gets what stands there now."
        : "Run the job again.",
  );

function sayStored(result: StoreResult | undefined): string {
  const kept = {
    stored: "is stored",
    failed: "is left to the post step to store",
    moved: `was not stored: its place was ${
      result?.type === "moved" && result.deleted
        ? "deleted meanwhile"
        : "written by somebody else meanwhile, and theirs was kept"
    }`,
    nowhere: "is lost: there is no place to store it in",
  }[result?.type ?? "nowhere"];
  return `The renewed login ${kept}.`;
}

/** For the log, before the next attempt. @param pauseMs 0: asked in another way, at once */
export function sayRetry(outcome: Outcome, pauseMs: number): string {
  const when = pauseMs > 0 ? `in ${Math.ceil(pauseMs / 1000)} s` : "in another way";
  return `${sayBriefly(outcome)}; trying once more ${when}`;
}

function sayBriefly(outcome: Outcome): string {
  if (outcome.type === "not-sent") return `no connection (${outcome.reason})`;
  if (outcome.type === "throttled") return `turned away with status ${outcome.status}`;
  if (outcome.type === "mistake") return `refused the form of the request (${outcome.error})`;
  return outcome.type === "ambiguous" ? `no clear answer (${outcome.reason})` : outcome.type;
}

import { type Credential, livesFor, sayKind, USABLE_MS } from "./credential/credential.ts";
import { isoTime, sayDuration, sayTime } from "./duration.ts";
import { Failure } from "./errors.ts";
import type { Inputs } from "./inputs.ts";
import { nothingWasSpent } from "./refresh/index.ts";
import type { StoreResult } from "./rotation/rotate.ts";
import { sayMoved } from "./rotation/say-moved.ts";
import type { World } from "./world/world.ts";

/** Why an access token that has ended, or ends too soon, is not renewed. */
export function sayEnded(credential: Credential): Failure {
  const end = credential.accessExpiresAt === undefined ? "" : ` at ${isoTime(credential.accessExpiresAt)}`;
  if (credential.kind === "login" && credential.shared) {
    return new Failure(
      "credential-ended",
      `The access token ends too soon${end}, and what renews this login is sealed for jobs with its \`ledger-key\`.`,
      "Give this job the `ledger-key` (an access key, oca1_…, is enough), or let the workflow that renews run more often.",
    );
  }
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

/** The settings ask for more than the copy of a ledger's login can give to a job without the key. */
export function sayNoKey({ writeRefreshToken }: Inputs): Failure {
  const [setting, other] = writeRefreshToken
    ? ["write-refresh-token: true", "without it"]
    : ["refresh: always", "with `auto`"];
  return new Failure(
    "input-invalid",
    `\`${setting}\` cannot be done here: what renews this login is sealed for jobs with the root key of its ledger, and this job has none.`,
    `Give it the root key (\`ledger-key\`, ocr1_…) if it is to renew the login; ${other} it uses the access token.`,
  );
}

/** Why the access token of a login that an earlier job had left is not renewed, with `refresh: auto`. `result`: of storing it. */
export function sayLeftEnded(
  { accessExpiresAt }: Credential,
  result: Exclude<StoreResult, { type: "failed" }>,
  label: string,
): Failure {
  const end = accessExpiresAt === undefined ? "" : ` at ${isoTime(accessExpiresAt)}`;
  const why =
    result.type === "moved"
      ? sayMoved(result.deleted, label)
      : result.confirmed
        ? "The Actions cache did not answer, so it cannot be told whether an earlier job has renewed it once more already."
        : `It was written into ${label} without a confirmation, so what stands there may be somebody else's.`;
  return new Failure(
    "credential-ended",
    `The recovered login's access token ends too soon${end}, and the login is not renewed in this run. ${why}`,
    result.type === "moved" && result.deleted
      ? "Store a login there, and start a new run."
      : "Start a new run, not a re-run: it gets what stands there now, and renews that.",
  );
}

export const sayTooSoon = (credential: Credential, now: number): string =>
  `The access token ends ${sayEnd(credential, now)}, sooner than \`min-validity\`, and \`refresh\` is \`never\`.`;

/** Says that the job goes on with the access token that it has, if `error` did no harm and that will do; else throws it. */
export function goOnOrThrow(world: World, inputs: Inputs, error: unknown, credential: Credential): void {
  const now = world.now();
  const harmless = error instanceof Failure && nothingWasSpent(error) && livesFor(credential, USABLE_MS, now);
  if (!harmless || inputs.refresh === "always" || inputs.writeRefreshToken) throw error;
  const end = sayEnd(credential, now);
  world.runner.warning(`${error.explain()} The job goes on with the access token that it has, which ends ${end}.`);
}

const sayEnd = ({ accessExpiresAt }: Credential, now: number): string =>
  accessExpiresAt === undefined
    ? "at a time that is not known"
    : `at ${sayTime(accessExpiresAt)} (in ${sayDuration(accessExpiresAt - now)})`;

import { isoTime, sayDuration } from "../duration.ts";
import { Failure } from "../errors.ts";
import type { LedgerProblem } from "./ledger.ts";
import type { Lease, LedgerRecord } from "./record.ts";
import type { Refusal } from "./record-text.ts";

/**
 * A ledger that does not do what it is asked for.
 *
 * @param unspent whether it was asked before anything was spent: that is what the asking is for
 */
export function sayProblem(problem: LedgerProblem, label: string, unspent = false): Failure {
  const { kind, wants, retryAfterMs, inFolder } = problem;
  if (inFolder && (kind === "forbidden" || kind === "unsupported")) return sayFolder(kind, label);
  switch (kind) {
    case "forbidden":
      return new Failure(
        "ledger-forbidden",
        `The ledger (${label}) may not be read or written with this token.${wants ? ` The server says that it takes: ${wants}.` : ""}`,
        "Give the job `permissions: contents: write` (reading alone: `contents: read`), or a token in `github-token` that has it.",
      );
    case "unsupported":
      return new Failure(
        "ledger-forbidden",
        `The server does not take the changes that the ledger needs (${label}).`,
        "Allow `refs/oauth-creds/*` in the repository's rules, or choose another `ledger` or `ledger-repository`.",
      );
    case "missing":
      return new Failure(
        "program-missing",
        `The program \`git\` is not installed, or not on the PATH: without it the ledger (${label}) cannot be reached.`,
        "Install git 2.32 or newer before this step (`apt-get install git`, `apk add git`, `brew install git`, or from https://git-scm.com), or choose another `ledger`.",
      );
    default: {
      const wait = retryAfterMs === undefined ? "" : ` It asks to wait ${Math.ceil(retryAfterMs / 1000)} s.`;
      return new Failure(
        "ledger-unreachable",
        `The ledger (${label}) ${kind === "throttled" ? "turned us away for too many calls" : "could not be reached"}.${wait}`,
        `${unspent ? "Nothing was spent. " : ""}Run the job again later.`,
      );
    }
  }
}

const sayFolder = (kind: "forbidden" | "unsupported", label: string): Failure =>
  kind === "forbidden"
    ? new Failure(
        "ledger-forbidden",
        `The ledger (${label}) may not be read or written by this user.`,
        "Let the user of the job own that folder and what is in it, on a disk that is not read-only.",
      )
    : new Failure(
        "ledger-forbidden",
        `The ledger cannot be kept there (${label}): the file system has no hard links, or something else lies there.`,
        "Name a folder on another disk by XDG_STATE_HOME, the same for all jobs of this login, or choose another `ledger`.",
      );

/** What is said before anything is spent, told of a login that is renewed by then. */
export const sayAfterwards = ({ code, message, advice }: Failure): Failure =>
  new Failure(
    code,
    message.replace(" Nothing was spent.", ""),
    advice.replace(/Nothing was spent\. ?/, "").replace(/^Run the job again later\.$/, ""),
  );

const UNREADABLE: Record<Refusal, [string, string]> = {
  altered: [
    "was altered by somebody who does not have its key",
    "Look who may push to that repository. To begin anew, delete the ref by hand and start a new run with a fresh sign-in.",
  ],
  "other-place": [
    "was copied there from another place",
    "It is refused so that no login is taken for another. Look who may push to that repository.",
  ],
  "unknown-key": [
    "was written with a key that `ledger-key` does not hold",
    "Give the same key to all jobs. While a new key replaces an old one, `ledger-key` takes both, the new one first.",
  ],
  "newer-format": ["was written by a newer oauth-creds than this one", "Use the same version in all workflows."],
};

export function sayUnreadable(why: Refusal, label: string): Failure {
  const [what, advice] = UNREADABLE[why];
  return new Failure("ledger-unreadable", `The record in the ledger (${label}) ${what}. It is not replaced.`, advice);
}

export const sayRolledBack = (label: string, record: LedgerRecord, generation: number): Failure =>
  new Failure(
    "ledger-rolled-back",
    `The record in the ledger (${label}) is of generation ${record.generation}, but the secret knows generation ${generation}: ` +
      "somebody has put an older record back. Nothing was spent.",
    "Look who may push to that repository. Sign in once more, store the new login, and start a new run.",
  );

export const sayPutBack = (label: string): Failure =>
  new Failure(
    "ledger-rolled-back",
    `The record in the ledger (${label}) is older than one that this job has seen: somebody has put it back.`,
    "Look who may push to that repository. Sign in once more, store the new login, and start a new run.",
  );

export const sayMissing = (label: string, why: "no-login" | "re-run" | "stored-by-ledger" | "access-key"): Failure =>
  new Failure(
    "ledger-empty",
    {
      "no-login": `There is no record in the ledger (${label}) yet, and \`credential\` holds no login to begin it with.`,
      "re-run": `There is no record in the ledger (${label}), and this is a re-run: its copy of the login may be an old one.`,
      "stored-by-ledger": `There is no record in the ledger (${label}), although the login in \`credential\` was stored by one: the record was deleted.`,
      "access-key": `There is no record in the ledger (${label}) yet, and an access key (oca1_…) cannot begin one.`,
    }[why],
    why === "access-key"
      ? "Run the workflow that renews the login once."
      : "Sign in once for CI, store the login as `credential`, and start a new run of the workflow that renews.",
  );

/** @param place of the ledger from which the login in `credential` was stored */
export const sayElsewhere = (label: string, place: string): Failure =>
  new Failure(
    "ledger-empty",
    `There is no record in the ledger (${label}) yet, and the login in \`credential\` was stored by another ledger (${place}).`,
    "Name that one again (`ledger`, `ledger-repository`), or sign in once for CI, store the login as `credential`, and start a new run of the workflow that renews.",
  );

export const sayBusy = (lease: Lease | undefined, waitedMs: number): Failure => {
  const who = lease?.owner ?? "another job";
  const waited = `${sayDuration(waitedMs)}, longer than this one may wait`;
  return lease?.phase === "checked-out"
    ? new Failure(
        "ledger-busy",
        `The login is lent to the program of another job (${who}) until that job ends. This job has waited for ${waited}.`,
        "Run the job again after that one, or let the rotator run so often that no job has to wait. If that job was killed, or what its program renewed could not be published, the login is free again six and a half hours after it was lent.",
      )
    : new Failure(
        "ledger-busy",
        `Another job (${who}) has been renewing the login for ${waited}.`,
        "Run the job again. If that job was killed, the next one takes over from it.",
      );
};

export const sayDead = (at: number, why: string): Failure =>
  new Failure(
    "login-refused",
    `The provider no longer takes this login (${why}${at > 0 ? `, found out at ${isoTime(at)}` : ""}); no job asks again.`,
    "Sign in once more for CI, store the new login as `credential`, and start a new run.",
  );

export const sayMustNotRenew = (): Failure =>
  new Failure(
    "credential-ended",
    "The access token in the ledger ends too soon, and `refresh: never` forbids to renew it.",
    "Let another job renew it first, or set `refresh: auto`.",
  );

/** The holder of a lease that ran out may have renewed the login without living to say so. */
export const sayLostByHolder = (holder: string): Failure =>
  new Failure(
    "login-lost-in-flight",
    `Another job (${holder}) was ended while it renewed the login, and the provider does not take the old refresh token any ` +
      "more: the new one never arrived. This login has ended.",
    "Sign in once more for CI, store the new login as `credential`, and start a new run.",
  );

/** Of a login that was renewed before. */
export const UNPROVED =
  "without `rotate-to` and `secrets-token` it cannot be told whether this copy is still the present one";

export const sayUnproved = (label: string): Failure =>
  new Failure(
    "ledger-empty",
    `There is no record in the ledger (${label}) yet, and the login in \`credential\` was renewed before: ${UNPROVED}.`,
    "Give this step `rotate-to` and `secrets-token` once, or begin the record with a fresh sign-in.",
  );

export const sayCannotRenew = (): Failure =>
  new Failure(
    "credential-ended",
    "The access token in the ledger ends too soon, and a job with an access key (oca1_…) cannot renew it.",
    "Run the workflow that renews the login, and let it run more often than an access token lives.",
  );

export const sayBudget = (left: number): Failure =>
  new Failure(
    "ledger-unreachable",
    `Only ${left} calls of GitHub's API are left to this token in this hour, too few to be sure of storing a renewed login. Nothing was spent.`,
    "Run the job again later, or give `github-token` a token with a budget of its own.",
  );

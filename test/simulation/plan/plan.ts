/* A plan is all that is decided before a schedule begins, as plain data that can be printed, replayed, made smaller. Times are ms. */

export type Mode = "secret" | "ledger";
export type Step = "main" | "post" | "program";
export type Server = "provider" | "github";

export interface Plan {
  readonly seed: number;
  readonly mode: Mode;
  readonly provider: ProviderPlan;
  readonly github: GitHubPlan;
  readonly logins: readonly LoginPlan[];
  readonly jobs: readonly JobPlan[];
  readonly people: readonly PersonPlan[];
  readonly outages: readonly Outage[];
  /** Whether a fresh run for each login comes after everything. */
  readonly controlled: boolean;
  /** Whether the workflows keep two jobs that may renew the same login from running at once. */
  readonly grouped: boolean;
}

export interface ProviderPlan {
  /**
   * What becomes of a refresh token that is shown a second time:
   * - `revokes`: the whole family ends (RFC 9700, 4.14.2);
   * - `rejects`: it is refused, and nothing else happens;
   * - `same-again`: within the grace the same successor is answered again, else as `revokes`;
   * - `newest-wins`: within the grace another successor is made and the earlier one dies, else as `revokes`;
   * - `keeps`: refresh tokens are not rotated.
   */
  readonly reuse: "revokes" | "rejects" | "same-again" | "newest-wins" | "keeps";
  readonly graceMs: number;
  readonly accessMs: number;
  /** Whether a renewal ends the access tokens before it. */
  readonly endsAccess: boolean;
}

export interface GitHubPlan {
  /** An answer may be as old as this. */
  readonly lagMs: number;
  readonly git: GitPlan;
  /** The repository's public key is replaced then. */
  readonly newKey: Moment | undefined;
}

/** What the server can do of what a ledger needs. */
export interface GitPlan {
  /** `refused`: it is there, and the token may not. */
  readonly graphql: "works" | "absent" | "refused";
  /** Whether it takes refs other than branches and tags. */
  readonly customRefs: boolean;
  /** Whether `GET /commits/{ref}` finds such a ref. */
  readonly commitsByRef: boolean;
  /** Calls left in this hour, as it tells; undefined: it does not. */
  readonly budget: number | undefined;
}

/** A login and the secret that it is kept in. */
export interface LoginPlan {
  readonly secret: string;
  readonly repository: string;
  /** Undefined without a ledger. */
  readonly ledger: LoginLedger | undefined;
  /** How it stands there at the start: pasted by a person, or written by an earlier run; or nothing does. */
  readonly form: "file" | "refresh-token" | "envelope" | "absent";
  /** What is left of its access token at the start; below 0 it has ended. */
  readonly accessLeftMs: number;
  /** How long before the start it was written. */
  readonly writtenMs: number;
}

export interface LoginLedger {
  readonly account: string;
  readonly repository: string;
  /** Whether earlier runs have begun the record. */
  readonly begun: boolean;
  /** The index of another login: this one's secret, in another repository, holds a copy of that. */
  readonly copyOf: number | undefined;
}

/** How a job uses the ledger. */
export interface LedgerUse {
  /** `both` and `next`: while one root key follows another, both are given, the old or the new one first. */
  readonly key: "root" | "access" | "both" | "next" | "stranger";
  readonly token: "write" | "read" | "invalid";
  /** Whether the step names the secret in `credential`. */
  readonly credential: boolean;
}

export interface JobPlan {
  /** Names the job's streams of random numbers, so it stays when other jobs are taken away. */
  readonly id: number;
  /** The index of the login whose secret it reads. */
  readonly login: number;
  /** Where it stores: the same secret, none, or the index of another login's secret (a copied envelope). */
  readonly rotateTo: "same" | "none" | number;
  /** Undefined: without the ledger, even where the login has one. */
  readonly ledger: LedgerUse | undefined;
  readonly refresh: "auto" | "never" | "always";
  readonly minValidityMs: number;
  readonly writeRefreshToken: boolean;
  readonly createSecrets: boolean;
  /** A fork's run gets no secrets. */
  readonly fork: boolean;
  /** Whether its token may read when the run was created. */
  readonly readsRuns: boolean;
  /** What the token of `secrets-token` may do. */
  readonly token: "good" | "forbidden" | "invalid" | "unseeing";
  /** A repository secret is read when a run is queued, an environment's when the job starts. */
  readonly snapshot: "queued" | "started";
  readonly queuedAt: number;
  /** From the moment when it may start to its first step. */
  readonly startMs: number;
  /** A re-run of the job with this id: the same run, a later attempt, the same old copy of the secret. */
  readonly rerunOf: number | undefined;
  /** How long its own work takes. */
  readonly workMs: number;
  readonly program: ProgramPlan;
  readonly clock: { readonly skewMs: number; readonly driftPpm: number };
  readonly pace: Pace;
  readonly cancelled: Moment | undefined;
  /** The machine is gone: nothing runs any more, and no post step. */
  readonly vanishes: Moment | undefined;
  /** A machine that is put to sleep, and wakes up later. */
  readonly suspended: { readonly from: Moment; readonly forMs: number } | undefined;
  readonly deaths: readonly Death[];
  readonly fates: readonly Fate[];
  readonly fullDisk: { readonly step: "main" | "post"; readonly nth: number } | undefined;
}

/** How long a call takes, mostly. */
export type Pace = "quick" | "mixed" | "slow";

/** What the job's program does with a login that it was given whole. */
export interface ProgramPlan {
  readonly does: "nothing" | "renews" | "renews-twice" | "wipes" | "cuts-off" | "puts-back";
  /** After the main step. */
  readonly afterMs: number;
}

/** When something from outside happens. */
export interface Moment {
  /** The start of the schedule, the main step of job `n`, or the nth renewal or storing of any job. */
  readonly after: "start" | "main" | "renewal" | "store";
  readonly n: number;
  readonly ms: number;
}

/** The process is killed `ms` after its nth call of the world (0: just before that call has an effect). */
export interface Death {
  readonly step: "main" | "post";
  readonly nth: number;
  readonly ms: number;
}

/** What befalls the nth request of a step to a server. */
export interface Fate {
  readonly step: Step;
  readonly server: Server;
  readonly nth: number;
  readonly kind: Trouble;
  /** How late, or how long the server asks to wait. */
  readonly ms: number;
}

export type Trouble = NetworkTrouble | ProviderTrouble | GitHubTrouble;

export type NetworkTrouble =
  /** The connection is refused, or never stands: nothing was sent. */
  | "refused"
  | "no-connection"
  /** Sent, and it never arrives: silence until the client gives up, or a reset. */
  | "request-lost"
  | "request-reset"
  /** It arrives and is carried out, and the answer never comes. */
  | "answer-lost"
  | "answer-reset"
  /** It arrives `ms` later than it should: perhaps after the client has given up. */
  | "request-late"
  | "answer-late"
  /** It is delivered a second time `ms` later. */
  | "twice";

export type ProviderTrouble =
  /** Before the token is looked at. */
  | "429"
  | "429-wait"
  | "403-page"
  | "404-page"
  | "invalid-scope"
  | "invalid-request"
  | "on-hold"
  /** No clear answer; `-after`: the token was spent all the same. */
  | "500"
  | "503"
  | "401-api"
  | "500-after"
  | "502-after"
  | "page-after"
  | "empty-after"
  | "cut-off-after"
  /** A success that lacks something. */
  | "no-access"
  | "no-lifetime";

export type GitHubTrouble =
  | "500"
  | "502"
  | "409"
  | "401"
  | "403"
  | "404"
  | "429-wait"
  | "403-limit"
  | "500-after"
  | "502-after"
  /** To a change of the ledger, in GitHub's words for another trouble: the object is there, the ref is as expected. */
  | "422-object"
  | "422-failed";

export interface Outage {
  readonly server: Server;
  /** Of GitHub: everything, or what keeps the ledger, or the secrets. */
  readonly part: "all" | "git" | "secrets";
  /** The only job that notices; undefined: all do. */
  readonly job: number | "who did that" | undefined;
  readonly from: Moment;
  readonly forMs: number;
  readonly kind: "refused" | "503" | "request-lost" | "answer-lost" | "403" | "429-wait";
}

export interface PersonPlan {
  readonly at: Moment;
  readonly login: number;
  readonly does:
    /** Signs in anew and pastes the login. */
    | "signs-in"
    | "deletes-secret"
    /** Ends the login at the provider. */
    | "revokes"
    /** Pastes what stood in the secret at the start once more (a backup). */
    | "pastes-old"
    /** Uses the login on a laptop, whose program renews it. */
    | "shares"
    /** What whoever may push to the repository can do to the record. */
    | "deletes-record"
    | "rolls-back-record"
    | "swaps-records"
    | "alters-record";
  readonly form: "file" | "refresh-token";
}

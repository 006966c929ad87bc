/** What the model knows: one record, one provider, one secret and a few jobs, all small enough to be compared. */
import type { Issuer, Manner } from "./provider.ts";

/** A job as it is set up. Tokens are numbers, see `Issuer`. */
export interface JobSpec {
  /** Whether it has the root key; with an access key it can only read. */
  readonly root: boolean;
  /** What stands in its `credential`: a pasted token, or `secret` for what the secret holds when it starts. */
  readonly snapshot: number | "none" | "secret";
  readonly firstAttempt?: boolean;
  readonly refresh?: "auto" | "always" | "never";
}

export interface Scenario {
  readonly name: string;
  readonly manner: Manner;
  readonly jobs: readonly JobSpec[];
  /** The record at first: of the token 0, or none. */
  readonly record: "short" | "ended" | "long" | "none";
  /** How often each may happen. */
  readonly faults: Faults;
  /** Whether renewed logins are stored in a secret too, which holds this token at first. */
  readonly secret?: number;
  /** Whether a killed job's post step runs: before any lease can end, or at any time later. */
  readonly post?: "soon" | "late";
}

export interface Faults {
  /** A job is killed, before or after any of its calls. */
  readonly kill: number;
  /** A swap or its answer is lost. */
  readonly lostSwap: number;
  /** A refresh or its answer is lost. */
  readonly lostAnswer: number;
  /** A job is held up, anywhere, until its lease has ended. */
  readonly slow: number;
  /** The provider turns a job away. */
  readonly throttled: number;
  /** The ledger cannot be written for as long as a job tries to publish. */
  readonly down: number;
}

export const NO_FAULTS: Faults = { kill: 0, lostSwap: 0, lostAnswer: 0, slow: 0, throttled: 0, down: 0 };

/** The record. Times are ms since the beginning. */
export interface Rec {
  readonly version: number;
  readonly lineage: number;
  readonly generation: number;
  readonly token: number;
  /** Which access token, and its end. */
  readonly access: number;
  readonly ends: number;
  readonly epoch: number;
  readonly by: number;
  readonly lease: { readonly job: number; readonly nonce: number; readonly attempts: number } | null;
  readonly writtenAt: number;
  readonly dead: boolean;
  /** The tokens whose fingerprints it holds, in order. */
  readonly known: readonly number[];
}

/** What the secret holds: a pasted token, or a copy of the record's login. */
export interface Copy {
  readonly token: number;
  /** Null: pasted by a person. */
  readonly lineage: number | null;
  readonly generation: number;
  readonly access: number;
  readonly ends: number;
  readonly unpublished: { readonly epoch: number; readonly over: number } | null;
  /** Counts the writes. */
  readonly serial: number;
  /** By GitHub's clock, which is a minute later after every write. */
  readonly writtenAt: number;
}

export type What = "record" | "sign-in" | "seed";

/** One turn at renewing, as `Turn` has it. */
export interface ModelTurn {
  readonly what: What;
  readonly nonce: number;
  /** The token that it sends, or publishes without sending. */
  readonly token: number;
  /** The version that it expects to replace. */
  readonly expect: number;
  /** When its present intent was begun. */
  readonly begun: number;
  readonly attempts: number;
  /** Whether it has written an intent already. */
  readonly mine: boolean;
  readonly epoch: number;
  readonly lineage: number;
  readonly generation: number;
  readonly nextLineage: number;
  /** Whether it took the lease from somebody who did not give it back. */
  readonly takenFrom: boolean;
  /** When that one wrote the intent. */
  readonly since: number;
  /** The end of the access token that stood in the record; 0 if there was none. */
  readonly present: number;
  /** What it adopts instead of renewing. */
  readonly adopts: Copy | null;
  /** How often the answer was lost. */
  readonly unclear: number;
  /** Why it writes an intent: to send, or to keep others from sending. */
  readonly silent: boolean;
  /** Until when it is silent. */
  readonly until: number;
  /** What it has to publish; null before the answer. */
  readonly next: {
    readonly token: number;
    readonly generation: number;
    readonly access: number;
    readonly ends: number;
    /** The ledger could not be written: the secret is to keep it. */
    readonly failed?: boolean;
    /** The secret has been asked, and the ledger is tried once more. */
    readonly last?: boolean;
    /** The secret keeps it already. */
    readonly inSecret?: boolean;
  } | null;
  /** What it gives its lease back for, and how many tries are left. */
  readonly giving: "release" | "fence" | "dead" | "forget" | null;
  readonly tries: number;
  /** Whether the secret may be overwritten by what it renews. */
  readonly replaceable: boolean;
}

/** Where a job stands: at which of its calls. */
export type Place =
  | "look"
  | "prove"
  | "since?"
  | "intend"
  | "intended?"
  | "again"
  | "send"
  | "publish"
  | "published?"
  | "put"
  | "refused"
  | "watch"
  | "give: look"
  | "give: swap"
  | "done"
  | "killed";

export interface Job {
  readonly at: Place;
  readonly started: boolean;
  /** How long it has waited for others, ms. */
  readonly waited: number;
  readonly rounds: number;
  /** The generation that it saw first. */
  readonly first: { readonly lineage: number; readonly generation: number } | null;
  readonly snapshot: Copy | null;
  /** Its secret was this one when it started. */
  readonly serial: number;
  readonly distrusted: boolean;
  /** A token of the record that was refused to it. */
  readonly hopeless: number | null;
  readonly doubts: number;
  readonly turns: number;
  /** What it waits for to change; null if it does not wait. */
  readonly waits: { readonly version: number; readonly since: number; readonly until: number } | null;
  readonly turn: ModelTurn | null;
  /** The turn whose answer it has saved for its post step. */
  readonly capsule: ModelTurn | null;
  /** Whether this is its post step. */
  readonly post: boolean;
  readonly result: string;
}

export interface State {
  readonly now: number;
  readonly record: Rec | null;
  /** How many versions were written. */
  readonly version: number;
  readonly issuer: Issuer;
  readonly secret: Copy | null;
  readonly jobs: readonly Job[];
  readonly faults: Faults;
  readonly ghost: Ghost;
}

/** What no job knows: for the assertions. */
export interface Ghost {
  /** Who spent a token and may never have told: by token, `killed`, `lost` or `slow`. */
  readonly silentSpends: Readonly<Record<number, string>>;
  /** Tokens that were refused, and to which job. */
  readonly refused: readonly (readonly [token: number, job: number])[];
}

/** What a job waits for: of the ledger, the provider, and GitHub's secrets. `none`: it needs nothing at all. */
export type Call = "load" | "swap" | "send" | "secret" | "none";
export type Fate =
  | "done"
  | "lost-before"
  | "lost-after"
  | "killed-before"
  | "killed-after"
  | "throttled"
  /** Neither this call nor those after it go through, until the job turns to the secret, or gives up. */
  | "down";

/** What happens: a job's call, time that passes, or a killed job's post step that begins. */
export type Action =
  | { readonly job: number; readonly call: Call; readonly fate: Fate }
  | { readonly to: number }
  | { readonly post: number };

export const SHORT_ENDS = 30 * 60_000;
export const LONG_MS = 8 * 3_600_000;

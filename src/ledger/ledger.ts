/**
 * Where the shared record of a login is kept, changed by compare-and-swap only. A ledger stores one text for each
 * name and knows nothing of what it means; `record.ts` does.
 */
export interface Ledger {
  /** For people: `the ref refs/oauth-creds/v1/anthropic/default of octo/demo`. */
  readonly label: string;
  /** What the record is bound to, so that it cannot be moved to another place: repository id and ref, or a path. */
  readonly place: string;
  /** False where no server tells the time: leases are then watched instead of reckoned. */
  readonly serverTime: boolean;
  /** Throws a LedgerProblem. */
  load(): Promise<Reading>;
  /**
   * Replaces the record if its version is still `expected` (undefined: if there is none yet).
   * Throws a LedgerProblem; one that was `sent` may have been carried out.
   */
  compareAndSwap(expected: string | undefined, text: string): Promise<Swap>;
}

export interface Reading {
  readonly entry: Entry | undefined;
  /** The server's clock when it answered, ms; undefined without server time. */
  readonly now: number | undefined;
}

export interface Entry {
  /** Changes with every write, never repeats. */
  readonly version: string;
  readonly text: string;
  /** When it was written, by the server's clock, ms; undefined without server time. */
  readonly writtenAt: number | undefined;
}

export type Swap =
  | { readonly type: "swapped"; readonly version: string; readonly writtenAt: number | undefined }
  /** Somebody else has written meanwhile (or the answer to our own write was lost: the record tells). */
  | { readonly type: "conflict" };

/** Why a ledger could not be read or written. */
export class LedgerProblem extends Error {
  /** `missing`: the program that is to reach it is not installed. */
  readonly kind: "unreachable" | "forbidden" | "unsupported" | "missing" | "throttled";
  /** False only if certainly nothing was changed. */
  readonly sent: boolean;
  /** ms that the server asks to wait. */
  readonly retryAfterMs: number | undefined;
  /** The permission that is missing, in the server's own words. */
  readonly wants: string | undefined;
  /** It is the file system of a folder that says so, and no server. */
  readonly inFolder: boolean;

  constructor(
    kind: LedgerProblem["kind"],
    sent: boolean,
    more: {
      readonly retryAfterMs?: number | undefined;
      readonly wants?: string | undefined;
      readonly inFolder?: boolean;
    } = {},
  ) {
    super(`the ledger is ${kind}`);
    this.name = "LedgerProblem";
    this.kind = kind;
    this.sent = sent;
    this.retryAfterMs = more.retryAfterMs;
    this.wants = more.wants;
    this.inFolder = more.inFolder ?? false;
  }
}

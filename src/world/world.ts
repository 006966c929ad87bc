import type { Runner } from "../runner/commands.ts";
import type { Files } from "./files.ts";
import type { RunProgram } from "./programs.ts";

/** Everything outside this program. The real one is made in `node.ts`; a simulation hands in its own. */
export interface World {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** As Node names it: `linux`, `darwin`, `win32`. */
  readonly platform: string;
  /** Local time in ms since 1970. */
  now(): number;
  sleep(ms: number): Promise<void>;
  random(bytes: number): Uint8Array;
  readonly http: Http;
  readonly run: RunProgram;
  readonly files: Files;
  readonly runner: Runner;
  /** Holds SIGINT and SIGTERM back until the returned section is left. */
  holdSignals(): SignalHold;
}

export interface SignalHold {
  /** Local time in ms when the first signal came, in this section or an earlier one; or undefined. */
  readonly signalledAt: () => number | undefined;
  release(): void;
}

export type Http = (request: HttpRequest) => Promise<HttpAnswer>;

export interface HttpRequest {
  readonly method: "GET" | "PUT" | "POST" | "PATCH" | "DELETE";
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Of the answer's body; `latin1` keeps each byte as one character. Default `utf8`. */
  readonly encoding?: "utf8" | "latin1";
  /** From the first byte of the connection to the last of the answer, in ms. */
  readonly timeoutMs: number;
  /**
   * A connection of its own. Only then is an error before the connection stood a proof that no byte of
   * the request left.
   */
  readonly fresh?: boolean;
  /** Asked when the connection stands; false ends the request before a byte of it left. */
  readonly stillWanted?: () => boolean;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: string;
  /** The server's `Date` header in ms, if it sent one. */
  readonly date: number | undefined;
}

/** No complete answer. `sent` is false only if certainly no byte of the request left. */
export class HttpFailure extends Error {
  readonly sent: boolean;
  readonly reason: string;

  constructor(sent: boolean, reason: string) {
    super(`no answer (${reason})`);
    this.name = "HttpFailure";
    this.sent = sent;
    this.reason = reason;
  }
}

/** Faults that a test plants: wrong answers, lost ones, slow ones, and requests held in flight. */
import { setTimeout as sleep } from "node:timers/promises";
import { problem, type Recorded, type Reply } from "./messages.ts";

/** Before the commit nothing is stored; after it everything is, and only the answer suffers. */
export type Moment = "before-commit" | "after-commit";

/** `when` is "before-commit" unless given. */
export type Fault =
  | {
      readonly do: "answer";
      readonly when?: Moment;
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      /** Default: what GitHub says with this status (HTML for a gateway's 502, 503 and 504). */
      readonly body?: unknown;
    }
  | { readonly do: "drop"; readonly when?: Moment }
  | { readonly do: "delay"; readonly when?: Moment; readonly ms: number };

export interface FaultMatch {
  readonly method?: string;
  /** Tested against the path as sent, without base path and query. */
  readonly path?: RegExp;
  /** Matching requests let through before the first one hit. Default 0. */
  readonly skip?: number;
  /** Requests hit; default 1. `Infinity` for all. */
  readonly times?: number;
}

export interface FaultHandle {
  readonly hits: number;
  cancel(): void;
}

export interface Hold {
  /** The whole request is here; nothing is stored yet. */
  readonly received: Promise<Recorded>;
  /** The server has acted; the status is the one it would answer. Rejects if it never will. */
  readonly committed: Promise<number>;
  /** Lets it go on. A client that died meanwhile does not stop the commit. */
  release(): void;
}

/** What to do instead of the ordinary course. */
export type Outcome = Reply | "drop" | undefined;

export interface Armed {
  before(recorded: Recorded): Promise<Outcome>;
  after(status: number): Promise<Outcome>;
}

export interface Faults {
  add(match: FaultMatch, fault: Fault): FaultHandle;
  hold(match: FaultMatch, when?: Moment): Hold;
  /** The first planted fault that fits, used up by one; undefined when none does. */
  take(method: string, path: string): Armed | undefined;
  /** Ends all delays and holds without a commit. */
  abandon(): void;
}

/** A primary limit that is used up: `resetAt` in seconds since the epoch. */
export function primaryLimit(resetAt: number, status: 403 | 429 = 403): Fault {
  const headers = { "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": `${resetAt}` };
  return { do: "answer", status, headers, body: limitBody("API rate limit exceeded") };
}

/** A secondary limit; without `retryAfter` (seconds) GitHub leaves the waiting time to the caller. */
export function secondaryLimit(retryAfter?: number, status: 403 | 429 = 403): Fault {
  const headers = retryAfter === undefined ? {} : { "Retry-After": `${retryAfter}` };
  const message = "You have exceeded a secondary rate limit.";
  return { do: "answer", status, headers, body: limitBody(message) };
}

function limitBody(message: string): object {
  return { message, documentation_url: "https://docs.github.com/rest/overview/rate-limits" };
}

interface Planted {
  readonly match: FaultMatch;
  readonly armed: Armed;
  skip: number;
  left: number;
  hits: number;
}

export function createFaults(): Faults {
  const queue: Planted[] = [];
  const ending = new AbortController();

  const plant = (match: FaultMatch, armed: Armed): Planted => {
    const planted = { match, armed, skip: match.skip ?? 0, left: match.times ?? 1, hits: 0 };
    queue.push(planted);
    return planted;
  };

  return {
    add(match, fault) {
      const planted = plant(match, arm(fault, ending.signal));
      return {
        get hits() {
          return planted.hits;
        },
        cancel: () => void (planted.left = 0),
      };
    },
    hold(match, when = "before-commit") {
      const { armed, hold } = armHold(when, ending.signal);
      plant({ ...match, times: 1 }, armed);
      return hold;
    },
    take(method, path) {
      for (const planted of queue) {
        if (planted.left <= 0 || !fits(planted.match, method, path)) continue;
        if (planted.skip > 0) {
          planted.skip -= 1;
          continue;
        }
        planted.left -= 1;
        planted.hits += 1;
        return planted.armed;
      }
      return undefined;
    },
    abandon: () => ending.abort(),
  };
}

function fits(match: FaultMatch, method: string, path: string): boolean {
  if (match.method !== undefined && match.method.toUpperCase() !== method) return false;
  // A global expression would remember where it stopped: search() starts anew.
  return match.path === undefined || path.search(match.path) >= 0;
}

function arm(fault: Fault, ending: AbortSignal): Armed {
  const act = async (): Promise<Outcome> => {
    if (fault.do === "drop") return "drop";
    if (fault.do === "answer") return answer(fault);
    await sleep(fault.ms, undefined, { signal: ending });
    return undefined;
  };
  const none = (): Promise<Outcome> => Promise.resolve(undefined);
  return fault.when === "after-commit" ? { before: none, after: act } : { before: act, after: none };
}

function answer({ status, headers = {}, body }: Fault & { do: "answer" }): Reply {
  if (body !== undefined) return { status, headers, body };
  if ([502, 503, 504].includes(status)) return { status, headers, body: "<html>Unicorn!</html>" };
  if (status < 400) return { status, headers };
  return problem(status, MESSAGES[status] ?? "Server Error", headers);
}

const MESSAGES: Readonly<Record<number, string>> = {
  401: "Bad credentials",
  403: "Forbidden",
  404: "Not Found",
  409: "Conflict",
  422: "Validation Failed",
  429: "Too Many Requests",
};

function armHold(when: Moment, ending: AbortSignal): { armed: Armed; hold: Hold } {
  const received = Promise.withResolvers<Recorded>();
  const committed = Promise.withResolvers<number>();
  const released = Promise.withResolvers<void>();
  const end = (): void => {
    const error = new Error("the server was closed first");
    for (const { reject } of [received, committed, released]) reject(error);
  };
  ending.addEventListener("abort", end, { once: true });
  // A test need not look at each of them; an unseen rejection must not fail it.
  for (const { promise } of [received, committed, released]) promise.catch(() => {});
  const wait = async (): Promise<Outcome> => {
    await released.promise;
    return undefined;
  };
  const armed: Armed = {
    async before(recorded) {
      received.resolve(recorded);
      return when === "before-commit" ? wait() : undefined;
    },
    async after(status) {
      committed.resolve(status);
      return when === "after-commit" ? wait() : undefined;
    },
  };
  const hold: Hold = {
    received: received.promise,
    committed: committed.promise,
    release: () => released.resolve(),
  };
  return { armed, hold };
}

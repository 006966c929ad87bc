import type { Step, Trouble } from "../plan/plan.ts";
import type { HttpRequest } from "../../../src/world/world.ts";
import type { Effect } from "./effects.ts";

/** Something that happened; `seq` orders even what happens at the same time. */
export interface Entry {
  readonly seq: number;
  /** ms since 1970, by the true clock. */
  readonly t: number;
  /** `b.main`, `provider`, `a person`. */
  readonly who: string;
  readonly what: What;
  /** For people, and for the oracle where it says so. */
  readonly detail: string;
  /** For people alone, in the place of `detail`: made only if somebody reads it. */
  readonly said: (() => string) | undefined;
  readonly call: Call | undefined;
}

export type What =
  | "queued"
  | "begins"
  | "ends"
  | "dies"
  | "signal"
  | "vanishes"
  | "over"
  // what a process does
  | "asks"
  | "sends"
  | "answer"
  | "no answer"
  | "sleeps"
  | "open"
  | "commit"
  | "remove"
  | "folder"
  | "link"
  | "hold"
  | "release"
  | "mask"
  | "state"
  | "outputs"
  | "variable"
  | "summary"
  | "log"
  | "notice"
  | "warning"
  | "error"
  // what others do
  | "serves"
  | "person"
  | "program"
  | "outage";

/** One request, from its making to its end. */
export interface Call {
  readonly id: number;
  readonly who: string;
  readonly job: number;
  readonly step: Step;
  readonly server: "provider" | "github";
  /** Counts the requests of this process to this server, from 1. */
  readonly nth: number;
  readonly request: HttpRequest;
  readonly trouble: Trouble | undefined;
  readonly troubleMs: number;
  /** When the first byte left; undefined if none did. */
  sentAt: { readonly t: number; readonly seq: number } | undefined;
  /** Each delivery to the server: one, none, or two. */
  readonly arrivals: Arrival[];
  /** What the process heard in the end; undefined if it died before. */
  end: { readonly t: number; readonly seq: number; readonly arrival: Arrival | undefined } | undefined;
}

/** What a server did with a request. */
export interface Arrival {
  readonly t: number;
  readonly seq: number;
  readonly status: number;
  readonly effect: Effect;
}

export class Log {
  readonly entries: Entry[] = [];
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  add(who: string, what: What, detail: string | (() => string) = "", call?: Call): Entry {
    const text = typeof detail === "string";
    const about = { detail: text ? detail : "", said: text ? undefined : detail };
    const entry: Entry = { seq: this.entries.length, t: this.#now(), who, what, ...about, call };
    this.entries.push(entry);
    return entry;
  }

  get seq(): number {
    return this.entries.length;
  }
}

/**
 * A ledger in memory, for tests and the simulation: it does what a server does, and what can go wrong with one when
 * asked to. Nothing in it depends on real time or chance.
 */
import { type Entry, type Ledger, LedgerProblem, type Reading, type Swap } from "../../../src/ledger/ledger.ts";

/**
 * What becomes of the next call:
 * - `unreachable`: no byte of it leaves. `throttled`, `forbidden`, `unsupported`: the server refuses.
 * - `lost-before`: it is sent, and never arrives.
 * - `lost-after`: it is carried out, and the answer is lost.
 * - `conflict`: a swap is not carried out, and answered with a conflict.
 * - `repeated`: a swap arrives twice, and the second answer is got: a conflict with itself.
 */
export type Fault =
  | "unreachable"
  | "throttled"
  | "forbidden"
  | "unsupported"
  | "lost-before"
  | "lost-after"
  | "conflict"
  | "repeated";

/** A moment of a call at which a simulation may let others run, or end the process that made it. */
export type Step = "load: asked" | "load: answered" | "swap: asked" | "swap: answered";

export interface MemoryOptions {
  /** The server's clock, ms. */
  readonly now: () => number;
  /** Default: true. */
  readonly serverTime?: boolean;
  readonly place?: string;
  /** Waited for at each step; what it throws is thrown by the call. */
  readonly pause?: (step: Step) => Promise<void>;
}

export interface MemoryLedger {
  /** A handle, as one process has it. */
  ledger(): Ledger;
  /** The next call of this kind, of whatever handle, has this fault; several are used up in their order. */
  fault(kind: Fault, call?: "load" | "swap"): void;
  /** For so long (ms) after a write, loads still get what was there before. */
  lag(ms: number): void;
  /** Every text that was ever stored, in its order. */
  readonly history: readonly string[];
  /** The record as it is, whatever the lag. */
  present(): Entry | undefined;
  /** What an administrator can do: the record becomes an older one again (0: the first), with its old version. */
  rollBack(index: number): void;
  /** What an administrator can do: there is no record any more. */
  remove(): void;
}

export function memoryLedger(options: MemoryOptions): MemoryLedger {
  const { now, serverTime = true, place = "memory", pause = async () => {} } = options;
  const entries: Entry[] = [];
  /** What was there since when, newest last. */
  const states: { entry: Entry | undefined; since: number }[] = [{ entry: undefined, since: -Infinity }];
  const faults = { load: [] as Fault[], swap: [] as Fault[] };
  let lagMs = 0;

  const present = () => states.at(-1)?.entry;
  const set = (entry: Entry | undefined) => void states.push({ entry, since: now() });
  const visible = () => states.findLast(({ since }) => since <= now() - lagMs)?.entry;

  function swap(expected: string | undefined, text: string): Swap {
    if (present()?.version !== expected) return { type: "conflict" };
    const writtenAt = serverTime ? now() : undefined;
    const version = `version-${entries.length + 1}`;
    const entry = { version, text, writtenAt };
    entries.push(entry);
    set(entry);
    return { type: "swapped", version, writtenAt };
  }

  /** One call: a fault before it is carried out, the work, a fault after it. */
  async function call<T>(kind: "load" | "swap", work: () => T): Promise<T | { type: "conflict" }> {
    await pause(`${kind}: asked`);
    const fault = faults[kind].shift();
    if (fault === "unreachable" || fault === "throttled" || fault === "forbidden" || fault === "unsupported") {
      throw new LedgerProblem(fault, false, fault === "throttled" ? { retryAfterMs: 1000 } : {});
    }
    const lost = new LedgerProblem("unreachable", kind === "swap");
    if (fault === "lost-before") {
      await pause(`${kind}: answered`);
      throw lost;
    }
    const result = fault === "conflict" ? { type: "conflict" as const } : work();
    await pause(`${kind}: answered`);
    if (fault === "lost-after") throw lost;
    if (fault === "repeated") return { type: "conflict" };
    return result;
  }

  const ledger = (): Ledger => ({
    label: "the record in memory",
    place,
    serverTime,
    load: () =>
      call("load", (): Reading => ({ entry: visible(), now: serverTime ? now() : undefined })) as Promise<Reading>,
    compareAndSwap: (expected, text) => call("swap", () => swap(expected, text)),
  });

  return {
    ledger,
    fault(kind, of = "swap") {
      if (of === "load" && (kind === "conflict" || kind === "repeated")) throw new Error("a load has no conflict");
      faults[of].push(kind);
    },
    lag: (ms) => void (lagMs = ms),
    get history() {
      return entries.map(({ text }) => text);
    },
    present,
    rollBack(index) {
      const entry = entries[index];
      if (!entry) throw new Error(`there was no version ${index}`);
      set(entry);
    },
    remove: () => set(undefined),
  };
}

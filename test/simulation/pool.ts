import { type ChildProcess, fork } from "node:child_process";
import { join } from "node:path";
import type { SourceChange } from "./core/preload.ts";
import type { Mode } from "./plan/plan.ts";
import type { Batch, Tally } from "./shard.ts";

/** What all schedules together have shown. */
export interface Total {
  played: number;
  readonly failures: Tally["failures"][number][];
  readonly losses: Record<string, number>;
  readonly limits: Record<string, number>;
  readonly windows: Record<string, number>;
  readonly states: Set<number>;
  events: number;
  cpuMs: number;
  wallMs: number;
}

export interface Order {
  readonly mode: Mode;
  readonly first: number;
  readonly schedules: number;
  /** Asked before each batch: whether the time is up. */
  readonly isOver?: () => boolean;
  /** The beginning of a rule's name: to end with the first schedule that breaks it. */
  readonly stop?: string;
}

const BATCH = 100;
/** More failures than anybody reads. */
const ENOUGH = 500;

/** Child processes that play schedules, each with the product (and the changes in it) loaded for itself. */
export class Pool {
  readonly #children: ChildProcess[];
  readonly #ready: Promise<unknown>[];

  constructor(workers: number, changes: readonly SourceChange[]) {
    const shard = join(import.meta.dirname, "shard.ts");
    // Where an exception came from is not looked at; to write it down takes its time.
    const execArgv = ["--stack-trace-limit=0"];
    const start = () => fork(shard, [JSON.stringify(changes)], { serialization: "advanced", execArgv });
    this.#children = Array.from({ length: Math.max(1, workers) }, start);
    this.#ready = this.#children.map((child) => nextMessage(child));
  }

  async play({ mode, first, schedules, isOver, stop }: Order): Promise<Total> {
    const total: Total = {
      played: 0,
      failures: [],
      losses: {},
      limits: {},
      windows: {},
      states: new Set(),
      events: 0,
      cpuMs: 0,
      wallMs: 0,
    };
    const began = performance.now();
    let handedOut = 0;
    const over = () =>
      handedOut >= schedules ||
      isOver?.() === true ||
      (stop === undefined ? total.failures.length >= ENOUGH : breaks(total, stop));
    const work = async (child: ChildProcess, index: number) => {
      await this.#ready[index];
      while (!over()) {
        const count = Math.min(BATCH, schedules - handedOut);
        const batch: Batch = { mode, first: first + handedOut, count, stop };
        handedOut += count;
        const answer = nextMessage(child);
        child.send(batch);
        add(total, (await answer) as Tally);
      }
    };
    await Promise.all(this.#children.map(work));
    total.wallMs = performance.now() - began;
    total.failures.sort((a, b) => a.seed - b.seed);
    return total;
  }

  close(): void {
    for (const child of this.#children) child.disconnect();
  }
}

const breaks = ({ failures }: Total, rule: string): boolean =>
  failures.some(({ findings }) => findings.some((finding) => finding.rule.startsWith(rule)));

/** Rejects if the child ends instead. */
function nextMessage(child: ChildProcess): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const ended = (code: number | null) => reject(new Error(`a child process ended with ${code}`));
    child.once("exit", ended);
    child.once("message", (message) => {
      child.off("exit", ended);
      resolve(message);
    });
  });
}

function add(total: Total, tally: Tally): void {
  total.played += tally.played;
  total.events += tally.events;
  total.cpuMs += tally.cpuMs;
  total.failures.push(...tally.failures);
  for (const list of ["losses", "limits", "windows"] as const) {
    for (const [key, count] of Object.entries(tally[list])) total[list][key] = (total[list][key] ?? 0) + count;
  }
  for (const state of tally.states) total.states.add(state);
}

/** A child process of run.ts: plays the schedules that it is given. */
import { enableCompileCache } from "node:module";
import { preload, type SourceChange } from "./core/preload.ts";
import type { Finding } from "./oracle/facts.ts";
import type { Mode } from "./plan/plan.ts";

/** What to play: the seeds from `first` on. */
export interface Batch {
  readonly mode: Mode;
  readonly first: number;
  readonly count: number;
  /** The beginning of a rule's name: to end with the first schedule that breaks it. */
  readonly stop: string | undefined;
}

export interface Tally {
  readonly played: number;
  readonly failures: readonly { readonly seed: number; readonly findings: readonly Finding[] }[];
  readonly losses: Readonly<Record<string, number>>;
  readonly limits: Readonly<Record<string, number>>;
  readonly windows: Readonly<Record<string, number>>;
  /** States that this process had not seen before. */
  readonly states: Uint32Array;
  readonly events: number;
  /** Of the processor, ms. */
  readonly cpuMs: number;
}

// It ends with its parent, whatever that died of, and in the middle of a schedule. (Taken before it is guarded.)
const { exit } = process;
process.on("disconnect", () => exit());

enableCompileCache();
const changes = JSON.parse(process.argv[2] ?? "[]") as SourceChange[];
await preload(changes);
const { play } = await import("./play.ts");
const { generate } = await import("./plan/generate.ts");
const { windowsOf } = await import("./oracle/windows.ts");
const { addStates } = await import("./oracle/states.ts");

const states = new Set<number>();

process.on("message", (batch: Batch) => {
  void playAll(batch).then((tally) => process.send?.(tally));
});
process.send?.("ready");

async function playAll({ mode, first, count, stop }: Batch): Promise<Tally> {
  const before = process.cpuUsage();
  const known = states.size;
  const failures: Tally["failures"][number][] = [];
  const losses: Record<string, number> = {};
  const limits: Record<string, number> = {};
  const windows: Record<string, number> = {};
  const add = (into: Record<string, number>, key: string | number) => void (into[key] = (into[key] ?? 0) + 1);
  let events = 0;
  let played = 0;
  for (let seed = first; seed < first + count; seed++) {
    const outcome = await play(generate(seed, mode));
    const { verdict } = outcome;
    played++;
    events += outcome.played.events;
    for (const { why } of verdict.losses) add(losses, why);
    for (const limit of verdict.limits) add(limits, limit);
    for (const window of windowsOf(outcome.facts)) add(windows, window);
    addStates(outcome.played, states);
    if (verdict.findings.length > 0) failures.push({ seed, findings: verdict.findings });
    if (stop !== undefined && verdict.findings.some(({ rule }) => rule.startsWith(stop))) break;
  }
  const { user, system } = process.cpuUsage(before);
  const fresh = Uint32Array.from([...states].slice(known));
  return { played, failures, losses, limits, windows, states: fresh, events, cpuMs: (user + system) / 1000 };
}

import type { Call } from "./servers.ts";
import { sayWaits } from "./servers.ts";
import { DELAY_MS } from "./variants.ts";

/** The samples of one variant, a value a round. */
export interface Samples {
  readonly wallMs: number[];
  /** From rounds of their own, in which the process reports on itself. */
  readonly cpuMs: number[];
  readonly peakKb: number[];
  /** The files that it loaded, its own script included. */
  readonly files: Set<string>;
  /** The last run's calls, by wait; empty unless every answer was held back. */
  waits: Call[][];
  connections: number;
}

/** A goal is a ratio of two runs in the same rounds: single times say more about the machine than about us. */
interface Goal {
  readonly run: string;
  readonly base: string;
  readonly limit: number | undefined;
  /** Added to the base, ms: an answer that has to be waited for. */
  readonly plusMs?: number;
}

const R0 = "bare node";
const R1 = "one POST";
const GOALS: readonly Goal[] = [
  { run: "write-only", base: R0, limit: 1.4 },
  { run: "write-only (envelope)", base: R0, limit: 1.4 },
  { run: "error path", base: R0, limit: 1.25 },
  { run: "post step", base: R0, limit: undefined },
  { run: "refresh", base: R1, limit: 1.15 },
  { run: "refresh + rotate", base: R1, limit: 1.45 },
  { run: "refresh + rotate, cache", base: R1, limit: undefined },
  // No goals: told, so that a change of them is seen. The floor of a read is a POST, which costs as much.
  { run: "ledger, read", base: R1, limit: undefined },
  { run: "ledger, renewal", base: R1, limit: undefined },
  { run: "ledger, renewal, D", base: `${R1}, D`, limit: undefined },
  { run: "refresh + rotate, D", base: `${R1}, D`, plusMs: DELAY_MS, limit: 1.1 },
  { run: "refresh + rotate, D at POST and PUT", base: `${R1}, D`, plusMs: DELAY_MS, limit: 1.1 },
];
const MEMORY = { run: "refresh", base: R0, limit: 1.4 };
const LARGEST_DIST = 96 * 1024;

/** One line of the table. `minRatio` and `cpuRatio` are there to judge the noise, not for the verdict. */
export interface Line {
  readonly what: string;
  readonly unit: "ratio" | "bytes";
  readonly measured: number;
  readonly limit: number | undefined;
  /** Undefined where there is no limit. */
  readonly met: boolean | undefined;
  readonly minRatio?: number;
  readonly cpuRatio?: number;
}

/** @param mainJobBytes undefined if not all of its runs were measured */
export function judge(samples: ReadonlyMap<string, Samples>, mainJobBytes: number | undefined): Line[] {
  const of = (name: string) => samples.get(name) as Samples;
  const lines: Line[] = [];
  for (const { run, base, limit, plusMs = 0 } of GOALS) {
    if (!samples.has(run) || !samples.has(base)) continue;
    const [ours, floor] = [of(run), of(base)];
    lines.push({
      what: `${run} / ${plusMs > 0 ? `(${base} + D)` : base}`,
      unit: "ratio",
      ...verdict(median(ours.wallMs) / (median(floor.wallMs) + plusMs), limit),
      minRatio: Math.min(...ours.wallMs) / (Math.min(...floor.wallMs) + plusMs),
      cpuRatio: median(ours.cpuMs) / median(floor.cpuMs),
    });
  }
  const { run, base, limit } = MEMORY;
  if (samples.has(run) && samples.has(base)) {
    const ratio = median(of(run).peakKb) / median(of(base).peakKb);
    lines.push({ what: `peak memory: ${run} / ${base}`, unit: "ratio", ...verdict(ratio, limit) });
  }
  if (mainJobBytes !== undefined) {
    lines.push({ what: "what the main job loads of dist", unit: "bytes", ...verdict(mainJobBytes, LARGEST_DIST) });
  }
  return lines;
}

function verdict(measured: number, limit: number | undefined): Pick<Line, "measured" | "limit" | "met"> {
  return { measured, limit, met: limit === undefined ? undefined : measured <= limit };
}

export function printTable(lines: readonly Line[]): void {
  const width = Math.max(...lines.map(({ what }) => what.length));
  const row = (what: string, ...cells: string[]) =>
    console.log(`${what.padEnd(width)}  ${cells.map((cell) => cell.padStart(9)).join(" ")}`.trimEnd());
  row("ratio of medians", "measured", "limit", "", "of minima", "CPU");
  for (const { what, unit, measured, limit, met, minRatio, cpuRatio } of lines) {
    const say = (value: number | undefined) => value?.toFixed(unit === "ratio" ? 2 : 0) ?? "-";
    const said = met === undefined ? "-" : met ? "met" : "NOT MET";
    const noise = minRatio === undefined ? [] : [say(minRatio), say(cpuRatio)];
    row(what, say(measured), say(limit), said, ...noise);
  }
}

/** What a run loads of dist, whether it is in the limit or not. */
export function printLoads(samples: ReadonlyMap<string, Samples>, sizeOf: (files: Iterable<string>) => number): void {
  console.log("\nbytes of dist that a run loads");
  const width = Math.max(...[...samples.keys()].map((name) => name.length));
  for (const [name, { files }] of samples) {
    const bytes = sizeOf(files);
    if (bytes > 0) console.log(`${name.padEnd(width)}  ${String(bytes).padStart(7)} in ${files.size} files`);
  }
}

/** What the network is used for, from the runs with latency. */
export function printWaits(samples: ReadonlyMap<string, Samples>): void {
  for (const [name, { waits, connections }] of samples) {
    if (waits.length === 0) continue;
    const calls = waits.flat().length;
    console.log(`\n${name}: ${calls} calls on ${connections} connections, ${waits.length} waits one after the other`);
    console.log(`  ${sayWaits(waits)}`);
  }
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1
    ? (sorted[middle] as number)
    : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2;
}

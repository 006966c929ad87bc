/**
 * How much slower the built action is than the least that could do its work: whole processes, started in random
 * order, round after round, and compared as ratios of medians.
 *
 *     npm run bench -- [--rounds 25] [--only <run> --only <its base>] [--dist <folder>] [--json] [--check]
 *
 * A missed goal is told in the table; only with `--check` is it an exit code too. A run that did not do its job
 * ends the bench with an error.
 */
import { cpSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { makeTls } from "../test/support/net/tls.ts";
import { makeSecretBox } from "./logins.ts";
import { judge, median, printLoads, printTable, printWaits, type Samples } from "./report.ts";
import { nameOf, startServers, waits } from "./servers.ts";
import { runNode } from "./step.ts";
import { type Setting, type Variant, VARIANTS } from "./variants.ts";

const WARM_UP_ROUNDS = 3;
/** Rounds for CPU time and memory, which spread far less than wall time. */
const USAGE_ROUNDS = 9;
/** The main job: a Claude login is used, renewed and rotated, and its file removed. What else there is, is optional. */
const MAIN_JOB = ["write-only", "write-only (envelope)", "refresh", "refresh + rotate", "post step"];
const HOOK = new URL("usage-hook.cjs", import.meta.url).pathname;

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "25" },
    only: { type: "string", multiple: true },
    dist: { type: "string", default: new URL("../dist", import.meta.url).pathname },
    json: { type: "boolean", default: false },
    check: { type: "boolean", default: false },
  },
});
const rounds = Number(values.rounds);
if (!(Number.isInteger(rounds) && rounds > 0)) throw new Error("--rounds takes a whole number above 0");
const variants = VARIANTS.filter(({ name }) => values.only?.includes(name) ?? true);

const root = mkdtempSync(join(tmpdir(), "bench-"));
const box = await makeSecretBox();
const tls = await makeTls();
const servers = await startServers({ key: tls.key, cert: tls.cert, publicKey: box.publicKey });
try {
  // A copy, so that a build which happens meanwhile is not measured by halves.
  const dist = join(root, "dist");
  cpSync(values.dist, dist, { recursive: true });
  const setting: Setting = { root, dist, servers, caFile: tls.caFile(root), box };
  const samples = await measure(setting);
  const sizeOf = (files: Iterable<string>) =>
    [...files].filter((file) => file.startsWith(dist)).reduce((sum, file) => sum + statSync(file).size, 0);
  const mainJob = MAIN_JOB.flatMap((name) => samples.get(name) ?? []);
  const loaded = new Set(mainJob.flatMap(({ files }) => [...files]));
  const lines = judge(samples, mainJob.length === MAIN_JOB.length ? sizeOf(loaded) : undefined);
  if (values.json) {
    console.log(JSON.stringify({ node: process.version, rounds, lines, runs: summary(samples) }, null, 2));
  } else {
    console.log(`node ${process.version}, ${rounds} rounds`);
    printTable(lines);
    printWaits(samples);
    printLoads(samples, sizeOf);
  }
  if (values.check && lines.some(({ met }) => met === false)) process.exitCode = 1;
} finally {
  servers.stop();
  rmSync(root, { recursive: true, force: true });
}

async function measure(setting: Setting): Promise<Map<string, Samples>> {
  const samples = new Map<string, Samples>();
  for (const { name } of variants)
    samples.set(name, { wallMs: [], cpuMs: [], peakKb: [], files: new Set(), waits: [], connections: 0 });
  for (let round = -WARM_UP_ROUNDS; round < rounds + USAGE_ROUNDS; round++) {
    for (const variant of shuffled(variants)) {
      const into = samples.get(variant.name) as Samples;
      if (round >= rounds) await measureUsage(variant, setting, into);
      else await measureWall(variant, setting, round < 0 ? undefined : into);
    }
  }
  return samples;
}

async function measureWall(variant: Variant, setting: Setting, into: Samples | undefined): Promise<void> {
  const { traffic, run } = await runOnce(variant, setting, [], {});
  if (!into) return;
  into.wallMs.push(run.wallMs);
  into.connections = traffic.connections;
  // Without a delay a call may have ended before the next one of the same moment came in.
  if (variant.scene.delayMs.other > 0) into.waits = waits(traffic);
}

async function measureUsage(variant: Variant, setting: Setting, into: Samples): Promise<void> {
  const file = join(setting.root, "usage.json");
  await runOnce(variant, setting, ["--require", HOOK], { BENCH_USAGE: file });
  const usage = JSON.parse(readFileSync(file, "utf8")) as { cpuMs: number; peakKb: number; files: string[] };
  const { cpuMs, peakKb, files } = usage;
  for (const loaded of files) into.files.add(loaded);
  into.cpuMs.push(cpuMs);
  into.peakKb.push(peakKb);
  rmSync(file);
}

async function runOnce(variant: Variant, setting: Setting, flags: string[], more: Record<string, string>) {
  const job = variant.prepare(setting);
  await servers.begin(variant.scene);
  const run = runNode([...flags, ...job.args], { ...job.env, ...more });
  const traffic = await servers.end();
  try {
    job.check(run, traffic);
  } catch (cause) {
    throw new Error(`the run "${variant.name}" did not do its job`, { cause });
  }
  return { traffic, run };
}

function shuffled<T>(items: readonly T[]): T[] {
  return items
    .map((item) => ({ item, at: Math.random() }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ item }) => item);
}

function summary(samples: ReadonlyMap<string, Samples>): Record<string, unknown> {
  const entries = [...samples].map(([name, { wallMs, cpuMs, peakKb, waits: steps, connections }]) => [
    name,
    {
      wallMs: { median: median(wallMs), min: Math.min(...wallMs) },
      cpuMs: { median: median(cpuMs), min: Math.min(...cpuMs) },
      peakKb: median(peakKb),
      connections,
      ...(steps.length > 0 && { waits: steps.map((step) => step.map(nameOf)) }),
    },
  ]);
  return Object.fromEntries(entries) as Record<string, unknown>;
}

/**
 * Jobs that share a login, some of them killed with SIGKILL, with or without a post step afterwards. A login may be
 * lost in one way only: the provider renews it, and the process dies before it can publish. In some rounds the process
 * is dead before the provider renews. Every other loss fails the test. STAMPEDE_ROUNDS: how many rounds.
 */
import { randomInt } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { type KillStage, killStage, PHASES, type Phase, type Told, type Victim } from "./kill-round.ts";

const ROUNDS = Number(process.env["STAMPEDE_ROUNDS"] ?? 200);
/** Most of a round is waiting. */
const SIDE_BY_SIDE = 32;

/** Rounds whose servers and jobs are being started: they are all of one process, and must answer in time. */
const AT_ONCE = 8;

/** When the victim is killed; settles then. The rest of the round goes on meanwhile. */
type Plan = (here: KillStage) => Promise<void>;

const atRandom: Plan = async ({ oidc }) => {
  // A provider that takes its time makes the moments around its answer last longer, so that some are hit.
  const when = (["before-commit", "after-commit"] as const)[randomInt(2)] ?? "after-commit";
  if (randomInt(3) > 0) oidc.fault({ type: "slow", ms: randomInt(200, 1500), when });
  await sleep(randomInt(60, 4000));
};

/** Moments that follow what the servers see, so that a slow machine does not move them. */
const onEvents: readonly Plan[] = [
  // The answer is saved, and publishing has begun: its first call has reached GitHub, or its last one.
  async ({ github }) => {
    const held = github.hold({ method: "POST", path: /\/git\/commits$/, skip: 1 });
    await held.received;
    setTimeout(held.release, 100);
    await sleep(randomInt(50));
  },
  async ({ first, oidc }) => {
    const ms = randomInt(200);
    oidc.fault({ type: "slow", ms, when: "after-commit" });
    await first("renewed");
    await sleep(randomInt(ms + 100));
  },
  async ({ first, github }) => {
    await first("renewed");
    const held = github.hold({ path: /\/graphql$/ });
    await held.received;
    setTimeout(held.release, randomInt(100));
    await sleep(randomInt(100));
  },
  async ({ first, oidc }) => {
    const ms = randomInt(200, 1000);
    oidc.fault({ type: "slow", ms, when: "before-commit" });
    await first("sent");
    await sleep(randomInt(ms));
  },
  async ({ first, github }) => {
    // The intent is written, its answer still on the way.
    const ms = randomInt(300);
    github.fault({ path: /\/graphql$/ }, { do: "delay", when: "after-commit", ms });
    await first("intent");
    await sleep(randomInt(ms + 50));
  },
  async ({ first, github }) => {
    // Published, and the job does not know it yet; or its answer has just come.
    const ms = randomInt(200);
    github.fault({ path: /\/graphql$/, skip: 1 }, { do: "delay", when: "after-commit", ms });
    await first("published");
    await sleep(randomInt(ms + 10));
  },
];
/** Sent, and killed; and then the provider commits, for a client that has gone. */
const beforeTheCommit: Plan = async ({ first, oidc, commitWhenDead }) => {
  const held = oidc.hold("before-commit");
  if ((await first("sent")) === "victim") commitWhenDead("victim", held.release);
  else held.release();
};

/** Rounds of each of those; in all others it is killed at random. */
const EACH = Math.ceil(ROUNDS / 14);
/** Rounds in which the provider commits when it is dead. */
const LATE = Math.ceil(ROUNDS / 20);
// Those that lose most come first: after a loss nobody gives up for as long as a lease lasts.
const plans: readonly Plan[] = [
  ...Array.from({ length: LATE }, () => beforeTheCommit),
  ...onEvents.flatMap((plan) => Array.from({ length: EACH }, () => plan)),
];

async function round(number: number, gate: Gate): Promise<Told> {
  await gate.enter();
  let here: KillStage | undefined;
  try {
    try {
      here = await killStage();
      await play(here, number);
    } finally {
      gate.leave();
    }
    return await here.end();
  } finally {
    await here?.close();
  }
}

/** Until the victim is dead, or has ended before; the others have been started then. */
async function play(here: KillStage, number: number): Promise<void> {
  const plan = plans[number] ?? atRandom;
  const over = here.start("victim", number % 2 === 0);
  const killed = Promise.race([plan(here), over]).then(() => here.kill("victim"));
  // Mostly it is the victim that renews: the others come with it, or when it has begun.
  if (plan !== atRandom) await Promise.race([here.first("intent"), over]);
  await sleep(randomInt(400));
  for (const name of ["second", "third"]) void here.start(name, false);
  await killed;
}

interface Gate {
  enter(): Promise<void>;
  leave(): void;
}

function gateFor(most: number): Gate {
  let free = most;
  const waiting: (() => void)[] = [];
  return {
    enter: () => (free-- > 0 ? Promise.resolve() : new Promise((resolve) => void waiting.push(resolve))),
    leave() {
      free++;
      waiting.shift()?.();
    },
  };
}

/**
 * What about this loss is not as it must be: a renewal by the victim, then its death, and nothing published; or its
 * death, and then the renewal that it had asked for.
 */
function oddities({ renewals, generations, victims, last }: Told): string[] {
  const odd: string[] = [];
  const [by, ...more] = renewals;
  if (by === undefined || more.length > 0) odd.push(`renewed by ${renewals.join(", ") || "nobody"}`);
  const victim = victims.find(({ name }) => name === by);
  if (victim === undefined) odd.push("whoever renewed it was not killed");
  else {
    if (victim.signal !== "SIGKILL") odd.push(`died by ${victim.signal}`);
    if (victim.phase !== (victim.late ? "send to renewal" : "renewal to publishing"))
      odd.push(`killed ${victim.phase}`);
    if (victim.late && victim.saved) odd.push("it had an answer before there was one");
    if (victim.post && victim.saved) odd.push("its post step had the answer");
  }
  if (generations.some((generation) => generation > 0)) odd.push("a generation was published");
  if (!/\[login-(refused|lost-in-flight)\]/.test(last)) odd.push(`told as: ${last}`);
  return odd;
}

const killedIn = (told: readonly Told[], phase: Phase): number =>
  told.filter(({ victims }) => victims.some((victim) => victim.phase === phase)).length;

/** Whether the provider renewed the login for a process that was dead. */
const diedFirst = ({ victims }: Told): boolean => victims.some(({ late }) => late);

const isSaved = ({ phase, post, saved }: Victim) => phase === "renewal to publishing" && post && saved;

function expectSound(told: readonly Told[]): void {
  const odd = told.map((one) => ({ odd: one.alive ? one.messages.filter(Boolean) : oddities(one), ...one }));
  expect(odd.filter((one) => one.odd.length > 0)).toEqual([]);
}

const say = (told: readonly Told[]): string =>
  [
    `killed ${PHASES.map((phase) => `${phase} ${killedIn(told, phase)}`).join(", ")}`,
    `${told.filter((one) => !one.alive && !diedFirst(one)).length} logins lost with the process that had renewed them`,
    `${told.filter(diedFirst).length} times killed, and then the provider committed (${told.filter((one) => !one.alive && diedFirst(one)).length} logins lost)`,
    `${told.filter(({ alive, renewals }) => alive && renewals.length > 1).length} renewed once more by whoever took over`,
    `${told.reduce((sum, { unreachable }) => sum + unreachable, 0)} runs again, where the servers were too slow`,
  ].join("; ");

/** 64 jobs at once. Whoever takes a lease is killed at some moment after it, four times over; and some that wait. */
async function crowd(post: boolean): Promise<Told> {
  const here = await killStage();
  try {
    let leases = 0;
    here.onIntent((name) => {
      if (!name.startsWith("job-") || ++leases > 4) return;
      here.oidc.fault({ type: "slow", ms: randomInt(200, 1000), when: "before-commit" });
      setTimeout(() => void here.kill(name), randomInt(2000));
    });
    const names = Array.from({ length: 64 }, (_, id) => `job-${id}`);
    const all = names.map((name, id) => here.start(name, post && id % 4 === 0));
    for (const name of names.slice(0, 8)) setTimeout(() => void here.kill(name), randomInt(1000, 12_000));
    await Promise.allSettled(all);
    return await here.end();
  } finally {
    await here.close();
  }
}

test(`${ROUNDS} rounds: a login is lost only between the provider's renewal and our publishing`, async () => {
  const crowds: Promise<Told>[] = [];
  for (const post of [true, false]) {
    const playing = crowd(post);
    crowds.push(playing);
    // What is left after the stampede itself is waiting, if the login was lost.
    await Promise.race([playing, sleep(45_000)]);
  }
  const told: Told[] = [];
  const gate = gateFor(AT_ONCE);
  let next = 0;
  const worker = async () => {
    while (next < ROUNDS) told.push(await round(next++, gate));
  };
  await Promise.all(Array.from({ length: SIDE_BY_SIDE }, worker));
  const of64 = await Promise.all(crowds);

  const dead = of64.map(({ victims }) => victims.filter(({ signal }) => signal === "SIGKILL").length);
  console.log(`${told.length} rounds: ${say(told)}`);
  console.log(`64 jobs, of which ${dead.join(" and ")} were killed: ${say(of64)}`);
  expectSound([...told, ...of64]);
  for (const count of dead) expect(count).toBeGreaterThanOrEqual(2);
  // In each of the moments that count it was killed often enough to say something.
  const fewest = Math.floor(ROUNDS / 20);
  for (const phase of ["intent to send", "send to renewal", "renewal to publishing"] as const) {
    expect(killedIn(told, phase), `rounds in which it was killed from ${phase}`).toBeGreaterThanOrEqual(fewest);
  }
  const saved = told.filter(({ victims }) => victims.some(isSaved));
  expect(saved.length, "killed with the answer saved, and a post step after it").toBeGreaterThanOrEqual(fewest / 2);
  const lost = told.filter(({ alive }) => !alive);
  expect(lost.length - lost.filter(diedFirst).length, "losses that were looked at").toBeGreaterThanOrEqual(fewest / 2);
  expect(lost.filter(diedFirst).length, "losses by a commit after the death").toBeGreaterThanOrEqual(LATE / 2);
}, 1_500_000);

/**
 * Every interleaving of a few jobs that share a login, with a fault anywhere. Run by itself it prints what it found:
 * `node test/model/explore.ts [part of a scenario's name]`.
 */
import { hash } from "node:crypto";
import { pathToFileURL } from "node:url";
import { callOf, carry, firstCall, isAlive, isTooLate, leaseLeft, LOST, newJob, startPost } from "./machine.ts";
import { issuerOf, lives, redeem } from "./provider.ts";
import { LARGE, MEDIUM, SMALL } from "./scenarios.ts";
import {
  type Action,
  type Call,
  type Fate,
  type Job,
  type JobSpec,
  LONG_MS,
  type Scenario,
  SHORT_ENDS,
  type State,
} from "./state.ts";

export interface Violation {
  readonly what: string;
  /** How it came to be. */
  readonly path: readonly Action[];
}

export interface Explored {
  readonly scenario: Scenario;
  readonly states: number;
  readonly transitions: number;
  /** How often a state in which nothing more can happen was found, by the jobs' results. */
  readonly endings: ReadonlyMap<string, number>;
  /** Terminals in which the login is lost, by what it was lost to. */
  readonly losses: ReadonlyMap<string, number>;
  readonly terminals: number;
  readonly longest: number;
  readonly violations: readonly Violation[];
  /** For every kind of transition a way to one. */
  readonly ways: ReadonlyMap<string, readonly Action[]>;
}

export function beginning(scenario: Scenario): State {
  const { record, secret, jobs, faults } = scenario;
  const pasted = [...jobs.map(({ snapshot }) => snapshot), secret ?? "none"].filter((one) => typeof one === "number");
  const issuer = issuerOf(Math.max(0, ...pasted) + 1);
  const ends = { none: 0, ended: 60_000, short: SHORT_ENDS, long: LONG_MS }[record];
  return {
    now: 0,
    version: record === "none" ? 0 : 1,
    record:
      record === "none"
        ? null
        : {
            version: 1,
            lineage: 0,
            generation: 5,
            token: 0,
            access: 0,
            ends,
            epoch: 0,
            by: 0,
            lease: null,
            writtenAt: 0,
            dead: false,
            known: [0],
          },
    issuer,
    secret:
      secret === undefined
        ? null
        : {
            token: secret,
            lineage: null,
            generation: 0,
            access: -1,
            ends: 0,
            unpublished: null,
            serial: 0,
            writtenAt: -3_600_000,
          },
    jobs: jobs.map(newJob),
    faults,
    ghost: { silentSpends: {}, refused: [] },
  };
}

/** Everything that can happen next. */
export function movesOf(scenario: Scenario, state: State): Action[] {
  const moves: Action[] = [];
  for (const [job, one] of state.jobs.entries()) {
    const call = one.started ? callOf(one) : firstCall(scenario, state, job);
    if (call && isEnabled(state, one)) {
      for (const fate of fatesOf(state, one, call)) moves.push({ job, call, fate });
    }
    if (scenario.post && one.capsule && !isAlive(one)) moves.push({ post: job });
  }
  const to = nextTime(state);
  const mustWait =
    scenario.post === "soon" && state.jobs.some(({ capsule, post, at }) => capsule || (post && at !== "done"));
  if (to !== undefined && !mustWait) moves.push({ to });
  return moves;
}

/** Whoever waits looks again, too, when nothing has changed; that leads nowhere. */
function isEnabled({ record, now }: State, { at, waits, turn }: Job): boolean {
  if (at === "look" && waits) return record?.version !== waits.version || now >= waits.until;
  if (at === "watch" && turn) return record?.lease?.nonce !== turn.nonce || now >= turn.until;
  return true;
}

function fatesOf(state: State, { at, started, serial, turn }: Job, call: Call): Fate[] {
  const { faults, secret } = state;
  const fates: Fate[] = ["done"];
  if (faults.kill > 0 && started) fates.push("killed-before");
  if (at === "send" && turn && isTooLate(state, turn)) return fates;
  // After a call that changes nothing is before the next one.
  const changes = call === "swap" || call === "send" || (at === "put" && (secret?.serial ?? 0) <= serial);
  if (faults.kill > 0 && changes) fates.push("killed-after");
  if (faults.lostSwap > 0 && call === "swap") fates.push("lost-before", "lost-after");
  if (faults.lostAnswer > 0 && call === "send") fates.push("lost-before", "lost-after");
  if (faults.throttled > 0 && call === "send") fates.push("throttled");
  if (faults.down > 0 && at === "publish") fates.push("down");
  return fates;
}

/** When a lease ends, or somebody has watched for long enough; undefined if nothing waits for that. */
function nextTime({ now, record, jobs, faults }: State): number | undefined {
  const held = leaseLeft(record, now) > 0;
  const end = now + leaseLeft(record, now);
  const holder = record?.lease && jobs[record.lease.job];
  const holds = holder && isAlive(holder) && holder.turn?.nonce === record.lease?.nonce;
  if (held && holds && faults.slow > 0) return end;
  // Otherwise nobody is held up for so long in the midst of something.
  if (!jobs.every((job) => !isAlive(job) || job.at === "look" || job.at === "watch")) return undefined;
  const watching = jobs.flatMap(({ at, turn }) => (at === "watch" && turn && turn.until > now ? [turn.until] : []));
  if (watching.length > 0) return Math.min(...watching);
  return held && !holds ? end : undefined;
}

const SPENDS: Partial<Record<Fate, keyof State["faults"]>> = {
  "killed-before": "kill",
  "killed-after": "kill",
  throttled: "throttled",
  down: "down",
};

export function apply(scenario: Scenario, state: State, action: Action, wrong: (what: string) => void): State {
  if ("post" in action) return startPost(state, action.post);
  if ("to" in action) {
    const holder = state.record?.lease && state.jobs[state.record.lease.job];
    const slow =
      holder && isAlive(holder) && holder.turn?.nonce === state.record?.lease?.nonce && holder.at !== "watch";
    const late = holder?.at === "watch" && action.to > (holder.turn?.until ?? 0);
    const { faults } = state;
    return { ...state, now: action.to, faults: slow || late ? { ...faults, slow: faults.slow - 1 } : faults };
  }
  const { call, fate } = action;
  const lost = fate === "lost-before" || fate === "lost-after";
  const spent = lost ? (call === "swap" ? "lostSwap" : "lostAnswer") : SPENDS[fate];
  const faults = spent ? { ...state.faults, [spent]: state.faults[spent] - 1 } : state.faults;
  return carry(scenario, { ...state, faults }, action.job, fate, wrong);
}

/** @param told whether the ways to every kind of transition are wanted, too */
export function explore(scenario: Scenario, told = false): Explored {
  const seen = new Map<string, "open" | "done">();
  const endings = new Map<string, number>();
  const losses = new Map<string, number>();
  const violations = new Map<string, Violation>();
  const ways = new Map<string, readonly Action[]>();
  const path: Action[] = [];
  let transitions = 0;
  let terminals = 0;
  let longest = 0;

  const violate = (what: string): void => {
    const known = violations.get(what);
    if (!known || known.path.length > path.length) violations.set(what, { what, path: [...path] });
  };
  const count = (map: Map<string, number>, name: string): void => void map.set(name, (map.get(name) ?? 0) + 1);

  function visit(state: State): void {
    const key = hash("md5", JSON.stringify(state), "base64");
    const before = seen.get(key);
    if (before === "open") violate("jobs go round in a circle");
    if (before) return;
    seen.set(key, "open");
    longest = Math.max(longest, path.length);
    const moves = movesOf(scenario, state);
    for (const action of moves) {
      path.push(action);
      transitions++;
      const next = apply(scenario, state, action, violate);
      const kind = told ? kindOf(scenario, state, action, next) : "";
      if (!ways.has(kind)) ways.set(kind, [...path]);
      visit(next);
      path.pop();
    }
    if (moves.length === 0) {
      terminals++;
      atEnd(state);
    }
    seen.set(key, "done");
  }

  function atEnd(state: State): void {
    if (state.jobs.some(isAlive)) violate("a job never comes to an end");
    count(
      endings,
      state.jobs
        .map(({ at, result }) => (at === "killed" ? "killed" : result))
        .toSorted()
        .join(" "),
    );
    for (const how of lossesOf(scenario, state)) {
      count(losses, how);
      if (!mayLose(scenario, how)) violate(`a login is lost: ${how}`);
    }
  }

  visit(beginning(scenario));
  return {
    scenario,
    states: seen.size,
    transitions,
    endings,
    losses,
    terminals,
    longest,
    violations: [...violations.values()],
    ways,
  };
}

const HELD_UP = "held up until its lease had ended";
const UNEXPLAINED = "nothing has happened that could cost it";

/** The ways to lose a login, and no others. What is lost on the way a provider with a grace window gives again. */
function mayLose({ manner, faults, post }: Scenario, how: string): boolean {
  if (how === HELD_UP) return faults.slow > 0 && manner !== "none";
  // A post step has published the sibling that this sending has ended, and its answer, too, did not come.
  if (manner === "latest" && post === "late" && how === LOST.answer) return faults.lostAnswer > 0;
  if (manner !== "strict") return false;
  if (how === LOST.answer) return faults.lostAnswer > 0;
  if (how === LOST.ledger) return faults.down > 0;
  if (how === LOST.killedBefore) return faults.kill > 0;
  // Its post step has the answer, and comes first if it comes at once.
  return how === LOST.killedAfter && faults.kill > 0 && post !== "soon";
}

/** What the logins were lost to that nobody can renew any more: of the record, and of a sign-in that was spent. */
function lossesOf(scenario: Scenario, { record, issuer, secret, ghost, faults }: State): string[] {
  const { manner } = scenario;
  // Where a next job would find it: the record, the secret, or the credential that a person has pasted.
  const stored = [record, secret?.unpublished ? secret : null].flatMap((one) => (one ? [one.token] : []));
  const pasted = scenario.jobs.flatMap(({ snapshot }) => (snapshot === "secret" ? (secret?.token ?? 0) : snapshot));
  const unknown = pasted.filter((token) => typeof token === "number").filter((token) => !record?.known.includes(token));
  const kept = [...stored, ...unknown];
  const used = new Set([record, secret].flatMap((one) => (one ? [issuer.tokens[one.token]] : [])));
  const lost: string[] = [];
  for (const [family, { current }] of issuer.families.entries()) {
    // Its first token was not spent: it still stands where the person has stored it.
    const untouched = current === family;
    const renewable = kept.some(
      (token) => issuer.tokens[token] === family && redeem(issuer, manner, token).token !== undefined,
    );
    if (untouched || renewable) continue;
    // A login that a fresh sign-in has replaced is not needed any more.
    const replaced = record !== null && (issuer.tokens[record.token] as number) > family && lives(issuer, record.token);
    if (replaced || (!used.has(family) && family === 0)) continue;
    const causes = Object.entries(ghost.silentSpends).filter(([token]) => issuer.tokens[Number(token)] === family);
    const slow = faults.slow < scenario.faults.slow ? [HELD_UP] : [];
    lost.push([...slow, ...causes.map(([, how]) => how)][0] ?? UNEXPLAINED);
  }
  return lost;
}

/** Transitions that are alike for the job that makes them. */
function kindOf(scenario: Scenario, state: State, action: Action, next: State): string {
  if ("to" in action) return "time";
  if ("post" in action) return "post";
  const before = state.jobs[action.job] as Job;
  const after = next.jobs[action.job] as Job;
  const { turn } = before;
  const { record, now, issuer } = state;
  const compare = (a: number, b: number) => Math.sign(a - b);
  const own = record?.lease?.nonce === turn?.nonce;
  const view = record && [
    turn && [
      record.lineage === turn.lineage,
      compare(record.generation, turn.generation),
      compare(record.by, turn.epoch),
    ],
    record.lease && [own, leaseLeft(record, now) > 0],
    record.dead,
    lives(issuer, record.token),
    turn && record.version === turn.expect,
    turn?.next && record.token === turn.next.token,
  ];
  const { root, refresh } = scenario.jobs[action.job] as JobSpec;
  // What only some places ask for.
  const publishes = before.at === "publish" || before.at === "published?";
  const stores =
    publishes || before.at === "put" || before.at === "prove" || before.at === "since?" || before.at === "look";
  const who = [
    root,
    refresh === "always" && (before.at === "look" || turn?.giving),
    scenario.manner === "none" && (publishes || before.at === "send"),
    scenario.secret !== undefined && stores && [turn?.replaceable],
    before.post,
  ];
  const doing = turn && [
    turn.what,
    turn.adopts !== null,
    turn.mine,
    turn.takenFrom,
    turn.unclear,
    turn.silent,
    turn.giving,
    turn.tries,
    turn.next?.failed,
    turn.next?.last && [turn.next.inSecret],
  ];
  const looking = before.at === "look" && [before.distrusted, before.hopeless === record?.token, before.rounds > 0];
  return JSON.stringify([action.call, action.fate, before.at, after.at, after.result, doing, view, who, looking]);
}

export function sayAction(action: Action): string {
  if ("to" in action) return `time passes to ${action.to / 1000} s`;
  if ("post" in action) return `the post step of job ${action.post} begins`;
  return `job ${action.job}: ${action.call}${action.fate === "done" ? "" : ` (${action.fate})`}`;
}

export function sayExplored({
  scenario,
  states,
  transitions,
  terminals,
  longest,
  losses,
  violations,
}: Explored): string {
  const lost = [...losses].map(([how, times]) => `\n    lost in ${times}: ${how}`);
  const wrong = violations.map(
    ({ what, path }) => `\n    WRONG: ${what}\n      ${path.map(sayAction).join("\n      ")}`,
  );
  const numbers = `${states} states, ${transitions} transitions, ${terminals} ends, at most ${longest} steps`;
  return `${scenario.name}: ${numbers}${lost.join("")}${wrong.join("")}`;
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const began = Date.now();
  let states = 0;
  let wrong = 0;
  for (const scenario of [...SMALL, ...MEDIUM, ...LARGE].filter(({ name }) => name.includes(process.argv[2] ?? ""))) {
    const explored = explore(scenario);
    console.log(sayExplored(explored));
    states += explored.states;
    wrong += explored.violations.length;
  }
  console.log(`${states} states, ${wrong} wrong, ${((Date.now() - began) / 1000).toFixed(1)} s`);
  process.exitCode = wrong > 0 ? 1 : 0;
}

import { mix, Stream } from "../core/random.ts";
import { jobOf } from "./jobs.ts";
import { gitOf, loginsOf, providerOf } from "./logins.ts";
import type { JobPlan, LoginPlan, Mode, Moment, PersonPlan, Plan } from "./plan.ts";
import { stage } from "./scenes.ts";
import { MINUTE, HOUR, SECOND, type Tempo } from "./times.ts";
import { type Load, loadOf, troublesOf } from "./troubles.ts";

/** The plan of this seed. Most of it is ordinary: what is rare in the world is rarer than what is common, but not rare. */
export function generate(seed: number, mode: Mode): Plan {
  const random = new Stream(seed, mode === "secret" ? 1 : 2);
  const tempo = random.weighted<Tempo>({ stampede: 4, burst: 2, minutes: 2, hours: 2 });
  const load = loadOf(random);
  const provider = providerOf(random);
  const logins = loginsOf(random, mode, provider);
  const grouped = random.chance(mode === "secret" ? 0.85 : 0.25);
  const rollsOver = mode === "ledger" && random.chance(0.1);
  const jobs: JobPlan[] = [];
  // What goes wrong among four goes wrong among two or three already, nearly always.
  const count = Number(random.weighted({ "2": 4, "3": 3, "4": 2, "5": 1 }));
  for (let id = 0; id < count; id++) {
    jobs.push(jobOf(new Stream(seed, 0x10b, id), id, { mode, tempo, load, logins, rollsOver, jobs }));
  }
  const moment = () => momentOf(random, jobs, tempo);
  const plan: Plan = {
    seed: mix(seed, 0x5eed),
    mode,
    provider,
    github: {
      lagMs: load.lag ? random.between(200, 1_500) : 0,
      git: gitOf(random, load),
      newKey: load.newKey ? moment() : undefined,
    },
    logins,
    jobs,
    people: peopleOf(random, load, logins, mode, moment),
    outages: load.outages ? troublesOf.outages(random, mode, count, moment) : [],
    controlled: random.chance(0.5),
    grouped,
  };
  const scenes = new Stream(seed, 0x5ce);
  return mode === "ledger" && scenes.chance(0.1) ? stage(plan, scenes) : plan;
}

function momentOf(random: Stream, jobs: readonly JobPlan[], tempo: Tempo): Moment {
  const kind = random.weighted({ start: 2, main: 3, renewal: 3, store: 2 });
  if (kind === "start") {
    const within = { stampede: 10 * SECOND, burst: 2 * MINUTE, minutes: 30 * MINUTE, hours: 20 * HOUR }[tempo];
    return { after: "start", n: 0, ms: random.between(0, within) };
  }
  const n = kind === "main" ? random.pick(jobs).id : random.int(1, 3);
  return { after: kind, n, ms: random.chance(0.6) ? random.between(0, SECOND) : random.between(0, 30 * SECOND) };
}

function peopleOf(
  random: Stream,
  { people, oddities }: Load,
  logins: readonly LoginPlan[],
  mode: Mode,
  moment: () => Moment,
): PersonPlan[] {
  if (!people) return [];
  const swaps = logins.length > 1 ? 1 : 0;
  const adversary = { "deletes-record": 1, "rolls-back-record": 2, "swaps-records": swaps, "alters-record": 1 };
  const odd = { "signs-in": 6, "deletes-secret": 1, revokes: 1, "pastes-old": 1, shares: 1 };
  const weights = oddities ? { ...odd, ...(mode === "ledger" && adversary) } : { "signs-in": 1 };
  return Array.from({ length: random.int(1, 2) }, () => ({
    at: moment(),
    login: random.int(0, logins.length - 1),
    does: random.weighted<PersonPlan["does"]>(weights),
    form: random.pick(["file", "refresh-token"]),
  }));
}

import type { Stream } from "../core/random.ts";
import type { Death, Fate, GitHubTrouble, Mode, Moment, NetworkTrouble, Outage, ProviderTrouble } from "./plan.ts";

/**
 * Which kinds of trouble a schedule has at all. Each is on in some schedules and off in others: with everything
 * on, one trouble would hide what another could show.
 */
export interface Load {
  readonly network: boolean;
  readonly provider: boolean;
  readonly github: boolean;
  readonly outages: boolean;
  readonly deaths: boolean;
  readonly cancels: boolean;
  readonly vanishes: boolean;
  readonly suspends: boolean;
  readonly clocks: boolean;
  readonly people: boolean;
  readonly reruns: boolean;
  readonly oddities: boolean;
  readonly badTokens: boolean;
  readonly disk: boolean;
  readonly slow: boolean;
  readonly lag: boolean;
  readonly newKey: boolean;
}

const OFTEN: Readonly<Record<keyof Load, number>> = {
  network: 0.4,
  provider: 0.3,
  github: 0.3,
  outages: 0.15,
  deaths: 0.35,
  cancels: 0.25,
  vanishes: 0.15,
  suspends: 0.12,
  clocks: 0.2,
  people: 0.3,
  reruns: 0.25,
  oddities: 0.2,
  badTokens: 0.1,
  disk: 0.1,
  slow: 0.25,
  lag: 0.2,
  newKey: 0.08,
};

export function loadOf(random: Stream): Load {
  const calm = random.chance(0.1);
  const on = Object.entries(OFTEN).map(([kind, often]) => [kind, !calm && random.chance(often)]);
  return Object.fromEntries(on) as unknown as Load;
}

const NETWORK: Readonly<Record<NetworkTrouble, number>> = {
  refused: 2,
  "no-connection": 1,
  "request-lost": 2,
  "request-reset": 2,
  "answer-lost": 3,
  "answer-reset": 3,
  "request-late": 2,
  "answer-late": 2,
  twice: 0.5,
};

const PROVIDER: Readonly<Record<ProviderTrouble, number>> = {
  "429": 1,
  "429-wait": 2,
  "403-page": 1,
  "404-page": 1,
  "invalid-scope": 1,
  "invalid-request": 1,
  "on-hold": 1,
  "500": 2,
  "503": 2,
  "401-api": 1,
  "500-after": 2,
  "502-after": 1,
  "page-after": 1,
  "empty-after": 1,
  "cut-off-after": 1,
  "no-access": 1,
  "no-lifetime": 1,
};

const GITHUB: Readonly<Record<GitHubTrouble, number>> = {
  "500": 1,
  "502": 2,
  "409": 1,
  "401": 1,
  "403": 1,
  "404": 1,
  "429-wait": 1,
  "403-limit": 1,
  "500-after": 2,
  "502-after": 2,
  "422-object": 1,
  "422-failed": 1,
};

const OUTAGES: Readonly<Record<Outage["kind"], number>> = {
  refused: 2,
  "503": 3,
  "request-lost": 2,
  "answer-lost": 2,
  "403": 1,
  "429-wait": 1,
};

export const troublesOf = {
  /** Up to three requests of the job that do not go as they should. */
  fates(random: Stream, load: Load, mode: Mode): Fate[] {
    const fates: Fate[] = [];
    const add = (server: Fate["server"], kind: Fate["kind"], ms: number) => {
      const step = server === "provider" && random.chance(0.15) ? "program" : random.chance(0.85) ? "main" : "post";
      const nth = server === "provider" ? random.int(1, 2) : random.int(1, mode === "secret" ? 11 : 18);
      fates.push({ step, server, nth, kind, ms });
    };
    const late = () => (random.chance(0.5) ? random.between(500, 7_000) : random.between(7_000, 45_000));
    if (load.network && random.chance(0.5)) {
      const server = random.pick(["provider", "github"] as const);
      const kind = random.weighted(NETWORK);
      add(server, kind, server === "github" ? late() / 4 : late());
    }
    if (load.provider && random.chance(0.4)) add("provider", random.weighted(PROVIDER), random.between(1_000, 40_000));
    while (load.github && random.chance(0.5) && fates.length < 4) {
      add("github", random.weighted(GITHUB), random.between(1_000, 90_000));
    }
    return fates;
  },

  deaths(random: Stream, mode: Mode): Death[] {
    if (!random.chance(0.5)) return [];
    const step = random.weighted({ main: 5, post: 1 });
    const nth = step === "main" ? random.int(1, mode === "secret" ? 50 : 75) : random.int(1, 25);
    const deaths: Death[] = [{ step, nth, ms: random.chance(0.5) ? 0 : random.between(0, 400) }];
    // A post step that dies as well: the last hope.
    if (step === "main" && random.chance(0.2)) deaths.push({ step: "post", nth: random.int(1, 20), ms: 0 });
    return deaths;
  },

  outages(random: Stream, mode: Mode, jobs: number, moment: () => Moment): Outage[] {
    const forMs = () => (random.chance(0.6) ? random.between(500, 20_000) : random.between(20_000, 600_000));
    return [
      {
        server: random.weighted({ github: mode === "secret" ? 2 : 5, provider: 1 }),
        part: random.weighted(mode === "secret" ? { all: 1 } : { all: 2, git: 3, secrets: 1 }),
        job: random.pick([undefined, undefined, "who did that" as const, random.int(0, jobs - 1)]),
        from: moment(),
        forMs: forMs(),
        kind: random.weighted(OUTAGES),
      },
    ];
  },
};

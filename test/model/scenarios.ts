/** What is explored: few jobs, few faults, every kind of provider and of copy. */
import type { Manner } from "./provider.ts";
import { type Faults, type JobSpec, NO_FAULTS, type Scenario } from "./state.ts";

const MANNERS: readonly Manner[] = ["strict", "same", "latest", "none"];

/** Holds no copy of its own. */
const plain: JobSpec = { root: true, snapshot: "none" };
/** Holds what stands in the record, or stood there. */
const holder: JobSpec = { root: true, snapshot: 0 };
/** Holds a login that the ledger has never seen. */
const fresh: JobSpec = { root: true, snapshot: 1 };
const reader: JobSpec = { root: false, snapshot: "none" };
const always: JobSpec = { root: true, snapshot: "none", refresh: "always" };
const fromSecret: JobSpec = { root: true, snapshot: "secret" };

type Team = readonly [name: string, record: Scenario["record"], jobs: readonly JobSpec[], more?: Partial<Scenario>];

const PAIRS: readonly Team[] = [
  ["two renew", "short", [plain, holder]],
  ["two renew an ended one", "ended", [plain, holder]],
  ["two are asked to renew always", "long", [always, always]],
  ["a fresh sign-in among old copies", "short", [fresh, holder]],
  ["two have the same fresh sign-in", "ended", [fresh, fresh]],
  ["two begin the record", "none", [holder, holder]],
  ["one begins the record, another has a re-run's copy", "none", [holder, { ...holder, firstAttempt: false }]],
  ["one renews, one can only read", "ended", [plain, reader]],
  ["the secret holds the login", "short", [fromSecret, fromSecret], { secret: 0 }],
  ["the secret holds a fresh sign-in", "short", [fromSecret, plain], { secret: 1 }],
  [
    "the secret holds a sign-in that a re-run must leave alone",
    "short",
    [{ ...fromSecret, firstAttempt: false }, plain],
    { secret: 1 },
  ],
];

const TRIOS: readonly Team[] = [
  ["three renew", "short", [plain, holder, plain]],
  ["a fresh sign-in among three", "ended", [fresh, holder, plain]],
  ["three begin the record", "none", [holder, holder, holder]],
  ["two renew, one can only read", "ended", [plain, plain, reader]],
];

function named(
  [name, record, jobs, more = {}]: Team,
  manner: Manner,
  fault: string,
  faults: Partial<Faults>,
): Scenario {
  return { name: `${name}, ${manner}, ${fault}`, manner, jobs, record, ...more, faults: { ...NO_FAULTS, ...faults } };
}

const FAULTS: readonly (readonly [string, Partial<Faults>, Partial<Scenario>?])[] = [
  ["nothing happens", {}],
  ["one is killed", { kill: 1 }],
  ["one is killed, its post step runs at once", { kill: 1 }, { post: "soon" }],
  ["one is killed, its post step runs some time", { kill: 1 }, { post: "late" }],
  ["a swap is lost", { lostSwap: 1 }],
  ["an answer is lost", { lostAnswer: 1 }],
  ["one is held up", { slow: 1 }],
  ["one is turned away", { throttled: 1 }],
  ["the ledger fails once or twice", { down: 2 }, { post: "late" }],
];

const DOUBLE: readonly (readonly [string, Partial<Faults>, Partial<Scenario>?])[] = [
  ["one is killed, a swap is lost", { kill: 1, lostSwap: 1 }],
  ["one is killed, an answer is lost", { kill: 1, lostAnswer: 1 }, { post: "late" }],
  ["one is held up, one is killed", { kill: 1, slow: 1 }, { post: "late" }],
];

/** Two jobs, and at most one fault (a ledger may fail twice): what every run of the tests explores, and repeats with the code. */
export const SMALL: readonly Scenario[] = MANNERS.flatMap((manner) =>
  FAULTS.flatMap(([fault, faults, more]) => PAIRS.map((team) => ({ ...named(team, manner, fault, faults), ...more }))),
);

const trios = (chosen: (fault: string) => boolean): readonly Scenario[] =>
  MANNERS.flatMap((manner) =>
    FAULTS.filter(([fault]) => chosen(fault)).flatMap(([fault, faults, more]) =>
      TRIOS.map((team) => ({ ...named(team, manner, fault, faults), ...more })),
    ),
  );

/** Faults that are explored with three jobs whenever the tests run; the others take a minute more. */
const WITH_THREE: ReadonlySet<string> = new Set([
  "nothing happens",
  "one is killed",
  "one is killed, its post step runs at once",
  "a swap is lost",
  "an answer is lost",
]);

/** Three jobs, and at most one fault: what every run of the tests explores, without the code. */
export const MEDIUM: readonly Scenario[] = trios((fault) => WITH_THREE.has(fault));

/** Two faults, and the faults of three jobs that take longest. */
export const LARGE: readonly Scenario[] = [
  ...MANNERS.flatMap((manner) =>
    DOUBLE.flatMap(([fault, faults, more]) =>
      PAIRS.map((team) => ({ ...named(team, manner, fault, faults), ...more })),
    ),
  ),
  ...trios((fault) => !WITH_THREE.has(fault) && fault !== "the ledger fails once or twice"),
];

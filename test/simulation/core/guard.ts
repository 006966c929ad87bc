/*
 * The code under test may reach nothing but its World. While a schedule runs, whatever would be a real clock, a real
 * timer, real randomness or real I/O throws, and is noted as well, since the code might swallow the exception.
 */

/** What was reached although it must not be: `Date.now`, `fs.readFileSync`. */
export const reached: string[] = [];

interface Holder {
  [name: string]: unknown;
}

type Function = (...args: unknown[]) => unknown;

const builtin = (name: string): Holder => process.getBuiltinModule(name) as unknown as Holder;

/** Each with what of it is forbidden; undefined: every function. */
const OUTSIDE: readonly (readonly [string, Holder, readonly string[] | undefined])[] = [
  ["globalThis", globalThis as unknown as Holder, ["setTimeout", "setInterval", "setImmediate", "fetch"]],
  ["Math", Math as unknown as Holder, ["random"]],
  ["performance", performance as unknown as Holder, ["now"]],
  ["process", process as unknown as Holder, ["exit", "kill", "hrtime", "on", "once", "cwd", "chdir"]],
  ["process.stdout", process.stdout as unknown as Holder, ["write"]],
  ["fs", builtin("node:fs"), undefined],
  ["fs.promises", builtin("node:fs/promises"), undefined],
  ["http", builtin("node:http"), ["request", "get", "createServer"]],
  ["https", builtin("node:https"), ["request", "get", "createServer"]],
  ["net", builtin("node:net"), ["connect", "createConnection", "createServer"]],
  ["webcrypto", Object.getPrototypeOf(globalThis.crypto) as Holder, ["getRandomValues", "randomUUID"]],
  ["child_process", builtin("node:child_process"), undefined],
  ["os", builtin("node:os"), ["homedir", "tmpdir", "hostname", "userInfo"]],
  ["crypto", builtin("node:crypto"), ["randomBytes", "randomFillSync", "randomFill", "randomInt", "randomUUID"]],
];

/** Whether a schedule runs: only then is anything forbidden. */
let closed = false;
let guarded = false;

/** Runs `work` with the outside out of reach. Load every module of the code under test before. */
export async function withoutOutside<T>(work: () => Promise<T>): Promise<T> {
  if (!guarded) guardAll();
  guarded = true;
  closed = true;
  try {
    return await work();
  } finally {
    closed = false;
  }
}

/** Once for the whole process: putting this many functions in place takes as long as a part of a schedule. */
function guardAll(): void {
  for (const [holderName, holder, names] of OUTSIDE) {
    for (const name of names ?? Object.keys(holder).filter((key) => isCallable(holder, key))) {
      replace(holder, name, guard(`${holderName}.${name}`, holder[name] as Function));
    }
  }
  replace(globalThis as unknown as Holder, "Date", guardDate());
}

function guard(name: string, original: Function): Function {
  return new Proxy(original, {
    apply: (target, self, args: unknown[]) => (closed ? refuse(name) : Reflect.apply(target, self, args)),
    get: (target, key) => (closed ? refuse(`${name}.${String(key)}`) : (Reflect.get(target, key) as unknown)),
  });
}

function guardDate(): DateConstructor {
  class GuardedDate extends Date {
    constructor(...given: unknown[]) {
      if (closed && given.length === 0) refuse("new Date()");
      super(...(given as [number]));
    }
    static override now(): number {
      return closed ? refuse("Date.now") : super.now();
    }
  }
  return GuardedDate as DateConstructor;
}

/** A method: classes are left, and what cannot be replaced. */
function isCallable(holder: Holder, name: string): boolean {
  const descriptor = Object.getOwnPropertyDescriptor(holder, name);
  return typeof descriptor?.value === "function" && /^[a-z]/.test(name) && descriptor.configurable === true;
}

function replace(holder: Holder, name: string, value: unknown): void {
  const { enumerable = false } = Object.getOwnPropertyDescriptor(holder, name) ?? {};
  Object.defineProperty(holder, name, { value, writable: true, configurable: true, enumerable });
}

function refuse(name: string): never {
  reached.push(name);
  throw new Error(`${name} was reached past the World`);
}

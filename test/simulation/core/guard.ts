/*
 * The code under test may reach nothing but its World. While a schedule runs, whatever would be a real clock, a real
 * timer, real randomness or real I/O throws, and is noted as well, since the code might swallow the exception.
 */

/** What was reached although it must not be: `Date.now`, `fs.readFileSync`. */
export const reached: string[] = [];

interface Holder {
  [name: string]: unknown;
}

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

interface Exchange {
  readonly holder: Holder;
  readonly name: string;
  readonly original: PropertyDescriptor;
  readonly guarded: PropertyDescriptor;
}

let exchanges: readonly Exchange[] | undefined;

function prepare(): Exchange[] {
  const found: Exchange[] = [];
  for (const [holderName, holder, names] of OUTSIDE) {
    for (const name of names ?? Object.keys(holder).filter((key) => isCallable(holder, key))) {
      const refuse = () => refuseAll(`${holderName}.${name}`);
      found.push(exchangeOf(holder, name, refuse));
    }
  }
  const guardedDate = new Proxy(Date, {
    construct: (target, args: unknown[]) =>
      args.length === 0 ? refuseAll("new Date()") : Reflect.construct(target, args),
    apply: () => refuseAll("Date()"),
    get: (target, name) => (name === "now" ? () => refuseAll("Date.now") : (Reflect.get(target, name) as unknown)),
  });
  found.push(exchangeOf(globalThis as unknown as Holder, "Date", guardedDate));
  return found;
}

/** A method: classes are left, and what cannot be replaced. */
function isCallable(holder: Holder, name: string): boolean {
  const descriptor = Object.getOwnPropertyDescriptor(holder, name);
  return typeof descriptor?.value === "function" && /^[a-z]/.test(name) && descriptor.configurable === true;
}

function exchangeOf(holder: Holder, name: string, value: unknown): Exchange {
  const original = Object.getOwnPropertyDescriptor(holder, name) ?? { value: holder[name], writable: true };
  return {
    holder,
    name,
    original: { ...original, configurable: true },
    guarded: { value, writable: true, configurable: true, enumerable: original.enumerable ?? false },
  };
}

function refuseAll(name: string): never {
  reached.push(name);
  throw new Error(`${name} was reached past the World`);
}

/** Runs `work` with the outside out of reach. Load every module of the code under test before. */
export async function withoutOutside<T>(work: () => Promise<T>): Promise<T> {
  exchanges ??= prepare();
  for (const { holder, name, guarded } of exchanges) Object.defineProperty(holder, name, guarded);
  try {
    return await work();
  } finally {
    for (const { holder, name, original } of exchanges) Object.defineProperty(holder, name, original);
  }
}

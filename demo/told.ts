/** What keeps the demo honest: a claim is printed only after what it says was compared with what happened. */
import { isDeepStrictEqual } from "node:util";

/** Something happened otherwise than the demo tells it. */
export class NotAsTold extends Error {}

/** By the name of the fact: what happened, and what is told. */
export type Facts = Readonly<Record<string, readonly [happened: unknown, told: unknown]>>;

/** Throws a NotAsTold that names every fact that is not as told. */
export function mustBe(facts: Facts): void {
  const wrong = Object.entries(facts).filter(([, [happened, told]]) => !isDeepStrictEqual(happened, told));
  if (wrong.length === 0) return;
  throw new NotAsTold(
    wrong.map(([name, [happened, told]]) => `${name}: ${say(happened)} instead of ${say(told)}`).join("; "),
  );
}

/** The value itself; throws a NotAsTold if there is none. */
export function given<T>(what: string, value: T | undefined): T {
  if (value === undefined) throw new NotAsTold(`${what}: there is none`);
  return value;
}

const say = (value: unknown): string => JSON.stringify(value) ?? String(value);

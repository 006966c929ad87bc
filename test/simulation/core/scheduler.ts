/** Captured before the guard takes it away from the code under test. */
const { nextTick } = process;

interface Due {
  readonly at: number;
  readonly serial: number;
  readonly run: () => void;
}

/** More events than any schedule has: one that has as many goes round in a circle. */
const MOST_EVENTS = 50_000;

/**
 * Virtual time. What happens is a row of events, each at its moment; between two of them the code under test runs
 * until all of it waits for an event. Nothing else moves it: no timer, no I/O.
 */
export class Scheduler {
  /** ms since 1970, with fractions: so no two things happen at the same time by accident. */
  now: number;
  #woken = false;
  #serial = 0;
  readonly #heap: Due[] = [];

  constructor(start: number) {
    this.now = start;
  }

  at(time: number, run: () => void): void {
    push(this.#heap, { at: Math.max(time, this.now), serial: this.#serial++, run });
  }

  later(ms: number, run: () => void): void {
    this.at(this.now + ms, run);
  }

  /** An event has let some code go on: it is to run until it waits again before the next event. */
  woke(): void {
    this.#woken = true;
  }

  /** Until nothing is left to happen. Gives the number of events. */
  async run(): Promise<number> {
    let events = 0;
    await settle();
    for (let due = pop(this.#heap); due; due = pop(this.#heap)) {
      if (++events > MOST_EVENTS) throw new Error("the schedule has no end");
      this.now = due.at;
      this.#woken = false;
      due.run();
      if (this.#woken) await settle();
    }
    return events;
  }
}

/** Before a tick, Node runs every promise reaction that can run, and the ones that follow from them. */
const settle = (): Promise<void> => new Promise((resolve) => nextTick(resolve));

const before = (a: Due, b: Due): boolean => a.at < b.at || (a.at === b.at && a.serial < b.serial);

function push(heap: Due[], due: Due): void {
  let at = heap.push(due) - 1;
  while (at > 0) {
    const parent = (at - 1) >> 1;
    if (before(heap[parent] as Due, due)) break;
    heap[at] = heap[parent] as Due;
    at = parent;
  }
  heap[at] = due;
}

function pop(heap: Due[]): Due | undefined {
  const first = heap[0];
  const last = heap.pop();
  if (first === undefined || last === undefined || heap.length === 0) return first;
  let at = 0;
  for (;;) {
    let child = 2 * at + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && before(heap[child + 1] as Due, heap[child] as Due)) child++;
    if (before(last, heap[child] as Due)) break;
    heap[at] = heap[child] as Due;
    at = child;
  }
  heap[at] = last;
  return first;
}

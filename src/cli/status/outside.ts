import { HttpFailure, type World } from "../../world/world.ts";

/** The world for a look around that is to be over at `deadline` (local ms): whatever takes longer has not answered. */
export function until(world: World, deadline: number): World {
  const left = () => Math.max(0, deadline - world.now());
  return {
    ...world,
    async http(request) {
      if (left() === 0) throw new HttpFailure(false, "timeout");
      return world.http({ ...request, timeoutMs: Math.min(request.timeoutMs, left()) });
    },
    run: (command, args, options) =>
      world.run(command, args, { ...options, timeoutMs: Math.max(1, Math.min(options.timeoutMs, left())) }),
    sleep: (ms) => world.sleep(Math.min(ms, left())),
  };
}

/** How often it is looked who is awaited, ms; and after how many looks a new request to the same host is told. */
const LOOK_MS = 2000;
const LOOKS_BETWEEN = 3;

/**
 * Tells a person who waits for more than two seconds which servers are being waited for: once for each request that
 * takes long, not for each look.
 *
 * @param tell undefined: nobody watches
 */
export function sayingWhoIsAwaited(world: World, tell: ((text: string) => void) | undefined): World & { end(): void } {
  /** Hosts, by the number of the request. */
  const awaited = new Map<number, string>();
  let asked = 0;
  let told = { text: "", upTo: 0, looks: 0 };
  const look = () => {
    told.looks++;
    const text = `Waiting for ${[...new Set(awaited.values())].join(", ")} …`;
    const isNew = [...awaited.keys()].some((number) => number > told.upTo) && told.looks >= LOOKS_BETWEEN;
    if (awaited.size === 0 || (text === told.text && !isNew)) return;
    told = { text, upTo: asked, looks: 0 };
    tell?.(text);
  };
  const timer = tell && setInterval(look, LOOK_MS).unref();
  return {
    ...world,
    async http(request) {
      const number = ++asked;
      awaited.set(number, URL.canParse(request.url) ? new URL(request.url).host : "?");
      try {
        return await world.http(request);
      } finally {
        awaited.delete(number);
      }
    },
    end: () => clearInterval(timer),
  };
}

/** The same for a verb whose messages go to stderr, if a person sits there: a log need not know. */
export const awaiting = (world: World, log: (text: string) => void): ReturnType<typeof sayingWhoIsAwaited> =>
  sayingWhoIsAwaited(world, process.stderr.isTTY ? log : undefined);

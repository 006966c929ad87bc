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

/**
 * Tells a person who waits for more than two seconds which servers are being waited for.
 *
 * @param tell undefined: nobody watches
 */
export function sayingWhoIsAwaited(world: World, tell: ((text: string) => void) | undefined): World & { end(): void } {
  const asked = new Map<string, number>();
  const hosts = () => [...asked].filter(([, count]) => count > 0).map(([host]) => host);
  const timer = setTimeout(() => hosts().length > 0 && tell?.(`Waiting for ${hosts().join(", ")} …`), 2000).unref();
  return {
    ...world,
    async http(request) {
      const host = URL.canParse(request.url) ? new URL(request.url).host : "?";
      const count = (by: number) => void asked.set(host, (asked.get(host) ?? 0) + by);
      count(1);
      try {
        return await world.http(request);
      } finally {
        count(-1);
      }
    },
    end: () => clearTimeout(timer),
  };
}

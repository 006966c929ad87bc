import { sayDuration } from "../../duration.ts";
import type { World } from "../../world/world.ts";
import { type Check, ok, wrong } from "./check.ts";

/** Whole seconds in a `Date`, and an answer that was long on its way. */
const NOTHING_MS = 30_000;
/** As much as an access token has to live for at least, to be handed to a job. */
const TOO_MUCH_MS = 5 * 60_000;

/** How far a server's clock is ahead of ours; ms. */
interface Seen {
  readonly host: string;
  readonly aheadMs: number;
}

/** The same world, which notes the `Date` of every answer. */
export function watchClocks(world: World): { readonly world: World; readonly checks: () => Check[] } {
  const seen: Seen[] = [];
  const watched: World = {
    ...world,
    async http(request) {
      const sent = world.now();
      const answer = await world.http(request);
      const { date } = answer;
      if (date !== undefined && URL.canParse(request.url)) {
        // Somewhere between the two it was written down; what lies within is no difference.
        const received = world.now();
        const aheadMs = date > received ? date - received : date < sent - 1000 ? date - sent : 0;
        seen.push({ host: new URL(request.url).host, aheadMs });
      }
      return answer;
    },
  };
  return { world: watched, checks: () => sayClocks(seen) };
}

function sayClocks(seen: readonly Seen[]): Check[] {
  const worst = seen.toSorted((a, b) => Math.abs(b.aheadMs) - Math.abs(a.aheadMs))[0];
  if (!worst) return [];
  const off = Math.abs(worst.aheadMs);
  if (off < NOTHING_MS) return [ok("Network", "The clock of this machine and those of the servers agree.")];
  const right = [...new Set(seen.filter(({ aheadMs }) => Math.abs(aheadMs) < NOTHING_MS).map(({ host }) => host))];
  const side = worst.aheadMs < 0 ? "ahead of" : "behind";
  const but = right.length > 0 ? ` (not so that of ${right.join(", ")}: then it is the server's that is wrong)` : "";
  return [
    wrong(
      "Network",
      "clock-skew",
      `The clock of this machine is ${sayDuration(off)} ${side} that of ${worst.host}${but}.`,
      "Set the machine's clock (NTP): a token that has ended would be taken for a living one, or the other way round.",
      off >= TOO_MUCH_MS ? "fail" : "warn",
    ),
  ];
}

import { sayDuration } from "../duration.ts";
import type { Seen, Session } from "./session.ts";

/** How long a job waits for others that renew the login, in all: longer than a lease. */
export const LONGEST_WAIT_MS = 180_000;
const FIRST_PAUSE_MS = 2000;
const LONGEST_PAUSE_MS = 30_000;

/** Polls for whoever holds the lease, more and more slowly, and says once whom it waits for. */
export class Waiting {
  readonly #session: Session;
  #pause = FIRST_PAUSE_MS;
  #for: string | undefined;
  #waitedMs = 0;

  constructor(session: Session) {
    this.#session = session;
  }

  /** In all, whomever it was for. */
  get waitedMs(): number {
    return this.#waitedMs;
  }

  async wait({ record, leaseLeftMs }: Seen): Promise<void> {
    const { world } = this.#session;
    const since = world.now();
    const lease = record?.lease;
    if (this.#for !== lease?.nonce) {
      const most = sayDuration(Math.min(leaseLeftMs, LONGEST_WAIT_MS));
      const lent = lease?.phase === "checked-out";
      const does = lent ? "to whose program the login is lent" : "which is renewing the login";
      world.runner.log(`Waiting for ${lease?.owner ?? "another job"}, ${does} (${most} at most).`);
      this.#for = lease?.nonce;
      this.#pause = FIRST_PAUSE_MS;
    }
    // With jitter, so that many who wait do not ask all at once.
    const jitter = 0.75 + ((world.random(1)[0] ?? 0) / 255) * 0.5;
    await world.sleep(Math.min(this.#pause, LONGEST_PAUSE_MS) * jitter);
    this.#pause *= 1.5;
    this.#waitedMs += world.now() - since;
  }

  /** There is something to do: whoever is waited for next is told anew. */
  end(): void {
    this.#for = undefined;
    this.#pause = FIRST_PAUSE_MS;
  }
}

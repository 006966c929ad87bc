import { sayDuration } from "../duration.ts";
import type { Seen, Session } from "./session.ts";

/** How long a job waits for another one that renews the login: longer than a lease. */
export const LONGEST_WAIT_MS = 180_000;

/** Polls for whoever holds the lease, more and more slowly, and says once whom it waits for. */
export class Waiting {
  readonly #session: Session;
  #pause = 2000;
  #for: string | undefined;

  constructor(session: Session) {
    this.#session = session;
  }

  async wait({ record, leaseLeftMs }: Seen): Promise<void> {
    const { world } = this.#session;
    const lease = record?.lease;
    if (this.#for !== lease?.nonce) {
      const most = sayDuration(Math.min(leaseLeftMs, LONGEST_WAIT_MS));
      const does =
        lease?.phase === "checked-out" ? "to whose program the login is lent" : "which is renewing the login";
      world.runner.log(`Waiting for ${lease?.owner ?? "another job"}, ${does} (${most} at most).`);
      this.#for = lease?.nonce;
      this.#pause = 2000;
    }
    // With jitter, so that many who wait do not ask all at once.
    const jitter = 0.75 + ((world.random(1)[0] ?? 0) / 255) * 0.5;
    await world.sleep(Math.min(this.#pause, 30_000) * jitter);
    this.#pause *= 1.5;
  }
}

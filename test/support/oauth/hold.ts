/** A request that a test stops on its way, to act (kill the client, say) while it is in flight. */
import type { Socket } from "node:net";

export type Hold = {
  /** The whole request has arrived; nothing is committed yet. */
  received: Promise<void>;
  /** The server has given out new tokens; rejects if this request committed nothing. */
  committed: Promise<void>;
  /** The client's connection has ended: from then on no answer can reach it. */
  clientGone: Promise<void>;
  /** Lets the request go on. */
  release: () => void;
};

export type HoldStage = "before-commit" | "after-commit";

/** The same hold from the server's side. */
export type HoldGate = {
  stage: HoldStage;
  hold: Hold;
  wasReceived: (connection: Socket) => void;
  wasDecided: (committed: boolean) => void;
  released: Promise<void>;
};

export function createHold(stage: HoldStage): HoldGate {
  const received = Promise.withResolvers<void>();
  const committed = Promise.withResolvers<void>();
  const clientGone = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  committed.promise.catch(() => {}); // not every test waits for it
  return {
    stage,
    hold: {
      received: received.promise,
      committed: committed.promise,
      clientGone: clientGone.promise,
      release: released.resolve,
    },
    wasReceived: (connection) => {
      received.resolve();
      connection.once("close", () => clientGone.resolve());
    },
    wasDecided: (done) => {
      if (done) committed.resolve();
      else committed.reject(new Error("this request committed nothing"));
    },
    released: released.promise,
  };
}

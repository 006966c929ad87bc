import { type ChildProcess, fork } from "node:child_process";

/** How the servers are to be in one run. */
export interface Scene {
  /** When the repository's secrets were last written before the run, ms. */
  readonly secretUpdatedAt: number;
  /** How long the answer is held back, ms: of the token request, of the PUT of the login, of anything else. */
  readonly delayMs: { readonly token: number; readonly store: number; readonly other: number };
  /** The message of the commit in the ledger's ref; without one there is no ledger. */
  readonly ledger?: string;
}

/** One request, as the server saw it; `begun` and `ended` in ms of the server's own clock. */
export interface Call {
  readonly server: "provider" | "github";
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly begun: number;
  readonly ended: number;
  /** The bodies of the request (as text) and of the answer (as it was before JSON). */
  readonly sent: string;
  readonly body?: unknown;
}

export interface Traffic {
  readonly calls: readonly Call[];
  /** TLS handshakes. */
  readonly connections: number;
}

export type Command =
  | { type: "start"; key: string; cert: string; publicKey: { key: string; key_id: string } }
  | { type: "begin"; scene: Scene }
  | { type: "end" };

export interface Servers {
  /** `https://127.0.0.1:…` of each. */
  readonly provider: string;
  readonly github: string;
  begin(scene: Scene): Promise<void>;
  /** What has happened since `begin`. */
  end(): Promise<Traffic>;
  stop(): void;
}

/** Starts both servers in one process beside this one. The caller has to stop them. */
export async function startServers(start: Omit<Command & { type: "start" }, "type">): Promise<Servers> {
  const child = fork(new URL("serve.ts", import.meta.url), { execArgv: [] });
  const ports = (await ask(child, { type: "start", ...start })) as { provider: number; github: number };
  return {
    provider: `https://127.0.0.1:${ports.provider}`,
    github: `https://127.0.0.1:${ports.github}`,
    begin: async (scene) => void (await ask(child, { type: "begin", scene })),
    end: async () => (await ask(child, { type: "end" })) as Traffic,
    stop: () => void child.kill(),
  };
}

function ask(child: ChildProcess, command: Command): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const died = () => reject(new Error("the servers died"));
    child.once("exit", died);
    child.once("message", (reply) => {
      child.off("exit", died);
      resolve(reply);
    });
    child.send(command);
  });
}

/**
 * The waits of a run, one after the other: the calls of one wait were under way together, and a call stands one
 * wait after the last call that had ended before it began. Their number is what latency is multiplied by.
 */
export function waits({ calls }: Traffic): Call[][] {
  const steps: Call[][] = [];
  for (const call of calls.toSorted((a, b) => a.begun - b.begun)) {
    let step = 0;
    while (steps[step]?.some((earlier) => earlier.ended <= call.begun)) step++;
    (steps[step] ??= []).push(call);
  }
  return steps;
}

/** `GET CLAUDE_LOGIN + PUT OAUTH_CREDS_PROBE → POST token → …` */
export function sayWaits(steps: readonly (readonly Call[])[]): string {
  return steps.map((step) => step.map(nameOf).join(" + ")).join(" → ");
}

/** `PUT OAUTH_CREDS_PROBE`: the method and the last part of the path. */
export const nameOf = ({ method, path }: Call): string => `${method} ${path.split("/").at(-1)}`;

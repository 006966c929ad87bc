import { type Check, wrong } from "./check.ts";

/** What Node itself calls a program that names no other: as honest as our own, and none that is on a list of ours. */
export const OTHER_AGENT = "node";

/** Something in front of a server did not let a request through. */
export interface TurnedAway {
  readonly status: number;
  readonly retryAfterMs: number | undefined;
  /** Another `user-agent` was let through. */
  readonly agentAlone: boolean;
  readonly agent: string;
}

export function sayTurnedAway(host: string, { status, retryAfterMs, agentAlone, agent }: TurnedAway): Check {
  if (agentAlone) {
    return wrong(
      "Provider",
      "filtered-agent",
      `${host} turns away the user agent “${agent.slice(0, 60)}” (status ${status}), and lets another through.`,
      `Set \`user-agent: ${OTHER_AGENT}\`, or let the official program renew (\`refresh-with: cli\`).`,
    );
  }
  if (status === 429) {
    const wait = retryAfterMs === undefined ? "" : ` It asks to wait ${Math.ceil(retryAfterMs / 1000)} s.`;
    return wrong(
      "Provider",
      "throttled",
      `${host} turns us away for too many requests (status 429).${wait} It did not look at a token.`,
      "Try again later, not in a loop. Runners share addresses: if it lasts, use another one. No new sign-in would help.",
    );
  }
  return wrong(
    "Provider",
    "filtered-address",
    `Something in front of ${host} turns this machine away (status ${status}), whatever program asks. It did not look at a token.`,
    "A filter by address or region, most likely: use another runner or network. No new sign-in would help.",
  );
}

export const sayUnreachable = (what: string, reason: string): Check =>
  wrong(
    "Provider",
    "provider-unreachable",
    `${what} did not answer (${reason}).`,
    "Check the machine's network, a firewall, HTTPS_PROXY and NO_PROXY; or try again later.",
  );

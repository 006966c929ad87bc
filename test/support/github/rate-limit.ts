/** The primary rate limit: so many calls per token and hour, for REST and for GraphQL each. */
import { problem, type Reply } from "./messages.ts";
import type { Identity } from "./tokens.ts";

const HOUR_MS = 3_600_000;

interface Window {
  used: number;
  /** Milliseconds since the epoch. */
  endsAt: number;
}

export interface Budget {
  readonly limit: number;
  readonly used: number;
  readonly remaining: number;
  /** Seconds since the epoch, as GitHub gives it. */
  readonly reset: number;
}

export type Resource = "core" | "graphql";

export interface RateLimits {
  /** Takes one call; a `Reply` is the refusal to send when none is left. */
  take(identity: Identity, resource: Resource): Reply | undefined;
  /** Gives one back: a conditional request that found nothing new is free. */
  giveBack(identity: Identity): void;
  budget(identity: Identity, resource: Resource): Budget;
}

export function createRateLimits(now: () => number): RateLimits {
  const windows = new Map<string, Window>();
  const windowOf = ({ token }: Identity, resource: Resource): Window => {
    const name = `${resource} ${token}`;
    const old = windows.get(name);
    if (old !== undefined && old.endsAt > now()) return old;
    const fresh = { used: 0, endsAt: now() + HOUR_MS };
    windows.set(name, fresh);
    return fresh;
  };
  const limitOf = ({ kind, spec }: Identity): number => spec.rateLimit ?? (kind === "github-token" ? 1000 : 5000);
  return {
    take(identity, resource) {
      const window = windowOf(identity, resource);
      if (window.used >= limitOf(identity)) return refusal(resource);
      window.used += 1;
      return undefined;
    },
    giveBack: (identity) => void (windowOf(identity, "core").used -= 1),
    budget(identity, resource) {
      const { used, endsAt } = windowOf(identity, resource);
      const limit = limitOf(identity);
      return { limit, used, remaining: limit - used, reset: Math.ceil(endsAt / 1000) };
    },
  };
}

/** GraphQL says it in a body of status 200. */
function refusal(resource: Resource): Reply {
  const message = "API rate limit exceeded for installation.";
  if (resource === "core") return problem(403, message);
  return { status: 200, body: { errors: [{ type: "RATE_LIMITED", message }] } };
}

export function rateLimitHeaders(budget: Budget, resource: Resource): Record<string, string> {
  return {
    "X-RateLimit-Limit": `${budget.limit}`,
    "X-RateLimit-Remaining": `${budget.remaining}`,
    "X-RateLimit-Reset": `${budget.reset}`,
    "X-RateLimit-Used": `${budget.used}`,
    "X-RateLimit-Resource": resource,
  };
}

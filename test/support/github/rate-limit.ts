/** The primary rate limit: so many calls per token and hour. */
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

export interface RateLimits {
  /** Takes one call; a `Reply` is the refusal to send when none is left. */
  take(identity: Identity): Reply | undefined;
  budget(identity: Identity): Budget;
}

export function createRateLimits(now: () => number): RateLimits {
  const windows = new Map<string, Window>();
  const windowOf = (token: string): Window => {
    const old = windows.get(token);
    if (old !== undefined && old.endsAt > now()) return old;
    const fresh = { used: 0, endsAt: now() + HOUR_MS };
    windows.set(token, fresh);
    return fresh;
  };
  const limitOf = ({ kind, spec }: Identity): number => spec.rateLimit ?? (kind === "github-token" ? 1000 : 5000);
  return {
    take(identity) {
      const window = windowOf(identity.token);
      if (window.used >= limitOf(identity)) {
        return problem(403, "API rate limit exceeded for installation.");
      }
      window.used += 1;
      return undefined;
    },
    budget(identity) {
      const { used, endsAt } = windowOf(identity.token);
      const limit = limitOf(identity);
      return { limit, used, remaining: limit - used, reset: Math.ceil(endsAt / 1000) };
    },
  };
}

export function rateLimitHeaders(budget: Budget): Record<string, string> {
  return {
    "X-RateLimit-Limit": `${budget.limit}`,
    "X-RateLimit-Remaining": `${budget.remaining}`,
    "X-RateLimit-Reset": `${budget.reset}`,
    "X-RateLimit-Used": `${budget.used}`,
    "X-RateLimit-Resource": "core",
  };
}

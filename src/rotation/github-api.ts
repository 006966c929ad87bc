import type { Secret } from "../secret.ts";
import { HttpFailure, type HttpAnswer, type World } from "../world/world.ts";

/** An answer of a server of secrets that is none of those asked for, or no answer at all (`status` 0). */
export class ApiProblem extends Error {
  readonly status: number;
  readonly sent: boolean;
  /** How long the server asks to wait, ms; undefined if it does not. */
  readonly waitMs: number | undefined;
  /** What GitHub would have accepted, from its own header. */
  readonly permission: string | undefined;

  constructor(status: number, sent: boolean, waitMs?: number, permission?: string) {
    super(`the server answered ${status}`);
    this.name = "ApiProblem";
    this.status = status;
    this.sent = sent;
    this.waitMs = waitMs;
    this.permission = permission;
  }

  /** Whether the same call may succeed a little later. */
  get passing(): boolean {
    return this.status === 0 || this.status >= 500 || this.status === 409 || this.waitMs !== undefined;
  }
}

export type Call = (
  method: "GET" | "PUT" | "POST" | "DELETE",
  path: string,
  expected: readonly number[],
  body?: unknown,
) => Promise<HttpAnswer>;

/** Below the 10 s that an envelope's `savedAt` may differ from the time at which GitHub stored it. */
const TIMEOUT_MS = 8_000;

/**
 * One call of GitHub's REST API; some endpoints are in a younger `version` of it. Throws an ApiProblem for any status
 * that is not in `expected`.
 */
export function githubApi(
  world: Pick<World, "http" | "now">,
  apiUrl: string,
  token: Secret,
  userAgent: string,
  version = "2022-11-28",
): Call {
  return async (method, path, expected, body) => {
    let answer: HttpAnswer;
    try {
      answer = await world.http({
        method,
        url: apiUrl + path,
        headers: {
          accept: "application/vnd.github+json",
          authorization: `Bearer ${token.reveal()}`,
          "user-agent": userAgent,
          "x-github-api-version": version,
          ...(body !== undefined && { "content-type": "application/json" }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
        timeoutMs: TIMEOUT_MS,
      });
    } catch (error) {
      throw error instanceof HttpFailure ? new ApiProblem(0, error.sent) : error;
    }
    if (expected.includes(answer.status)) return answer;
    const { limitWait } = await import("../world/limit.ts");
    const permission = answer.headers["x-accepted-github-permissions"];
    throw new ApiProblem(answer.status, true, limitWait(answer, world.now()), permission);
  };
}

/**
 * Calls until it succeeds, GitHub says no for good, or `deadline()` (local ms) would pass: 1 s, 2 s, 4 s …
 * between calls, or what GitHub asks for. Throws the last ApiProblem.
 */
export async function patiently<T>(
  world: Pick<World, "now" | "sleep">,
  deadline: () => number,
  call: () => Promise<T>,
  failed?: () => unknown,
): Promise<T> {
  for (let pause = 1000; ; pause = Math.min(pause * 2, 15_000)) {
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof ApiProblem) || !error.passing) throw error;
      const wait = Math.max(error.waitMs ?? 0, pause);
      if (world.now() + wait > deadline()) throw error;
      failed?.();
      await world.sleep(wait);
    }
  }
}

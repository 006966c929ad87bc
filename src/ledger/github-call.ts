import type { Secret } from "../secret.ts";
import { jsonObject } from "../world/answer.ts";
import { type HttpAnswer, HttpFailure, type World } from "../world/world.ts";
import { LedgerProblem } from "./ledger.ts";

export interface CallSettings {
  /** Without a slash at its end: `https://api.github.com`, `https://HOST/api/v3`. */
  readonly apiUrl: string;
  readonly token: Secret;
  readonly userAgent: string;
  /** For one call, ms. Default 8000. */
  readonly timeoutMs?: number | undefined;
}

export interface RestCall {
  readonly method: "GET" | "POST" | "PATCH";
  /** With its slash: `/repos/octo/demo/git/refs`. */
  readonly path: string;
  readonly expected: readonly number[];
  readonly body?: unknown;
  /** Of what we have: then the answer may be a 304, which costs nothing. */
  readonly etag?: string | undefined;
  /** True for a call that could change the record itself. */
  readonly changes?: boolean;
}

export interface GitHubCalls {
  /** Throws a LedgerProblem for any status that is not expected. */
  rest(call: RestCall): Promise<HttpAnswer>;
  /** A mutation that could change the record. Gives any answer by which certainly nothing was done, too. */
  graphql(query: string, variables: unknown): Promise<HttpAnswer>;
  /** Calls left in this hour, which GitHub counts apart for each API; undefined if the server does not tell. */
  left(api: Api): number | undefined;
}

type Api = "rest" | "graphql";

const TIMEOUT_MS = 8_000;
/** GitHub refuses, or does not know, the call as such. Most refusals of GraphQL have status 200. */
const REFUSED: ReadonlySet<number> = new Set([400, 403, 404, 405, 422]);

export function githubCalls(world: World, settings: CallSettings): GitHubCalls {
  const { apiUrl, token, userAgent, timeoutMs = TIMEOUT_MS } = settings;
  const left = new Map<Api, number>();

  async function send(api: Api, method: RestCall["method"], url: string, call: Partial<RestCall>): Promise<HttpAnswer> {
    const { body, etag, changes = false } = call;
    let answer: HttpAnswer;
    try {
      answer = await world.http({
        method,
        url,
        headers: {
          accept: "application/vnd.github+json",
          authorization: `Bearer ${token.reveal()}`,
          "user-agent": userAgent,
          "x-github-api-version": "2022-11-28",
          ...(body !== undefined && { "content-type": "application/json" }),
          ...(etag !== undefined && { "if-none-match": etag }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
        timeoutMs,
      });
    } catch (error) {
      throw error instanceof HttpFailure ? new LedgerProblem("unreachable", changes && error.sent) : error;
    }
    const remaining = Number.parseInt(answer.headers["x-ratelimit-remaining"] ?? "", 10);
    if (remaining >= 0) left.set(api, remaining);
    // An overload (503) is none of the limits: what was asked may have been carried out.
    const limits = answer.status === 403 || answer.status === 429;
    const retryAfterMs = limits ? await askedWait(answer) : undefined;
    if (retryAfterMs !== undefined) throw new LedgerProblem("throttled", false, { retryAfterMs });
    return answer;
  }

  const askedWait = async (answer: HttpAnswer) => (await import("../world/limit.ts")).limitWait(answer, world.now());

  return {
    async rest(call) {
      const answer = await send("rest", call.method, apiUrl + call.path, call);
      if (call.expected.includes(answer.status)) return answer;
      throw problemOf(answer, call.changes === true);
    },
    async graphql(query, variables) {
      const answer = await send("graphql", "POST", graphqlUrl(apiUrl), { body: { query, variables }, changes: true });
      // The primary limit, and sometimes a secondary one, come with status 200.
      if (answer.status === 200 && errorsOf(answer).some(isLimit)) {
        const retryAfterMs = await askedWait({ ...answer, status: 429 });
        const { data } = jsonObject(answer) ?? {};
        throw new LedgerProblem("throttled", data instanceof Object, { retryAfterMs });
      }
      if (answer.status === 200 || REFUSED.has(answer.status)) return answer;
      throw problemOf(answer, true);
    },
    left: (api) => left.get(api),
  };
}

/** On GitHub Enterprise Server it lies beside the REST API: `https://HOST/api/graphql`. */
const graphqlUrl = (apiUrl: string): string => `${apiUrl.replace(/\/v3$/, "")}/graphql`;

export interface GraphqlError {
  readonly type?: unknown;
  readonly message?: unknown;
  readonly extensions?: { readonly code?: unknown } | null;
}

/** The errors of a GraphQL answer; none if it is no such answer. */
export function errorsOf(answer: HttpAnswer): readonly GraphqlError[] {
  const errors = jsonObject(answer)?.["errors"];
  return Array.isArray(errors) ? errors.filter((error) => error instanceof Object) : [];
}

const isLimit = ({ type, message }: GraphqlError): boolean =>
  type === "RATE_LIMITED" || /rate limit/i.test(String(message));

/** What the token lacks, from GitHub's own header. */
export const wantsOf = (answer: HttpAnswer): string | undefined => answer.headers["x-accepted-github-permissions"];

function problemOf(answer: HttpAnswer, changes: boolean): LedgerProblem {
  const { status } = answer;
  if (status === 401 || status === 403 || status === 404) {
    return new LedgerProblem("forbidden", false, { wants: wantsOf(answer) });
  }
  // A gateway may answer 5xx (or 408) for what was done all the same; a 200 that nobody expects is not GitHub's.
  if (status >= 400 && status < 500 && status !== 408) return new LedgerProblem("unsupported", false);
  return new LedgerProblem("unreachable", changes);
}

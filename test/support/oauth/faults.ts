/** What may go wrong around one token request, and at which side of the commit. */
import type { Reply } from "./exchange.ts";

export type Fault =
  /** Everything goes well; to leave a gap in a queue of faults. */
  | "none"
  // Nothing is committed:
  | "drop-before-commit"
  | "500-before-commit"
  | "503"
  | "429"
  | { type: "429"; /** seconds */ retryAfter?: number }
  | "html-403"
  | "html-404"
  // Committed, and the client does not learn what it got:
  | "drop-after-commit"
  | "drop-half-answer"
  | "500-after-commit"
  | "malformed-json"
  | "html"
  // Committed, and the answer lacks something:
  | "missing-access-token"
  | "missing-expires-in"
  | "missing-scope"
  /** A new access token; the refresh token stays, and the answer has none. */
  | "no-rotation"
  | { type: "slow"; ms: number; when: "before-commit" | "after-commit" };

export type FaultName = Extract<Fault, string> | "slow";

export const faultName = (fault: Fault): FaultName => (typeof fault === "string" ? fault : fault.type);

/** The answer of a fault that comes before the server looks at the token; undefined for others. */
export function replyBeforeCommit(fault: Fault): Reply | undefined {
  switch (faultName(fault)) {
    case "429":
      return {
        status: 429,
        headers: retryAfterHeader(fault),
        body: {
          error: {
            type: "rate_limit_error",
            message: "Rate limited. Please try again later.",
          },
        },
      };
    case "500-before-commit":
      return { status: 500, body: { error: { type: "api_error", message: "Internal error" } } };
    case "503":
      return { status: 503, body: edgePage("503 Service Temporarily Unavailable") };
    case "html-403":
      return { status: 403, body: edgePage("403 Forbidden") };
    case "html-404":
      return { status: 404, body: edgePage("404 Not Found") };
    default:
      return undefined;
  }
}

/** The answer of a fault that comes after a success; undefined where the honest one is sent. */
export function replyAfterCommit(fault: Fault, honest: Record<string, unknown>): Reply | undefined {
  const without = (field: string): Reply => {
    const { [field]: _, ...body } = honest;
    return { status: 200, body };
  };
  switch (faultName(fault)) {
    case "500-after-commit":
      return { status: 500, body: { error: { type: "api_error", message: "Internal error" } } };
    case "malformed-json":
      return {
        status: 200,
        headers: { "content-type": "application/json" },
        body: JSON.stringify(honest).slice(0, -20),
      };
    case "html":
      return { status: 200, body: edgePage("One moment, please") };
    case "missing-access-token":
      return without("access_token");
    case "missing-expires-in":
      return without("expires_in");
    case "missing-scope":
      return without("scope");
    default:
      return undefined;
  }
}

export function edgePage(title: string): string {
  return `<!DOCTYPE html><html><head><title>${title}</title></head><body>${title}</body></html>\n`;
}

function retryAfterHeader(fault: Fault): Record<string, string> {
  if (typeof fault !== "object" || fault.type !== "429") return {};
  return fault.retryAfter === undefined ? {} : { "retry-after": String(fault.retryAfter) };
}

/** The plain shapes that the parts of the loopback GitHub hand to each other. */

/** An answer before the headers that every answer carries are added. */
export interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** A value is sent as JSON, a string as HTML; left out means no body. */
  readonly body?: unknown;
}

/** An error as GitHub words it: `message`, a link, and the status once more as text. */
export function problem(status: number, message: string, headers: Readonly<Record<string, string>> = {}): Reply {
  const body = { message, documentation_url: "https://docs.github.com/rest", status: `${status}` };
  return { status, headers, body };
}

export type TokenKind = "fine-grained" | "classic" | "app" | "github-token";

/** One request as the server saw it. Tokens and secret values are never in here. */
export interface Recorded {
  readonly id: string;
  /** Milliseconds since the epoch by the server's clock, when the request was complete. */
  readonly at: number;
  readonly method: string;
  /** As sent, without base path and query. */
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  /** `user-agent`, `accept`, `content-type`, `x-github-api-version`, `if-none-match`; of `authorization` the scheme. */
  readonly headers: Readonly<Record<string, string>>;
  /** Sorted top-level keys of a JSON object body. */
  readonly bodyKeys: readonly string[];
  /** Kind of the token, if it was a known one. */
  readonly by: TokenKind | undefined;
  /** Undefined while under way; "dropped": the connection was closed without an answer. */
  status: number | "dropped" | undefined;
  /** False while under way, and for good when a planted fault answered before the commit. */
  handled: boolean;
  /** Everything as received; only with `fullRequestLog`. Holds the token: invented ones only. */
  readonly full?: { readonly headers: Readonly<Record<string, unknown>>; readonly body: string };
}

/** GitHub's times have no fraction of a second. */
export function isoSeconds(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace(/\.\d+Z$/, "Z");
}

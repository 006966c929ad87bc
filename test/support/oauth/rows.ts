/**
 * Every answer that Anthropic's token endpoint is known to give besides a plain success, with what
 * it means for the refresh token that was sent. The bodies are the shapes; ids in them are invented.
 */
import { apiError } from "./anthropic-facts.ts";
import { edgePage } from "./faults.ts";

export type RowClass =
  /** This token will never be accepted again. */
  | "refused"
  /** The account needs its owner; the token is as it was. */
  | "account-attention"
  /** The request was wrong; the token is as it was. */
  | "mistake"
  /** Turned away before the token was looked at. */
  | "throttled"
  /** Nobody can tell from this answer whether the token was spent. */
  | "ambiguous"
  /** A success that lacks a field. What it has counts. */
  | "refreshed";

/** `dead`: it was so already. `unknown`: `play` decides. */
export type Consumed = "yes" | "no" | "dead" | "unknown";

export type Row = {
  id: string;
  status: number;
  headers: Record<string, string>;
  /** As sent; a success is made from the honest answer with its new tokens. */
  body: string | ((honest: Record<string, unknown>) => string);
  class: RowClass;
  consumed: Consumed;
};

const JSON_TYPE = { "content-type": "application/json" };
const HTML_TYPE = { "content-type": "text/html; charset=utf-8" };

const json = (
  id: string,
  status: number,
  body: object,
  rowClass: RowClass,
  consumed: Consumed,
  headers: Record<string, string> = {},
): Row => ({
  id,
  status,
  headers: { ...JSON_TYPE, ...headers },
  body: JSON.stringify(body),
  class: rowClass,
  consumed,
});

const page = (id: string, status: number, rowClass: RowClass, consumed: Consumed): Row => ({
  id,
  status,
  headers: HTML_TYPE,
  body: edgePage(`${status}`),
  class: rowClass,
  consumed,
});

const invalidGrant = (error_description: string, error_uri?: string): object => ({
  error: "invalid_grant",
  error_description,
  ...(error_uri !== undefined && { error_uri }),
});

const refused: Row[] = [
  json("400-not-found", 400, invalidGrant("Refresh token not found or invalid"), "refused", "dead"),
  json("401-not-found", 401, invalidGrant("Refresh token not found or invalid"), "refused", "dead"),
  json("400-expired", 400, invalidGrant("Refresh token expired"), "refused", "dead"),
  json("400-no-organization", 400, invalidGrant("No organization associated with this token"), "refused", "dead"),
  json("400-no-account", 400, invalidGrant("No account associated with this token"), "refused", "dead"),
];

const onHold: Row[] = [400, 401, 403].flatMap((status) =>
  ["invalid_grant", "access_denied"].map((error) =>
    json(
      `${status}-on-hold-${error}`,
      status,
      {
        error,
        error_description: "This account is on hold. Sign in on the website to continue.",
        error_uri: "https://claude.example/account/hold",
      },
      "account-attention",
      "no",
    ),
  ),
);

const mistakes: Row[] = [
  json("400-invalid-scope", 400, { error: "invalid_scope" }, "mistake", "no"),
  json("400-invalid-client", 400, { error: "invalid_client" }, "mistake", "no"),
  json("400-unauthorized-client", 400, { error: "unauthorized_client" }, "mistake", "no"),
  json("400-invalid-request", 400, apiError("invalid_request_error", "Invalid request format"), "mistake", "no"),
];

const rateLimit = {
  error: { type: "rate_limit_error", message: "Rate limited. Please try again later." },
};

const throttled: Row[] = [
  json("429", 429, rateLimit, "throttled", "no"),
  json("429-retry-after", 429, rateLimit, "throttled", "no", { "retry-after": "7" }),
  page("403-edge", 403, "throttled", "no"),
  page("404-edge", 404, "throttled", "no"),
];

const ambiguous: Row[] = [
  json(
    "401-authentication-error",
    401,
    apiError("authentication_error", "Invalid authentication credentials"),
    "ambiguous",
    "unknown",
  ),
  json("500", 500, apiError("api_error", "Internal server error"), "ambiguous", "unknown"),
  page("502", 502, "ambiguous", "unknown"),
  page("503", 503, "ambiguous", "unknown"),
  json("529", 529, apiError("overloaded_error", "Overloaded"), "ambiguous", "unknown"),
];

const success = (id: string, headers: Record<string, string>, body: Row["body"]): Row => ({
  id: `200-${id}`,
  status: 200,
  headers,
  body,
  class: "ambiguous",
  consumed: "yes",
});

const malformed: Row[] = [
  success("empty", JSON_TYPE, ""),
  success("html", HTML_TYPE, edgePage("One moment, please")),
  success("cut-off-json", JSON_TYPE, (honest) => JSON.stringify(honest).slice(0, -20)),
  success("not-an-object", JSON_TYPE, '"ok"'),
  success("null", JSON_TYPE, "null"),
  success("empty-object", JSON_TYPE, "{}"),
  success("tokens-not-texts", JSON_TYPE, (honest) =>
    JSON.stringify({ ...honest, access_token: 1, refresh_token: { value: null } }),
  ),
];

const lacks = (field: string, consumed: Consumed = "yes"): Row => ({
  ...success(`without-${field.replaceAll("_", "-")}`, JSON_TYPE, (honest) => {
    const { [field]: _, ...rest } = honest;
    return JSON.stringify(rest);
  }),
  class: "refreshed",
  consumed,
});

const incomplete: Row[] = [
  lacks("access_token"),
  lacks("expires_in"),
  lacks("scope"),
  // Left out because the old one stays: the only meaning that is known.
  lacks("refresh_token", "no"),
];

export const ROWS: readonly Row[] = [
  ...refused,
  ...onHold,
  ...mistakes,
  ...throttled,
  ...ambiguous,
  ...malformed,
  ...incomplete,
];

/** The row with this id; throws for one that does not exist, so that a typo cannot pass a test. */
export function rowById(id: string): Row {
  const row = ROWS.find((candidate) => candidate.id === id);
  if (row === undefined) throw new Error(`no row ${id}: ${ROWS.map((each) => each.id).join(" ")}`);
  return row;
}

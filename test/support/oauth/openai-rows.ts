/**
 * Every answer that OpenAI's token endpoint is known to give besides a plain success, with what it
 * means for the refresh token that was sent. The words in the messages are invented.
 */
import { edgePage } from "./faults.ts";
import { openaiError } from "./openai-facts.ts";
import type { Consumed, Row, RowClass } from "./rows.ts";

export type OpenaiRow = Row & {
  /** Of a refusal: what is known of the reason. */
  why?: "spent" | "revoked" | "login-ended" | "spent-or-revoked";
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
): OpenaiRow => ({
  id,
  status,
  headers: { ...JSON_TYPE, ...headers },
  body: JSON.stringify(body),
  class: rowClass,
  consumed,
});

const page = (id: string, status: number, rowClass: RowClass, consumed: Consumed): OpenaiRow => ({
  id,
  status,
  headers: HTML_TYPE,
  body: edgePage(`${status}`),
  class: rowClass,
  consumed,
});

const dead = (id: string, status: number, body: object, why: NonNullable<OpenaiRow["why"]>): OpenaiRow => ({
  ...json(id, status, body, "refused", "dead"),
  why,
});

const SIGN_IN = "Sign in again, please.";

const refused: OpenaiRow[] = [
  dead("401-reused", 401, openaiError("refresh_token_reused", SIGN_IN), "spent"),
  dead("401-expired", 401, openaiError("refresh_token_expired", SIGN_IN), "login-ended"),
  dead("401-invalidated", 401, openaiError("refresh_token_invalidated", SIGN_IN), "revoked"),
  // The same word in the other places and spellings in which Codex looks for it.
  dead("400-reused", 400, openaiError("refresh_token_reused", SIGN_IN), "spent"),
  dead("401-reused-upper-case", 401, openaiError("REFRESH_TOKEN_REUSED", SIGN_IN), "spent"),
  dead("401-reused-as-text", 401, { error: "refresh_token_reused" }, "spent"),
  dead("401-reused-on-top", 401, { code: "refresh_token_reused", message: SIGN_IN }, "spent"),
  dead("401-invalidated-on-top", 401, { error: { message: SIGN_IN }, code: "refresh_token_invalidated" }, "revoked"),
  dead("400-invalid-grant", 400, { error: "invalid_grant" }, "spent-or-revoked"),
  // Reported for a token that it does not know.
  dead("401-token-expired", 401, openaiError("token_expired", SIGN_IN), "spent-or-revoked"),
  dead("401-without-code", 401, openaiError(null, SIGN_IN), "spent-or-revoked"),
];

const mistakes: OpenaiRow[] = [
  json("400-invalid-scope", 400, { error: "invalid_scope" }, "mistake", "no"),
  json("400-invalid-client", 400, openaiError("invalid_client", "Unknown client."), "mistake", "no"),
  json("401-invalid-client", 401, { error: "invalid_client" }, "mistake", "no"),
  json("400-unauthorized-client", 400, { error: "unauthorized_client" }, "mistake", "no"),
  json("400-unsupported-grant-type", 400, { error: "unsupported_grant_type" }, "mistake", "no"),
  json("400-invalid-request", 400, openaiError("invalid_request", "A field is missing."), "mistake", "no"),
];

const rateLimit = openaiError("rate_limit_exceeded", "Too many requests.");

const throttled: OpenaiRow[] = [
  json("429", 429, rateLimit, "throttled", "no"),
  json("429-retry-after", 429, rateLimit, "throttled", "no", { "retry-after": "7" }),
  page("429-edge", 429, "throttled", "no"),
  json("403-country", 403, openaiError("unsupported_country_region_territory", "Not here."), "throttled", "no"),
  page("400-edge", 400, "throttled", "no"),
  page("401-edge", 401, "throttled", "no"),
  page("403-edge", 403, "throttled", "no"),
  page("404-edge", 404, "throttled", "no"),
];

const ambiguous: OpenaiRow[] = [
  json("400-unknown-code", 400, openaiError("something_new", "Something new."), "ambiguous", "unknown"),
  json("400-without-code", 400, openaiError(null, "Something."), "ambiguous", "unknown"),
  json("401-not-its-own", 401, { detail: "Unauthorized" }, "ambiguous", "unknown"),
  json("409", 409, openaiError("conflict", "Another request."), "ambiguous", "unknown"),
  json("500", 500, openaiError("server_error", "Something went wrong."), "ambiguous", "unknown"),
  page("502", 502, "ambiguous", "unknown"),
  page("503", 503, "ambiguous", "unknown"),
  page("520", 520, "ambiguous", "unknown"),
];

const success = (id: string, headers: Record<string, string>, body: Row["body"]): OpenaiRow => ({
  id: `200-${id}`,
  status: 200,
  headers,
  body,
  class: "ambiguous",
  consumed: "yes",
});

const malformed: OpenaiRow[] = [
  success("empty", JSON_TYPE, ""),
  success("html", HTML_TYPE, edgePage("One moment, please")),
  success("cut-off-json", JSON_TYPE, (honest) => JSON.stringify(honest).slice(0, -20)),
  success("not-an-object", JSON_TYPE, '"ok"'),
  success("empty-object", JSON_TYPE, "{}"),
  success("tokens-not-texts", JSON_TYPE, (honest) =>
    JSON.stringify({ ...honest, access_token: 1, refresh_token: { value: null }, id_token: [] }),
  ),
];

const lacks = (fields: readonly string[], consumed: Consumed = "yes", id = fields.join("-")): OpenaiRow => ({
  ...success(`without-${id.replaceAll("_", "-")}`, JSON_TYPE, (honest) =>
    JSON.stringify(Object.fromEntries(Object.entries(honest).filter(([name]) => !fields.includes(name)))),
  ),
  class: "refreshed",
  consumed,
});

/** Every field is optional for Codex: what is missing stays as it was. */
const incomplete: OpenaiRow[] = [
  lacks(["access_token"]),
  lacks(["expires_in"]),
  lacks(["scope"]),
  lacks(["id_token"]),
  lacks(["token_type"]),
  lacks(["refresh_token"], "no"),
  lacks(["access_token", "refresh_token"], "no", "both-tokens"),
];

export const OPENAI_ROWS: readonly OpenaiRow[] = [
  ...refused,
  ...mistakes,
  ...throttled,
  ...ambiguous,
  ...malformed,
  ...incomplete,
];

/** The row with this id; throws for one that does not exist, so that a typo cannot pass a test. */
export function openaiRowById(id: string): OpenaiRow {
  const row = OPENAI_ROWS.find((candidate) => candidate.id === id);
  if (row === undefined) throw new Error(`no row ${id}: ${OPENAI_ROWS.map((each) => each.id).join(" ")}`);
  return row;
}

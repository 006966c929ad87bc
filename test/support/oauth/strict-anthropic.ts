/**
 * A small server that speaks Anthropic's refresh request, answers and errors, and turns away every
 * request that differs from what the official client sends. It can play any known error.
 */
import { listenOnLoopback, readBody, type ServerTls } from "../net/loopback.ts";
import { ACCESS_SECONDS, apiError, LOGIN_SECONDS, REFRESH_SCOPE } from "./anthropic-facts.ts";
import { answer, beginRecord, completeRecord, type RecordedRequest, type Reply } from "./exchange.ts";
import { type Row, rowById } from "./rows.ts";
import { StrictLogins } from "./strict-logins.ts";
import { deviationsOf } from "./strict-rules.ts";

export type StrictSettings = {
  tls?: ServerTls;
  /** Seconds that an access token lives; 8 h by default. */
  expiresIn?: number;
  /** Seconds from sign-in to the end of a login; 30 days by default. null: 30 days, not told. */
  refreshTokenExpiresIn?: number | null;
  /** How far the `Date` header is ahead (negative: behind). */
  clock?: { skewMs: number };
};

export type StrictAnthropic = {
  tokenUrl: string;
  /** `http://127.0.0.1:PORT`, or https. */
  origin: string;
  port: number;
  /** A new login. */
  issue: (options?: { scope?: string }) => {
    accessToken: string;
    refreshToken: string;
    scope: string;
  };
  /**
   * The next request that does not deviate is answered with this row (or the row of this id);
   * calls add up. A row of which nobody knows whether the token was spent takes the worse case
   * (spent), unless `spent` is false.
   */
  play: (row: Row | string, options?: { spent?: boolean }) => void;
  /** Every difference from the official request so far. Expect it to be empty. */
  deviations: string[];
  requests: RecordedRequest[];
  isRefreshTokenAlive: (refreshToken: string) => boolean;
  isAccessTokenAlive: (accessToken: string) => boolean;
  close: () => Promise<void>;
};

/** Starts the server on 127.0.0.1, with no login yet. */
export async function startStrictAnthropic(settings: StrictSettings = {}): Promise<StrictAnthropic> {
  const logins = new StrictLogins({
    accessSeconds: settings.expiresIn ?? ACCESS_SECONDS,
    loginSeconds: settings.refreshTokenExpiresIn ?? LOGIN_SECONDS,
    tellLoginEnd: settings.refreshTokenExpiresIn !== null,
  });
  const deviations: string[] = [];
  const requests: RecordedRequest[] = [];
  const queue: Played[] = [];

  const loopback = await listenOnLoopback(async (request, response) => {
    const record = beginRecord(request);
    requests.push(record);
    const raw = await readBody(request);
    if (raw === undefined) {
      record.answeredStatus = "client-gone";
      return;
    }
    completeRecord(record, raw);
    const exchange = { request, response, record, skewMs: settings.clock?.skewMs ?? 0 };
    const found = deviationsOf(record);
    deviations.push(...found);
    if (found.length > 0) {
      answer(exchange, { status: 400, body: apiError("invalid_request_error", FORMAT) });
      return;
    }
    const fields = record.body as { refresh_token: string; scope?: string };
    if (logins.state(fields.refresh_token) === "foreign") {
      deviations.push("refresh_token was not issued here");
    }
    answer(exchange, decide(logins, fields, queue.shift(), record));
  }, settings.tls);

  return {
    tokenUrl: `${loopback.origin}/v1/oauth/token`,
    origin: loopback.origin,
    port: loopback.port,
    issue: ({ scope = REFRESH_SCOPE } = {}) => logins.signIn(scope),
    play: (row, { spent = true } = {}) => void queue.push({ row: typeof row === "string" ? rowById(row) : row, spent }),
    deviations,
    requests,
    isRefreshTokenAlive: (token) => logins.state(token) === "alive",
    isAccessTokenAlive: (token) => logins.accessTokenAlive(token),
    close: loopback.close,
  };
}

const FORMAT = "Invalid request format";

type Played = { row: Row; spent: boolean };

/**
 * The answer, and its effect on the login. A played error is answered whatever the token is worth,
 * and showing a spent one still ends its family; but no success is played for a token that is dead.
 */
function decide(
  logins: StrictLogins,
  fields: { refresh_token: string; scope?: string },
  played: Played | undefined,
  record: RecordedRequest,
): Reply {
  const { refresh_token: token, scope } = fields;
  const row = played?.row;
  const effect = played === undefined ? "yes" : effectOf(played);
  const error = row !== undefined && row.status !== 200 ? reply(row, {}) : undefined;
  // What comes from in front of the server, or from its account rules, never looks at the token.
  if (error !== undefined && effect === "no") return error;

  const state = logins.state(token);
  if (state === "spent" || effect === "dead") logins.revoke(token);
  if (state !== "alive") {
    return error ?? refusal(state === "ended" ? "Refresh token expired" : NOT_FOUND);
  }
  if (error !== undefined && effect === "dead") return error;
  if (scope !== undefined && !logins.grants(token, scope)) {
    return { status: 400, body: { error: "invalid_scope" } };
  }
  const honest = logins.refresh(token, scope, effect === "yes");
  record.committed = true;
  return error ?? (row === undefined ? { status: 200, body: honest } : reply(row, honest));
}

function effectOf({ row, spent }: Played): "yes" | "no" | "dead" {
  if (row.consumed !== "unknown") return row.consumed;
  return spent ? "yes" : "no";
}

const NOT_FOUND = "Refresh token not found or invalid";

const refusal = (error_description: string): Reply => ({
  status: 400,
  body: { error: "invalid_grant", error_description },
});

const reply = ({ status, headers, body }: Row, honest: object): Reply => ({
  status,
  headers,
  body: typeof body === "string" ? body : body({ ...honest }),
});

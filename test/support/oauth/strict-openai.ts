/**
 * A small server that speaks OpenAI's refresh request, answers and errors, and turns away every
 * request that differs from those that are known to work. It can play any known error.
 */
import { listenOnLoopback, readBody, type ServerTls } from "../net/loopback.ts";
import { answer, beginRecord, completeRecord, type RecordedRequest, type Reply } from "./exchange.ts";
import { type Account, ACCESS_SECONDS, openaiError } from "./openai-facts.ts";
import { OpenaiLogins, type OpenaiSignIn, type OpenaiTokenState } from "./openai-logins.ts";
import { type BodyFormat, openaiDeviationsOf } from "./openai-rules.ts";
import { type OpenaiRow, openaiRowById } from "./openai-rows.ts";

export type StrictOpenaiSettings = {
  tls?: ServerTls;
  /** How the body has to be written; JSON by default, as Codex does it. */
  format?: BodyFormat;
  /** Seconds that an access token lives; 10 days by default. */
  expiresIn?: number;
  /** How far the server's clock is ahead (negative: behind): its `Date` header, and the times in its tokens. */
  clock?: { skewMs: number };
};

export type StrictOpenai = {
  tokenUrl: string;
  /** `http://127.0.0.1:PORT`, or https. */
  origin: string;
  port: number;
  /** A new login. */
  issue: (wanted?: Partial<Pick<Account, "accountId" | "plan">>) => OpenaiSignIn;
  /**
   * The next request that does not deviate is answered with this row (or the row of this id);
   * calls add up. A row of which nobody knows whether the token was spent takes the worse case
   * (spent), unless `spent` is false.
   */
  play: (row: OpenaiRow | string, options?: { spent?: boolean }) => void;
  /** Every difference from a request that works so far. Expect it to be empty. */
  deviations: string[];
  requests: RecordedRequest[];
  /** Ends the login of this refresh token, as a sign-out does. */
  revoke: (refreshToken: string) => void;
  isRefreshTokenAlive: (refreshToken: string) => boolean;
  isAccessTokenAlive: (accessToken: string) => boolean;
  /** Every token that was ever given out. */
  issued: readonly string[];
  close: () => Promise<void>;
};

/** Starts the server on 127.0.0.1, with no login yet. */
export async function startStrictOpenai(settings: StrictOpenaiSettings = {}): Promise<StrictOpenai> {
  const { format = "json", expiresIn = ACCESS_SECONDS, clock: { skewMs } = { skewMs: 0 } } = settings;
  const logins = new OpenaiLogins(expiresIn, () => Date.now() + skewMs);
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
    const exchange = { request, response, record, skewMs };
    const found = openaiDeviationsOf(record, format);
    deviations.push(...found);
    if (found.length > 0) {
      answer(exchange, { status: 400, body: openaiError("invalid_request", "Not such a request.") });
      return;
    }
    const token = String(record.body?.["refresh_token"]);
    if (logins.state(token) === "foreign") deviations.push("refresh_token was not issued here");
    answer(exchange, decide(logins, token, queue.shift(), record));
  }, settings.tls);

  return {
    tokenUrl: `${loopback.origin}/oauth/token`,
    origin: loopback.origin,
    port: loopback.port,
    issue: (wanted = {}) => logins.signIn(wanted),
    play: (row, { spent = true } = {}) =>
      void queue.push({ row: typeof row === "string" ? openaiRowById(row) : row, spent }),
    deviations,
    requests,
    revoke: (token) => logins.revoke(token),
    isRefreshTokenAlive: (token) => logins.state(token) === "alive",
    isAccessTokenAlive: (token) => logins.accessTokenAlive(token),
    issued: logins.issued,
    close: loopback.close,
  };
}

type Played = { row: OpenaiRow; spent: boolean };

/**
 * The answer, and its effect on the login. A played error is answered whatever the token is worth,
 * and showing a spent one still ends its login; but no success is played for a token that is dead.
 */
function decide(logins: OpenaiLogins, token: string, played: Played | undefined, record: RecordedRequest): Reply {
  const row = played?.row;
  const effect = played === undefined ? "yes" : effectOf(played);
  const error = row !== undefined && row.status !== 200 ? reply(row, {}) : undefined;
  // What comes from in front of the server, or is about the request, never looks at the token.
  if (error !== undefined && effect === "no") return error;

  const state = logins.state(token);
  if (state === "spent" || effect === "dead") logins.revoke(token);
  if (state !== "alive") return error ?? refusal(state);
  if (error !== undefined && effect === "dead") return error;
  const honest = logins.refresh(token, effect === "yes");
  record.committed = true;
  return error ?? (row === undefined ? { status: 200, body: honest } : reply(row, honest));
}

function effectOf({ row, spent }: Played): "yes" | "no" | "dead" {
  if (row.consumed !== "unknown") return row.consumed;
  return spent ? "yes" : "no";
}

const REFUSAL: Record<Exclude<OpenaiTokenState, "alive">, string> = {
  spent: "refresh_token_reused",
  revoked: "refresh_token_invalidated",
  foreign: "token_expired",
};

const refusal = (state: Exclude<OpenaiTokenState, "alive">): Reply => ({
  status: 401,
  body: openaiError(REFUSAL[state], "Sign in again, please."),
});

const reply = ({ status, headers, body }: OpenaiRow, honest: object): Reply => ({
  status,
  headers,
  body: typeof body === "string" ? body : body({ ...honest }),
});

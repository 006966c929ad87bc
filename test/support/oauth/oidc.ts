/**
 * Anthropic's token endpoint on loopback with a real authorization server behind it: rotation and
 * reuse detection are `oidc-provider`'s, only the shapes and the faults are ours. With a `client`
 * of another kind it is that server as it is, with the same faults.
 *
 * `POST /v1/oauth/token` (JSON or form), `POST /v1/oauth/token/revoke`, `GET /api/me` (200 for a
 * bearer token that is alive, else 401).
 */
import { randomUUID } from "node:crypto";
import { listenOnLoopback, readBody, type ServerTls } from "../net/loopback.ts";
import {
  ACCESS_PREFIX,
  ACCESS_SECONDS,
  accountOf,
  apiError,
  CLIENT_ID,
  LOGIN_SCOPES,
  LOGIN_SECONDS,
  REFRESH_PREFIX,
  REFRESH_SCOPE,
} from "./anthropic-facts.ts";
import { type Commit, createCommit, formOf } from "./commit.ts";
import {
  answer,
  beginRecord,
  completeRecord,
  drop,
  dropHalfWay,
  type Exchange,
  type RecordedRequest,
  type Reply,
} from "./exchange.ts";
import { Families, type Family, type Prefixes, withoutPrefix } from "./families.ts";
import { type Fault, faultName, replyAfterCommit, replyBeforeCommit } from "./faults.ts";
import { createHold, type Hold, type HoldGate, type HoldStage } from "./hold.ts";
import { type OidcClient, type RealProvider, startRealProvider } from "./real-provider.ts";

export type OidcSettings = {
  tls?: ServerTls;
  /**
   * Another client than Anthropic's public one. Tokens then have no prefix, and the answers are
   * the server's own, as RFC 6749 has them.
   */
  client?: OidcClient;
  /** All that may be asked for, and with a `client` what a login has; Anthropic's by default. */
  scopes?: readonly string[];
  /** Seconds that an access token lives; 8 h by default. */
  expiresIn?: number;
  /** Seconds from sign-in to the end of a login; 30 days by default. null: 30 days, not told. */
  refreshTokenExpiresIn?: number | null;
  /** false: refresh tokens stay what they are, and no answer has one. */
  rotate?: boolean;
  /** How far the `Date` header is ahead (negative: behind). */
  clock?: { skewMs: number };
  /** true: a refresh ends the access tokens before it (reported of the real service once). */
  refreshEndsAccessTokens?: boolean;
  /** ms during which a spent token is answered with its successor again; 0 by default: never. */
  graceMs?: number;
  watch?: OidcWatch;
};

/** Told of each token request, in the order in which things happen in this process. */
export type OidcWatch = {
  /** The whole request is here. */
  received?: (record: RecordedRequest) => void;
  /** Right before the commit. false: nothing is done and no answer given, as by a server whose client has gone. */
  mayCommit?: (record: RecordedRequest) => boolean;
  /** Right after it, whatever it was; `record.committed` tells. */
  decided?: (record: RecordedRequest) => void;
};

export type SignIn = { accessToken: string; refreshToken: string; scope: string };

export type Oidc = {
  tokenUrl: string;
  /** `http://127.0.0.1:PORT`, or https. */
  origin: string;
  port: number;
  /** The account of every sign-in that names no other. */
  accountUuid: string;
  /** A new login, made without a browser. */
  issue: (options?: { scope?: string; accountUuid?: string }) => Promise<SignIn>;
  /** Adds to the queue of faults; each token request takes one. */
  fault: (next: Fault | Fault[]) => void;
  /** Stops the next token request that no earlier hold has taken; after the commit by default. */
  hold: (stage?: HoldStage) => Hold;
  /** Every request, in the order in which they came. */
  requests: RecordedRequest[];
  /** Those to the token endpoint. */
  tokenRequests: () => RecordedRequest[];
  isRefreshTokenAlive: (refreshToken: string) => Promise<boolean>;
  isAccessTokenAlive: (accessToken: string) => Promise<boolean>;
  /** Every token that was ever given out, whether or not the answer arrived. */
  issued: readonly string[];
  /** The login that a refresh token, spent or not, belongs to. */
  family: (refreshToken: string) => Promise<Family>;
  /** Connections are refused until `acceptConnections`; the logins stay. */
  refuseConnections: () => Promise<void>;
  acceptConnections: () => Promise<void>;
  /** Ends all connections; rejects if the server itself had failed. */
  close: () => Promise<void>;
};

/** Starts both servers, with no login yet. */
export async function startOidc(settings: OidcSettings = {}): Promise<Oidc> {
  const accountUuid = randomUUID();
  const { client, scopes = [...LOGIN_SCOPES, "user:privacy_consents:write"] } = settings;
  const prefixes = client ? { access: "", refresh: "" } : { access: ACCESS_PREFIX, refresh: REFRESH_PREFIX };
  const real = await startRealProvider({
    client: client ?? { id: CLIENT_ID, auth: "none" },
    scopes,
    accessSeconds: settings.expiresIn ?? ACCESS_SECONDS,
    loginSeconds: settings.refreshTokenExpiresIn ?? LOGIN_SECONDS,
  });
  const families = new Families(real, prefixes);
  const issued: string[] = [];
  const renew = createCommit(real, families, {
    shape: client ? "rfc6749" : "anthropic",
    prefixes,
    organization: { uuid: randomUUID(), name: "Example organization" },
    tellLoginEnd: settings.refreshTokenExpiresIn !== null,
    refreshEndsAccessTokens: settings.refreshEndsAccessTokens ?? false,
    graceMs: settings.graceMs ?? 0,
  });
  const commit: Commit = async (...request) => {
    const decided = await renew(...request);
    if (decided.committed) issued.push(...tokensIn(decided.reply.body));
    return decided;
  };
  const faults: Fault[] = [];
  const holds: HoldGate[] = [];
  const requests: RecordedRequest[] = [];

  const front = await listenOnLoopback(async (request, response) => {
    const record = beginRecord(request);
    requests.push(record);
    const raw = await readBody(request);
    if (raw === undefined) {
      record.answeredStatus = "client-gone";
      return;
    }
    completeRecord(record, raw);
    const exchange = { request, response, record, skewMs: settings.clock?.skewMs ?? 0 };
    const route = `${record.method} ${pathOf(record)}`;
    if (route === `POST ${TOKEN_PATH}`) {
      const fault = faults.shift() ?? "none";
      const rotate = settings.rotate !== false && fault !== "no-rotation";
      const { watch = {} } = settings;
      await answerToken(exchange, { fault, gate: holds.shift(), rotate, commit, watch });
    } else if (route === `POST ${TOKEN_PATH}/revoke`) {
      answer(exchange, await revoke(real, prefixes, record));
    } else if (route === "GET /api/me") {
      answer(exchange, await whoAmI(families, record));
    } else {
      answer(exchange, { status: 404, body: apiError("not_found_error", "Not found") });
    }
  }, settings.tls);

  return {
    tokenUrl: front.origin + TOKEN_PATH,
    origin: front.origin,
    port: front.port,
    accountUuid,
    issue: async ({ scope = client ? scopes.join(" ") : REFRESH_SCOPE, accountUuid: account = accountUuid } = {}) => {
      const { access, refresh } = await real.signIn(account, scope);
      const refreshToken = prefixes.refresh + refresh;
      const accessToken = prefixes.access + access;
      issued.push(accessToken, refreshToken);
      await families.add(refreshToken);
      return { accessToken, refreshToken, scope };
    },
    fault: (next) => void faults.push(...(Array.isArray(next) ? next : [next])),
    hold: (stage = "after-commit") => {
      const gate = createHold(stage);
      holds.push(gate);
      return gate.hold;
    },
    requests,
    tokenRequests: () => requests.filter((record) => pathOf(record) === TOKEN_PATH),
    isRefreshTokenAlive: (token) => families.refreshTokenAlive(token),
    isAccessTokenAlive: async (token) => (await families.accountOf(token)) !== undefined,
    issued,
    family: (token) => families.of(token),
    refuseConnections: front.refuse,
    acceptConnections: front.accept,
    close: async () => {
      try {
        await front.close();
      } finally {
        await real.close();
      }
    },
  };
}

const TOKEN_PATH = "/v1/oauth/token";

const pathOf = (record: RecordedRequest): string | undefined => record.path.split("?")[0];

type TokenStep = { fault: Fault; gate: HoldGate | undefined; rotate: boolean; commit: Commit; watch: OidcWatch };

const tokensIn = (body: object | string): string[] =>
  Object.entries(body)
    .filter(([name, value]) => name.endsWith("_token") && typeof value === "string")
    .map(([, value]) => value as string);

/** One token request: what comes before the commit, the commit, what comes after it. */
async function answerToken(exchange: Exchange, step: TokenStep): Promise<void> {
  const { fault, gate, watch } = step;
  const { record } = exchange;
  watch.received?.(record);
  gate?.wasReceived(exchange.request.socket);
  if (gate?.stage === "before-commit") await gate.released;
  await slow(fault, "before-commit");

  const early = replyBeforeCommit(fault) ?? unreadable(record);
  const dropsEarly = faultName(fault) === "drop-before-commit" || watch.mayCommit?.(record) === false;
  const decided =
    early || dropsEarly ? undefined : await step.commit(record.body ?? {}, step.rotate, record.headers.authorization);
  record.committed = decided?.committed ?? false;
  watch.decided?.(record);

  gate?.wasDecided(record.committed);
  if (gate?.stage === "after-commit") await gate.released;
  await slow(fault, "after-commit");

  if (dropsEarly || faultName(fault) === "drop-after-commit") return drop(exchange);
  const honest = early ?? (decided as { reply: Reply }).reply;
  if (faultName(fault) === "drop-half-answer") return dropHalfWay(exchange, honest);
  // The other faults spoil a success; a refusal is told as it is.
  const body = honest.body as Record<string, unknown>; // a success is always an object
  const spoilt = honest.status === 200 ? replyAfterCommit(fault, body) : undefined;
  answer(exchange, spoilt ?? honest);
}

function unreadable(record: RecordedRequest): Reply | undefined {
  if (record.body !== undefined) return undefined;
  return { status: 400, body: apiError("invalid_request_error", "Invalid request format") };
}

/** Waits without keeping the process alive: a test may be over before. */
async function slow(fault: Fault, when: HoldStage): Promise<void> {
  if (typeof fault !== "object" || fault.type !== "slow" || fault.when !== when) return;
  await new Promise<void>((resolve) => void setTimeout(resolve, fault.ms).unref());
}

async function revoke(real: RealProvider, prefixes: Prefixes, record: RecordedRequest): Promise<Reply> {
  const form = formOf(record.body ?? {});
  const token = form["token"] ?? "";
  const prefix = token.startsWith(prefixes.access) ? prefixes.access : prefixes.refresh;
  return real.revoke({ ...form, token: withoutPrefix(token, prefix) });
}

async function whoAmI(families: Families, record: RecordedRequest): Promise<Reply> {
  const [, token = ""] = /^Bearer (\S+)$/.exec(record.headers.authorization ?? "") ?? [];
  const uuid = await families.accountOf(token);
  if (uuid !== undefined) return { status: 200, body: { account: accountOf(uuid) } };
  return { status: 401, body: apiError("authentication_error", "Invalid bearer token") };
}

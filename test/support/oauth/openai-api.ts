/**
 * The endpoint of chatgpt.com at which an access token shows whether it is good, with every answer that it is known
 * to give. The bodies are the shapes; ids in them are invented.
 */
import { randomBytes, randomUUID } from "node:crypto";
import type { ServerTls } from "../net/loopback.ts";
import { bearerOf, type CheckRow, type CheckServer, foreignHeaders, startCheckServer } from "./check-server.ts";
import type { RecordedRequest, Reply } from "./exchange.ts";

export type IssuedJwt = { token: string; accountId: string; plan: string; state: "good" | "revoked" };

export type OpenaiApi = CheckServer & {
  /** A new token, good until the returned record is changed. */
  issue: (options?: Partial<IssuedJwt>) => IssuedJwt;
};

/** A JSON Web Token with the claims that OpenAI's have, good for ten days. Nobody verifies its signature. */
export function newJwt(accountId: string, plan = "plus"): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const claims = {
    aud: ["https://api.openai.com/v1"],
    exp: Math.floor(Date.now() / 1000) + 864_000,
    jti: randomUUID(),
    "https://api.openai.com/auth": { chatgpt_account_id: accountId, chatgpt_plan_type: plan },
  };
  return `${part({ alg: "RS256", typ: "JWT" })}.${part(claims)}.${randomBytes(256).toString("base64url")}`;
}

export async function startOpenaiApi(tls?: ServerTls): Promise<OpenaiApi> {
  const issued = new Map<string, IssuedJwt>();
  const server = await startCheckServer((request) => {
    const known = issued.get(bearerOf(request) ?? "");
    return { deviations: deviationsOf(request, known), reply: decide(request, known) };
  }, tls);
  const issue = (options: Partial<IssuedJwt> = {}): IssuedJwt => {
    const { accountId = randomUUID(), plan = "plus" } = options;
    const record: IssuedJwt = { token: newJwt(accountId, plan), accountId, plan, state: "good", ...options };
    issued.set(record.token, record);
    return record;
  };
  return { ...server, issue };
}

const PATH = "/backend-api/wham/accounts/check";

function deviationsOf(request: RecordedRequest, known: IssuedJwt | undefined): string[] {
  const { headers, method, path, rawBody } = request;
  const found = foreignHeaders(request);
  if (method !== "GET" || path !== PATH) found.push(`${method} to another path`);
  if (rawBody !== "") found.push("a body");
  if (bearerOf(request) === undefined) found.push("no bearer token");
  if (known && headers["chatgpt-account-id"] !== known.accountId) found.push("chatgpt-account-id");
  const originator = String(headers["originator"] ?? "");
  if (originator === "") found.push("no originator");
  if (/^codex/i.test(originator)) found.push("the originator of another program");
  return found;
}

function decide({ method, path }: RecordedRequest, known: IssuedJwt | undefined): Reply {
  if (method !== "GET" || path !== PATH) return { status: 404, body: { detail: "Not Found" } };
  if (!known) return UNAUTHORIZED;
  if (known.state === "revoked") return invalid("token_revoked", "Encountered invalidated oauth token for user");
  return { status: 200, body: accountsOf(known.accountId, known.plan) };
}

/** The first workspace is another one: the plan is that of the account that was named. */
export const accountsOf = (id: string, plan: unknown): object => ({
  accounts: [
    { id: randomUUID(), plan_type: "free", structure: "personal" },
    { id, plan_type: plan, structure: "workspace", workspace_backend_origin: "https://chatgpt.com" },
  ],
  default_account_id: id,
  account_ordering: [id],
});

const UNAUTHORIZED: Reply = { status: 401, body: { detail: "Unauthorized" } };

const invalid = (code: string, message: string): Reply => ({
  status: 401,
  body: { error: { message, type: "invalid_request_error", code, param: null } },
});

const html = (status: number): Reply => ({ status, body: "<!DOCTYPE html><title>Just a moment...</title>" });

/** s since 1970. */
export const RESET = 1_900_001_600;

const limit = (error: object): Reply => ({ status: 429, body: { error } });
const LIMIT = { type: "usage_limit_reached", message: "The usage limit has been reached", plan_type: "plus" };

const row = (id: string, reply: Reply, says: CheckRow["says"]): CheckRow<"accounts"> => ({
  id,
  on: "accounts",
  says,
  ...reply,
});

/** Shown with a token of the right form. */
export const OPENAI_ROWS: readonly CheckRow<"accounts">[] = [
  row("not known", UNAUTHORIZED, "refused:revoked"),
  row(
    "invalidated",
    invalid("token_invalidated", "Your authentication token has been invalidated."),
    "refused:revoked",
  ),
  row("revoked", invalid("token_revoked", "Encountered invalidated oauth token for user"), "refused:revoked"),
  row("expired", invalid("token_expired", "Provided authentication token is expired."), "refused:revoked"),
  row("a page, 401", html(401), "unknown"),
  row("workspace gone", { status: 402, body: { detail: { code: "deactivated_workspace" } } }, "refused:not-allowed"),
  row(
    "workspace gone, `error`",
    { status: 402, body: { error: { code: "deactivated_workspace" } } },
    "refused:not-allowed",
  ),
  row("another 402", { status: 402, body: { detail: "Payment Required" } }, "unknown"),
  row("a challenge", html(403), "unknown"),
  row("a 403 with JSON", { status: 403, body: { detail: "Forbidden" } }, "unknown"),
  row("the country", { status: 403, body: { error: { code: "unsupported_country_region_territory" } } }, "unknown"),
  row("gone", { status: 404, body: { detail: "Not Found" } }, "unknown"),
  row("limited", limit({ ...LIMIT, resets_at: RESET, resets_in_seconds: 60 }), "limited"),
  row("limited, until nobody knows", limit(LIMIT), "limited"),
  row("limited, until nonsense", limit({ ...LIMIT, resets_at: "soon" }), "limited"),
  row("another 429", limit({ type: "connector_rate_limit" }), "unknown"),
  row("a page, 429", html(429), "unknown"),
  row("a portal's page, 200", html(200), "unknown"),
  row("another JSON, 200", { status: 200, body: { ok: true } }, "unknown"),
  row("accounts by id", { status: 200, body: { accounts: { x: {} } } }, "valid"),
  row("no account in the list", { status: 200, body: { accounts: [null] } }, "valid"),
  row("a fault", { status: 500, body: { detail: "Internal Server Error" } }, "unknown"),
  row("a gateway's page", html(502), "unknown"),
];

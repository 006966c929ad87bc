import type { HttpRequest } from "../../../src/world/world.ts";
import type { Call, Log } from "../core/log.ts";
import type { Effect, Family, Issued, RefreshToken, Spending } from "../core/effects.ts";
import type { Reply, SimulatedServer } from "../core/network.ts";
import type { Stream } from "../core/random.ts";
import type { Scheduler } from "../core/scheduler.ts";
import type { ProviderPlan, Trouble } from "../plan/plan.ts";

export const TOKEN_URL = "https://platform.claude.com/v1/oauth/token";
export const SCOPES = "user:inference user:profile";
const LOGIN_MS = 30 * 86_400_000;

const NOT_FOUND = { error: "invalid_grant", error_description: "Refresh token not found or invalid" };
const PAGE = "<!DOCTYPE html><title>Error</title><p>Something went wrong.</p>";

/** A token endpoint as Anthropic's, with single-use refresh tokens and exact books. */
export class Provider implements SimulatedServer {
  readonly name = "provider";
  readonly families: Family[] = [];
  readonly #refresh = new Map<string, RefreshToken>();
  readonly #access = new Map<string, Issued["access"]>();
  readonly #plan: ProviderPlan;
  readonly #scheduler: Scheduler;
  readonly #log: Log;
  readonly #random: Stream;
  readonly #renewed: (job: number) => void;

  /** @param renewed told of every renewal */
  constructor(plan: ProviderPlan, scheduler: Scheduler, log: Log, random: Stream, renewed: (job: number) => void) {
    this.#plan = plan;
    this.#scheduler = scheduler;
    this.#log = log;
    this.#random = random;
    this.#renewed = renewed;
  }

  /** A person signs in: a new family. */
  signIn(login: number, accessLeftMs = this.#plan.accessMs): Issued {
    const { now } = this.#scheduler;
    const family: Family = { id: this.families.length, login, bornAt: now, tokens: [], revoked: undefined };
    this.families.push(family);
    return this.#issue(family, 0, now + accessLeftMs);
  }

  revoke(family: Family): void {
    family.revoked ??= {
      seq: this.#log.seq,
      t: this.#scheduler.now,
      why: "by the account's owner",
      shown: undefined,
      call: undefined,
    };
  }

  /** Renewed by somebody whom nobody here watches. */
  renewOutside(token: RefreshToken, accessLeftMs = this.#plan.accessMs): Issued {
    const { now } = this.#scheduler;
    const issued = this.#issue(token.family, token.generation + 1, now + accessLeftMs);
    if (this.#plan.reuse !== "keeps") token.spent ??= { seq: this.#log.seq, t: now, call: undefined, issued };
    return issued;
  }

  tokenOf(text: string): RefreshToken | undefined {
    return this.#refresh.get(text);
  }

  /** Whether it could be renewed now, without any grace. */
  isAlive(token: RefreshToken | undefined): boolean {
    return token !== undefined && !token.family.revoked && !token.spent && token.superseded === undefined;
  }

  accessOf(text: string): Issued["access"] | undefined {
    return this.#access.get(text);
  }

  owns(url: string): boolean {
    return url === TOKEN_URL;
  }

  serve(request: HttpRequest, call: Call): Reply {
    const { trouble, troubleMs } = call;
    const fields = JSON.parse(request.body ?? "{}") as { refresh_token?: string };
    const token = this.#refresh.get(fields.refresh_token ?? "");
    const early = refusalBefore(trouble, troubleMs);
    if (early) return { ...early, effect: { kind: "turned away", token } };
    return disturbed(this.#renew(token, call), trouble);
  }

  /** Shows a refresh token: what the endpoint answers, and what that does. */
  #renew(token: RefreshToken | undefined, call: Call): Reply {
    if (!token) return refusal({ kind: "refused", token, why: "never issued" });
    const { family } = token;
    const { now } = this.#scheduler;
    if (family.revoked) return refusal({ kind: "refused", token, why: "its family was revoked" });
    if (now > family.bornAt + LOGIN_MS) return refusal({ kind: "refused", token, why: "its login has ended" });
    if (token.superseded !== undefined) return this.#reuse(token, call);
    if (token.spent) return this.#again(token, token.spent, call);
    const kept = this.#plan.reuse === "keeps";
    const issued = this.#issue(
      family,
      kept ? token.generation : token.generation + 1,
      undefined,
      kept ? token : undefined,
    );
    if (!kept) token.spent = { seq: this.#log.seq, t: now, call: call.id, issued };
    this.#renewed(call.job);
    return success({ kind: "renewed", token, issued, how: kept ? "kept" : "rotated" }, this.#plan, now);
  }

  #again(token: RefreshToken, spent: Spending, call: Call): Reply {
    const { reuse, graceMs } = this.#plan;
    const { now } = this.#scheduler;
    const successor = spent.issued.refresh;
    const grace = now - spent.t <= graceMs && !successor.spent;
    if (grace && reuse === "same-again") {
      const issued = this.#issue(token.family, successor.generation, undefined, successor);
      this.#renewed(call.job);
      return success({ kind: "renewed", token, issued, how: "same-again" }, this.#plan, now);
    }
    if (grace && reuse === "newest-wins") {
      successor.superseded = this.#log.seq;
      const issued = this.#issue(token.family, token.generation + 1);
      token.spent = { ...spent, issued };
      this.#renewed(call.job);
      return success({ kind: "renewed", token, issued, how: "sibling" }, this.#plan, now);
    }
    return this.#reuse(token, call);
  }

  #reuse(token: RefreshToken, call: Call): Reply {
    if (this.#plan.reuse === "rejects") return refusal({ kind: "refused", token, why: "spent" });
    token.family.revoked = { seq: this.#log.seq, t: this.#scheduler.now, why: "reuse", shown: token, call: call.id };
    for (const access of this.#access.values()) if (access.family === token.family) access.ended = true;
    return refusal({ kind: "refused", token, why: "spent, so its family is revoked" });
  }

  #issue(family: Family, generation: number, accessEndsAt?: number, kept?: RefreshToken): Issued {
    const { accessMs, endsAccess } = this.#plan;
    if (endsAccess) for (const one of this.#access.values()) if (one.family === family) one.ended = true;
    const access = {
      text: `sk-ant-oat01-${this.#random.word(60)}0A`,
      family,
      endsAt: accessEndsAt ?? this.#scheduler.now + accessMs,
      ended: false,
    };
    this.#access.set(access.text, access);
    if (kept) return { access, refresh: kept };
    const text = `sk-ant-ort01-${this.#random.word(60)}1B`;
    const refresh: RefreshToken = { text, family, generation, spent: undefined, superseded: undefined };
    family.tokens.push(refresh);
    this.#refresh.set(text, refresh);
    return { access, refresh };
  }
}

function success(effect: Effect & { kind: "renewed" }, { accessMs }: ProviderPlan, now: number): Reply {
  const { issued, how, token } = effect;
  const body = {
    token_type: "Bearer",
    access_token: issued.access.text,
    expires_in: Math.floor(accessMs / 1000),
    ...(how !== "kept" && { refresh_token: issued.refresh.text }),
    refresh_token_expires_in: Math.floor((token.family.bornAt + LOGIN_MS - now) / 1000),
    scope: SCOPES,
    account: { uuid: `00000000-0000-4000-8000-00000000000${token.family.login}` },
  };
  return { status: 200, body: JSON.stringify(body), effect };
}

const refusal = (effect: Effect): Reply => ({ status: 400, body: JSON.stringify(NOT_FOUND), effect });

/** What stands in front of the endpoint, or is found wrong before the grant is looked at. */
function refusalBefore(trouble: Trouble | undefined, ms: number): Omit<Reply, "effect"> | undefined {
  const json = (status: number, body: object, headers = {}) => ({ status, headers, body: JSON.stringify(body) });
  const rateLimit = { error: { type: "rate_limit_error", message: "Rate limited." } };
  switch (trouble) {
    case "429":
      return json(429, rateLimit);
    case "429-wait":
      return json(429, rateLimit, { "retry-after": String(Math.ceil(ms / 1000)) });
    case "403":
    case "403-page":
      return { status: 403, body: PAGE };
    case "404-page":
      return { status: 404, body: PAGE };
    case "invalid-scope":
      return json(400, { error: "invalid_scope" });
    case "invalid-request":
      return json(400, { type: "error", error: { type: "invalid_request_error", message: "Invalid" } });
    case "on-hold":
      return json(400, { error: "invalid_grant", error_uri: "https://claude.example/account/hold" });
    case "500":
      return json(500, { type: "error", error: { type: "api_error", message: "Internal server error" } });
    case "503":
      return { status: 503, body: PAGE };
    case "401-api":
      return json(401, { type: "error", error: { type: "authentication_error", message: "Invalid" } });
    default:
      return undefined;
  }
}

/** The endpoint has done its work, and its answer is spoilt on the way. */
function disturbed(reply: Reply, trouble: Trouble | undefined): Reply {
  switch (trouble) {
    case "500-after":
      return { ...reply, status: 500, body: "{}" };
    case "502-after":
      return { ...reply, status: 502, body: PAGE };
    case "page-after":
      return { ...reply, status: 200, body: PAGE };
    case "empty-after":
      return { ...reply, status: 200, body: "{}" };
    case "cut-off-after":
      return { ...reply, body: reply.body.slice(0, -20) };
    case "no-access":
      return without(reply, "access_token");
    case "no-lifetime":
      return without(reply, "expires_in");
    default:
      return reply;
  }
}

function without(reply: Reply, field: string): Reply {
  const { [field]: _gone, ...rest } = JSON.parse(reply.body) as Record<string, unknown>;
  return { ...reply, body: JSON.stringify(rest) };
}

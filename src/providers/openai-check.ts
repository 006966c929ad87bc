import { readJwt } from "../credential/jwt.ts";
import { possibleTime } from "../duration.ts";
import { jsonObject } from "../world/answer.ts";
import { type Check, refused, saysNothing, type Verdict } from "./check.ts";

/** What Codex asks for first with a ChatGPT login: the workspaces of the account. It runs no model. */
const ADDRESS = "https://chatgpt.com/backend-api/wham/accounts/check";

/** API keys, Codex access tokens, refresh tokens. */
const OTHER_KINDS = /^(sk-|at-|rt_)/;

export const check: Check = {
  request({ access, accountId }, { userAgent, timeoutMs }) {
    const token = access?.reveal() ?? "";
    const account = accountId ?? readJwt(token)?.accountId;
    return {
      method: "GET",
      url: ADDRESS,
      headers: {
        authorization: `Bearer ${token}`,
        accept: "application/json",
        ...(account !== undefined && { "chatgpt-account-id": account }),
        originator: "oauth-creds",
        "user-agent": userAgent,
      },
      timeoutMs,
      fresh: true,
    };
  },

  /**
   * - 401 with JSON: `{"detail":"Unauthorized"}` (openai/codex#41973), or `error.code` `token_invalidated`
   *   (router-for-me/CLIProxyAPI#3654), `token_revoked` (openai/codex#13118);
   * - 402 with the code `deactivated_workspace` (Wei-Shaw/sub2api#1302);
   * - 403: Cloudflare's page for addresses that it does not trust (openai/codex#27752), or a network rule;
   * - 429 with the type `usage_limit_reached` and `resets_at` in seconds (earendil-works/pi#4172).
   */
  interpret(answer, { access, accountId }) {
    const body = jsonObject(answer);
    if (!body) return saysNothing(answer);
    const token = readJwt(access?.reveal() ?? "");
    const error = errorOf(body);
    switch (answer.status) {
      case 200:
        if (!(body["accounts"] instanceof Object)) return saysNothing(answer);
        return { type: "valid", plan: planOf(body["accounts"], accountId ?? token?.accountId) };
      case 401:
        // These tokens are JSON Web Tokens: what has lost its dots or its middle is none.
        return refused(token ? "revoked" : OTHER_KINDS.test(access?.reveal() ?? "") ? "wrong-kind" : "cut-off");
      case 402:
        return error.code === "deactivated_workspace" ? refused("not-allowed") : saysNothing(answer);
      case 429:
        return error.type === "usage_limit_reached" ? limitedUntil(error.resets_at) : saysNothing(answer);
      default:
        return saysNothing(answer);
    }
  },
};

/** Its fields are under `error`, or under `detail`, which may as well be a text. */
function errorOf(body: Record<string, unknown>): { type?: unknown; code?: unknown; resets_at?: unknown } {
  return (body["error"] ?? body["detail"] ?? {}) as object;
}

const limitedUntil = (seconds: unknown): Verdict => ({
  type: "limited",
  resetAt: typeof seconds === "number" ? possibleTime(seconds * 1000) : undefined,
});

/** Nothing but a plain name, as it goes into the log. */
function planOf(accounts: unknown, accountId: string | undefined): string | undefined {
  const list = (Array.isArray(accounts) ? accounts : []) as ({ id?: unknown; plan_type?: unknown } | null)[];
  const plan = list.find((account) => account?.id === accountId)?.plan_type;
  return typeof plan === "string" && /^[a-z_]{1,30}$/.test(plan) ? plan : undefined;
}

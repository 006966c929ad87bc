import { type Credential, EMPTY } from "../../credential/credential.ts";
import type { Grant, SignIn } from "../../providers/authorize.ts";
import { custom } from "../../providers/custom.ts";
import type { RequestSettings } from "../../providers/provider.ts";
import type { NewTokens, Outcome } from "../../refresh/outcome.ts";
import { maskSecrets } from "../../runner/mask.ts";
import { HttpFailure, type World } from "../../world/world.ts";
import { sayExchange } from "./say.ts";

const LONGEST_WAIT_MS = 30_000;
/** What Claude Code takes for the end of a login whose sign-in does not tell it. */
const CLAUDE_LOGIN_MS = 30 * 86_400_000;

/**
 * Exchanges the code for the login (RFC 6749, section 4.1.3). Sent again only where the code is certainly unspent: no
 * connection, turned away at the edge, or a client that has to prove itself in another way. Throws a Failure.
 */
export async function exchange(
  world: World,
  signIn: SignIn,
  grant: Grant,
  settings: RequestSettings,
): Promise<Credential> {
  const { provider, clientId } = signIn;
  let clientAuth: Credential["clientAuth"];
  for (let tries = 1; ; tries++) {
    const outcome = await send(world, signIn, grant, settings, clientAuth);
    if (outcome.type === "refreshed") return credentialOf(world, signIn, outcome.tokens, settings, clientAuth);
    const pause =
      tries > 2
        ? undefined
        : outcome.type === "not-sent"
          ? 1000
          : outcome.type === "throttled"
            ? outcome.retryAfterMs
            : undefined;
    if (outcome.type === "mistake" && provider === "custom" && clientAuth === undefined) {
      const asked = { credential: { ...EMPTY, kind: "login", clientId } as const, settings };
      clientAuth = custom.amend?.(asked, outcome.error)?.credential.clientAuth;
      if (clientAuth !== undefined) continue;
    }
    if (pause === undefined || pause > LONGEST_WAIT_MS) throw sayExchange(outcome, provider);
    await world.sleep(pause);
  }
}

async function send(
  world: World,
  signIn: SignIn,
  grant: Grant,
  settings: RequestSettings,
  clientAuth: Credential["clientAuth"],
): Promise<Outcome> {
  try {
    return signIn.interpret(await world.http(signIn.exchangeRequest(grant, settings, clientAuth)), world.now());
  } catch (error) {
    if (!(error instanceof HttpFailure)) throw error;
    return error.sent ? { type: "ambiguous", reason: error.reason } : { type: "not-sent", reason: error.reason };
  }
}

function credentialOf(
  world: World,
  { provider, scope, longLived }: SignIn,
  tokens: NewTokens,
  { clientId }: RequestSettings,
  clientAuth: Credential["clientAuth"],
): Credential {
  maskSecrets(world.runner, [tokens.access, tokens.refresh, tokens.idToken]);
  const { access, accountUuid, organizationUuid } = tokens;
  // A long-lived token is all that was asked for: what could renew it is not kept, as `claude setup-token` does not.
  const refresh = longLived ? undefined : tokens.refresh;
  if (!access && !refresh) throw sayExchange({ type: "ambiguous", reason: "an answer without tokens" }, provider);
  const login = refresh !== undefined;
  const assumed = provider === "anthropic" && login ? world.now() + CLAUDE_LOGIN_MS : undefined;
  return {
    ...EMPTY,
    kind: login ? "login" : longLived ? "setup-token" : "access",
    provider,
    access,
    accessExpiresAt: tokens.accessExpiresAt,
    refresh,
    loginExpiresAt: login ? (tokens.loginExpiresAt ?? assumed) : undefined,
    // Those that were asked for are meant where none are named (RFC 6749, section 5.1).
    scopes: tokens.scopes ?? scope?.split(/\s+/),
    clientId,
    clientAuth,
    plan: tokens.plan,
    idToken: tokens.idToken,
    accountId: tokens.accountId,
    other: { ...(accountUuid && { accountUuid }), ...(organizationUuid && { organizationUuid }) },
  };
}

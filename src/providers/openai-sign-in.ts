import type { Grant, SignIn } from "./authorize.ts";
import { openai } from "./openai.ts";
import type { RequestSettings } from "./provider.ts";
import { tokenRequest } from "./request.ts";

/** The public client of Codex (no secret belongs to it). */
export const CLIENT_ID = "app_EMoamEEZ73f0CkXaXp7hrann";
export const TOKEN_URL = "https://auth.openai.com/oauth/token";
export const AUTHORIZE_URL = "https://auth.openai.com/oauth/authorize";

/** What a model needs, and no more: Codex asks for its connectors too. */
const SCOPE = "openid profile email offline_access";

/** The two ports that are registered for Codex; the second is its own fallback. */
const PORTS = [1455, 1457];

/** A sign-in with a ChatGPT plan, as Codex does it. */
export function openaiSignIn(
  settings: RequestSettings,
  { authorizeUrl }: { readonly authorizeUrl: string | undefined },
): SignIn {
  const clientId = settings.clientId ?? CLIENT_ID;
  return {
    provider: "openai",
    authorizeUrl: authorizeUrl ?? AUTHORIZE_URL,
    clientId,
    scope: settings.scope ?? SCOPE,
    more: { id_token_add_organizations: "true", codex_cli_simplified_flow: "true", originator: "oauth-creds" },
    callback: { host: "localhost", ports: PORTS, path: "/auth/callback" },
    codePage: undefined,
    longLived: false,
    exchangeRequest: (grant) => openaiExchange(grant, clientId, settings),
    interpret: openai.interpret,
  };
}

/** The exchange of a code, however the person came by it. */
export function openaiExchange({ code, redirectUri, verifier }: Grant, clientId: string, settings: RequestSettings) {
  const fields = {
    grant_type: "authorization_code",
    client_id: clientId,
    code: code.reveal(),
    code_verifier: verifier.reveal(),
    redirect_uri: redirectUri,
  };
  return tokenRequest(settings.tokenUrl ?? TOKEN_URL, fields, settings, "form");
}

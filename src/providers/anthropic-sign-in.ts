import { anthropic } from "./anthropic.ts";
import type { SignIn } from "./authorize.ts";
import type { RequestSettings } from "./provider.ts";
import { tokenRequest } from "./request.ts";

/** The public client of Claude Code (no secret belongs to it). */
export const CLIENT_ID = "9d1c250a-e61b-44d9-88ed-5944d1962f5e";
export const TOKEN_URL = "https://platform.claude.com/v1/oauth/token";
export const AUTHORIZE_URL = "https://claude.com/cai/oauth/authorize";
/** It shows the code as `CODE#STATE`. */
const CODE_PAGE = "https://platform.claude.com/oauth/code/callback";

/** What Claude Code asks for at a sign-in, but for what concerns its desktop program and consents in its settings. */
const LOGIN_SCOPE =
  "org:create_api_key user:profile user:inference user:sessions:claude_code user:mcp_servers user:file_upload user:plugins";
const SETUP_SCOPE = "user:inference";
/** Seconds that `claude setup-token` asks for. */
const YEAR = 31_536_000;

/** A sign-in as Claude Code does it. `longLived`: what `claude setup-token` gives. */
export function anthropicSignIn(
  settings: RequestSettings,
  { authorizeUrl, longLived }: { readonly authorizeUrl: string | undefined; readonly longLived: boolean },
): SignIn {
  const clientId = settings.clientId ?? CLIENT_ID;
  return {
    provider: "anthropic",
    authorizeUrl: authorizeUrl ?? AUTHORIZE_URL,
    clientId,
    scope: settings.scope ?? (longLived ? SETUP_SCOPE : LOGIN_SCOPE),
    more: { code: "true" },
    callback: { host: "localhost", ports: [0], path: "/callback" },
    codePage: CODE_PAGE,
    longLived,
    exchangeRequest({ code, redirectUri, verifier, state }) {
      const fields = {
        grant_type: "authorization_code",
        code: code.reveal(),
        redirect_uri: redirectUri,
        client_id: clientId,
        code_verifier: verifier.reveal(),
        ...(state !== undefined && { state }), // it is demanded, unlike elsewhere
      };
      const request = tokenRequest(settings.tokenUrl ?? TOKEN_URL, fields, settings, "json");
      // As a number, which a form cannot hold.
      const json = settings.requestFormat !== "form";
      return longLived && json ? { ...request, body: JSON.stringify({ ...fields, expires_in: YEAR }) } : request;
    },
    interpret: anthropic.interpret,
  };
}

import { st as tokenRequest } from "./common.mjs";
import { t as openai } from "./openai2.mjs";
const CLIENT_ID = "app_EMoamEEZ73f0CkXaXp7hrann", TOKEN_URL = "https://auth.openai.com/oauth/token", AUTHORIZE_URL = "https://auth.openai.com/oauth/authorize", PORTS = [1455, 1457];
function openaiSignIn(settings, { authorizeUrl }) {
	let clientId = settings.clientId ?? "app_EMoamEEZ73f0CkXaXp7hrann";
	return {
		provider: "openai",
		authorizeUrl: authorizeUrl ?? "https://auth.openai.com/oauth/authorize",
		clientId,
		scope: settings.scope ?? "openid profile email offline_access",
		more: {
			id_token_add_organizations: "true",
			codex_cli_simplified_flow: "true",
			originator: "oauth-creds"
		},
		callback: {
			host: "localhost",
			ports: PORTS,
			path: "/auth/callback"
		},
		codePage: void 0,
		longLived: !1,
		exchangeRequest: (grant) => openaiExchange(grant, clientId, settings),
		interpret: openai.interpret
	};
}
function openaiExchange({ code, redirectUri, verifier }, clientId, settings) {
	let fields = {
		grant_type: "authorization_code",
		client_id: clientId,
		code: code.reveal(),
		code_verifier: verifier.reveal(),
		redirect_uri: redirectUri
	};
	return tokenRequest(settings.tokenUrl ?? "https://auth.openai.com/oauth/token", fields, settings, "form");
}
export { openaiSignIn as a, openaiExchange as i, CLIENT_ID as n, TOKEN_URL as r, AUTHORIZE_URL as t };

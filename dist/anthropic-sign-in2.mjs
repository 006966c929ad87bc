import { ot as anthropic, st as tokenRequest } from "./common.mjs";
const CLIENT_ID = "9d1c250a-e61b-44d9-88ed-5944d1962f5e", TOKEN_URL = "https://platform.claude.com/v1/oauth/token", AUTHORIZE_URL = "https://claude.com/cai/oauth/authorize";
function anthropicSignIn(settings, { authorizeUrl, longLived }) {
	let clientId = settings.clientId ?? "9d1c250a-e61b-44d9-88ed-5944d1962f5e";
	return {
		provider: "anthropic",
		authorizeUrl: authorizeUrl ?? "https://claude.com/cai/oauth/authorize",
		clientId,
		scope: settings.scope ?? (longLived ? "user:inference" : "org:create_api_key user:profile user:inference user:sessions:claude_code user:mcp_servers user:file_upload user:plugins"),
		more: { code: "true" },
		callback: {
			host: "localhost",
			ports: [0],
			path: "/callback"
		},
		codePage: "https://platform.claude.com/oauth/code/callback",
		longLived,
		exchangeRequest({ code, redirectUri, verifier, state }) {
			let fields = {
				grant_type: "authorization_code",
				code: code.reveal(),
				redirect_uri: redirectUri,
				client_id: clientId,
				code_verifier: verifier.reveal(),
				...state !== void 0 && { state }
			}, request = tokenRequest(settings.tokenUrl ?? "https://platform.claude.com/v1/oauth/token", fields, settings, "json"), json = settings.requestFormat !== "form";
			return longLived && json ? {
				...request,
				body: JSON.stringify({
					...fields,
					expires_in: 31536e3
				})
			} : request;
		},
		interpret: anthropic.interpret
	};
}
export { anthropicSignIn as i, CLIENT_ID as n, TOKEN_URL as r, AUTHORIZE_URL as t };

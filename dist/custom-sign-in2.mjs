import { st as tokenRequest } from "./common.mjs";
import { t as custom } from "./custom2.mjs";
function customSignIn(settings, { authorizeUrl, redirectUri }) {
	let callback = redirectUri === void 0 ? ANY_PORT : callbackOf(redirectUri);
	return {
		provider: "custom",
		authorizeUrl,
		clientId: settings.clientId ?? "",
		scope: settings.scope,
		more: {},
		callback,
		codePage: callback ? void 0 : redirectUri,
		longLived: !1,
		exchangeRequest(grant, _settings, clientAuth) {
			let { headers, fields } = proveClient(settings, clientAuth), all = {
				grant_type: "authorization_code",
				code: grant.code.reveal(),
				redirect_uri: grant.redirectUri,
				code_verifier: grant.verifier.reveal(),
				...fields
			};
			return tokenRequest(settings.tokenUrl ?? "", all, settings, "form", headers);
		},
		interpret: custom.interpret
	};
}
const ANY_PORT = {
	host: "127.0.0.1",
	ports: [0],
	path: "/callback"
};
function callbackOf(redirectUri) {
	let { protocol, hostname, port, pathname, search } = new URL(redirectUri);
	if (!(protocol !== "http:" || hostname !== "localhost" && hostname !== "127.0.0.1" || search !== "")) return {
		host: hostname,
		ports: [Number(port || 80)],
		path: pathname
	};
}
function proveClient(settings, clientAuth) {
	let { clientId = "", clientSecret, requestFormat } = settings;
	if (clientSecret === void 0) return {
		headers: {},
		fields: { client_id: clientId }
	};
	if (clientAuth === "post" || requestFormat === "json") return {
		headers: {},
		fields: {
			client_id: clientId,
			client_secret: clientSecret.reveal()
		}
	};
	let pair = `${encode(clientId)}:${encode(clientSecret.reveal())}`;
	return {
		headers: { authorization: `Basic ${btoa(pair)}` },
		fields: {}
	};
}
const encode = (value) => new URLSearchParams({ "": value }).toString().slice(1);
export { proveClient as n, customSignIn as t };

import { At as secretOf, ct as MISTAKES, ft as readTokenAnswer, ht as unclear, lt as after, mt as turnedAway, st as tokenRequest, ut as isPage } from "./common.mjs";
import { t as readJwt } from "./jwt.mjs";
const openai = {
	name: "openai",
	refreshRequest(credential, settings) {
		let { scope } = settings, fields = {
			client_id: settings.clientId ?? credential.clientId ?? "app_EMoamEEZ73f0CkXaXp7hrann",
			grant_type: "refresh_token",
			refresh_token: credential.refresh?.reveal() ?? "",
			...scope !== void 0 && { scope }
		};
		return tokenRequest(settings.tokenUrl ?? "https://auth.openai.com/oauth/token", fields, settings, "json");
	},
	interpret: (answer, receivedAt) => readTokenAnswer(answer, receivedAt, DIALECT)
}, REFUSED = new Map([
	["refresh_token_reused", "spent"],
	["refresh_token_expired", "login-ended"],
	["refresh_token_invalidated", "revoked"],
	["invalid_grant", "spent-or-revoked"]
]), DIALECT = {
	more(body, serverTime) {
		let [access, id] = [body.access_token, body.id_token].map((token) => typeof token == "string" ? readJwt(token) : void 0);
		return {
			accessExpiresAt: access?.expiresAt ?? after(serverTime, body.expires_in),
			idToken: secretOf(body.id_token),
			accountId: id?.accountId ?? access?.accountId,
			plan: id?.plan ?? access?.plan
		};
	},
	refusal(answer, body) {
		let { status } = answer;
		if (status === 403 || status === 404 || isPage(answer)) return turnedAway(answer);
		let { said, code } = readError(body), why = REFUSED.get(code);
		return why ? {
			type: "refused",
			why
		} : code !== void 0 && MISTAKES.has(code) ? {
			type: "mistake",
			error: code
		} : said && status === 401 ? {
			type: "refused",
			why: "spent-or-revoked"
		} : unclear(`status ${status}`);
	}
};
function readError(body) {
	let { error, code: top } = body ?? {}, code = [error instanceof Object ? error.code : error, top].find((value) => typeof value == "string")?.toLowerCase();
	return {
		said: error instanceof Object || code !== void 0,
		code
	};
}
export { openai as t };

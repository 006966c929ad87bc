import { Pt as possibleTime, _t as retryAfter, ct as MISTAKES, dt as numberOf, ft as readTokenAnswer, gt as jsonObject, ht as unclear, lt as after, mt as turnedAway, pt as safePage, st as tokenRequest, ut as isPage } from "./common.mjs";
import { t as readJwt } from "./jwt.mjs";
const custom = {
	name: "custom",
	refreshRequest(credential, settings) {
		let { scope, tokenUrl = "" } = settings, id = settings.clientId ?? credential.clientId ?? "", secret = settings.clientSecret?.reveal(), basic = usesBasic({
			credential,
			settings
		}), fields = {
			grant_type: "refresh_token",
			refresh_token: credential.refresh?.reveal() ?? "",
			...scope !== void 0 && { scope },
			...!basic && { client_id: id },
			...!basic && secret !== void 0 && { client_secret: secret }
		}, proof = basic ? { authorization: `Basic ${btoa(`${encode(id)}:${encode(secret ?? "")}`)}` } : {};
		return tokenRequest(tokenUrl, fields, settings, "form", proof);
	},
	interpret(answer, receivedAt) {
		let outcome = readTokenAnswer(answer, receivedAt, DIALECT);
		return answer.status >= 200 && answer.status < 300 && outcome.type === "ambiguous" && readWord(answer, jsonObject(answer), receivedAt) || outcome;
	},
	amend(asked, error) {
		if (usesBasic(asked) && ABOUT_CLIENT.has(error)) return {
			...asked,
			credential: {
				...asked.credential,
				clientAuth: "post"
			}
		};
	}
}, usesBasic = ({ credential, settings }) => settings.clientSecret !== void 0 && settings.requestFormat !== "json" && credential.clientAuth !== "post", ABOUT_CLIENT = new Set([
	"invalid_client",
	"unauthorized_client",
	"invalid_request"
]), encode = (value) => new URLSearchParams({ "": value }).toString().slice(1), DIALECT = {
	more(body, serverTime) {
		let access = body.access_token;
		return { accessExpiresAt: after(serverTime, body.expires_in) ?? readTime(body.expires_at) ?? (typeof access == "string" ? readJwt(access)?.expiresAt : void 0) };
	},
	refusal(answer, body, receivedAt) {
		let said = readWord(answer, body, receivedAt);
		if (said) return said;
		let { status, headers } = answer;
		return status === 401 && /^basic\b/i.test(headers["www-authenticate"] ?? "") ? {
			type: "mistake",
			error: "invalid_client"
		} : status < 400 || status === 404 || status === 405 ? {
			type: "mistake",
			error: `status ${status}`
		} : status === 403 || isPage(answer) ? turnedAway(answer) : unclear(`status ${status}`);
	}
}, OTHER_NAMES = new Map([
	["bad_refresh_token", "invalid_grant"],
	["incorrect_client_credentials", "invalid_client"],
	["Application", "invalid_client"],
	["RefreshToken", "invalid_grant"]
]);
function readWord(answer, body, receivedAt) {
	let said = body?.error ?? (body?.errors)?.[0]?.resource;
	if (typeof said != "string") return;
	let code = OTHER_NAMES.get(said) ?? said, { status } = answer;
	switch (code) {
		case "invalid_grant": return {
			type: "refused",
			why: "spent-or-revoked"
		};
		case "access_denied":
		case "interaction_required":
		case "consent_required": return {
			type: "attention",
			page: safePage(body?.error_uri)
		};
		case "temporarily_unavailable": return {
			type: "throttled",
			status,
			retryAfterMs: retryAfter(answer, receivedAt)
		};
		case "slow_down": return {
			type: "throttled",
			status,
			retryAfterMs: retryAfter(answer, receivedAt) ?? 5e3
		};
		default: return MISTAKES.has(code) ? {
			type: "mistake",
			error: code
		} : void 0;
	}
}
function readTime(value) {
	let number = numberOf(value);
	return possibleTime(number > 1e11 ? number : number * 1e3);
}
export { custom as t };

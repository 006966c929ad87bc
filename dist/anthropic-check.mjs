import { Pt as possibleTime, gt as jsonObject } from "./common.mjs";
import { n as saysNothing, t as refused } from "./check.mjs";
const API = "https://api.anthropic.com", check = {
	request(credential, { userAgent, timeoutMs }) {
		let headers = {
			authorization: `Bearer ${credential.access?.reveal() ?? ""}`,
			accept: "application/json",
			"content-type": "application/json",
			"user-agent": userAgent
		};
		return hasProfile(credential) ? {
			method: "GET",
			url: `${API}/api/oauth/profile`,
			headers: {
				...headers,
				"cache-control": "no-cache"
			},
			timeoutMs,
			fresh: !0
		} : {
			method: "POST",
			url: `${API}/v1/messages?beta=true`,
			headers: {
				...headers,
				"anthropic-version": "2023-06-01",
				"anthropic-beta": "oauth-2025-04-20"
			},
			body: JSON.stringify({
				model: "claude-haiku-4-5",
				max_tokens: 1,
				messages: [{
					role: "user",
					content: "Hi"
				}]
			}),
			timeoutMs,
			fresh: !0
		};
	},
	interpret(answer, credential) {
		let body = jsonObject(answer), { status } = answer, profile = hasProfile(credential);
		if (status === 200) return profile ? body?.account instanceof Object ? {
			type: "valid",
			plan: planOf(body)
		} : saysNothing(answer) : body?.type === "message" ? { type: "valid" } : saysNothing(answer);
		if (status === 429) return readLimit(answer);
		let error = apiError(body);
		return error ? status === 401 || status === 403 ? readRefusal(answer, error, profile, credential) : status === 400 && /organization has been disabled/i.test(error.message) ? refused("not-allowed") : !profile && (status === 400 || status === 404) ? { type: "valid" } : saysNothing(answer) : saysNothing(answer);
	}
}, hasProfile = ({ scopes }) => scopes?.includes("user:profile") ?? !1;
function apiError(body) {
	let error = body?.error;
	if (body?.type !== "error" || !(error instanceof Object)) return;
	let { message, details } = error;
	return {
		message: typeof message == "string" ? message : "",
		code: details?.error_code
	};
}
function readRefusal(answer, { message, code }, profile, credential) {
	if (code === "oauth_scope_insufficient" || /scope requirement/i.test(message)) return profile ? { type: "valid" } : refused("scope-missing");
	if (/not allowed for this organization/i.test(message)) return refused("not-allowed");
	if (/token\b.*\b(revoked|expired)/i.test(message)) return refused("revoked");
	if (answer.status === 403 || /not supported/i.test(message)) return saysNothing(answer);
	let token = credential.access?.reveal() ?? "";
	return token.startsWith("sk-ant-oat") ? refused(token.length < 100 || /bearer token/i.test(message) ? "cut-off" : "revoked") : refused("wrong-kind");
}
function readLimit(answer) {
	let status = answer.headers["anthropic-ratelimit-unified-status"];
	return status === void 0 ? saysNothing(answer) : status === "rejected" ? {
		type: "limited",
		resetAt: possibleTime(Number(answer.headers["anthropic-ratelimit-unified-reset"]) * 1e3)
	} : { type: "valid" };
}
function planOf(body) {
	let { organization_type: type } = body.organization ?? {};
	return typeof type == "string" ? /^claude_([a-z_]{1,20})$/.exec(type)?.[1] : void 0;
}
export { check };

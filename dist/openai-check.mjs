import { Pt as possibleTime, gt as jsonObject } from "./common.mjs";
import { n as saysNothing, t as refused } from "./check.mjs";
import { t as readJwt } from "./jwt.mjs";
const OTHER_KINDS = /^(sk-|at-|rt_)/, check = {
	request({ access, accountId }, { userAgent, timeoutMs }) {
		let token = access?.reveal() ?? "", account = accountId ?? readJwt(token)?.accountId;
		return {
			method: "GET",
			url: "https://chatgpt.com/backend-api/wham/accounts/check",
			headers: {
				authorization: `Bearer ${token}`,
				accept: "application/json",
				...account !== void 0 && { "chatgpt-account-id": account },
				originator: "oauth-creds",
				"user-agent": userAgent
			},
			timeoutMs,
			fresh: !0
		};
	},
	interpret(answer, { access, accountId }) {
		let body = jsonObject(answer);
		if (!body) return saysNothing(answer);
		let token = readJwt(access?.reveal() ?? ""), error = errorOf(body);
		switch (answer.status) {
			case 200: return body.accounts instanceof Object ? {
				type: "valid",
				plan: planOf(body.accounts, accountId ?? token?.accountId)
			} : saysNothing(answer);
			case 401: return refused(token ? "revoked" : OTHER_KINDS.test(access?.reveal() ?? "") ? "wrong-kind" : "cut-off");
			case 402: return error.code === "deactivated_workspace" ? refused("not-allowed") : saysNothing(answer);
			case 429: return error.type === "usage_limit_reached" ? limitedUntil(error.resets_at) : saysNothing(answer);
			default: return saysNothing(answer);
		}
	}
};
function errorOf(body) {
	return body.error ?? body.detail ?? {};
}
const limitedUntil = (seconds) => ({
	type: "limited",
	resetAt: typeof seconds == "number" ? possibleTime(seconds * 1e3) : void 0
});
function planOf(accounts, accountId) {
	let plan = (Array.isArray(accounts) ? accounts : []).find((account) => account?.id === accountId)?.plan_type;
	return typeof plan == "string" && /^[a-z_]{1,30}$/.test(plan) ? plan : void 0;
}
export { check };

import { Pt as possibleTime, vt as parseObject } from "./common.mjs";
function readJwt(token) {
	let payload = /^[\w-]+\.([\w-]+)\.[\w-]*$/.exec(token)?.[1], claims = payload === void 0 ? void 0 : parseObject(Buffer.from(payload, "base64url").toString("utf8"));
	if (!claims) return;
	let { iat, exp, "https://api.openai.com/auth": own } = claims, { chatgpt_account_id: account, chatgpt_plan_type: plan } = own ?? {};
	return {
		issuedAt: timeOf(iat),
		expiresAt: timeOf(exp),
		accountId: textOf(account),
		plan: textOf(plan)
	};
}
const timeOf = (value) => typeof value == "number" ? possibleTime(Math.floor(value * 1e3)) : void 0, textOf = (value) => typeof value == "string" && value !== "" ? value : void 0;
export { readJwt as t };

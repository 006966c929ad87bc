import { _t as retryAfter, dt as numberOf, gt as jsonObject, kt as Secret, st as tokenRequest, ut as isPage } from "./common.mjs";
import { n as challengeOf } from "./authorize.mjs";
import { a as openaiSignIn } from "./openai-sign-in2.mjs";
function openaiDeviceSignIn(settings) {
	let issuer = new URL(settings.tokenUrl ?? "https://auth.openai.com/oauth/token").origin, clientId = settings.clientId ?? "app_EMoamEEZ73f0CkXaXp7hrann", base = `${issuer}/api/accounts/deviceauth`, json = {
		...settings,
		requestFormat: void 0
	};
	return {
		page: `${issuer}/codex/device`,
		lifeMs: 9e5,
		signIn: openaiSignIn(settings, { authorizeUrl: void 0 }),
		codeRequest: () => tokenRequest(`${base}/usercode`, { client_id: clientId }, json, "json"),
		pollRequest: ({ id, userCode }) => tokenRequest(`${base}/token`, {
			device_auth_id: id.reveal(),
			user_code: userCode
		}, json, "json"),
		readCode(answer) {
			let body = jsonObject(answer), userCode = body?.user_code ?? body?.usercode, id = body?.device_auth_id;
			if (answer.status !== 200 || typeof id != "string" || typeof userCode != "string" || !/^[\w-]{4,40}$/.test(userCode)) return;
			let seconds = numberOf(body?.interval);
			return {
				id: new Secret(id),
				userCode,
				intervalMs: Math.min(Math.max(seconds || 5, 1), 60) * 1e3
			};
		},
		readPoll(answer, receivedAt) {
			let { status } = answer;
			if (status === 403 || status === 404 || status === 429 || status >= 500) return {
				type: "waiting",
				waitMs: retryAfter(answer, receivedAt)
			};
			let body = jsonObject(answer), [code, verifier, challenge] = [
				"authorization_code",
				"code_verifier",
				"code_challenge"
			].map((name) => body?.[name]);
			if (status !== 200 || typeof code != "string" || typeof verifier != "string" || isPage(answer) || challenge !== void 0 && challengeOf(verifier) !== challenge) return {
				type: "failed",
				status
			};
			let redirectUri = `${issuer}/deviceauth/callback`;
			return {
				type: "granted",
				grant: {
					code: new Secret(code),
					verifier: new Secret(verifier),
					redirectUri,
					state: void 0
				}
			};
		}
	};
}
export { openaiDeviceSignIn };

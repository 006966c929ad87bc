import { kt as Secret } from "./common.mjs";
function newAttempt(random) {
	let text = () => Buffer.from(random(32)).toString("base64url"), verifier = text();
	return {
		verifier: new Secret(verifier),
		challenge: challengeOf(verifier),
		state: text()
	};
}
function challengeOf(verifier) {
	return process.getBuiltinModule("node:crypto").createHash("sha256").update(verifier).digest("base64url");
}
function authorizationUrl(signIn, { challenge, state }, redirectUri) {
	let { authorizeUrl, clientId, scope, more } = signIn, url = new URL(authorizeUrl), params = {
		response_type: "code",
		client_id: clientId,
		redirect_uri: redirectUri,
		...scope !== void 0 && { scope },
		code_challenge: challenge,
		code_challenge_method: "S256",
		state
	};
	for (let [name, value] of Object.entries({
		...more,
		...params
	})) url.searchParams.set(name, value);
	return url.href;
}
function readResponse(params, state) {
	let once = (name) => params.getAll(name).length === 1 && params.get(name) || void 0;
	if (!sameText(once("state") ?? "", state)) return { type: "wrong-state" };
	let [code, error] = [once("code"), once("error")];
	return error !== void 0 && code === void 0 ? {
		type: "error",
		error
	} : code !== void 0 && error === void 0 && !params.has("error") ? {
		type: "code",
		code: new Secret(code)
	} : { type: "incomplete" };
}
function sameText(one, other) {
	let { createHash, timingSafeEqual } = process.getBuiltinModule("node:crypto"), hash = (text) => createHash("sha256").update(text).digest();
	return timingSafeEqual(hash(one), hash(other));
}
export { sameText as a, readResponse as i, challengeOf as n, newAttempt as r, authorizationUrl as t };

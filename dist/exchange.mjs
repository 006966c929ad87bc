import { at as HttpFailure, wt as EMPTY, z as maskSecrets } from "./common.mjs";
import { r as sayExchange } from "./say4.mjs";
import { t as custom } from "./custom2.mjs";
async function exchange(world, signIn, grant, settings) {
	let { provider, clientId } = signIn, clientAuth;
	for (let tries = 1;; tries++) {
		let outcome = await send(world, signIn, grant, settings, clientAuth);
		if (outcome.type === "refreshed") return credentialOf(world, signIn, outcome.tokens, settings, clientAuth);
		let pause = tries > 2 ? void 0 : outcome.type === "not-sent" ? 1e3 : outcome.type === "throttled" ? outcome.retryAfterMs : void 0;
		if (outcome.type === "mistake" && provider === "custom" && clientAuth === void 0) {
			let asked = {
				credential: {
					...EMPTY,
					kind: "login",
					clientId
				},
				settings
			};
			if (clientAuth = custom.amend?.(asked, outcome.error)?.credential.clientAuth, clientAuth !== void 0) continue;
		}
		if (pause === void 0 || pause > 3e4) throw sayExchange(outcome, provider);
		await world.sleep(pause);
	}
}
async function send(world, signIn, grant, settings, clientAuth) {
	try {
		return signIn.interpret(await world.http(signIn.exchangeRequest(grant, settings, clientAuth)), world.now());
	} catch (error) {
		if (!(error instanceof HttpFailure)) throw error;
		return error.sent ? {
			type: "ambiguous",
			reason: error.reason
		} : {
			type: "not-sent",
			reason: error.reason
		};
	}
}
function credentialOf(world, { provider, scope, longLived }, tokens, { clientId }, clientAuth) {
	maskSecrets(world.runner, [
		tokens.access,
		tokens.refresh,
		tokens.idToken
	]);
	let { access, accountUuid, organizationUuid } = tokens, refresh = longLived ? void 0 : tokens.refresh;
	if (!access && !refresh) throw sayExchange({
		type: "ambiguous",
		reason: "an answer without tokens"
	}, provider);
	let login = refresh !== void 0, assumed = provider === "anthropic" && login ? world.now() + 2592e6 : void 0;
	return {
		...EMPTY,
		kind: login ? "login" : longLived ? "setup-token" : "access",
		provider,
		access,
		accessExpiresAt: tokens.accessExpiresAt,
		refresh,
		loginExpiresAt: login ? tokens.loginExpiresAt ?? assumed : void 0,
		scopes: tokens.scopes ?? scope?.split(/\s+/),
		clientId,
		clientAuth,
		plan: tokens.plan,
		idToken: tokens.idToken,
		accountId: tokens.accountId,
		other: {
			...accountUuid && { accountUuid },
			...organizationUuid && { organizationUuid }
		}
	};
}
export { exchange as t };

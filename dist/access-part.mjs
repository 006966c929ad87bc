import { wt as EMPTY } from "./common.mjs";
function accessPart(credential) {
	let { kind, provider, generation, access, accessExpiresAt, loginExpiresAt } = credential, { scopes, clientId, plan, accountId, other } = credential;
	return {
		...EMPTY,
		kind: kind === "login" ? "access" : kind,
		provider,
		generation,
		access,
		accessExpiresAt,
		loginExpiresAt,
		scopes,
		clientId,
		plan,
		accountId,
		other: Object.fromEntries(Object.entries(other).filter(([, value]) => isHarmless(value)))
	};
}
const isHarmless = (value) => typeof value == "string" && value.length <= 40 || typeof value == "number" || typeof value == "boolean";
export { accessPart as t };

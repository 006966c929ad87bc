import { At as secretOf, Pt as possibleTime, vt as parseObject, wt as EMPTY } from "./common.mjs";
import { a as unseal, r as seal } from "./seal.mjs";
const boundOf = (fields) => [
	"v",
	"place",
	"provider",
	"account",
	"generation"
].map((name) => fields[name]);
function sealHandOver(credential, key, site, random) {
	let { access, idToken, accountId, accessExpiresAt, scopes, plan, generation } = credential, fields = {
		v: 1,
		kid: key.kid,
		place: site.place,
		provider: site.provider,
		account: site.account,
		generation
	}, part = {
		access: access?.reveal(),
		idToken: idToken?.reveal(),
		accountId,
		accessExpiresAt,
		scopes,
		plan
	}, sealed = seal(key.key, "hand-over sealing", boundOf(fields), JSON.stringify(part), random);
	return "ocs1." + Buffer.from(JSON.stringify({
		...fields,
		sealed
	})).toString("base64url");
}
function openHandOver(text, keys) {
	let fields = parseObject(Buffer.from(text.slice(5), "base64url").toString("utf8"));
	if (!fields) return "it is a mint job's hand-over (ocs1.…) that was cut off or altered";
	if (fields.v !== 1) return "it is the hand-over of a newer oauth-creds than this one";
	let key = [...keys.root.map(({ access }) => access), ...keys.access].find(({ kid }) => kid === fields.kid);
	if (!key) return "it is a mint job's hand-over that was sealed with another `ledger-key` than this job has";
	let part = parseObject(unseal(key.key, "hand-over sealing", boundOf(fields), fields.sealed) ?? "");
	if (!part) return "it is a mint job's hand-over (ocs1.…) that was cut off or altered";
	let { accessExpiresAt, accountId, scopes, plan } = part;
	return {
		...EMPTY,
		kind: "access",
		provider: fields.provider,
		generation: fields.generation,
		access: secretOf(part.access),
		idToken: secretOf(part.idToken),
		accessExpiresAt: typeof accessExpiresAt == "number" ? possibleTime(accessExpiresAt) : void 0,
		accountId,
		scopes,
		plan
	};
}
export { sealHandOver as n, openHandOver as t };

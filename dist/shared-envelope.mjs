import { gt as parseObject, kt as secretOf } from "./common.mjs";
import { a as unseal, r as seal } from "./seal.mjs";
const bound = ({ provider, account }, place, lineage, generation) => [
	place,
	provider,
	account,
	lineage,
	generation
];
function sealShared(credential, lineage, key, site, random, unpublished) {
	let { refresh, predecessor, clientAuth, generation } = credential, text = JSON.stringify({
		refresh: refresh?.reveal(),
		predecessor: predecessor?.reveal(),
		clientAuth
	}), sealed = seal(key.key, "envelope sealing", bound(site, site.place, lineage, generation), text, random), shared = {
		place: site.place,
		lineage,
		sealed,
		...unpublished !== void 0 && { unpublished }
	};
	return {
		...credential,
		refresh: void 0,
		predecessor: void 0,
		recovery: void 0,
		shared
	};
}
function openShared(credential, keys, site) {
	let { shared, generation } = credential;
	if (!shared || shared.place !== site.place) return credential;
	for (let { key } of keys.root) {
		let text = unseal(key, "envelope sealing", bound(site, shared.place, shared.lineage, generation), shared.sealed), fields = text === void 0 ? void 0 : parseObject(text);
		if (fields) return {
			...credential,
			refresh: secretOf(fields.refresh),
			predecessor: secretOf(fields.predecessor),
			clientAuth: fields.clientAuth === "post" ? "post" : void 0
		};
	}
	return credential;
}
export { sealShared as n, openShared as t };

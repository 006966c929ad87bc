import { At as secretOf, vt as parseObject } from "./common.mjs";
import { a as unseal, r as seal } from "./seal.mjs";
const bound = ({ provider, account }, place, lineage, generation) => [
	place,
	provider,
	account,
	lineage,
	generation
];
function sealShared(credential, lineage, key, site, random, cameOf) {
	let { refresh, predecessor, clientAuth, generation } = credential, spent = cameOf && cameOf.over !== lineage ? cameOf.spent?.reveal() : void 0, text = JSON.stringify({
		refresh: refresh?.reveal(),
		predecessor: predecessor?.reveal(),
		clientAuth,
		spent
	}), sealed = seal(key.key, "envelope sealing", bound(site, site.place, lineage, generation), text, random), unpublished = cameOf && {
		epoch: cameOf.epoch,
		over: cameOf.over
	}, shared = {
		place: site.place,
		lineage,
		sealed,
		...unpublished && { unpublished }
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
	let fields = unsealed(credential, keys, site);
	return fields ? {
		...credential,
		refresh: secretOf(fields.refresh),
		predecessor: secretOf(fields.predecessor),
		clientAuth: fields.clientAuth === "post" ? "post" : void 0
	} : credential;
}
const spentFor = (credential, keys, site) => secretOf(unsealed(credential, keys, site)?.spent);
function unsealed({ shared, generation }, keys, site) {
	if (shared && shared.place === site.place) for (let { key } of keys.root) {
		let text = unseal(key, "envelope sealing", bound(site, shared.place, shared.lineage, generation), shared.sealed), fields = text === void 0 ? void 0 : parseObject(text);
		if (fields) return fields;
	}
}
export { sealShared as n, spentFor as r, openShared as t };

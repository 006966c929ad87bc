import { $ as openEnvelope, Mt as MINUTE_MS, Ot as tokensOf, jt as HOUR_MS, tt as sealEnvelope, vt as parseObject, wt as EMPTY, z as maskSecrets } from "./common.mjs";
import { t as nameOfLedger } from "./open2.mjs";
import { n as credentialOf } from "./record.mjs";
import { a as unseal, i as sign, o as verify, r as seal } from "./seal.mjs";
import { n as hmac, t as derive } from "./derive.mjs";
import { i as cacheService, t as loadEntry } from "./cache.mjs";
import { n as setAside } from "./aside2.mjs";
const OLDEST_MS = 6 * HOUR_MS, SKEW_MS = 10 * MINUTE_MS;
function accessEntry(world, { key, access }, site, credential, lineage) {
	let now = world.now(), { provider, account, place } = site, { kind, generation } = credential, fields = {
		v: 1,
		place,
		provider,
		account,
		lineage,
		generation,
		kind,
		savedAt: now
	}, part = sealEnvelope(withoutRefresh(credential), void 0), sealed = seal(access.key, "access entry", boundTo(fields), part, (bytes) => world.random(bytes)), payload = Buffer.from(JSON.stringify({
		...fields,
		sealed
	})).toString("base64url"), which = hmac(keyOf(access), `${lineage}\n${generation}`).toString("hex").slice(0, 16);
	return {
		name: `${prefixOf(access, site)}${which}-${Math.floor(now / HOUR_MS).toString(36)}`,
		text: `ocacc1.${payload}.${sign(key, signedText(payload))}`
	};
}
async function loadAccess(world, keys, site, wanted, deadline) {
	let ring = [...keys.root.map(({ access }) => access), ...keys.access];
	for (let key of ring) {
		let loaded = await loadEntry(world, prefixOf(key, site), "prefix", deadline);
		if (loaded.type === "denied" || loaded.type === "unavailable") return;
		let [newest] = (loaded.type === "found" ? loaded.entries : []).map(({ text }) => openAccess(text, key, site, wanted, world.now())).filter((found) => found !== void 0).toSorted((a, b) => b.savedAt - a.savedAt);
		if (newest) return newest.credential;
	}
}
function openAccess(text, key, site, { minValidityMs, atLeast }, now) {
	let [, payload, signature] = /^ocacc1\.([\w-]+)\.([\w-]{86})$/.exec(text) ?? [];
	if (!payload || !signature || !verify(key.publicKey, signedText(payload), signature)) return;
	let fields = parseObject(Buffer.from(payload, "base64url").toString("utf8")) ?? {}, { v, place, provider, account, lineage, kind, savedAt, sealed } = fields;
	if (v !== 1 || typeof savedAt != "number" || savedAt > now + SKEW_MS || savedAt < now - OLDEST_MS || place !== site.place || provider !== site.provider || account !== site.account) return;
	let part = unseal(key.key, "access entry", boundTo(fields), sealed), credential = part === void 0 ? void 0 : opened(part, kind);
	if (credential?.access && credential.accessExpiresAt !== void 0 && !(credential.accessExpiresAt - now <= minValidityMs)) return atLeast && atLeast.lineage === lineage && credential.generation < atLeast.generation ? void 0 : {
		credential,
		savedAt
	};
}
const boundTo = (fields) => [
	"v",
	"place",
	"provider",
	"account",
	"lineage",
	"generation",
	"kind",
	"savedAt"
].map((name) => fields[name]);
function withoutRefresh(credential) {
	let { provider, generation, access, accessExpiresAt, loginExpiresAt } = credential, { idToken, accountId, scopes, plan, clientId, other } = credential;
	return {
		...EMPTY,
		provider,
		generation,
		accessExpiresAt,
		loginExpiresAt,
		kind: "access",
		access,
		idToken,
		accountId,
		scopes,
		plan,
		clientId,
		other
	};
}
function opened(part, kind) {
	try {
		return {
			...openEnvelope(part).credential,
			kind
		};
	} catch {
		return;
	}
}
const signedText = (payload) => `access part\n${payload}`, keyOf = ({ key }) => derive({
	from: "access",
	key
}, "entry name"), prefixOf = (key, { place, provider, account }) => `oauth-creds-access-v1-${hmac(keyOf(key), JSON.stringify([
	place,
	provider,
	account
])).toString("hex").slice(0, 32)}-`;
async function fromCache(world, inputs, { keys }, credential, provider) {
	let site = siteOf(world, inputs, provider);
	if (!site || keys.root.length > 0 || inputs.refresh === "always") return;
	let until = world.now() + 2e3, { shared, generation = 0 } = credential ?? {}, atLeast = shared && {
		lineage: shared.lineage,
		generation
	}, found = await loadAccess(world, keys, site, {
		minValidityMs: inputs.minValidityMs,
		atLeast
	}, () => until);
	if (found) return maskSecrets(world.runner, tokensOf(found)), world.runner.log("The access token comes from the Actions cache (`access-cache`): the ledger was not asked."), {
		credential: found,
		source: "ledger",
		result: void 0
	};
}
function forCache(world, inputs, { keys, site }, record) {
	let [key] = keys.root, named = siteOf(world, inputs, site.provider);
	key && named && cacheService(world.env)?.writable && (record.accessExpiresAt === void 0 || record.dead || setAside(world, inputs.sealingKey, accessEntry(world, key, named, credentialOf(record), record.lineage)));
}
function siteOf(world, inputs, provider) {
	let place = nameOfLedger(world, inputs, provider);
	return place === void 0 ? void 0 : {
		place,
		provider,
		account: inputs.account
	};
}
export { forCache, fromCache };

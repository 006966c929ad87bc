import { Pt as possibleTime, kt as Secret, wt as EMPTY } from "./common.mjs";
function knows({ fingerprints, root }, token) {
	return fingerprints.includes(fingerprintOf(root.fingerprintKey, token));
}
function withFingerprint(record, token) {
	return knows(record, token) ? record : {
		...record,
		fingerprints: [...record.fingerprints, fingerprintOf(record.root.fingerprintKey, token)]
	};
}
function fingerprintOf(key, token) {
	let { createHmac } = process.getBuiltinModule("node:crypto");
	return createHmac("sha256", Buffer.from(key.reveal(), "base64url")).update(token.reveal()).digest("base64url").slice(0, 16);
}
const packFingerprints = (fingerprints) => fingerprints.join("");
function unpackFingerprints(packed) {
	if (typeof packed == "string" && packed.length % 16 == 0 && /^[\w-]*$/.test(packed)) return packed.match(/.{16}/g) ?? [];
}
const REVOKED = "revoked by its owner";
function credentialOf(record) {
	let { provider, generation, accessExpiresAt, loginExpiresAt, refresh, root } = record, { later: _later, ...access } = record.access, { predecessor, clientAuth } = root ?? {}, header = {
		provider,
		generation,
		accessExpiresAt,
		loginExpiresAt
	};
	return {
		...EMPTY,
		...root?.more,
		...access,
		...header,
		refresh,
		predecessor,
		clientAuth
	};
}
function recordOf(credential, account, random) {
	let fingerprintKey = new Secret(Buffer.from(random(32)).toString("base64url")), { provider } = credential, base = {
		provider,
		account,
		lineage: newLineage(random),
		epoch: 0,
		by: 0,
		lease: void 0
	}, { header, access, refresh, root } = partsOf(credential);
	return withOwnFingerprints({
		...base,
		...header,
		dead: void 0,
		later: {},
		access: {
			...access,
			later: {}
		},
		refresh,
		root: {
			...root,
			kept: [],
			fingerprintKey,
			later: {}
		},
		fingerprints: []
	});
}
function withGeneration(record, credential) {
	let { header, access, refresh, root } = partsOf(credential);
	return withOwnFingerprints({
		...record,
		...header,
		lease: void 0,
		dead: void 0,
		access: {
			...record.access,
			...access
		},
		refresh,
		root: {
			...record.root,
			...root
		}
	});
}
function withLineage(record, credential, random) {
	let present = {
		lineage: record.lineage,
		credential: {
			...credentialOf(record),
			kind: "login"
		}
	}, next = withGeneration(record, credential), kept = record.refresh ? [...record.root.kept, present] : record.root.kept;
	return {
		...next,
		lineage: newLineage(random),
		root: {
			...next.root,
			kept
		}
	};
}
const withoutKept = (record) => ({
	...record,
	root: {
		...record.root,
		kept: []
	}
}), newLineage = (random) => Buffer.from(random(9)).toString("base64url");
function withOwnFingerprints(record) {
	return [record.root.predecessor, record.refresh].filter((token) => token !== void 0).reduce(withFingerprint, record);
}
function partsOf(credential) {
	let { provider: _provider, generation, accessExpiresAt, loginExpiresAt, ...rest } = credential, { kind, access, idToken, accountId, scopes, plan, clientId, other, ...secret } = rest, { refresh, predecessor, clientAuth, recovery: _recovery, ...more } = secret;
	return {
		header: {
			generation,
			accessExpiresAt: accessExpiresAt && possibleTime(accessExpiresAt),
			loginExpiresAt: loginExpiresAt && possibleTime(loginExpiresAt)
		},
		access: {
			kind,
			access,
			idToken,
			accountId,
			scopes,
			plan,
			clientId,
			other
		},
		refresh,
		root: {
			predecessor,
			clientAuth,
			more
		}
	};
}
export { withGeneration as a, knows as c, withFingerprint as d, recordOf as i, packFingerprints as l, credentialOf as n, withLineage as o, newLineage as r, withoutKept as s, REVOKED as t, unpackFingerprints as u };

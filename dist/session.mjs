import { $ as openEnvelope, At as secretOf, Ct as Failure, Ot as tokensOf, P as deadlineFor, Pt as possibleTime, tt as sealEnvelope, vt as parseObject, z as maskSecrets } from "./common.mjs";
import { n as openLedger } from "./open2.mjs";
import { l as packFingerprints, n as credentialOf, u as unpackFingerprints } from "./record.mjs";
import { a as unseal, i as sign, o as verify, r as seal } from "./seal.mjs";
import { r as parseKeys } from "./keys.mjs";
import { t as LedgerProblem } from "./ledger.mjs";
const TTL_MS = 12e4, SEND_WITHIN_MS = 3e4, LONGEST_SEND_MS = 25e3, CHECK_OUT_MS = 234e5, SKEW_MS = 15e3, PUBLISH_WITHIN_MS = 115e3;
function leftOf(lease, entry, times) {
	let { writtenAt } = entry;
	if (writtenAt !== void 0 && times.server !== void 0 && writtenAt <= times.server + SKEW_MS) return writtenAt + lease.ttlMs + SKEW_MS - times.server;
	let since = times.seen.get(entry.version) ?? times.local;
	return times.seen.has(entry.version) || times.seen.set(entry.version, since), since + lease.ttlMs + SKEW_MS - times.local;
}
const KINDS = [
	"login",
	"access",
	"setup-token"
];
function sealRecord(record, key, place, random) {
	let { provider, account, lineage, generation, epoch, by, lease, dead } = record, bound = boundTo({
		...record,
		place
	}), json = JSON.stringify({
		v: 1,
		kid: key.access.kid,
		place,
		provider,
		account,
		lineage,
		generation,
		accessExpiresAt: sayMoment(record.accessExpiresAt),
		loginExpiresAt: sayMoment(record.loginExpiresAt),
		epoch,
		by,
		lease,
		dead: dead && {
			...dead,
			at: sayMoment(dead.at)
		},
		...record.later,
		fingerprints: packFingerprints(record.fingerprints),
		access: seal(key.access.key, "access sealing", bound, writeAccess(record.access), random),
		refresh: seal(key.key, "refresh sealing", bound, writeRoot(record), random)
	}), signed = inAscii(json).slice(0, -1);
	return `${signed},"signature":"${sign(key.key, signed)}"}`;
}
function openRecord(text, site, ring) {
	let [, signed, signature] = /^(\{[ -~]*),"signature":"([\w-]{86})"\}\s*$/.exec(text) ?? [], fields = parseObject(text), { v, kid, place, provider, account } = fields ?? {};
	if (typeof v == "number" && v > 1) return refused("newer-format");
	if (!fields || v !== 1 || signed === void 0 || signature === void 0) return refused("altered");
	let keys = [...ring.root.map((root) => ({
		access: root.access,
		root
	})), ...ring.access.map((access) => ({ access }))].filter(({ access }) => access.kid === kid);
	if (keys.length === 0) return refused("unknown-key");
	let key = keys.find(({ access }) => verify(access.publicKey, signed, signature));
	if (!key) return refused("altered");
	if (place !== site.place || provider !== site.provider || account !== site.account) return refused("other-place");
	let bound = boundTo(fields), accessText = unseal(key.access.key, "access sealing", bound, fields.access), rootText = key.root && unseal(key.root.key, "refresh sealing", bound, fields.refresh);
	if (accessText === void 0 || key.root && rootText === void 0) return refused("altered");
	let header = readHeader(fields, site), access = readAccess(accessText), opened = { kid: key.access.kid };
	if (!header || !access) return refused("newer-format");
	if (rootText === void 0) return {
		...opened,
		type: "access",
		record: {
			...header,
			access,
			refresh: void 0,
			root: void 0
		}
	};
	let rest = readRoot(rootText);
	return rest ? {
		...opened,
		type: "root",
		record: {
			...header,
			access,
			...rest
		}
	} : refused("newer-format");
}
const BOUND = [
	"place",
	"provider",
	"account",
	"lineage",
	"generation"
], boundTo = (fields) => [1, ...BOUND.map((name) => fields[name])], refused = (why) => ({
	type: "refused",
	why
});
function readHeader(fields, { provider, account }) {
	let { v: _v, kid: _kid, place: _place, provider: _provider, account: _account, ...own } = fields, { access: _access, refresh: _refresh, signature: _signature, ...clear } = own, { lineage, generation, accessExpiresAt, loginExpiresAt, epoch, by, lease, dead, fingerprints, ...later } = clear, unpacked = unpackFingerprints(fingerprints);
	if (isText(lineage) && [
		generation,
		epoch,
		by
	].every(Number.isInteger) && isMoment(accessExpiresAt) && isMoment(loginExpiresAt) && (lease === void 0 || isLease(lease)) && (dead === void 0 || isDead(dead)) && unpacked) return {
		provider,
		account,
		lineage,
		generation,
		epoch,
		by,
		accessExpiresAt: readMoment(accessExpiresAt),
		loginExpiresAt: readMoment(loginExpiresAt),
		lease,
		dead: dead && {
			...dead,
			at: readMoment(dead.at) ?? 0
		},
		fingerprints: unpacked,
		later
	};
}
function isLease(value) {
	let { owner, nonce, phase, ttlMs, attempts } = value ?? {}, known = phase === "intent" || phase === "checked-out";
	return isText(owner) && isText(nonce) && known && [ttlMs, attempts].every(Number.isFinite);
}
function isDead(value) {
	let { at, why } = value ?? {};
	return isMoment(at) && isText(why);
}
function writeAccess({ later, access, idToken, ...plain }) {
	return JSON.stringify({
		...later,
		...plain,
		access: access?.reveal(),
		idToken: idToken?.reveal()
	});
}
function readAccess(text) {
	let { kind, access, idToken, accountId, scopes, plan, clientId, other, ...later } = parseObject(text) ?? {};
	if (KINDS.includes(kind) && [
		access,
		idToken,
		accountId,
		plan,
		clientId
	].every(isTextOrNone) && (scopes === void 0 || Array.isArray(scopes) && scopes.every(isText)) && other instanceof Object) return {
		kind,
		access: secretOf(access),
		idToken: secretOf(idToken),
		accountId,
		scopes,
		plan,
		clientId,
		other,
		later
	};
}
function writeRoot({ refresh, root }) {
	let { later, predecessor, clientAuth, kept, fingerprintKey, more } = root;
	return JSON.stringify({
		...later,
		refresh: refresh?.reveal(),
		predecessor: predecessor?.reveal(),
		clientAuth,
		kept: kept.map(({ lineage, credential }) => ({
			lineage,
			credential: sealEnvelope(credential, void 0)
		})),
		fingerprintKey: fingerprintKey.reveal(),
		more
	});
}
function readRoot(text) {
	let { refresh, predecessor, clientAuth, kept, fingerprintKey, more, ...later } = parseObject(text) ?? {}, key = secretOf(fingerprintKey), known = [
		refresh,
		predecessor,
		clientAuth
	].every(isTextOrNone) && Array.isArray(kept) && more instanceof Object, readKept = known ? kept.map(readOneKept).filter((one) => one !== void 0) : [];
	if (!(!known || !key || readKept.length < kept.length)) return {
		refresh: secretOf(refresh),
		root: {
			predecessor: secretOf(predecessor),
			clientAuth,
			kept: readKept,
			fingerprintKey: key,
			more,
			later
		}
	};
}
function readOneKept(value) {
	let { lineage, credential } = value ?? {};
	try {
		return isText(lineage) && isText(credential) ? {
			lineage,
			credential: openEnvelope(credential).credential
		} : void 0;
	} catch {
		return;
	}
}
const isText = (value) => typeof value == "string", isTextOrNone = (value) => value === void 0 || isText(value), sayMoment = (ms) => ms !== void 0 && possibleTime(ms) !== void 0 ? new Date(ms).toISOString() : void 0, readMoment = (text) => possibleTime(Date.parse(text ?? "")), isMoment = (value) => value === void 0 || isText(value) && !Number.isNaN(Date.parse(value)), inAscii = (json) => json.replace(/[^ -~]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`);
async function openSession(world, inputs, provider, place) {
	let keys = parseKeys(inputs.ledgerKey?.reveal() ?? "");
	if (typeof keys == "string") throw new Failure("input-invalid", keys, "`oauth-creds key` makes one.");
	let ledger = await openLedger(world, inputs, provider), { runId, runAttempt } = inputs.github, job = world.env.GITHUB_JOB ?? "a job", owner = runId ? `${job} of run ${runId}, attempt ${runAttempt}` : job;
	return {
		world,
		ledger,
		keys,
		site: {
			get place() {
				return place ?? ledger.place;
			},
			provider,
			account: inputs.account
		},
		owner,
		seen: new Map(),
		masked: new Set(),
		latest: {
			epoch: 0,
			held: !0
		}
	};
}
const PATIENCE_MS = 2e4, saying = () => import("./say.mjs");
async function look(session, patienceMs = PATIENCE_MS) {
	let { world, ledger, keys, site } = session, reading = await patiently(session, patienceMs, () => ledger.load()), { entry } = reading;
	if (!entry) return {
		entry,
		record: void 0,
		leaseLeftMs: 0,
		behind: !1
	};
	let opened = openRecord(entry.text, site, keys);
	if (opened.type === "refused") throw (await saying()).sayUnreadable(opened.why, ledger.label);
	let { record } = opened;
	maskOnce(session, credentialOf(record));
	let times = {
		server: reading.now,
		local: world.now(),
		seen: session.seen
	};
	return {
		entry,
		record,
		leaseLeftMs: record.lease ? leftOf(record.lease, entry, times) : 0,
		behind: !isLatest(session, record)
	};
}
async function lookOnward(session) {
	for (let tries = 1;; tries++) {
		let seen = await look(session), gone = !seen.record && session.latest.epoch > 0;
		if (!seen.behind && !gone || tries === 4) return seen;
		await session.world.sleep(1e3 * tries);
	}
}
function maskOnce({ world, masked }, credential) {
	let unknown = tokensOf(credential).filter((token) => token && !masked.has(token.reveal()));
	maskSecrets(world.runner, unknown);
	for (let token of unknown) token && masked.add(token.reveal());
}
async function swap(session, expected, record) {
	let { ledger, keys, site, world } = session, text = sealRecord(record, keys.root[0], site.place, (bytes) => world.random(bytes)), done = await ledger.compareAndSwap(expected?.version, text);
	return done.type === "swapped" && isLatest(session, record), done;
}
async function amend(session, change, hold) {
	let { world, ledger } = session, deadline = deadlineFor(world, PATIENCE_MS, hold, 7e3);
	for (let pause = 500;; pause *= 2) {
		let seen = await look(session, deadline() - world.now()), record = change(seen);
		if (!record) return;
		let trouble = new LedgerProblem("unreachable", !0);
		try {
			if ((await swap(session, seen.entry, record)).type === "swapped") return;
		} catch (error) {
			if (!(error instanceof LedgerProblem)) throw error;
			trouble = error;
		}
		let wait = Math.max(pause, trouble.retryAfterMs ?? 0);
		if (isFinal(trouble) || world.now() + wait > deadline()) throw await problem(trouble, ledger.label);
		await world.sleep(wait);
	}
}
function isLatest({ latest }, { epoch, lease }) {
	let held = lease !== void 0;
	return epoch < latest.epoch || epoch === latest.epoch && held && !latest.held ? !1 : (Object.assign(latest, {
		epoch,
		held
	}), !0);
}
const isRoot = (record) => record?.root !== void 0;
async function patiently(session, patienceMs, call) {
	let { world, ledger } = session, deadline = world.now() + patienceMs;
	for (let pause = 1e3;; pause *= 2) try {
		return await call();
	} catch (error) {
		if (!(error instanceof LedgerProblem)) throw error;
		let wait = Math.max(pause, error.retryAfterMs ?? 0);
		if (isFinal(error) || world.now() + wait > deadline) throw await problem(error, ledger.label);
		await world.sleep(wait);
	}
}
const isFinal = ({ kind }) => kind !== "unreachable" && kind !== "throttled", problem = async (error, label, unspent = !1) => (await saying()).sayProblem(error, label, unspent);
export { lookOnward as a, problem as c, CHECK_OUT_MS as d, LONGEST_SEND_MS as f, TTL_MS as h, look as i, saying as l, SEND_WITHIN_MS as m, isFinal as n, maskOnce as o, PUBLISH_WITHIN_MS as p, isRoot as r, openSession as s, amend as t, swap as u };

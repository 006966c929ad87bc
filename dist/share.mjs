import { C as nothingWasSpent, D as openEnvelope, E as storeGeneration, G as asFailure, J as possibleTime, O as sealEnvelope, Q as livesFor, S as maskSecrets, V as parseObject, W as Failure, X as sayTime, Y as sayDuration, Z as EMPTY, _ as openStore, et as tokensOf, g as loadProvider, nt as secretOf, q as isoTime, tt as Secret, v as refreshLogin, w as prepare } from "./common.mjs";
import { t as LedgerProblem } from "./ledger.mjs";
import { a as sign, i as seal, o as unseal, r as sealHandOver, s as verify, t as parseKeys } from "./keys.mjs";
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
	let { provider: _provider, generation, accessExpiresAt, loginExpiresAt, ...rest } = credential, { kind, access, idToken, accountId, scopes, plan, clientId, other, ...secret } = rest, { refresh, predecessor, clientAuth, ...more } = secret;
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
		...unpublished && { unpublished: !0 }
	};
	return {
		...credential,
		refresh: void 0,
		predecessor: void 0,
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
function keepShared(world, inputs, session, turn, stored) {
	let now = {
		stored: !1,
		superseded: !1,
		beside: void 0
	};
	return {
		get beside() {
			return now.beside;
		},
		get stored() {
			return now.stored;
		},
		get superseded() {
			return now.superseded;
		},
		async beforeSend() {
			await turn.intend(), world.runner.state("turn", JSON.stringify(turn.state));
		},
		async store(next, deadline) {
			now.stored = !0;
			let published = await turn.publish(next, deadline);
			if (published.type === "superseded") return now.superseded = !0, {
				type: "moved",
				deleted: !1
			};
			let lineage = published.type === "published" ? published.record.lineage : turn.state?.lineage ?? "";
			published.type === "published" && world.runner.state("published", "true");
			let generation = published.type === "published" ? published.record.generation : next.generation, beside = await storeBeside(world, inputs, session, {
				...next,
				generation
			}, lineage, stored, {
				unpublished: published.type === "failed",
				deadline
			});
			return now.beside = beside, published.type === "published" ? (beside?.type === "failed" && world.runner.warning(`The renewed login stands in the ledger, but not in ${inputs.rotateTo?.label}: ${beside.failure.explain()} The next run stores it there.`), await tidyUp(session, published.record, published.entry.version), {
				type: "stored",
				confirmed: !0,
				updatedAt: void 0
			}) : beside?.type === "stored" ? beside : {
				type: "failed",
				failure: published.failure
			};
		}
	};
}
async function storeBeside(world, inputs, session, credential, lineage, stored, { unpublished, deadline }) {
	let store = openStore(world, inputs), key = session.keys.root[0];
	if (store && key) try {
		let rules = {
			createSecrets: inputs.createSecrets,
			runAttempt: inputs.github.runAttempt
		}, prepared = await prepare(world, store, { stored }, rules), sealed = sealShared(credential, lineage, key, session.site, (bytes) => world.random(bytes), unpublished);
		return await storeGeneration(world, store, sealed, prepared, void 0, {
			unsure: !1,
			tell: () => {}
		}, deadline);
	} catch (error) {
		if (error instanceof Failure && error.code === "snapshot-stale") return;
		if (error instanceof Failure) return {
			type: "failed",
			failure: error
		};
		throw error;
	}
}
async function tidyUp({ ledger }, { generation }, version) {
	let { compact } = ledger;
	compact && generation % 64 == 0 && await compact(version).catch(() => {});
}
const SKEW_MS = 15e3;
function leftOf(lease, entry, times) {
	if (entry.writtenAt !== void 0 && times.server !== void 0) return entry.writtenAt + lease.ttlMs + SKEW_MS - times.server;
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
const isText = (value) => typeof value == "string", isTextOrNone = (value) => value === void 0 || isText(value), sayMoment = (ms) => ms !== void 0 && possibleTime(ms) !== void 0 ? new Date(ms).toISOString() : void 0, readMoment = (text) => possibleTime(Date.parse(text ?? "")), isMoment = (value) => value === void 0 || isText(value) && !Number.isNaN(Date.parse(value)), inAscii = (json) => json.replace(/[^ -~]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`), saying = () => import("./say.mjs");
async function look(session) {
	let { world, ledger, keys, site } = session, reading = await patiently(session, () => ledger.load()), { entry } = reading;
	if (!entry) return {
		entry,
		record: void 0,
		leaseLeftMs: 0
	};
	let opened = openRecord(entry.text, site, keys);
	if (opened.type === "refused") throw (await saying()).sayUnreadable(opened.why, ledger.label);
	let { record } = opened, name = `${record.lineage} ${record.generation}`;
	session.masked.has(name) || maskSecrets(world.runner, tokensOf(credentialOf(record))), session.masked.add(name);
	let times = {
		server: reading.now,
		local: world.now(),
		seen: session.seen
	};
	return {
		entry,
		record,
		leaseLeftMs: record.lease ? leftOf(record.lease, entry, times) : 0
	};
}
function swap(session, expected, record) {
	let { ledger, keys, site, world } = session, text = sealRecord(record, keys.root[0], site.place, (bytes) => world.random(bytes));
	return ledger.compareAndSwap(expected?.version, text);
}
const isRoot = (record) => record?.root !== void 0;
async function patiently(session, call) {
	let { world, ledger } = session, deadline = world.now() + 2e4;
	for (let pause = 1e3;; pause *= 2) try {
		return await call();
	} catch (error) {
		if (!(error instanceof LedgerProblem)) throw error;
		let wait = Math.max(pause, error.retryAfterMs ?? 0);
		if (isFinal(error) || world.now() + wait > deadline) throw await problem(error, ledger.label);
		await world.sleep(wait);
	}
}
const isFinal = ({ kind }) => kind === "forbidden" || kind === "unsupported", problem = async (error, label) => (await saying()).sayProblem(error, label);
async function afterFailure(world, inputs, session, seen, turn, stored, fresh, failure) {
	if (stored || !turn.begun) throw failure;
	let { code } = failure;
	if (code === "login-refused" || code === "login-ended" || code === "login-lost-in-flight") {
		let now = await look(session);
		if (now.record && seen.record && now.record.generation > seen.record.generation) return;
		if (turn.state?.what === "sign-in") {
			await turn.forget(), world.runner.warning(`The login in \`credential\` was not taken by the provider. ${failure.explain()} Going on with the one in the ledger.`);
			return;
		}
		if (turn.takenOver && await publishedWithin(session, now.leaseLeftMs, turn)) return;
		let at = now.entry?.writtenAt ?? world.now();
		throw await turn.markDead({
			at,
			why: code
		}), failure;
	}
	if (code === "answer-unclear") throw failure;
	await turn.release();
	let { record } = seen, present = record && !fresh ? credentialOf(record) : void 0;
	if (!present || !nothingWasSpent(failure) || inputs.refresh === "always" || !livesFor(present, 0, world.now())) throw failure;
	return world.runner.warning(`${failure.explain()} The job goes on with the access token of the ledger, which ends at ${isoTime(present.accessExpiresAt ?? 0)}.`), {
		credential: present,
		source: "ledger",
		result: void 0,
		ledger: session.ledger.label
	};
}
async function publishedWithin(session, ms, turn) {
	let until = session.world.now() + ms;
	for (; session.world.now() < until;) {
		await session.world.sleep(Math.min(5e3, Math.max(1, until - session.world.now())));
		let { record } = await look(session);
		if (record?.lease?.nonce !== turn.state?.nonce) return !0;
	}
	return !1;
}
var Superseded = class extends Error {}, Turn = class {
	#session;
	#seen;
	#what;
	#fresh;
	#nonce;
	#attempts = 0;
	#mine;
	constructor(session, seen, what, fresh) {
		this.#session = session, this.#seen = seen, this.#what = what, this.#fresh = fresh, this.#nonce = Buffer.from(session.world.random(9)).toString("base64url");
	}
	get begun() {
		return this.#mine !== void 0;
	}
	get takenOver() {
		return this.#seen.record?.lease !== void 0;
	}
	get state() {
		let record = this.#mine?.record;
		return record && {
			what: this.#what,
			lineage: record.lineage,
			generation: record.generation,
			epoch: record.epoch,
			nonce: this.#nonce
		};
	}
	async intend(phase = "intent") {
		let { world, ledger, owner } = this.#session, seen = this.#mine ? await look(this.#session) : this.#seen;
		if (this.#mine && seen.record?.lease?.nonce !== this.#nonce) throw new Superseded();
		let left = ledger.budget?.();
		if (left !== void 0 && left < 50) throw (await saying()).sayBudget(left);
		let base = isRoot(seen.record) ? seen.record : recordOf(this.#fresh, this.#session.site.account, (bytes) => world.random(bytes)), ttlMs = phase === "intent" ? 12e4 : 234e5, lease = {
			owner,
			nonce: this.#nonce,
			phase,
			ttlMs,
			attempts: ++this.#attempts
		}, record = {
			...base,
			epoch: this.#mine ? base.epoch : base.epoch + 1,
			lease
		}, begun = world.now();
		if (this.#mine = {
			record,
			entry: await this.#write(seen.entry, record)
		}, phase === "intent" && world.now() - begun > 3e4) throw await this.release(), new Superseded();
	}
	async #write(expected, record) {
		for (let tries = 1;; tries++) {
			try {
				let done = await swap(this.#session, expected, record);
				if (done.type === "swapped") return {
					version: done.version,
					text: "",
					writtenAt: done.writtenAt
				};
			} catch (error) {
				if (!(error instanceof LedgerProblem)) throw error;
				if (isFinal(error) || tries === 3) throw await problem(error, this.#session.ledger.label);
				await this.#session.world.sleep(Math.max(1e3 * tries, error.retryAfterMs ?? 0));
			}
			let now = await look(this.#session), { lease } = now.record ?? {};
			if (now.entry && lease?.nonce === this.#nonce && lease.attempts === record.lease?.attempts) return now.entry;
			if (now.entry?.version !== expected?.version) throw new Superseded();
		}
	}
	async publish(next, deadline) {
		let mine = this.#mine;
		return mine ? publish(this.#session, mine, this.state, next, deadline) : { type: "superseded" };
	}
	async release(change = (record) => record) {
		try {
			let { record, entry } = await look(this.#session);
			if (!isRoot(record) || record.lease?.nonce !== this.#nonce) return;
			await swap(this.#session, entry, change({
				...record,
				lease: void 0
			}));
		} catch (error) {
			if (!(error instanceof LedgerProblem) && !(error instanceof Failure)) throw error;
		}
	}
	markDead(dead) {
		return this.release((record) => ({
			...record,
			dead
		}));
	}
	forget() {
		let token = this.#fresh?.refresh;
		return this.release((record) => token ? withFingerprint(record, token) : record);
	}
};
async function releaseLease(session, nonce) {
	let { record, entry } = await look(session);
	isRoot(record) && record.lease?.nonce === nonce && await swap(session, entry, {
		...record,
		lease: void 0
	});
}
async function publish(session, known, turn, next, deadline) {
	let { world, ledger } = session, begun = world.now(), until = () => Math.min(deadline(), begun + 6e4), base = known;
	for (let pause = 500;; pause = Math.min(pause * 2, 8e3)) try {
		if (base) {
			let record = successor(session, base.record, turn, next), done = await swap(session, base.entry, record);
			if (done.type === "swapped") return {
				type: "published",
				record,
				entry: {
					version: done.version,
					text: "",
					writtenAt: done.writtenAt
				}
			};
		}
		let now = await look(session), there = judge(now, turn, next);
		if (there === "ours") return {
			type: "published",
			record: now.record,
			entry: now.entry
		};
		if (there === "theirs") return { type: "superseded" };
		base = {
			record: there === "gone" ? known?.record ?? recordOf(next, session.site.account, (bytes) => world.random(bytes)) : now.record,
			entry: now.entry
		}, pause = 250;
	} catch (error) {
		let failure = error instanceof LedgerProblem ? await problem(error, ledger.label) : asFailure(error), wait = Math.max(pause, error instanceof LedgerProblem ? error.retryAfterMs ?? 0 : 0);
		if (failure.code === "ledger-unreadable" || failure.code === "unexpected" || world.now() + wait > until()) return {
			type: "failed",
			failure
		};
		await world.sleep(wait), base = void 0;
	}
}
function judge({ record }, turn, next) {
	if (!record) return "gone";
	if (next.refresh?.equals(record.refresh)) return "ours";
	let later = record.by >= turn.epoch;
	return turn.what === "sign-in" ? record.lineage === turn.lineage || !later ? "base" : "theirs" : record.lineage === turn.lineage ? record.generation > turn.generation && later ? "theirs" : "base" : "theirs";
}
function successor({ world }, record, turn, next) {
	return {
		...turn.what === "sign-in" ? withLineage(record, next, (bytes) => world.random(bytes)) : withoutKept(withGeneration(record, {
			...next,
			generation: Math.max(record.generation + 1, next.generation)
		})),
		by: turn.epoch,
		epoch: Math.max(record.epoch, turn.epoch)
	};
}
async function carryOut(world, inputs, session, seen, decision, snapshot, detected) {
	if (decision.type === "fail") throw await sayWhy(session, seen, decision.why, snapshot);
	if (decision.type === "use") {
		let credential = credentialOf(seen.record);
		if (decision.short) {
			let end = credential.accessExpiresAt ?? world.now();
			world.runner.warning(`The access token ends at ${sayTime(end)} (in ${sayDuration(end - world.now())}), sooner than \`min-validity\`, and this job cannot have a later one.`);
		}
		return {
			credential,
			source: "ledger",
			result: await repair(world, inputs, session, seen, snapshot, detected),
			ledger: session.ledger.label
		};
	}
	let fresh = decision.type === "adopt" || decision.what !== "record" ? snapshot : void 0, turn = new Turn(session, seen, decision.type === "adopt" ? "record" : decision.what, fresh), keeping = keepShared(world, inputs, session, turn, detected?.stored);
	return decision.type === "adopt" ? adopt(world, session, turn, keeping, snapshot) : renew(world, inputs, session, seen, turn, keeping, fresh);
}
async function repair(world, inputs, session, { record }, snapshot, detected) {
	if (!isRoot(record) || !snapshot || !inputs.rotateTo) return;
	let { shared, generation } = snapshot;
	if (shared?.lineage === record.lineage && generation >= record.generation) return;
	let { lineage } = record, deadline = world.now() + 6e4, result = await storeBeside(world, inputs, session, credentialOf(record), lineage, detected?.stored, {
		unpublished: !1,
		deadline: () => deadline
	});
	if (result?.type === "failed") world.runner.warning(`${inputs.rotateTo.label} is behind the ledger and could not be written. ${result.failure.explain()}`);
	else return result;
}
async function adopt(world, session, turn, keeping, snapshot) {
	if (await untilSuperseded(() => turn.intend()), !turn.begun) return;
	let result = await keeping.store({
		...snapshot,
		shared: void 0
	}, () => Infinity);
	if (result.type === "failed") throw result.failure;
	world.runner.notice(`A login that an earlier job could not publish now stands in ${session.ledger.label}.`);
}
async function renew(world, inputs, session, seen, turn, keeping, fresh) {
	let login = fresh ?? credentialOf(seen.record), timeoutMs = Math.min(inputs.request.timeoutMs, 25e3), provider = await loadProvider(login.provider);
	try {
		let settings = {
			...inputs,
			request: {
				...inputs.request,
				timeoutMs
			}
		}, { credential, result } = await refreshLogin(world, settings, provider, login, keeping);
		if (keeping.superseded) return;
		let ledger = session.ledger.label;
		return {
			credential,
			source: "refreshed",
			result: result?.type === "failed" ? result : keeping.beside,
			ledger
		};
	} catch (error) {
		if (error instanceof Superseded) return;
		if (!(error instanceof Failure)) throw error;
		return await afterFailure(world, inputs, session, seen, turn, keeping.stored, fresh, error);
	}
}
async function untilSuperseded(work) {
	try {
		await work();
	} catch (error) {
		if (!(error instanceof Superseded)) throw error;
	}
}
async function sayWhy(session, { record }, why, snapshot) {
	let say = await saying(), { label } = session.ledger;
	return why === "rolled-back" ? say.sayRolledBack(label, record, snapshot?.generation ?? 0) : why === "dead" ? say.sayDead(record?.dead?.at ?? 0, record?.dead?.why ?? "") : why === "cannot-renew" ? say.sayCannotRenew() : say.sayMissing(label, why);
}
async function checkOut(world, session, acquired) {
	let seen = await look(session);
	if (!isRoot(seen.record)) throw (await saying()).sayCannotRenew();
	let turn = new Turn(session, seen, "record", void 0);
	try {
		await turn.intend("checked-out");
	} catch (error) {
		throw error instanceof Superseded ? (await saying()).sayBusy("which came first", 0) : error;
	}
	return world.runner.state("turn", JSON.stringify(turn.state)), world.runner.state("checked-out", "true"), {
		...acquired,
		credential: credentialOf(seen.record)
	};
}
const fail = (why) => ({
	type: "fail",
	why
});
function decide(at) {
	let { record, mayRenew, stored, snapshot, firstAttempt, refresh } = at;
	if (!record) return mayRenew ? snapshot === "none" ? fail("no-login") : stored ? fail("stored-by-ledger") : firstAttempt ? {
		type: "renew",
		what: "seed"
	} : fail("re-run") : fail("access-key");
	if (stored?.lineage === record.lineage && stored.generation > record.generation) {
		if (!(stored.unpublished && stored.generation === record.generation + 1)) return fail("rolled-back");
		if (mayRenew) return { type: "adopt" };
	}
	let left = (record.accessExpiresAt ?? 0) - at.now, held = record.lease !== void 0 && at.leaseLeftMs > 0, usable = left > 3e5, enough = left > at.minValidityMs && (refresh !== "always" || at.renewedMeanwhile);
	return mayRenew && snapshot === "unknown" && !stored && firstAttempt && refresh !== "never" && !at.renewedMeanwhile ? held ? { type: "wait" } : {
		type: "renew",
		what: "sign-in"
	} : enough ? {
		type: "use",
		short: !1
	} : record.dead ? usable && refresh !== "always" ? {
		type: "use",
		short: !0
	} : fail("dead") : held && record.lease?.phase === "checked-out" ? usable ? {
		type: "use",
		short: !0
	} : { type: "wait" } : !mayRenew || refresh === "never" ? usable ? {
		type: "use",
		short: !0
	} : held ? { type: "wait" } : fail("cannot-renew") : held ? { type: "wait" } : {
		type: "renew",
		what: "record"
	};
}
const { join } = process.getBuiltinModule("node:path");
async function openLedger(world, inputs, provider) {
	let { env } = world, { account, github, githubToken: token, ledgerRepository, request } = inputs, ref = `refs/oauth-creds/v1/${provider}/${account}`, repository = ledgerRepository ?? github.repository, pushes = !!(env.GITEA_ACTIONS || env.FORGEJO_ACTIONS), kind = inputs.ledger === "auto" ? pushes ? "git-push" : repository ? "git-ref" : "file" : inputs.ledger, needs = (what) => new Failure("input-invalid", `\`ledger: ${kind}\` needs ${what}.`, "Every input is described in action.yml.");
	if (kind === "file") {
		let folder = inputs.home ?? (env.HOME || process.getBuiltinModule("node:os").homedir()), state = env.XDG_STATE_HOME || join(folder, ".local", "state"), { fileLedger } = await import("./file.mjs");
		return fileLedger(world, { path: join(state, "oauth-creds", provider, `${account}.json`) });
	}
	if (kind === "git-push") {
		let server = (env.GITHUB_SERVER_URL || "https://github.com").replace(/\/+$/, "");
		if (!repository) throw needs("`ledger-repository`: `owner/name`, or the address of a repository");
		let remote = /^[\w.-]+\/[\w.-]+$/.test(repository) ? `${server}/${repository}.git` : repository, folder = join(env.RUNNER_TEMP || process.getBuiltinModule("node:os").tmpdir(), "oauth-creds-ledger"), { gitPushLedger } = await import("./git-push.mjs");
		return gitPushLedger(world, {
			remote,
			ref,
			place: `${remote} ${ref}`,
			token,
			folder
		});
	}
	if (!repository) throw needs("`ledger-repository` outside of GitHub Actions");
	if (!token) throw needs("`github-token`");
	let { gitRefLedger } = await import("./git-ref.mjs");
	return gitRefLedger(world, {
		apiUrl: github.apiUrl,
		token,
		repository,
		repositoryId: ledgerRepository === void 0 ? github.repositoryId : void 0,
		ref,
		userAgent: request.userAgent
	});
}
async function openSession(world, inputs, provider) {
	let keys = parseKeys(inputs.ledgerKey?.reveal() ?? "");
	if (typeof keys == "string") throw new Failure("input-invalid", keys, "`oauth-creds key` makes one.");
	let ledger = await openLedger(world, inputs, provider), { runId, runAttempt } = inputs.github, job = world.env.GITHUB_JOB ?? "a job", owner = runId ? `${job} of run ${runId}, attempt ${runAttempt}` : job;
	return {
		world,
		ledger,
		keys,
		site: {
			get place() {
				return ledger.place;
			},
			provider,
			account: inputs.account
		},
		owner,
		seen: new Map(),
		masked: new Set()
	};
}
async function acquireShared(world, inputs, detected, provider) {
	let session = await openSession(world, inputs, provider), { runner } = world, began = world.now(), first, waiting;
	for (let pause = 2e3;;) {
		let seen = await look(session), snapshot = detected && openShared(detected.credential, session.keys, session.site);
		snapshot && !first && maskSecrets(runner, tokensOf(snapshot));
		let decision = decide(describe(session, inputs, seen, snapshot, first));
		if (first ??= seen.record, decision.type === "wait") {
			let { lease } = seen.record, owner = lease?.owner ?? "another job", waited = world.now() - began;
			if (waited > 18e4) throw (await saying()).sayBusy(owner, waited);
			waiting !== lease?.nonce && (runner.log(`Waiting for ${owner}, which is renewing the login (for ${sayDuration(seen.leaseLeftMs)} at most).`), waiting = lease?.nonce, pause = 2e3);
			let jitter = .75 + (world.random(1)[0] ?? 0) / 255 * .5;
			await world.sleep(Math.min(pause, 3e4) * jitter), pause *= 1.5;
			continue;
		}
		let acquired = await carryOut(world, inputs, session, seen, decision, snapshot, detected);
		if (!acquired) continue;
		let handed = inputs.writeRefreshToken ? await checkOut(world, session, acquired) : acquired;
		return handOver(session, handed.credential), handed;
	}
}
function describe({ keys, world }, inputs, { record, leaseLeftMs }, snapshot, first) {
	let refresh = snapshot?.refresh, known = isRoot(record) && refresh !== void 0 && knows(record, refresh), shared = snapshot?.shared;
	return {
		record,
		leaseLeftMs,
		mayRenew: keys.root.length > 0,
		snapshot: refresh === void 0 ? "none" : known ? "known" : "unknown",
		stored: shared && {
			lineage: shared.lineage,
			generation: snapshot?.generation ?? 0,
			unpublished: shared.unpublished === !0
		},
		firstAttempt: inputs.github.runAttempt === 1,
		refresh: inputs.refresh,
		minValidityMs: inputs.minValidityMs,
		renewedMeanwhile: first !== void 0 && record !== void 0 && (record.lineage !== first.lineage || record.generation > first.generation),
		now: world.now()
	};
}
function handOver({ keys, site, world }, credential) {
	let [key] = keys.root;
	key && world.runner.outputs({ sealed: sealHandOver(credential, key.access, site, (bytes) => world.random(bytes)) });
}
export { look as a, releaseLease as i, openSession as n, storeBeside as o, publish as r, credentialOf as s, acquireShared as t };

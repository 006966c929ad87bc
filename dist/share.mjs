import { $ as sealEnvelope, A as openStore, B as noteForPost, Dt as tokensOf, Ft as sayTime, G as storeGeneration, I as fingerprint, L as openCapsule, Mt as isoTime, N as deadlineFor, Nt as possibleTime, Pt as sayDuration, R as maskSecrets, St as asFailure, Tt as livesFor, V as nothingWasSpent, W as prepare, Z as openEnvelope, gt as parseObject, j as refreshLogin, k as loadProvider, kt as secretOf, wt as USABLE_MS, xt as Failure } from "./common.mjs";
import { n as openLedger } from "./open2.mjs";
import { a as withLineage, c as packFingerprints, i as withGeneration, l as unpackFingerprints, n as newLineage, o as withoutKept, r as recordOf, s as knows, t as credentialOf, u as withFingerprint } from "./record.mjs";
import { t as LedgerProblem } from "./ledger.mjs";
import { a as unseal, i as sign, o as verify, r as seal } from "./seal.mjs";
import { t as refusedByProvider } from "./refused2.mjs";
import { n as sealHandOver } from "./handover.mjs";
import { r as parseKeys } from "./keys.mjs";
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
const isText = (value) => typeof value == "string", isTextOrNone = (value) => value === void 0 || isText(value), sayMoment = (ms) => ms !== void 0 && possibleTime(ms) !== void 0 ? new Date(ms).toISOString() : void 0, readMoment = (text) => possibleTime(Date.parse(text ?? "")), isMoment = (value) => value === void 0 || isText(value) && !Number.isNaN(Date.parse(value)), inAscii = (json) => json.replace(/[^ -~]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`), saying = () => import("./say4.mjs");
async function look(session, patienceMs = 2e4) {
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
const isFinal = ({ kind }) => kind !== "unreachable" && kind !== "throttled", problem = async (error, label, unspent = !1) => (await saying()).sayProblem(error, label, unspent), bound = ({ provider, account }, place, lineage, generation) => [
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
function atFirst(world, deadline) {
	let own = deadlineFor(world, 6e4);
	return () => Math.min(deadline(), own());
}
const mayGoOn = (world, deadline) => deadline() - world.now() > 1e4;
async function publish(session, known, turn, next, deadline, spent, failed) {
	let { world, ledger } = session, mayWait = (ms) => world.now() + ms <= deadline(), base = known, eager = 2;
	for (let pause = 250;; pause = Math.min(pause * 2, 8e3)) {
		let failure;
		try {
			if (base) {
				let record = successor(session, base.record, turn, next, spent), done = await swap(session, base.entry, record);
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
			let now = await look(session, 4e3), there = judge(now, turn, next);
			if (there === "ours") return {
				type: "published",
				record: now.record,
				entry: now.entry
			};
			if (there === "theirs") return { type: "superseded" };
			if (base = {
				record: there === "gone" ? known?.record ?? beginning(session, turn, next) : now.record,
				entry: now.entry
			}, eager-- > 0) continue;
		} catch (error) {
			failure = error instanceof LedgerProblem ? await problem(error, ledger.label) : asFailure(error), base = void 0, error instanceof LedgerProblem && (pause = Math.max(pause, error.retryAfterMs ?? 0)), failed?.();
		}
		if (failure?.code === "ledger-unreadable" || failure?.code === "unexpected" || !mayWait(pause)) {
			let { sayAfterwards } = await saying();
			return {
				type: "failed",
				failure: sayAfterwards(failure ?? await conflicts(ledger.label))
			};
		}
		await world.sleep(pause);
	}
}
const conflicts = (label) => problem(new LedgerProblem("unreachable", !0), label);
function judge({ record }, turn, next) {
	if (!record) return "gone";
	if (next.refresh?.equals(record.refresh) && next.access?.equals(record.access.access)) return "ours";
	let later = record.by >= turn.epoch;
	return turn.what === "sign-in" ? record.lineage === turn.lineage || !later ? "base" : "theirs" : record.lineage === turn.lineage ? record.generation > turn.generation && later ? "theirs" : "base" : "theirs";
}
function successor({ world }, record, turn, next, spent) {
	let made = turn.what === "sign-in" && record.lineage !== turn.nextLineage ? {
		...withLineage(record, next, (bytes) => world.random(bytes)),
		lineage: turn.nextLineage
	} : withoutKept(withGeneration(record, {
		...next,
		generation: Math.max(record.generation + 1, next.generation)
	}));
	return {
		...spent ? withFingerprint(made, spent) : made,
		by: turn.epoch,
		epoch: Math.max(record.epoch, turn.epoch)
	};
}
function beginning({ site, world }, turn, next) {
	return {
		...recordOf(next, site.account, (bytes) => world.random(bytes)),
		lineage: turn.nextLineage,
		generation: next.generation - 1
	};
}
var Superseded = class extends Error {}, Turn = class {
	#session;
	#seen;
	#what;
	#fresh;
	#nonce;
	#nextLineage;
	#attempts;
	#intendedAt = 0;
	#mine;
	constructor(session, seen, what, fresh) {
		let random = (bytes) => session.world.random(bytes);
		this.#session = session, this.#seen = seen, this.#what = what, this.#fresh = fresh, this.#nonce = newLineage(random), this.#nextLineage = what === "sign-in" ? fresh?.shared?.lineage ?? newLineage(random) : void 0, this.#attempts = what === "record" ? seen.record?.lease?.attempts ?? 0 : 0;
	}
	get begun() {
		return this.#mine !== void 0;
	}
	get takenFrom() {
		return this.#what === "record" ? this.#seen.record?.lease : void 0;
	}
	get spends() {
		return this.#mine && (this.#fresh ?? this.#mine.record).refresh;
	}
	get state() {
		return this.#mine && this.#stateOf(this.#mine.record);
	}
	#stateOf({ lineage, generation, epoch }) {
		let nextLineage = this.#nextLineage ?? lineage, { place } = this.#session.site;
		return {
			what: this.#what,
			place,
			lineage,
			generation,
			nextLineage,
			epoch,
			nonce: this.#nonce
		};
	}
	async intend(phase = "intent", tell) {
		let { ledger, owner } = this.#session, again = this.#mine !== void 0, seen = again ? await lookOnward(this.#session) : this.#seen;
		if (again && seen.record?.lease?.nonce !== this.#nonce) throw new Superseded();
		let left = ledger.budget?.();
		if (left !== void 0 && left < 50) throw (await saying()).sayBudget(left);
		let base = this.#base(seen), ttlMs = phase === "intent" ? 12e4 : 234e5, lease = {
			owner,
			nonce: this.#nonce,
			phase,
			ttlMs,
			attempts: ++this.#attempts
		}, record = {
			...base,
			epoch: again ? base.epoch : base.epoch + 1,
			lease
		};
		if (tell?.(this.#stateOf(record)), this.#mine = {
			record,
			entry: await this.#write(seen.entry, record)
		}, !(phase === "checked-out" || this.mayStillSend())) throw again ? await problem(new LedgerProblem("unreachable", !0), ledger.label) : (await this.release(), new Superseded());
	}
	async intendToPublish() {
		let { entry, record, leaseLeftMs } = this.#seen;
		record?.lease?.phase === "checked-out" && leaseLeftMs > 0 && entry && isRoot(record) ? this.#mine = {
			record,
			entry
		} : await this.intend();
	}
	get publishUntil() {
		return this.#intendedAt + 115e3;
	}
	mayStillSend() {
		return this.#session.world.now() - this.#intendedAt <= 3e4;
	}
	#base({ record }) {
		if (isRoot(record)) return record;
		if (record || !this.#fresh) throw new Superseded();
		return recordOf(this.#fresh, this.#session.site.account, (bytes) => this.#session.world.random(bytes));
	}
	async #write(expected, record) {
		this.#intendedAt = this.#session.world.now();
		for (let tries = 1;; tries++) {
			try {
				let done = await swap(this.#session, expected, record);
				if (done.type === "swapped") return {
					version: done.version,
					text: "",
					writtenAt: done.writtenAt
				};
				if (tries === 4) throw new Superseded();
			} catch (error) {
				if (!(error instanceof LedgerProblem)) throw error;
				if (isFinal(error) || tries === 4) throw await problem(error, this.#session.ledger.label, !this.begun);
				await this.#session.world.sleep(Math.max(1e3 * tries, error.retryAfterMs ?? 0)), error.sent || (this.#intendedAt = this.#session.world.now());
			}
			let now = await look(this.#session), { lease } = now.record ?? {};
			if (now.entry && lease?.nonce === this.#nonce && lease.attempts === record.lease?.attempts) return now.entry;
			if (now.entry?.version !== expected?.version) throw new Superseded();
		}
	}
	async publish(next, deadline, by, failed) {
		let mine = this.#mine;
		if (!mine) return { type: "superseded" };
		let state = this.state, turn = by === void 0 ? state : {
			...state,
			epoch: by
		};
		return publish(this.#session, mine, turn, next, deadline, this.#fresh?.refresh, failed);
	}
	async release(change = (record) => record) {
		for (let tries = 1; tries <= 2; tries++) try {
			let { record, entry } = await lookOnward(this.#session);
			if (!isRoot(record) || record.lease?.nonce !== this.#nonce || (await swap(this.#session, entry, change({
				...record,
				lease: void 0
			}))).type === "swapped") return;
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
	try {
		let { record, entry } = await look(session);
		isRoot(record) && record.lease?.nonce === nonce && await swap(session, entry, {
			...record,
			lease: void 0
		});
	} catch (error) {
		throw error instanceof LedgerProblem ? await problem(error, session.ledger.label) : error;
	}
}
const DEAD = new Set([
	"login-refused",
	"login-ended",
	"login-lost-in-flight"
]);
async function afterFailure(round, turn, stored, isFresh, failure) {
	if (stored) throw failure;
	if (turn.begun && DEAD.has(failure.code)) return afterRefusal(round, turn, await orLostBefore(round, turn, failure));
	if (failure.code === "answer-unclear") throw failure;
	if (turn.begun && await turn.release(), failure.code === "login-not-taken" && turn.state?.what === "sign-in") return goOnWithout(round, failure);
	let { world, inputs, session, seen } = round, present = seen.record && credentialOf(seen.record), mayGoOn = nothingWasSpent(failure) && (inputs.refresh !== "always" || isFresh) && !inputs.writeRefreshToken;
	if (!present || !mayGoOn || !livesFor(present, USABLE_MS, world.now())) throw failure;
	return world.runner.warning(`${failure.explain()} The job goes on with the access token of the ledger, which ends at ${isoTime(present.accessExpiresAt ?? 0)}.`), {
		acquired: {
			credential: present,
			source: "ledger",
			result: void 0,
			ledger: session.ledger.label
		},
		at: void 0
	};
}
async function orLostBefore({ inputs, session, seen, snapshot }, turn, failure) {
	let login = snapshot ?? (seen.record && credentialOf(seen.record));
	if (failure.code !== "login-refused" || !login || !session.unclear?.equals(turn.spends)) return failure;
	let { sayOutcome } = await import("./say-outcome.mjs");
	return sayOutcome({
		type: "refused",
		why: "spent-or-revoked"
	}, !0, login, inputs);
}
async function afterRefusal(round, turn, failure) {
	let { world, session } = round;
	if (turn.state?.what === "sign-in") return await turn.forget(), goOnWithout(round, failure);
	round.giveUp(failure);
	let now = await lookOnward(session);
	if (now.record?.lease?.nonce !== turn.state?.nonce) return;
	let before = turn.takenFrom;
	try {
		if (before && !await keepsSilent(session, turn, now.leaseLeftMs)) return;
	} catch (error) {
		throw error instanceof Failure ? failure : error;
	}
	let at = now.entry?.writtenAt ?? world.now();
	throw await turn.markDead({
		at,
		why: failure.code
	}), before && failure.code === "login-refused" ? (await saying()).sayLostByHolder(before.owner) : failure;
}
function goOnWithout({ world, distrust }, failure) {
	distrust(!1), world.runner.warning(`The login in \`credential\` was not taken by the provider. ${failure.explain()} Going on with the one in the ledger.`);
}
async function keepsSilent(session, turn, ms) {
	let { world } = session, until = world.now() + ms - 15e3;
	try {
		await turn.intend();
	} catch (error) {
		if (error instanceof Superseded) return !1;
		throw error;
	}
	for (; world.now() < until;) {
		await world.sleep(Math.min(5e3, Math.max(1, until - world.now())));
		let { record } = await look(session);
		if (record?.lease?.nonce !== turn.state?.nonce) return !1;
	}
	return !0;
}
function keepShared(world, inputs, session, turn, copy, by) {
	let now = {
		published: void 0,
		beside: void 0
	};
	return {
		get published() {
			return now.published;
		},
		get beside() {
			return now.beside;
		},
		async beforeSend() {
			await turn.intend();
			let more = {
				replaceable: copy.replaceable,
				spent: sealSpent(session, turn)
			};
			world.runner.state("turn", JSON.stringify({
				...turn.state,
				...more
			}));
		},
		stillWanted: () => turn.mayStillSend(),
		unclear: () => void (session.unclear = turn.spends),
		async store(next, deadline) {
			let state = turn.state, { epoch, lineage: over, nextLineage } = state, how = {
				epoch: by ?? epoch,
				over
			}, failed = copying(session, by === void 0 ? turn.spends : void 0, {
				next,
				lineage: nextLineage,
				how
			}, deadline), published = await turn.publish(next, atFirst(world, deadline), by, failed);
			if (published.type === "failed") {
				if (now.beside = await storeBeside(world, inputs, session, next, nextLineage, copy, deadline, how), now.beside?.type === "stored") noteForPost(world, "beside", state.nonce);
				else {
					let kept = await failed();
					kept?.tell(), kept && noteForPost(world, "copied", `${state.nonce} ${kept.inCache ? "cache" : "summary"}`);
				}
				let until = () => Math.min(deadline(), turn.publishUntil);
				by === void 0 && mayGoOn(world, until) && (published = await turn.publish(next, until, by, failed)), published.type === "published" && world.runner.notice(`The renewed login now stands in ${session.ledger.label} after all.`);
			}
			if (now.published = published, published.type === "superseded") return {
				type: "moved",
				deleted: !1
			};
			if (published.type === "failed") return now.beside?.type === "stored" ? now.beside : {
				type: "failed",
				failure: published.failure
			};
			noteForPost(world, "published", turn.state.nonce);
			let { lineage, generation } = published.record;
			return now.beside?.type !== "stored" && (now.beside = await storeBeside(world, inputs, session, {
				...next,
				generation
			}, lineage, copy, deadline)), now.beside?.type === "failed" && world.runner.warning(`The renewed login stands in the ledger, but not in ${inputs.rotateTo?.label}: ${now.beside.failure.explain()} The next run that names it stores it there.`), await tidyUp(session, published.entry.version, deadline), {
				type: "stored",
				confirmed: !0,
				updatedAt: void 0
			};
		}
	};
}
function copying(session, spent, renewed, deadline) {
	let { env } = session.world, made;
	return async () => {
		if (spent && (env.ACTIONS_RUNTIME_TOKEN || env.GITHUB_STEP_SUMMARY)) return made ??= import("./unpublished.mjs").then((it) => it.keepUnpublished(session, spent, renewed, deadline)).catch(() => void 0), made;
	};
}
function sealSpent({ keys, site, world }, { spends, state }) {
	let [key] = keys.root;
	if (key && spends) return seal(key.key, "spent sealing", [site.place, state?.nonce], spends.reveal(), (bytes) => world.random(bytes));
}
function openSpent({ keys, site }, { spent, nonce }) {
	let opened = keys.root.map(({ key }) => unseal(key, "spent sealing", [site.place, nonce], spent));
	return secretOf(opened.find((text) => text !== void 0));
}
const seenAfter = ({ record, entry }) => ({
	record,
	entry,
	leaseLeftMs: 0,
	behind: !1
});
async function storeBeside(world, inputs, session, credential, lineage, copy, deadline, unpublished) {
	let store = await openStore(world, inputs), key = session.keys.root[0];
	if (store && key && copy.replaceable) try {
		let prepared = ownWriting(session) ?? await prepareBeside(world, inputs, store, copy);
		if (!prepared) return;
		let sealed = sealShared(credential, lineage, key, session.site, (bytes) => world.random(bytes), unpublished), result = await storeGeneration(world, store, sealed, prepared, void 0, { tell: () => {} }, deadline);
		return result.type === "stored" && result.confirmed && result.updatedAt !== void 0 && (session.beside = {
			...prepared,
			baseline: result.updatedAt
		}, noteForPost(world, OWN_STATE, JSON.stringify(session.beside))), result;
	} catch (error) {
		return error instanceof Failure && error.code === "snapshot-stale" ? void 0 : {
			type: "failed",
			failure: (await saying()).sayAfterwards(asFailure(error))
		};
	}
}
const OWN_STATE = "wrote-beside";
function ownWriting({ world, beside }) {
	let told = parseObject(world.env[`STATE_${OWN_STATE}`] ?? "");
	return beside ?? told;
}
async function prepareBeside(world, inputs, store, copy) {
	let createdAt = copy.stored ? void 0 : await store.runCreatedAt();
	if (!copy.stored && createdAt === void 0) return;
	let rules = {
		createSecrets: inputs.createSecrets,
		runAttempt: inputs.github.runAttempt
	};
	return prepare(world, {
		...store,
		runCreatedAt: async () => createdAt
	}, copy, rules);
}
async function tidyUp({ world, ledger }, version, deadline) {
	let { compactDue, compact } = ledger;
	!compactDue?.() || deadline() - world.now() < 2e4 || await compact?.(version).catch(() => {});
}
async function takeOver(round, what, fresh, copy) {
	let { world, inputs, session, seen } = round, spent = fresh ? fresh.refresh : isRoot(seen.record) ? seen.record.refresh : void 0;
	if (!spent || !world.env.ACTIONS_RUNTIME_TOKEN) return;
	let left = await (await import("./unpublished.mjs")).findUnpublished(session, spent);
	if (!left) return;
	if (isOvertaken(what, seen, left)) return round.distrust(!1), { carried: void 0 };
	let { published, beside } = await publishLeft(round, what, fresh, copy, left).catch(failedWith) ?? {}, result = beside?.type === "stored" ? beside : void 0, { label } = session.ledger, LEFT = "An earlier job had renewed this login and could not publish it. Its recovery copy";
	if (published?.type === "failed") {
		let { failure } = published;
		if (!livesFor(left.next, USABLE_MS, world.now())) throw failure;
		return world.runner.warning(`${LEFT} is used by this job, and still stands in no ledger. ${failure.explain()}`), { carried: {
			acquired: {
				credential: left.next,
				source: "recovered",
				result
			},
			at: void 0
		} };
	}
	if (published?.type !== "published") return { carried: void 0 };
	world.runner.notice(`${LEFT} now stands in ${label}.`);
	let at = seenAfter(published), credential = credentialOf(published.record), now = world.now(), enough = inputs.refresh !== "always" && livesFor(credential, inputs.minValidityMs, now);
	return !enough && (left.complete || !livesFor(credential, USABLE_MS, now)) ? (round.anew(), { carried: void 0 }) : (!enough && credential.accessExpiresAt !== void 0 && world.runner.warning(`The recovered login's access token ends at ${sayTime(credential.accessExpiresAt)}, and is not renewed in this run.`), { carried: {
		acquired: {
			credential,
			source: "recovered",
			result,
			ledger: label,
			keptAt: at.entry?.writtenAt
		},
		at
	} });
}
function failedWith(error) {
	if (!(error instanceof Failure)) throw error;
	return {
		published: {
			type: "failed",
			failure: error
		},
		beside: void 0
	};
}
const isOvertaken = (what, { record }, { how }) => what === "sign-in" && how.over !== record?.lineage;
async function publishLeft({ world, inputs, session, seen }, what, fresh, copy, { next, lineage, how }) {
	let shared = {
		place: session.site.place,
		lineage,
		sealed: ""
	}, turn = new Turn(session, seen, what, fresh && what === "sign-in" ? {
		...fresh,
		shared
	} : fresh), keeping = keepShared(world, inputs, session, turn, copy, how.epoch);
	try {
		await turn.intendToPublish();
	} catch (error) {
		if (error instanceof Superseded) return;
		throw error;
	}
	let until = world.now() + 6e4;
	return await keeping.store(next, () => until), keeping;
}
async function carryOut(round, decision) {
	let { world, inputs, session, seen, snapshot } = round;
	if (decision.type === "fail") throw await sayWhy(round, decision.why);
	let fresh = decision.type === "use" || decision.type === "renew" && decision.what === "record" ? void 0 : snapshot, kept = decision.type === "renew" && fresh && await whyNotSent(round, decision.what);
	if (kept) {
		round.distrust(kept === "not proved");
		return;
	}
	let spends = decision.type === "renew" || decision.type === "use" && inputs.writeRefreshToken, what = decision.type === "renew" ? decision.what : "record", left = spends && await takeOver(round, what, fresh, copyOf(round, fresh !== void 0));
	if (left) return left.carried;
	if (decision.type === "use") return use(round, decision.short);
	let turn = new Turn(session, seen, decision.what, fresh), by = decision.type === "adopt" ? snapshot?.shared?.unpublished?.epoch : void 0, keeping = keepShared(world, inputs, session, turn, copyOf(round, fresh !== void 0), by);
	return decision.type === "adopt" ? adopt(round, turn, keeping) : renew(round, turn, keeping, fresh);
}
async function use(round, short) {
	let { world, inputs, session, seen } = round, credential = credentialOf(seen.record);
	if (short) {
		let end = credential.accessExpiresAt ?? world.now();
		world.runner.warning(`The access token ends at ${sayTime(end)} (in ${sayDuration(end - world.now())}), sooner than \`min-validity\`, and this job cannot have a later one.`);
	}
	let result = inputs.rotateTo ? await repair(round) : void 0, keptAt = isRoot(seen.record) ? seen.entry?.writtenAt : void 0;
	return {
		acquired: {
			credential,
			source: "ledger",
			result,
			ledger: session.ledger.label,
			keptAt
		},
		at: seen
	};
}
const copyOf = ({ detected, situation, spared }, itsOwn) => ({
	stored: detected?.stored,
	replaceable: detected !== void 0 && (itsOwn || situation.snapshot !== "unknown" && !spared)
});
async function repair(round) {
	let { world, inputs, session, seen, snapshot } = round, { record } = seen;
	if (!isRoot(record) || !snapshot) return;
	let { shared, generation } = snapshot;
	if (shared?.lineage === record.lineage && generation >= record.generation) return;
	let until = world.now() + 6e4, copy = copyOf(round, !1), result = await storeBeside(world, inputs, session, credentialOf(record), record.lineage, copy, () => until);
	if (result?.type !== "failed") return result?.type === "stored" ? result : void 0;
	let label = inputs.rotateTo?.label;
	world.runner.warning(`${label} is behind the ledger and could not be written. ${result.failure.explain()}`);
}
async function whyNotSent({ world, inputs, session, detected }, what) {
	let store = await openStore(world, inputs), renewedBefore = detected?.stored !== void 0 || (detected?.credential.generation ?? 0) > 0;
	if (!store) {
		if (!renewedBefore) return;
		if (what === "seed") throw (await saying()).sayUnproved(session.ledger.label);
		return "old";
	}
	try {
		let rules = {
			createSecrets: inputs.createSecrets,
			runAttempt: inputs.github.runAttempt
		};
		await prepare(world, store, { stored: detected?.stored }, rules);
		return;
	} catch (error) {
		if (what !== "sign-in" || !(error instanceof Failure)) throw error;
		return error.code === "snapshot-stale" || error.code === "secret-elsewhere" ? "old" : (world.runner.warning(`The login in \`credential\` is left alone in this run. ${error.explain()}`), "not proved");
	}
}
async function refuseIfStoredSince({ world, inputs, seen, detected }) {
	let intendedAt = seen.record?.lease && seen.entry?.writtenAt, store = intendedAt === void 0 ? void 0 : await openStore(world, inputs);
	if (!store || intendedAt === void 0) return;
	let rules = {
		createSecrets: inputs.createSecrets,
		runAttempt: inputs.github.runAttempt
	};
	try {
		let { updatedAt = 0 } = await store.meta();
		updatedAt > intendedAt && await prepare(world, store, { stored: detected?.stored }, rules);
	} catch (error) {
		if (error instanceof Failure && error.code === "snapshot-stale") throw error;
	}
}
async function adopt({ world, session, snapshot }, turn, keeping) {
	try {
		await turn.intendToPublish();
	} catch (error) {
		if (error instanceof Superseded) return;
		throw error;
	}
	let until = world.now() + 6e4;
	await keeping.store({
		...snapshot,
		shared: void 0
	}, () => until);
	let { published } = keeping;
	if (published?.type === "failed") throw published.failure;
	published?.type === "published" && world.runner.notice(`A login that an earlier job could not publish now stands in ${session.ledger.label}.`);
}
async function renew(round, turn, keeping, fresh) {
	let { world, inputs, session, seen } = round, login = fresh ?? credentialOf(seen.record), timeoutMs = Math.min(inputs.request.timeoutMs, 25e3), settings = {
		...inputs,
		request: {
			...inputs.request,
			timeoutMs
		}
	}, provider = await loadProvider(login.provider);
	try {
		fresh || await refuseIfStoredSince(round);
		let { credential, result, capsule } = await refreshLogin(world, settings, provider, login, keeping), { published, beside } = keeping;
		if (capsule && published?.type !== "failed" && world.files.remove(capsule), published?.type === "superseded") return;
		let ledger = session.ledger.label, at = published?.type === "published" ? seenAfter(published) : void 0, told = at && beside?.type !== "stored" ? void 0 : beside;
		return {
			acquired: {
				credential,
				source: "refreshed",
				result: result?.type === "failed" ? result : told,
				ledger,
				keptAt: at?.entry?.writtenAt
			},
			at
		};
	} catch (error) {
		if (error instanceof Superseded) return;
		if (!(error instanceof Failure)) throw error;
		return afterFailure(round, turn, keeping.published !== void 0, fresh !== void 0, error);
	}
}
async function sayWhy({ session, seen: { record }, snapshot }, why) {
	let say = await saying(), { label } = session.ledger;
	switch (why) {
		case "rolled-back": return say.sayRolledBack(label, record, snapshot?.generation ?? 0);
		case "dead": return say.sayDead(record?.dead?.at ?? 0, record?.dead?.why ?? "");
		case "cannot-renew": return say.sayCannotRenew();
		case "must-not-renew": return say.sayMustNotRenew();
		default: return say.sayMissing(label, why);
	}
}
const WAIT = { type: "wait" }, fail = (why) => ({
	type: "fail",
	why
});
function decide(at) {
	let { record, mayRenew, stored, snapshot, firstAttempt, refresh, checksOut } = at;
	if (!record) return mayRenew ? snapshot === "none" && !stored ? fail("no-login") : stored ? fail("stored-by-ledger") : firstAttempt ? {
		type: "renew",
		what: "seed"
	} : fail("re-run") : fail("access-key");
	let held = record.lease !== void 0 && at.leaseLeftMs > 0, left = at.accessEndsAt - at.now, usable = left > USABLE_MS, short = left <= at.minValidityMs, use = {
		type: "use",
		short
	};
	if (stored) {
		let ahead = stored.lineage === record.lineage && stored.generation > record.generation, isNext = stored.lineage !== record.lineage || stored.generation === record.generation + 1, adoptable = stored.adoptableOver === record.lineage && isNext && snapshot === "unknown", itsOwn = record.lease?.phase === "checked-out" && record.epoch === stored.by;
		if (adoptable && mayRenew) return held && !itsOwn ? WAIT : {
			type: "adopt",
			what: ahead ? "record" : "sign-in"
		};
		if (ahead && !(stored.unpublished && isNext)) return fail("rolled-back");
	}
	if (mayRenew && snapshot === "unknown" && !stored && firstAttempt && refresh !== "never" && !at.renewedMeanwhile) return held ? record.lease?.phase === "checked-out" && usable && !checksOut ? use : WAIT : {
		type: "renew",
		what: "sign-in"
	};
	if (checksOut) {
		if (!mayRenew) return fail("cannot-renew");
		if (record.dead) return fail("dead");
		if (held) return WAIT;
	}
	return !short && (refresh !== "always" || at.renewedMeanwhile) || usable && at.renewedMeanwhile ? use : record.dead ? usable && refresh !== "always" ? use : fail("dead") : held && record.lease?.phase === "checked-out" ? usable ? use : WAIT : !mayRenew || refresh === "never" ? usable ? use : held ? WAIT : fail(mayRenew ? "must-not-renew" : "cannot-renew") : held ? WAIT : {
		type: "renew",
		what: "record"
	};
}
const LONGEST_WAIT_MS = 18e4, FIRST_PAUSE_MS = 2e3;
var Waiting = class {
	#session;
	#pause = FIRST_PAUSE_MS;
	#for;
	#waitedMs = 0;
	constructor(session) {
		this.#session = session;
	}
	get waitedMs() {
		return this.#waitedMs;
	}
	async wait({ record, leaseLeftMs }) {
		let { world } = this.#session, since = world.now(), lease = record?.lease;
		if (this.#for !== lease?.nonce) {
			let most = sayDuration(Math.min(leaseLeftMs, LONGEST_WAIT_MS)), does = lease?.phase === "checked-out" ? "to whose program the login is lent" : "which is renewing the login";
			world.runner.log(`Waiting for ${lease?.owner ?? "another job"}, ${does} (${most} at most).`), this.#for = lease?.nonce, this.#pause = FIRST_PAUSE_MS;
		}
		let jitter = .75 + (world.random(1)[0] ?? 0) / 255 * .5;
		await world.sleep(Math.min(this.#pause, 3e4) * jitter), this.#pause *= 1.5, this.#waitedMs += world.now() - since;
	}
	end() {
		this.#for = void 0, this.#pause = FIRST_PAUSE_MS;
	}
};
const UNLIKELY = new Set([
	"rolled-back",
	"stored-by-ledger",
	"no-login",
	"access-key",
	"re-run"
]);
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
async function acquireShared(world, inputs, detected, provider, refused) {
	let session = await openSession(world, inputs, provider), cache = inputs.accessCache ? await import("./from-cache.mjs") : void 0, cached = refused ? void 0 : await cache?.fromCache(world, inputs, session, detected?.credential, provider);
	if (cached && (refused = await refusedByProvider(world, inputs, cached.credential) && cached.credential.access, !refused)) return tellPost(world, inputs, cached.credential), cached;
	let first, distrusted = !1, spared = !1, asked, doubts = 0, hopeless, waiting = new Waiting(session);
	for (let rounds = 1;; rounds++) {
		let seen = await lookOnward(session);
		if (seen.behind) throw (await saying()).sayPutBack(session.ledger.label);
		let snapshot = detected && openShared(detected.credential, session.keys, session.site);
		snapshot && maskOnce(session, snapshot);
		let situation = describe(session, inputs, seen, snapshot, first, distrusted, refused);
		first ??= seen.record;
		let decision = decide(situation), tooLong = decision.type === "wait" ? waiting.waitedMs > LONGEST_WAIT_MS : rounds > 50;
		if (rounds > 1 && tooLong && decision.type !== "use" && decision.type !== "fail") throw (await saying()).sayBusy(seen.record?.lease, waiting.waitedMs);
		let record = isRoot(seen.record) ? seen.record.refresh : void 0;
		if ((decision.type === "wait" || decision.type === "renew" && decision.what === "record") && hopeless?.token?.equals(record)) throw hopeless.failure;
		let round = {
			world,
			inputs,
			session,
			seen,
			situation,
			snapshot,
			detected,
			distrust: (spare) => {
				distrusted = !0, spared ||= spare;
			},
			spared,
			giveUp: (failure) => void (hopeless = {
				token: record ?? snapshot?.refresh,
				failure
			}),
			anew: () => void (first = void 0)
		}, loan = decision.type === "wait" && seen.record?.lease?.phase === "checked-out" && seen.record.lease.nonce, left = loan && loan !== asked ? await takeOver(round, "record", void 0, copyOf(round, !1)) : void 0;
		if (asked = loan || asked, decision.type === "wait" && !left) {
			await waiting.wait(seen);
			continue;
		}
		if (waiting.end(), decision.type === "fail" && UNLIKELY.has(decision.why) && doubts++ < 2) {
			await world.sleep(3e3);
			continue;
		}
		let carried = decision.type === "wait" ? left?.carried : await carryOut(round, decision);
		if (!carried) continue;
		let { credential, source } = carried.acquired, refusal = source === "refreshed" ? void 0 : await refusedByProvider(world, inputs, credential);
		if (refusal) {
			if (refused?.equals(credential.access) || !situation.mayRenew || inputs.refresh === "never") throw refusal;
			refused = credential.access;
			continue;
		}
		let handed = inputs.writeRefreshToken ? await checkOut(round, carried) : carried.acquired;
		if (handed) return tellPost(world, inputs, handed.credential), isRoot(carried.at?.record) && cache?.forCache(world, inputs, session, carried.at.record), handOver(session, handed.credential), handed;
	}
}
function describe({ keys, world }, inputs, { record, leaseLeftMs }, snapshot, first, distrusted, refused) {
	let refresh = snapshot?.refresh, known = distrusted || isRoot(record) && refresh !== void 0 && knows(record, refresh), shared = snapshot?.shared, dead = refused !== void 0 && refused.equals(record?.access.access);
	return {
		record,
		accessEndsAt: dead ? 0 : record?.accessExpiresAt ?? 0,
		leaseLeftMs,
		mayRenew: record ? isRoot(record) : keys.root.length > 0,
		snapshot: refresh === void 0 ? "none" : known ? "known" : "unknown",
		stored: shared && {
			lineage: shared.lineage,
			generation: snapshot?.generation ?? 0,
			unpublished: shared.unpublished !== void 0,
			adoptableOver: refresh && shared.unpublished?.over,
			by: shared.unpublished?.epoch
		},
		firstAttempt: inputs.github.runAttempt === 1,
		refresh: dead && inputs.refresh !== "never" ? "auto" : inputs.refresh,
		minValidityMs: inputs.minValidityMs,
		checksOut: inputs.writeRefreshToken,
		renewedMeanwhile: first !== void 0 && record !== void 0 && (record.lineage !== first.lineage || record.generation > first.generation),
		now: world.now()
	};
}
async function checkOut({ world, inputs, session, situation, spared }, { acquired, at }) {
	if (!at || !isRoot(at.record)) return {
		...acquired,
		credential: {
			...acquired.credential,
			refresh: void 0,
			predecessor: void 0
		}
	};
	let credential = credentialOf(at.record), turn = new Turn(session, at, "record", void 0), lent = openCapsule(world, inputs.sealingKey, "lent"), replaceable = situation.snapshot !== "unknown" && !spared || session.beside !== void 0;
	try {
		await turn.intend("checked-out", (state) => {
			world.runner.state("turn", JSON.stringify({
				...state,
				replaceable,
				lent: lent.path
			})), world.runner.state("checked-out", "true"), lent.save(sealEnvelope(credential, void 0));
		});
	} catch (error) {
		if (lent.discard(), world.files.remove(lent.path), !(error instanceof Superseded)) throw error;
		world.runner.state("checked-out", "");
		return;
	}
	return {
		...acquired,
		credential
	};
}
function handOverCopy(world, inputs, credential) {
	let keys = parseKeys(inputs.ledgerKey?.reveal() ?? "");
	if (typeof keys == "string") throw new Failure("input-invalid", keys, "`oauth-creds key` makes one.");
	handOver({
		keys,
		site: {
			place: credential.shared?.place ?? "",
			provider: credential.provider,
			account: inputs.account
		},
		world
	}, credential);
}
function tellPost({ runner }, { sealingKey, writeRefreshToken }, { access, refresh }) {
	access && runner.state("access", fingerprint(sealingKey, access)), writeRefreshToken && refresh && runner.state("refresh", fingerprint(sealingKey, refresh));
}
function handOver({ keys, site, world }, credential) {
	let [key] = keys.root;
	key && world.runner.outputs({ sealed: sealHandOver(credential, key.access, site, (bytes) => world.random(bytes)) });
}
export { look as _, Waiting as a, swap as b, copying as c, releaseLease as d, atFirst as f, isRoot as g, openShared as h, LONGEST_WAIT_MS as i, openSpent as l, publish as m, handOverCopy as n, isOvertaken as o, mayGoOn as p, openSession as r, publishLeft as s, acquireShared as t, storeBeside as u, lookOnward as v, saying as y };

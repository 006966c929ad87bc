import { A as loadProvider, Ct as Failure, Et as livesFor, Ft as sayDuration, H as nothingWasSpent, It as sayTime, K as prepare, L as fingerprint, M as refreshLogin, Nt as isoTime, R as openCapsule, Tt as USABLE_MS, j as openStore, tt as sealEnvelope } from "./common.mjs";
import { c as knows, n as credentialOf } from "./record.mjs";
import { r as parseKeys } from "./keys.mjs";
import { a as lookOnward, f as LONGEST_SEND_MS, i as look, l as saying, o as maskOnce, r as isRoot, s as openSession } from "./session.mjs";
import { r as spentFor, t as openShared } from "./shared-envelope.mjs";
import { a as takeOver, n as Waiting, o as refreshTokenOf } from "./waiting.mjs";
import { a as keepShared, c as storeBeside, n as Turn, s as seenAfter, t as Superseded } from "./turn.mjs";
import { t as refusedByProvider } from "./refused2.mjs";
import { n as sealHandOver } from "./handover.mjs";
async function adopt(round, what, copy) {
	let { world, inputs, session, seen } = round, snapshot = round.snapshot, turn = new Turn(session, seen, what, signInOf(round, snapshot)), keeping = keepShared(world, inputs, session, turn, copy, snapshot.shared?.unpublished?.epoch);
	try {
		await turn.intendToPublish();
	} catch (error) {
		if (error instanceof Superseded) return;
		if (!(error instanceof Failure)) throw error;
		return goOn(round, snapshot, keeping, error);
	}
	let until = world.now() + 6e4;
	await keeping.store({
		...snapshot,
		shared: void 0
	}, () => until);
	let { published } = keeping;
	if (published?.type === "failed") return goOn(round, snapshot, keeping, published.failure);
	published?.type === "published" && world.runner.notice(`A login that an earlier job could not publish now stands in ${session.ledger.label}.`);
}
function signInOf({ session }, copy) {
	let spent = spentFor(copy, session.keys, session.site);
	if (!spent) return copy;
	let signIn = {
		...copy,
		refresh: spent
	};
	return maskOnce(session, signIn), signIn;
}
function goOn(round, snapshot, { beside }, failure) {
	let { world, inputs, session, seen, situation, learned } = round, mayGoOn = nothingWasSpent(failure) && inputs.refresh !== "always" && !inputs.writeRefreshToken, now = world.now(), own = livesFor(snapshot, USABLE_MS, now) && !learned.refused?.equals(snapshot.access);
	if (!mayGoOn || !(own || (situation.accessEndsAt ?? Infinity) - now > USABLE_MS)) throw failure;
	world.runner.warning(`A login that an earlier job had renewed and could not publish still stands in no ledger. ${failure.explain()} The job goes on with ${own ? "its access token" : "the access token of the ledger"}.`);
	let result = beside?.type === "stored" ? beside : void 0;
	return own ? {
		acquired: {
			credential: {
				...snapshot,
				shared: void 0
			},
			source: "recovered",
			result
		},
		at: void 0
	} : {
		acquired: {
			credential: credentialOf(seen.record),
			source: "ledger",
			result,
			ledger: session.ledger.label
		},
		at: void 0
	};
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
	let { world, session, seen, snapshot, learned } = round;
	if (turn.state?.what === "sign-in") return await turn.forget(), goOnWithout(round, failure);
	learned.hopeless = {
		token: refreshTokenOf(seen) ?? snapshot?.refresh,
		failure
	};
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
function goOnWithout({ world, learned }, failure) {
	learned.distrusted = !0, world.runner.warning(`The login in \`credential\` was not taken by the provider. ${failure.explain()} Going on with the one in the ledger.`);
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
const WAIT = { type: "wait" }, fail = (why) => ({
	type: "fail",
	why
}), isNext = (record, stored) => stored.lineage !== record.lineage || stored.generation === record.generation + 1, isAdoptable = ({ record, stored, snapshot }) => record !== void 0 && stored?.adoptableOver === record.lineage && isNext(record, stored) && snapshot === "unknown";
function decide(at) {
	let { record, mayRenew, stored, snapshot, firstAttempt, refresh, checksOut } = at;
	if (!record) return mayRenew ? snapshot === "none" && !stored ? fail("no-login") : stored ? fail("stored-by-ledger") : firstAttempt ? {
		type: "renew",
		what: "seed"
	} : fail("re-run") : fail("access-key");
	let held = record.lease !== void 0 && at.leaseLeftMs > 0, asIs = !mayRenew || refresh === "never" || at.renewedMeanwhile, left = (at.accessEndsAt ?? (asIs && !record.dead ? Infinity : 0)) - at.now, usable = left > USABLE_MS, short = left <= at.minValidityMs, use = {
		type: "use",
		short
	};
	if (stored) {
		let ahead = stored.lineage === record.lineage && stored.generation > record.generation, itsOwn = record.lease?.phase === "checked-out" && record.epoch === stored.by;
		if (isAdoptable(at) && mayRenew) return held && !itsOwn ? WAIT : {
			type: "adopt",
			what: ahead ? "record" : "sign-in"
		};
		if (ahead && !(stored.unpublished && isNext(record, stored))) return fail("rolled-back");
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
async function carryOut(round, decision) {
	let { world, inputs, session, seen, snapshot } = round;
	if (decision.type === "fail") throw await sayWhy(round, decision.why);
	let fresh = decision.type === "use" || decision.type === "renew" && decision.what === "record" ? void 0 : snapshot, kept = decision.type === "renew" && fresh && await whyNotSent(round, decision.what);
	if (kept) {
		round.learned.distrusted = !0, round.learned.spared ||= kept === "not proved";
		return;
	}
	let spends = decision.type === "renew" || decision.type === "use" && inputs.writeRefreshToken, what = decision.type === "renew" ? decision.what : "record", copy = copyOf(round, fresh !== void 0), left = spends && await takeOver(round, what, fresh, copy);
	if (left) return left.carried;
	if (decision.type === "use") return use(round, decision.short);
	if (decision.type === "adopt") return adopt(round, decision.what, copy);
	let turn = new Turn(session, seen, decision.what, fresh);
	return renew(round, turn, keepShared(world, inputs, session, turn, copy), fresh);
}
async function use(round, short) {
	let { world, inputs, session, seen, situation } = round, credential = credentialOf(seen.record);
	if (inputs.refresh === "always" && !situation.mayRenew && !situation.renewedMeanwhile && world.runner.warning("`refresh` is `always`, but this job cannot renew the login: `ledger-key` holds no root key (ocr1_…) of it. It uses the access token of the ledger."), short) {
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
const copyOf = (round, itsOwn) => ({
	stored: round.detected?.stored,
	proved: round.learned.proved,
	replaceable: round.detected !== void 0 && (itsOwn || !(holdsMore(round) || round.learned.spared))
});
function holdsMore({ situation, seen }) {
	let { snapshot, stored } = situation;
	return snapshot === "unknown" ? !stored || isAdoptable(situation) || (stored.by ?? 0) > (seen.record?.by ?? 0) : !1;
}
async function repair(round) {
	let { world, inputs, session, seen, situation, snapshot } = round, { record } = seen;
	if (!isRoot(record) || !snapshot) return;
	let { shared, generation } = snapshot;
	if (shared?.lineage === record.lineage && generation >= record.generation && situation.snapshot !== "unknown") return;
	let until = world.now() + 6e4, copy = copyOf(round, !1), result = await storeBeside(world, inputs, session, credentialOf(record), record.lineage, copy, () => until);
	if (result?.type !== "failed") return result?.type === "stored" ? result : void 0;
	let label = inputs.rotateTo?.label;
	world.runner.warning(`${label} is behind the ledger and could not be written. ${result.failure.explain()}`);
}
async function whyNotSent({ world, inputs, session, detected, learned }, what) {
	let store = await openStore(world, inputs), renewedBefore = (detected?.credential.generation ?? 0) > 0, passedOver = (why) => world.runner.notice(`The login in \`credential\` is not taken for a fresh sign-in: the ledger's is used. ${why}`);
	if (!store) {
		if (!renewedBefore) return;
		let { sayUnproved, UNPROVED } = await saying();
		if (what === "seed") throw sayUnproved(session.ledger.label);
		return passedOver(`It was renewed before, and ${UNPROVED}.`), "old";
	}
	try {
		let rules = {
			createSecrets: inputs.createSecrets,
			runAttempt: inputs.github.runAttempt
		};
		learned.proved = await prepare(world, store, { stored: detected?.stored }, rules);
		return;
	} catch (error) {
		if (what !== "sign-in" || !(error instanceof Failure)) throw error;
		let old = error.code === "snapshot-stale" || error.code === "secret-elsewhere";
		return old ? passedOver(error.explain()) : world.runner.warning(`The login in \`credential\` is left alone in this run. ${error.explain()}`), old ? "old" : "not proved";
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
async function renew(round, turn, keeping, fresh) {
	let { world, inputs, session, seen } = round, login = fresh ?? credentialOf(seen.record), timeoutMs = Math.min(inputs.request.timeoutMs, LONGEST_SEND_MS), settings = {
		...inputs,
		request: {
			...inputs.request,
			timeoutMs
		}
	}, provider = await loadProvider(login.provider);
	try {
		fresh || await refuseIfStoredSince(round);
		let { credential, used, result, capsule } = await refreshLogin(world, settings, provider, login, keeping), { published, beside } = keeping;
		if (capsule && published?.type !== "failed" && world.files.remove(capsule), published?.type === "superseded") return;
		let ledger = session.ledger.label, at = published?.type === "published" ? seenAfter(published) : void 0, told = at && beside?.type !== "stored" ? void 0 : beside;
		return {
			acquired: {
				credential,
				source: "refreshed",
				used,
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
async function sayWhy({ inputs, session, seen: { record }, snapshot }, why) {
	let say = await saying(), { label } = session.ledger;
	switch (why) {
		case "rolled-back": return say.sayRolledBack(label, record, snapshot?.generation ?? 0);
		case "dead": return say.sayDead(record?.dead?.at ?? 0, record?.dead?.why ?? "");
		case "cannot-renew": return inputs.writeRefreshToken ? (await import("./say-ended.mjs")).sayNoKey(inputs) : say.sayCannotRenew();
		case "must-not-renew": return say.sayMustNotRenew();
		default: {
			let place = why === "stored-by-ledger" ? snapshot?.shared?.place : void 0;
			return place !== void 0 && place !== session.site.place ? say.sayElsewhere(label, place) : say.sayMissing(label, why);
		}
	}
}
async function handOut(round, carried) {
	let { world, inputs, situation, learned } = round, { credential, source } = carried.acquired, refusal = source === "refreshed" ? void 0 : await refusedByProvider(world, inputs, credential);
	if (refusal) {
		if (learned.refused?.equals(credential.access) || !situation.mayRenew || inputs.refresh === "never") throw refusal;
		learned.refused = credential.access;
	} else return inputs.writeRefreshToken ? checkOut(round, carried) : carried.acquired;
}
async function checkOut(round, { acquired, at }) {
	let { world, inputs, session } = round;
	if (!at || !isRoot(at.record)) return {
		...acquired,
		credential: {
			...acquired.credential,
			refresh: void 0,
			predecessor: void 0
		}
	};
	let credential = credentialOf(at.record), turn = new Turn(session, at, "record", void 0), lent = openCapsule(world, inputs.sealingKey, "lent"), { proved, ...copy } = copyOf(round, !1), replaceable = copy.replaceable || session.beside !== void 0;
	try {
		await turn.intend("checked-out", (state) => {
			let told = {
				...state,
				replaceable,
				proved,
				lent: lent.path
			};
			world.runner.state("turn", JSON.stringify(told)), world.runner.state("checked-out", "true"), lent.save(sealEnvelope(credential, void 0));
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
function tellPost({ runner }, { sealingKey, writeRefreshToken }, { access, refresh }) {
	access && runner.state("access", fingerprint(sealingKey, access)), writeRefreshToken && refresh && runner.state("refresh", fingerprint(sealingKey, refresh));
}
const UNLIKELY = new Set([
	"rolled-back",
	"stored-by-ledger",
	"no-login",
	"access-key",
	"re-run"
]);
async function acquireShared(world, inputs, detected, provider, refused) {
	let session = await openSession(world, inputs, provider), learned = {
		first: void 0,
		refused,
		distrusted: !1,
		spared: !1,
		proved: void 0,
		hopeless: void 0,
		searched: void 0,
		doubts: 0
	}, cache = inputs.accessCache ? await import("./from-cache.mjs") : void 0, cached = refused ? void 0 : await cache?.fromCache(world, inputs, session, detected?.credential, provider);
	if (cached) {
		let { access } = cached.credential;
		if (learned.refused = await refusedByProvider(world, inputs, cached.credential) && access, !learned.refused) return tellPost(world, inputs, cached.credential), cached;
	}
	let waiting = new Waiting(session);
	for (let rounds = 1;; rounds++) {
		let round = await lookAround(world, inputs, session, detected, learned), carried = await play(round, rounds, waiting), acquired = carried && await handOut(round, carried);
		if (acquired) return tellPost(world, inputs, acquired.credential), isRoot(carried.at?.record) && cache?.forCache(world, inputs, session, carried.at.record), mint(session, acquired.credential), acquired;
	}
}
async function lookAround(world, inputs, session, detected, learned) {
	let seen = await lookOnward(session);
	if (seen.behind) throw (await saying()).sayPutBack(session.ledger.label);
	let snapshot = detected && openShared(detected.credential, session.keys, session.site);
	snapshot && maskOnce(session, snapshot);
	let situation = describe(session, inputs, seen, snapshot, learned);
	return learned.first ??= seen.record, {
		world,
		inputs,
		session,
		seen,
		situation,
		snapshot,
		detected,
		learned
	};
}
async function play(round, rounds, waiting) {
	let { world, learned } = round, decision = decide(round.situation);
	if (await refuseEndless(round, decision, rounds, waiting), decision.type === "wait") return wait(round, waiting);
	if (waiting.end(), decision.type === "fail" && UNLIKELY.has(decision.why) && learned.doubts++ < 2) await world.sleep(3e3);
	else return carryOut(round, decision);
}
async function refuseEndless({ seen, learned }, { type, what }, rounds, { waitedMs }) {
	if (rounds > 1 && (type === "wait" ? waitedMs > 18e4 : rounds > 50) && type !== "use" && type !== "fail") throw (await saying()).sayBusy(seen.record?.lease, waitedMs);
	let { hopeless } = learned;
	if ((type === "wait" || type === "renew" && what === "record") && hopeless?.token?.equals(refreshTokenOf(seen))) throw hopeless.failure;
}
async function wait(round, waiting) {
	let { seen, learned } = round, lease = seen.record?.lease, loan = lease?.phase === "checked-out" ? lease.nonce : void 0;
	if (loan !== void 0 && loan !== learned.searched) {
		learned.searched = loan;
		let left = await takeOver(round, "record", void 0, copyOf(round, !1));
		if (left) return waiting.end(), left.carried;
	}
	await waiting.wait(seen);
}
function describe({ keys, world }, inputs, { record, leaseLeftMs }, snapshot, { first, distrusted, refused }) {
	let refresh = snapshot?.refresh, known = distrusted || isRoot(record) && refresh !== void 0 && knows(record, refresh), shared = snapshot?.shared, dead = refused !== void 0 && refused.equals(record?.access.access);
	return {
		record,
		accessEndsAt: dead || !record?.access.access ? 0 : record.accessExpiresAt,
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
function handOverCopy(world, inputs, credential) {
	let keys = parseKeys(inputs.ledgerKey?.reveal() ?? "");
	if (typeof keys == "string") throw new Failure("input-invalid", keys, "`oauth-creds key` makes one.");
	mint({
		keys,
		site: {
			place: credential.shared?.place ?? "",
			provider: credential.provider,
			account: inputs.account
		},
		world
	}, credential);
}
function mint({ keys, site, world }, credential) {
	let [key] = keys.root;
	key && world.runner.outputs({ sealed: sealHandOver(credential, key.access, site, (bytes) => world.random(bytes)) });
}
export { acquireShared, handOverCopy };

import { $ as sealEnvelope, A as openStore, Ft as sayTime, I as fingerprint, L as openCapsule, Mt as isoTime, Pt as sayDuration, Tt as livesFor, V as nothingWasSpent, W as prepare, j as refreshLogin, k as loadProvider, wt as USABLE_MS, xt as Failure } from "./common.mjs";
import { s as knows, t as credentialOf } from "./record.mjs";
import { r as parseKeys } from "./keys.mjs";
import { a as maskOnce, c as saying, d as LONGEST_SEND_MS, i as lookOnward, n as isRoot, o as openSession, r as look } from "./session.mjs";
import { t as openShared } from "./shared-envelope.mjs";
import { a as takeOver, n as Waiting, o as refreshTokenOf } from "./waiting.mjs";
import { a as keepShared, c as storeBeside, n as Turn, s as seenAfter, t as Superseded } from "./turn.mjs";
import { t as refusedByProvider } from "./refused2.mjs";
import { n as sealHandOver } from "./handover.mjs";
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
async function carryOut(round, decision) {
	let { world, inputs, session, seen, snapshot } = round;
	if (decision.type === "fail") throw await sayWhy(round, decision.why);
	let fresh = decision.type === "use" || decision.type === "renew" && decision.what === "record" ? void 0 : snapshot, kept = decision.type === "renew" && fresh && await whyNotSent(round, decision.what);
	if (kept) {
		round.learned.distrusted = !0, round.learned.spared ||= kept === "not proved";
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
const copyOf = ({ detected, situation, learned }, itsOwn) => ({
	stored: detected?.stored,
	replaceable: detected !== void 0 && (itsOwn || situation.snapshot !== "unknown" && !learned.spared)
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
	let { world, inputs, session, seen } = round, login = fresh ?? credentialOf(seen.record), timeoutMs = Math.min(inputs.request.timeoutMs, LONGEST_SEND_MS), settings = {
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
async function handOut(round, carried) {
	let { world, inputs, situation, learned } = round, { credential, source } = carried.acquired, refusal = source === "refreshed" ? void 0 : await refusedByProvider(world, inputs, credential);
	if (refusal) {
		if (learned.refused?.equals(credential.access) || !situation.mayRenew || inputs.refresh === "never") throw refusal;
		learned.refused = credential.access;
	} else return inputs.writeRefreshToken ? checkOut(round, carried) : carried.acquired;
}
async function checkOut({ world, inputs, session, situation, learned }, { acquired, at }) {
	if (!at || !isRoot(at.record)) return {
		...acquired,
		credential: {
			...acquired.credential,
			refresh: void 0,
			predecessor: void 0
		}
	};
	let credential = credentialOf(at.record), turn = new Turn(session, at, "record", void 0), lent = openCapsule(world, inputs.sealingKey, "lent"), replaceable = situation.snapshot !== "unknown" && !learned.spared || session.beside !== void 0;
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
function tellPost({ runner }, { sealingKey, writeRefreshToken }, { access, refresh }) {
	access && runner.state("access", fingerprint(sealingKey, access)), writeRefreshToken && refresh && runner.state("refresh", fingerprint(sealingKey, refresh));
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

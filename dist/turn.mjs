import { At as secretOf, Ct as Failure, J as told, K as prepare, P as deadlineFor, V as noteForPost, j as openStore, q as storeGeneration, vt as parseObject } from "./common.mjs";
import { t as asFailure } from "./as-failure2.mjs";
import { a as withGeneration, d as withFingerprint, i as recordOf, o as withLineage, r as newLineage, s as withoutKept } from "./record.mjs";
import { a as unseal, r as seal } from "./seal.mjs";
import { a as lookOnward, c as problem, d as CHECK_OUT_MS, h as TTL_MS, i as look, l as saying, m as SEND_WITHIN_MS, n as isFinal, p as PUBLISH_WITHIN_MS, r as isRoot, t as amend, u as swap } from "./session.mjs";
import { t as LedgerProblem } from "./ledger.mjs";
import { n as sealShared } from "./shared-envelope.mjs";
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
	})), { dead, accessExpiresAt } = record, ended = turn.what !== "sign-in" && dead?.why === "revoked by its owner" ? {
		dead,
		accessExpiresAt
	} : {};
	return {
		...spent ? withFingerprint(made, spent) : made,
		...ended,
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
				proved: copy.proved,
				spent: sealSpent(session, turn)
			};
			world.runner.state("turn", JSON.stringify({
				...turn.state,
				...more
			})), session.hasSent = !0;
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
				let cameOf = {
					...how,
					spent: turn.spends
				};
				if (now.beside = await storeBeside(world, inputs, session, next, nextLineage, copy, deadline, cameOf), now.beside?.type === "stored") noteForPost(world, "beside", state.nonce);
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
async function storeBeside(world, inputs, session, credential, lineage, copy, deadline, cameOf) {
	let store = await openStore(world, inputs), key = session.keys.root[0];
	if (store && key && copy.replaceable) try {
		let own = ownWriting(session), prepared = own ?? copy.proved ?? await prepareBeside(world, inputs, store, copy);
		if (!prepared) return;
		let sealed = sealShared(credential, lineage, key, session.site, (bytes) => world.random(bytes), cameOf), note = (writing) => {
			session.beside = writing, noteForPost(world, OWN_STATE, JSON.stringify(writing));
		}, begun = {
			earlier: own?.sentAt === void 0 ? void 0 : {
				credential: sealed,
				at: own.sentAt
			},
			tell: (sentAt) => note({
				...prepared,
				sentAt
			})
		}, result = await storeGeneration(world, store, sealed, prepared, void 0, begun, deadline);
		return result.type === "stored" && result.confirmed && result.updatedAt !== void 0 && note({
			...prepared,
			baseline: result.updatedAt,
			sentAt: void 0
		}), result;
	} catch (error) {
		return error instanceof Failure && error.code === "snapshot-stale" ? void 0 : {
			type: "failed",
			failure: (await saying()).sayAfterwards(asFailure(await told(error, store.location)))
		};
	}
}
const OWN_STATE = "wrote-beside";
function ownWriting({ world, beside }) {
	return beside ?? parseObject(world.env[`STATE_${OWN_STATE}`] ?? "");
}
async function prepareBeside(world, inputs, store, copy) {
	let createdAt = copy.stored ? void 0 : await store.runCreatedAt();
	if (!copy.stored && createdAt === void 0) {
		world.runner.warning(`The login of the ledger is not written to ${store.location.label}, beside it: \`credential\` is a login as a person has pasted it, and this token cannot tell whether that still stands there. Give \`secrets-token\` “Actions: read”, or store the login with \`oauth-creds login --rotate-to\`.`);
		return;
	}
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
		let base = this.#base(seen), ttlMs = phase === "intent" ? TTL_MS : CHECK_OUT_MS, lease = {
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
		return this.#intendedAt + PUBLISH_WITHIN_MS;
	}
	mayStillSend() {
		return this.#session.world.now() - this.#intendedAt <= SEND_WITHIN_MS;
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
			} catch (error) {
				if (!(error instanceof LedgerProblem)) throw error;
				let pause = Math.max(1e3 * tries, error.retryAfterMs ?? 0);
				if (isFinal(error) || tries === 4 || pause > 3e4) throw await problem(error, this.#session.ledger.label, !this.begun && !this.#session.hasSent);
				await this.#session.world.sleep(pause), error.sent || (this.#intendedAt = this.#session.world.now());
			}
			let now = await look(this.#session), { lease } = now.record ?? {};
			if (now.entry && lease?.nonce === this.#nonce && lease.attempts === record.lease?.attempts) return now.entry;
			if (tries === 4 || now.entry?.version !== expected?.version) throw new Superseded();
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
			dead: record.dead ?? dead
		}));
	}
	forget() {
		let token = this.#fresh?.refresh;
		return this.release((record) => token ? withFingerprint(record, token) : record);
	}
};
async function releaseLease(session, { nonce, epoch }) {
	let hold = session.world.holdSignals(), lent = !0, free = ({ record, leaseLeftMs }) => {
		if (!isRoot(record)) return;
		lent = record.lease?.nonce === nonce;
		let mayArrive = record.epoch < epoch && leaseLeftMs <= 0;
		return lent || mayArrive ? {
			...record,
			lease: void 0
		} : void 0;
	};
	try {
		await amend(session, free, hold);
	} catch (error) {
		if (lent || !(error instanceof Failure)) throw error;
	} finally {
		hold.release();
	}
}
export { keepShared as a, storeBeside as c, publish as d, copying as i, atFirst as l, Turn as n, openSpent as o, releaseLease as r, seenAfter as s, Superseded as t, mayGoOn as u };

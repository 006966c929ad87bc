import { Ct as Failure, Et as livesFor, Ft as sayDuration, It as sayTime, Tt as USABLE_MS } from "./common.mjs";
import { n as credentialOf } from "./record.mjs";
import { r as isRoot } from "./session.mjs";
import { a as keepShared, n as Turn, s as seenAfter, t as Superseded } from "./turn.mjs";
const refreshTokenOf = ({ record }) => isRoot(record) ? record.refresh : void 0;
async function takeOver(round, what, fresh, copy) {
	let { world, inputs, session, seen } = round, spent = fresh ? fresh.refresh : refreshTokenOf(seen);
	if (!spent || !world.env.ACTIONS_RUNTIME_TOKEN) return;
	let left = await (await import("./unpublished.mjs")).findUnpublished(session, spent);
	if (!left) return;
	if (isOvertaken(what, seen, left)) return round.learned.distrusted = !0, { carried: void 0 };
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
	return !enough && (left.complete || !livesFor(credential, USABLE_MS, now)) ? (round.learned.first = void 0, { carried: void 0 }) : (!enough && credential.accessExpiresAt !== void 0 && world.runner.warning(`The recovered login's access token ends at ${sayTime(credential.accessExpiresAt)}, and is not renewed in this run.`), { carried: {
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
export { takeOver as a, publishLeft as i, Waiting as n, refreshTokenOf as o, isOvertaken as r, LONGEST_WAIT_MS as t };

import { $ as openEnvelope, Ot as tokensOf, P as deadlineFor, V as noteForPost, vt as parseObject, z as maskSecrets } from "./common.mjs";
import { t as asFailure } from "./as-failure2.mjs";
import { t as readCapsule } from "./capsule-open2.mjs";
import { n as credentialOf } from "./record.mjs";
import { a as lookOnward, r as isRoot, s as openSession } from "./session.mjs";
import { t as openShared } from "./shared-envelope.mjs";
import { c as storeBeside, d as publish, i as copying, l as atFirst, o as openSpent, r as releaseLease, u as mayGoOn } from "./turn.mjs";
import { t as STILL_RENEWS } from "./say-result2.mjs";
const turnOf = ({ env }) => parseObject(env.STATE_turn ?? "");
async function lentLogin(world, inputs, detected) {
	let { lent, nonce } = turnOf(world) ?? {};
	if (lent === void 0) return;
	let text = readCapsule(world, inputs.sealingKey, lent);
	if (text !== void 0) return openEnvelope(text).credential;
	let { record } = await lookOnward(await sessionOf(world, inputs, detected));
	return isRoot(record) && record.lease?.nonce === nonce ? credentialOf(record) : void 0;
}
async function settleShared(world, inputs, detected, captured, renewed) {
	let turn = turnOf(world), { nonce, lent } = turn, session = await sessionOf(world, inputs, detected), unpublished = lent === void 0 && world.env.STATE_published !== nonce ? renewed : void 0, newest = captured ?? unpublished, now = newest && await settle(world, inputs, session, turn, detected, newest, captured !== void 0);
	lent === void 0 || newest && now !== "superseded" || await giveBack(session, turn), lent === void 0 || now !== "published" && newest || world.files.remove(lent), !newest && lent === void 0 && world.runner.log("The shared login was settled by the main step.");
}
async function giveBack(session, turn) {
	try {
		await releaseLease(session, turn);
	} catch (error) {
		let { world, ledger } = session;
		noteForPost(world, "still-lent", turn.nonce), world.runner.warning(`The login in ${ledger.label} was lent to this job and could not be given back: until its lease ends, other jobs use its access token and cannot renew it. ${asFailure(error).explain()}`);
	}
}
async function settle(world, inputs, session, turn, detected, newest, byProgram) {
	let { runner } = world;
	maskSecrets(runner, tokensOf(newest));
	let hold = world.holdSignals(), deadline = deadlineFor(world, 9e4, hold, 7e3), what = byProgram ? "The login that the job's program renewed" : "The login that this job renewed", { label } = session.ledger;
	try {
		let present = detected && openShared(detected.credential, session.keys, session.site), known = turn.what === "record" ? void 0 : present?.refresh, how = {
			epoch: turn.epoch,
			over: turn.lineage
		}, told = byProgram ? [] : (world.env.STATE_copied ?? "").split(" "), toldByMain = told[0] === turn.nonce, spent = byProgram ? newest.predecessor : openSpent(session, turn), toCopy = toldByMain && told[1] === "cache" ? void 0 : spent, failed = copying(session, toCopy, {
			next: newest,
			lineage: turn.nextLineage,
			how
		}, deadline), tryUntil = (until) => publish(session, void 0, turn, newest, until, known, failed), replaceable = detected !== void 0 && turn.replaceable !== !1, copy = {
			stored: detected?.stored,
			proved: turn.proved,
			replaceable
		}, store = (login, lineage, cameOf) => storeBeside(world, inputs, session, login, lineage, copy, deadline, cameOf), byMain = !byProgram && world.env.STATE_beside === turn.nonce, inSecret = byMain, published = await tryUntil(atFirst(world, deadline));
		if (published.type === "failed" && (inSecret ||= (await store(newest, turn.nextLineage, {
			...how,
			spent
		}))?.type === "stored", inSecret || await failed(), mayGoOn(world, deadline) && (published = await tryUntil(deadline))), published.type === "superseded") return runner.log(`${what} was renewed by another job too, whose is the living one.`), "superseded";
		if (published.type === "published") {
			let { lineage, generation } = published.record;
			return (byMain || !inSecret) && await store({
				...newest,
				generation
			}, lineage), runner.notice(`${what} now stands in ${label}${byProgram ? "" : " (the main step could not publish it)"}.`), "published";
		}
		if (inSecret) {
			let why = published.failure.explain();
			runner.warning(`${what} could not be published, and is kept in ${inputs.rotateTo?.label}. ${why}`);
		} else {
			let kept = await failed();
			toldByMain || kept?.tell();
			let way = toldByMain || kept !== void 0 ? "Its recovery copy is the way back; without that, sign in again." : "Sign in again.", why = published.failure.explain();
			runner.error(newest.refresh?.equals(spent) ? `${what} could not be published in ${label}. ${STILL_RENEWS} ${why}` : `${what} could not be published, and the login in ${label} has ended. ${why} ${way}`, "oauth-creds: could-not-store");
		}
		return "unpublished";
	} finally {
		hold.release();
	}
}
function sessionOf(world, inputs, detected) {
	let provider = detected?.credential.provider ?? inputs.provider;
	return openSession(world, inputs, provider, turnOf(world)?.place);
}
export { lentLogin, settleShared };

import { Et as tokensOf, N as deadlineFor, R as maskSecrets, X as openEnvelope, ht as parseObject, xt as asFailure } from "./common.mjs";
import { t as readCapsule } from "./capsule-open2.mjs";
import { c as copying, d as releaseLease, f as publish, l as openSpent, p as openShared, r as openSession, u as storeBeside } from "./share.mjs";
const turnOf = ({ env }) => parseObject(env.STATE_turn ?? "");
function lentLogin(world, inputs) {
	let path = turnOf(world)?.lent, text = path === void 0 ? void 0 : readCapsule(world, inputs.sealingKey, path);
	return text === void 0 ? void 0 : openEnvelope(text).credential;
}
async function settleShared(world, inputs, detected, captured, renewed) {
	let turn = turnOf(world), { nonce, lent } = turn, session = await sessionOf(world, inputs, detected), unpublished = lent === void 0 && world.env.STATE_published !== nonce ? renewed : void 0, newest = captured ?? unpublished, now = newest && await settle(world, inputs, session, turn, detected, newest, captured !== void 0);
	lent !== void 0 && now !== "published" && now !== "copied" && await giveBack(session, nonce), lent === void 0 || now !== "published" && newest || world.files.remove(lent), !newest && lent === void 0 && world.runner.log("The shared login was settled by the main step.");
}
async function giveBack(session, nonce) {
	try {
		await releaseLease(session, nonce);
	} catch (error) {
		let { world, ledger } = session;
		world.runner.warning(`The login in ${ledger.label} was lent to this job and could not be given back: until its lease ends, other jobs use its access token and cannot renew it. ${asFailure(error).explain()}`);
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
		}, told = byProgram ? [] : (world.env.STATE_copied ?? "").split(" "), toldByMain = told[0] === turn.nonce, spent = byProgram ? lentLogin(world, inputs)?.refresh : openSpent(session, turn), toCopy = toldByMain && told[1] === "cache" ? void 0 : spent, failed = copying(session, toCopy, {
			next: newest,
			lineage: turn.nextLineage,
			how
		}, deadline), published = await publish(session, void 0, turn, newest, deadline, known, failed);
		if (published.type === "superseded") return runner.log(`${what} was renewed by another job too, whose is the living one.`), "elsewhere";
		let copy = {
			stored: detected?.stored,
			replaceable: detected !== void 0 && turn.replaceable !== !1
		}, done = published.type === "published", lineage = done ? published.record.lineage : turn.nextLineage, generation = done ? published.record.generation : newest.generation, login = {
			...newest,
			generation
		}, byMain = !byProgram && world.env.STATE_beside === turn.nonce, beside = byMain && !done ? void 0 : await storeBeside(world, inputs, session, login, lineage, copy, deadline, done ? void 0 : how);
		if (done) runner.notice(`${what} now stands in ${label}${byProgram ? "" : " (the main step could not publish it)"}.`);
		else if (byMain || beside?.type === "stored") {
			let why = published.failure.explain();
			runner.warning(`${what} could not be published, and is kept in ${inputs.rotateTo?.label}. ${why}`);
		} else {
			let kept = await failed();
			toldByMain || kept?.tell();
			let copied = toldByMain || kept !== void 0, way = copied ? "Its recovery copy is the way back; without that, sign in again." : "Sign in again.";
			if (runner.error(`${what} could not be published, and the login in ${label} has ended. ${published.failure.explain()} ${way}`, "oauth-creds: could-not-store"), copied) return "copied";
		}
		return done ? "published" : "elsewhere";
	} finally {
		hold.release();
	}
}
function sessionOf(world, inputs, detected) {
	let provider = detected?.credential.provider ?? inputs.provider;
	return openSession(world, inputs, provider, turnOf(world)?.place);
}
export { lentLogin, settleShared };

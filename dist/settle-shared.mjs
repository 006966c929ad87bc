import { Dt as tokensOf, F as maskSecrets } from "./common.mjs";
import { a as releaseLease, d as credentialOf, i as storeBeside, l as look, o as publish, r as openSession, s as openShared } from "./share.mjs";
async function checkedOut(world, inputs, detected) {
	if (!world.env["STATE_checked-out"]) return;
	let { record } = await look(await sessionOf(world, inputs, detected));
	return record && credentialOf(record);
}
async function settleShared(world, inputs, detected, captured, renewed) {
	let { env, runner } = world, turn = JSON.parse(env.STATE_turn ?? "null"), session = await sessionOf(world, inputs, detected), newest = captured ?? (env.STATE_published === turn.nonce ? void 0 : renewed);
	newest && await settle(world, inputs, session, turn, detected, newest, captured !== void 0), env["STATE_checked-out"] ? await releaseLease(session, turn.nonce) : newest || runner.log("The shared login was settled by the main step.");
}
async function settle(world, inputs, session, turn, detected, newest, byProgram) {
	let { runner } = world;
	maskSecrets(runner, tokensOf(newest));
	let hold = world.holdSignals(), begun = world.now(), deadline = () => Math.min(begun + 9e4, (hold.signalledAt() ?? Infinity) + 7e3), what = byProgram ? "The login that the job's program renewed" : "The login that this job renewed", { label } = session.ledger;
	try {
		let present = detected && openShared(detected.credential, session.keys, session.site), spent = turn.what === "record" ? void 0 : present?.refresh, published = await publish(session, void 0, turn, newest, deadline, spent);
		if (published.type === "superseded") {
			runner.log(`${what} was renewed by another job too, whose is the living one.`);
			return;
		}
		let copy = {
			stored: detected?.stored,
			replaceable: detected !== void 0 && turn.replaceable !== !1
		}, done = published.type === "published", lineage = done ? published.record.lineage : turn.nextLineage, generation = done ? published.record.generation : newest.generation, login = {
			...newest,
			generation
		}, beside = done ? await storeBeside(world, inputs, session, login, lineage, copy, deadline) : await storeBeside(world, inputs, session, login, lineage, copy, deadline, {
			epoch: turn.epoch,
			over: turn.lineage
		});
		if (done) runner.notice(`${what} now stands in ${label}${byProgram ? "" : " (the main step could not publish it)"}.`);
		else if (beside?.type === "stored") {
			let why = published.failure.explain();
			runner.warning(`${what} could not be published, and is kept in ${inputs.rotateTo?.label}. ${why}`);
		} else runner.error(`${what} could not be published, and the login in ${label} has ended. ${published.failure.explain()} Sign in again.`, "oauth-creds: could-not-store");
	} finally {
		hold.release();
	}
}
function sessionOf(world, inputs, detected) {
	let provider = detected?.credential.provider ?? inputs.provider, turn = JSON.parse(world.env.STATE_turn ?? "null");
	return openSession(world, inputs, provider, turn?.place);
}
export { checkedOut, settleShared };

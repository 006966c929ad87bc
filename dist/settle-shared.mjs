import { S as maskSecrets, et as tokensOf } from "./common.mjs";
import { a as look, i as releaseLease, n as openSession, o as storeBeside, r as publish, s as credentialOf } from "./share.mjs";
async function checkedOut(world, inputs, detected) {
	let { record } = await look(await sessionOf(world, inputs, detected));
	return record && credentialOf(record);
}
async function settleShared(world, inputs, detected, captured, renewed) {
	let { env, runner } = world, turn = JSON.parse(env.STATE_turn ?? "null"), session = await sessionOf(world, inputs, detected), unpublished = env.STATE_capsule && env.STATE_published === void 0 && env["STATE_checked-out"] === void 0, newest = captured ?? (unpublished ? renewed : void 0);
	if (!newest) {
		env["STATE_checked-out"] && await releaseLease(session, turn.nonce);
		return;
	}
	maskSecrets(runner, tokensOf(newest));
	let hold = world.holdSignals();
	try {
		let deadline = () => (hold.signalledAt() === void 0 ? Infinity : hold.signalledAt() ?? 0) + 7e3, what = captured ? "The login that the job's program renewed" : "The login that this job renewed", published = await publish(session, void 0, turn, newest, deadline), { label } = session.ledger;
		if (published.type === "superseded") {
			runner.log(`${what} was renewed by another job too, whose is the living one.`);
			return;
		}
		let lineage = published.type === "published" ? published.record.lineage : turn.lineage, generation = published.type === "published" ? published.record.generation : newest.generation, beside = await storeBeside(world, inputs, session, {
			...newest,
			generation
		}, lineage, detected?.stored, {
			unpublished: published.type === "failed",
			deadline
		});
		published.type === "published" ? runner.notice(`${what} now stands in ${label}${captured ? "" : " (the main step could not publish it)"}.`) : beside?.type === "stored" ? runner.warning(`${what} could not be published, and is kept in ${inputs.rotateTo?.label}. ${published.failure.explain()}`) : runner.error(`${what} could not be published, and the login in ${label} has ended. ${published.failure.explain()} Sign in again.`, "oauth-creds: could-not-store");
	} finally {
		hold.release();
	}
}
const sessionOf = (world, inputs, detected) => openSession(world, inputs, detected?.credential.provider ?? inputs.provider);
export { checkedOut, settleShared };

import { D as renew, Et as sayTime, I as fingerprint, M as storeDeadline, Ot as livesFor, St as MINUTE_MS, z as keepInSecret } from "./common.mjs";
const USABLE_MS = 5 * MINUTE_MS;
async function takeOver(world, inputs, stored, place, { next, complete }) {
	let { runner } = world, { label } = place.store.location, keeping = keepInSecret(world, place, {
		login: stored,
		account: inputs.account
	}), hold = world.holdSignals(), result;
	try {
		result = await keeping.store(next, storeDeadline(world, hold));
	} finally {
		hold.release();
	}
	if (result.type === "failed") throw result.failure;
	runner.notice(result.type === "stored" ? `An earlier job had renewed this login and could not store it. Its recovery copy is now stored in ${label}.` : `An earlier job had renewed this login and could not store it. Its recovery copy was not needed: ${label} was written by somebody else.`);
	let recovered = {
		credential: next,
		source: "recovered",
		result
	}, goodEnough = inputs.refresh !== "always" && livesFor(next, inputs.minValidityMs, world.now()), baseline = result.type === "stored" ? result.updatedAt ?? place.prepared.baseline : void 0;
	next.access && runner.state("access", fingerprint(inputs.sealingKey, next.access)), inputs.writeRefreshToken && next.refresh && runner.state("refresh", fingerprint(inputs.sealingKey, next.refresh)), runner.state("stored", String(baseline ?? ""));
	let mayRenew = inputs.refresh !== "never" && complete && result.type === "stored";
	if (goodEnough || !mayRenew) {
		if (!livesFor(next, USABLE_MS, world.now())) throw (await import("./say-ended.mjs")).sayEnded(next);
		return !goodEnough && next.accessExpiresAt !== void 0 && runner.warning(`The recovered login's access token ends at ${sayTime(next.accessExpiresAt)}, sooner than \`min-validity\`.`), recovered;
	}
	let prepared = {
		...place.prepared,
		baseline
	};
	return runner.state("prepared", JSON.stringify(prepared)), renew(world, inputs, next, {
		...place,
		prepared
	});
}
export { takeOver };

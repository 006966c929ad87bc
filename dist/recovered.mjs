import { $ as sealEnvelope, D as renew, Ft as sayTime, I as fingerprint, L as openCapsule, M as storeDeadline, Tt as livesFor, wt as USABLE_MS, z as keepInSecret } from "./common.mjs";
async function takeOver(world, inputs, stored, place, { next, complete }) {
	let { runner } = world, { label } = place.store.location, keeping = keepInSecret(world, place, {
		login: stored,
		account: inputs.account,
		copied: !0
	}), capsule = openCapsule(world, inputs.sealingKey, "login");
	runner.state("capsule", capsule.path), runner.state("copied", "true"), capsule.save(sealEnvelope(next, void 0));
	let hold = world.holdSignals(), result;
	try {
		result = await keeping.store(next, storeDeadline(world, hold));
	} finally {
		hold.release();
	}
	let usable = livesFor(next, USABLE_MS, world.now()), WHAT = {
		stored: `is now stored in ${label}.`,
		moved: `was not needed: ${label} was ${result.type === "moved" && result.deleted ? "deleted" : "written by somebody else"}.`,
		failed: `is ${usable ? "used by this job, and " : ""}still not stored: see below.`
	};
	runner.notice(`An earlier job had renewed this login and could not store it. Its recovery copy ${WHAT[result.type]}`);
	let recovered = {
		credential: next,
		source: "recovered",
		result
	}, goodEnough = inputs.refresh !== "always" && livesFor(next, inputs.minValidityMs, world.now()), baseline = result.type === "stored" ? result.updatedAt ?? place.prepared.baseline : void 0;
	next.access && runner.state("access", fingerprint(inputs.sealingKey, next.access)), inputs.writeRefreshToken && next.refresh && runner.state("refresh", fingerprint(inputs.sealingKey, next.refresh));
	let mayRenew = inputs.refresh !== "never" && complete && result.type === "stored" && result.confirmed;
	if (goodEnough || !mayRenew) {
		if (result.type !== "failed" && runner.state("stored", String(baseline ?? "")), !usable) {
			if (result.type === "failed") throw result.failure;
			let { sayEnded, sayLeftEnded } = await import("./say-ended.mjs");
			throw inputs.refresh === "never" ? sayEnded(next) : sayLeftEnded(next, result, label);
		}
		return !goodEnough && next.accessExpiresAt !== void 0 && runner.warning(`The recovered login's access token ends at ${sayTime(next.accessExpiresAt)}, sooner than \`min-validity\`.`), recovered;
	}
	let prepared = {
		...place.prepared,
		baseline
	};
	runner.state("prepared", JSON.stringify(prepared));
	for (let name of ["copied", "putting"]) runner.state(name, "");
	return runner.state("taken", capsule.path), renew(world, inputs, next, {
		...place,
		prepared
	});
}
export { takeOver };

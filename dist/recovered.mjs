import { Ct as Failure, Et as livesFor, It as sayTime, L as fingerprint, N as storeDeadline, O as renew, R as openCapsule, Tt as USABLE_MS, V as noteForPost, q as storeGeneration, tt as sealEnvelope } from "./common.mjs";
import { t as comeApart } from "./apart2.mjs";
async function takeOver(world, inputs, place, left) {
	if (left instanceof Failure) throw left;
	let { next, complete } = left, { runner } = world, { store } = place, { label } = store.location, savedAt = 0, begun = { tell(at) {
		savedAt = at, noteForPost(world, "putting", String(at));
	} }, capsule = openCapsule(world, inputs.sealingKey, "login");
	runner.state("capsule", capsule.path), runner.state("copied", "true"), capsule.save(sealEnvelope(next, void 0));
	let hold = world.holdSignals(), result;
	try {
		let until = storeDeadline(world, hold);
		result = await storeGeneration(world, store, next, place.prepared, void 0, begun, until);
	} finally {
		hold.release();
	}
	let usable = livesFor(next, USABLE_MS, world.now()), WHAT = {
		stored: result.type === "stored" && result.confirmed ? `is now stored in ${label}.` : `may be stored in ${label}: what stands there was not seen to be it, and may be somebody else's.`,
		moved: `was not needed: ${label} was ${result.type === "moved" && result.deleted ? "deleted" : "written by somebody else"}.`,
		failed: `is ${usable ? "used by this job, and " : ""}still not stored: see below.`
	};
	runner.notice(`An earlier job had renewed this login and could not store it. Its recovery copy ${WHAT[result.type]}`);
	let goodEnough = inputs.refresh !== "always" && livesFor(next, inputs.minValidityMs, world.now()), baseline = result.type === "stored" ? result.updatedAt ?? place.prepared.baseline : void 0;
	next.access && runner.state("access", fingerprint(inputs.sealingKey, next.access)), inputs.writeRefreshToken && next.refresh && runner.state("refresh", fingerprint(inputs.sealingKey, next.refresh));
	let mayRenew = inputs.refresh !== "never" && complete && result.type === "stored" && result.confirmed;
	if (!goodEnough && mayRenew && !store.prepare) {
		let waiting = world.holdSignals(), now = await comeApart(world, store, savedAt, void 0, () => waiting.signalledAt() === void 0).catch(() => void 0).finally(waiting.release);
		mayRenew = now !== void 0 && (now.updatedAt ?? 0) <= (baseline ?? 0), now && !mayRenew && (result = {
			type: "moved",
			deleted: !1
		});
	}
	if (goodEnough || !mayRenew) {
		if (result.type !== "failed" && runner.state("stored", String(baseline ?? "")), !usable) {
			if (result.type === "failed") throw result.failure;
			let { sayEnded, sayLeftEnded } = await import("./say-ended.mjs");
			throw inputs.refresh === "never" ? sayEnded(next) : sayLeftEnded(next, result, label);
		}
		return !goodEnough && next.accessExpiresAt !== void 0 && runner.warning(`The recovered login's access token ends at ${sayTime(next.accessExpiresAt)}, sooner than \`min-validity\`.`), {
			credential: next,
			source: "recovered",
			result
		};
	}
	let prepared = {
		...place.prepared,
		baseline
	};
	runner.state("prepared", JSON.stringify(prepared));
	for (let name of ["copied", "putting"]) runner.state(name, "");
	runner.state("taken", capsule.path);
	try {
		return await renew(world, inputs, next, {
			...place,
			prepared
		});
	} catch (error) {
		(await import("./say-ended.mjs")).goOnOrThrow(world, inputs, error, next);
		let settled = {
			stored: String(baseline ?? ""),
			capsule: capsule.path,
			taken: ""
		};
		for (let [name, value] of Object.entries(settled)) runner.state(name, value);
		return {
			credential: next,
			source: "recovered",
			result
		};
	}
}
export { takeOver };

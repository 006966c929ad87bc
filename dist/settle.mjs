import { $ as openEnvelope, N as storeDeadline, Ot as tokensOf, P as deadlineFor, j as openStore, q as storeGeneration, z as maskSecrets } from "./common.mjs";
import { t as sayMoved } from "./say-moved.mjs";
import { t as readCapsule } from "./capsule-open2.mjs";
import { t as STILL_RENEWS } from "./say-result2.mjs";
import { t as readBack } from "./read-back.mjs";
import { t as comeApart } from "./apart2.mjs";
function leftByMain(world, inputs, detected) {
	let inCapsule = (path) => {
		let kept = path ? readCapsule(world, inputs.sealingKey, path) : void 0;
		return kept ? openEnvelope(kept).credential : void 0;
	}, renewed = inCapsule(world.env.STATE_capsule), taken = inCapsule(world.env.STATE_taken);
	return maskSecrets(world.runner, [renewed, taken].flatMap((login) => login ? tokensOf(login) : [])), {
		given: detected?.credential,
		taken,
		renewed
	};
}
async function capturedFrom(world, inputs, files, handedOut) {
	let captured = await inFiles(world, files, handedOut), lent = files.find(({ target }) => target === "codex");
	return lent ? (await import("./imported.mjs")).orImported(world, inputs, lent, handedOut, captured) : captured;
}
async function inFiles(world, files, handedOut) {
	for (let entry of files) {
		let found = await readBack(world, entry, handedOut);
		if (found) {
			if (found.credential) return found.credential;
			world.runner.warning(`${entry.path}: ${found.refused} The stored login was left as it is; if the program has renewed it, it has ended: sign in again.`);
		}
	}
}
async function storeNewest(world, inputs, generations, latest, done) {
	let { env, runner } = world, { given, taken, renewed, captured } = generations, store = await openStore(world, inputs), prepared = JSON.parse(env.STATE_prepared ?? "null");
	if (!store || !prepared) return;
	let { newRecoveryKey } = await import("./copy.mjs"), recovery = latest.recovery ?? given?.recovery ?? newRecoveryKey((bytes) => world.random(bytes)), newest = {
		...latest,
		recovery
	};
	maskSecrets(runner, tokensOf(newest));
	let place = {
		...prepared,
		baseline: Number(env.STATE_stored) || prepared.baseline
	}, putAt = env.STATE_stored === void 0 ? Number(env.STATE_putting) : 0, earlier = captured && renewed && putAt > 0 ? {
		credential: renewed,
		at: putAt
	} : void 0, savedAt = Number(env.STATE_putting), begun = {
		sentAt: captured ? void 0 : putAt || void 0,
		earlier,
		tell: (at) => void (savedAt = at)
	}, what = captured ? "The login that the job's program renewed" : "The login that this job renewed", { label } = store.location, hold = world.holdSignals();
	try {
		captured && savedAt > 0 && !store.prepare && await comeApart(world, store, savedAt, void 0, () => hold.signalledAt() === void 0).catch(() => {});
		let result = await storeGeneration(world, store, newest, place, void 0, begun, storeDeadline(world, hold));
		if (result.type === "stored" && result.confirmed) result.updatedAt !== void 0 && done({
			login: newest,
			at: result.updatedAt,
			savedAt
		}), runner.notice(`${what} is now stored in ${label}${captured ? "" : " (the main step could not)"}.`);
		else if (result.type === "stored") runner.warning(`${what}: ${label} was written meanwhile, by this job's main step or by somebody else, and left as it is.`);
		else if (result.type === "moved") runner.warning(`${what} was not stored: ${sayMoved(result.deleted, label)}`);
		else {
			let { keepWayBack } = await import("./way-back.mjs"), until = deadlineFor(world, 2e4, hold, 8e3), hasCopy = await keepWayBack(world, inputs, store.location, generations, newest, until), why = result.failure.explain(), ended = !newest.refresh?.equals((taken ?? given)?.refresh), way = hasCopy ? "Its recovery copy is the way back; without that, sign in again." : "Sign in again.";
			runner.error(ended ? `${what} could not be stored, and the login in ${label} has ended. ${why} ${way}` : `${what} could not be stored in ${label}. ${STILL_RENEWS} ${why}`, "oauth-creds: could-not-store");
		}
		result.type === "stored" && await copyOn(world, inputs, newest, result.updatedAt);
	} finally {
		hold.release();
	}
}
async function copyOn(world, inputs, login, since) {
	if (!login || inputs.accessTo.length === 0) return;
	let { projectAccess } = await import("./projections.mjs");
	await projectAccess(world, inputs, login, since);
}
async function settle(world, inputs, detected, files) {
	let stored, captured = await settleOnce(world, inputs, detected, files, (now) => stored = now);
	if (!captured) return;
	let later = await (await import("./once-more.mjs")).onceMore(world, files, captured, stored);
	return !later || !stored || !detected ? captured : await settleOnce(later, inputs, {
		...detected,
		credential: stored.login
	}, files) ?? captured;
}
async function settleOnce(world, inputs, detected, files, done = () => {}) {
	let { env, runner } = world, left = leftByMain(world, inputs, detected), { renewed } = left, shared = inputs.ledgerKey && env.STATE_turn ? await import("./settle-shared.mjs") : void 0, handedOut = shared ? await shared.lentLogin(world, inputs, detected) : renewed ?? left.given;
	maskSecrets(runner, handedOut ? tokensOf(handedOut) : []);
	let captured = inputs.writeRefreshToken && handedOut ? await capturedFrom(world, inputs, files, handedOut) : void 0;
	if (shared) return await shared.settleShared(world, inputs, detected, captured, renewed), await copyOn(world, inputs, captured ?? (env.STATE_unprojected ? renewed : void 0), void 0), captured;
	let latest = captured ?? (env.STATE_stored === void 0 ? renewed : void 0);
	return latest ? await storeNewest(world, inputs, {
		...left,
		captured
	}, latest, done) : env.STATE_unprojected && await copyOn(world, inputs, renewed, Number(env.STATE_stored) || void 0), captured;
}
export { settle };

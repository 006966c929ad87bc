import { A as openStore, Et as tokensOf, M as storeDeadline, N as deadlineFor, R as maskSecrets, W as storeGeneration, X as openEnvelope, c as loadTarget, u as parsed } from "./common.mjs";
import { t as sayMoved } from "./say-moved.mjs";
import { t as readCapsule } from "./capsule-open2.mjs";
function capture(found, ended, known) {
	if (!found) return {
		refused: ended ? "The program says that this login has ended (it emptied its tokens)." : "The job left no login in it, or one that is cut off.",
		unfinished: !ended
	};
	if (!found.refresh || found.refresh.equals(known.refresh)) return;
	if (found.refresh.equals(known.predecessor)) return { refused: "The job put an older login back." };
	if (!found.access || !looksWhole(found)) return {
		refused: "The job left a login that is cut off or not of this provider.",
		unfinished: !0
	};
	if (found.accessExpiresAt === void 0 || found.accessExpiresAt + 9e5 <= (known.accessExpiresAt ?? 0)) return { refused: "The job left a login that is not newer than the one it was given." };
	if (accountsOf(found).some((id, at) => id !== void 0 && (accountsOf(known)[at] ?? id) !== id)) return { refused: "The job left a login of another account." };
	let ends = [known.loginExpiresAt, found.loginExpiresAt].filter((end) => end !== void 0);
	return { credential: {
		...known,
		...found,
		recovery: known.recovery,
		clientAuth: known.clientAuth,
		generation: known.generation + 1,
		loginExpiresAt: ends.length > 0 ? Math.min(...ends) : void 0,
		clientId: known.clientId ?? found.clientId,
		plan: found.plan ?? known.plan,
		scopes: found.scopes ?? known.scopes,
		idToken: found.idToken ?? known.idToken,
		accountId: found.accountId ?? known.accountId,
		other: {
			...known.other,
			...found.other
		},
		predecessor: known.refresh
	} };
}
const accountsOf = ({ accountId, other }) => [
	accountId,
	other.accountUuid,
	other.organizationUuid
], WHOLE = {
	anthropic: {
		access: /^sk-ant-oat\d*-[\w.~+/=-]{16,}$/,
		refresh: /^sk-ant-ort\d*-[\w.~+/=-]{16,}$/
	},
	openai: {
		access: /^[\w-]{16,}\.[\w-]{16,}\.[\w-]*$/,
		refresh: /^[\w.~+/=-]{16,}$/
	},
	custom: {
		access: /^\S{8,}$/,
		refresh: /^\S{8,}$/
	}
};
function looksWhole({ provider, access, refresh }) {
	let look = WHOLE[provider];
	return look.access.test(access?.reveal() ?? "") && look.refresh.test(refresh?.reveal() ?? "");
}
async function readBack(world, entry, known) {
	let target = await loadTarget(entry.target), hold = world.holdSignals(), release;
	try {
		release = await lockedOrNot(world, target, entry.path, () => hold.signalledAt() === void 0);
		for (let looks = 1;; looks++) {
			let found = look(world, target, entry, known);
			if (!found?.unfinished || looks === 3) return found;
			await world.sleep(750);
		}
	} finally {
		release?.(), hold.release();
	}
}
function look(world, target, { slot, path }, known) {
	let section = target.get(parsed(target, world.files.read(path) ?? ""), slot);
	return capture(section && target.read(section, slot, world.now()), section !== void 0 && target.ended?.(section) === !0, known);
}
async function lockedOrNot(world, target, path, mayWait) {
	let locks = target.locks?.(path), folder = process.getBuiltinModule("node:path").dirname(path);
	if (!locks || !world.files.exists(folder)) return;
	let { takeLocks } = await import("./lock.mjs");
	try {
		return await takeLocks(world, locks, mayWait);
	} catch {
		world.runner.log(`${path}: its program keeps its lock, or none can be made there; the file is read as it stands.`);
		return;
	}
}
async function settle(world, inputs, detected, files) {
	let { env, runner } = world, key = inputs.sealingKey, kept = env.STATE_capsule ? readCapsule(world, key, env.STATE_capsule) : void 0, renewed = kept ? openEnvelope(kept).credential : void 0, takenOver = env.STATE_taken ? readCapsule(world, key, env.STATE_taken) : void 0, taken = takenOver ? openEnvelope(takenOver).credential : void 0;
	maskSecrets(runner, [renewed, taken].flatMap((login) => login ? tokensOf(login) : []));
	let shared = inputs.ledgerKey && env.STATE_turn ? await import("./settle-shared.mjs") : void 0, known = shared ? shared.lentLogin(world, inputs) : renewed ?? detected?.credential;
	maskSecrets(runner, known ? tokensOf(known) : []);
	let captured = inputs.writeRefreshToken && known ? await captureFirst(world, files, known) : void 0;
	if (shared) return await shared.settleShared(world, inputs, detected, captured, renewed), await copyOn(world, inputs, captured ?? (env.STATE_unprojected ? renewed : void 0), void 0), captured;
	let latest = captured ?? (env.STATE_stored === void 0 ? renewed : void 0);
	!latest && env.STATE_unprojected && await copyOn(world, inputs, renewed, Number(env.STATE_stored) || void 0);
	let store = await openStore(world, inputs);
	if (!latest || !store) return captured;
	let { newRecoveryKey } = await import("./copy.mjs"), recovery = latest.recovery ?? detected?.credential.recovery ?? newRecoveryKey((bytes) => world.random(bytes)), newest = {
		...latest,
		recovery
	};
	maskSecrets(runner, tokensOf(newest));
	let prepared = JSON.parse(env.STATE_prepared ?? "null");
	if (!prepared) return captured;
	let storedAt = Number(env.STATE_stored) || prepared.baseline, hold = world.holdSignals();
	try {
		let place = {
			...prepared,
			baseline: storedAt
		}, putAt = env.STATE_stored === void 0 ? Number(env.STATE_putting) : 0, result = await storeGeneration(world, store, newest, place, void 0, {
			sentAt: captured ? void 0 : putAt || void 0,
			earlier: captured && renewed && putAt > 0 ? {
				credential: renewed,
				at: putAt
			} : void 0,
			tell: () => {}
		}, storeDeadline(world, hold)), what = captured ? "The login that the job's program renewed" : "The login that this job renewed", { label } = store.location;
		if (result.type === "stored" && result.confirmed) runner.notice(`${what} is now stored in ${label}${captured ? "" : " (the main step could not)"}.`);
		else if (result.type === "stored") runner.warning(`${what}: ${label} was written meanwhile, by this job's main step or by somebody else, and left as it is.`);
		else if (result.type === "moved") runner.warning(`${what} was not stored: ${sayMoved(result.deleted, label)}`);
		else {
			let { keepWayBack } = await import("./way-back.mjs"), generations = {
				given: detected?.credential,
				taken,
				renewed,
				captured
			}, until = deadlineFor(world, 2e4, hold, 8e3), hasCopy = await keepWayBack(world, inputs, store.location, generations, newest, until);
			runner.error(`${what} could not be stored, and the login in ${label} has ended. ${result.failure.explain()} ` + (hasCopy ? "Its recovery copy is the way back; without that, sign in again." : "Sign in again."), "oauth-creds: could-not-store");
		}
		result.type === "stored" && await copyOn(world, inputs, newest, result.updatedAt);
	} finally {
		hold.release();
	}
	return captured;
}
async function copyOn(world, inputs, login, since) {
	if (!login || inputs.accessTo.length === 0) return;
	let { projectAccess } = await import("./projections2.mjs");
	await projectAccess(world, inputs, login, since);
}
async function captureFirst(world, files, known) {
	for (let entry of files) {
		let found = await readBack(world, entry, known);
		if (found) {
			if (found.credential) return found.credential;
			world.runner.warning(`${entry.path}: ${found.refused} The stored login was left as it is; if the program has renewed it, it has ended: sign in again.`);
		}
	}
}
export { settle };

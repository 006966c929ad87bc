import { c as loadTarget, u as parsed } from "./common.mjs";
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
	if (world.files.exists(entry.temp)) return;
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
export { readBack as t };

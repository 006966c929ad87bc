import { c as loadTarget, f as removeFolders, l as lockedAgainst, u as parsed } from "./common.mjs";
const { dirname } = process.getBuiltinModule("node:path");
async function clean(world, inputs, entries, isOurs) {
	for (let entry of entries) try {
		await cleanOne(world, inputs, entry, isOurs);
	} catch (error) {
		let { asFailure } = await import("./as-failure.mjs");
		world.runner.warning(`${entry.path} could not be put back. ${asFailure(error).explain()}`);
	}
}
async function cleanOne(world, inputs, entry, isOurs) {
	let { path, temp, made, backup } = entry, target = await loadTarget(entry.target), before = backup && ((await import("./capsule-open.mjs")).readCapsule(world, inputs.sealingKey, backup) ?? "{}");
	world.files.exists(temp) || await lockedAgainst(world, {
		target,
		entry
	}, () => {
		let present = world.files.read(path);
		if (present === before) return;
		let wanted = cleaned(target, entry.slot, present, before, isOurs, world.now());
		wanted === present ? world.runner.log(`Left ${path} as it is: somebody else has written a login there since.`) : wanted === void 0 ? (world.files.remove(path), world.runner.log(`Removed ${path}.`)) : (world.files.makeFolder(dirname(path)), world.files.openBeside(path).commit(wanted), world.runner.log(`Restored ${path}.`));
	}), world.files.remove(temp), backup !== void 0 && world.files.remove(backup), removeFolders(world, made);
}
function cleaned(target, slot, present, before, isOurs, now) {
	if (present === void 0) return before;
	let doc = target.parse(present);
	if (!doc) return /sk-ant-|eyJ|"(claudeAi|tokens|profiles|anthropic|openai)/.test(present) ? before : present;
	let section = target.get(doc, slot), login = section && target.read(section, slot, now), ours = login ? [login.access, login.refresh].some((token) => token && isOurs(token)) : section !== void 0 && target.ended?.(section) === !0;
	if (!section || !ours) return present;
	let without = (other) => target.set(other, slot, void 0), old = parsed(target, before ?? ""), rest = without(before === void 0 ? target.set(old, slot, section) : old);
	return JSON.stringify(inOrder(without(doc))) === JSON.stringify(inOrder(rest)) ? before : target.print(target.set(doc, slot, target.get(old, slot)));
}
function inOrder(value) {
	if (Array.isArray(value)) return value.map(inOrder);
	if (!(value instanceof Object)) return value;
	let entries = Object.entries(value).toSorted(([a], [b]) => a < b ? -1 : 1);
	return Object.fromEntries(entries.map(([key, inner]) => [key, inOrder(inner)]));
}
export { clean as t };

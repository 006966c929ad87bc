import { K as asFailure, V as parseObject, W as toFailure, X as sayDuration, Z as sayTime, a as lockedAgainst, b as fingerprint, c as removeFolders, d as maskInputs, f as recognise, i as loadTarget, l as whereabouts, n as nodeWorld, o as parsed, p as readInputs, s as loadManifest, x as readCapsule } from "./common.mjs";
const { dirname } = process.getBuiltinModule("node:path");
async function clean(world, inputs, entries, isOurs) {
	for (let entry of entries) try {
		await cleanOne(world, inputs, entry, isOurs);
	} catch (error) {
		world.runner.warning(`${entry.path} could not be put back. ${asFailure(error).explain()}`);
	}
}
async function cleanOne(world, inputs, entry, isOurs) {
	let { path, temp, made, backup } = entry, target = await loadTarget(entry.target);
	world.files.remove(temp);
	let before = backup && (readCapsule(world, inputs.sealingKey, backup) ?? "{}");
	await lockedAgainst(world, {
		target,
		entry
	}, () => {
		let present = world.files.read(path);
		if (present === before) return;
		let wanted = cleaned(target, entry.slot, present, before, isOurs, world.now());
		wanted === present ? world.runner.log(`Left ${path} as it is: somebody else has written a login there since.`) : wanted === void 0 ? (world.files.remove(path), world.runner.log(`Removed ${path}.`)) : (world.files.makeFolder(dirname(path)), world.files.openBeside(path).commit(wanted), world.runner.log(`Restored ${path}.`));
	}), backup !== void 0 && world.files.remove(backup), removeFolders(world, made);
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
async function finish(world) {
	let { env } = world, capsule = env.STATE_capsule, openclaw = env.STATE_openclaw;
	(env.STATE_files || capsule || openclaw || env["STATE_access-ends"]) && await orWarn(world, async () => {
		let files = loadManifest(world), masked = maskInputs(world), inputs = readInputs(env, "post"), detected = inputs.credential ? await recognise(world, inputs, masked) : void 0, ours = [detected?.credential.access, detected?.credential.refresh];
		if (await orWarn(world, async () => {
			let { nonce } = parseObject(env.STATE_turn ?? "") ?? {}, settled = nonce ? env.STATE_published === nonce : env.STATE_stored !== void 0;
			if ((!capsule || settled) && !inputs.writeRefreshToken) return;
			let { settle } = await import("./settle.mjs");
			ours.push((await settle(world, inputs, detected, files))?.access);
		}), inputs.cleanup && await clean(world, inputs, files, knower(world, inputs.sealingKey, ours)), inputs.cleanup && openclaw) {
			let { undoOpenclaw } = await import("./openclaw-program.mjs");
			await orWarn(world, () => undoOpenclaw(world, whereabouts(world, inputs), JSON.parse(openclaw)));
		}
		capsule && world.files.remove(capsule), sayIfEnded(world, inputs);
	});
}
async function orWarn(world, work) {
	try {
		await work();
	} catch (error) {
		world.runner.warning(`The login could not be put away in order. ${(await toFailure(error, world.env)).explain()}`);
	}
}
function knower(world, key, ours) {
	let written = [world.env.STATE_access, world.env.STATE_refresh].filter(Boolean);
	return (token) => ours.some((known) => token.equals(known)) || written.length > 0 && written.includes(fingerprint(key, token));
}
function sayIfEnded(world, inputs) {
	let end = Number(world.env["STATE_access-ends"]), now = world.now();
	!(end > 0) || now <= end || inputs.targets.some(({ name }) => name === "none") || world.runner.warning(`The access token ended at ${sayTime(end)}, ${sayDuration(now - end)} before this job did. Set \`min-validity\` to the longest time that this job may take.`);
}
await finish(nodeWorld()), process.exit();
export {};

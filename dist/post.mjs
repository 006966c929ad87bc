import { S as sayTime, a as claudeSection, b as asFailure, c as recognise, f as fingerprint, i as removeFolders, l as readInputs, o as parseClaude, p as readCapsule, r as loadManifest, s as maskInputs, t as nodeWorld, w as secretOf, x as sayDuration, y as parseObject } from "./common.mjs";
function clean(world, inputs, files, isOurs) {
	for (let { path, temp, made, backup } of files) {
		world.files.remove(temp);
		let before = backup && (readCapsule(world, inputs.credential, backup) ?? "{}"), present = world.files.read(path);
		if (present !== before) {
			let wanted = cleaned(present, before, isOurs);
			wanted === present ? world.runner.log(`Left ${path} as it is: somebody else has written a login there since.`) : wanted === void 0 ? (world.files.remove(path), world.runner.log(`Removed ${path}.`)) : (world.files.openBeside(path).commit(wanted), world.runner.log(`Restored ${path}.`));
		}
		backup !== void 0 && world.files.remove(backup), removeFolders(world, made);
	}
}
function cleaned(present, before, isOurs) {
	if (present === void 0) return before;
	if (!parseObject(present)) return /"claudeAi|sk-ant-/.test(present) ? before : present;
	let { claudeAiOauth: _ours, ...others } = parseClaude(present), section = claudeSection(present), token = secretOf(section?.accessToken);
	if (section && token ? !isOurs(token) : section?.refreshToken !== "") return present;
	let { claudeAiOauth: theirs, ...othersBefore } = parseClaude(before);
	return JSON.stringify(others) === JSON.stringify(othersBefore) ? before : JSON.stringify(theirs === void 0 ? others : {
		...others,
		claudeAiOauth: theirs
	});
}
async function finish(world) {
	let { env } = world, capsule = env.STATE_capsule;
	(env.STATE_files || capsule || env["STATE_access-ends"]) && await orWarn(world, async () => {
		let files = loadManifest(world), masked = maskInputs(world), inputs = readInputs(env, "post"), { credential } = recognise(world, inputs, masked), ours = [credential.access];
		await orWarn(world, async () => {
			if (!capsule && !inputs.writeRefreshToken) return;
			let { settle } = await import("./settle.mjs");
			ours.push((await settle(world, inputs, credential, files))?.access);
		}), inputs.cleanup && clean(world, inputs, files, knower(world, inputs.credential, ours)), capsule && world.files.remove(capsule), sayIfEnded(world, inputs);
	});
}
async function orWarn(world, work) {
	try {
		await work();
	} catch (error) {
		world.runner.warning(`The login could not be put away in order. ${asFailure(error).explain()}`);
	}
}
function knower(world, key, ours) {
	let written = world.env.STATE_access;
	return (token) => ours.some((known) => token.equals(known)) || written !== void 0 && fingerprint(key, token) === written;
}
function sayIfEnded(world, inputs) {
	let end = Number(world.env["STATE_access-ends"]), now = world.now();
	!(end > 0) || now <= end || inputs.targets.every(({ name }) => name === "none") || world.runner.warning(`The access token ended at ${sayTime(end)}, ${sayDuration(now - end)} before this job did. Set \`min-validity\` to the longest time that this job may take.`);
}
await finish(nodeWorld()), process.exit();
export {};

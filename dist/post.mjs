import { A as sayTime, b as readInputs, f as renderClaude, i as removeFolders, k as sayDuration, l as claudeSection, m as recognise, n as nodeWorld, p as maskInputs, r as loadManifest, s as readCapsule, u as parseClaude, w as asFailure } from "./common.mjs";
function clean(world, inputs, files, ours) {
	for (let entry of files) {
		world.files.remove(entry.temp);
		cleanFile(world, inputs, entry, ours);
		removeFolders(world, entry.made);
	}
}
function cleanFile(world, inputs, entry, ours) {
	let { path, backup } = entry;
	let present = world.files.read(path);
	let before = backup === void 0 ? void 0 : readCapsule(world, inputs.credential, backup);
	if (present === void 0 && before !== void 0) {
		world.files.openBeside(path).commit(before);
		world.runner.log(`Restored ${path}.`);
	} else if (present !== void 0 && present !== before) {
		let renderings = ours.flatMap((login) => [!0, !1].map((full) => renderClaude(before, login, full)));
		let section = claudeSection(present);
		let untouched = renderings.some((text) => text.startsWith(present));
		if (untouched || section && isOurs(section, ours)) {
			let restored = untouched ? before : withSectionOf(before, present);
			restored === void 0 ? world.files.remove(path) : world.files.openBeside(path).commit(restored);
			world.runner.log(restored === void 0 ? `Removed ${path}.` : `Restored ${path}.`);
		} else section && world.runner.log(`Left ${path} as it is: somebody else has written a login there since.`);
	}
	backup !== void 0 && world.files.remove(backup);
}
function isOurs(section, ours) {
	let token = section.accessToken;
	if (token === "" && section.refreshToken === "") return !0;
	return ours.some(({ access }) => access !== void 0 && access.reveal() === token);
}
function withSectionOf(before, present) {
	let { claudeAiOauth: _ours, ...rest } = parseClaude(present);
	let section = claudeSection(before);
	if (section) return JSON.stringify({
		...rest,
		claudeAiOauth: section
	});
	return Object.keys(rest).length > 0 || before !== void 0 ? JSON.stringify(rest) : void 0;
}
async function finish(world) {
	let { env, runner } = world;
	let capsule = env.STATE_capsule;
	if (!env.STATE_files && !capsule && !env["STATE_access-ends"]) return;
	try {
		let files = loadManifest(world);
		let masked = maskInputs(world);
		let inputs = readInputs(env, "post");
		let detected = recognise(world, inputs, masked);
		let ours = [detected.credential];
		if (capsule || inputs.writeRefreshToken) {
			let { settle } = await import("./settle.mjs");
			ours = [...ours, ...await settle(world, inputs, detected.credential, files)];
		}
		inputs.cleanup && clean(world, inputs, files, ours);
		capsule && world.files.remove(capsule);
		sayIfEnded(world, inputs);
	} catch (error) {
		runner.warning(`The login could not be put away in order. ${asFailure(error).explain()}`);
	}
}
function sayIfEnded(world, inputs) {
	let end = Number(world.env["STATE_access-ends"]);
	let now = world.now();
	if (!(end > 0) || now <= end || inputs.targets.every(({ name }) => name === "none")) return;
	world.runner.warning(`The access token ended at ${sayTime(end)}, ${sayDuration(now - end)} before this job did. Set \`min-validity\` to the longest time that this job may take.`);
}
await finish(nodeWorld());
export {};

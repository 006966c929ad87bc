import { O as sayDuration, b as readInputs, f as renderClaude, i as removeFolders, k as sayTime, l as claudeSection, m as recognise, n as nodeWorld, p as maskInputs, r as loadManifest, s as readCapsule, u as parseClaude, w as asFailure } from "./common.mjs";

// src/post/clean.ts
function clean(world, inputs, files, ours) {
	for (const entry of files) {
		world.files.remove(entry.temp);
		cleanFile(world, inputs, entry, ours);
		removeFolders(world, entry.made);
	}
}
function cleanFile(world, inputs, entry, ours) {
	const { path, backup } = entry;
	const present = world.files.read(path);
	const before = backup === void 0 ? void 0 : readCapsule(world, inputs.credential, backup);
	if (present !== void 0 && present !== before) {
		const renderings = ours.flatMap((login) => [true, false].map((full) => renderClaude(before, login, full)));
		const section = claudeSection(present);
		const untouched = renderings.some((text) => text.startsWith(present));
		if (untouched || section && isOurs(section, ours)) {
			const restored = untouched ? before : withSectionOf(before, present);
			if (restored === void 0) world.files.remove(path);
			else world.files.openBeside(path).commit(restored);
			world.runner.log(restored === void 0 ? `Removed ${path}.` : `Restored ${path}.`);
		} else if (section) world.runner.log(`Left ${path} as it is: somebody else has written a login there since.`);
	}
	if (backup !== void 0) world.files.remove(backup);
}
function isOurs(section, ours) {
	const token = section["accessToken"];
	if (token === "" && section["refreshToken"] === "") return true;
	return ours.some(({ access }) => access !== void 0 && access.reveal() === token);
}
function withSectionOf(before, present) {
	const { claudeAiOauth: _ours, ...rest } = parseClaude(present);
	const section = claudeSection(before);
	if (section) return JSON.stringify({
		...rest,
		claudeAiOauth: section
	});
	return Object.keys(rest).length > 0 || before !== void 0 ? JSON.stringify(rest) : void 0;
}

// src/post/finish.ts
async function finish(world) {
	const { env, runner } = world;
	const files = loadManifest(world);
	const capsule = env["STATE_capsule"];
	if (files.length === 0 && !capsule && !env["STATE_access-ends"]) return;
	try {
		maskInputs(world);
		const inputs = readInputs(env, "post");
		const detected = recognise(world, inputs);
		let ours = [detected.credential];
		if (capsule || inputs.writeRefreshToken) {
			const { settle } = await import("./settle.mjs");
			ours = [...ours, ...await settle(world, inputs, detected.credential, files)];
		}
		if (inputs.cleanup) clean(world, inputs, files, ours);
		if (capsule) world.files.remove(capsule);
		sayIfEnded(world, inputs);
	} catch (error) {
		runner.warning(`The login could not be put away in order. ${asFailure(error).explain()}`);
	}
}
function sayIfEnded(world, inputs) {
	const end = Number(world.env["STATE_access-ends"]);
	const now = world.now();
	if (!(end > 0) || now <= end || inputs.targets.every(({ name }) => name === "none")) return;
	world.runner.warning(`The access token ended at ${sayTime(end)}, ${sayDuration(now - end)} before this job did. Set \`min-validity\` to the longest time that this job may take.`);
}

// src/post.ts
await finish(nodeWorld());

export {  };
import { c as loadTarget, p as whereabouts, w as PROGRAMS } from "./common.mjs";
function programFiles(world, inputs) {
	let names = Object.keys(PROGRAMS);
	return Promise.all(names.map(async (program) => readFile(world, inputs, program, await lensOf(world, program))));
}
async function lensOf({ files }, program) {
	return program === "openclaw" ? (await import("./openclaw-file.mjs")).openclawFile("openai", files.exists) : loadTarget(program);
}
function readFile(world, inputs, program, target) {
	let path = target.path(whereabouts(world, inputs)), none = {
		program,
		target,
		path,
		logins: []
	}, text;
	try {
		text = world.files.read(path);
	} catch {
		return {
			...none,
			state: "closed"
		};
	}
	if (text === void 0) return {
		...none,
		state: "missing"
	};
	let doc = target.parse(text);
	if (!doc) return {
		...none,
		state: "broken"
	};
	let logins = target.slots(doc).flatMap((slot) => {
		let section = target.get(doc, slot);
		return section ? [{
			slot,
			credential: target.read(section, slot, world.now()),
			ended: target.ended?.(section) ?? !1
		}] : [];
	});
	return {
		...none,
		state: "read",
		logins
	};
}
export { programFiles as t };

import { R as openCapsule, vt as parseObject } from "./common.mjs";
import { t as readCapsule } from "./capsule-open2.mjs";
import { n as saveEntry, t as loadEntry } from "./cache.mjs";
function setAside(world, sealingKey, entry) {
	try {
		let file = openCapsule(world, sealingKey, "aside");
		file.save(JSON.stringify(entry)), world.runner.state("aside", file.path);
	} catch {
		say(world, "nowhere to keep it until the post step");
	}
}
async function putIntoCache(world, sealingKey, path) {
	let { name, text } = parseObject(readCapsule(world, sealingKey, path) ?? "") ?? {};
	if (world.files.remove(path), typeof name != "string" || typeof text != "string") return;
	let until = world.now() + 15e3, seen = await loadEntry(world, name, "exact", () => until);
	if (seen.type === "found" || seen.type === "foreign") return;
	let saved = await saveEntry(world, name, text, () => until);
	saved.type === "unclear" && say(world, saved.reason), saved.type === "denied" && say(world, "this job may not write to the cache");
}
const say = ({ runner }, why) => runner.log(`::debug::The access part was not put into the Actions cache: ${why}.`);
export { setAside as n, putIntoCache as t };

import { G as asking, J as told, W as STALE_AFTER_MS } from "./common.mjs";
const STEP_MS = 1e3;
async function comeApart(world, store, savedAt, seen, mayWait = () => !0) {
	let { location } = store, ask = () => asking(world)(store.meta);
	try {
		let meta = seen ?? await ask(), { updatedAt = 0 } = meta, last = Math.max(savedAt, updatedAt) + STALE_AFTER_MS;
		if (updatedAt > savedAt + 1e4 || meta.date > last || last - meta.date > 3e4) return meta;
		let left = last - meta.date + 1e3;
		for (world.runner.log(`Waiting ${Math.ceil(left / 1e3)} s: ${location.label} was written a moment ago. By GitHub's times a renewal right after that could not be told from it.`); meta.date <= last && mayWait(); left = STEP_MS) {
			for (; left > 0 && mayWait(); left -= STEP_MS) await world.sleep(Math.min(STEP_MS, left));
			meta = await ask();
		}
		return meta;
	} catch (error) {
		throw await told(error, location);
	}
}
export { comeApart as t };

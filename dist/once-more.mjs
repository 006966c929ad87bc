import { t as readBack } from "./read-back.mjs";
async function onceMore(world, files, captured, stored) {
	for (let entry of files) if ((await readBack(world, entry, captured))?.credential) {
		if (stored) {
			let own = {
				STATE_stored: String(stored.at),
				STATE_putting: String(stored.savedAt)
			};
			return {
				...world,
				env: {
					...world.env,
					...NOTHING_ELSE,
					...own
				}
			};
		}
		world.runner.warning(`${entry.path}: the program renewed the login once more while this step was at work on the one before, and this one could not be taken over: what is stored has ended, sign in again.`);
	}
}
const NOTHING_ELSE = {
	STATE_capsule: void 0,
	STATE_taken: void 0,
	STATE_copied: void 0,
	STATE_unprojected: void 0
};
export { onceMore };

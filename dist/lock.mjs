import { bt as Failure } from "./common.mjs";
const PATIENCE_MS = 3e4;
async function withLocks(world, locks, work) {
	let held = [];
	try {
		for (let lock of locks) await take(world, lock), held.push(lock.path);
		work();
	} finally {
		for (let path of held.toReversed()) world.files.removeFolder(path);
	}
}
async function take(world, { path, staleMs }) {
	let deadline = world.now() + PATIENCE_MS;
	for (; !world.files.tryMakeFolder(path);) {
		let touched = world.files.modifiedAt(path), dead = touched !== void 0 && world.now() - touched > staleMs;
		if (dead && world.files.removeFolder(path), dead && world.files.tryMakeFolder(path)) return;
		if (world.now() > deadline) throw new Failure("file-busy", `Another program has kept the lock ${path} for more than ${PATIENCE_MS / 1e3} s.`, "If no program of this job uses that login, remove the folder and run the job again.");
		await world.sleep(100);
	}
}
export { withLocks };

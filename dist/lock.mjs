import { Ct as Failure, vt as parseObject } from "./common.mjs";
function makeLockFile(world, { path }) {
	let { pid } = process, starttime = startOf(world, pid), owner = {
		pid,
		createdAt: new Date(world.now()).toISOString(),
		...starttime !== void 0 && { starttime }
	}, text = `${JSON.stringify(owner, null, 2)}\n`, file;
	try {
		file = world.files.openNew(path);
	} catch (error) {
		if (error.code === "EEXIST") return;
		throw error;
	}
	try {
		file.commit(text);
	} catch (error) {
		throw file.discard(), error;
	}
	return () => removeIfSame(world, path, text);
}
function removeDeadLockFile(world, { path, staleMs }) {
	let text = readFile(world, path), old = (since) => since !== void 0 && world.now() - since > staleMs, { pid, createdAt, starttime } = parseObject(text ?? "") ?? {};
	(typeof pid == "number" && pid !== 0 ? isGone(world, pid, starttime) : old(typeof createdAt == "string" ? Date.parse(createdAt) || 0 : world.files.modifiedAt(path))) && (text === void 0 ? world.files.removeFolder(path) : removeIfSame(world, path, text));
}
function removeIfSame(world, path, text) {
	readFile(world, path) === text && world.files.remove(path);
}
function readFile({ files }, path) {
	try {
		return files.read(path);
	} catch {
		return;
	}
}
function isGone(world, pid, starttime) {
	if (pid === process.pid) return !0;
	let began = startOf(world, pid);
	if (typeof starttime == "number" && began !== void 0 && began !== starttime) return !0;
	try {
		return process.kill(pid, 0), /^State:\s+Z/m.test(onLinux(world, pid, "status"));
	} catch (error) {
		return error.code !== "EPERM";
	}
}
function startOf(world, pid) {
	let stat = onLinux(world, pid, "stat"), start = stat.slice(stat.lastIndexOf(")") + 1).trim().split(" ")[19];
	return start === void 0 ? void 0 : Number(start);
}
function onLinux({ files, platform }, pid, name) {
	try {
		return platform === "linux" && files.read(`/proc/${pid}/${name}`) || "";
	} catch {
		return "";
	}
}
const PATIENCE_MS = 3e4;
async function withLocks(world, locks, work) {
	let release = await takeLocks(world, locks);
	try {
		work();
	} finally {
		release();
	}
}
async function takeLocks(world, locks, wanted = () => !0) {
	let held = [], release = () => {
		for (let giveBack of held.splice(0).toReversed()) giveBack();
	};
	try {
		for (let lock of locks) held.push(await take(world, lock, wanted));
		return release;
	} catch (error) {
		throw release(), error;
	}
}
async function take(world, lock, wanted) {
	let [make, removeDead] = lock.kind === "file" ? [makeLockFile, removeDeadLockFile] : [makeFolder, removeDeadFolder], deadline = world.now() + PATIENCE_MS;
	for (;;) {
		try {
			let release = make(world, lock) ?? (removeDead(world, lock), make(world, lock));
			if (release) return release;
		} catch (error) {
			let { code } = error;
			if (!/^(EACCES|EPERM|EROFS)$/.test(`${code}`)) throw error;
			return world.runner.log(`The lock ${lock.path} cannot be made by this user (${code}): going on without it.`), () => {};
		}
		if (world.now() > deadline || !wanted()) throw new Failure("file-busy", `Another program has kept the lock ${lock.path} for more than ${PATIENCE_MS / 1e3} s.`, `If no program of this job uses that login, remove that ${lock.kind ?? "folder"} and run the job again.`);
		await world.sleep(100);
	}
}
const makeFolder = ({ files }, { path }) => files.tryMakeFolder(path) ? () => files.removeFolder(path) : void 0;
function removeDeadFolder({ files, now }, { path, staleMs }) {
	let touched = files.modifiedAt(path);
	touched !== void 0 && now() - touched > staleMs && files.removeFolder(path);
}
export { takeLocks, withLocks };

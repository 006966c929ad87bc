import { Ct as Failure, n as files, p as whereabouts, vt as parseObject } from "./common.mjs";
import { t as ciJob } from "./ci2.mjs";
const STATE_FILE = "run.json";
function stateFolder(env, platform, home) {
	let path = process.getBuiltinModule("node:path"), { isAbsolute, join } = platform === "win32" ? path.win32 : path.posix, named = env.XDG_STATE_HOME;
	return named && isAbsolute(named) ? join(named, "oauth-creds") : platform === "win32" ? join(env.LOCALAPPDATA || join(home, "AppData", "Local"), "oauth-creds") : platform === "darwin" ? join(home, "Library", "Application Support", "oauth-creds") : join(home, ".local", "state", "oauth-creds");
}
var Runs = class {
	folder;
	#state;
	constructor(state, home) {
		let { join } = process.getBuiltinModule("node:path"), { createHash } = process.getBuiltinModule("node:crypto");
		this.#state = join(state, "runs"), this.folder = join(this.#state, createHash("sha256").update(home).digest("hex").slice(0, 16));
	}
	list() {
		return this.#orFailure(() => runsIn(this.folder));
	}
	everywhere() {
		let { join } = process.getBuiltinModule("node:path");
		return this.#orFailure(() => files.list(this.#state).flatMap((name) => runsIn(join(this.#state, name))));
	}
	begin(run, random) {
		let { join } = process.getBuiltinModule("node:path"), folder = join(this.folder, `${String(run.begun).padStart(13, "0")}-${random}`);
		return this.#orFailure(() => {
			this.#clearUp(run.begun), makeFolder(folder);
		}), {
			...run,
			folder
		};
	}
	#clearUp(now) {
		let { join } = process.getBuiltinModule("node:path");
		for (let name of files.list(this.folder)) {
			let folder = join(this.folder, name);
			now - (files.modifiedAt(folder) ?? now) > 36e5 && !files.exists(join(folder, STATE_FILE)) && removeTree(folder);
		}
	}
	#orFailure(work) {
		try {
			return work();
		} catch (error) {
			throw new Failure("file-failed", `The folder in which oauth-creds keeps its own state cannot be used (${this.folder}: ${String(error.code)}).`, "Set XDG_STATE_HOME to a folder of this user that outlives the job's steps.");
		}
	}
};
function runsIn(folder) {
	let { join } = process.getBuiltinModule("node:path");
	return files.list(folder).filter((name) => /^\d{13}-/.test(name)).flatMap((name) => readRun(join(folder, name)) ?? []).toSorted((one, other) => (other.looked ?? other.begun) - (one.looked ?? one.begun));
}
function makeFolder(folder) {
	for (let tries = 0;; tries++) try {
		files.makeFolder(folder);
		return;
	} catch (error) {
		let { code } = error;
		if (code !== "EEXIST" && code !== "ENOENT" || tries === 20) throw error;
	}
}
function saveRun(run) {
	let { join } = process.getBuiltinModule("node:path"), { folder, ...data } = run;
	files.openBeside(join(folder, STATE_FILE)).commit(JSON.stringify({
		v: 1,
		...data
	}));
}
function removeRun({ folder }) {
	let { dirname, join } = process.getBuiltinModule("node:path");
	files.remove(join(folder, STATE_FILE)), removeTree(folder), files.removeFolder(dirname(folder));
}
function pruneRun(run) {
	let { join } = process.getBuiltinModule("node:path"), named = JSON.stringify(run.state);
	for (let name of files.list(run.folder)) name !== STATE_FILE && !named.includes(name) && removeTree(join(run.folder, name));
}
function isAtWork(run, host, now) {
	if (run.done || now - run.begun >= 9e5) return !1;
	if (run.host !== host) return !0;
	if (run.pid === process.pid) return !1;
	try {
		return process.kill(run.pid, 0), !0;
	} catch (error) {
		return error.code === "EPERM";
	}
}
function unsettled({ state }) {
	let { capsule, published, stored } = state;
	if (!capsule) return;
	let { nonce } = parseObject(state.turn ?? "") ?? {}, shared = published === nonce || !!state["checked-out"];
	return (nonce === void 0 ? stored !== void 0 : shared) || !files.read(capsule) ? void 0 : capsule;
}
const hasToBeCleaned = ({ state }) => (state.files ?? "[]") !== "[]" || !!state.openclaw || !!state["checked-out"];
function readRun(folder) {
	let { join } = process.getBuiltinModule("node:path");
	try {
		let { v, ...data } = parseObject(files.read(join(folder, STATE_FILE)) ?? "") ?? {};
		return v === 1 ? {
			...data,
			folder
		} : void 0;
	} catch {
		return;
	}
}
const removeTree = (path) => process.getBuiltinModule("node:fs").rmSync(path, {
	recursive: !0,
	force: !0
});
function here(world, flags) {
	let { env, platform } = world, user = whereabouts(world, {}).home, home = env.INPUT_HOME || user, named = flags.job;
	return {
		runs: new Runs(stateFolder(env, platform, user), home),
		home,
		job: typeof named == "string" ? `named ${named}` : ciJob(env)?.id ?? "",
		host: process.getBuiltinModule("node:os").hostname()
	};
}
export { removeRun as a, pruneRun as i, hasToBeCleaned as n, saveRun as o, isAtWork as r, unsettled as s, here as t };

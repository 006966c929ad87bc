import { Ft as sayTime, I as fingerprint, Ot as Secret, Pt as sayDuration, bt as toFailure, g as recognise, gt as parseObject, h as maskInputs, n as files, p as whereabouts, v as readInputs, xt as Failure } from "./common.mjs";
import { t as isSecret } from "./arguments.mjs";
import { t as ciJob } from "./ci.mjs";
import { t as nameOfLedger } from "./open2.mjs";
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
function here({ env, platform }, flags) {
	let { homedir, hostname } = process.getBuiltinModule("node:os"), user = env.HOME || homedir(), home = env.INPUT_HOME || user, named = flags.job;
	return {
		runs: new Runs(stateFolder(env, platform, user), home),
		home,
		job: typeof named == "string" ? `named ${named}` : ciJob(env)?.id ?? "",
		host: hostname()
	};
}
const NEEDED = new Set([
	"files",
	"openclaw",
	"capsule",
	"prepared",
	"turn",
	"checked-out"
]);
var Keeper = class {
	#world;
	#run;
	#saved = !1;
	#asBefore = new Set();
	#before;
	#credential;
	constructor(world, run, before) {
		this.#world = world, this.#run = run, this.#before = before, this.#credential = (world.env.INPUT_CREDENTIAL ?? "").trim();
	}
	get run() {
		return this.#run;
	}
	keep(name, value) {
		if (name === "files" && this.#look(JSON.parse(value)), this.#run = {
			...this.#run,
			state: {
				...this.#run.state,
				[name]: value
			}
		}, this.#saved || NEEDED.has(name) && value !== "" && value !== "[]") try {
			this.#save();
		} catch (error) {
			if (NEEDED.has(name)) throw error;
			this.#world.runner.warning(`The state of this run (${this.#run.folder}) could not be written.`);
		}
	}
	#look(entries) {
		entries.length > 0 && (this.#run = {
			...this.#run,
			looked: this.#world.now()
		});
		for (let { path } of entries) {
			let present = this.#world.files.read(path);
			if (present !== void 0) {
				if (this.#credential !== "" && present.trim() === this.#credential) throw new Failure("input-invalid", `\`credential\` is the content of ${path}, which \`write\` would replace: the login of this machine would be renewed away from it.`, "Sign in once more for this purpose (`CLAUDE_CONFIG_DIR=$(mktemp -d) claude auth login`), or name another `--home`.");
				this.#before?.written[path] === digest(present) && this.#asBefore.add(path);
			}
		}
	}
	#save() {
		saveRun(this.#run), this.#saved = !0;
	}
	end(how) {
		let { files } = this.#world, state = how === "left" ? {
			...this.#run.state,
			files: "[]",
			openclaw: ""
		} : this.#run.state, written = {};
		for (let { path } of entriesOf(state)) {
			let text = files.read(path);
			text !== void 0 && (written[path] = digest(text));
		}
		this.#run = {
			...this.#run,
			state,
			written,
			done: !0
		};
		let { capsule } = state;
		if (capsule && !unsettled(this.#run) && (files.remove(capsule), this.#run = {
			...this.#run,
			state: {
				...state,
				capsule: ""
			}
		}), !hasToBeCleaned(this.#run) && !unsettled(this.#run)) {
			removeRun(this.#run);
			return;
		}
		let merged = how === "provided" ? this.#merge() : void 0;
		return this.#save(), merged && removeRun(merged), pruneRun(this.#run), this.#run;
	}
	#merge() {
		let before = this.#before;
		if (!before || before.key !== this.#run.key || unsettled(before) || before.state.openclaw || before.state["checked-out"]) return;
		let earlier = entriesOf(before.state), mine = entriesOf(this.#run.state), pairOf = (entry) => mine.find(({ path, slot }) => path === entry.path && JSON.stringify(slot) === JSON.stringify(entry.slot));
		if (earlier.length === 0 || !earlier.every((entry) => this.#asBefore.has(entry.path) && pairOf(entry) !== void 0)) return;
		let copies = new Map();
		for (let entry of earlier) {
			let backup = entry.backup && this.#copy(entry.backup);
			if (entry.backup && !backup) return;
			copies.set(pairOf(entry), {
				...entry,
				backup
			});
		}
		let entries = mine.map((entry) => {
			let old = copies.get(entry);
			return old ? {
				...entry,
				made: old.made,
				backup: old.backup
			} : entry;
		});
		return this.#run = {
			...this.#run,
			state: {
				...this.#run.state,
				files: JSON.stringify(entries)
			}
		}, before;
	}
	#copy(backup) {
		let { basename, join } = process.getBuiltinModule("node:path"), text = this.#world.files.read(backup);
		if (!text) return;
		let copy = join(this.#run.folder, basename(backup));
		return this.#world.files.openNew(copy).commit(text), copy;
	}
};
const entriesOf = (state) => JSON.parse(state.files || "[]"), digest = (text) => process.getBuiltinModule("node:crypto").createHash("sha256").update(text).digest("hex"), TO_STORE = [
	"credential",
	"ledger-key",
	"secrets-token",
	"github-token"
], keyOf = (key) => key ? fingerprint(key, new Secret("oauth-creds run")) : "";
async function reopen(world, run) {
	let env = { RUNNER_TEMP: run.folder };
	for (let [name, value] of Object.entries(world.env)) {
		let input = name.startsWith("INPUT_") ? name.slice(6).toLowerCase() : void 0;
		(input === void 0 || run.secrets.includes(input)) && (env[name] ??= value);
	}
	Object.assign(env, run.inputs);
	for (let [name, value] of Object.entries(run.state)) env[`STATE_${name}`] = value;
	let own = {
		...world,
		env
	}, masked = await maskInputs(own), inputs = readInputs(env, "post");
	if (keyOf(inputs.sealingKey) === run.key) return {
		world: own,
		inputs,
		detected: inputs.credential ? await recognise(own, inputs, masked) : void 0
	};
}
function partInputs(env) {
	let inputs = {}, secrets = [];
	for (let [name, value] of Object.entries(env)) {
		if (!name.startsWith("INPUT_") || !value) continue;
		let input = name.slice(6).toLowerCase();
		isSecret(input, value) ? secrets.push(input) : inputs[name] = value;
	}
	return {
		inputs,
		secrets
	};
}
async function settleRun(run, { world, inputs, detected }, files) {
	let missing = TO_STORE.filter((name) => run.secrets.includes(name) && !world.env[`INPUT_${name.toUpperCase()}`]);
	if (missing.length > 0) throw sayKept(run, `${missing.map((name) => `\`${name}\``).join(", ")} is needed for that, as \`write\` had it.`);
	let { settle } = await import("./settle.mjs"), problem, runner = {
		...world.runner,
		error: (message) => void (problem = reasonIn(message))
	}, captured = await settle({
		...world,
		runner
	}, inputs, detected, files).catch(async (error) => {
		problem = (await toFailure(error, world.env)).explain();
	});
	if (problem !== void 0) throw sayKept(run, problem);
	return captured;
}
const reasonIn = (problem) => / has ended\. (.*\[[a-z-]+\])/s.exec(problem)?.[1] ?? problem;
function sayKept(run, why) {
	let copy = unsettled(run) ? `It is kept, sealed, in ${run.folder}` : "It is left in the file of its program";
	return new Failure("could-not-store", `A login that this machine got at ${sayTime(run.begun)} or later is not stored yet: ${why}`, `${copy}; the next \`write\`, \`refresh\` or \`clean\` with the same secrets tries again. Nothing else was spent.`);
}
async function settleEarlier(world, runs, isAtWork = () => !1) {
	for (let run of runs) {
		let capsule = unsettled(run);
		if (capsule === void 0) continue;
		let mayLive = isAtWork(run), reopened = await reopen(world, run);
		if (!reopened) {
			mayLive || refuseOrWarn(world, run);
			continue;
		}
		let env = withoutLoan(reopened.world.env), inputs = {
			...reopened.inputs,
			writeRefreshToken: !1
		}, hold = world.holdSignals();
		world.runner.log(`A login that was renewed at ${sayTime(run.begun)} is not stored yet: storing it now.`);
		try {
			if (await settleRun(run, {
				...reopened,
				inputs,
				world: {
					...reopened.world,
					env
				}
			}, []), mayLive || forget(world, run, capsule), hold.signalledAt() !== void 0) throw new Failure("cancelled", "Stopped by a signal, after what an earlier run had renewed was stored.", "");
		} finally {
			hold.release();
		}
	}
}
function forget(world, run, capsule) {
	world.files.remove(capsule);
	let settled = {
		...run,
		state: {
			...run.state,
			capsule: ""
		}
	};
	hasToBeCleaned(settled) ? saveRun(settled) : removeRun(settled);
}
function refuseOrWarn(world, run) {
	if (mayRenewTheSame(world, run)) throw sayKept(run, "it was sealed with another `credential` or `ledger-key`.");
	let account = run.inputs.INPUT_ACCOUNT;
	world.runner.warning(`${run.folder} holds a login${account ? ` (${account})` : ""} that was renewed at ${sayTime(run.begun)}, could not be stored, and opens only with the secrets of that run. Run \`oauth-creds clean --all\` with them; or, if you have signed in anew since, remove the folder.`);
}
function mayRenewTheSame(world, run) {
	let turn = parseObject(run.state.turn ?? ""), mine = readInputs(world.env, "post");
	if (!turn || !/\bocr1_/.test(mine.ledgerKey?.reveal() ?? "")) return !1;
	let env = {};
	for (let [name, value] of Object.entries(world.env)) name.startsWith("INPUT_") || (env[name] = value);
	Object.assign(env, run.inputs), run.secrets.includes("ledger-repository") && (env["INPUT_LEDGER-REPOSITORY"] = String(turn.place).replace(/ \S+$/, ""));
	let its = readInputs(env, "post"), name = (inputs) => nameOfLedger(world, inputs, "anthropic");
	return mine.account === its.account && name(mine) === name(its);
}
function withoutLoan(state) {
	let { "STATE_checked-out": _, ...env } = state, turn = parseObject(env.STATE_turn ?? "");
	return turn ? {
		...env,
		STATE_turn: JSON.stringify({
			...turn,
			lent: void 0
		})
	} : env;
}
function isOver({ state, inputs }, now) {
	let end = Number(state["access-ends"]), lent = inputs["INPUT_WRITE-REFRESH-TOKEN"]?.trim().toLowerCase() === "true";
	return end > 0 && end < now && !lent;
}
async function cleanRun(world, run, mine) {
	let files = entriesOf(run.state), reopened = await reopen(world, run);
	if (!reopened) {
		if (!mine) return [];
		throw new Failure("input-invalid", `What \`write\` left at ${sayTime(run.begun)} can only be put in order with the same secrets (${run.secrets.join(", ")}).`, "Give `clean` the `credential` and the `ledger-key` that `write` had: what was in the files before is sealed with them.");
	}
	let { inputs } = reopened, captured, unstored;
	if (unsettled(run) || inputs.writeRefreshToken) try {
		captured = await settleRun(run, reopened, files);
	} catch (error) {
		if (inputs.writeRefreshToken) throw error;
		unstored = error;
	}
	let resisted = await putBack(run, reopened, captured);
	if (sayIfEnded(run, reopened), unstored !== void 0) throw saveRun({
		...run,
		state: {
			...run.state,
			files: "[]",
			openclaw: ""
		}
	}), unstored;
	if (resisted) throw new Failure("file-failed", "Not every file could be put back: see above.", "`oauth-creds clean` tries again.");
	return removeRun(run), files.map(({ path }) => path);
}
async function putBack(run, { world, inputs, detected }, captured) {
	let { clean } = await import("./clean.mjs"), resisted = !1, warning = (message) => {
		resisted = !0, world.runner.warning(message);
	}, own = {
		...world,
		runner: {
			...world.runner,
			warning
		}
	}, { access, refresh } = run.state, fingerprints = [access, refresh].filter(Boolean), known = [
		detected?.credential.access,
		detected?.credential.refresh,
		captured?.access
	];
	await clean(own, inputs, entriesOf(run.state), (token) => known.some((one) => token.equals(one)) ? !0 : fingerprints.length > 0 && fingerprints.includes(fingerprint(inputs.sealingKey, token)));
	let openclaw = run.state.openclaw;
	if (openclaw) {
		let { undoOpenclaw } = await import("./openclaw-program.mjs");
		await undoOpenclaw(own, whereabouts(own, inputs), JSON.parse(openclaw));
	}
	return resisted;
}
function sayIfEnded({ job, state }, { world, inputs }) {
	let end = Number(state["access-ends"]), past = world.now() - end;
	job === "" || !(end > 0) || past <= 0 || inputs.targets.some(({ name }) => name === "none") || world.runner.warning(`The access token ended at ${sayTime(end)}, ${sayDuration(past)} before this \`clean\`. Set \`min-validity\` to the longest time that a job may take.`);
}
export { settleEarlier as a, hasToBeCleaned as c, partInputs as i, isAtWork as l, isOver as n, Keeper as o, keyOf as r, here as s, cleanRun as t, unsettled as u };

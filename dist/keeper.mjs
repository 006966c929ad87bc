import { Ct as Failure } from "./common.mjs";
import { a as removeRun, i as pruneRun, n as hasToBeCleaned, o as saveRun, s as unsettled } from "./here.mjs";
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
const entriesOf = (state) => JSON.parse(state.files || "[]"), digest = (text) => process.getBuiltinModule("node:crypto").createHash("sha256").update(text).digest("hex");
export { entriesOf as n, Keeper as t };

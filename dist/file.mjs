import { vt as parseObject } from "./common.mjs";
import { t as LedgerProblem } from "./ledger.mjs";
const { join, resolve } = process.getBuiltinModule("node:path"), LOCAL = new Set([
	61267,
	1481003842,
	2435016766,
	16914836,
	2240043254,
	2035054128,
	801189825,
	4076150800,
	3393526350
]);
function fileLedger(world, { path: given }) {
	let { files } = world, path = resolve(given), slot = (number) => join(path, String(number)), serverTime = world.platform === "linux" && LOCAL.has(files.fileSystem(path));
	function read(number) {
		try {
			let content = files.read(slot(number));
			return content === void 0 ? void 0 : parse(content, number);
		} catch (error) {
			if (codeOf(error) === "ENOENT") return;
			throw error;
		}
	}
	function highest() {
		for (;;) {
			let number = Math.max(0, ...files.list(path).filter(isNumber).map(Number));
			if (number === 0) return;
			let version = read(number);
			if (version && !files.exists(slot(number + 1))) return version;
		}
	}
	function succeed(present, text, linking) {
		let nonce = Buffer.from(world.random(12)).toString("hex"), number = (present?.number ?? 0) + 1, version = {
			number,
			nonce,
			previous: present?.nonce,
			writtenAt: world.now(),
			text
		};
		makeFolder();
		let temp = join(path, `.${nonce}.tmp`), file = files.openNew(temp);
		try {
			if (file.commit(print(version)), linking(), !files.linkNew(temp, slot(number))) return;
		} finally {
			file.discard(), quietly(() => files.remove(temp));
		}
		return highest()?.nonce === nonce || read(number + 1)?.previous === nonce ? version : void 0;
	}
	function makeFolder() {
		for (let tries = 0; !files.exists(path); tries++) try {
			files.makeFolder(path);
		} catch (error) {
			if (codeOf(error) !== "EEXIST" || tries > 20) throw error;
		}
	}
	function clearUp(number) {
		for (let name of files.list(path)) {
			let file = join(path, name);
			(isNumber(name) ? Number(name) <= number - 32 : /^\.[0-9a-f]{24}\.tmp$/.test(name) && world.now() - (files.modifiedAt(file) ?? Infinity) > 36e5) && quietly(() => files.remove(file));
		}
	}
	let timeOf = ({ writtenAt }) => serverTime ? writtenAt : void 0, entryOf = (version) => ({
		version: nameOf(version),
		text: version.text,
		writtenAt: timeOf(version)
	});
	return {
		label: `the folder ${path}`,
		place: path,
		serverTime,
		async load() {
			try {
				let present = highest();
				return {
					entry: present && entryOf(present),
					now: serverTime ? world.now() : void 0
				};
			} catch (error) {
				throw problemOf(error, !1);
			}
		},
		async compareAndSwap(expected, text) {
			let linked = !1;
			try {
				let present = highest();
				if ((present && nameOf(present)) !== expected) return { type: "conflict" };
				let version = succeed(present, text, () => linked = !0);
				return version ? (quietly(() => clearUp(version.number)), {
					type: "swapped",
					version: nameOf(version),
					writtenAt: timeOf(version)
				}) : { type: "conflict" };
			} catch (error) {
				throw problemOf(error, linked);
			}
		}
	};
}
const isNumber = (name) => /^[1-9]\d{0,11}$/.test(name), nameOf = ({ number, nonce }) => `${number}-${nonce}`;
function print({ text, ...version }) {
	return `${JSON.stringify({
		v: 1,
		...version
	})}\n${text}`;
}
function parse(content, expected) {
	let end = content.indexOf("\n"), { v, number, nonce, previous, writtenAt } = parseObject(content.slice(0, Math.max(0, end))) ?? {};
	if (v !== 1 || number !== expected || typeof nonce != "string" || typeof writtenAt != "number") throw problem("unsupported", !1);
	return {
		number: expected,
		nonce,
		previous: typeof previous == "string" ? previous : void 0,
		writtenAt,
		text: content.slice(end + 1)
	};
}
const problem = (kind, sent) => new LedgerProblem(kind, sent, { inFolder: !0 }), codeOf = (error) => error.code;
function quietly(work) {
	try {
		work();
	} catch {}
}
function problemOf(error, linked) {
	if (error instanceof LedgerProblem) return problem(error.kind, linked);
	let { code, syscall } = error;
	if (code === void 0) return error;
	if (syscall === "link" && [
		"EPERM",
		"ENOTSUP",
		"EOPNOTSUPP",
		"ENOSYS",
		"EMLINK"
	].includes(code)) return problem("unsupported", !1);
	if (code === "ENOTDIR" || code === "EISDIR") return problem("unsupported", linked);
	let forbidden = [
		"EACCES",
		"EPERM",
		"EROFS"
	].includes(code);
	return problem(forbidden ? "forbidden" : "unreachable", linked);
}
export { fileLedger };

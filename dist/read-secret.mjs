const PROBLEMS = {
	ENOENT: "there is no such file",
	ENAMETOOLONG: "there is no such file",
	ENOTDIR: "there is no such file",
	EISDIR: "this is a folder",
	EACCES: "the file may not be read",
	EPERM: "the file may not be read"
}, readSecret = (path) => {
	let fs = process.getBuiltinModule("node:fs");
	if (path === "-" && process.getBuiltinModule("node:tty").isatty(0)) return { problem: "stdin is a terminal, which would show what is pasted. Pipe it, or name a file" };
	try {
		return path === "-" ? readAll(fs) : fs.readFileSync(path, "utf8");
	} catch (error) {
		return { problem: PROBLEMS[error.code ?? ""] ?? "it cannot be read" };
	}
};
function readAll({ readSync }) {
	let parts = [];
	for (;;) {
		let part = Buffer.alloc(65536);
		try {
			let length = readSync(0, part);
			if (length === 0) return Buffer.concat(parts).toString("utf8");
			parts.push(part.subarray(0, length));
		} catch (error) {
			let { code } = error;
			if (code === "EOF") return Buffer.concat(parts).toString("utf8");
			if (code !== "EAGAIN") throw error;
			Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
		}
	}
}
export { readSecret as t };

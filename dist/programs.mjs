import { t as windowsCommand } from "./windows-command.mjs";
const LARGEST_OUTPUT = 1048576, runProgram = (command, args, { input, env, cwd, timeoutMs, until }) => {
	let { spawn } = process.getBuiltinModule("node:child_process"), { existsSync } = process.getBuiltinModule("node:fs"), start = process.platform === "win32" ? windowsCommand(command, args, env ?? process.env, existsSync) : {
		file: command,
		args,
		verbatim: !1
	};
	return new Promise((resolve) => {
		let child = spawn(start.file, start.args, {
			env: { ...env ?? process.env },
			...cwd !== void 0 && { cwd },
			stdio: [
				"pipe",
				"pipe",
				"pipe"
			],
			detached: process.platform !== "win32",
			windowsHide: !0,
			windowsVerbatimArguments: start.verbatim
		}), output = {
			stdout: "",
			stderr: ""
		};
		for (let name of ["stdout", "stderr"]) child[name].setEncoding("utf8").on("data", (text) => {
			output[name].length < LARGEST_OUTPUT && (output[name] = (output[name] + text).slice(0, LARGEST_OUTPUT));
		});
		child.stdin.on("error", () => {}), child.stdin.end(input);
		let kill = () => killTree(child), timer = setTimeout(kill, timeoutMs), poll = until && setInterval(() => until({ ...output }) && kill(), 50), end = (status, missing) => {
			clearTimeout(timer), clearInterval(poll), process.off("exit", kill), resolve({
				status,
				missing,
				...output
			});
		};
		process.prependOnceListener("exit", kill), child.on("error", () => child.pid === void 0 && end(void 0, !0)), child.once("exit", kill), child.once("close", (status) => end(status ?? void 0, !1));
	});
};
function killTree(child) {
	if (child.pid !== void 0) try {
		process.platform === "win32" ? child.kill() : process.kill(-child.pid, "SIGKILL");
	} catch {}
}
export { runProgram };

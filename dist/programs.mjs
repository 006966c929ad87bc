function windowsCommand(command, args, env, exists) {
	let { extname, join } = process.getBuiltinModule("node:path").win32, given = {
		file: command,
		args,
		verbatim: !1
	}, valueOf = (name) => Object.entries(env).find(([other]) => other.toUpperCase() === name)?.[1], endings = (valueOf("PATHEXT") || ".COM;.EXE;.BAT;.CMD").split(";"), found = (valueOf("PATH") ?? "").split(";").filter((folder) => folder !== "" && !/[\\/]/.test(command)).flatMap((folder) => endings.map((ending) => join(folder, `${command}${ending}`))).find(exists);
	if (found === void 0) return given;
	if (!/^\.(cmd|bat)$/i.test(extname(found))) return {
		...given,
		file: found
	};
	if ([found, ...args].some((part) => /["%!^\r\n]|\\$/.test(part))) return given;
	let line = [found, ...args].map((part) => `"${part}"`).join(" ");
	return {
		file: valueOf("COMSPEC") || "cmd.exe",
		args: [
			"/d",
			"/s",
			"/c",
			`"${line}"`
		],
		verbatim: !0
	};
}
const withoutInputs = (env) => Object.fromEntries(Object.entries(env ?? {}).filter(([name]) => !/^(INPUT_|OAUTH_CREDS_)/i.test(name))), LARGEST_OUTPUT = 1048576, runProgram = (command, args, options) => {
	let { input, env = withoutInputs(process.env), cwd, timeoutMs, until } = options, { spawn } = process.getBuiltinModule("node:child_process"), { existsSync } = process.getBuiltinModule("node:fs"), start = process.platform === "win32" ? windowsCommand(command, args, env, existsSync) : {
		file: command,
		args,
		verbatim: !1
	};
	return new Promise((resolve) => {
		let child = spawn(start.file, start.args, {
			env: { ...env },
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
export { withoutInputs as n, windowsCommand as r, runProgram as t };

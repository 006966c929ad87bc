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
export { windowsCommand as t };

import { Ct as Failure, xt as InputProblems } from "./common.mjs";
async function keychainItem(world) {
	let service = `Claude Code-credentials${suffix(world.env.CLAUDE_CONFIG_DIR)}`;
	return (await world.run("/usr/bin/security", [
		"find-generic-password",
		"-s",
		service
	], {
		env: {
			HOME: world.env.HOME,
			PATH: world.env.PATH
		},
		timeoutMs: 1e4
	})).status === 0 ? service : void 0;
}
async function refuseKeychainItem(world) {
	let service = await keychainItem(world);
	if (service !== void 0) throw new Failure("keychain-item", `The Keychain of this Mac holds a login of Claude Code already (“${service}”), and the program prefers it to any file: the job would run with that login.`, `Remove it (\`security delete-generic-password -s '${service}'\`), use \`targets: env\`, or give the job a CLAUDE_CONFIG_DIR of its own.`);
}
async function refuseKeychain(world, inputs) {
	if (inputs.writeRefreshToken && inputs.cleanup) throw new InputProblems([["full-and-keychain"]]);
	await refuseKeychainItem(world);
}
function suffix(folder) {
	if (!folder) return "";
	let { createHash } = process.getBuiltinModule("node:crypto");
	return `-${createHash("sha256").update(folder.normalize("NFC")).digest("hex").slice(0, 8)}`;
}
export { keychainItem, refuseKeychain, refuseKeychainItem };

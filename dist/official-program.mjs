import { At as secretOf, Ct as Failure, V as noteForPost } from "./common.mjs";
import { n as removeHome, t as HOME_STATE } from "./program-home2.mjs";
import { t as sent } from "./program.mjs";
const { join } = process.getBuiltinModule("node:path"), PASSED = [
	"PATH",
	"LANG",
	"LC_ALL",
	"LC_CTYPE",
	"NODE_EXTRA_CA_CERTS",
	"SSL_CERT_FILE",
	"SSL_CERT_DIR",
	"CODEX_CA_CERTIFICATE",
	"RUNNER_TRACKING_ID",
	"SystemRoot"
], PROXIES = [
	"http_proxy",
	"https_proxy",
	"all_proxy",
	"no_proxy"
].flatMap((name) => [name, name.toUpperCase()]);
async function sendByProgram(world, provider, credential, settings, hold, keeping) {
	let program = await programOf(world, provider);
	if (await keeping?.beforeSend?.(), hold.signalledAt() !== void 0) return sent({
		type: "not-sent",
		reason: "cancelled"
	});
	let home = join(world.env.RUNNER_TEMP || process.getBuiltinModule("node:os").tmpdir(), freeName(world)), remove = () => removeHome(world, home);
	process.once("exit", remove);
	try {
		world.runner.state(HOME_STATE, home), world.files.makeFolder(home);
		let renewal = program.prepare(world, home, credential), { args, hopeless, stopEarly } = renewal;
		world.runner.log(`${program.name} renews the login in a private folder.`);
		let ended = await world.run(program.command, args, {
			cwd: home,
			env: {
				...environment(world.env, home),
				...renewal.env
			},
			timeoutMs: Math.min(Math.max(settings.timeoutMs, 6e4), 9e4),
			until: (soFar) => stopEarly && harvest(world, program, renewal) !== void 0 || hopeless?.(soFar) === !0
		});
		if (ended.missing) throw missing(program);
		let tokens = harvest(world, program, renewal);
		return tokens ? sent({
			type: "refreshed",
			tokens
		}) : renewal.explain(ended);
	} finally {
		process.off("exit", remove), remove(), world.files.exists(home) || noteForPost(world, HOME_STATE, "");
	}
}
async function programOf({ platform }, { name }) {
	if (name === "openai") return (await import("./program-codex.mjs")).codexProgram;
	if (name === "custom") throw new Failure("input-invalid", "`refresh-with: cli`: this provider has no program of its own.", "Leave it out.");
	if (platform === "darwin") throw new Failure("input-invalid", "`refresh-with: cli` with Claude Code is not supported on macOS yet: there it keeps its login in the keychain. Nothing was spent.", "Leave `refresh-with` out, or let a job on Linux renew the login.");
	return (await import("./program-claude.mjs")).claudeProgram;
}
const freeName = (world) => `oauth-creds-program-${Buffer.from(world.random(8)).toString("hex")}`;
function environment(env, home) {
	let passed = [...PASSED, ...PROXIES].flatMap((name) => env[name] ? [[name, env[name]]] : []), places = [
		"HOME",
		"TMPDIR",
		"USERPROFILE",
		"APPDATA",
		"LOCALAPPDATA",
		"TEMP",
		"TMP"
	];
	return Object.fromEntries([...passed, ...places.map((name) => [name, home])]);
}
function harvest(world, { target }, { file, put }) {
	let found;
	try {
		let doc = target.parse(world.files.read(file) ?? "") ?? {}, slot = target.slots(doc)[0], section = slot && target.get(doc, slot);
		found = slot && section && target.read(section, slot, world.now());
	} catch {
		return;
	}
	let changed = (name) => found?.[name]?.equals(put[name]) ? void 0 : found?.[name], [access, refresh] = [changed("access"), changed("refresh")];
	if (!found || !access && !refresh) return;
	let { loginExpiresAt, scopes, plan, accountId, other } = found;
	return {
		access,
		refresh,
		accessExpiresAt: access && found.accessExpiresAt,
		loginExpiresAt,
		scopes,
		accountUuid: textOf(other.accountUuid),
		organizationUuid: textOf(other.organizationUuid),
		idToken: changed("idToken"),
		accountId,
		plan
	};
}
const textOf = (value) => secretOf(value)?.reveal();
function missing({ name, command, npm }) {
	return new Failure("program-missing", `\`refresh-with: cli\` needs ${name}, but there is no program \`${command}\` on the PATH of this job. Nothing was spent.`, `Install it in a step before this one (\`npm i -g ${npm}\`), or leave \`refresh-with\` out.`);
}
export { sendByProgram };

import { Ct as Failure, vt as parseObject } from "./common.mjs";
import { c as withoutProfile, i as openclawFolder, r as openclawFile, s as folderOf } from "./other-programs.mjs";
const { join } = process.getBuiltinModule("node:path");
async function openclawProgram(world, where, { canLogOut }) {
	let run = (...args) => succeed(world, where, args), { profiles, authStatePath } = answerOf(await run("models", "auth", "list", "--json")), present = Array.isArray(profiles) ? profiles : [];
	return {
		name: "openclaw",
		providers: ["anthropic", "openai"],
		async prepare({ provider, account }) {
			let label = account === "default" ? "" : `${account.replaceAll(".", "_")}-`, profile = `${provider}:${OURS}${label}${runnerOf(world)}`, done = {
				profile,
				provider,
				canLogOut,
				database: folderOf(String(authStatePath ?? ""), homeOf(where)) ?? "",
				where: {
					...where,
					env: variables(where.env, PLACES)
				}
			};
			if (!present.some((other) => other.provider === provider && other.id !== profile)) return done;
			let { order } = answerOf(await run("models", "auth", "order", "get", "--provider", provider, "--json")), others = Array.isArray(order) ? order.filter((id) => id !== profile && present.some((other) => other.id === id)) : [];
			return {
				...done,
				order: others.length > 0 ? others : null
			};
		},
		async write({ access }, { profile, provider, order }) {
			await succeed(world, where, [
				"models",
				"auth",
				"paste-token",
				"--provider",
				provider,
				"--profile-id",
				profile
			], `${access?.reveal() ?? ""}\n`);
			let taken = `OpenClaw has taken the access token into its own store, as the profile ${profile}.`;
			if (order === void 0) return taken;
			let first = [
				"models",
				"auth",
				"order",
				"set",
				"--provider",
				provider,
				profile
			];
			return (order ? await runOpenclaw(world, where, [...first, ...order]) : void 0)?.status !== 0 && await run(...first), taken;
		}
	};
}
const PLACES = /^OPENCLAW_(HOME|PROFILE|\w+_(DIR|PATH))$/;
function variables(env, names, others = !1) {
	return Object.fromEntries(Object.entries(env).filter(([name]) => names.test(name) !== others));
}
const OURS = "oauth-creds-";
function runnerOf({ env }) {
	let name = [env.RUNNER_NAME, env.RUNNER_TEMP].join("\0");
	return process.getBuiltinModule("node:crypto").createHash("sha256").update(name).digest("hex").slice(0, 8);
}
async function undoOpenclaw(world, present, done) {
	let { profile, provider, order, canLogOut, database, where: then } = done, where = then ? {
		...then,
		env: {
			...variables(present.env, PLACES, !0),
			...then.env
		}
	} : present;
	try {
		if (canLogOut) {
			let { status } = await runOpenclaw(world, where, [
				"models",
				"auth",
				"logout",
				profile,
				"--yes"
			]);
			if (status !== 0 && await isThere(world, where, profile)) throw refused([
				"models",
				"auth",
				"logout"
			], status);
			emptyFreeSpace(world, where, database);
		} else await runOpenclaw(world, where, [
			"config",
			"unset",
			`auth.profiles.${profile}`
		]), world.files.exists(database) && removeFromDatabase(database, profile);
		let before = (order ?? []).filter((id) => !id.startsWith(`${provider}:${OURS}`));
		if (before.length === 0) return;
		let now = await succeed(world, where, [
			"models",
			"auth",
			"order",
			"get",
			"--provider",
			provider,
			"--json"
		]);
		if (answerOf(now).order) return;
		await succeed(world, where, [
			"models",
			"auth",
			"order",
			"set",
			"--provider",
			provider,
			...before
		]);
	} catch (error) {
		throw error instanceof Failure ? error : new Failure("file-failed", `OpenClaw's profile ${profile} could not be removed from ${database}.`, "Remove it by hand, or the whole file if nobody else uses it.");
	}
}
async function isThere(world, where, profile) {
	let { profiles } = answerOf(await succeed(world, where, [
		"models",
		"auth",
		"list",
		"--json"
	]));
	return JSON.stringify(profiles ?? "").includes(JSON.stringify(profile));
}
function emptyFreeSpace({ files }, where, agents) {
	let common = join(openclawFolder(where, files.exists), "state", "openclaw.sqlite");
	for (let path of new Set([common, agents])) if (files.exists(path)) try {
		changeDatabase(path, (database) => database.exec(EMPTY));
	} catch {
		throw new Failure("file-failed", `OpenClaw's profile is removed, but the free space of ${path} may still hold its token: the file is in use, or not one of SQLite's.`, "If the machine outlives the job, have the file made anew while no OpenClaw runs: `sqlite3 FILE VACUUM`.");
	}
}
const EMPTY = "VACUUM; PRAGMA wal_checkpoint(TRUNCATE)";
function changeDatabase(path, change) {
	let database = new (process.getBuiltinModule("node:sqlite")).DatabaseSync(path);
	try {
		database.exec("PRAGMA busy_timeout = 10000"), change(database);
	} finally {
		database.close();
	}
}
function removeFromDatabase(path, profile) {
	changeDatabase(path, (database) => {
		database.exec("BEGIN IMMEDIATE");
		for (let part of ["store", "state"]) {
			let row = `auth_profile_${part} WHERE ${part}_key = 'primary'`, json = database.prepare(`SELECT ${part}_json AS json FROM ${row}`).get()?.json, doc = typeof json == "string" ? parseObject(json) : void 0;
			if (!doc) continue;
			let rest = JSON.stringify(withoutProfile(doc, profile, !0));
			database.prepare(`UPDATE ${row.replace(" WHERE", ` SET ${part}_json = ? WHERE`)}`).run(rest);
		}
		database.exec(`COMMIT; ${EMPTY}`);
	});
}
const answerOf = ({ stdout }) => parseObject(stdout.slice(Math.max(0, stdout.search(/^\{/m)))) ?? {};
async function succeed(world, where, args, input) {
	let ended = await runOpenclaw(world, where, args, input);
	if (ended.status === 0) return ended;
	throw /legacy credential migration|AUTH_PROFILE_MIGRATION_REQUIRED/.test(ended.stdout + ended.stderr) ? new Failure("file-failed", "OpenClaw takes no login while it has a file auth-profiles.json of an older release.", "Let it take the file over once (`openclaw doctor --fix`), or remove the file if its logins are not needed.") : refused(args, ended.status);
}
function refused(args, status) {
	let words = args.findIndex((arg) => !/^[a-z][a-z-]*$/.test(arg)), command = `openclaw ${args.slice(0, words === -1 ? args.length : words).join(" ")}`;
	return new Failure("file-failed", `\`${command}\` ${status === void 0 ? "did not end in time" : `ended with status ${status}`}.`, "Run it in a step of its own to see what it says. A Claude login can also be given to OpenClaw by its variable: `targets: env:ANTHROPIC_OAUTH_TOKEN`.");
}
function runOpenclaw(world, where, args, input) {
	let passed = variables(world.env, /^(INPUT|STATE|ACTIONS|OAUTH_CREDS|OPENCLAW)_/i, !0), home = world.platform === "win32" ? { USERPROFILE: where.home } : { HOME: where.home };
	return world.run("openclaw", args, {
		...input !== void 0 && { input },
		cwd: where.home,
		env: {
			...passed,
			...variables(where.env, /^OPENCLAW_/i),
			...home,
			NO_COLOR: "1"
		},
		timeoutMs: 18e4
	});
}
const homeOf = ({ env, home }) => folderOf(env.OPENCLAW_HOME, home) ?? home, RENAMED = [
	2026,
	6,
	1
], DATABASE = [
	2026,
	6,
	5
], LOGOUT = [
	2026,
	8,
	1
];
async function openclaw(world, where) {
	let version = await versionOf(world, where);
	if (isFrom(version, DATABASE)) return openclawProgram(world, where, { canLogOut: isFrom(version, LOGOUT) });
	let { exists } = world.files;
	return openclawFile(isFrom(version, RENAMED) ? "openai" : "openai-codex", exists);
}
async function versionOf(world, where) {
	let { missing, status, stdout } = await runOpenclaw(world, where, ["--version"]), found = /\b(20\d\d)\.(\d+)\.(\d+)/.exec(stdout);
	if (!missing && status === 0 && found) return found.slice(1).map(Number);
	throw new Failure("program-missing", missing ? "`targets: openclaw`: there is no program `openclaw` on the PATH of this step, and its version decides how it is given a login." : `\`targets: openclaw\`: \`openclaw --version\` did not tell its version (status ${status ?? "unknown"}). It may not run on the Node of this job.`, "Install it in a step before this one (`npm install -g openclaw`, with the Node that it asks for), or give it a Claude login by its variable: `targets: env:ANTHROPIC_OAUTH_TOKEN`.");
}
function isFrom(version, first) {
	let at = first.findIndex((part, place) => part !== version[place]);
	return at === -1 || (version[at] ?? 0) > (first[at] ?? 0);
}
export { undoOpenclaw as i, openclawProgram as n, runOpenclaw as r, openclaw as t };

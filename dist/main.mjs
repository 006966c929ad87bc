import { A as livesFor, C as Failure, D as isoTime, E as MINUTE_MS, O as sayDuration, T as HOUR_MS, a as saveManifest, b as readInputs, c as claudeFile, d as refuseUnsafe, f as renderClaude, i as removeFolders, j as sayKind, k as sayTime, m as recognise, n as nodeWorld, o as openCapsule, p as maskInputs, w as asFailure } from "./common.mjs";

// src/acquire.ts
const USABLE_MS = 5 * MINUTE_MS;
async function acquire(world, inputs, detected) {
	const { credential } = detected;
	const now = world.now();
	const asItIs = {
		credential,
		source: "secret",
		result: void 0
	};
	if (credential.kind !== "login") {
		if (!livesFor(credential, 0, now)) throw sayEnded(credential);
		return asItIs;
	}
	const goodEnough = inputs.refresh !== "always" && livesFor(credential, inputs.minValidityMs, now);
	const handsOutRefresh = inputs.writeRefreshToken;
	if (goodEnough && !handsOutRefresh) return asItIs;
	const usable = livesFor(credential, USABLE_MS, now);
	if (inputs.refresh === "never" && !goodEnough) {
		if (!usable) throw sayEnded(credential);
		world.runner.warning(`The access token ends ${sayEnd$1(credential, now)}, sooner than \`min-validity\`, and \`refresh\` is \`never\`.`);
	}
	const refreshing = inputs.refresh !== "never" && !goodEnough;
	if (!refreshing && !handsOutRefresh) return asItIs;
	const { findPlace, nothingWasSpent, provider, refreshLogin } = await import("./refresh2.mjs");
	try {
		const place = await findPlace(world, inputs, detected.stored);
		if (place) world.runner.state("prepared", JSON.stringify(place.prepared));
		if (!refreshing) return asItIs;
		const { credential: next, result } = await refreshLogin(world, inputs, provider, credential, place);
		return {
			credential: next,
			source: "refreshed",
			result
		};
	} catch (error) {
		if (!(error instanceof Failure && nothingWasSpent(error) && usable && inputs.refresh !== "always") || handsOutRefresh) throw error;
		world.runner.warning(`${error.explain()} The job goes on with the access token that it has, which ends ${sayEnd$1(credential, now)}.`);
		return asItIs;
	}
}
const sayEnd$1 = ({ accessExpiresAt }, now) => accessExpiresAt === void 0 ? "at a time that is not known" : `at ${sayTime(accessExpiresAt)} (in ${sayDuration(accessExpiresAt - now)})`;
function sayEnded(credential) {
	const end = credential.accessExpiresAt === void 0 ? "" : ` at ${isoTime(credential.accessExpiresAt)}`;
	if (credential.kind === "login") return new Failure("credential-ended", credential.access ? `The access token ended${end}, and \`refresh: never\` forbids to renew it.` : "The credential holds no access token, and `refresh: never` forbids to fetch one.", "Let another job refresh it first, or set `refresh: auto`.");
	return new Failure("credential-ended", `The ${sayKind(credential)} ended${end}, and it cannot be renewed.`, "Make a new one with `claude setup-token` and store it with `gh secret set`.");
}

// src/report/outputs.ts
function publish(world, inputs, acquired, files) {
	const { credential, source, result } = acquired;
	const { runner } = world;
	const outputs = {
		available: "true",
		provider: credential.provider,
		kind: credential.kind,
		source,
		refreshed: String(source === "refreshed"),
		rotated: String(result?.type === "stored"),
		generation: credential.kind === "login" ? String(credential.generation) : "",
		"expires-at": iso(credential.accessExpiresAt),
		"login-expires-at": iso(credential.loginExpiresAt),
		files: JSON.stringify(files)
	};
	for (const [name, value] of Object.entries(outputs)) runner.output(name, value);
	if (credential.accessExpiresAt !== void 0) runner.state("access-ends", String(credential.accessExpiresAt));
	const rows = describe(world, inputs, acquired, files);
	for (const [what, text] of rows) runner.log(`${what}: ${text}`);
	runner.summary(`### Login for this job\n\n| | |\n|---|---|\n${rows.map(([what, text]) => `| ${what} | ${cell(text)} |\n`).join("")}\n`);
}
function describe(world, inputs, acquired, files) {
	const { credential, source, result } = acquired;
	const now = world.now();
	const rows = [
		["Login", `${sayKind(credential)}${credential.plan ? `, plan ${clean(credential.plan)}` : ""}`],
		["Source", source === "refreshed" ? "renewed by this step" : "as stored; no request was needed"],
		[credential.kind === "setup-token" ? "Setup token ends" : "Access token ends", sayEnd(credential.accessExpiresAt, now)]
	];
	if (credential.kind === "login") rows.push(["Login ends", sayEnd(credential.loginExpiresAt, now)]);
	const form = inputs.writeRefreshToken ? "with refresh token" : "access token only";
	for (const path of files) rows.push(["Written", `${path} (${form})`]);
	for (const target of inputs.targets) {
		if (target.name === "env") rows.push(["Written", `the variable ${target.variable} of later steps`]);
		if (target.name === "output") rows.push(["Written", "the output access-token of this step"]);
	}
	if (inputs.rotateTo && source === "refreshed") rows.push(["Stored", sayResult(result, inputs.rotateTo.label)]);
	return rows;
}
function sayResult(result, label) {
	if (result?.type === "stored") return result.confirmed ? `in ${label} (confirmed by GitHub)` : `in ${label} (not yet confirmed by GitHub)`;
	return result?.type === "moved" ? `not: ${label} was written by somebody else meanwhile` : `NOT STORED: see the error above`;
}
const iso = (ms) => ms === void 0 ? "" : isoTime(ms);
const sayEnd = (ms, now) => ms === void 0 ? "not known" : ms > now ? `${sayTime(ms)} (in ${sayDuration(ms - now)})` : `${sayTime(ms)} (past)`;
const clean = (credentialText) => /^[\w -]{1,32}$/.test(credentialText) ? credentialText : "?";
const cell = (text) => text.replaceAll("|", "\\|").replaceAll("\n", " ");

// src/report/shadow.ts
const { dirname: dirname$1, join } = process.getBuiltinModule("node:path");
const CLOUD = [
	"CLAUDE_CODE_USE_BEDROCK",
	"CLAUDE_CODE_USE_VERTEX",
	"CLAUDE_CODE_USE_FOUNDRY"
];
const KEYS = ["ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_API_KEY"];
function shadows(world, inputs) {
	const byFile = inputs.targets.some(({ name }) => name === "claude");
	const byVariable = inputs.targets.some((target) => target.name === "env" && target.variable === "CLAUDE_CODE_OAUTH_TOKEN");
	if (!byFile && !byVariable) return [];
	const names = [...CLOUD, ...KEYS];
	if (byFile && !byVariable) names.push("CLAUDE_CODE_OAUTH_TOKEN");
	const found = names.filter((name) => world.env[name]).map((name) => `The variable ${name} is set in this job: Claude Code uses it instead of this login. Remove it from the job's \`env\`.`);
	for (const folder of [dirname$1(claudeFile(world, inputs)), join(world.env["GITHUB_WORKSPACE"] || ".", ".claude")]) for (const file of ["settings.json", "settings.local.json"]) {
		const settings = world.files.read(join(folder, file));
		if (settings && /"apiKeyHelper"\s*:\s*"[^"]/.test(settings)) found.push(`${join(folder, file)} sets \`apiKeyHelper\`: Claude Code uses its key instead of this login. Remove the setting.`);
	}
	return found;
}

// src/report/warnings.ts
const LONGEST_JOB_MS = 6 * HOUR_MS;
function warnAhead(world, inputs, { credential, result }) {
	const { runner } = world;
	const now = world.now();
	for (const shadow of shadows(world, inputs)) runner.warning(shadow);
	const { kind, accessExpiresAt, loginExpiresAt, scopes } = credential;
	const end = kind === "login" ? loginExpiresAt : accessExpiresAt;
	if (kind !== "access" && end !== void 0 && end - now < inputs.warnBeforeMs) {
		const [what, advice] = kind === "login" ? ["This login", "Sign in once more for CI and store the result before then: a refresh does not move this end."] : ["This setup token", "Make a new one with `claude setup-token` and store it before then."];
		runner.warning(`${what} ends at ${sayTime(end)} (in ${sayDuration(end - now)}). ${advice}`);
	}
	if (kind !== "setup-token" && accessExpiresAt !== void 0 && accessExpiresAt - now < LONGEST_JOB_MS) {
		const left = sayDuration(accessExpiresAt - now);
		const text = `The access token ends at ${sayTime(accessExpiresAt)}, in ${left}: a job that runs longer loses its login on the way.`;
		if (accessExpiresAt - now < inputs.minValidityMs) runner.warning(`${text} \`min-validity\` asks for more.`);
		else runner.notice(`${text} Set \`min-validity\` to the longest time that this job may take.`);
	}
	if (scopes && !scopes.includes("user:inference")) runner.warning("This login was made without the scope user:inference: Claude Code will say “Not logged in”. Sign in again with `claude auth login`.");
	if (result?.type === "moved") runner.warning(`Somebody stored another login in ${inputs.rotateTo?.label} while this one was being renewed. Theirs was kept; this job uses its own.`);
	if (result?.type === "stored" && !result.confirmed) runner.warning(`${inputs.rotateTo?.label} was written, but GitHub did not confirm it. If the next run is told that the login was refused, sign in again.`);
	if (result?.type === "failed") runner.error(`The login was renewed, but ${inputs.rotateTo?.label} could not be written: the login stored there has ended. ${result.failure.explain()} This job has its access token and goes on; its post step tries once more to store the login. If that fails too, sign in again and store the new login.`, "oauth-creds: could-not-store");
}

// src/targets/targets.ts
const { dirname } = process.getBuiltinModule("node:path");
function openTargets(world, inputs) {
	const entries = [];
	const pending = [];
	if (inputs.targets.some((target) => target.name === "claude")) {
		const path = claudeFile(world, inputs);
		refuseUnsafe(world, path);
		const made = world.files.makeFolder(dirname(path));
		try {
			const backup = keepBackup(world, inputs, path);
			const file = world.files.openBeside(path);
			pending.push({
				path,
				file
			});
			entries.push({
				path,
				temp: file.temp,
				made,
				backup
			});
		} catch (error) {
			removeFolders(world, made);
			throw error;
		}
		saveManifest(world, entries);
	}
	return {
		write(credential) {
			const token = credential.access?.reveal() ?? "";
			for (const { path, file } of pending) file.commit(renderClaude(world.files.read(path), credential, inputs.writeRefreshToken));
			for (const target of inputs.targets) {
				if (target.name === "env") world.runner.variable(target.variable, token);
				if (target.name === "output") world.runner.output("access-token", token);
			}
			return pending.map(({ path }) => path);
		},
		discard() {
			for (const { file } of pending) file.discard();
			for (const { made, backup } of entries) {
				if (backup !== void 0) world.files.remove(backup);
				removeFolders(world, made);
			}
			saveManifest(world, []);
		}
	};
}
function keepBackup(world, inputs, path) {
	const present = world.files.read(path);
	if (present === void 0) return void 0;
	const capsule = openCapsule(world, inputs.credential, "backup");
	capsule.save(present);
	return capsule.path;
}

// src/run.ts
async function run(world) {
	try {
		maskInputs(world);
		await provide(world);
		return 0;
	} catch (error) {
		const failure = asFailure(error);
		world.runner.error(failure.explain(), `oauth-creds: ${failure.code}`);
		return 1;
	}
}
async function provide(world) {
	const inputs = readInputs(world.env);
	if (!inputs.credential) return skip(world);
	const detected = recognise(world, inputs);
	for (const notice of detected.notices) world.runner.notice(notice);
	const targets = openTargets(world, inputs);
	let acquired;
	try {
		acquired = await acquire(world, inputs, detected);
	} catch (error) {
		targets.discard();
		throw error;
	}
	const files = targets.write(acquired.credential);
	publish(world, inputs, acquired, files);
	warnAhead(world, inputs, acquired);
}
function skip(world) {
	world.runner.output("available", "false");
	world.runner.notice("There is no credential in this run (`if-no-credential: skip`): no login was provided, and the output `available` is false.");
}

// src/main.ts
process.exitCode = await run(nodeWorld());

export {  };
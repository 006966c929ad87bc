import { A as sayTime, C as Failure, D as isoTime, E as MINUTE_MS, M as sayKind, T as HOUR_MS, a as saveManifest, b as readInputs, c as claudeFile, d as refuseUnsafe, f as renderClaude, i as removeFolders, j as livesFor, k as sayDuration, m as recognise, n as nodeWorld, o as openCapsule, p as maskInputs, w as asFailure } from "./common.mjs";
const USABLE_MS = 5 * MINUTE_MS;
async function acquire(world, inputs, detected) {
	let { credential } = detected;
	let now = world.now();
	let asItIs = {
		credential,
		source: "secret",
		result: void 0
	};
	if (credential.kind !== "login") {
		if (!livesFor(credential, 0, now)) throw sayEnded(credential);
		return asItIs;
	}
	let goodEnough = inputs.refresh !== "always" && livesFor(credential, inputs.minValidityMs, now);
	let handsOutRefresh = inputs.writeRefreshToken;
	if (goodEnough && !handsOutRefresh) return asItIs;
	let usable = livesFor(credential, USABLE_MS, now);
	if (inputs.refresh === "never" && !goodEnough) {
		if (!usable) throw sayEnded(credential);
		world.runner.warning(`The access token ends ${sayEnd$1(credential, now)}, sooner than \`min-validity\`, and \`refresh\` is \`never\`.`);
	}
	let refreshing = inputs.refresh !== "never" && !goodEnough;
	if (!refreshing && !handsOutRefresh) return asItIs;
	let { findPlace, nothingWasSpent, provider, refreshLogin } = await import("./refresh2.mjs");
	try {
		let place = await findPlace(world, inputs, detected.stored);
		place && world.runner.state("prepared", JSON.stringify(place.prepared));
		if (!refreshing) return asItIs;
		let { credential: next, result } = await refreshLogin(world, inputs, provider, credential, place);
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
	let end = credential.accessExpiresAt === void 0 ? "" : ` at ${isoTime(credential.accessExpiresAt)}`;
	if (credential.kind === "login") return new Failure("credential-ended", credential.access ? `The access token ended${end}, and \`refresh: never\` forbids to renew it.` : "The credential holds no access token, and `refresh: never` forbids to fetch one.", "Let another job refresh it first, or set `refresh: auto`.");
	return new Failure("credential-ended", `The ${sayKind(credential)} ended${end}, and it cannot be renewed.`, "Make a new one with `claude setup-token` and store it with `gh secret set`.");
}
function publish(world, inputs, acquired, files) {
	let { credential, source, result } = acquired;
	let { runner } = world;
	let outputs = {
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
	runner.outputs(outputs);
	credential.accessExpiresAt !== void 0 && runner.state("access-ends", String(credential.accessExpiresAt));
	let rows = describe(world, inputs, acquired, files);
	for (let [what, text] of rows) runner.log(`${what}: ${text}`);
	runner.summary(`### Login for this job\n\n| | |\n|---|---|\n${rows.map(([what, text]) => `| ${what} | ${cell(text)} |\n`).join("")}\n`);
}
function describe(world, inputs, acquired, files) {
	let { credential, source, result } = acquired;
	let now = world.now();
	let rows = [
		["Login", `${sayKind(credential)}${credential.plan ? `, plan ${clean(credential.plan)}` : ""}`],
		["Source", source === "refreshed" ? "renewed by this step" : "as stored; no request was needed"],
		[credential.kind === "setup-token" ? "Setup token ends" : "Access token ends", sayEnd(credential.accessExpiresAt, now)]
	];
	credential.kind === "login" && rows.push(["Login ends", sayEnd(credential.loginExpiresAt, now)]);
	let form = inputs.writeRefreshToken ? "with refresh token" : "access token only";
	for (let path of files) rows.push(["Written", `${path} (${form})`]);
	for (let target of inputs.targets) {
		target.name === "env" && rows.push(["Written", `the variable ${target.variable} of later steps`]);
		target.name === "output" && rows.push(["Written", "the output access-token of this step"]);
	}
	inputs.rotateTo && source === "refreshed" && rows.push(["Stored", sayResult(result, inputs.rotateTo.label)]);
	return rows;
}
function sayResult(result, label) {
	if (result?.type === "stored") return result.confirmed ? `in ${label} (confirmed by GitHub)` : `in ${label} (not yet confirmed by GitHub)`;
	return result?.type === "moved" ? `no: ${label} was written by somebody else meanwhile` : "NO: see the error below";
}
const iso = (ms) => ms === void 0 ? "" : isoTime(ms);
const sayEnd = (ms, now) => ms === void 0 ? "not known" : ms > now ? `${sayTime(ms)} (in ${sayDuration(ms - now)})` : `${sayTime(ms)} (past)`;
const clean = (word) => /^[\w -]{1,32}$/.test(word) ? word : "?";
const cell = (text) => text.replaceAll("|", "\\|").replaceAll("\n", " ");
const { dirname: dirname$1, join } = process.getBuiltinModule("node:path");
const CLOUD = [
	"CLAUDE_CODE_USE_BEDROCK",
	"CLAUDE_CODE_USE_VERTEX",
	"CLAUDE_CODE_USE_FOUNDRY"
];
const KEYS = ["ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_API_KEY"];
function shadows(world, inputs) {
	let byFile = inputs.targets.some(({ name }) => name === "claude");
	let byVariable = inputs.targets.some((target) => target.name === "env" && target.variable === "CLAUDE_CODE_OAUTH_TOKEN");
	if (!byFile && !byVariable) return [];
	let names = [...CLOUD, ...KEYS];
	byFile && !byVariable && names.push("CLAUDE_CODE_OAUTH_TOKEN");
	let found = names.filter((name) => world.env[name]).map((name) => `The variable ${name} is set in this job: Claude Code uses it instead of this login. Remove it from the job's \`env\`.`);
	for (let folder of [dirname$1(claudeFile(world, inputs)), join(world.env.GITHUB_WORKSPACE || ".", ".claude")]) for (let file of ["settings.json", "settings.local.json"]) {
		let settings = world.files.read(join(folder, file));
		settings && /"apiKeyHelper"\s*:\s*"[^"]/.test(settings) && found.push(`${join(folder, file)} sets \`apiKeyHelper\`: Claude Code uses its key instead of this login. Remove the setting.`);
	}
	return found;
}
const LONGEST_JOB_MS = 6 * HOUR_MS;
function warnAhead(world, inputs, { credential, result }) {
	let { runner } = world;
	let now = world.now();
	for (let shadow of shadows(world, inputs)) runner.warning(shadow);
	let { kind, accessExpiresAt, loginExpiresAt, scopes } = credential;
	let end = kind === "login" ? loginExpiresAt : accessExpiresAt;
	if (kind !== "access" && end !== void 0 && end - now < inputs.warnBeforeMs) {
		let [what, advice] = kind === "login" ? ["This login", "Sign in once more for CI and store the result before then: a refresh does not move this end."] : ["This setup token", "Make a new one with `claude setup-token` and store it before then."];
		runner.warning(`${what} ends at ${sayTime(end)} (in ${sayDuration(end - now)}). ${advice}`);
	}
	if (kind !== "setup-token" && accessExpiresAt !== void 0 && accessExpiresAt - now < LONGEST_JOB_MS) {
		let left = sayDuration(accessExpiresAt - now);
		let text = `The access token ends at ${sayTime(accessExpiresAt)}, in ${left}: a job that runs longer loses its login on the way.`;
		accessExpiresAt - now < inputs.minValidityMs ? runner.warning(`${text} \`min-validity\` asks for more.`) : runner.notice(`${text} Set \`min-validity\` to the longest time that this job may take.`);
	}
	scopes && !scopes.includes("user:inference") && runner.warning("This login was made without the scope user:inference: Claude Code will say “Not logged in”. Sign in again with `claude auth login`.");
	result?.type === "moved" && runner.warning(`Somebody stored another login in ${inputs.rotateTo?.label} while this one was being renewed. Theirs was kept; this job uses its own.`);
	result?.type === "stored" && !result.confirmed && runner.warning(`${inputs.rotateTo?.label} was written, but GitHub did not confirm it. If the next run is told that the login was refused, sign in again.`);
	result?.type === "failed" && runner.error(`The login was renewed, but ${inputs.rotateTo?.label} could not be written: the login stored there has ended. ${result.failure.explain()} This job has its access token and goes on; its post step tries once more to store the login. If that fails too, sign in again and store the new login.`, "oauth-creds: could-not-store");
}
const { dirname } = process.getBuiltinModule("node:path");
function openTargets(world, inputs) {
	let entries = [];
	let pending = [];
	if (inputs.targets.some((target) => target.name === "claude")) {
		let path = claudeFile(world, inputs);
		refuseUnsafe(world, path);
		let made = world.files.makeFolder(dirname(path));
		try {
			let backup = keepBackup(world, inputs, path);
			let file = world.files.openBeside(path);
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
			let token = credential.access?.reveal() ?? "";
			for (let { path, file } of pending) file.commit(renderClaude(world.files.read(path), credential, inputs.writeRefreshToken));
			for (let target of inputs.targets) {
				target.name === "env" && world.runner.variable(target.variable, token);
				target.name === "output" && world.runner.outputs({ "access-token": token });
			}
			return pending.map(({ path }) => path);
		},
		discard() {
			for (let { file } of pending) file.discard();
			for (let { made, backup } of entries) {
				backup !== void 0 && world.files.remove(backup);
				removeFolders(world, made);
			}
			saveManifest(world, []);
		}
	};
}
function keepBackup(world, inputs, path) {
	let present = world.files.read(path);
	if (present === void 0) return;
	let capsule = openCapsule(world, inputs.credential, "backup");
	capsule.save(present);
	return capsule.path;
}
async function run(world) {
	try {
		await provide(world);
		return 0;
	} catch (error) {
		let failure = asFailure(error);
		world.runner.error(failure.explain(), `oauth-creds: ${failure.code}`);
		return 1;
	}
}
async function provide(world) {
	let masked = maskInputs(world);
	let inputs = readInputs(world.env);
	if (!inputs.credential) return skip(world);
	let detected = recognise(world, inputs, masked);
	for (let notice of detected.notices) world.runner.notice(notice);
	let targets = openTargets(world, inputs);
	let acquired;
	try {
		acquired = await acquire(world, inputs, detected);
	} catch (error) {
		targets.discard();
		throw error;
	}
	let files = targets.write(acquired.credential);
	publish(world, inputs, acquired, files);
	warnAhead(world, inputs, acquired);
}
function skip(world) {
	world.runner.outputs({ available: "false" });
	world.runner.notice("There is no credential in this run (`if-no-credential: skip`): no login was provided, and the output `available` is false.");
}
process.exitCode = await run(nodeWorld());
export {};

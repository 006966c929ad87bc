// src/secret.ts
var Secret = class {
	#value;
	constructor(value) {
		this.#value = value;
	}
	reveal() {
		return this.#value;
	}
	equals(other) {
		return other !== void 0 && other.#value === this.#value;
	}
	toString() {
		return "[secret]";
	}
	toJSON() {
		return "[secret]";
	}
	[Symbol.for("nodejs.util.inspect.custom")]() {
		return "[secret]";
	}
};
function secretOf(value) {
	return typeof value === "string" && value !== "" ? new Secret(value) : void 0;
}

// src/credential/credential.ts
const EMPTY = {
	provider: "anthropic",
	generation: 0,
	access: void 0,
	accessExpiresAt: void 0,
	refresh: void 0,
	loginExpiresAt: void 0,
	scopes: void 0,
	clientId: void 0,
	plan: void 0,
	other: {},
	predecessor: void 0
};
function sayKind(credential) {
	if (credential.kind === "setup-token") return "Claude setup token";
	if (credential.kind === "access") return "Claude access token";
	const { generation } = credential;
	return generation > 0 ? `Claude login (generation ${generation})` : "Claude login";
}
function livesFor(credential, ms, now) {
	if (!credential.access) return false;
	const { accessExpiresAt } = credential;
	return accessExpiresAt === void 0 ? credential.kind !== "login" : accessExpiresAt - now > ms;
}
function tokensOf(credential) {
	return [
		credential.access,
		credential.refresh,
		credential.predecessor
	];
}

// src/duration.ts
const UNIT_MS = {
	s: 1e3,
	m: 6e4,
	h: 36e5,
	d: 864e5
};
const MINUTE_MS = UNIT_MS.m;
const HOUR_MS = UNIT_MS.h;
function parseDuration(text) {
	if (!/^(\d{1,6}[smhd])+$/.test(text)) return void 0;
	let total = 0;
	for (const [, count, unit] of text.matchAll(/(\d+)([smhd])/g)) total += Number(count) * UNIT_MS[unit];
	return total;
}
function sayDuration(ms) {
	const left = Math.max(0, ms);
	if (left >= 2 * UNIT_MS.d) return `${Math.floor(left / UNIT_MS.d)} days`;
	const hours = Math.floor(left / UNIT_MS.h);
	const minutes = Math.floor(left % UNIT_MS.h / UNIT_MS.m);
	if (hours > 0) return minutes > 0 ? `${hours} h ${minutes} min` : `${hours} h`;
	return minutes > 0 ? `${minutes} min` : `${Math.ceil(left / 1e3)} s`;
}
function sayTime(ms) {
	return `${isoTime(ms).slice(0, 16).replace("T", " ")} UTC`;
}
function isoTime(ms) {
	return new Date(ms).toISOString().replace(/\.\d+Z$/, "Z");
}

// src/errors.ts
var Failure = class extends Error {
	code;
	advice;
	constructor(code, what, advice) {
		super(what);
		this.name = "Failure";
		this.code = code;
		this.advice = advice;
	}
	explain() {
		return `${this.message} ${this.advice} [${this.code}]`;
	}
};
function asFailure(error) {
	if (error instanceof Failure) return error;
	const { code, syscall, name } = error ?? {};
	if (typeof code === "string" && typeof syscall === "string") return new Failure("file-failed", `The system refused a file operation (${syscall}: ${code}).`, "Check that the home folder and RUNNER_TEMP exist, are writable by this user, and that the disk is not full.");
	return new Failure("unexpected", `Something went wrong that should not (${String(name ?? typeof error)}${where(error)}).`, "This is a fault of oauth-creds: please report it with this line. Nothing secret is in it.");
}
function where(error) {
	const stack = error instanceof Error ? error.stack ?? "" : "";
	const frame = /at (?:(?:async )?([\w.$]+) )?\(?[^()\n]*?([\w-]+\.(?:mjs|ts):\d+)/.exec(stack);
	return frame ? ` at ${frame[1] ?? "?"} ${frame[2]}` : "";
}

// src/rotation/location.ts
function parseLocation(entry, github) {
	const parts = /^(?:repository\/)?([A-Za-z_][A-Za-z0-9_]*)$/.exec(entry);
	if (!parts?.[1]) {
		const later = /^(environment|organization|dependabot|codespaces|agents)\//.exec(entry);
		return later ? `\`rotate-to\`: this release writes repository secrets only, not ${later[1]} secrets.` : "`rotate-to` must be the name of a repository secret, such as `CLAUDE_LOGIN` or `repository/CLAUDE_LOGIN`.";
	}
	const name = parts[1].toUpperCase();
	if (name.startsWith("GITHUB_")) return "`rotate-to`: GitHub allows no secret whose name begins with GITHUB_.";
	const repository = github.repository ?? "";
	const base = `/repos/${repository}/actions/secrets`;
	return {
		kind: "repository",
		name,
		repository,
		repositoryId: github.repositoryId,
		label: `the repository secret ${name}`,
		publicKeyPath: `${base}/public-key`,
		secretPath: (secret) => `${base}/${secret}`
	};
}
function sameLocation(stored, here) {
	const sameRepository = stored.repositoryId && here.repositoryId ? stored.repositoryId === here.repositoryId : stored.repository.toLowerCase() === here.repository.toLowerCase();
	return stored.kind === here.kind && sameRepository && stored.name.toUpperCase() === here.name.toUpperCase();
}
function storedLocation({ kind, name, repository, repositoryId }) {
	return {
		kind,
		name,
		repository,
		repositoryId
	};
}

// src/credential/claude-file.ts
const DAY_MS = 864e5;
function readClaudeOauth(oauth, now, notice = () => {}) {
	const { accessToken, refreshToken, expiresAt, refreshTokenExpiresAt, scopes, clientId, subscriptionType, loginEnded: _ended, ...other } = oauth;
	const access = secretOf(accessToken);
	const refresh = secretOf(refreshToken);
	if (!access && !refresh) return void 0;
	const accessExpiresAt = readTime(expiresAt, notice);
	const scopeList = readScopes(scopes);
	const long = accessExpiresAt === void 0 || accessExpiresAt - now > 60 * DAY_MS;
	const setup = !refresh && long && scopeList?.join() === "user:inference";
	return {
		...EMPTY,
		kind: refresh ? "login" : setup ? "setup-token" : "access",
		access,
		refresh,
		accessExpiresAt,
		loginExpiresAt: refresh ? readTime(refreshTokenExpiresAt, notice) : void 0,
		scopes: scopeList,
		clientId: typeof clientId === "string" ? clientId : void 0,
		plan: typeof subscriptionType === "string" ? subscriptionType : void 0,
		other
	};
}
function writeClaudeOauth(credential, full) {
	const { access, refresh, accessExpiresAt, loginExpiresAt, scopes, clientId, plan, other } = credential;
	const { rateLimitTier = null, ...rest } = other;
	return {
		accessToken: access?.reveal() ?? "",
		refreshToken: full && refresh ? refresh.reveal() : null,
		expiresAt: full ? accessExpiresAt ?? null : null,
		...full && loginExpiresAt !== void 0 && { refreshTokenExpiresAt: loginExpiresAt },
		scopes: scopes && scopes.length > 0 ? scopes : ["user:inference"],
		subscriptionType: plan ?? null,
		rateLimitTier,
		...full && clientId !== void 0 && { clientId },
		...rest
	};
}
function readScopes(value) {
	const scopes = (typeof value === "string" ? value.split(/[\s,]+/) : Array.isArray(value) ? value : []).filter((scope) => typeof scope === "string" && scope !== "");
	return scopes.length > 0 ? scopes : void 0;
}
function readTime(value, notice) {
	const number = typeof value === "string" && /^\d+$/.test(value) ? Number(value) : value;
	if (typeof number === "string") {
		const parsed = Date.parse(number);
		return Number.isNaN(parsed) ? void 0 : parsed;
	}
	if (typeof number !== "number" || !Number.isFinite(number) || number <= 0) return void 0;
	if (number > 1e11) return number;
	notice("The credential gives a time in seconds where Claude Code uses milliseconds; it was read as seconds.");
	return number * 1e3;
}

// src/credential/envelope.ts
const PREFIX = "oc1.";
const isEnvelope = (text) => text.startsWith(PREFIX);
function sealEnvelope(credential, stored) {
	const { access, refresh, predecessor, accessExpiresAt, loginExpiresAt, ...plain } = credential;
	const json = JSON.stringify({
		v: 1,
		...plain,
		access: access?.reveal(),
		accessExpiresAt: accessExpiresAt && isoTime(accessExpiresAt),
		refresh: refresh?.reveal(),
		loginExpiresAt: loginExpiresAt && isoTime(loginExpiresAt),
		predecessor: predecessor?.reveal(),
		stored: stored && {
			...stored,
			savedAt: isoTime(stored.savedAt)
		}
	});
	return PREFIX + Buffer.from(json).toString("base64url");
}
function openEnvelope(text) {
	let fields;
	try {
		fields = JSON.parse(Buffer.from(text.slice(4), "base64url").toString("utf8"));
	} catch {
		throw new Error("it is an envelope of ours (oc1.…) that was cut off or altered");
	}
	const { v, access, refresh, predecessor, accessExpiresAt, loginExpiresAt, stored, ...plain } = fields;
	if (v !== 1) throw new Error("it is an envelope of a newer oauth-creds than this one");
	const { kind, provider, generation, scopes } = plain;
	const { savedAt, location, probe } = stored ?? {};
	const savedMs = readIso(savedAt);
	if (!(provider === "anthropic" && (kind === "login" || kind === "access" || kind === "setup-token") && Number.isInteger(generation) && (scopes === void 0 || Array.isArray(scopes)) && (refresh !== void 0 || access !== void 0) && (stored === void 0 || savedMs !== void 0 && isLocation(location)))) throw new Error("it is an envelope of ours (oc1.…) with fields missing");
	return {
		credential: {
			...EMPTY,
			...plain,
			kind,
			access: secretOf(access),
			refresh: secretOf(refresh),
			predecessor: secretOf(predecessor),
			accessExpiresAt: readIso(accessExpiresAt),
			loginExpiresAt: readIso(loginExpiresAt)
		},
		stored: savedMs !== void 0 && isLocation(location) ? {
			savedAt: savedMs,
			location,
			probe: isSealedBody(probe) ? probe : void 0
		} : void 0
	};
}
function readIso(value) {
	const ms = typeof value === "string" ? Date.parse(value) : NaN;
	return Number.isNaN(ms) ? void 0 : ms;
}
function isLocation(value) {
	const { kind, name, repository } = value ?? {};
	return kind === "repository" && typeof name === "string" && typeof repository === "string";
}
function isSealedBody(value) {
	const { encrypted_value, key_id } = value ?? {};
	return typeof encrypted_value === "string" && typeof key_id === "string";
}

// src/runner/mask.ts
const SHORTEST = 8;
function maskSecrets(runner, secrets) {
	const forms = /* @__PURE__ */ new Set();
	for (const secret of secrets) if (secret) for (const form of formsOf(secret.reveal())) forms.add(form);
	if (forms.size > 0) runner.mask([...forms]);
}
function formsOf(value) {
	const forms = [
		value,
		JSON.stringify(value).slice(1, -1),
		encodeURIComponent(value)
	];
	const bytes = Buffer.from(value);
	for (const skip of [
		0,
		2,
		1
	]) {
		const whole = bytes.subarray(skip, skip + 3 * Math.floor((bytes.length - skip) / 3));
		forms.push(whole.toString("base64"), whole.toString("base64url"));
	}
	return forms.filter((form) => form.length >= SHORTEST);
}

// src/capsule.ts
const { join } = process.getBuiltinModule("node:path");
const { tmpdir } = process.getBuiltinModule("node:os");
function openCapsule(world, key, kind) {
	const name = `oauth-creds-${kind}-${Buffer.from(world.random(8)).toString("hex")}`;
	const path = join(world.env["RUNNER_TEMP"] || tmpdir(), name);
	const file = world.files.openNew(path);
	return {
		path,
		save: (text) => file.commit(sealText(world, key, text)),
		discard: () => file.discard()
	};
}
function readCapsule(world, key, path) {
	const sealed = world.files.read(path);
	if (sealed === void 0) return void 0;
	try {
		return openText(key, sealed);
	} catch {
		return;
	}
}
const VERSION = "oauth-creds capsule v1";
function sealText(world, key, text) {
	const { createCipheriv } = process.getBuiltinModule("node:crypto");
	const salt = world.random(16);
	const iv = world.random(12);
	const cipher = createCipheriv("aes-256-gcm", deriveKey(key, salt), iv).setAAD(Buffer.from(VERSION));
	const body = Buffer.concat([cipher.update(text, "utf8"), cipher.final()]);
	return Buffer.concat([
		salt,
		iv,
		cipher.getAuthTag(),
		body
	]).toString("base64");
}
function openText(key, sealed) {
	const { createDecipheriv } = process.getBuiltinModule("node:crypto");
	const bytes = Buffer.from(sealed, "base64");
	const [salt, iv, tag, body] = [
		bytes.subarray(0, 16),
		bytes.subarray(16, 28),
		bytes.subarray(28, 44),
		bytes.subarray(44)
	];
	const decipher = createDecipheriv("aes-256-gcm", deriveKey(key, salt), iv).setAAD(Buffer.from(VERSION)).setAuthTag(tag);
	return Buffer.concat([decipher.update(body), decipher.final()]).toString("utf8");
}
function deriveKey(key, salt) {
	const { hkdfSync } = process.getBuiltinModule("node:crypto");
	return Buffer.from(hkdfSync("sha256", key.reveal(), salt, VERSION, 32));
}

// src/world/answer.ts
function jsonObject(answer) {
	try {
		const value = JSON.parse(answer.body);
		return typeof value === "object" && value !== null ? value : void 0;
	} catch {
		return;
	}
}
function retryAfter(answer, receivedAt) {
	const value = answer.headers["retry-after"];
	if (value === void 0) return void 0;
	if (/^\d+$/.test(value)) return Number(value) * 1e3;
	const until = Date.parse(value) - (answer.date ?? receivedAt);
	return Number.isNaN(until) ? void 0 : Math.max(0, until);
}

// src/world/world.ts
var HttpFailure = class extends Error {
	sent;
	reason;
	constructor(sent, reason) {
		super(`no answer (${reason})`);
		this.name = "HttpFailure";
		this.sent = sent;
		this.reason = reason;
	}
};

// src/rotation/github-api.ts
var ApiProblem = class extends Error {
	status;
	sent;
	waitMs;
	permission;
	constructor(status, sent, waitMs, permission) {
		super(`GitHub answered ${status}`);
		this.name = "ApiProblem";
		this.status = status;
		this.sent = sent;
		this.waitMs = waitMs;
		this.permission = permission;
	}
	get passing() {
		return this.status === 0 || this.status >= 500 || this.status === 409 || this.waitMs !== void 0;
	}
};
const TIMEOUT_MS = 8e3;
function githubApi(world, apiUrl, token, userAgent) {
	return async (method, path, expected, body) => {
		let answer;
		try {
			answer = await world.http({
				method,
				url: apiUrl + path,
				headers: {
					accept: "application/vnd.github+json",
					authorization: `Bearer ${token.reveal()}`,
					"user-agent": userAgent,
					"x-github-api-version": "2022-11-28",
					...body !== void 0 && { "content-type": "application/json" }
				},
				...body !== void 0 && { body: JSON.stringify(body) },
				timeoutMs: TIMEOUT_MS
			});
		} catch (error) {
			throw error instanceof HttpFailure ? new ApiProblem(0, error.sent) : error;
		}
		if (expected.includes(answer.status)) return answer;
		const permission = answer.headers["x-accepted-github-permissions"];
		throw new ApiProblem(answer.status, true, limitWait(answer, world.now()), permission);
	};
}
function limitWait(answer, now) {
	if (answer.status !== 403 && answer.status !== 429 && answer.status !== 503) return void 0;
	const asked = retryAfter(answer, now);
	if (asked !== void 0) return asked;
	if (answer.headers["x-ratelimit-remaining"] === "0") {
		const reset = Number(answer.headers["x-ratelimit-reset"]) * 1e3;
		return Math.max(1e3, (Number.isNaN(reset) ? 6e4 : reset - (answer.date ?? now)) + 1e3);
	}
	if (answer.status === 429 || /secondary rate limit/i.test(answer.body)) return 6e4;
}
async function patiently(world, deadline, call) {
	for (let pause = 1e3;; pause = Math.min(pause * 2, 15e3)) try {
		return await call();
	} catch (error) {
		if (!(error instanceof ApiProblem) || !error.passing) throw error;
		const wait = error.waitMs ?? pause;
		if (world.now() + wait > deadline()) throw error;
		await world.sleep(wait);
	}
}
function sayProblem(problem, place) {
	const { status, permission, waitMs } = problem;
	const wanted = permission ? ` GitHub says that it takes: ${permission}.` : "";
	const make = "Use a fine-grained personal access token, or a GitHub App's token, with the permission “Secrets: read and write” for this repository (a classic token: scope `repo`). GITHUB_TOKEN can never write secrets.";
	if (status === 401) return new Failure("secret-forbidden", `GitHub does not accept the token in \`secrets-token\` (401): it was revoked, cut off, or has ended (an App's token lives one hour).`, make);
	if (status === 403 && waitMs === void 0) return new Failure("secret-forbidden", `The token in \`secrets-token\` may not write ${place} (403).${wanted}`, make);
	if (status === 404) return new Failure("secret-forbidden", `The token in \`secrets-token\` does not see this repository (404).${wanted}`, make);
	if (status === 0 || status >= 500) {
		const said = status === 0 ? "did not answer" : `answered ${status}`;
		return new Failure("github-unreachable", `GitHub's API ${said} when ${place} was to be read or written.`, "Run the job again later.");
	}
	if (waitMs !== void 0) return new Failure("github-unreachable", `GitHub limits the rate of calls with this token (${status}); it asks to wait ${Math.ceil(waitMs / 1e3)} s, too long for this step.`, "Run the job again later, or give `secrets-token` a token that is used for nothing else.");
	return new Failure("github-unreachable", `GitHub refused to store ${place} (${status}).`, "Please report this with the number above.");
}

// src/rotation/rotate.ts
const STALE_AFTER_MS = 1e4;
const ROTATION_AFTER_PROBE_MS = 3e4;
async function prepare(world, store, credential, rules) {
	const { stored } = credential;
	const { location } = store;
	if (stored && !sameLocation(stored.location, location)) throw new Failure("secret-elsewhere", `This login is kept in the ${stored.location.kind} secret ${stored.location.name} of ${stored.location.repository}, but \`rotate-to\` names ${location.label}. A login may be renewed in one place only; nothing was spent.`, "Name the same secret in `credential` and `rotate-to`, or sign in once more for a login of its own here.");
	const deadline = world.now() + 2e4;
	const ask = (call) => patiently(world, () => deadline, call);
	try {
		const probedBefore = stored ? void 0 : await ask(store.probeMeta);
		const [meta, runCreatedAt, probe] = await Promise.all([
			ask(store.meta),
			stored ? void 0 : store.runCreatedAt(),
			ask(() => store.probe(stored?.probe))
		]);
		if (meta.updatedAt === void 0 && !rules.createSecrets) throw new Failure("secret-not-found", `There is no ${location.label.replace(/^the /, "")} yet, so a renewed login would have no known place. Nothing was spent.`, "Check the name in `rotate-to`. If it is right and the secret is to be made by this step, set `create-secrets: true`.");
		const stale = sayStale(meta, stored, runCreatedAt, probedBefore, rules.runAttempt);
		if (stale) throw new Failure("snapshot-stale", stale.what, stale.advice);
		return {
			baseline: meta.updatedAt,
			probe
		};
	} catch (error) {
		throw error instanceof ApiProblem ? sayProblem(error, location.label) : error;
	}
}
function sayStale(meta, stored, runCreatedAt, probedBefore, runAttempt) {
	const { updatedAt } = meta;
	if (updatedAt === void 0) return void 0;
	const newRun = "Start a new run: a re-run gets the old copy again, a new run gets the present one. Nothing was spent.";
	const at = isoTime(updatedAt);
	if (stored) {
		if (updatedAt <= stored.savedAt + STALE_AFTER_MS) return void 0;
		return {
			what: `The secret was written at ${at}, after the copy that this job holds (${isoTime(stored.savedAt)}).`,
			advice: newRun
		};
	}
	if (runCreatedAt !== void 0 && updatedAt > runCreatedAt) return {
		what: `The secret was written at ${at}, ${`after this run was created (${isoTime(runCreatedAt)})`}, so the job may hold an older copy.`,
		advice: newRun
	};
	const probedAt = probedBefore?.updatedAt;
	if (probedAt !== void 0 && updatedAt >= probedAt && updatedAt - probedAt <= ROTATION_AFTER_PROBE_MS) return {
		what: `The secret was last written by a rotation (${at}), but the \`credential\` of this step is not what a rotation writes.`,
		advice: "If this is a re-run, start a new run. Otherwise `credential` reads another secret than `rotate-to` writes: name the same one in both. Nothing was spent."
	};
	if (runCreatedAt !== void 0 || runAttempt === 1) return void 0;
	return {
		what: "This is a re-run, and it cannot be told whether its copy of the login is still the present one.",
		advice: newRun
	};
}
async function storeGeneration(world, store, credential, prepared, key, deadline) {
	const { seal } = await import("./sealed-box.mjs");
	let { baseline } = prepared;
	let unsure = false;
	const attempt = async () => {
		const before = await store.meta();
		if (before.updatedAt === void 0 && baseline !== void 0 || (before.updatedAt ?? 0) > (baseline ?? 0)) {
			if (unsure) return {
				type: "stored",
				confirmed: false,
				updatedAt: before.updatedAt
			};
			await store.probe(prepared.probe);
			return { type: "moved" };
		}
		const stored = {
			savedAt: before.date,
			location: storedLocation(store.location),
			probe: prepared.probe
		};
		const envelope = sealEnvelope(credential, stored);
		key ??= await store.publicKey();
		try {
			await store.put(seal(envelope, key)).catch(async (error) => {
				if (!(error instanceof ApiProblem) || error.status !== 422) throw error;
				key = await store.publicKey();
				await store.put(seal(envelope, key));
			});
		} catch (error) {
			if (error instanceof ApiProblem && error.sent && (error.status === 0 || error.status >= 500)) unsure = true;
			throw error;
		}
		unsure = true;
		const after = await readBack(world, store, before.date);
		if (after !== void 0 && after - stored.savedAt > 8e3) {
			baseline = after;
			unsure = false;
			throw new ApiProblem(0, true);
		}
		return {
			type: "stored",
			confirmed: after !== void 0,
			updatedAt: after ?? before.updatedAt
		};
	};
	try {
		return await patiently(world, deadline, attempt);
	} catch (error) {
		return {
			type: "failed",
			failure: error instanceof ApiProblem ? sayProblem(error, store.location.label) : asFailure(error)
		};
	}
}
async function readBack(world, store, since) {
	for (const pause of [
		0,
		1e3,
		2e3
	]) {
		if (pause > 0) await world.sleep(pause);
		try {
			const { updatedAt } = await store.meta();
			if (updatedAt !== void 0 && updatedAt >= Math.floor(since / 1e3) * 1e3) return updatedAt;
		} catch (error) {
			if (!(error instanceof ApiProblem)) throw error;
		}
	}
}

// src/rotation/secret-store.ts
const PROBE_NAME = "OAUTH_CREDS_PROBE";
const PROBE_VALUE = "oauth-creds writes this to prove that it may write secrets here. It holds nothing.";
function secretStore(world, location, github, call) {
	const metaOf = async (name) => {
		const answer = await call("GET", location.secretPath(name), [200, 404]);
		return {
			updatedAt: answer.status === 404 ? void 0 : timeOf(jsonObject(answer)?.["updated_at"]),
			date: answer.date ?? world.now()
		};
	};
	const publicKey = async () => {
		const { key, key_id } = jsonObject(await call("GET", location.publicKeyPath, [200])) ?? {};
		if (typeof key !== "string" || typeof key_id !== "string") throw new ApiProblem(502, true);
		return {
			key,
			key_id
		};
	};
	const putNamed = async (name, body) => void await call("PUT", location.secretPath(name), [201, 204], body);
	return {
		location,
		publicKey,
		meta: () => metaOf(location.name),
		probeMeta: () => metaOf(PROBE_NAME),
		put: (body) => putNamed(location.name, body),
		async runCreatedAt() {
			if (!github.runId) return void 0;
			try {
				const answer = await call("GET", `/repos/${github.repository}/actions/runs/${github.runId}`, [200]);
				return timeOf(jsonObject(answer)?.["created_at"]);
			} catch {
				return;
			}
		},
		async probe(ready) {
			if (ready) try {
				await putNamed(PROBE_NAME, ready);
				return ready;
			} catch (error) {
				if (!(error instanceof ApiProblem) || error.status !== 422) throw error;
			}
			const [key, { seal }] = await Promise.all([publicKey(), import("./sealed-box.mjs")]);
			const body = seal(PROBE_VALUE, key);
			await putNamed(PROBE_NAME, body);
			return body;
		}
	};
}
function timeOf(value) {
	const ms = typeof value === "string" ? Date.parse(value) : NaN;
	return Number.isNaN(ms) ? void 0 : ms;
}

// src/providers/anthropic.ts
const CLIENT_ID = "9d1c250a-e61b-44d9-88ed-5944d1962f5e";
const TOKEN_URL = "https://platform.claude.com/v1/oauth/token";
const anthropic = {
	name: "anthropic",
	refreshRequest(credential, settings) {
		const scope = settings.scope;
		const fields = {
			grant_type: "refresh_token",
			refresh_token: credential.refresh?.reveal() ?? "",
			client_id: settings.clientId ?? credential.clientId ?? CLIENT_ID,
			...scope !== void 0 && { scope }
		};
		const form = settings.requestFormat === "form";
		return {
			method: "POST",
			url: settings.tokenUrl ?? TOKEN_URL,
			headers: {
				"content-type": form ? "application/x-www-form-urlencoded" : "application/json",
				accept: "application/json",
				"user-agent": settings.userAgent
			},
			body: form ? new URLSearchParams(fields).toString() : JSON.stringify(fields),
			timeoutMs: settings.timeoutMs,
			fresh: true
		};
	},
	interpret(answer, receivedAt) {
		const body = jsonObject(answer);
		if (answer.status === 200) return body ? readTokens(body, answer.date ?? receivedAt) : unclear("200 without JSON");
		return readRefusal(answer, body, receivedAt);
	}
};
function readTokens(body, serverTime) {
	const access = secretOf(body["access_token"]);
	const refresh = secretOf(body["refresh_token"]);
	if (!access && !refresh) return unclear("200 without tokens");
	return {
		type: "refreshed",
		tokens: {
			access,
			refresh,
			accessExpiresAt: after(serverTime, body["expires_in"]),
			loginExpiresAt: after(serverTime, body["refresh_token_expires_in"]),
			scopes: readScopes(body["scope"]),
			accountUuid: uuidOf(body["account"]),
			organizationUuid: uuidOf(body["organization"])
		}
	};
}
function readRefusal(answer, body, receivedAt) {
	const { status } = answer;
	if (status === 429) return {
		type: "throttled",
		status,
		retryAfterMs: retryAfter(answer, receivedAt)
	};
	if (status >= 500) return unclear(`status ${status}`);
	const error = body?.["error"];
	const code = typeof error === "string" ? error : error?.type;
	const description = typeof body?.["error_description"] === "string" ? body["error_description"] : "";
	const page = body?.["error_uri"];
	if (code === "access_denied" || code === "invalid_grant" && typeof page === "string") return {
		type: "attention",
		page: typeof page === "string" ? safePage(page) : void 0
	};
	if (code === "invalid_grant") {
		if (/expired/i.test(description)) return {
			type: "refused",
			why: "login-ended"
		};
		return {
			type: "refused",
			why: /no (organization|account) associated/i.test(description) ? "no-account" : "spent-or-revoked"
		};
	}
	if (typeof code === "string" && MISTAKES.has(code)) return {
		type: "mistake",
		error: code
	};
	if (status === 403 || status === 404) return {
		type: "throttled",
		status,
		retryAfterMs: void 0
	};
	return unclear(`status ${status}`);
}
const MISTAKES = /* @__PURE__ */ new Set([
	"invalid_scope",
	"invalid_client",
	"unauthorized_client",
	"unsupported_grant_type",
	"invalid_request",
	"invalid_request_error"
]);
const unclear = (reason) => ({
	type: "ambiguous",
	reason
});
function uuidOf(value) {
	const uuid = value?.uuid;
	return typeof uuid === "string" ? uuid : void 0;
}
function after(serverTime, seconds) {
	return typeof seconds === "number" && seconds > 0 ? serverTime + seconds * 1e3 : void 0;
}
function safePage(page) {
	return /^https:\/\/[\w.-]+(\/[\w./-]*)?$/.test(page) ? page : void 0;
}

// src/refresh/say-outcome.ts
const SIGN_IN = "Sign in once more for CI and store the result: `claude setup-token` (good for a year), or `CLAUDE_CONFIG_DIR=$(mktemp -d) claude auth login` for a login of its own.";
const HARMLESS = /* @__PURE__ */ new Set([
	"provider-unreachable",
	"throttled",
	"github-unreachable",
	"snapshot-stale",
	"secret-forbidden",
	"secret-not-found"
]);
const nothingWasSpent = (failure) => HARMLESS.has(failure.code);
function sayOutcome({ outcome, unclearBefore }, credential, inputs) {
	switch (outcome.type) {
		case "not-sent": return new Failure("provider-unreachable", `The provider could not be reached (${outcome.reason}); nothing was sent, and the login is as it was.`, "Check the network of this runner (HTTPS_PROXY, NO_PROXY, a firewall, `token-url`) and run the job again.");
		case "throttled": {
			const wait = outcome.retryAfterMs === void 0 ? "" : ` and asks to wait ${Math.ceil(outcome.retryAfterMs / 1e3)} s`;
			return new Failure("throttled", `The provider turned the request away before looking at the login (status ${outcome.status})${wait}. The login is as it was.`, "It limits or filters by the runner's address or by the `user-agent`: run the job again later, not in a loop. If it happens on every run, use another runner, or a setup token, which needs no refresh.");
		}
		case "refused":
			if (unclearBefore) return new Failure("login-lost-in-flight", "The answer to a refresh was lost on its way, and the provider does not accept the old token a second time: it had renewed the login, and the new token never arrived. This login has ended.", SIGN_IN);
			if (outcome.why === "login-ended") {
				const end = credential.loginExpiresAt === void 0 ? "" : ` (its end was ${isoTime(credential.loginExpiresAt)})`;
				return new Failure("login-ended", `The login has reached the end that the provider gave it when it was made${end}.`, SIGN_IN);
			}
			return new Failure("login-refused", outcome.why === "no-account" ? "The provider says that no account or organisation belongs to this login any more." : "The provider no longer knows this login: it was revoked, or its refresh token was used elsewhere (another job, another workflow with the same secret, or a laptop that shares the login).", SIGN_IN);
		case "attention": return new Failure("account-attention", `The provider has put the account on hold; the login itself is as it was.${outcome.page ? ` It names this page: ${outcome.page}` : ""}`, "The owner of the account has to sign in to the provider's site and settle it; then run the job again.");
		case "mistake": return new Failure("request-rejected", `The provider did not take the request (${outcome.error}); the login is as it was.`, inputs.request.scope !== void 0 || inputs.request.clientId !== void 0 ? "Check `scope` and `client-id`, or leave them out." : "If nothing was set by `token-url` or `request-format`, please report this: the provider may have changed its rules.");
		default: return new Failure("answer-unclear", `The provider gave no clear answer (${outcome.type === "ambiguous" ? outcome.reason : outcome.type}), twice. The login may have been renewed without us.`, "Run the job again: if the login was not renewed it works as before. If the provider then refuses it, sign in once more.");
	}
}

// src/refresh/send.ts
const LONGEST_WAIT_MS = 3e4;
async function sendRefresh(world, provider, credential, settings, hold) {
	let unsent = 0;
	let throttled = 0;
	let unclear = 0;
	for (;;) {
		const outcome = await once(world, provider, credential, settings);
		const stopping = hold.signalledAt() !== void 0;
		let pause;
		if (outcome.type === "not-sent" && !stopping) pause = [1e3, 3e3][unsent++];
		if (outcome.type === "throttled" && !stopping && throttled++ === 0) pause = outcome.retryAfterMs;
		if (outcome.type === "ambiguous" && unclear++ === 0) pause = stopping ? 0 : 2e3;
		if (pause === void 0 || pause > LONGEST_WAIT_MS) return {
			outcome,
			unclearBefore: unclear > (outcome.type === "ambiguous" ? 1 : 0)
		};
		world.runner.log(`${provider.name}: ${say(outcome)}; trying once more${pause > 0 ? ` in ${Math.ceil(pause / 1e3)} s` : ""}.`);
		await world.sleep(pause);
	}
}
async function once(world, provider, credential, settings) {
	try {
		const answer = await world.http(provider.refreshRequest(credential, settings));
		return provider.interpret(answer, world.now());
	} catch (error) {
		if (!(error instanceof HttpFailure)) throw error;
		return error.sent ? {
			type: "ambiguous",
			reason: error.reason
		} : {
			type: "not-sent",
			reason: error.reason
		};
	}
}
function say(outcome) {
	if (outcome.type === "not-sent") return `no connection (${outcome.reason})`;
	if (outcome.type === "throttled") return `turned away with status ${outcome.status}`;
	return outcome.type === "ambiguous" ? `no clear answer (${outcome.reason})` : outcome.type;
}

// src/refresh/refresh.ts
const STORE_MS = 6e4;
const STORE_AFTER_SIGNAL_MS = 7e3;
async function refreshLogin(world, inputs, provider, credential, place) {
	const { runner } = world;
	const capsule = openCapsule(world, inputs.credential, "login");
	runner.state("capsule", capsule.path);
	const hold = world.holdSignals();
	try {
		const ahead = place && prepareSealing(place.store);
		const { used, tokens } = await spend(world, inputs, provider, credential, hold);
		maskSecrets(runner, [tokens.access, tokens.refresh]);
		const next = nextGeneration(credential, used, tokens);
		try {
			capsule.save(sealEnvelope(next, void 0));
		} catch (error) {
			runner.warning(`${asFailure(error).explain()} If this job dies now, its renewed login is lost with it.`);
		}
		const result = place && await storeGeneration(world, place.store, next, place.prepared, await ahead, storeDeadline(world, hold));
		if (result?.type === "stored" || result?.type === "moved") runner.state("stored", String(result.type === "stored" && result.updatedAt || ""));
		if (hold.signalledAt() !== void 0) {
			const kept = result?.type === "stored" ? "The renewed login is stored." : "The post step will try to store the renewed login.";
			throw new Failure("cancelled", `The job was cancelled while its login was being renewed. ${kept}`, "Nothing is to be done.");
		}
		if (!tokens.access && !livesFor(next, 0, world.now())) throw new Failure("answer-unclear", "The provider renewed the login but gave no access token.", "The login itself is kept: run the job again.");
		return {
			credential: next,
			result
		};
	} catch (error) {
		capsule.discard();
		throw error;
	} finally {
		hold.release();
	}
}
async function spend(world, inputs, provider, credential, hold) {
	const candidates = [credential.refresh, credential.predecessor].filter((token) => token !== void 0);
	for (const used of candidates) {
		const sent = await sendRefresh(world, provider, {
			...credential,
			refresh: used
		}, inputs.request, hold);
		const { outcome } = sent;
		if (outcome.type === "refreshed") return {
			used,
			tokens: outcome.tokens
		};
		if (!(outcome.type === "refused" && outcome.why === "spent-or-revoked") || sent.unclearBefore || used === candidates.at(-1)) throw sayOutcome(sent, credential, inputs);
		world.runner.warning("The login that an earlier job's program wrote does not work; trying the one before it.");
	}
	throw new Error("a login without a refresh token");
}
async function prepareSealing(store) {
	const wanted = [store.publicKey(), import("./sealed-box.mjs")];
	return Promise.all(wanted).then(([key]) => key, () => void 0);
}
function storeDeadline(world, hold) {
	const begun = world.now();
	return () => Math.min(begun + STORE_MS, (hold?.signalledAt() ?? Number.POSITIVE_INFINITY) + STORE_AFTER_SIGNAL_MS);
}
function nextGeneration(before, used, tokens) {
	const ends = [before.loginExpiresAt, tokens.loginExpiresAt].filter((end) => end !== void 0);
	const { accountUuid, organizationUuid } = tokens;
	return {
		...before,
		generation: before.generation + 1,
		access: tokens.access ?? before.access,
		accessExpiresAt: tokens.access ? tokens.accessExpiresAt : before.accessExpiresAt,
		refresh: tokens.refresh ?? used,
		loginExpiresAt: ends.length > 0 ? Math.min(...ends) : void 0,
		scopes: tokens.scopes ?? before.scopes,
		other: {
			...before.other,
			...accountUuid && { accountUuid },
			...organizationUuid && { organizationUuid }
		},
		predecessor: void 0
	};
}

// src/refresh/index.ts
function openStore(world, inputs) {
	const { rotateTo, secretsToken, github, request } = inputs;
	if (!rotateTo || !secretsToken) return void 0;
	return secretStore(world, rotateTo, github, githubApi(world, github.apiUrl, secretsToken, request.userAgent));
}
async function findPlace(world, inputs, stored) {
	const store = openStore(world, inputs);
	if (store) {
		const rules = {
			createSecrets: inputs.createSecrets,
			runAttempt: inputs.github.runAttempt
		};
		return {
			store,
			prepared: await prepare(world, store, { stored }, rules)
		};
	}
	if (inputs.allowUnstoredRefresh) return void 0;
	throw new Failure("nowhere-to-store", "The login has to be renewed, but there is nowhere to keep the new one: its refresh token works once, so the stored login would be dead after this job. Nothing was spent.", "Set `rotate-to` (the name of the secret) and `secrets-token` (a token that may write it), or let a scheduled workflow do the renewing, or use a setup token.");
}

export { secretOf as A, sayDuration as C, sayKind as D, livesFor as E, tokensOf as O, parseDuration as S, EMPTY as T, Failure as _, nothingWasSpent as a, MINUTE_MS as b, HttpFailure as c, maskSecrets as d, isEnvelope as f, parseLocation as g, writeClaudeOauth as h, storeDeadline as i, Secret as k, openCapsule as l, readClaudeOauth as m, openStore as n, anthropic as o, openEnvelope as p, refreshLogin as r, storeGeneration as s, findPlace as t, readCapsule as u, asFailure as v, sayTime as w, isoTime as x, HOUR_MS as y };
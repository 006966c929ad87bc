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
	return typeof value == "string" && value !== "" ? new Secret(value) : void 0;
}
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
	let { generation } = credential;
	return generation > 0 ? `Claude login (generation ${generation})` : "Claude login";
}
function livesFor(credential, ms, now) {
	if (!credential.access) return !1;
	let { accessExpiresAt } = credential;
	return accessExpiresAt === void 0 ? credential.kind !== "login" : accessExpiresAt - now > ms;
}
function tokensOf(credential) {
	return [
		credential.access,
		credential.refresh,
		credential.predecessor
	];
}
const UNIT_MS = {
	s: 1e3,
	m: 6e4,
	h: 36e5,
	d: 864e5
}, MINUTE_MS = UNIT_MS.m, HOUR_MS = UNIT_MS.h;
function parseDuration(text) {
	if (!/^(\d{1,6}[smhd])+$/.test(text)) return;
	let total = 0;
	for (let [, count, unit] of text.matchAll(/(\d+)([smhd])/g)) total += Number(count) * UNIT_MS[unit];
	return total;
}
function sayDuration(ms) {
	let left = Math.max(0, ms);
	if (left >= 2 * UNIT_MS.d) return `${Math.floor(left / UNIT_MS.d)} days`;
	let hours = Math.floor(left / UNIT_MS.h), minutes = Math.floor(left % UNIT_MS.h / UNIT_MS.m);
	return hours > 0 ? minutes > 0 ? `${hours} h ${minutes} min` : `${hours} h` : minutes > 0 ? `${minutes} min` : `${Math.ceil(left / 1e3)} s`;
}
function sayTime(ms) {
	return `${isoTime(ms).slice(0, 16).replace("T", " ")} UTC`;
}
function isoTime(ms) {
	return new Date(ms).toISOString().replace(/\.\d+Z$/, "Z");
}
function possibleTime(ms) {
	return ms > 0 && ms <= 864e13 ? ms : void 0;
}
var Failure = class extends Error {
	code;
	advice;
	constructor(code, what, advice) {
		super(what), this.name = "Failure", this.code = code, this.advice = advice;
	}
	explain() {
		return [
			this.message,
			this.advice,
			`[${this.code}]`
		].filter(Boolean).join(" ");
	}
};
function asFailure(error) {
	if (error instanceof Failure) return error;
	let { code, syscall, name } = error ?? {};
	return typeof code == "string" && typeof syscall == "string" ? new Failure("file-failed", `The system refused a file operation (${syscall}: ${code}).`, "Check that the home folder and RUNNER_TEMP exist, are writable, and that the disk is not full.") : new Failure("unexpected", `Something went wrong that should not (${String(name ?? typeof error)}${where(error)}).`, "A fault of oauth-creds: please report this line. It holds no secret.");
}
function where(error) {
	let stack = error instanceof Error ? error.stack ?? "" : "", frame = /at (?:(?:async )?([\w.$]+) )?\(?[^()\n]*?([\w-]+\.(?:mjs|ts):\d+)/.exec(stack);
	return frame ? ` at ${frame[1] ?? "?"} ${frame[2]}` : "";
}
function parseObject(text) {
	try {
		let value = JSON.parse(text);
		return value instanceof Object && !Array.isArray(value) ? value : void 0;
	} catch {
		return;
	}
}
const jsonObject = ({ body }) => parseObject(body.replace(/^\uFEFF/, ""));
function retryAfter(answer, receivedAt) {
	let value = answer.headers["retry-after"];
	if (value === void 0) return;
	if (/^\d+$/.test(value)) return Number(value) * 1e3;
	let until = Date.parse(value) - (answer.date ?? receivedAt);
	return Number.isNaN(until) ? void 0 : Math.max(0, until);
}
var HttpFailure = class extends Error {
	sent;
	reason;
	constructor(sent, reason) {
		super(`no answer (${reason})`), this.name = "HttpFailure", this.sent = sent, this.reason = reason;
	}
}, ApiProblem = class extends Error {
	status;
	sent;
	waitMs;
	permission;
	constructor(status, sent, waitMs, permission) {
		super(`GitHub answered ${status}`), this.name = "ApiProblem", this.status = status, this.sent = sent, this.waitMs = waitMs, this.permission = permission;
	}
	get passing() {
		return this.status === 0 || this.status >= 500 || this.status === 409 || this.waitMs !== void 0;
	}
};
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
				timeoutMs: 8e3
			});
		} catch (error) {
			throw error instanceof HttpFailure ? new ApiProblem(0, error.sent) : error;
		}
		if (expected.includes(answer.status)) return answer;
		let permission = answer.headers["x-accepted-github-permissions"];
		throw new ApiProblem(answer.status, !0, limitWait(answer, world.now()), permission);
	};
}
function limitWait(answer, now) {
	if (answer.status !== 403 && answer.status !== 429 && answer.status !== 503) return;
	let asked = retryAfter(answer, now);
	if (asked !== void 0) return asked;
	if (answer.headers["x-ratelimit-remaining"] === "0") {
		let reset = Number(answer.headers["x-ratelimit-reset"]) * 1e3;
		return Math.max(1e3, (Number.isNaN(reset) ? 6e4 : reset - (answer.date ?? now)) + 1e3);
	}
	if (answer.status === 429 || /secondary rate limit/i.test(answer.body)) return 6e4;
}
async function patiently(world, deadline, call) {
	for (let pause = 1e3;; pause = Math.min(pause * 2, 15e3)) try {
		return await call();
	} catch (error) {
		if (!(error instanceof ApiProblem) || !error.passing) throw error;
		let wait = Math.max(error.waitMs ?? 0, pause);
		if (world.now() + wait > deadline()) throw error;
		await world.sleep(wait);
	}
}
function sayProblem({ status, permission, waitMs }, place) {
	if (status === 401 || status === 404 || status === 403 && waitMs === void 0) {
		let why = {
			401: "is not accepted by GitHub (401): it was revoked, cut off, or has ended (an App's token lives one hour).",
			403: `may not write ${place} (403).`,
			404: "does not see this repository (404)."
		}[status];
		return new Failure("secret-forbidden", `The token in \`secrets-token\` ${why}${permission ? ` GitHub says that it takes: ${permission}.` : ""}`, "Use a fine-grained personal access token, or a GitHub App's token, with the permission “Secrets: read and write” for this repository (a classic token: scope `repo`). GITHUB_TOKEN can never write secrets.");
	}
	let limited = waitMs === void 0 ? "" : `, and asks to wait ${Math.ceil(waitMs / 1e3)} s`;
	return new Failure("github-unreachable", `GitHub's API ${status === 0 ? "did not answer" : `answered ${status}${limited}`} when ${place} was to be read or written.`, "Run the job again later.");
}
const PREFIX = "oc1.", isEnvelope = (text) => text.startsWith(PREFIX);
function sealEnvelope(credential, stored) {
	let { access, refresh, predecessor, accessExpiresAt, loginExpiresAt, ...plain } = credential, json = JSON.stringify({
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
	let fields = parseObject(Buffer.from(text.slice(4), "base64url").toString("utf8"));
	if (!fields) throw Error("it is an envelope of ours (oc1.…) that was cut off or altered");
	if (fields.v !== 1) throw Error("it is an envelope of a newer oauth-creds than this one");
	let { v: _v, kind, generation, scopes, other = {}, clientId, plan, stored, ...later } = fields, [access, refresh, predecessor] = [
		fields.access,
		fields.refresh,
		fields.predecessor
	].map(secretOf), { savedAt, location, probe } = stored ?? {}, savedMs = readIso(savedAt);
	if (!(fields.provider === "anthropic" && (kind === "login" && refresh || (kind === "access" || kind === "setup-token") && access) && Number.isInteger(generation) && (scopes === void 0 || Array.isArray(scopes) && scopes.every(isText)) && [clientId, plan].every((value) => value === void 0 || isText(value)) && typeof other == "object" && other && (stored === void 0 || savedMs !== void 0 && isLocation(location)))) throw Error("it is an envelope of ours (oc1.…) with fields missing");
	return {
		credential: {
			...EMPTY,
			...later,
			kind,
			generation,
			access,
			refresh,
			predecessor,
			accessExpiresAt: readIso(fields.accessExpiresAt),
			loginExpiresAt: readIso(fields.loginExpiresAt),
			scopes,
			clientId,
			plan,
			other
		},
		stored: savedMs !== void 0 && isLocation(location) ? {
			savedAt: savedMs,
			location,
			probe: isSealedBody(probe) ? probe : void 0
		} : void 0
	};
}
const isText = (value) => typeof value == "string", readIso = (value) => isText(value) ? possibleTime(Date.parse(value)) : void 0;
function isLocation(value) {
	let { kind, name, repository } = value ?? {};
	return kind === "repository" && typeof name == "string" && typeof repository == "string";
}
function isSealedBody(value) {
	let { encrypted_value, key_id } = value ?? {};
	return typeof encrypted_value == "string" && typeof key_id == "string";
}
function parseLocation(entry, github) {
	let parts = /^(?:repository\/)?([A-Za-z_][A-Za-z0-9_]*)$/.exec(entry);
	if (!parts?.[1]) {
		let later = /^(environment|organization|dependabot|codespaces|agents)\//.exec(entry);
		return later ? `\`rotate-to\`: this release writes repository secrets only, not ${later[1]} secrets.` : "`rotate-to` must be the name of a repository secret, such as `CLAUDE_LOGIN` or `repository/CLAUDE_LOGIN`.";
	}
	let name = parts[1].toUpperCase();
	if (/^GH[A-Z]_|^GITHUB_|^SK_/.test(name)) return "`rotate-to` must be the name of a secret, which cannot begin like this.";
	let repository = github.repository ?? "", base = `/repos/${repository}/actions/secrets`;
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
	let sameRepository = stored.repositoryId && here.repositoryId ? stored.repositoryId === here.repositoryId : stored.repository.toLowerCase() === here.repository.toLowerCase();
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
async function prepare(world, store, credential, rules) {
	let { stored } = credential, { location } = store;
	if (stored && !sameLocation(stored.location, location)) throw new Failure("secret-elsewhere", `This login is kept in the ${stored.location.kind} secret ${stored.location.name} of ${stored.location.repository}, but \`rotate-to\` names ${location.label}. A login may be renewed in one place only; nothing was spent.`, "Name the same secret in `credential` and `rotate-to`, or sign in once more for a login of its own here.");
	let deadline = world.now() + 2e4, ask = (call) => patiently(world, () => deadline, call);
	try {
		let early = stored && ask(() => store.probe(stored.probe)), [meta, probed, runCreatedAt] = await Promise.all([
			ask(store.meta),
			stored ? void 0 : ask(store.probeMeta),
			stored ? void 0 : store.runCreatedAt(),
			early
		]), stale = sayStale(meta, stored, runCreatedAt, probed?.updatedAt, rules.runAttempt);
		if (stale) throw new Failure("snapshot-stale", stale.what, stale.advice);
		let probe = await early ?? await ask(() => store.probe(void 0));
		if (meta.updatedAt === void 0 && !rules.createSecrets) throw new Failure("secret-not-found", `There is no ${location.label.replace(/^the /, "")} yet, so a renewed login would have no known place. Nothing was spent.`, "Check the name in `rotate-to`. If it is right and the secret is to be made by this step, set `create-secrets: true`.");
		return {
			baseline: meta.updatedAt,
			probe
		};
	} catch (error) {
		throw error instanceof ApiProblem ? sayProblem(error, location.label) : error;
	}
}
function sayStale(meta, stored, runCreatedAt, probedAt, runAttempt) {
	let { updatedAt } = meta;
	if (updatedAt === void 0) return;
	let newRun = "Nothing was spent. Start a new run: a re-run gets the old copy again.", at = isoTime(updatedAt);
	if (stored) return updatedAt <= stored.savedAt + 1e4 ? void 0 : {
		what: `This job holds an old copy of the login: stored at ${isoTime(stored.savedAt)}, and written again at ${at}.`,
		advice: newRun
	};
	if (runCreatedAt !== void 0 && updatedAt > runCreatedAt) return {
		what: `The secret was written at ${at}, ${`after this run was created (${isoTime(runCreatedAt)})`}, so the job may hold an older copy.`,
		advice: newRun
	};
	if (probedAt !== void 0 && probedAt >= updatedAt && probedAt - updatedAt <= 3e3) return {
		what: `The secret was last written by a rotation (${at}), but the \`credential\` of this step is not what a rotation writes.`,
		advice: "Nothing was spent. If this is a re-run, start a new run. Otherwise `credential` reads another secret than `rotate-to` writes: name the same one in both. If you have only just pasted it, paste it once more."
	};
	if (runCreatedAt === void 0 && runAttempt !== 1) return {
		what: "This is a re-run, and it cannot be told whether its copy of the login is still the present one.",
		advice: newRun
	};
}
async function storeGeneration(world, store, credential, prepared, ahead, begun, deadline) {
	let { seal } = await import("./sealed-box.mjs"), { baseline, probe } = prepared, key = ahead, { unsure } = begun, missing = 0, attempt = async () => {
		key ??= await store.publicKey();
		let asked = world.now(), before = await store.meta(), deleted = before.updatedAt === void 0 && baseline !== void 0;
		if (deleted && missing++ < 2) throw new ApiProblem(502, !0);
		if (deleted || (before.updatedAt ?? 0) > (baseline ?? 0)) return unsure && !deleted ? {
			type: "stored",
			confirmed: !1,
			updatedAt: before.updatedAt
		} : {
			type: "moved",
			deleted
		};
		let envelope = sealEnvelope(credential, {
			savedAt: before.date + Math.max(0, world.now() - asked),
			location: storedLocation(store.location),
			probe
		});
		begun.tell();
		let putAt = await store.put(seal(envelope, key)).catch((error) => {
			throw error instanceof ApiProblem && error.sent && (error.status === 0 || error.status >= 500) && (unsure = !0), error;
		}), mark = store.probe(probe).catch(() => void 0), [after] = await Promise.all([readBack(world, store, before.date), mark]);
		return {
			type: "stored",
			confirmed: after !== void 0,
			updatedAt: after ?? putAt
		};
	}, withPresentKey = () => attempt().catch(async (error) => {
		if (!(error instanceof ApiProblem) || error.status !== 422) throw error;
		return key = await store.publicKey(), attempt();
	});
	try {
		return await patiently(world, deadline, withPresentKey);
	} catch (error) {
		return {
			type: "failed",
			failure: error instanceof ApiProblem ? sayProblem(error, store.location.label) : asFailure(error)
		};
	}
}
const sayMoved = (deleted, label) => deleted ? `${label} was deleted meanwhile.` : `${label} was written by somebody else meanwhile, and theirs was kept.`;
async function readBack(world, store, since) {
	for (let pause of [
		0,
		1e3,
		2e3
	]) {
		pause > 0 && await world.sleep(pause);
		try {
			let { updatedAt } = await store.meta();
			if (updatedAt !== void 0 && updatedAt >= Math.floor(since / 1e3) * 1e3) return updatedAt;
		} catch (error) {
			if (!(error instanceof ApiProblem)) throw error;
		}
	}
}
function secretStore(world, location, github, call) {
	let probeName = `OAUTH_CREDS_PROBE_${location.name}`, metaOf = async (name) => {
		let answer = await call("GET", location.secretPath(name), [200, 404]), updatedAt = answer.status === 404 ? void 0 : timeOf(jsonObject(answer)?.updated_at);
		if (answer.status === 200 && updatedAt === void 0) throw new ApiProblem(502, !0);
		return {
			updatedAt,
			date: answer.date ?? world.now()
		};
	}, publicKey = async () => {
		let { key, key_id } = jsonObject(await call("GET", location.publicKeyPath, [200])) ?? {};
		if (typeof key != "string" || typeof key_id != "string") throw new ApiProblem(502, !0);
		return {
			key,
			key_id
		};
	}, putNamed = async (name, body) => (await call("PUT", location.secretPath(name), [201, 204], body)).date ?? world.now();
	return {
		location,
		publicKey,
		meta: () => metaOf(location.name),
		probeMeta: () => metaOf(probeName),
		put: (body) => putNamed(location.name, body),
		async runCreatedAt() {
			if (github.runId) try {
				let answer = await call("GET", `/repos/${github.repository}/actions/runs/${github.runId}`, [200]);
				return timeOf(jsonObject(answer)?.created_at);
			} catch {
				return;
			}
		},
		async probe(ready) {
			if (ready) try {
				return await putNamed(probeName, ready), ready;
			} catch (error) {
				if (!(error instanceof ApiProblem) || error.status !== 422) throw error;
			}
			let [key, { seal }] = await Promise.all([publicKey(), import("./sealed-box.mjs")]), body = seal("oauth-creds writes this to prove that it may write secrets here. It holds nothing.", key);
			return await putNamed(probeName, body), body;
		}
	};
}
function timeOf(value) {
	let ms = typeof value == "string" ? Date.parse(value) : NaN;
	return Number.isNaN(ms) ? void 0 : ms;
}
function readClaudeOauth(oauth, now, notice = () => {}) {
	let { accessToken, refreshToken, expiresAt, refreshTokenExpiresAt, scopes, clientId, subscriptionType, loginEnded: _ended, ...other } = oauth, access = secretOf(accessToken), refresh = secretOf(refreshToken);
	if (!access && !refresh) return;
	let accessExpiresAt = readTime(expiresAt, notice), scopeList = readScopes(scopes), long = accessExpiresAt === void 0 || accessExpiresAt - now > 5184e6, setup = !refresh && long && scopeList?.join() === "user:inference";
	return {
		...EMPTY,
		kind: refresh ? "login" : setup ? "setup-token" : "access",
		access,
		refresh,
		accessExpiresAt,
		loginExpiresAt: refresh ? readTime(refreshTokenExpiresAt, notice) : void 0,
		scopes: scopeList,
		clientId: typeof clientId == "string" ? clientId : void 0,
		plan: typeof subscriptionType == "string" ? subscriptionType : void 0,
		other
	};
}
function writeClaudeOauth(credential, full) {
	let { access, refresh, accessExpiresAt, loginExpiresAt, scopes, clientId, plan, other } = credential, { rateLimitTier = null, ...rest } = other;
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
	let scopes = (typeof value == "string" ? value.split(/[\s,]+/) : Array.isArray(value) ? value : []).filter((scope) => typeof scope == "string" && scope !== "");
	return scopes.length > 0 ? scopes : void 0;
}
function readTime(value, notice) {
	let number = typeof value == "string" && /^\d+$/.test(value) ? Number(value) : value;
	if (typeof number == "string") return possibleTime(Date.parse(number));
	if (typeof number == "number") return number > 1e11 || number <= 0 ? possibleTime(number) : (notice("The credential gives a time in seconds where Claude Code uses milliseconds; it was read as seconds."), number * 1e3);
}
const anthropic = {
	name: "anthropic",
	refreshRequest(credential, settings) {
		let scope = settings.scope, fields = {
			grant_type: "refresh_token",
			refresh_token: credential.refresh?.reveal() ?? "",
			client_id: settings.clientId ?? credential.clientId ?? "9d1c250a-e61b-44d9-88ed-5944d1962f5e",
			...scope !== void 0 && { scope }
		}, form = settings.requestFormat === "form";
		return {
			method: "POST",
			url: settings.tokenUrl ?? "https://platform.claude.com/v1/oauth/token",
			headers: {
				"content-type": form ? "application/x-www-form-urlencoded" : "application/json",
				accept: "application/json",
				"user-agent": settings.userAgent
			},
			body: form ? new URLSearchParams(fields).toString() : JSON.stringify(fields),
			timeoutMs: settings.timeoutMs,
			fresh: !0
		};
	},
	interpret(answer, receivedAt) {
		let body = jsonObject(answer);
		return answer.status >= 200 && answer.status < 300 ? body ? readTokens(body, answer.date ?? receivedAt) : unclear("200 without JSON") : readRefusal(answer, body, receivedAt);
	}
};
function readTokens(body, serverTime) {
	let access = secretOf(body.access_token), refresh = secretOf(body.refresh_token);
	return !access && !refresh ? unclear("200 without tokens") : {
		type: "refreshed",
		tokens: {
			access,
			refresh,
			accessExpiresAt: after(serverTime, body.expires_in),
			loginExpiresAt: after(serverTime, body.refresh_token_expires_in),
			scopes: readScopes(body.scope),
			accountUuid: uuidOf(body.account),
			organizationUuid: uuidOf(body.organization)
		}
	};
}
function readRefusal(answer, body, receivedAt) {
	let { status } = answer;
	if (status === 429) return {
		type: "throttled",
		status,
		retryAfterMs: retryAfter(answer, receivedAt)
	};
	if (status >= 500) return unclear(`status ${status}`);
	let error = body?.error, code = typeof error == "string" ? error : error?.type, description = typeof body?.error_description == "string" ? body.error_description : "", page = body?.error_uri;
	return code === "access_denied" || code === "invalid_grant" && typeof page == "string" ? {
		type: "attention",
		page: typeof page == "string" ? safePage(page) : void 0
	} : status === 403 || status === 404 ? {
		type: "throttled",
		status,
		retryAfterMs: void 0
	} : code === "invalid_grant" ? /expired/i.test(description) ? {
		type: "refused",
		why: "login-ended"
	} : {
		type: "refused",
		why: /no (organization|account) associated/i.test(description) ? "no-account" : "spent-or-revoked"
	} : typeof code == "string" && MISTAKES.has(code) ? {
		type: "mistake",
		error: code
	} : unclear(`status ${status}`);
}
const MISTAKES = new Set([
	"invalid_scope",
	"invalid_client",
	"unauthorized_client",
	"unsupported_grant_type",
	"invalid_request",
	"invalid_request_error"
]), unclear = (reason) => ({
	type: "ambiguous",
	reason
});
function uuidOf(value) {
	let uuid = value?.uuid;
	return typeof uuid == "string" ? uuid : void 0;
}
function after(serverTime, seconds) {
	let count = Number(typeof seconds == "string" ? seconds : seconds ?? 0);
	return count > 0 ? possibleTime(serverTime + count * 1e3) : void 0;
}
function safePage(page) {
	return /^https:\/\/[\w.-]+(\/[\w./-]*)?$/.test(page) ? page : void 0;
}
function maskSecrets(runner, secrets) {
	let forms = new Set();
	for (let secret of secrets) if (secret) for (let form of formsOf(secret.reveal())) forms.add(form);
	forms.size > 0 && runner.mask([...forms]);
}
function formsOf(value) {
	let forms = [
		value,
		JSON.stringify(value).slice(1, -1),
		encodeURIComponent(value.toWellFormed())
	], bytes = Buffer.from(value);
	for (let skip of [
		0,
		2,
		1
	]) {
		let whole = bytes.subarray(skip, skip + 3 * Math.floor((bytes.length - skip) / 3));
		forms.push(whole.toString("base64"), whole.toString("base64url"));
	}
	return forms.filter((form) => form.length >= 8);
}
const { join: join$3 } = process.getBuiltinModule("node:path");
function openCapsule(world, key, kind) {
	let name = `oauth-creds-${kind}-${Buffer.from(world.random(8)).toString("hex")}`, path = join$3(world.env.RUNNER_TEMP || process.getBuiltinModule("node:os").tmpdir(), name), file = world.files.openNew(path);
	return {
		path,
		save: (text) => file.commit(sealText(world, key, text)),
		discard: () => file.discard()
	};
}
function readCapsule(world, key, path) {
	let sealed = world.files.read(path);
	if (sealed !== void 0) try {
		return openText(key, sealed);
	} catch {
		return;
	}
}
function fingerprint(key, token) {
	let { createHmac } = process.getBuiltinModule("node:crypto");
	return createHmac("sha256", key.reveal()).update(token.reveal()).digest("hex").slice(0, 24);
}
const VERSION$1 = "oauth-creds capsule v1";
function sealText(world, key, text) {
	let { createCipheriv } = process.getBuiltinModule("node:crypto"), salt = world.random(16), iv = world.random(12), cipher = createCipheriv("aes-256-gcm", deriveKey(key, salt), iv).setAAD(Buffer.from(VERSION$1)), body = Buffer.concat([cipher.update(text, "utf8"), cipher.final()]);
	return Buffer.concat([
		salt,
		iv,
		cipher.getAuthTag(),
		body
	]).toString("base64");
}
function openText(key, sealed) {
	let { createDecipheriv } = process.getBuiltinModule("node:crypto"), bytes = Buffer.from(sealed, "base64"), [salt, iv, tag, body] = [
		bytes.subarray(0, 16),
		bytes.subarray(16, 28),
		bytes.subarray(28, 44),
		bytes.subarray(44)
	], decipher = createDecipheriv("aes-256-gcm", deriveKey(key, salt), iv, { authTagLength: 16 }).setAAD(Buffer.from(VERSION$1)).setAuthTag(tag);
	return Buffer.concat([decipher.update(body), decipher.final()]).toString("utf8");
}
function deriveKey(key, salt) {
	let { hkdfSync } = process.getBuiltinModule("node:crypto");
	return Buffer.from(hkdfSync("sha256", key.reveal(), salt, VERSION$1, 32));
}
const SIGN_IN = "Sign in once more for CI and store the result: `claude setup-token` (good for a year), or `CLAUDE_CONFIG_DIR=$(mktemp -d) claude auth login` for a login of its own.", HARMLESS = new Set([
	"provider-unreachable",
	"throttled",
	"github-unreachable",
	"snapshot-stale",
	"secret-forbidden",
	"secret-not-found"
]), nothingWasSpent = (failure) => HARMLESS.has(failure.code);
function sayOutcome(outcome, unclearBefore, credential, inputs) {
	if (outcome.type === "ambiguous" || unclearBefore && outcome.type !== "refused") return new Failure("answer-unclear", `The provider gave no clear answer (${outcome.type === "ambiguous" ? outcome.reason : outcome.type}). The login may have been renewed without us.`, "Run the job again. If the provider then refuses the login, sign in once more.");
	switch (outcome.type) {
		case "not-sent": return new Failure("provider-unreachable", `The provider could not be reached (${outcome.reason}); nothing was sent, and the login is as it was.`, "Check the network of this runner (HTTPS_PROXY, NO_PROXY, a firewall, `token-url`) and run the job again.");
		case "throttled": {
			let wait = outcome.retryAfterMs === void 0 ? "" : ` and asks to wait ${Math.ceil(outcome.retryAfterMs / 1e3)} s`;
			return new Failure("throttled", `The provider turned the request away before looking at the login (status ${outcome.status})${wait}. The login is as it was.`, "It limits or filters by the runner's address or by the `user-agent`: run the job again later, not in a loop. If it happens on every run, use another runner, or a setup token, which needs no refresh.");
		}
		case "refused": return unclearBefore && outcome.why === "spent-or-revoked" ? new Failure("login-lost-in-flight", "The answer to a refresh was lost on its way, and the provider does not accept the old token a second time: it had renewed the login, and the new token never arrived. This login has ended.", SIGN_IN) : outcome.why === "login-ended" ? new Failure("login-ended", `The login has reached the end that the provider gave it when it was made${credential.loginExpiresAt === void 0 ? "" : ` (its end was ${isoTime(credential.loginExpiresAt)})`}.`, SIGN_IN) : new Failure("login-refused", outcome.why === "no-account" ? "The provider says that no account or organisation belongs to this login any more." : "The provider no longer knows this login: it was revoked, or its refresh token was used elsewhere (another job, another workflow with the same secret, or a laptop that shares the login).", SIGN_IN);
		case "attention": return new Failure("account-attention", `The provider has put the account on hold; the login itself is as it was.${outcome.page ? ` It names this page: ${outcome.page}` : ""}`, "The owner of the account has to sign in to the provider's site and settle it; then run the job again.");
		case "mistake": return new Failure("request-rejected", `The provider did not take the request (${outcome.error}); the login is as it was.`, inputs.request.scope !== void 0 || inputs.request.clientId !== void 0 ? "Check `scope` and `client-id`, or leave them out." : "If nothing was set by `token-url` or `request-format`, please report this: the provider may have changed its rules.");
	}
}
async function sendRefresh(world, provider, credential, settings, hold) {
	let wanted = () => hold.signalledAt() === void 0, unsent = 0, throttled = 0, unclear = 0;
	for (;;) {
		let outcome = await once(world, provider, credential, settings, wanted), pause;
		outcome.type === "not-sent" && (pause = [1e3, 3e3][unsent++]), outcome.type === "throttled" && throttled++ === 0 && (pause = outcome.retryAfterMs), outcome.type === "ambiguous" && unclear++ === 0 && (pause = 2e3);
		let sent = {
			outcome,
			unclearBefore: unclear > +(outcome.type === "ambiguous")
		};
		if (pause === void 0 || pause > 3e4 || !wanted() || (world.runner.log(`${provider.name}: ${say(outcome)}; trying once more in ${Math.ceil(pause / 1e3)} s.`), await world.sleep(pause), !wanted())) return sent;
	}
}
async function once(world, provider, credential, settings, stillWanted) {
	try {
		let answer = await world.http({
			...provider.refreshRequest(credential, settings),
			stillWanted
		});
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
	return outcome.type === "not-sent" ? `no connection (${outcome.reason})` : outcome.type === "throttled" ? `turned away with status ${outcome.status}` : outcome.type === "ambiguous" ? `no clear answer (${outcome.reason})` : outcome.type;
}
async function refreshLogin(world, inputs, provider, credential, place) {
	let { runner } = world, key = inputs.credential, capsule = place && openCapsule(world, key, "login");
	capsule && runner.state("capsule", capsule.path);
	let hold = world.holdSignals();
	try {
		let ahead = place && prepareSealing(place.store), { used, tokens } = await spend(world, inputs, provider, credential, hold);
		maskSecrets(runner, [tokens.access, tokens.refresh]);
		let next = nextGeneration(credential, used, tokens), orWarn = (work) => {
			try {
				work();
			} catch (error) {
				runner.warning(`${asFailure(error).explain()} If this job dies now, its renewed login is lost with it.`);
			}
		};
		orWarn(() => capsule?.save(sealEnvelope(next, void 0))), orWarn(() => next.access && runner.state("access", fingerprint(key, next.access)));
		let begun = {
			unsure: !1,
			tell: () => orWarn(() => runner.state("putting", "true"))
		}, deadline = storeDeadline(world, hold), result = place && await storeGeneration(world, place.store, next, place.prepared, await ahead, begun, deadline);
		if ((result?.type === "stored" || result?.type === "moved") && orWarn(() => runner.state("stored", String(result.type === "stored" && result.updatedAt || ""))), hold.signalledAt() !== void 0) throw new Failure("cancelled", `The job was cancelled while its login was being renewed. The renewed login ${result?.type === "stored" ? "is stored" : place ? "is left to the post step to store" : "is lost"}.`, "");
		if (!tokens.access && !livesFor(next, 0, world.now())) throw new Failure("answer-unclear", "The provider renewed the login but gave no access token.", "The login itself is kept: run the job again.");
		return {
			credential: next,
			result
		};
	} catch (error) {
		throw capsule?.discard(), hold.signalledAt() !== void 0 && nothingWasSpent(error) ? new Failure("cancelled", "The job was cancelled; nothing was spent.", "") : error;
	} finally {
		hold.release();
	}
}
async function spend(world, inputs, provider, credential, hold) {
	let candidates = [credential.refresh, credential.predecessor].filter((token) => token !== void 0);
	for (let used of candidates) {
		let sent = await sendRefresh(world, provider, {
			...credential,
			refresh: used
		}, inputs.request, hold), { outcome } = sent, last = used === candidates.at(-1);
		if (outcome.type === "refreshed") {
			if (last || !otherAccount(credential, outcome.tokens)) return {
				used,
				tokens: outcome.tokens
			};
		} else if (outcome.type !== "refused" || outcome.why === "login-ended" || sent.unclearBefore || last) throw sayOutcome(outcome, sent.unclearBefore, credential, inputs);
		world.runner.warning("The login that an earlier job's program wrote does not work, or is of another account; trying the one before it.");
	}
	throw Error("a login without a refresh token");
}
function otherAccount({ other }, { accountUuid }) {
	let known = other.accountUuid;
	return known !== void 0 && accountUuid !== void 0 && known !== accountUuid;
}
async function prepareSealing(store) {
	let wanted = [store.publicKey(), import("./sealed-box.mjs")];
	return Promise.all(wanted).then(([key]) => key, () => void 0);
}
function storeDeadline(world, hold) {
	let begun = world.now();
	return () => Math.min(begun + 18e4, (hold?.signalledAt() ?? Infinity) + 7e3);
}
function nextGeneration(before, used, tokens) {
	let ends = [before.loginExpiresAt, tokens.loginExpiresAt].filter((end) => end !== void 0), { accountUuid, organizationUuid } = tokens;
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
function openStore(world, inputs) {
	let { rotateTo, secretsToken, github, request } = inputs;
	if (rotateTo && secretsToken) return secretStore(world, rotateTo, github, githubApi(world, github.apiUrl, secretsToken, request.userAgent));
}
async function findPlace(world, inputs, stored) {
	let store = openStore(world, inputs);
	if (store) {
		let rules = {
			createSecrets: inputs.createSecrets,
			runAttempt: inputs.github.runAttempt
		};
		return {
			store,
			prepared: await prepare(world, store, { stored }, rules)
		};
	}
	if (!inputs.allowUnstoredRefresh) throw new Failure("nowhere-to-store", "The login has to be renewed, but there is nowhere to keep the new one: its refresh token works once, so the stored login would be dead after this job. Nothing was spent.", "Set `rotate-to` (the name of the secret) and `secrets-token` (a token that may write it), or let a scheduled workflow do the renewing, or use a setup token.");
}
const USABLE_MS = 5 * MINUTE_MS;
async function acquire(world, inputs, detected) {
	let { credential } = detected, now = world.now(), asItIs = {
		credential,
		source: "secret",
		result: void 0
	};
	if (credential.kind !== "login") {
		if (!livesFor(credential, 0, now)) throw sayEnded(credential);
		return asItIs;
	}
	let goodEnough = inputs.refresh !== "always" && livesFor(credential, inputs.minValidityMs, now), handsOutRefresh = inputs.writeRefreshToken;
	if (goodEnough && !handsOutRefresh) return asItIs;
	let usable = livesFor(credential, USABLE_MS, now);
	if (inputs.refresh === "never" && !goodEnough) {
		if (!usable) throw sayEnded(credential);
		world.runner.warning(`The access token ends ${sayEnd$1(credential, now)}, sooner than \`min-validity\`, and \`refresh\` is \`never\`.`);
	}
	let refreshing = inputs.refresh !== "never" && !goodEnough;
	if (!refreshing && !handsOutRefresh) return asItIs;
	try {
		let place = await findPlace(world, inputs, detected.stored);
		if (place && world.runner.state("prepared", JSON.stringify(place.prepared)), !refreshing) return asItIs;
		let { credential: next, result } = await refreshLogin(world, inputs, anthropic, credential, place);
		return {
			credential: next,
			source: "refreshed",
			result
		};
	} catch (error) {
		if (!(error instanceof Failure && nothingWasSpent(error) && usable && inputs.refresh !== "always") || handsOutRefresh) throw error;
		return world.runner.warning(`${error.explain()} The job goes on with the access token that it has, which ends ${sayEnd$1(credential, now)}.`), asItIs;
	}
}
const sayEnd$1 = ({ accessExpiresAt }, now) => accessExpiresAt === void 0 ? "at a time that is not known" : `at ${sayTime(accessExpiresAt)} (in ${sayDuration(accessExpiresAt - now)})`;
function sayEnded(credential) {
	let end = credential.accessExpiresAt === void 0 ? "" : ` at ${isoTime(credential.accessExpiresAt)}`;
	return credential.kind === "login" ? new Failure("credential-ended", credential.access ? `The access token ends too soon${end}, and \`refresh: never\` forbids to renew it.` : "The credential holds no access token, and `refresh: never` forbids to fetch one.", "Let another job refresh it first, or set `refresh: auto`.") : new Failure("credential-ended", `The ${sayKind(credential)} ended${end}, and it cannot be renewed.`, "Make a new one with `claude setup-token` and store it with `gh secret set`.");
}
function contradictions(inputs, env, rotates) {
	let found = [], { targets, secretsToken } = inputs, writesFile = targets.some((target) => target.name === "claude");
	!inputs.credential && inputs.ifNoCredential === "error" && found.push(sayMissing("credential", env)), targets.length > 1 && targets.some((target) => target.name === "none") && found.push("`targets` names `none` together with others."), rotates && !secretsToken && found.push(sayMissing("secrets-token", env)), secretsToken && !rotates && found.push("`secrets-token` is given, but `rotate-to` does not say which secret it is to write."), inputs.createSecrets && !rotates && found.push("`create-secrets` is set, but `rotate-to` names no secret."), inputs.allowUnstoredRefresh && rotates && found.push("`allow-unstored-refresh` says that a new login may be thrown away, `rotate-to` where to keep it."), inputs.writeRefreshToken && !inputs.cleanup && found.push("`write-refresh-token` with `cleanup: false` would leave a second copy of the login that can be renewed.");
	let headers = {
		"user-agent": inputs.request.userAgent,
		"secrets-token": secretsToken?.reveal() ?? ""
	};
	for (let [name, value] of Object.entries(headers)) /[^ -~]/.test(value) && found.push(`\`${name}\` holds a line break or a character that no header may.`);
	inputs.writeRefreshToken && !writesFile && found.push("`write-refresh-token` is set, but no target in `targets` is a file."), inputs.writeRefreshToken && !rotates && !inputs.allowUnstoredRefresh && found.push("`write-refresh-token` hands the job a login that its program will renew, but without `rotate-to` the new one would be lost with the runner."), rotates && !inputs.github.repository && found.push("`rotate-to` needs GITHUB_REPOSITORY, which is not set here."), (inputs.request.timeoutMs < 1e3 || inputs.request.timeoutMs > 12e4) && found.push("`timeout` must lie between `1s` and `2m`.");
	for (let name of Object.keys(env)) name.endsWith("_TOKEN_URL_OVERRIDE") && env[name] && found.push(`The variable ${name} is set: it would send a refresh token to an address that this step did not choose. Remove it, or say the address in \`token-url\`.`);
	return found;
}
function sayMissing(name, env) {
	return `\`${name}\` is empty. ${env.GITHUB_ACTOR === "dependabot[bot]" ? "This run belongs to Dependabot, which sees Dependabot secrets only." : env.GITHUB_EVENT_NAME === "pull_request" ? "This is a pull request: one from a fork gets no secrets." : "The secret may not exist in this repository, or under another name."}` + (name === "credential" ? " With `if-no-credential: skip` such a run goes on without a login." : "") + " Other causes: a reusable workflow called without `secrets: inherit`; a secret of an environment that the job does not name with `environment:`; a typo in the secret's name.";
}
const NAMES = [
	"credential",
	"credential-expires",
	"provider",
	"targets",
	"refresh",
	"min-validity",
	"write-refresh-token",
	"allow-unstored-refresh",
	"rotate-to",
	"secrets-token",
	"create-secrets",
	"home",
	"cleanup",
	"if-no-credential",
	"warn-before",
	"token-url",
	"client-id",
	"scope",
	"user-agent",
	"request-format",
	"timeout"
];
function githubContext(env) {
	return {
		apiUrl: (env.GITHUB_API_URL || "https://api.github.com").replace(/\/+$/, ""),
		repository: env.GITHUB_REPOSITORY || void 0,
		repositoryId: env.GITHUB_REPOSITORY_ID || void 0,
		runId: env.GITHUB_RUN_ID || void 0,
		runAttempt: Number(env.GITHUB_RUN_ATTEMPT) || 1
	};
}
function parseTarget(text) {
	if (text === "claude" || text === "output" || text === "none") return { name: text };
	if (text === "env") return {
		name: "env",
		variable: "CLAUDE_CODE_OAUTH_TOKEN"
	};
	let variable = /^env:([A-Za-z_][A-Za-z0-9_]*)$/.exec(text)?.[1];
	if (variable && !/^(GITHUB_|RUNNER_|ACTIONS_|INPUT_|STATE_|NODE_OPTIONS$|PATH$|HOME$|LD_|DYLD_)/i.test(variable)) return {
		name: "env",
		variable
	};
}
function readInputs(env, step = "main") {
	let problems = [], problem = (text) => void problems.push(text), text = (name) => (env[`INPUT_${name.toUpperCase()}`] ?? "").trim(), choice = (name, values) => {
		let value = text(name) || values[0];
		return values.includes(value) ? value : (problem(`\`${name}\` must be ${values.map((v) => `\`${v}\``).join(" or ")}, not ${quote(value)}.`), values[0]);
	}, flag = (name, standard) => {
		let value = text(name).toLowerCase();
		return value === "true" || value === "false" ? value === "true" : (value !== "" && problem(`\`${name}\` must be \`true\` or \`false\`, not ${quote(value)}.`), standard);
	}, duration = (name, standard) => {
		let ms = parseDuration(text(name) || standard);
		return ms === void 0 && problem(`\`${name}\` must be a duration such as \`90m\`, \`1h\` or \`10d\`, not ${quote(text(name))}.`), ms ?? parseDuration(standard);
	}, github = githubContext(env), inputs = {
		credential: secretOf((env.INPUT_CREDENTIAL ?? "").trim() && env.INPUT_CREDENTIAL),
		credentialExpiresAt: readDate(text("credential-expires"), problem),
		provider: choice("provider", ["auto", "anthropic"]),
		targets: readTargets(text("targets"), problem),
		refresh: choice("refresh", [
			"auto",
			"always",
			"never"
		]),
		minValidityMs: duration("min-validity", "1h"),
		writeRefreshToken: flag("write-refresh-token", !1),
		allowUnstoredRefresh: flag("allow-unstored-refresh", !1),
		rotateTo: readLocation(text("rotate-to"), github, problem),
		secretsToken: secretOf(text("secrets-token")),
		createSecrets: flag("create-secrets", !1),
		home: text("home") || void 0,
		cleanup: flag("cleanup", !0),
		ifNoCredential: choice("if-no-credential", ["error", "skip"]),
		warnBeforeMs: duration("warn-before", "10d"),
		request: {
			tokenUrl: readTokenUrl(text("token-url"), problem),
			clientId: text("client-id") || void 0,
			scope: text("scope") || void 0,
			userAgent: text("user-agent") || "oauth-creds/0.1.0",
			requestFormat: text("request-format") === "" ? void 0 : choice("request-format", ["json", "form"]),
			timeoutMs: duration("timeout", "25s")
		},
		github
	};
	if (step === "main" && problems.push(...unknownInputs(env), ...contradictions(inputs, env, text("rotate-to") !== "")), problems.length === 1) {
		let missing = !inputs.credential && inputs.ifNoCredential === "error";
		throw invalid(problems[0], missing ? "credential-missing" : "input-invalid");
	}
	if (problems.length > 1) throw invalid(`${problems.length} settings need mending:\n${problems.map((p, i) => `${i + 1}. ${p}`).join("\n")}\n`);
	return Object.freeze(inputs);
}
const invalid = (what, code = "input-invalid") => new Failure(code, what, code === "input-invalid" ? "Every input is described in action.yml." : "");
function unknownInputs(env) {
	return Object.keys(env).filter((key) => key.startsWith("INPUT_")).map((key) => key.slice(6).toLowerCase()).filter((name) => !NAMES.includes(name)).map((name) => {
		let near = nearest(name);
		return `There is no input \`${clip(name)}\`${near ? `: did you mean \`${near}\`?` : "."}`;
	});
}
function readTargets(text, problem) {
	let names = [...new Set(text.split(/[\s,]+/).filter(Boolean))], targets = [];
	for (let name of names.length > 0 ? names : ["claude"]) {
		let target = parseTarget(name);
		target ? targets.push(target) : problem(`\`targets\`: ${quote(name)} is none of \`claude\`, \`env\`, \`env:NAME\`, \`output\`, \`none\`.`);
	}
	return targets;
}
function readLocation(text, github, problem) {
	let entries = text.split(/[\s,]+/).filter(Boolean);
	entries.length > 1 && problem("`rotate-to` names several places, but only one copy of a login may be refreshable.");
	let entry = entries[0];
	if (entry === void 0) return;
	let location = parseLocation(entry, github);
	if (typeof location != "string") return location;
	problem(location);
}
function readDate(text, problem) {
	if (text === "") return;
	let ms = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : NaN;
	if (!Number.isNaN(ms)) return ms;
	problem(`\`credential-expires\` must be a date such as \`2027-11-21\`, not ${quote(text)}.`);
}
function readTokenUrl(text, problem) {
	if (text === "") return;
	let url = URL.canParse(text) ? new URL(text) : void 0, loopback = url !== void 0 && /^(localhost|127(\.\d+){3}|\[::1\])$/.test(url.hostname);
	if (url && !url.username && (url.protocol === "https:" || url.protocol === "http:" && loopback)) return text;
	problem("`token-url` must be an https address (http only on a loopback address): a refresh token would travel over it.");
}
function quote(value) {
	return value.length <= 11 && !/sk-|gh[opsu]_|pat_|oc1\./.test(value) ? `\`${value.replace(/[`\r\n]/g, " ")}\`` : "what was given";
}
const clip = (text) => text.length > 40 ? `${text.slice(0, 40)}…` : text;
function nearest(name) {
	let bare = (text) => text.toLowerCase().replaceAll(/[^a-z]|s$/g, ""), wanted = bare(name);
	return NAMES.find((known) => bare(known) === wanted || wanted.length > 3 && bare(known).startsWith(wanted));
}
const ONLY_CLAUDE = "This release knows the logins of Claude only.", KNOWN = [
	[
		/^sk-ant-api/,
		"an Anthropic API key",
		"An API key needs no refreshing, so this action has nothing to do for it: give it to your step as the variable ANTHROPIC_API_KEY, and remove this step.",
		!0
	],
	[
		/^sk-ant-admin/,
		"an Anthropic admin key",
		"It administers an organisation and does not run Claude Code: take it out of this job. A job needs the output of `claude setup-token`, or an API key in the variable ANTHROPIC_API_KEY.",
		!0
	],
	[
		/^sk-(?!ant-)[A-Za-z0-9_-]{20,}$/,
		"an OpenAI API key",
		"An API key needs no refreshing: give it to your step as the variable OPENAI_API_KEY (Codex: CODEX_API_KEY), and remove this step.",
		!0
	],
	[
		/^(gh[opsur]_|github_pat_)/,
		"it is a GitHub token",
		"A GitHub token that may write secrets belongs in the input `secrets-token`."
	],
	[
		/^(rt_|at-)|^eyJ[\w-]+\.[\w-]+\.[\w-]*$/,
		"it is a token of another provider (OpenAI, by its look)",
		ONLY_CLAUDE
	],
	[
		/^\*+$/,
		"it is a row of asterisks",
		"It was copied from a log, where it was masked: copy the value itself."
	],
	[
		/^\$\{\{|^\$[A-Z_{(]/,
		"it is an expression that was not evaluated",
		"In a workflow write `credential: ${{ secrets.NAME }}`."
	],
	[
		/^(undefined|null|None|\[object Object\]|true|false)$/,
		"it is the word that a program writes for “nothing”",
		"What stored it had no value at hand."
	],
	[
		/^[\w-]{20,}#[\w-]{20,}$/,
		"it is the code that a browser shows after signing in, not a token",
		"Paste the code into the program that asked for it (`claude setup-token`), and store what that prints."
	],
	[
		/^https?:\/\//,
		"it is a web address",
		"Open it to sign in; store what the program prints then."
	],
	[
		/^\{[\s\S]*"(tokens|OPENAI_API_KEY|profiles)"/,
		"it is the file of another program (Codex or OpenClaw, by its look)",
		ONLY_CLAUDE
	],
	[/^(sk-ant-o[ar]t\d*-)/, "it begins like a Claude token but contains characters that none has"]
];
function sayWhatItIs(text) {
	for (let [look, seen, advice, apiKey] of KNOWN) if (look.test(text)) return {
		seen,
		advice,
		...apiKey && { apiKey }
	};
	if (text.startsWith("{")) return {
		seen: "it is JSON, but it holds no Claude tokens",
		advice: void 0
	};
	let lines = text.includes("\n") ? ` on ${text.split("\n").length} lines` : "";
	return {
		seen: `it is a text of ${text.length} characters${lines} that begins like none of the credentials we know`,
		advice: void 0
	};
}
function detect(raw, setupTokenExpiresAt, now) {
	let notices = [], warnings = [], notice = (text) => void notices.push(text), text = tidy(raw, notice);
	if (isEnvelope(text)) try {
		return {
			...openEnvelope(text.replace(/\s+/g, "")),
			notices,
			warnings
		};
	} catch (error) {
		throw unusable(error.message);
	}
	let credential = text.startsWith("{") ? fromJson(text, now, notice) : fromToken(text, notice, warnings);
	return credential.kind !== "setup-token" || setupTokenExpiresAt === void 0 ? {
		credential,
		stored: void 0,
		notices,
		warnings
	} : {
		credential: {
			...credential,
			accessExpiresAt: setupTokenExpiresAt
		},
		stored: void 0,
		notices,
		warnings
	};
}
function fromToken(text, notice, warnings) {
	let token = text.replace(/\s+/g, ""), kind = /^sk-ant-oat\d*-/.test(token) ? "setup-token" : /^sk-ant-ort\d*-/.test(token) ? "login" : void 0;
	if (kind === void 0 || !/^[\w.~+/=-]+$/.test(token)) throw notOurs(text);
	return token !== text && notice("The token had line breaks or spaces inside; they were removed."), token.length < 60 && warnings.push(`The token has only ${token.length} characters. If the provider refuses it, it was cut off when it was copied.`), kind === "login" ? {
		...EMPTY,
		kind,
		refresh: new Secret(token)
	} : {
		...EMPTY,
		kind,
		access: new Secret(token),
		scopes: ["user:inference"]
	};
}
function fromJson(text, now, notice) {
	let whole = parseObject(text);
	if (!whole) throw unusable("it begins like JSON but is not valid JSON: it was cut off, or a shell removed its quotes");
	let wrapped = whole.claudeAiOauth, oauth = typeof wrapped == "object" && wrapped ? wrapped : whole;
	if (oauth.accessToken === "" && oauth.refreshToken === "") throw unusable("it is the file that Claude Code leaves behind when a login has ended: its tokens are empty");
	let credential = readClaudeOauth(oauth, now, notice);
	if (!credential) throw notOurs(text);
	let key = credential.access?.reveal() ?? "";
	if (/^sk-ant-(api|admin)/.test(key)) throw notOurs(key);
	for (let token of [credential.access, credential.refresh]) if (token && /\s/.test(token.reveal())) throw unusable("a token inside it contains a line break or a space");
	return credential;
}
function tidy(raw, notice) {
	let text = raw;
	for (let round = 0; round < 6; round++) {
		let before = text;
		text = text.replace(/^\uFEFF/, "").trim();
		let quoted = /^(["'`])([\s\S]*)\1$/.exec(text);
		quoted?.[2] !== void 0 && (notice("The value stood in quotes; they were removed."), text = quoted[2]);
		let named = /^(?:export\s+|set\s+)?[A-Za-z_][A-Za-z0-9_]*=(?=["'`{]|sk-ant-|oc1\.|eyJ)/.exec(text);
		if (named && (notice("The value began with NAME=; that was removed."), text = text.slice(named[0].length)), /^Bearer\s/i.test(text) && (notice("The value began with “Bearer”; that was removed."), text = text.slice(7)), text = fromBase64(text, notice) ?? text, text === before) break;
	}
	return text;
}
function fromBase64(text, notice) {
	if (!/^[A-Za-z0-9+/_-][A-Za-z0-9+/_\s-]{20,}=*\s*$/.test(text)) return;
	let decoded = Buffer.from(text, "base64").toString("utf8").replace(/^\uFEFF/, "").trim();
	if (decoded.startsWith("{") && decoded.endsWith("}")) return notice("The value was base64 of a JSON file; it was decoded."), decoded;
}
function notOurs(text) {
	let stranger = sayWhatItIs(text);
	return stranger.apiKey ? new Failure("credential-is-api-key", `The credential is ${stranger.seen}.`, stranger.advice ?? "") : unusable(stranger.seen, stranger.advice);
}
function unusable(seen, advice) {
	return new Failure("credential-unusable", `The credential cannot be used: ${seen}.`, advice ?? "Store it again, whole and on one line: the output of `claude setup-token`, or the content of `.credentials.json` of a login of its own for CI (`gh secret set NAME < file` adds nothing to it).");
}
function maskInputs({ env, runner }) {
	let parts = (env.INPUT_CREDENTIAL ?? "").split(/[\s"'`,:;{}[\]()=\\]+/), masked = new Set(parts.filter((word) => word.length >= 16 && /\d/.test(word)));
	return masked.add((env["INPUT_SECRETS-TOKEN"] ?? "").trim()), maskAll(runner, masked), masked;
}
function recognise(world, inputs, masked) {
	let detected = detect(inputs.credential?.reveal() ?? "", inputs.credentialExpiresAt, world.now()), tokens = tokensOf(detected.credential).map((token) => token?.reveal() ?? "");
	return maskAll(world.runner, new Set(tokens.filter((token) => !masked.has(token)))), detected;
}
const maskAll = (runner, values) => maskSecrets(runner, [...values].map(secretOf));
function publish(world, inputs, acquired, files) {
	let { credential, source, result } = acquired, { runner } = world, outputs = {
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
	runner.outputs(outputs), credential.accessExpiresAt !== void 0 && runner.state("access-ends", String(credential.accessExpiresAt));
	let rows = describe(world, inputs, acquired, files);
	runner.log(rows.map(([what, text]) => `${what}: ${text}`).join("\n")), runner.summary(`### Login for this job\n\n${rows.map(([what, text]) => `- **${what}:** ${text}\n`).join("")}\n`);
}
function describe(world, inputs, acquired, files) {
	let { credential, source, result } = acquired, now = world.now(), rows = [
		["Login", `${sayKind(credential)}${credential.plan ? `, plan ${clean(credential.plan)}` : ""}`],
		["Source", source === "refreshed" ? "renewed by this step" : "as stored, not renewed"],
		[credential.kind === "setup-token" ? "Setup token ends" : "Access token ends", sayEnd(credential.accessExpiresAt, now)]
	];
	credential.kind === "login" && rows.push(["Login ends", sayEnd(credential.loginExpiresAt, now)]);
	let form = inputs.writeRefreshToken ? "with refresh token" : "access token only";
	for (let path of files) rows.push(["Written", `\`${path}\` (${form})`]);
	for (let target of inputs.targets) target.name === "env" && rows.push(["Written", `the variable \`${target.variable}\` of later steps`]), target.name === "output" && rows.push(["Written", "the output `access-token` of this step"]);
	return inputs.rotateTo && source === "refreshed" && rows.push(["Stored", sayResult(result, inputs.rotateTo.label)]), rows;
}
function sayResult(result, label) {
	return result?.type === "stored" ? result.confirmed ? `in ${label} (confirmed by GitHub)` : `in ${label} (not yet confirmed by GitHub)` : result?.type === "moved" ? `no: ${label} was written or deleted by somebody else` : "NO: see this step's error";
}
const iso = (ms) => ms === void 0 ? "" : isoTime(ms), sayEnd = (ms, now) => ms === void 0 ? "not known" : ms > now ? `${sayTime(ms)} (in ${sayDuration(ms - now)})` : `${sayTime(ms)} (past)`, clean = (word) => /^[\w -]{1,32}$/.test(word) ? word : "?", { dirname: dirname$3, isAbsolute, join: join$2, relative, resolve, sep } = process.getBuiltinModule("node:path");
function claudeFile(world, inputs) {
	let { env } = world, home = inputs.home ?? (env.HOME || process.getBuiltinModule("node:os").homedir()), secure = env.CLAUDE_SECURESTORAGE_CONFIG_DIR, folder = inputs.home === void 0 ? secure === void 0 ? env.CLAUDE_CONFIG_DIR : secure : void 0;
	return join$2(resolve((folder || join$2(home, ".claude")).normalize("NFC")), ".credentials.json");
}
function refuseUnsafe(world, path) {
	let folder = dirname$3(path);
	for (let place of [path, folder]) if (world.files.isSymlink(place)) throw new Failure("unsafe-path", `${place} is a symbolic link: a token written through it would land somewhere else.`, "Remove the link, or name the real folder in CLAUDE_CONFIG_DIR or in the input `home`.");
	let workspace = world.env.GITHUB_WORKSPACE;
	if (!workspace || !world.files.exists(workspace)) return;
	let existing = folder;
	for (; !world.files.exists(existing);) existing = dirname$3(existing);
	let inside = relative(world.files.realPath(workspace), resolve(world.files.realPath(existing), relative(existing, folder)));
	if (!isAbsolute(inside) && inside.split(sep)[0] !== "..") throw new Failure("unsafe-path", `${path} lies in the workspace, where a later step could publish it (artifacts, images, commits).`, "Set `home` (or CLAUDE_CONFIG_DIR) to a folder outside the workspace.");
}
function renderClaude(present, credential, full) {
	return JSON.stringify({
		...parseClaude(present),
		claudeAiOauth: writeClaudeOauth(credential, full)
	});
}
const parseClaude = (text) => parseObject(text ?? "") ?? {};
function claudeSection(text) {
	let section = parseClaude(text).claudeAiOauth;
	return typeof section == "object" && section ? section : void 0;
}
const { dirname: dirname$2, join: join$1 } = process.getBuiltinModule("node:path"), CLOUD = [
	"CLAUDE_CODE_USE_BEDROCK",
	"CLAUDE_CODE_USE_VERTEX",
	"CLAUDE_CODE_USE_FOUNDRY"
], KEYS = ["ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_API_KEY"];
function shadows(world, inputs) {
	let byFile = inputs.targets.some(({ name }) => name === "claude"), byVariable = inputs.targets.some((target) => target.name === "env" && target.variable === "CLAUDE_CODE_OAUTH_TOKEN");
	if (!byFile && !byVariable) return [];
	let names = [...CLOUD, ...KEYS];
	byFile && !byVariable && names.push("CLAUDE_CODE_OAUTH_TOKEN");
	let found = names.filter((name) => world.env[name]).map((name) => `The variable ${name} is set in this job: Claude Code uses it instead of this login. Remove it from the job's \`env\`.`);
	for (let folder of [dirname$2(claudeFile(world, inputs)), join$1(world.env.GITHUB_WORKSPACE || ".", ".claude")]) for (let file of ["settings.json", "settings.local.json"]) {
		let settings = world.files.read(join$1(folder, file));
		settings && /"apiKeyHelper"\s*:\s*"[^"]/.test(settings) && found.push(`${join$1(folder, file)} sets \`apiKeyHelper\`: Claude Code uses its key instead of this login. Remove the setting.`);
	}
	return found;
}
const LONGEST_JOB_MS = 6 * HOUR_MS;
function warnAhead(world, inputs, { credential, result }) {
	let { runner } = world, now = world.now();
	for (let shadow of shadows(world, inputs)) runner.warning(shadow);
	let { kind, accessExpiresAt, loginExpiresAt, scopes } = credential, end = kind === "login" ? loginExpiresAt : accessExpiresAt;
	if (kind !== "access" && end !== void 0 && end - now < inputs.warnBeforeMs) {
		let [what, advice] = kind === "login" ? ["This login", "Sign in once more for CI and store the result before then: a refresh does not move this end."] : ["This setup token", "Make a new one with `claude setup-token` and store it before then."];
		runner.warning(`${what} ends at ${sayTime(end)} (in ${sayDuration(end - now)}). ${advice}`);
	}
	if (kind !== "setup-token" && !inputs.writeRefreshToken && accessExpiresAt !== void 0 && accessExpiresAt - now < LONGEST_JOB_MS) {
		let left = sayDuration(accessExpiresAt - now), text = `The access token ends at ${sayTime(accessExpiresAt)}, in ${left}: a job that runs longer loses its login on the way.`;
		accessExpiresAt - now < inputs.minValidityMs ? runner.warning(`${text} \`min-validity\` asks for more.`) : runner.notice(`${text} Set \`min-validity\` to the longest time that this job may take.`);
	}
	scopes && !scopes.includes("user:inference") && runner.warning("This login was made without the scope user:inference: Claude Code will say “Not logged in”. Sign in again with `claude auth login`."), result?.type === "moved" && runner.warning(`The renewed login was not stored: ${inputs.rotateTo?.label} was ${result.deleted ? "deleted" : "written by somebody else, and theirs was kept"}. This job uses its own.`), result?.type === "stored" && !result.confirmed && runner.warning(`The login was written into ${inputs.rotateTo?.label}, but GitHub did not confirm it. If the next run is told that the login was refused, sign in again.`), result?.type === "failed" && runner.error(`The login was renewed, but ${inputs.rotateTo?.label} could not be written: the login stored there has ended. ${result.failure.explain()} This job has its access token and goes on; its post step tries once more to store the login. If that fails too, sign in again and store the new login.`, "oauth-creds: could-not-store");
}
const STATE = "files";
function saveManifest(world, entries) {
	world.runner.state(STATE, JSON.stringify(entries));
}
function loadManifest(world) {
	let text = world.env[`STATE_${STATE}`];
	return text ? JSON.parse(text) : [];
}
function removeFolders(world, made) {
	for (let folder of made.toReversed()) world.files.removeFolder(folder);
}
const { dirname: dirname$1 } = process.getBuiltinModule("node:path");
function openTargets(world, inputs) {
	let entries = [], pending = [];
	if (inputs.targets.some((target) => target.name === "claude")) {
		let path = claudeFile(world, inputs);
		refuseUnsafe(world, path);
		let made = world.files.makeFolder(dirname$1(path));
		try {
			let backup = keepBackup(world, inputs, path), file = world.files.openBeside(path);
			pending.push({
				path,
				file
			}), entries.push({
				path,
				temp: file.temp,
				made,
				backup
			});
		} catch (error) {
			throw removeFolders(world, made), error;
		}
		saveManifest(world, entries);
	}
	return {
		write(credential) {
			let token = credential.access?.reveal() ?? "";
			for (let { path, file } of pending) file.commit(renderClaude(world.files.read(path), credential, inputs.writeRefreshToken));
			for (let target of inputs.targets) target.name === "env" && world.runner.variable(target.variable, token), target.name === "output" && world.runner.outputs({ "access-token": token });
			return pending.map(({ path }) => path);
		},
		discard() {
			for (let { file } of pending) file.discard();
			for (let { made, backup } of entries) backup !== void 0 && world.files.remove(backup), removeFolders(world, made);
			saveManifest(world, []);
		}
	};
}
function keepBackup(world, inputs, path) {
	let present = world.files.read(path);
	if (present === void 0) return;
	let capsule = openCapsule(world, inputs.credential, "backup");
	return capsule.save(present), capsule.path;
}
async function run(world) {
	try {
		return await provide(world), 0;
	} catch (error) {
		let failure = asFailure(error);
		return world.runner.error(failure.explain(), `oauth-creds: ${failure.code}`), 1;
	}
}
async function provide(world) {
	let masked = maskInputs(world), inputs = readInputs(world.env);
	if (!inputs.credential) return skip(world);
	let detected = recognise(world, inputs, masked);
	for (let notice of detected.notices) world.runner.notice(notice);
	for (let warning of detected.warnings) world.runner.warning(warning);
	let targets = openTargets(world, inputs), acquired;
	try {
		acquired = await acquire(world, inputs, detected);
	} catch (error) {
		throw targets.discard(), error;
	}
	let files = targets.write(acquired.credential);
	publish(world, inputs, acquired, files), warnAhead(world, inputs, acquired);
}
function skip(world) {
	world.runner.outputs({ available: "false" }), world.runner.notice("There is no credential in this run (`if-no-credential: skip`): no login was provided.");
}
const fs$1 = process.getBuiltinModule("node:fs");
function githubRunner(env) {
	let annotate = (level, message, title = "oauth-creds") => print(`::${level} title=${escapeProperty(title)}::${escapeData(message)}\n`), keep = (file, values) => {
		let lines = Object.entries(values).map(([name, value]) => {
			if (/[\r\n]/.test(name + value)) throw Error(`a line break in ${name}`);
			return `${name}=${value}\n`;
		}), path = env[file];
		path && fs$1.appendFileSync(path, lines.join(""));
	};
	return {
		log: (text) => print(`${text}\n`),
		notice: (message) => annotate("notice", message),
		warning: (message) => annotate("warning", message),
		error: (message, title) => annotate("error", message, title),
		mask: (values) => print(values.map((value) => `::add-mask::${escapeData(value)}\n`).join("")),
		outputs: (values) => keep("GITHUB_OUTPUT", values),
		state: (name, value) => keep("GITHUB_STATE", { [name]: value }),
		variable: (name, value) => keep("GITHUB_ENV", { [name]: value }),
		summary(markdown) {
			let path = env.GITHUB_STEP_SUMMARY;
			try {
				path && fs$1.appendFileSync(path, markdown);
			} catch {}
		}
	};
}
function escapeData(text) {
	return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}
function escapeProperty(text) {
	return escapeData(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}
function print(text) {
	let rest = Buffer.from(text);
	for (; rest.length > 0;) try {
		rest = rest.subarray(fs$1.writeSync(1, rest));
	} catch (error) {
		let { code } = error;
		if (code !== "EAGAIN") return;
		Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2);
	}
}
const fs = process.getBuiltinModule("node:fs"), { dirname, basename, join } = process.getBuiltinModule("node:path");
let serial = 0;
const files = {
	read: (path) => files.exists(path) ? fs.readFileSync(path, "utf8") : void 0,
	exists: (path) => fs.lstatSync(path, { throwIfNoEntry: !1 }) !== void 0,
	isSymlink: (path) => fs.lstatSync(path, { throwIfNoEntry: !1 })?.isSymbolicLink() ?? !1,
	realPath: (path) => fs.realpathSync(path),
	makeFolder(path) {
		let made = [];
		for (let at = path; !files.exists(at); at = dirname(at)) made.unshift(at);
		for (let folder of made) fs.mkdirSync(folder, { mode: 448 });
		return made;
	},
	openBeside(path) {
		return pending(join(dirname(path), `.${basename(path).replace(/^\./, "")}.${process.pid}-${++serial}.tmp`), path);
	},
	openNew: (path) => pending(path, path),
	remove: (path) => fs.rmSync(path, { force: !0 }),
	removeFolder(path) {
		try {
			fs.rmdirSync(path);
		} catch {}
	}
};
function pending(temp, path) {
	let fd = fs.openSync(temp, "wx", 384), close = () => {
		fd !== void 0 && fs.closeSync(fd), fd = void 0;
	};
	return {
		temp,
		commit(text) {
			if (fd === void 0) throw Error("this file was committed or discarded before");
			fs.writeFileSync(fd, text), fs.fsyncSync(fd), close(), temp !== path && fs.renameSync(temp, path), flushFolder(dirname(path));
		},
		discard() {
			fd !== void 0 && (close(), files.remove(temp));
		}
	};
}
function flushFolder(path) {
	if (process.platform === "win32") return;
	let fd = fs.openSync(path, "r");
	try {
		fs.fsyncSync(fd);
	} finally {
		fs.closeSync(fd);
	}
}
function nodeHttp(env) {
	return async (request) => {
		try {
			return await send(request, await proxyAgent(env, request.url));
		} catch (error) {
			throw error instanceof HttpFailure ? error : new HttpFailure(!1, error.code ?? "not a valid request");
		}
	};
}
function send(request, proxy) {
	let secure = request.url.startsWith("https:"), client = secure ? process.getBuiltinModule("node:https") : process.getBuiltinModule("node:http");
	return new Promise((resolve, reject) => {
		let sent = !1, answered = !1, outgoing = client.request(request.url, {
			method: request.method,
			headers: {
				...request.headers,
				...request.body && { "content-length": String(Buffer.byteLength(request.body)) }
			},
			agent: proxy ?? (!request.fresh && void 0),
			...proxy && { timeout: request.timeoutMs }
		}), fail = (reason) => {
			clearTimeout(timer), reject(new HttpFailure(sent, reason)), outgoing.destroy();
		}, timer = setTimeout(() => fail(answered ? "answer cut off" : "timeout"), request.timeoutMs), begin = () => {
			if (request.stillWanted?.() === !1) return fail("cancelled");
			sent = !0, outgoing.end(request.body);
		};
		outgoing.on("socket", (socket) => {
			socket.connecting || socket.secureConnecting === !0 ? socket.once(secure ? "secureConnect" : "connect", begin) : begin();
		}), outgoing.on("error", (error) => fail(error.code ?? "connection failed")), outgoing.on("response", (incoming) => {
			answered = !0;
			let parts = [], size = 0;
			incoming.on("data", (part) => {
				parts.push(part), (size += part.length) > 1048576 && fail("answer too large");
			}), incoming.on("error", () => fail("answer cut off")), incoming.on("end", () => {
				if (!incoming.complete) return fail("answer cut off");
				clearTimeout(timer), resolve(readAnswer(incoming, Buffer.concat(parts).toString("utf8")));
			});
		});
	});
}
function readAnswer(incoming, body) {
	let headers = {};
	for (let [name, value] of Object.entries(incoming.headers)) headers[name] = Array.isArray(value) ? value[0] : value;
	let date = Date.parse(headers.date ?? "");
	return {
		status: incoming.statusCode ?? 0,
		headers,
		body,
		date: Number.isNaN(date) ? void 0 : date
	};
}
async function proxyAgent(env, url) {
	return ["https_proxy", "all_proxy"].some((name) => env[name] || env[name.toUpperCase()]) && url.startsWith("https:") ? (await import("./proxy.mjs")).agentFor(url) : void 0;
}
function nodeWorld() {
	let { env } = process;
	return {
		env,
		now: () => Date.now(),
		sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
		random: (bytes) => process.getBuiltinModule("node:crypto").randomBytes(bytes),
		http: nodeHttp(env),
		files,
		runner: githubRunner(env),
		holdSignals
	};
}
function holdSignals() {
	let signalledAt, hear = () => {
		signalledAt ??= Date.now();
	};
	return process.on("SIGINT", hear).on("SIGTERM", hear), {
		signalledAt: () => signalledAt,
		release: () => void process.off("SIGINT", hear).off("SIGTERM", hear)
	};
}
export { tokensOf as C, sayTime as S, storeGeneration as _, claudeSection as a, asFailure as b, recognise as c, storeDeadline as d, fingerprint as f, sayMoved as g, readClaudeOauth as h, removeFolders as i, readInputs as l, maskSecrets as m, run as n, parseClaude as o, readCapsule as p, loadManifest as r, maskInputs as s, nodeWorld as t, openStore as u, openEnvelope as v, secretOf as w, sayDuration as x, parseObject as y };

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
	clientAuth: void 0,
	plan: void 0,
	idToken: void 0,
	accountId: void 0,
	other: {},
	shared: void 0,
	predecessor: void 0,
	recovery: void 0
}, OWNER = {
	anthropic: "Claude ",
	openai: "ChatGPT ",
	custom: ""
};
function sayKind({ kind, provider, generation }) {
	if (kind === "setup-token") return "Claude setup token";
	let name = `${OWNER[provider]}${kind === "access" ? "access token" : "login"}`;
	return kind === "login" && generation > 0 ? `${name} (generation ${generation})` : name;
}
const USABLE_MS = 5 * MINUTE_MS;
function livesFor(credential, ms, now) {
	if (!credential.access) return !1;
	let { accessExpiresAt } = credential;
	return accessExpiresAt === void 0 ? credential.kind !== "login" : accessExpiresAt - now > ms;
}
function tokensOf(credential) {
	return [
		credential.access,
		credential.refresh,
		credential.predecessor,
		credential.idToken,
		credential.recovery
	];
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
}, InputProblems = class extends Error {
	problems;
	constructor(problems) {
		super("settings need mending"), this.name = "InputProblems", this.problems = problems;
	}
};
async function toFailure(error, env) {
	return error instanceof InputProblems ? (await import("./input-help.mjs")).explainProblems(error.problems, env) : error instanceof Failure ? error : (await import("./as-failure.mjs")).asFailure(error);
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
function readTokenAnswer(answer, receivedAt, dialect) {
	let { status } = answer, body = jsonObject(answer);
	if (status === 429) return {
		type: "throttled",
		status,
		retryAfterMs: retryAfter(answer, receivedAt)
	};
	if (status >= 500) return unclear(`status ${status}`);
	if (status < 200 || status > 299) return dialect.refusal(answer, body, receivedAt);
	if (!body) return unclear("200 without JSON");
	let serverTime = answer.date ?? receivedAt, tokens = {
		access: secretOf(body.access_token),
		refresh: secretOf(body.refresh_token),
		accessExpiresAt: after(serverTime, body.expires_in),
		loginExpiresAt: void 0,
		scopes: readScopes(body.scope),
		accountUuid: void 0,
		organizationUuid: void 0,
		...dialect.more(body, serverTime)
	};
	return tokens.access || tokens.refresh || tokens.idToken ? {
		type: "refreshed",
		tokens
	} : unclear("200 without tokens");
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
}), turnedAway = ({ status }) => ({
	type: "throttled",
	status,
	retryAfterMs: void 0
}), isPage = ({ body }) => /^\s*</.test(body);
function after(serverTime, seconds) {
	let count = numberOf(seconds);
	return count > 0 ? possibleTime(serverTime + count * 1e3) : void 0;
}
const numberOf = (value) => typeof value == "number" || typeof value == "string" ? Number(value) : NaN;
function safePage(page) {
	return typeof page == "string" && /^https:\/\/[\w.-]+(\/[\w./-]*)?$/.test(page) ? page : void 0;
}
function tokenRequest(url, fields, settings, format, headers = {}) {
	let form = (settings.requestFormat ?? format) === "form";
	return {
		method: "POST",
		url,
		headers: {
			"content-type": form ? "application/x-www-form-urlencoded" : "application/json",
			accept: "application/json",
			"user-agent": settings.userAgent,
			...headers
		},
		body: form ? new URLSearchParams(fields).toString() : JSON.stringify(fields),
		timeoutMs: settings.timeoutMs,
		fresh: !0
	};
}
const anthropic = {
	name: "anthropic",
	refreshRequest(credential, settings) {
		let { scope } = settings, fields = {
			grant_type: "refresh_token",
			refresh_token: credential.refresh?.reveal() ?? "",
			client_id: settings.clientId ?? credential.clientId ?? "9d1c250a-e61b-44d9-88ed-5944d1962f5e",
			...scope !== void 0 && { scope }
		};
		return tokenRequest(settings.tokenUrl ?? "https://platform.claude.com/v1/oauth/token", fields, settings, "json");
	},
	interpret: (answer, receivedAt) => readTokenAnswer(answer, receivedAt, DIALECT),
	amend({ credential, settings }, error) {
		let scope = credential.scopes?.join(" ");
		if (error === "invalid_scope" && scope && scope !== settings.scope) return {
			credential,
			settings: {
				...settings,
				scope
			}
		};
	}
}, DIALECT = {
	more: (body, serverTime) => ({
		loginExpiresAt: after(serverTime, body.refresh_token_expires_in),
		accountUuid: uuidOf(body.account),
		organizationUuid: uuidOf(body.organization)
	}),
	refusal(answer, body) {
		let { status } = answer, error = body?.error, code = typeof error == "string" ? error : error?.type, description = typeof body?.error_description == "string" ? body.error_description : "", page = body?.error_uri;
		return code === "access_denied" || code === "invalid_grant" && typeof page == "string" ? {
			type: "attention",
			page: safePage(page)
		} : status === 403 || status === 404 ? turnedAway(answer) : code === "invalid_grant" ? /expired/i.test(description) ? {
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
};
function uuidOf(value) {
	let uuid = value?.uuid;
	return typeof uuid == "string" ? uuid : void 0;
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
		super(`the server answered ${status}`), this.name = "ApiProblem", this.status = status, this.sent = sent, this.waitMs = waitMs, this.permission = permission;
	}
	get passing() {
		return this.status === 0 || this.status >= 500 || this.status === 409 || this.waitMs !== void 0;
	}
};
function githubApi(world, apiUrl, token, userAgent, version = "2022-11-28") {
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
					"x-github-api-version": version,
					...body !== void 0 && { "content-type": "application/json" }
				},
				...body !== void 0 && { body: JSON.stringify(body) },
				timeoutMs: 8e3
			});
		} catch (error) {
			throw error instanceof HttpFailure ? new ApiProblem(0, error.sent) : error;
		}
		if (expected.includes(answer.status)) return answer;
		let { limitWait } = await import("./limit.mjs"), permission = answer.headers["x-accepted-github-permissions"];
		throw new ApiProblem(answer.status, !0, limitWait(answer, world.now()), permission);
	};
}
async function patiently(world, deadline, call, failed) {
	for (let pause = 1e3;; pause = Math.min(pause * 2, 15e3)) try {
		return await call();
	} catch (error) {
		if (!(error instanceof ApiProblem) || !error.passing) throw error;
		let wait = Math.max(error.waitMs ?? 0, pause);
		if (world.now() + wait > deadline()) throw error;
		failed?.(), await world.sleep(wait);
	}
}
const PREFIX = "oc1.", PROVIDERS = new Set([
	"anthropic",
	"openai",
	"custom"
]), SECRETS = [
	"access",
	"refresh",
	"predecessor",
	"idToken",
	"recovery"
], TEXTS = [
	"clientId",
	"clientAuth",
	"plan",
	"accountId"
], isEnvelope = (text) => text.startsWith(PREFIX);
function sealEnvelope(credential, stored) {
	let { access, refresh, predecessor, idToken, recovery, accessExpiresAt, loginExpiresAt, ...plain } = credential, json = JSON.stringify({
		v: 1,
		...plain,
		access: access?.reveal(),
		accessExpiresAt: accessExpiresAt && isoTime(accessExpiresAt),
		refresh: refresh?.reveal(),
		loginExpiresAt: loginExpiresAt && isoTime(loginExpiresAt),
		predecessor: predecessor?.reveal(),
		idToken: idToken?.reveal(),
		recovery: recovery?.reveal(),
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
	let { v: _v, kind, provider, generation, scopes, other = {}, shared, stored, ...later } = fields, [access, refresh, predecessor, idToken, recovery] = SECRETS.map((name) => secretOf(fields[name])), texts = Object.fromEntries(TEXTS.map((name) => [name, fields[name]])), { savedAt, location, probe } = stored ?? {}, savedMs = readIso(savedAt);
	if (!(PROVIDERS.has(provider) && (kind === "login" && (refresh || isShared(shared)) || (kind === "access" || kind === "setup-token") && access) && Number.isInteger(generation) && (scopes === void 0 || Array.isArray(scopes) && scopes.every(isText)) && TEXTS.every((name) => fields[name] === void 0 || isText(fields[name])) && typeof other == "object" && other && (stored === void 0 || savedMs !== void 0 && isLocation(location)))) throw Error("it is an envelope of ours (oc1.…) with fields missing");
	return {
		credential: {
			...EMPTY,
			...later,
			...texts,
			kind,
			provider,
			generation,
			access,
			refresh,
			predecessor,
			idToken,
			recovery,
			accessExpiresAt: readIso(fields.accessExpiresAt),
			loginExpiresAt: readIso(fields.loginExpiresAt),
			scopes,
			other,
			shared: isShared(shared) ? shared : void 0
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
	let { kind, name, repository, within } = value ?? {};
	return (kind === "repository" || (kind === "environment" || kind === "organization") && isText(within)) && isText(name) && isText(repository);
}
function isShared(value) {
	let { place, lineage, sealed } = value ?? {};
	return [
		place,
		lineage,
		sealed
	].every(isText);
}
function isSealedBody(value) {
	let { encrypted_value, key_id } = value ?? {};
	return typeof encrypted_value == "string" && typeof key_id == "string";
}
const FORM = /^(?:(?:repository|(dependabot|codespaces|agents)|(environment|organization)\/([^@]+))\/)?([A-Za-z_]\w*)(:access)?(?:@([\w.-]+(?:\/[\w.-]+)+))?(:access)?$/, NO_NAME = /(?:^|[/@])(?:gh[a-z]_|github_(?:pat_|\w+(?:[:@]|$))|sk_|sk-(?:ant|proj)|rt_\S{30}|glpat-|oc[ar]?1[_.]|\.\.?(?:[/:]|$))/i;
function parseLocation(entry, here) {
	let { forge, repository: own = here.project, repositoryId } = here, [, copy, scoped, encoded, given, access, elsewhere, accessToo] = FORM.exec(entry) ?? [], kind = copy ?? scoped ?? "repository", ofOrganization = kind === "organization";
	if (!given || ofOrganization && elsewhere) return ["place-form"];
	if (NO_NAME.test(entry)) return ["place-name"];
	let accessOnly = (copy ?? access ?? accessToo) !== void 0;
	if (forge && (copy || forge === "gitea" && (!accessOnly || kind === "environment"))) return [
		"place-forge",
		forge,
		kind
	];
	let within = encoded?.replace(/%(20|2c|40)/gi, decodeURIComponent), name = forge === "gitlab" ? given : given.toUpperCase(), other = elsewhere?.toLowerCase() === own?.toLowerCase() ? void 0 : elsewhere, what = forge === "gitlab" ? "CI/CD variable" : `${kind} secret`;
	return {
		kind,
		name,
		within,
		repository: (ofOrganization ? within : other ?? own) ?? "",
		repositoryId: ofOrganization || other ? void 0 : repositoryId,
		accessOnly,
		forge,
		label: `the ${what} ${[
			name,
			within,
			other
		].filter(Boolean).join(" of ")}`
	};
}
function sameLocation(stored, here) {
	let same = (a = "", b = "") => a.toLowerCase() === b.toLowerCase(), sameRepository = stored.repositoryId && here.repositoryId ? stored.repositoryId === here.repositoryId : same(stored.repository, here.repository);
	return stored.kind === here.kind && sameRepository && same(stored.within, here.within) && same(stored.name, here.name);
}
function storedLocation({ kind, name, repository, repositoryId, within }) {
	return {
		kind,
		name,
		repository,
		repositoryId,
		within
	};
}
const problems = () => import("./say-problem.mjs"), STALE_AFTER_MS = 1e4;
async function prepare(world, store, credential, rules) {
	let { stored } = credential, { location } = store;
	if (stored && !sameLocation(stored.location, location)) throw (await problems()).sayElsewhere(stored, location);
	if (store.prepare) return store.prepare(rules.createSecrets);
	if (!stored) return (await import("./pasted.mjs")).preparePasted(world, store, rules);
	let ask = asking(world);
	try {
		let [probe, meta] = await Promise.all([
			ask(() => store.probe(stored.probe)),
			ask(store.meta),
			store.ready && ask(store.ready)
		]), { savedAt: since } = stored;
		rules.spends && meta.date - since < 2e4 && (meta = await (await import("./apart.mjs")).comeApart(world, store, since, meta));
		let updatedAt = meta.updatedAt ?? await (await import("./pasted.mjs")).missing(world, store, rules);
		if (updatedAt !== void 0 && updatedAt > since + 1e4) throw (await problems()).sayStale({
			type: "written-again",
			updatedAt,
			since,
			kind: location.kind
		});
		return {
			baseline: updatedAt !== void 0 && updatedAt < since - 1e3 ? since + STALE_AFTER_MS : updatedAt,
			probe
		};
	} catch (error) {
		throw await told(error, location);
	}
}
function asking(world) {
	let deadline = world.now() + 2e4;
	return (call) => patiently(world, () => deadline, call);
}
const told = async (error, location) => error instanceof ApiProblem ? (await problems()).sayProblem(error, location) : error;
async function storeGeneration(world, store, credential, prepared, ahead, begun, deadline) {
	if (store.store) return store.store(credential, prepared, begun, deadline);
	let { seal } = await import("./sealed-box.mjs"), { baseline, probe } = prepared, newestOfOurs = Math.max(baseline ?? 0, begun.earlier ? begun.earlier.at + STALE_AFTER_MS : 0), key = ahead, { sentAt } = begun, missing = 0, attempt = async () => {
		key ??= await store.publicKey();
		let ready = await store.ready?.(), asked = world.now(), before = await store.meta(), { updatedAt } = before;
		if (ready?.absent && updatedAt !== void 0) throw new ApiProblem(502, !0);
		if (updatedAt === void 0 && baseline !== void 0) {
			if (missing++ < 2) throw new ApiProblem(502, !0);
			return await store.publicKey(), {
				type: "moved",
				deleted: !0
			};
		}
		if ((updatedAt ?? 0) > newestOfOurs) return sentAt !== void 0 && (updatedAt ?? 0) <= sentAt + 1e4 ? {
			type: "stored",
			confirmed: !1,
			updatedAt
		} : (await (await import("./pasted.mjs")).unmark(world, store, before, probe, deadline), {
			type: "moved",
			deleted: !1
		});
		let savedAt = before.date + Math.max(0, world.now() - asked), envelope = sealEnvelope(credential, {
			savedAt,
			location: storedLocation(store.location),
			probe
		});
		begun.tell(savedAt);
		let putAt = await store.put(seal(envelope, key)).catch((error) => {
			throw error instanceof ApiProblem && error.sent && (error.status === 0 || error.status >= 500) && (sentAt = savedAt), error;
		}), mark = store.probe(probe).catch(() => void 0), [after] = await Promise.all([readBack(world, store, before.date, putAt), mark]);
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
		return await patiently(world, deadline, withPresentKey, begun.failed);
	} catch (error) {
		let { asFailure } = await import("./as-failure.mjs");
		return {
			type: "failed",
			failure: asFailure(await told(error, store.location))
		};
	}
}
async function readBack(world, store, since, putAt) {
	for (let pause of [
		0,
		1e3,
		2e3
	]) {
		pause > 0 && await world.sleep(pause);
		try {
			let { updatedAt, date } = await store.meta();
			if (updatedAt !== void 0 && updatedAt >= Math.floor(since / 1e3) * 1e3) return updatedAt > date ? updatedAt : Math.min(updatedAt, putAt + 1e3);
		} catch (error) {
			if (!(error instanceof ApiProblem)) throw error;
		}
	}
}
function secretStore(world, location, github, call, { path, ready, bodyOf } = { path: `/repos/${location.repository}/actions/secrets` }) {
	let probeName = `OAUTH_CREDS_PROBE_${location.name}`, around = {
		world,
		location,
		github,
		call
	}, metaOf = async (name) => {
		let answer = await call("GET", `${path}/${name}`, [200, 404]), updatedAt = answer.status === 404 ? void 0 : readIso(jsonObject(answer)?.updated_at);
		if (answer.status === 200 && updatedAt === void 0) throw new ApiProblem(502, !0);
		return {
			updatedAt,
			date: answer.date ?? world.now()
		};
	}, publicKey = async () => {
		let { key, key_id } = jsonObject(await call("GET", `${path}/public-key`, [200])) ?? {};
		if (typeof key != "string" || typeof key_id != "string") throw new ApiProblem(502, !0);
		return {
			key,
			key_id
		};
	}, putNamed = async (name, body) => (await call("PUT", `${path}/${name}`, [201, 204], bodyOf ? bodyOf(name, body) : body)).date ?? world.now();
	return {
		location,
		...ready && { ready },
		publicKey,
		meta: () => metaOf(location.name),
		probeMeta: () => metaOf(probeName),
		put: (body) => putNamed(location.name, body),
		runCreatedAt: async () => (await import("./pasted.mjs")).copyTime(around),
		refuseStranger: async () => (await import("./pasted.mjs")).refuseStranger(around),
		async probe(sealed) {
			if (sealed) try {
				return await putNamed(probeName, sealed), sealed;
			} catch (error) {
				if (!(error instanceof ApiProblem) || error.status !== 422) throw error;
			}
			let body = await (await import("./pasted.mjs")).newProbe(publicKey);
			return await putNamed(probeName, body), body;
		}
	};
}
const HARMLESS = new Set([
	"provider-unreachable",
	"throttled",
	"github-unreachable",
	"snapshot-stale",
	"secret-forbidden",
	"secret-not-found",
	"program-missing",
	"ledger-forbidden",
	"ledger-unreachable"
]), nothingWasSpent = (failure) => HARMLESS.has(failure.code);
function noteForPost({ runner }, name, value) {
	try {
		runner.state(name, value);
	} catch (error) {
		let { code = "it failed" } = error;
		runner.warning(`What the post step needs to know could not be written (${code}): is the disk full? [file-failed]`);
	}
}
function keepInSecret(world, { store, prepared }, stored) {
	let ahead;
	return {
		beforeSend: async () => void (ahead ??= prepareSealing(store)),
		async store(next, deadline) {
			let place = {
				...stored,
				location: store.location
			}, copy, failed = () => copy ??= import("./unstored.mjs").then((it) => it.keepUnstored(world, place, next, deadline)), result = await storeGeneration(world, store, next, prepared, await ahead, {
				tell: (at) => noteForPost(world, "putting", String(at)),
				failed
			}, deadline);
			return result.type === "failed" && (await failed()).tell(), result;
		}
	};
}
async function prepareSealing(store) {
	let wanted = [store.publicKey(), import("./sealed-box.mjs")];
	return Promise.all(wanted).then(([key]) => key, () => void 0);
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
function fingerprint(key, token) {
	let { createHmac } = process.getBuiltinModule("node:crypto");
	return createHmac("sha256", key.reveal()).update(token.reveal()).digest("hex").slice(0, 24);
}
const CAPSULE_VERSION = "oauth-creds capsule v1";
function sealText(world, key, text) {
	let { createCipheriv } = process.getBuiltinModule("node:crypto"), salt = world.random(16), iv = world.random(12), cipher = createCipheriv("aes-256-gcm", deriveKey(key, salt), iv).setAAD(Buffer.from(CAPSULE_VERSION)), body = Buffer.concat([cipher.update(text, "utf8"), cipher.final()]);
	return Buffer.concat([
		salt,
		iv,
		cipher.getAuthTag(),
		body
	]).toString("base64");
}
function deriveKey(key, salt) {
	let { hkdfSync } = process.getBuiltinModule("node:crypto");
	return Buffer.from(hkdfSync("sha256", key.reveal(), salt, CAPSULE_VERSION, 32));
}
function deadlineFor(world, forMs, hold, afterSignalMs = 0) {
	let begun = world.now(), since = begun, slept = 0;
	return () => {
		let now = world.now();
		return slept += Math.max(0, now - since - 45e3), since = now, Math.min(begun + slept + forMs, (hold?.signalledAt() ?? Infinity) + afterSignalMs);
	};
}
async function sendRefresh(world, provider, credential, settings, hold, keeping) {
	let wanted = () => hold.signalledAt() === void 0, unsent = 0, throttled = 0, unclear = 0, asking = {
		credential,
		settings
	};
	for (;;) {
		try {
			await keeping?.beforeSend?.();
		} catch (error) {
			if (unclear === 0 || !(error instanceof Failure) && wanted()) throw error;
			return {
				outcome: {
					type: "ambiguous",
					reason: "no clear answer"
				},
				unclearBefore: unclear > 1
			};
		}
		let outcome = await once(world, provider, asking, () => wanted() && keeping?.stillWanted?.() !== !1), pause;
		if (outcome.type === "mistake" && asking.credential === credential && asking.settings === settings) {
			let better = provider.amend?.(asking, outcome.error);
			better && ([asking, pause] = [better, 0]);
		}
		outcome.type === "not-sent" && (pause = [1e3, 3e3][unsent++]), outcome.type === "throttled" && throttled++ === 0 && (pause = outcome.retryAfterMs), outcome.type === "ambiguous" && keeping?.unclear?.(), outcome.type === "ambiguous" && unclear++ === 0 && (pause = 2e3);
		let { clientAuth } = asking.credential, sent = {
			outcome,
			unclearBefore: unclear > +(outcome.type === "ambiguous"),
			clientAuth
		};
		if (pause === void 0 || pause > 3e4 || !wanted() || (world.runner.log(`${provider.name}: ${(await import("./say-outcome.mjs")).sayRetry(outcome, pause)}.`), pause > 0 && await world.sleep(pause), !wanted())) return sent;
	}
}
async function once(world, provider, { credential, settings }, stillWanted) {
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
const telling = () => import("./say-outcome.mjs");
async function refreshLogin(world, inputs, provider, credential, keeping) {
	let { runner } = world, key = inputs.sealingKey, capsule = keeping && openCapsule(world, key, "login");
	capsule && runner.state("capsule", capsule.path);
	let hold = world.holdSignals(), sent = !1, around = {
		async beforeSend() {
			sent = !1, await keeping?.beforeSend?.(), sent = !0;
		},
		stillWanted: () => keeping?.stillWanted?.() !== !1,
		unclear: () => keeping?.unclear?.()
	};
	try {
		let { used, tokens, clientAuth } = await spend(world, inputs, provider, credential, hold, around);
		maskSecrets(runner, [
			tokens.access,
			tokens.refresh,
			tokens.idToken
		]);
		let next = {
			...nextGeneration(credential, used, tokens),
			clientAuth
		}, orWarn = async (work) => {
			try {
				work();
			} catch (error) {
				let { asFailure } = await import("./as-failure.mjs");
				runner.warning(`${asFailure(error).explain()} If this job dies now, its renewed login is lost with it.`);
			}
		};
		await orWarn(() => capsule?.save(sealEnvelope(next, void 0))), await orWarn(() => {
			next.access && runner.state("access", fingerprint(key, next.access)), inputs.writeRefreshToken && next.refresh && runner.state("refresh", fingerprint(key, next.refresh));
		});
		let result = keeping && await keeping.store(next, storeDeadline(world, hold));
		if ((result?.type === "stored" || result?.type === "moved") && await orWarn(() => runner.state("stored", String(result.type === "stored" && result.updatedAt || ""))), hold.signalledAt() !== void 0) throw (await telling()).sayCancelled(result);
		if (!tokens.access && !livesFor(next, 0, world.now())) throw (await telling()).sayNoAccess(result);
		return {
			credential: next,
			used,
			result,
			capsule: capsule?.path
		};
	} catch (error) {
		throw capsule?.discard(), (error instanceof Failure ? nothingWasSpent(error) : !sent) && hold.signalledAt() !== void 0 ? (await telling()).sayStopped() : error;
	} finally {
		hold.release();
	}
}
async function spend(world, inputs, provider, credential, hold, keeping) {
	let send = inputs.refreshWith === "cli" ? (await import("./official-program.mjs")).sendByProgram : sendRefresh, candidates = [credential.refresh, credential.predecessor].filter((token) => token !== void 0);
	for (let used of candidates) {
		let sent = await send(world, provider, {
			...credential,
			refresh: used
		}, inputs.request, hold, keeping), { outcome } = sent, last = used === candidates.at(-1);
		if (outcome.type === "refreshed") {
			let { tokens } = outcome;
			if (last || !otherAccount(credential, tokens)) return {
				used,
				tokens,
				clientAuth: sent.clientAuth
			};
		} else if (outcome.type !== "refused" || outcome.why === "login-ended" || sent.unclearBefore || last) throw (await telling()).sayOutcome(outcome, sent.unclearBefore, credential, inputs);
		world.runner.warning("The login that an earlier job's program wrote does not work, or is of another account; trying the one before it.");
	}
	throw Error("a login without a refresh token");
}
function otherAccount(credential, tokens) {
	let known = credential.accountId ?? credential.other.accountUuid, now = tokens.accountId ?? tokens.accountUuid;
	return known !== void 0 && now !== void 0 && known !== now;
}
const storeDeadline = (world, hold) => deadlineFor(world, 18e4, hold, 7e3);
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
		plan: tokens.plan ?? before.plan,
		idToken: tokens.idToken ?? before.idToken,
		accountId: tokens.accountId ?? before.accountId,
		other: {
			...before.other,
			...accountUuid && { accountUuid },
			...organizationUuid && { organizationUuid }
		},
		predecessor: void 0
	};
}
async function loadProvider(name) {
	return name === "openai" ? (await import("./openai.mjs")).openai : name === "custom" ? (await import("./custom.mjs")).custom : anthropic;
}
async function openStore(world, inputs) {
	let { rotateTo, secretsToken, github, request } = inputs;
	if (rotateTo && secretsToken) return rotateTo.kind !== "repository" || rotateTo.forge ? (await import("./other-places.mjs")).openPlace(world, inputs, rotateTo) : secretStore(world, rotateTo, github, githubApi(world, github.apiUrl, secretsToken, request.userAgent));
}
async function findPlace(world, inputs, stored) {
	let store = await openStore(world, inputs);
	if (store) {
		let rules = {
			createSecrets: inputs.createSecrets,
			runAttempt: inputs.github.runAttempt,
			spends: !0
		};
		return {
			store,
			prepared: await prepare(world, store, { stored }, rules)
		};
	}
	if (!inputs.allowUnstoredRefresh) throw (await import("./say-problem.mjs")).sayNowhere();
}
async function renew(world, inputs, credential, place) {
	let protocol = await loadProvider(credential.provider), keeping = place && keepInSecret(world, place, {
		login: credential,
		account: inputs.account
	}), recovery = credential.recovery ?? new Secret(Buffer.from(world.random(32)).toString("base64url")), { credential: next, used, result } = await refreshLogin(world, inputs, protocol, {
		...credential,
		recovery
	}, keeping);
	return {
		credential: next,
		source: "refreshed",
		used,
		result
	};
}
const refusalOf = async (world, inputs, credential) => inputs.validate === "none" ? void 0 : (await import("./refused.mjs")).refusedByProvider(world, inputs, credential), saying = () => import("./say-ended.mjs"), unchanged = (credential) => ({
	credential,
	source: "secret",
	result: void 0
});
async function acquire(world, inputs, detected, provider) {
	let now = world.now(), credential = detected?.credential, { ledgerKey, refresh, minValidityMs, writeRefreshToken: handsOutRefresh } = inputs, longEnough = credential && refresh !== "always" && livesFor(credential, minValidityMs, now);
	if (ledgerKey && credential?.kind !== "setup-token") {
		let renews = /\bocr1_/.test(ledgerKey.reveal()), lasts = longEnough && !handsOutRefresh && !(credential.refresh && renews), refused = lasts ? await refusalOf(world, inputs, credential) : void 0;
		if (lasts && !refused && !renews) return unchanged(credential);
		let { acquireShared, handOverCopy } = await import("./share.mjs");
		return !lasts || refused ? acquireShared(world, inputs, detected, provider, refused && credential?.access) : (handOverCopy(world, inputs, credential), unchanged(credential));
	}
	if (!credential) throw new InputProblems([["missing", "credential"]]);
	let sealed = credential.kind === "login" && !credential.refresh;
	if (sealed || credential.kind !== "login") {
		if (sealed && (refresh === "always" || handsOutRefresh)) throw (await saying()).sayNoKey(inputs);
		if (!livesFor(credential, sealed ? USABLE_MS : 0, now)) throw (await saying()).sayEnded(credential);
		let refused = await refusalOf(world, inputs, credential);
		if (refused) throw refused;
		return unchanged(credential);
	}
	let refused = longEnough ? await refusalOf(world, inputs, credential) : void 0;
	if (refused && refresh === "never") throw refused;
	let refreshing = refresh !== "never" && (!longEnough || refused !== void 0);
	if (refresh === "never" && !longEnough) {
		if (!livesFor(credential, USABLE_MS, now)) throw (await saying()).sayEnded(credential);
		world.runner.warning((await saying()).sayTooSoon(credential, now));
	}
	if (!refreshing && !handsOutRefresh) return unchanged(credential);
	try {
		let left = credential.recovery && world.env.ACTIONS_RUNTIME_TOKEN && (await import("./unstored.mjs")).findUnstored(world, inputs, credential), place = await findPlace(world, inputs, detected?.stored);
		place && world.runner.state("prepared", JSON.stringify(place.prepared));
		let copy = place && await left;
		return copy ? await (await import("./recovered.mjs")).takeOver(world, inputs, place, copy) : refreshing ? await renew(world, inputs, credential, place) : unchanged(credential);
	} catch (error) {
		if (refused) throw error;
		return (await saying()).goOnOrThrow(world, inputs, error, credential), unchanged(credential);
	}
}
const PROGRAMS = {
	claude: ["anthropic"],
	codex: ["openai"],
	peekaboo: ["anthropic", "openai"],
	clawdbot: ["anthropic", "openai"],
	openclaw: ["anthropic", "openai"],
	pi: ["anthropic", "openai"],
	opencode: ["openai"]
}, STEERING = /^(GITHUB_|RUNNER_|ACTIONS_|INPUT_|STATE_|LD_|DYLD_|PYTHON|PERL5|GIT_(SSH|ASKPASS|CONFIG|EXEC|PROXY)|(NODE_(OPTIONS|PATH|EXTRA_CA_CERTS)|(BASH_)?ENV|PATH|HOME|RUBYOPT|\w+_PROXY)$)/i;
function parseTarget(text) {
	if (isProgram(text) || text === "output" || text === "none") return { name: text };
	if (text === "env") return {
		name: "env",
		variable: void 0
	};
	let variable = /^env:([A-Za-z_][A-Za-z0-9_]*)$/.exec(text)?.[1];
	return !variable || STEERING.test(variable) ? void 0 : {
		name: "env",
		variable
	};
}
const UNFIT = /:CODEX_ACCESS_TOKEN$|^(?!custom).+:(ANTHROPIC_AUTH_TOKEN|\w+_API_KEY)$|^(?!anth).+:(ANTHROPIC|CLAUDE_CODE)_OAUTH_TOKEN$/, isProgram = (name) => Object.hasOwn(PROGRAMS, name);
function targetsFor(named, provider) {
	let own = OWN[provider], problems = [];
	named.length === 0 && own === void 0 && problems.push(["target-needed"]);
	let chosen = (named.length > 0 || own === void 0 ? named : [{ name: own }]).map((target) => {
		let { name } = target;
		return isProgram(name) && !PROGRAMS[name].includes(provider) && problems.push([
			"target-provider",
			name,
			provider
		]), target.name !== "env" || (UNFIT.test(`${provider}:${target.variable}`) && problems.push([
			"env-unfit",
			provider,
			`${target.variable}`
		]), target.variable !== void 0) ? target : provider === "anthropic" ? {
			name: "env",
			variable: "CLAUDE_CODE_OAUTH_TOKEN"
		} : (problems.push([provider === "openai" ? "env-openai" : "env-custom"]), target);
	});
	if (problems.length > 0) throw new InputProblems(problems);
	return chosen;
}
const OWN = {
	anthropic: "claude",
	openai: "codex",
	custom: void 0
};
function contradictions(inputs, env, rotates) {
	let { targets, secretsToken, request, writeRefreshToken, rotateTo, accessTo } = inputs, names = targets.map(({ name }) => name), files = names.filter(isProgram).length, rules = [
		[!inputs.credential && inputs.ifNoCredential === "error" && !inputs.fallbackApiKey && !inputs.ledgerKey, ["missing", "credential"]],
		[!inputs.credential && inputs.ledgerKey !== void 0 && inputs.provider === "auto", ["ledger-provider"]],
		[!inputs.ledgerKey && inputs.ledgerRepository !== void 0, ["ledger-without-key"]],
		[inputs.accessCache && !inputs.ledgerKey, ["cache-without-key"]],
		[inputs.accessCache && writeRefreshToken, ["cache-and-full"]],
		[names.length > 1 && names.includes("none"), ["none-and-others"]],
		[rotates && !secretsToken, ["missing", "secrets-token"]],
		[!rotates && secretsToken !== void 0, ["token-without-place"]],
		[!rotates && inputs.createSecrets, ["create-nothing"]],
		[rotates && inputs.allowUnstoredRefresh, ["unstored-and-stored"]],
		[[rotateTo, ...accessTo].some((place) => place?.repository === ""), ["place-none"]],
		[accessTo.length > 0 && !rotateTo && !inputs.ledgerKey, ["place-access"]],
		[writeRefreshToken && !inputs.cleanup, ["full-and-left"]],
		[writeRefreshToken && files > 1, ["full-and-several"]],
		[writeRefreshToken && names.includes("peekaboo"), ["full-and-peekaboo"]],
		[writeRefreshToken && names.length > 0 && files === 0, ["full-without-file"]],
		[writeRefreshToken && !rotates && !inputs.ledgerKey && !inputs.allowUnstoredRefresh, ["full-without-place"]],
		[request.timeoutMs < 1e3 || request.timeoutMs > 12e4, ["timeout"]],
		[/[^ -~]/.test(request.userAgent), ["header", "user-agent"]],
		[/[^ -~]/.test(secretsToken?.reveal() ?? ""), ["header", "secrets-token"]],
		...providerRules(inputs)
	], overrides = Object.keys(env).filter((name) => name.endsWith("_TOKEN_URL_OVERRIDE") && env[name]);
	return [...rules.filter(([broken]) => broken).map(([, problem]) => problem), ...overrides.map((name) => ["override", name])];
}
function providerRules({ provider, request, refreshWith, validate, fallbackApiKey }) {
	let custom = provider === "custom", cli = refreshWith === "cli", { tokenUrl, clientId, clientSecret, scope, requestFormat } = request;
	return [
		[custom && !tokenUrl, ["custom-needs", "token-url"]],
		[custom && !clientId, ["custom-needs", "client-id"]],
		[custom && validate === "online", ["custom-validate"]],
		[custom && fallbackApiKey !== void 0, ["custom-fallback"]],
		[custom && cli, ["custom-cli"]],
		[!custom && clientSecret !== void 0, ["secret-of-public-client"]],
		[cli && tokenUrl !== void 0, ["cli-decides", "token-url"]],
		[cli && clientId !== void 0, ["cli-decides", "client-id"]],
		[cli && scope !== void 0, ["cli-decides", "scope"]],
		[cli && requestFormat !== void 0, ["cli-decides", "request-format"]],
		[/^sk-ant-o[ar]t|^rt_|^eyJ|^oc1\./.test(fallbackApiKey?.reveal() ?? ""), ["fallback-is-token"]]
	];
}
const NAMES = "credential.credential-expires.provider.account.targets.refresh.min-validity.refresh-with.write-refresh-token.allow-unstored-refresh.rotate-to.secrets-token.create-secrets.ledger-key.ledger.ledger-repository.access-cache.github-token.validate.home.cleanup.if-no-credential.warn-before.report.fallback-api-key.allow-public-repository.token-url.client-id.client-secret.scope.user-agent.request-format.timeout".split(".");
function githubContext(env) {
	let isGitea = env.GITEA_ACTIONS || env.FORGEJO_ACTIONS;
	return {
		apiUrl: (env.GITHUB_API_URL || "https://api.github.com").replace(/\/+$/, ""),
		repository: env.GITHUB_REPOSITORY || void 0,
		repositoryId: env.GITHUB_REPOSITORY_ID || env.CI_PROJECT_ID || void 0,
		runId: env.GITHUB_RUN_ID || void 0,
		runAttempt: Number(env.GITHUB_RUN_ATTEMPT) || 1,
		forge: env.GITLAB_CI ? "gitlab" : isGitea ? "gitea" : void 0,
		project: env.CI_PROJECT_PATH
	};
}
const VERSION = "0.1.0";
function readInputs(env, step = "main") {
	let problems = [], problem = (...found) => void problems.push(found), text = (name) => (env[`INPUT_${name.toUpperCase()}`] ?? "").trim(), choice = (name, values) => {
		let value = text(name) || values[0];
		return values.includes(value) ? value : (problem("choice", name, value, ...values), values[0]);
	}, flag = (name, standard) => {
		let value = text(name).toLowerCase();
		return value === "true" || value === "false" ? value === "true" : (value !== "" && problem("flag", name, value), standard);
	}, duration = (name, standard) => {
		let ms = parseDuration(text(name) || standard);
		return ms === void 0 && problem("duration", name, text(name)), ms ?? parseDuration(standard);
	}, github = githubContext(env), credential = secretOf((env.INPUT_CREDENTIAL ?? "").trim() && env.INPUT_CREDENTIAL), ledger = choice("ledger", [
		"auto",
		"git-ref",
		"git-push",
		"file",
		"none"
	]), ledgerKey = ledger === "none" ? void 0 : secretOf(text("ledger-key")), inputs = {
		credential,
		sealingKey: credential ?? ledgerKey,
		credentialExpiresAt: readDate(text("credential-expires"), problem),
		provider: choice("provider", [
			"auto",
			"anthropic",
			"openai",
			"custom"
		]),
		account: readAccount(text("account"), problem),
		targets: readTargets(text("targets"), problem),
		refresh: choice("refresh", [
			"auto",
			"always",
			"never"
		]),
		minValidityMs: duration("min-validity", "1h"),
		refreshWith: choice("refresh-with", ["http", "cli"]),
		writeRefreshToken: flag("write-refresh-token", !1),
		allowUnstoredRefresh: flag("allow-unstored-refresh", !1),
		...readLocations(text("rotate-to"), github, problem),
		secretsToken: secretOf(text("secrets-token")),
		createSecrets: flag("create-secrets", !1),
		ledgerKey,
		ledger,
		ledgerRepository: text("ledger-repository") || void 0,
		accessCache: flag("access-cache", !1),
		githubToken: secretOf(text("github-token")),
		validate: choice("validate", ["none", "online"]),
		home: text("home") || void 0,
		cleanup: flag("cleanup", !0),
		ifNoCredential: choice("if-no-credential", ["error", "skip"]),
		warnBeforeMs: duration("warn-before", "10d"),
		report: choice("report", ["none", "issue"]),
		fallbackApiKey: secretOf(text("fallback-api-key")),
		allowPublicRepository: flag("allow-public-repository", !1),
		request: {
			tokenUrl: readTokenUrl(text("token-url"), problem),
			clientId: text("client-id") || void 0,
			clientSecret: secretOf(text("client-secret")),
			scope: text("scope") || void 0,
			userAgent: text("user-agent") || "oauth-creds/0.1.0",
			requestFormat: text("request-format") === "" ? void 0 : choice("request-format", ["json", "form"]),
			timeoutMs: duration("timeout", "25s")
		},
		github
	};
	if (step === "main" && problems.push(...unknownInputs(env), ...contradictions(inputs, env, text("rotate-to") !== "")), problems.length > 0) throw new InputProblems(problems);
	return Object.freeze(inputs);
}
const unknownInputs = (env) => Object.keys(env).filter((key) => key.startsWith("INPUT_")).map((key) => key.slice(6).toLowerCase()).filter((name) => !NAMES.includes(name)).map((name) => ["unknown", name]);
function readTargets(text, problem) {
	let names = [...new Set(text.split(/[\s,]+/).filter(Boolean))], targets = [];
	for (let name of names) {
		let target = parseTarget(name);
		target ? targets.push(target) : problem("target", name);
	}
	return targets;
}
function readAccount(text, problem) {
	return /^[A-Za-z0-9._-]{0,64}$/.test(text) ? text || "default" : (problem("account"), "default");
}
function readLocations(text, github, problem) {
	let places = [];
	for (let entry of text.split(/[\s,]+/).filter(Boolean)) {
		let read = parseLocation(entry, github);
		"label" in read ? places.push(read) : problem(...read);
	}
	let [rotateTo, second] = places.filter(({ accessOnly }) => !accessOnly);
	return second && problem("places"), new Set(places.map(({ label }) => label)).size < places.length && problem("place-twice"), {
		rotateTo,
		accessTo: places.filter((place) => place !== rotateTo)
	};
}
function readDate(text, problem) {
	if (text === "") return;
	let ms = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : NaN;
	if (!Number.isNaN(ms)) return ms;
	problem("date", "credential-expires", text);
}
function readTokenUrl(text, problem) {
	if (text === "") return;
	let url = URL.canParse(text) ? new URL(text) : void 0, loopback = url !== void 0 && /^(localhost|127(\.\d+){3}|\[::1\])$/.test(url.hostname);
	if (url && !url.username && (url.protocol === "https:" || url.protocol === "http:" && loopback)) return text;
	problem("token-url");
}
const AS_STORED = /^\s*(oc1\.[\w-]+|sk-ant-o[ar]t[\w.~+/=-]+|\{[\s\S]*\})\s*$/;
async function detect(raw, expected, now) {
	let notices = [], warnings = [], notice = (text) => void notices.push(text), text = AS_STORED.test(raw) ? raw.trim() : (await import("./tidy.mjs")).tidy(raw, notice), { credential, stored } = isEnvelope(text) ? await fromEnvelope(text) : {
		credential: await read(text, expected, now, notice, warnings),
		stored: void 0
	}, { provider } = credential;
	if (expected.provider !== "auto" && provider !== expected.provider) throw (await strangers()).sayOther(provider, expected.provider);
	return {
		credential: credential.kind === "setup-token" && expected.endsAt !== void 0 ? {
			...credential,
			accessExpiresAt: expected.endsAt
		} : credential,
		stored,
		notices,
		warnings
	};
}
async function fromEnvelope(text) {
	try {
		return openEnvelope(text.replace(/\s+/g, ""));
	} catch (error) {
		throw (await strangers()).unusable(error.message);
	}
}
async function read(text, expected, now, notice, warnings) {
	let token = text.replace(/\s+/g, "");
	if (expected.provider !== "custom") {
		if (/^sk-ant-o[ar]t\d*-[\w.~+/=-]+$/.test(token)) return fromToken(text, token, notice, warnings);
		let whole = text.startsWith("{") ? parseObject(text) : void 0, credential = whole && await fromClaude(whole, expected, now, notice), key = credential?.access?.reveal() ?? "";
		if (/^sk-ant-(api|admin)/.test(key)) throw (await strangers()).notOurs(key);
		if (credential) return credential;
	}
	let { readOther } = await import("./other-forms.mjs"), credential = await readOther(text, expected, now, notice);
	if (credential) return credential;
	throw (await strangers()).notOurs(text);
}
async function fromToken(text, token, notice, warnings) {
	return token !== text && notice((await strangers()).JOINED), token.length < 60 && warnings.push((await strangers()).sayShort(token)), token.startsWith("sk-ant-ort") ? {
		...EMPTY,
		kind: "login",
		refresh: new Secret(token)
	} : {
		...EMPTY,
		kind: "setup-token",
		access: new Secret(token),
		scopes: ["user:inference"]
	};
}
async function fromClaude(whole, { provider }, now, notice) {
	let wrapped = whole.claudeAiOauth, oauth = typeof wrapped == "object" && wrapped ? wrapped : whole;
	if (oauth.accessToken === "" && oauth.refreshToken === "") throw (await strangers()).sayDeadFile();
	let credential = readClaudeOauth(oauth, now, notice), tokens = [credential?.access, credential?.refresh].map((token) => token?.reveal() ?? "");
	if (oauth !== whole || provider === "anthropic" || tokens.some((token) => token.startsWith("sk-ant-"))) {
		if (tokens.some((token) => /\s/.test(token))) throw (await strangers()).sayBroken();
		return credential;
	}
}
const strangers = () => import("./strangers.mjs");
async function maskInputs({ env, runner }) {
	let parts = (env.INPUT_CREDENTIAL ?? "").split(/[\s"'`,:;{}[\]()=\\]+/), masked = new Set(parts.filter((word) => word.length >= 16 && /\d/.test(word)));
	for (let name of [
		"SECRETS-TOKEN",
		"FALLBACK-API-KEY",
		"CLIENT-SECRET",
		"GITHUB-TOKEN"
	]) masked.add((env[`INPUT_${name}`] ?? "").trim());
	for (let key of (env["INPUT_LEDGER-KEY"] ?? "").split(/[\s,]+/)) masked.add(key);
	return env["INPUT_LEDGER-REPOSITORY"]?.includes("@") && (await import("./address.mjs")).addSecrets(masked, env), maskAll(runner, masked), masked;
}
async function recognise(world, inputs, masked) {
	let expected = {
		provider: inputs.provider,
		account: inputs.account,
		endsAt: inputs.credentialExpiresAt,
		ledgerKey: inputs.ledgerKey
	}, detected = await detect(inputs.credential?.reveal() ?? "", expected, world.now()), tokens = tokensOf(detected.credential).map((token) => token?.reveal() ?? "");
	return maskAll(world.runner, new Set(tokens.filter((token) => !masked.has(token)))), detected;
}
const maskAll = (runner, values) => maskSecrets(runner, [...values].map(secretOf));
function publish(world, inputs, acquired, files, copies = []) {
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
	for (let label of copies) rows.push(["Copied", `to ${label}`]);
	runner.log(rows.map(([what, text]) => `${what}: ${text}`).join("\n")), runner.summary(`### Login for this job\n\n${rows.map(([what, text]) => `- **${what}:** ${text}\n`).join("")}\n`);
}
function describe(world, inputs, acquired, files) {
	let { credential, source, result } = acquired, now = world.now(), rows = [
		["Login", `${sayKind(credential)}${credential.plan ? `, plan ${clean(credential.plan)}` : ""}`],
		["Source", {
			refreshed: "renewed by this step",
			ledger: "the ledger",
			secret: "as stored, not renewed",
			recovered: "recovered"
		}[source]],
		[credential.kind === "setup-token" ? "Setup token ends" : "Access token ends", sayEnd(credential.accessExpiresAt, now)]
	];
	credential.kind === "login" && rows.push(["Login ends", sayEnd(credential.loginExpiresAt, now)]);
	let form = inputs.writeRefreshToken ? "with refresh token" : "access token only";
	for (let path of files) rows.push(["Written", `\`${path}\` (${form})`]);
	for (let target of inputs.targets) target.name === "env" && rows.push(["Written", `the variable \`${target.variable}\` of later steps`]), target.name === "output" && rows.push(["Written", "the output `access-token` of this step"]);
	let isNew = source === "refreshed" || source === "recovered";
	return isNew && acquired.ledger && result?.type !== "failed" && rows.push(["Stored", `in ${acquired.ledger}`]), inputs.rotateTo && isNew && (result || !acquired.ledger) && rows.push(["Stored", sayResult(result, inputs.rotateTo.label)]), rows;
}
function sayResult(result, label) {
	return result?.type === "stored" ? result.confirmed ? `in ${label} (confirmed)` : `in ${label} (not yet confirmed)` : result?.type === "moved" ? `no: ${label} was written or deleted by somebody else` : "NO: see this step's error";
}
const iso = (ms) => ms === void 0 ? "" : isoTime(ms), sayEnd = (ms, now) => ms === void 0 ? "not known" : ms > now ? `${sayTime(ms)} (in ${sayDuration(ms - now)})` : `${sayTime(ms)} (past)`, clean = (word) => /^[\w -]{1,32}$/.test(word) ? word : "?";
function quietly(look) {
	try {
		return look();
	} catch {
		return;
	}
}
const { dirname: dirname$4, join: join$2, resolve: resolve$1 } = process.getBuiltinModule("node:path"), SLOT = {
	provider: "anthropic",
	account: "default"
}, claude = {
	name: "claude",
	providers: ["anthropic"],
	full: !0,
	path({ env, home }) {
		let folder = env.CLAUDE_SECURESTORAGE_CONFIG_DIR ?? env.CLAUDE_CONFIG_DIR;
		return join$2(resolve$1((folder || join$2(home, ".claude")).normalize("NFC")), ".credentials.json");
	},
	parse: parseObject,
	print: JSON.stringify,
	slots: (doc) => sectionOf(doc) ? [SLOT] : [],
	get: sectionOf,
	set(doc, _slot, section) {
		if (section) return {
			...doc,
			claudeAiOauth: section
		};
		let { claudeAiOauth: _ours, ...others } = doc;
		return others;
	},
	write: (credential, { full }) => writeClaudeOauth(credential, full),
	read: (section, _slot, now, notice) => readClaudeOauth(section, now, notice),
	ended: (section) => section.accessToken === "" && section.refreshToken === "",
	locks(path) {
		let folder = dirname$4(path);
		return [{
			path: join$2(folder, ".oauth_refresh.lock"),
			staleMs: 6e4
		}, {
			path: `${folder}.lock`,
			staleMs: 1e4
		}];
	}
};
function sectionOf(doc) {
	let section = doc.claudeAiOauth;
	return typeof section == "object" && section ? section : void 0;
}
const { dirname: dirname$3, isAbsolute, relative, resolve, sep } = process.getBuiltinModule("node:path");
function whereabouts({ env, platform }, { home }) {
	return home === void 0 ? {
		env,
		home: env[platform === "win32" ? "USERPROFILE" : "HOME"] || process.getBuiltinModule("node:os").homedir()
	} : {
		env: {},
		home
	};
}
function refuseUnsafe(world, path) {
	let folder = dirname$3(path);
	for (let place of [path, folder]) if (world.files.isSymlink(place)) throw new Failure("unsafe-path", `${place} is a symbolic link: a token written through it would land somewhere else.`, "Remove the link, or name the real folder in the program's own variable or in the input `home`.");
	let workspace = world.env.GITHUB_WORKSPACE;
	if (!workspace || !world.files.exists(workspace)) return;
	let existing = folder;
	for (; !world.files.exists(existing) && dirname$3(existing) !== existing;) existing = dirname$3(existing);
	let inside = relative(world.files.realPath(workspace), resolve(world.files.realPath(existing), relative(existing, folder)));
	if (!isAbsolute(inside) && inside.split(sep)[0] !== "..") throw new Failure("unsafe-path", `${path} lies in the workspace, where a later step could publish it (artifacts, images, commits).`, "Set `home` (or the program's own variable) to a folder outside the workspace.");
}
const { dirname: dirname$2, join: join$1 } = process.getBuiltinModule("node:path"), LONGEST_JOB_MS = 6 * HOUR_MS;
async function warnAhead(world, inputs, acquired, targets) {
	let { runner } = world, { credential, result } = acquired, now = world.now(), shadows = [...await inTheWay(world, inputs), ...targets.shadows()];
	for (let shadow of shadows) runner.warning(shadow);
	let { kind, accessExpiresAt, loginExpiresAt, scopes } = credential, end = kind === "login" ? loginExpiresAt : accessExpiresAt;
	if (kind !== "access" && end !== void 0 && end - now < inputs.warnBeforeMs && runner.warning((await import("./say-ahead.mjs")).sayEndsSoon(kind, end, now)), kind !== "setup-token" && !inputs.writeRefreshToken && accessExpiresAt !== void 0 && accessExpiresAt - now < LONGEST_JOB_MS) {
		let left = sayDuration(accessExpiresAt - now), text = `The access token ends at ${sayTime(accessExpiresAt)}, in ${left}: a job that runs longer loses its login on the way.`;
		accessExpiresAt - now < inputs.minValidityMs ? runner.warning(`${text} \`min-validity\` asks for more.`) : runner.notice(`${text} Set \`min-validity\` to the longest time that this job may take.`);
	}
	credential.provider === "anthropic" && scopes && !scopes.includes("user:inference") && runner.warning((await import("./say-ahead.mjs")).NO_INFERENCE), result && !(result.type === "stored" && result.confirmed) && (await import("./say-result.mjs")).sayResult(world, inputs, acquired);
}
async function inTheWay(world, inputs) {
	let { env, files } = world, folders = [dirname$2(claude.path(whereabouts(world, inputs))), join$1(env.GITHUB_WORKSPACE || ".", ".claude")];
	if (!(inputs.home || Object.keys(env).some((name) => /^(ANTHROPIC|CLAUDE)_/.test(name)) || folders.some((folder) => `${quietly(() => files.list(folder))}`.includes("settings")))) return [];
	let { lookedForElsewhere, shadows } = await import("./shadow.mjs");
	return [...shadows(world, inputs), ...await lookedForElsewhere(world, inputs)];
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
function openFile(world, inputs, target, slot) {
	let path = target.path(whereabouts(world, inputs));
	refuseUnsafe(world, path);
	let made = world.files.makeFolder(dirname$1(path));
	try {
		let backup = keepBackup(world, inputs, path), pending = world.files.openBeside(path);
		return {
			target,
			entry: {
				target: target.name,
				slot,
				path,
				temp: pending.temp,
				made,
				backup
			},
			pending
		};
	} catch (error) {
		throw removeFolders(world, made), error;
	}
}
async function writeFile(world, open, credential, full) {
	let { target, entry, pending } = open, { slot, path } = entry;
	await lockedAgainst(world, open, () => {
		let text = world.files.read(path) ?? "", section = target.write(credential, {
			full,
			now: world.now()
		});
		pending.commit(target.print(target.set(parsed(target, text), slot, section)));
	});
}
const parsed = (target, text) => target.parse(text) ?? target.parse("") ?? {};
function discardFile(world, { entry, pending }) {
	pending.discard(), entry.backup !== void 0 && world.files.remove(entry.backup), removeFolders(world, entry.made);
}
async function lockedAgainst(world, { target, entry }, work) {
	let locks = entry.made.length === 0 && world.files.exists(dirname$1(entry.path)) ? target.locks?.(entry.path) : void 0;
	if (!locks) return work();
	let { withLocks } = await import("./lock.mjs");
	await withLocks(world, locks, work);
}
function keepBackup(world, inputs, path) {
	let present = world.files.read(path);
	if (present === void 0) return;
	let capsule = openCapsule(world, inputs.sealingKey, "backup");
	return capsule.save(present), capsule.path;
}
async function loadTarget(name) {
	return name === "claude" ? claude : (await import("./others.mjs")).OTHERS[name];
}
async function openTargets(world, inputs, slot) {
	let files = [], programs = [], entries = () => files.map(({ entry }) => entry), discard = () => {
		for (let file of files.splice(0)) discardFile(world, file);
		saveManifest(world, []);
	};
	try {
		for (let { name } of inputs.targets) {
			if (!isProgram(name)) continue;
			let target = await findTarget(world, inputs, name);
			if ("prepare" in target) {
				if (inputs.writeRefreshToken) throw new InputProblems([["full-and-openclaw"]]);
				programs.push({
					program: target,
					done: await target.prepare(slot)
				});
			} else files.push(openFile(world, inputs, target, slot)), saveManifest(world, entries());
		}
	} catch (error) {
		throw discard(), error;
	}
	return {
		discard,
		shadows() {
			let where = {
				...whereabouts(world, inputs),
				env: world.env
			}, read = (path) => quietly(() => world.files.read(path));
			return files.flatMap(({ target, entry }) => quietly(() => target.shadows?.(where, read, entry.path, slot)) ?? []);
		},
		async write(credential) {
			let token = credential.access?.reveal() ?? "";
			for (let file of files) await writeFile(world, file, credential, inputs.writeRefreshToken);
			for (let { program, done } of programs) world.runner.state(program.name, JSON.stringify(done)), world.runner.log(await program.write(credential, done));
			for (let target of inputs.targets) target.name === "env" && world.runner.variable(target.variable, token), target.name === "output" && world.runner.outputs({ "access-token": token });
			return entries().map(({ path }) => path);
		}
	};
}
async function findTarget(world, inputs, name) {
	return name === "openclaw" ? (await import("./openclaw2.mjs")).openclaw(world, whereabouts(world, inputs)) : (name === "claude" && world.platform === "darwin" && await (await import("./keychain.mjs")).refuseKeychain(world, inputs), loadTarget(name));
}
const issue = async ({ report }) => report === "issue" ? import("./tell-issue.mjs") : void 0;
async function run(world) {
	try {
		return await provide(world), 0;
	} catch (error) {
		let failure = await toFailure(error, world.env);
		return world.runner.error(failure.explain(), `oauth-creds: ${failure.code}`), 1;
	}
}
async function provide(world) {
	let masked = await maskInputs(world), inputs = readInputs(world.env);
	if (!inputs.credential && !inputs.fallbackApiKey && !inputs.ledgerKey) return skip(world);
	let login;
	try {
		login = await obtain(world, inputs, masked);
	} catch (error) {
		if (await (await issue(inputs))?.tellEnd(world, inputs, masked, error), !inputs.fallbackApiKey) throw error;
		let { useApiKey } = await import("./fallback.mjs");
		return useApiKey(world, inputs, await toFailure(error, world.env), masked);
	}
	let copies = login.inputs.accessTo.length > 0 ? await (await import("./copy-access.mjs")).copyAccess(world, login) : [], files = await login.targets.write(login.acquired.credential);
	return publish(world, login.inputs, login.acquired, files, copies), await warnAhead(world, login.inputs, login.acquired, login.targets), await (await issue(inputs))?.tellIssue(world, inputs, login.acquired), login;
}
async function obtain(world, given, masked) {
	if (!given.credential && !given.ledgerKey) throw new InputProblems([["missing", "credential"]]);
	let detected = given.credential ? await recognise(world, given, masked) : void 0;
	for (let notice of detected?.notices ?? []) world.runner.notice(notice);
	for (let warning of detected?.warnings ?? []) world.runner.warning(warning);
	let provider = detected?.credential.provider ?? given.provider, inputs = {
		...given,
		targets: targetsFor(given.targets, provider)
	};
	provider === "openai" && await (await import("./public-repository.mjs")).refusePublic(world, inputs);
	let targets = await openTargets(world, inputs, {
		provider,
		account: inputs.account
	});
	try {
		return {
			inputs,
			targets,
			acquired: await acquire(world, inputs, detected, provider)
		};
	} catch (error) {
		throw targets.discard(), error;
	}
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
const fs = process.getBuiltinModule("node:fs"), { dirname, basename, join } = process.getBuiltinModule("node:path"), files = {
	read: (path) => files.exists(path) ? fs.readFileSync(path, "utf8") : void 0,
	exists: (path) => fs.lstatSync(path, { throwIfNoEntry: !1 }) !== void 0,
	isSymlink: (path) => fs.lstatSync(path, { throwIfNoEntry: !1 })?.isSymbolicLink() ?? !1,
	realPath: (path) => fs.realpathSync(path),
	makeFolder(path) {
		let made = [];
		for (let at = path; at !== made[0] && !files.exists(at); at = dirname(at)) made.unshift(at);
		for (let folder of made) fs.mkdirSync(folder, { mode: 448 });
		return made;
	},
	tryMakeFolder(path) {
		try {
			return fs.mkdirSync(path), !0;
		} catch (error) {
			if (error.code === "EEXIST") return !1;
			throw error;
		}
	},
	modifiedAt: (path) => fs.lstatSync(path, { throwIfNoEntry: !1 })?.mtimeMs,
	openBeside(path) {
		return pending(join(dirname(path), `.${basename(path).replace(/^\./, "")}.${Math.random()}.tmp`), path);
	},
	openNew: (path) => pending(path, path),
	remove: (path) => fs.rmSync(path, { force: !0 }),
	removeFolder(path) {
		try {
			fs.rmdirSync(path);
		} catch {}
	},
	list: (folder) => files.exists(folder) ? fs.readdirSync(folder) : [],
	linkNew(from, to) {
		try {
			fs.linkSync(from, to);
		} catch (error) {
			if (error.code !== "EEXIST") throw error;
			if (fs.statSync(from).nlink < 2) return !1;
		}
		return flushFolder(dirname(to)), !0;
	},
	fileSystem(path) {
		let existing = path;
		for (; !fs.existsSync(existing);) existing = dirname(existing);
		return fs.statfsSync(existing).type;
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
				clearTimeout(timer), resolve(readAnswer(incoming, Buffer.concat(parts).toString(request.encoding)));
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
	let { env } = process, signalledAt, hear = () => {
		signalledAt ??= Date.now();
	};
	return {
		env,
		platform: process.platform,
		now: () => Date.now(),
		sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
		random: (bytes) => process.getBuiltinModule("node:crypto").randomBytes(bytes),
		http: nodeHttp(env),
		run: async (...call) => (await import("./programs2.mjs")).runProgram(...call),
		files,
		runner: githubRunner(env),
		holdSignals() {
			return process.on("SIGINT", hear).on("SIGTERM", hear), {
				signalledAt: () => signalledAt,
				release: () => void process.off("SIGINT", hear).off("SIGTERM", hear)
			};
		}
	};
}
export { openEnvelope as $, loadProvider as A, secretOf as At, keepInSecret as B, contradictions as C, Failure as Ct, targetsFor as D, sayKind as Dt, isProgram as E, livesFor as Et, CAPSULE_VERSION as F, sayDuration as Ft, asking as G, nothingWasSpent as H, deriveKey as I, sayTime as It, told as J, prepare as K, fingerprint as L, refreshLogin as M, MINUTE_MS as Mt, storeDeadline as N, isoTime as Nt, renew as O, tokensOf as Ot, deadlineFor as P, possibleTime as Pt, isEnvelope as Q, openCapsule as R, NAMES as S, toFailure as St, STEERING as T, USABLE_MS as Tt, secretStore as U, noteForPost as V, STALE_AFTER_MS as W, sameLocation as X, parseLocation as Y, storedLocation as Z, recognise as _, retryAfter as _t, provide as a, HttpFailure as at, VERSION as b, readScopes as bt, loadTarget as c, MISTAKES as ct, loadManifest as d, numberOf as dt, readIso as et, removeFolders as f, readTokenAnswer as ft, maskInputs as g, jsonObject as gt, quietly as h, unclear as ht, githubRunner as i, patiently as it, openStore as j, HOUR_MS as jt, findPlace as k, Secret as kt, lockedAgainst as l, after as lt, claude as m, turnedAway as mt, files as n, ApiProblem as nt, run as o, anthropic as ot, whereabouts as p, safePage as pt, storeGeneration as q, escapeData as r, githubApi as rt, openTargets as s, tokenRequest as st, nodeWorld as t, sealEnvelope as tt, parsed as u, isPage as ut, detect as v, parseObject as vt, PROGRAMS as w, EMPTY as wt, githubContext as x, InputProblems as xt, readInputs as y, readClaudeOauth as yt, maskSecrets as z };

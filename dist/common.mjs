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
};
const MINUTE_MS = UNIT_MS.m;
const HOUR_MS = UNIT_MS.h;
function parseDuration(text) {
	if (!/^(\d{1,6}[smhd])+$/.test(text)) return;
	let total = 0;
	for (let [, count, unit] of text.matchAll(/(\d+)([smhd])/g)) total += Number(count) * UNIT_MS[unit];
	return total;
}
function sayDuration(ms) {
	let left = Math.max(0, ms);
	if (left >= 2 * UNIT_MS.d) return `${Math.floor(left / UNIT_MS.d)} days`;
	let hours = Math.floor(left / UNIT_MS.h);
	let minutes = Math.floor(left % UNIT_MS.h / UNIT_MS.m);
	if (hours > 0) return minutes > 0 ? `${hours} h ${minutes} min` : `${hours} h`;
	return minutes > 0 ? `${minutes} min` : `${Math.ceil(left / 1e3)} s`;
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
		super(what);
		this.name = "Failure";
		this.code = code;
		this.advice = advice;
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
	if (typeof code == "string" && typeof syscall == "string") return new Failure("file-failed", `The system refused a file operation (${syscall}: ${code}).`, "Check that the home folder and RUNNER_TEMP exist, are writable by this user, and that the disk is not full.");
	return new Failure("unexpected", `Something went wrong that should not (${String(name ?? typeof error)}${where(error)}).`, "This is a fault of oauth-creds: please report it with this line. Nothing secret is in it.");
}
function where(error) {
	let stack = error instanceof Error ? error.stack ?? "" : "";
	let frame = /at (?:(?:async )?([\w.$]+) )?\(?[^()\n]*?([\w-]+\.(?:mjs|ts):\d+)/.exec(stack);
	return frame ? ` at ${frame[1] ?? "?"} ${frame[2]}` : "";
}
function contradictions(inputs, env, rotates) {
	let found = [];
	let { targets, secretsToken } = inputs;
	let writesFile = targets.some((target) => target.name === "claude");
	!inputs.credential && inputs.ifNoCredential === "error" && found.push(sayMissing("credential", env));
	targets.length > 1 && targets.some((target) => target.name === "none") && found.push("`targets` names `none` together with others.");
	rotates && !secretsToken && found.push(sayMissing("secrets-token", env));
	secretsToken && !rotates && found.push("`secrets-token` is given, but `rotate-to` does not say which secret it is to write.");
	inputs.createSecrets && !rotates && found.push("`create-secrets` is set, but `rotate-to` names no secret.");
	inputs.allowUnstoredRefresh && rotates && found.push("`allow-unstored-refresh` says that a new login may be thrown away, but `rotate-to` says where to keep it.");
	inputs.writeRefreshToken && !writesFile && found.push("`write-refresh-token` is set, but no target in `targets` is a file.");
	inputs.writeRefreshToken && !rotates && !inputs.allowUnstoredRefresh && found.push("`write-refresh-token` hands the job a login that its program will renew, but without `rotate-to` the new one would be lost with the runner.");
	rotates && !inputs.github.repository && found.push("`rotate-to` needs GITHUB_REPOSITORY, which is not set here.");
	(inputs.request.timeoutMs < 1e3 || inputs.request.timeoutMs > 12e4) && found.push("`timeout` must lie between `1s` and `2m`.");
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
function parseLocation(entry, github) {
	let parts = /^(?:repository\/)?([A-Za-z_][A-Za-z0-9_]*)$/.exec(entry);
	if (!parts?.[1]) {
		let later = /^(environment|organization|dependabot|codespaces|agents)\//.exec(entry);
		return later ? `\`rotate-to\`: this release writes repository secrets only, not ${later[1]} secrets.` : "`rotate-to` must be the name of a repository secret, such as `CLAUDE_LOGIN` or `repository/CLAUDE_LOGIN`.";
	}
	let name = parts[1].toUpperCase();
	if (/^GH[A-Z]_|^GITHUB_|^SK_/.test(name)) return "`rotate-to` must be the name of a secret, which cannot begin like this.";
	let repository = github.repository ?? "";
	let base = `/repos/${repository}/actions/secrets`;
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
function parseTarget(text) {
	if (text === "claude" || text === "output" || text === "none") return { name: text };
	if (text === "env") return {
		name: "env",
		variable: "CLAUDE_CODE_OAUTH_TOKEN"
	};
	let variable = /^env:([A-Za-z_][A-Za-z0-9_]*)$/.exec(text)?.[1];
	if (!variable || /^(GITHUB_|RUNNER_|ACTIONS_|INPUT_|STATE_|NODE_OPTIONS$|PATH$|HOME$|LD_|DYLD_)/i.test(variable)) return;
	return {
		name: "env",
		variable
	};
}
function readInputs(env, step = "main") {
	let problems = [];
	let problem = (text) => void problems.push(text);
	let text = (name) => (env[`INPUT_${name.toUpperCase()}`] ?? "").trim();
	let choice = (name, values) => {
		let value = text(name) || values[0];
		if (values.includes(value)) return value;
		problem(`\`${name}\` must be ${values.map((v) => `\`${v}\``).join(" or ")}, not ${quote(value)}.`);
		return values[0];
	};
	let flag = (name, standard) => {
		let value = text(name).toLowerCase();
		if (value === "true" || value === "false") return value === "true";
		value !== "" && problem(`\`${name}\` must be \`true\` or \`false\`, not ${quote(value)}.`);
		return standard;
	};
	let duration = (name, standard) => {
		let ms = parseDuration(text(name) || standard);
		ms === void 0 && problem(`\`${name}\` must be a duration such as \`90m\`, \`1h\` or \`10d\`, not ${quote(text(name))}.`);
		return ms ?? parseDuration(standard);
	};
	let github = githubContext(env);
	let inputs = {
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
	step === "main" && problems.push(...unknownInputs(env), ...contradictions(inputs, env, text("rotate-to") !== ""));
	if (problems.length === 1) {
		let missing = !inputs.credential && inputs.ifNoCredential === "error";
		throw invalid(problems[0], missing ? "credential-missing" : "input-invalid");
	}
	if (problems.length > 1) throw invalid(`${problems.length} settings need mending:\n${problems.map((p, i) => `${i + 1}. ${p}`).join("\n")}\n`);
	return Object.freeze(inputs);
}
const invalid = (what, code = "input-invalid") => new Failure(code, what, code === "input-invalid" ? "Every input is described in the README and in action.yml." : "");
function unknownInputs(env) {
	return Object.keys(env).filter((key) => key.startsWith("INPUT_")).map((key) => key.slice(6).toLowerCase()).filter((name) => !NAMES.includes(name)).map((name) => {
		let near = nearest(name);
		return `There is no input \`${clip(name)}\`${near ? `: did you mean \`${near}\`?` : "."}`;
	});
}
function readTargets(text, problem) {
	let names = [...new Set(text.split(/[\s,]+/).filter(Boolean))];
	let targets = [];
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
	let url = URL.canParse(text) ? new URL(text) : void 0;
	let loopback = url !== void 0 && /^(localhost|127(\.\d+){3}|\[::1\])$/.test(url.hostname);
	if (url && !url.username && (url.protocol === "https:" || url.protocol === "http:" && loopback)) return text;
	problem("`token-url` must be an https address (http only on a loopback address): a refresh token would travel over it.");
}
function quote(value) {
	return value.length <= 11 && !/sk-|gh[opsu]_|pat_|oc1\./.test(value) ? `\`${value.replace(/[`\r\n]/g, " ")}\`` : "what was given";
}
const clip = (text) => text.length > 40 ? `${text.slice(0, 40)}…` : text;
function nearest(name) {
	let bare = (text) => text.toLowerCase().replaceAll(/[^a-z]|s$/g, "");
	let wanted = bare(name);
	return NAMES.find((known) => bare(known) === wanted || wanted.length > 3 && bare(known).startsWith(wanted));
}
function readClaudeOauth(oauth, now, notice = () => {}) {
	let { accessToken, refreshToken, expiresAt, refreshTokenExpiresAt, scopes, clientId, subscriptionType, loginEnded: _ended, ...other } = oauth;
	let access = secretOf(accessToken);
	let refresh = secretOf(refreshToken);
	if (!access && !refresh) return;
	let accessExpiresAt = readTime(expiresAt, notice);
	let scopeList = readScopes(scopes);
	let long = accessExpiresAt === void 0 || accessExpiresAt - now > 5184e6;
	let setup = !refresh && long && scopeList?.join() === "user:inference";
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
	let { access, refresh, accessExpiresAt, loginExpiresAt, scopes, clientId, plan, other } = credential;
	let { rateLimitTier = null, ...rest } = other;
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
	if (typeof number != "number") return;
	if (number > 1e11 || number <= 0) return possibleTime(number);
	notice("The credential gives a time in seconds where Claude Code uses milliseconds; it was read as seconds.");
	return number * 1e3;
}
const PREFIX = "oc1.";
const isEnvelope = (text) => text.startsWith(PREFIX);
function sealEnvelope(credential, stored) {
	let { access, refresh, predecessor, accessExpiresAt, loginExpiresAt, ...plain } = credential;
	let json = JSON.stringify({
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
	let fields = parse(Buffer.from(text.slice(4), "base64url").toString("utf8"));
	if (!fields) throw Error("it is an envelope of ours (oc1.…) that was cut off or altered");
	if (fields.v !== 1) throw Error("it is an envelope of a newer oauth-creds than this one");
	let { v: _v, kind, generation, scopes, other = {}, clientId, plan, stored, ...later } = fields;
	let [access, refresh, predecessor] = [
		fields.access,
		fields.refresh,
		fields.predecessor
	].map(secretOf);
	let { savedAt, location, probe } = stored ?? {};
	let savedMs = readIso(savedAt);
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
const isText = (value) => typeof value == "string";
function parse(json) {
	try {
		let value = JSON.parse(json);
		return typeof value == "object" && value ? value : void 0;
	} catch {
		return;
	}
}
const readIso = (value) => isText(value) ? possibleTime(Date.parse(value)) : void 0;
function isLocation(value) {
	let { kind, name, repository } = value ?? {};
	return kind === "repository" && typeof name == "string" && typeof repository == "string";
}
function isSealedBody(value) {
	let { encrypted_value, key_id } = value ?? {};
	return typeof encrypted_value == "string" && typeof key_id == "string";
}
const KNOWN = [
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
		"This release knows the logins of Claude only."
	],
	[
		/^\*+$/,
		"it is a row of asterisks",
		"It was copied from a log, where GitHub had masked it: copy the value itself."
	],
	[
		/^\$\{\{|^\$[A-Z_{(]/,
		"it is an expression that was not evaluated",
		"In a workflow write `credential: ${{ secrets.NAME }}`, without quotes of a shell."
	],
	[
		/^(undefined|null|None|\[object Object\]|true|false)$/,
		"it is the word that a program writes for “nothing”",
		"Whatever stored this secret had no value at hand."
	],
	[
		/^[\w-]{20,}#[\w-]{20,}$/,
		"it is the code that a browser shows after signing in, not a token",
		"Paste the code into the program that asked for it (`claude setup-token`), and store what that prints."
	],
	[
		/^https?:\/\//,
		"it is a web address",
		"Open it in the browser to sign in; store what the program prints afterwards."
	],
	[
		/^\{[\s\S]*"(tokens|OPENAI_API_KEY|profiles)"/,
		"it is the file of another program (Codex or OpenClaw, by its look)",
		"This release knows the logins of Claude only."
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
	let notices = [];
	let notice = (text) => void notices.push(text);
	let text = tidy(raw, notice);
	if (isEnvelope(text)) try {
		return {
			...openEnvelope(text.replace(/\s+/g, "")),
			notices
		};
	} catch (error) {
		throw unusable(error.message);
	}
	let credential = text.startsWith("{") ? fromJson(text, now, notice) : fromToken(text, notice);
	if (credential.kind !== "setup-token" || setupTokenExpiresAt === void 0) return {
		credential,
		stored: void 0,
		notices
	};
	return {
		credential: {
			...credential,
			accessExpiresAt: setupTokenExpiresAt
		},
		stored: void 0,
		notices
	};
}
function fromToken(text, notice) {
	let token = text.replace(/\s+/g, "");
	let kind = /^sk-ant-oat\d*-/.test(token) ? "setup-token" : /^sk-ant-ort\d*-/.test(token) ? "login" : void 0;
	if (kind === void 0 || !/^[\w.~+/=-]+$/.test(token)) throw notOurs(text);
	token !== text && notice("The token had line breaks or spaces inside; they were removed.");
	token.length < 60 && notice(`The token has only ${token.length} characters. If the provider refuses it, it was cut off when it was copied.`);
	return kind === "login" ? {
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
	let json;
	try {
		json = JSON.parse(text);
	} catch {
		throw unusable("it begins like JSON but is not valid JSON: it was cut off, or a shell removed its quotes");
	}
	let whole = json;
	let wrapped = whole.claudeAiOauth;
	let oauth = typeof wrapped == "object" && wrapped ? wrapped : whole;
	if (oauth.accessToken === "" && oauth.refreshToken === "") throw unusable("it is the file that Claude Code leaves behind when a login has ended: its tokens are empty");
	let credential = readClaudeOauth(oauth, now, notice);
	if (!credential) throw notOurs(text);
	for (let token of [credential.access, credential.refresh]) if (token && /\s/.test(token.reveal())) throw unusable("a token inside it contains a line break or a space");
	return credential;
}
function tidy(raw, notice) {
	let text = raw;
	for (let round = 0; round < 6; round++) {
		let before = text;
		text = text.replace(/^\uFEFF/, "").trim();
		let quoted = /^(["'`])([\s\S]*)\1$/.exec(text);
		if (quoted?.[2] !== void 0) {
			notice("The value stood in quotes; they were removed.");
			text = quoted[2];
		}
		let named = /^(?:export\s+|set\s+)?[A-Za-z_][A-Za-z0-9_]*=(?=["'`{]|sk-ant-|oc1\.|eyJ)/.exec(text);
		if (named) {
			notice("The value began with NAME=; that was removed.");
			text = text.slice(named[0].length);
		}
		if (/^Bearer\s/i.test(text)) {
			notice("The value began with “Bearer”; that was removed.");
			text = text.slice(7);
		}
		text = fromBase64(text, notice) ?? text;
		if (text === before) break;
	}
	return text;
}
function fromBase64(text, notice) {
	if (!/^[A-Za-z0-9+/_-][A-Za-z0-9+/_\s-]{20,}=*\s*$/.test(text)) return;
	let decoded = Buffer.from(text, "base64").toString("utf8").replace(/^\uFEFF/, "").trim();
	if (!decoded.startsWith("{") || !decoded.endsWith("}")) return;
	notice("The value was base64 of a JSON file; it was decoded.");
	return decoded;
}
function notOurs(text) {
	let stranger = sayWhatItIs(text);
	if (stranger.apiKey) return new Failure("credential-is-api-key", `The credential is ${stranger.seen}.`, stranger.advice ?? "");
	return unusable(stranger.seen, stranger.advice);
}
function unusable(seen, advice) {
	return new Failure("credential-unusable", `The credential cannot be used: ${seen}.`, advice ?? "Store it again, whole and on one line: the output of `claude setup-token`, or the content of `.credentials.json` of a login of its own for CI (`gh secret set NAME < file` adds nothing to it).");
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
	];
	let bytes = Buffer.from(value);
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
function maskInputs({ env, runner }) {
	let parts = (env.INPUT_CREDENTIAL ?? "").split(/[\s"'`,:;{}[\]()=\\]+/);
	let masked = new Set(parts.filter((word) => word.length >= 16 && /\d/.test(word)));
	masked.add((env["INPUT_SECRETS-TOKEN"] ?? "").trim());
	maskAll(runner, masked);
	return masked;
}
function recognise(world, inputs, masked) {
	let detected = detect(inputs.credential?.reveal() ?? "", inputs.credentialExpiresAt, world.now());
	let tokens = tokensOf(detected.credential).map((token) => token?.reveal() ?? "");
	maskAll(world.runner, new Set(tokens.filter((token) => !masked.has(token))));
	return detected;
}
const maskAll = (runner, values) => maskSecrets(runner, [...values].map(secretOf));
const { dirname: dirname$1, isAbsolute, join: join$2, relative, resolve, sep } = process.getBuiltinModule("node:path");
const { homedir } = process.getBuiltinModule("node:os");
function claudeFile(world, inputs) {
	let { env } = world;
	let home = inputs.home ?? (env.HOME || homedir());
	let secure = env.CLAUDE_SECURESTORAGE_CONFIG_DIR;
	let folder = inputs.home === void 0 ? secure === void 0 ? env.CLAUDE_CONFIG_DIR : secure : void 0;
	return join$2(resolve((folder || join$2(home, ".claude")).normalize("NFC")), ".credentials.json");
}
function refuseUnsafe(world, path) {
	let folder = dirname$1(path);
	for (let place of [path, folder]) if (world.files.isSymlink(place)) throw new Failure("unsafe-path", `${place} is a symbolic link: a token written through it would land somewhere else.`, "Remove the link, or name the real folder in CLAUDE_CONFIG_DIR or in the input `home`.");
	let workspace = world.env.GITHUB_WORKSPACE;
	if (!workspace || !world.files.exists(workspace)) return;
	let existing = folder;
	for (; !world.files.exists(existing);) existing = dirname$1(existing);
	let inside = relative(world.files.realPath(workspace), resolve(world.files.realPath(existing), relative(existing, folder)));
	if (!isAbsolute(inside) && inside.split(sep)[0] !== "..") throw new Failure("unsafe-path", `${path} lies in the workspace, where a later step could publish it (artifacts, images, commits).`, "Set `home` (or CLAUDE_CONFIG_DIR) to a folder outside the workspace.");
}
function renderClaude(present, credential, full) {
	return JSON.stringify({
		...parseClaude(present),
		claudeAiOauth: writeClaudeOauth(credential, full)
	});
}
function parseClaude(text) {
	try {
		let value = JSON.parse(text ?? "{}");
		return typeof value == "object" && value && !Array.isArray(value) ? value : {};
	} catch {
		return {};
	}
}
function claudeSection(text) {
	let section = parseClaude(text).claudeAiOauth;
	return typeof section == "object" && section ? section : void 0;
}
const { join: join$1 } = process.getBuiltinModule("node:path");
const { tmpdir } = process.getBuiltinModule("node:os");
function openCapsule(world, key, kind) {
	let name = `oauth-creds-${kind}-${Buffer.from(world.random(8)).toString("hex")}`;
	let path = join$1(world.env.RUNNER_TEMP || tmpdir(), name);
	let file = world.files.openNew(path);
	return {
		path,
		save: (text) => file.commit(sealText(world, key, text)),
		discard: () => file.discard()
	};
}
function readCapsule(world, key, path) {
	let sealed = world.files.read(path);
	if (sealed === void 0) return;
	try {
		return openText(key, sealed);
	} catch {
		return;
	}
}
const VERSION = "oauth-creds capsule v1";
function sealText(world, key, text) {
	let { createCipheriv } = process.getBuiltinModule("node:crypto");
	let salt = world.random(16);
	let iv = world.random(12);
	let cipher = createCipheriv("aes-256-gcm", deriveKey(key, salt), iv).setAAD(Buffer.from(VERSION));
	let body = Buffer.concat([cipher.update(text, "utf8"), cipher.final()]);
	return Buffer.concat([
		salt,
		iv,
		cipher.getAuthTag(),
		body
	]).toString("base64");
}
function openText(key, sealed) {
	let { createDecipheriv } = process.getBuiltinModule("node:crypto");
	let bytes = Buffer.from(sealed, "base64");
	let [salt, iv, tag, body] = [
		bytes.subarray(0, 16),
		bytes.subarray(16, 28),
		bytes.subarray(28, 44),
		bytes.subarray(44)
	];
	let decipher = createDecipheriv("aes-256-gcm", deriveKey(key, salt), iv, { authTagLength: 16 }).setAAD(Buffer.from(VERSION)).setAuthTag(tag);
	return Buffer.concat([decipher.update(body), decipher.final()]).toString("utf8");
}
function deriveKey(key, salt) {
	let { hkdfSync } = process.getBuiltinModule("node:crypto");
	return Buffer.from(hkdfSync("sha256", key.reveal(), salt, VERSION, 32));
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
const fs$1 = process.getBuiltinModule("node:fs");
function githubRunner(env) {
	let annotate = (level, message, title = "oauth-creds") => print(`::${level} title=${escapeProperty(title)}::${escapeData(message)}\n`);
	let keep = (file, values) => {
		let lines = Object.entries(values).map(([name, value]) => {
			if (/[\r\n]/.test(name + value)) throw Error(`a line break in ${name}`);
			return `${name}=${value}\n`;
		});
		let path = env[file];
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
			path && fs$1.appendFileSync(path, markdown);
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
		if (code === "EPIPE") return;
		if (code !== "EAGAIN") throw error;
		Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2);
	}
}
const fs = process.getBuiltinModule("node:fs");
const { dirname, basename, join } = process.getBuiltinModule("node:path");
const isMissing = (error) => error.code === "ENOENT";
let serial = 0;
const files = {
	read(path) {
		try {
			return fs.readFileSync(path, "utf8");
		} catch (error) {
			if (isMissing(error)) return;
			throw error;
		}
	},
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
	let fd = fs.openSync(temp, "wx", 384);
	let close = () => {
		fd !== void 0 && fs.closeSync(fd);
		fd = void 0;
	};
	return {
		temp,
		commit(text) {
			if (fd === void 0) throw Error("this file was committed or discarded before");
			fs.writeFileSync(fd, text);
			fs.fsyncSync(fd);
			close();
			temp !== path && fs.renameSync(temp, path);
			flushFolder(dirname(path));
		},
		discard() {
			if (fd === void 0) return;
			close();
			files.remove(temp);
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
function nodeWorld() {
	let { env } = process;
	let http;
	return {
		env,
		platform: process.platform,
		now: () => Date.now(),
		sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
		random: (bytes) => process.getBuiltinModule("node:crypto").randomBytes(bytes),
		http: async (request) => {
			http ??= (await import("./http.mjs")).nodeHttp(env);
			return http(request);
		},
		files,
		runner: githubRunner(env),
		holdSignals
	};
}
function holdSignals() {
	let signalledAt;
	let hear = () => {
		signalledAt ??= Date.now();
	};
	process.on("SIGINT", hear).on("SIGTERM", hear);
	return {
		signalledAt: () => signalledAt,
		release: () => void process.off("SIGINT", hear).off("SIGTERM", hear)
	};
}
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
export { sayTime as A, Failure as C, isoTime as D, MINUTE_MS as E, sayKind as M, tokensOf as N, possibleTime as O, secretOf as P, storedLocation as S, HOUR_MS as T, sealEnvelope as _, saveManifest as a, readInputs as b, claudeFile as c, refuseUnsafe as d, renderClaude as f, openEnvelope as g, maskSecrets as h, removeFolders as i, livesFor as j, sayDuration as k, claudeSection as l, recognise as m, nodeWorld as n, openCapsule as o, maskInputs as p, loadManifest as r, readCapsule as s, HttpFailure as t, parseClaude as u, readClaudeOauth as v, asFailure as w, sameLocation as x, readScopes as y };

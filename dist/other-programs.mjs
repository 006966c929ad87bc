import { At as secretOf, Ct as Failure, Mt as MINUTE_MS, Nt as isoTime, Pt as possibleTime, bt as readScopes, kt as Secret, vt as parseObject, wt as EMPTY } from "./common.mjs";
import { t as readJwt } from "./jwt.mjs";
import { c as unusable, t as JOINED } from "./strangers2.mjs";
const NEVER = 0xe677d21fd818;
function keyedLogins({ keys, keyType, early }) {
	let providers = Object.keys(keys), get = (doc, { provider }) => {
		let key = keys[provider], entry = key === void 0 ? void 0 : doc[key];
		return typeof entry == "object" && entry ? entry : void 0;
	}, read = (entry, { provider }, now) => readEntry(entry, provider, keyType, early[provider] ?? 0, now);
	return {
		providers,
		full: !0,
		parse: (text) => parseObject(text.replace(/^\uFEFF/, "")),
		print: (doc) => JSON.stringify(doc, null, 2),
		slots: (doc) => providers.map((provider) => ({
			provider,
			account: "default"
		})).filter((slot) => {
			let entry = get(doc, slot);
			return entry !== void 0 && read(entry, slot, 0) !== void 0;
		}),
		get,
		set(doc, { provider }, section) {
			let key = keys[provider];
			if (key === void 0) return doc;
			if (section) return {
				...doc,
				[key]: section
			};
			let { [key]: _ours, ...others } = doc;
			return others;
		},
		read
	};
}
function oauthEntry(credential, full, earlyMs) {
	let { access, refresh, accessExpiresAt = 0, accountId } = credential, token = access?.reveal() ?? "", account = accountId ?? readJwt(token)?.accountId;
	return {
		type: "oauth",
		access: token,
		refresh: full && refresh ? refresh.reveal() : "",
		expires: full && refresh ? Math.max(0, Math.floor(accessExpiresAt - earlyMs)) : NEVER,
		...account !== void 0 && { accountId: account }
	};
}
function readEntry(entry, provider, keyType, earlyMs, now) {
	let { type, key, expires } = entry, isKey = type === keyType;
	if (!(isKey || type === "oauth") || entry.clientId !== void 0) return;
	let access = secretOf(isKey ? key : entry.access), refresh = isKey ? void 0 : secretOf(entry.refresh), token = access?.reveal() ?? "", jwt = readJwt(token), isToken = provider === "anthropic" ? /^sk-ant-oat\d*-/.test(token) : jwt?.accountId !== void 0;
	if (isKey ? !isToken : !access && !refresh) return;
	let noted = typeof expires == "number" && expires < NEVER ? possibleTime(expires) : void 0, end = jwt?.expiresAt ?? (noted === void 0 ? void 0 : noted + (isKey ? 0 : earlyMs)), setup = provider === "anthropic" && !refresh && (end === void 0 || end - now > 5184e6), { accountId } = entry;
	return {
		...EMPTY,
		kind: refresh ? "login" : setup ? "setup-token" : "access",
		provider,
		access,
		refresh,
		accessExpiresAt: end,
		scopes: setup ? ["user:inference"] : void 0,
		plan: jwt?.plan,
		accountId: typeof accountId == "string" && accountId !== "" ? accountId : jwt?.accountId
	};
}
const nameOf = (profile) => isRecord(profile) && typeof profile.provider == "string" ? profile.provider.trim().toLowerCase() : "";
function withoutProfile(doc, id, whole) {
	let next = { ...doc }, keep = (key, kept) => {
		let old = doc[key];
		if (!isRecord(old)) return;
		let changed = Object.entries(old).flatMap(kept);
		changed.length > 0 || key === "profiles" || Object.keys(old).length === 0 ? next[key] = Object.fromEntries(changed) : delete next[key];
	};
	return keep("usageStats", (entry) => entry[0] === id ? [] : [entry]), whole && (keep("profiles", (entry) => entry[0] === id ? [] : [entry]), keep("lastGood", (entry) => entry[1] === id ? [] : [entry]), keep("order", ([provider, list]) => {
		if (!Array.isArray(list) || !list.includes(id)) return [[provider, list]];
		let rest = list.filter((other) => other !== id);
		return rest.length > 0 ? [[provider, rest]] : [];
	})), next;
}
function orderWith(doc, id, profile, alone) {
	let provider = nameOf(profile), order = recordOf(doc.order), [key = provider, list] = listOf(order, provider) ?? [];
	if (list) return list.includes(id) ? order : {
		...order,
		[key]: [id, ...list]
	};
	let others = Object.entries(recordOf(doc.profiles)).some(([other, neighbour]) => other !== id && nameOf(neighbour) === provider);
	return alone || others ? {
		...order,
		[key]: [id]
	} : doc.order;
}
function orderAgain(doc, id, before) {
	let [present, old] = [recordOf(doc.order), recordOf(before)], others = (list) => JSON.stringify(Array.isArray(list) ? list.filter((other) => other !== id) : []), lists = [...new Set([...Object.keys(present), ...Object.keys(old)])].flatMap((key) => {
		let list = others(present[key]) === others(old[key]) ? old[key] : present[key];
		return list === void 0 ? [] : [[key, list]];
	});
	return lists.length > 0 ? Object.fromEntries(lists) : before ?? void 0;
}
function listOf(order, provider) {
	let found = Object.entries(recordOf(order)).find(([key]) => key.trim().toLowerCase() === provider);
	return found && Array.isArray(found[1]) && found[1].length > 0 ? [found[0], found[1]] : void 0;
}
function isRecord(value) {
	return typeof value == "object" && !!value && !Array.isArray(value);
}
const recordOf = (value) => isRecord(value) ? value : {};
function shadowsOf(title, doc, settings, ids) {
	let profiles = recordOf(doc.profiles), auth = recordOf(settings.auth), configured = recordOf(auth.profiles);
	return ids.flatMap((id) => {
		let profile = profiles[id];
		if (!isRecord(profile)) return [];
		let provider = nameOf(profile), named = Object.keys(configured).filter((other) => nameOf(configured[other]) === provider), list = (listOf(doc.order, provider) ?? listOf(auth.order, provider))?.[1] ?? named, found = [], first = list.find((other) => typeof other == "string" && Object.hasOwn(profiles, other));
		list.length > 0 && !list.includes(id) ? found.push(`${title} does not use its profile ${id}: its settings (\`auth.order\`, \`auth.profiles\`) name others. Add it there.`) : first !== void 0 && first !== id && found.push(`${title} prefers its profile ${String(first)} to ${id}: change the list \`order\` of ${provider}.`);
		let entry = configured[id];
		return isRecord(entry) && !isFor(entry, profile) && found.push(`${title} does not use its profile ${id}: its settings say that it is another kind of login. Remove \`auth.profiles.${id}\` from them, or name another \`account\`.`), found;
	});
}
const isFor = (entry, { type, provider }) => nameOf(entry) === nameOf({ provider }) && (entry.mode === type || entry.mode === "oauth" && type === "token"), { resolve: resolve$4 } = process.getBuiltinModule("node:path"), PROVIDERS = new Map([
	["anthropic", "anthropic"],
	["claude-cli", "anthropic"],
	["openai-codex", "openai"],
	["openai", "openai"],
	["codex", "openai"],
	["codex-cli", "openai"]
]), PREFIXES = {
	anthropic: ["anthropic"],
	openai: ["openai-codex", "openai"],
	custom: ["custom"]
}, LAYOUT$1 = {
	keys: {
		anthropic: "anthropic",
		openai: "openai-codex"
	},
	keyType: "api_key",
	early: { anthropic: 5 * MINUTE_MS }
}, entries = keyedLogins(LAYOUT$1);
function authProfiles(program) {
	return {
		name: program.name,
		providers: ["anthropic", "openai"],
		full: !0,
		path: program.path,
		parse: parseObject,
		print: (doc) => `${JSON.stringify(doc, null, 2)}\n`,
		slots: (doc) => Object.entries(recordOf(doc.profiles)).flatMap(([id, profile]) => {
			let provider = providerOf(profile);
			if (!provider || !isLogin(profile, provider)) return [];
			let account = id.slice(id.indexOf(":") + 1);
			return [{
				provider,
				account: idOf(doc, {
					provider,
					account
				}) === id ? account : id
			}];
		}),
		get(doc, slot) {
			let profile = recordOf(doc.profiles)[idOf(doc, slot)];
			return isRecord(profile) ? {
				profile,
				order: isRecord(doc.order) ? doc.order : null
			} : void 0;
		},
		set(doc, slot, section) {
			let id = idOf(doc, slot), others = withoutProfile({
				version: 1,
				...doc,
				profiles: recordOf(doc.profiles)
			}, id, !section);
			if (!section) return others;
			let { profile, order: before } = section, next = {
				...others,
				profiles: {
					...recordOf(doc.profiles),
					[id]: profile
				}
			}, order = before === void 0 ? orderWith(next, id, profile, program.alone(slot.provider, id)) : orderAgain(next, id, before), { order: _present, ...rest } = next;
			return order ? {
				...rest,
				order
			} : rest;
		},
		write(credential, { full }) {
			let provider = credential.provider === "openai" ? program.chatgpt : "anthropic";
			return { profile: full && credential.refresh !== void 0 ? {
				...oauthEntry(credential, !0, LAYOUT$1.early[credential.provider] ?? 0),
				provider
			} : bareToken$1(credential, provider) };
		},
		read: ({ profile }, slot, now) => isRecord(profile) ? readProfile(profile, slot, now) : void 0,
		locks: (path) => [{
			path: `${path}.lock`,
			staleMs: 3e4,
			...program.lock && { kind: program.lock }
		}],
		shadows(where, read, path, slot) {
			let doc = parseObject(read(path) ?? "") ?? {}, profiles = recordOf(doc.profiles), ids = slot ? [idOf(doc, slot)] : Object.keys(profiles).filter((id) => providerOf(profiles[id])), found = shadowsOf(program.title, doc, parseObject(read(program.config(where)) ?? "") ?? {}, ids), elsewhere = program.path(where);
			return elsewhere === path ? found : [`${program.title} looks for its logins in ${elsewhere}, as a variable of this job says, and not in ${path}. Remove the variable, or leave \`home\` out.`];
		}
	};
}
function bareToken$1({ access, accountId }, provider) {
	let token = access?.reveal() ?? "";
	return {
		type: "token",
		provider,
		token,
		...accountId !== void 0 && readJwt(token)?.accountId === void 0 && { accountId }
	};
}
function readProfile(profile, slot, now) {
	let { token, ...others } = profile, bare = slot.provider === "openai" && typeof token == "string" && readJwt(token) ? {
		type: "oauth",
		access: token
	} : {
		type: LAYOUT$1.keyType,
		key: token
	}, entry = profile.type === "token" ? {
		...others,
		...bare
	} : profile, credential = entries.read(entry, slot, now);
	return credential && {
		...credential,
		idToken: secretOf(profile.idToken)
	};
}
function idOf(doc, { provider, account }) {
	let profiles = recordOf(doc.profiles), [own, ...others] = [...PREFIXES[provider].map((prefix) => `${prefix}:${account}`), account];
	return Object.hasOwn(profiles, own) ? own : others.find((id) => Object.hasOwn(profiles, id) && isLogin(profiles[id], provider)) ?? own;
}
function isLogin(profile, provider) {
	return providerOf(profile) === provider && readProfile(profile, {
		provider,
		account: ""
	}, 0) !== void 0;
}
const providerOf = (profile) => PROVIDERS.get(nameOf(profile));
function folderOf(value, home) {
	let text = value?.trim();
	return text ? resolve$4(text.replace(/^~(?=$|[\\/])/, () => home)) : void 0;
}
const { dirname: dirname$2, join: join$5 } = process.getBuiltinModule("node:path"), NAME = "auth-profiles.json", stateFolder = ({ env, home }) => folderOf(env.CLAWDBOT_STATE_DIR, home) ?? join$5(home, ".clawdbot"), ownFolder = (where) => join$5(stateFolder(where), "agents", "main", "agent"), profiles = authProfiles({
	name: "clawdbot",
	title: "Clawdbot",
	chatgpt: "openai-codex",
	alone: () => !0,
	path(where) {
		let { env, home } = where, folder = folderOf(env.CLAWDBOT_AGENT_DIR, home) ?? folderOf(env.PI_CODING_AGENT_DIR, home);
		return join$5(folder ?? ownFolder(where), NAME);
	},
	config: (where) => folderOf(where.env.CLAWDBOT_CONFIG_PATH, where.home) ?? join$5(stateFolder(where), "clawdbot.json")
}), shadows$2 = (where, read, path, slot) => {
	let found = profiles.shadows(where, read, path, slot), own = ownFolder(where), text = dirname$2(path) === own ? void 0 : read(join$5(own, NAME));
	return text !== void 0 && profiles.slots(profiles.parse(text) ?? {}).length > 0 && found.push(`Clawdbot also reads ${join$5(own, NAME)} and prefers its profiles. Remove it, or the variable that names another folder.`), found;
}, clawdbot = {
	...profiles,
	shadows: shadows$2
}, { dirname: dirname$1, join: join$4, resolve: resolve$3 } = process.getBuiltinModule("node:path"), SLOT = {
	provider: "openai",
	account: "default"
}, OWN = [
	"auth_mode",
	"OPENAI_API_KEY",
	"tokens",
	"last_refresh"
], codex = {
	name: "codex",
	providers: ["openai"],
	full: !0,
	path: ({ env, home }) => join$4(resolve$3(env.CODEX_HOME || join$4(home, ".codex")), "auth.json"),
	parse: parseObject,
	print: (doc) => JSON.stringify(doc, null, 2),
	slots: (doc) => tokensOf(doc) ? [SLOT] : [],
	get: (doc) => OWN.some((key) => key in doc) ? pick(doc, !0) : void 0,
	set: (doc, _slot, section = {}) => ({
		...section,
		...pick(doc, !1)
	}),
	write,
	read,
	shadows: shadows$1
};
function isCodexs(doc) {
	let { id_token, access_token } = tokensOf(doc) ?? {};
	return [
		"auth_mode",
		"OPENAI_API_KEY",
		"last_refresh"
	].some((key) => key in doc) || [id_token, access_token].some((token) => claimsOf(secretOf(token))?.accountId !== void 0);
}
function pick(doc, own) {
	return Object.fromEntries(Object.entries(doc).filter(([key]) => OWN.includes(key) === own));
}
function tokensOf(section) {
	let { tokens } = section;
	return typeof tokens == "object" && tokens ? tokens : void 0;
}
function write(credential, { full, now }) {
	let { access, idToken, accountId } = credential, refresh = full ? credential.refresh : void 0;
	return {
		auth_mode: refresh ? "chatgpt" : "chatgptAuthTokens",
		OPENAI_API_KEY: null,
		tokens: {
			id_token: [idToken, access].find(isReadable$1)?.reveal() ?? NO_CLAIMS,
			access_token: access?.reveal() ?? "",
			refresh_token: refresh?.reveal() ?? "",
			account_id: accountId ?? claimsOf(access)?.accountId ?? claimsOf(idToken)?.accountId ?? null
		},
		last_refresh: isoTime(now)
	};
}
const NO_CLAIMS = "e30.e30.e30", claimsOf = (token) => readJwt(token?.reveal() ?? ""), isReadable$1 = (token) => !!claimsOf(token) && !token?.reveal().endsWith(".");
function read(section) {
	let tokens = tokensOf(section) ?? {}, access = secretOf(tokens.access_token), refresh = secretOf(tokens.refresh_token);
	if (!access && !refresh) return;
	let idToken = secretOf(tokens.id_token), account = tokens.account_id, claims = claimsOf(access), stand = idToken?.equals(access) || idToken?.reveal() === NO_CLAIMS;
	return {
		...EMPTY,
		provider: "openai",
		kind: refresh ? "login" : "access",
		access,
		refresh,
		accessExpiresAt: claims?.expiresAt,
		idToken: stand ? void 0 : idToken,
		accountId: typeof account == "string" && account !== "" ? account : claims?.accountId ?? claimsOf(idToken)?.accountId,
		plan: claims?.plan ?? claimsOf(idToken)?.plan
	};
}
function shadows$1({ env }, readFile, path) {
	let found = ["CODEX_API_KEY", "CODEX_ACCESS_TOKEN"].filter((name) => env[name]?.trim()).map((name) => `The variable ${name} is set in this job: Codex uses it instead of this login. Remove it from the job's \`env\`.`), config = join$4(dirname$1(path), "config.toml"), settings = (readFile(config) ?? "").split(/^\s*\[/m)[0] ?? "", setting = (name) => RegExp(`^\\s*${name}\\s*=\\s*["'](\\w+)["']`, "m").exec(settings)?.[1], store = setting("cli_auth_credentials_store");
	return store === "keyring" || store === "ephemeral" ? found.push(`${config} sets \`cli_auth_credentials_store\` to ${store}: Codex does not read this login then. ${TO_FILE}`) : store === "auto" && found.push(`${config} sets \`cli_auth_credentials_store\` to auto: a login in the machine's keyring wins over this one. ${TO_FILE}`), setting("forced_login_method") === "api" && found.push(`${config} sets \`forced_login_method\` to api: Codex deletes this login when it starts. Remove the setting.`), found;
}
const TO_FILE = "Set it to \"file\".", { join: join$3 } = process.getBuiltinModule("node:path");
function openclawFile(chatgpt = "openai", exists = () => !1) {
	let stateFolder = (where) => openclawFolder(where, exists);
	return authProfiles({
		name: "openclaw",
		title: "OpenClaw",
		chatgpt,
		alone: (provider, id) => provider === "openai" && id !== "openai-codex:default",
		lock: "file",
		path: (where) => join$3(stateFolder(where), "agents", "main", "agent", "auth-profiles.json"),
		config: (where) => folderOf(where.env.OPENCLAW_CONFIG_PATH, where.home) ?? join$3(stateFolder(where), "openclaw.json")
	});
}
function openclawFolder({ env, home }, exists) {
	let named = folderOf(env.OPENCLAW_STATE_DIR, home);
	if (named !== void 0) return named;
	let root = folderOf(env.OPENCLAW_HOME, home) ?? home, [own, former] = [join$3(root, ".openclaw"), join$3(root, ".clawdbot")];
	return !exists(own) && exists(former) ? former : own;
}
const { join: join$2, resolve: resolve$2 } = process.getBuiltinModule("node:path"), opencode = {
	...keyedLogins({
		keys: { openai: "openai" },
		keyType: "api",
		early: {}
	}),
	name: "opencode",
	path: ({ env, home }) => join$2(resolve$2(env.XDG_DATA_HOME || join$2(home, ".local", "share")), "opencode", "auth.json"),
	write: (credential, { full }) => oauthEntry(credential, full, 0),
	shadows({ env }, _read, path) {
		let found = [];
		return isJson(env.OPENCODE_AUTH_CONTENT) && found.push(`The variable OPENCODE_AUTH_CONTENT is set in this job: opencode reads it instead of ${path}. Remove it from the job's \`env\`.`), /^(true|yes|on|1|y)$/.test(env.OPENCODE_DISABLE_DEFAULT_PLUGINS ?? "") && found.push("The variable OPENCODE_DISABLE_DEFAULT_PLUGINS is set in this job: opencode then cannot use a ChatGPT login. Remove it from the job's `env`."), found;
	}
};
function isJson(text) {
	try {
		return JSON.parse(text ?? ""), !0;
	} catch {
		return !1;
	}
}
const { dirname, join: join$1, resolve: resolve$1 } = process.getBuiltinModule("node:path"), prefixOf = ({ provider }) => provider === "openai" ? "OPENAI" : "ANTHROPIC", LINES = {
	ANTHROPIC: [
		"ANTHROPIC_REFRESH_TOKEN",
		"ANTHROPIC_ACCESS_EXPIRES",
		"ANTHROPIC_BETA_HEADER",
		"ANTHROPIC_ACCESS_TOKEN"
	],
	OPENAI: [
		"OPENAI_REFRESH_TOKEN",
		"OPENAI_ACCESS_EXPIRES",
		"OPENAI_ACCESS_TOKEN"
	]
}, HEADER = [
	"# Written by oauth-creds: access tokens only.\n",
	"# Keep this file from others.\n",
	"\n"
], LINE = /[^\n\v\f\r\u0085\u2028\u2029]*(?:\r\n|[\n\v\f\r\u0085\u2028\u2029])|[^\n\v\f\r\u0085\u2028\u2029]+/g, peekaboo = {
	name: "peekaboo",
	providers: ["anthropic", "openai"],
	full: !1,
	path({ env, home }) {
		let given = env.PEEKABOO_CONFIG_DIR ?? "", folder = given.trim() === "" ? join$1(home, ".peekaboo") : given.replace(/^~(?=\/|$)/, () => home);
		return join$1(resolve$1(folder), "credentials");
	},
	parse: (text) => ({ lines: text.match(LINE) ?? [] }),
	print: (doc) => linesOf(doc).join(""),
	slots: (doc) => ["anthropic", "openai"].map((provider) => ({
		provider,
		account: "default"
	})).filter((slot) => {
		let section = getSection(doc, slot);
		return section !== void 0 && (part(section, slot, "ACCESS_TOKEN") || part(section, slot, "REFRESH_TOKEN"));
	}),
	get: getSection,
	set(doc, slot, section) {
		let names = LINES[prefixOf(slot)], all = linesOf(doc), kept = all.filter((line) => !names.includes(entryOf(line)?.key ?? "")), last = kept.at(-1);
		if (last !== void 0 && !/[\n\v\f\r\u0085\u2028\u2029]$/.test(last) && kept.splice(-1, 1, `${last}\n`), !section) return { lines: kept };
		let ours = names.filter((name) => section[name] !== void 0).map((name) => printLine(name, section[name]));
		return { lines: [...all.length > 0 ? kept : HEADER, ...ours] };
	},
	write(credential) {
		let prefix = prefixOf(credential), { accessExpiresAt: end } = credential;
		return {
			...end !== void 0 && { [`${prefix}_ACCESS_EXPIRES`]: String(Math.floor(end / 1e3)) },
			...prefix === "ANTHROPIC" && { ANTHROPIC_BETA_HEADER: "oauth-2025-04-20,claude-code-20250219,interleaved-thinking-2025-05-14,fine-grained-tool-streaming-2025-05-14" },
			[`${prefix}_ACCESS_TOKEN`]: credential.access?.reveal() ?? ""
		};
	},
	read: readSection,
	shadows
}, linesOf = (doc) => doc.lines ?? [];
function entryOf(line) {
	let [, key, value] = /^[=\s\u0085\u200b]*([^=]+)=(.*)$/s.exec(trim(line)) ?? [];
	return key === void 0 || value === void 0 ? void 0 : {
		key: trim(key),
		value: trim(value)
	};
}
const trim = (text) => text.replace(/^[\s\u0085\u200b]+|[\s\u0085\u200b]+$/g, "");
function getSection(doc, slot) {
	let section = {};
	for (let line of linesOf(doc)) {
		let { key = "", value = "" } = entryOf(line) ?? {};
		value !== "" && LINES[prefixOf(slot)].includes(key) && (section[key] = value);
	}
	return Object.keys(section).length > 0 ? section : void 0;
}
function part(section, slot, name) {
	let value = section[`${prefixOf(slot)}_${name}`];
	return typeof value == "string" ? value : "";
}
function printLine(name, value) {
	if (typeof value != "string" || trim(value) !== value || !/^[^\0\n\v\f\r\u0085\u2028\u2029]+$/.test(value)) throw new Failure("credential-unusable", `The value for ${name} is empty, or has a line break or a space at an end: it would be damaged in Peekaboo's file.`, "Store the credential again, whole and on one line.");
	return `${name}=${value}\n`;
}
function readSection(section, slot, _now, notice = () => {}) {
	let access = secretOf(part(section, slot, "ACCESS_TOKEN")), refresh = secretOf(part(section, slot, "REFRESH_TOKEN"));
	if (!access && !refresh) return;
	let claims = slot.provider === "openai" && access ? readJwt(access.reveal()) : void 0;
	return {
		...EMPTY,
		provider: slot.provider,
		kind: refresh ? "login" : "access",
		access,
		refresh,
		accessExpiresAt: readEnd$1(part(section, slot, "ACCESS_EXPIRES"), notice) ?? claims?.expiresAt,
		accountId: claims?.accountId,
		plan: claims?.plan
	};
}
function readEnd$1(text, notice) {
	let number = /^\d+(\.\d+)?$/.test(text) ? Number(text) : 0;
	return number < 1e11 ? possibleTime(Math.floor(number * 1e3)) : (notice("The credential gives a time in milliseconds where Peekaboo uses seconds; it was read as milliseconds."), possibleTime(number));
}
function shadows({ env }, read, path) {
	let text = read(path) ?? "", doc = peekaboo.parse(text), config = join$1(dirname(path), "config.json"), settings = read(config) ?? "", found = [], say = (what, remove) => void found.push(`${what}: Peekaboo uses it instead of this login. ${remove}`);
	for (let slot of peekaboo.slots(doc)) {
		let key = `${prefixOf(slot)}_API_KEY`;
		env[key] && say(`The variable ${key} is set in this job`, "Remove it from the job's `env`."), linesOf(doc).some((line) => entryOf(line)?.key.toUpperCase() === key) && say(`${path} has a line ${key}`, "Remove the line.");
		let setting = slot.provider === "openai" ? "openaiApiKey" : "anthropicApiKey";
		RegExp(`^(?!\\s*//).*"${setting}"\\s*:\\s*"[^"]`, "m").test(settings) && say(`${config} sets \`${setting}\``, "Remove the setting.");
		let session = ["OPENAI_ACCESS_TOKEN", "OPENAI_REFRESH_TOKEN"].find((name) => env[name]);
		slot.provider === "openai" && session && say(`The variable ${session} is set in this job`, "Remove it from the job's `env`.");
	}
	let broken = linesOf(doc).findIndex((line) => !isReadable(line));
	return broken >= 0 && found.push(`Line ${broken + 1} of ${path} is not KEY=VALUE: present releases of Peekaboo read nothing of such a file. Correct or remove the line.`), found;
}
function isReadable(line) {
	let text = trim(line);
	return (text === "" || text.startsWith("#") || text.indexOf("=") > 0) && !line.includes("\0");
}
const { join, resolve } = process.getBuiltinModule("node:path"), LAYOUT = {
	keys: {
		anthropic: "anthropic",
		openai: "openai-codex"
	},
	keyType: "api_key",
	early: { anthropic: 5 * MINUTE_MS }
}, pi = {
	...keyedLogins(LAYOUT),
	name: "pi",
	path({ env, home }) {
		let folder = env.PI_CODING_AGENT_DIR || join(home, ".pi", "agent");
		return join(resolve(folder.replace(/^~(?=$|\/)/, () => home)), "auth.json");
	},
	write(credential, { full }) {
		let { provider, refresh } = credential;
		return provider === "anthropic" && !(full && refresh) ? bareToken(credential) : oauthEntry(credential, full, LAYOUT.early[provider] ?? 0);
	},
	locks: (path) => [{
		path: `${path}.lock`,
		staleMs: 3e4
	}]
};
function bareToken({ access, accessExpiresAt }) {
	let key = access?.reveal() ?? "";
	if (!/^sk-ant-oat\d*-[\w.~+/=-]+$/.test(key)) throw new Failure("credential-unusable", "The access token does not look like one of Anthropic's, so it was not written into pi's file: pi would take it for an API key, a command or a variable.", "Store the credential again, whole, or remove `pi` from `targets`.");
	return {
		type: "api_key",
		key,
		...accessExpiresAt !== void 0 && { expires: accessExpiresAt }
	};
}
const OTHERS = {
	codex,
	peekaboo,
	clawdbot,
	openclaw: openclawFile(),
	pi,
	opencode
};
function readTokenAnswer(fields, now) {
	let access = secretOf(fields.access_token ?? fields.token), refresh = secretOf(fields.refresh_token);
	if (!access && !refresh) return;
	let clientId = fields.client_id;
	return {
		...EMPTY,
		provider: "custom",
		kind: refresh ? "login" : "access",
		access,
		refresh,
		accessExpiresAt: readEnd(fields) ?? (refresh && access ? now : void 0),
		scopes: readScopes(fields.scope ?? fields.scopes),
		clientId: typeof clientId == "string" ? clientId : void 0
	};
}
function readEnd({ expires_at, expiry, expiry_date }) {
	for (let value of [
		expires_at,
		expiry,
		expiry_date
	]) {
		let isText = typeof value == "string";
		if (!isText && typeof value != "number") continue;
		let time = isText && !/^\d+$/.test(value) ? Date.parse(value) : Number(value), end = possibleTime(time > 1e11 ? time : time * 1e3);
		if (end !== void 0) return end;
	}
}
async function readOther(text, expected, now, notice) {
	return text.startsWith("ocs1.") && expected.ledgerKey ? (await import("./hand-over.mjs")).readHandOver(text, expected.ledgerKey) : expected.provider === "custom" ? readCustom(text, now) : readFile(text, expected, now, notice) ?? readToken(text.replace(/\s+/g, ""), text, expected, notice);
}
function readFile(text, { provider, account }, now, notice) {
	let all = new Map();
	for (let target of Object.values(OTHERS)) if (target !== OTHERS.codex || provider === "openai" || isCodexs(parseObject(text) ?? {})) for (let found of loginsIn(target, text, now, notice)) {
		let name = `${found.slot.provider}:${found.slot.account}`;
		all.has(name) || all.set(name, found);
	}
	let wanted = [...all.values()].filter(({ slot }) => provider === "auto" || slot.provider === provider), found = wanted.length > 1 ? wanted.filter(({ slot }) => slot.account === account) : wanted;
	if (found.length === 1) return found[0]?.credential;
	if (wanted.length === 0) return [...all.values()][0]?.credential;
	let names = [...all.values()].map(({ slot }) => `${slot.provider}:${/^[\w.-]+$/.test(slot.account) ? slot.account : "…"}`);
	throw unusable(`it holds several logins (${names.join(", ")})`, "Say which one by `provider` and `account`, or store one of them alone.");
}
function loginsIn(target, text, now, notice) {
	let doc = target.parse(text);
	return doc ? target.slots(doc).flatMap((slot) => {
		let section = target.get(doc, slot), credential = section && target.read(section, slot, now, notice);
		return credential ? [{
			slot,
			credential
		}] : [];
	}) : [];
}
function readToken(token, text, expected, notice) {
	let provider = "openai", kind = /^rt_[\w.~+/=-]+$/.test(token) ? "refresh" : isAccess(token) ? "access" : void 0, atWord = expected.provider === provider && /^[\w.~+/=-]{40,}$/.test(token) && !/^(sk-|at-|gh[opsu]_|eyJ)/.test(token);
	if (kind === void 0 && !atWord) return;
	if (token !== text && notice(JOINED), kind !== "access") return {
		...EMPTY,
		kind: "login",
		provider,
		refresh: new Secret(token)
	};
	let { expiresAt, accountId, plan } = readJwt(token) ?? {};
	return {
		...EMPTY,
		kind,
		provider,
		access: new Secret(token),
		accessExpiresAt: expiresAt,
		accountId,
		plan
	};
}
const isAccess = (token) => readJwt(token)?.accountId !== void 0;
function readCustom(text, now) {
	if (text.startsWith("{")) return readTokenAnswer(parseObject(text) ?? {}, now);
	if (!(text === "" || /\s/.test(text) || /^(\$|https?:|\*+$|(undefined|null|None|true|false)$)/.test(text))) return {
		...EMPTY,
		kind: "login",
		provider: "custom",
		refresh: new Secret(text)
	};
}
export { codex as a, withoutProfile as c, openclawFolder as i, OTHERS as n, clawdbot as o, openclawFile as r, folderOf as s, readOther as t };

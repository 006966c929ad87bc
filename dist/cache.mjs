import { at as HttpFailure, gt as jsonObject, vt as parseObject } from "./common.mjs";
const LARGEST$1 = 262144;
function unpack(archive, name) {
	let tar = decompress(archive);
	return tar && onlyFile(tar, name)?.toString("utf8");
}
function decompress(bytes) {
	let zlib = process.getBuiltinModule("node:zlib");
	try {
		if (bytes[0] === 31 && bytes[1] === 139) return zlib.gunzipSync(bytes, { maxOutputLength: LARGEST$1 });
		let params = { [zlib.constants.ZSTD_d_windowLogMax]: 23 };
		return zlib.zstdDecompressSync(bytes, {
			maxOutputLength: LARGEST$1,
			params
		});
	} catch {
		return;
	}
}
function onlyFile(tar, name) {
	let found;
	for (let at = 0; at + 512 <= tar.length;) {
		let header = tar.subarray(at, at + 512);
		if (header.every((byte) => byte === 0)) return found;
		let size = octal(header.subarray(124, 136));
		if (size === void 0 || octal(header.subarray(148, 156)) !== checksum(header)) return;
		let content = tar.subarray(at + 512, at + 512 + size);
		if (content.length < size) return;
		let type = String.fromCharCode(header[156] ?? 0);
		if (type === "x") {
			if (/ (path|size|linkpath|GNU\.sparse[^=]*)=/.test(content.toString("latin1"))) return;
		} else {
			if (type !== "0" && type !== "\0" || textOf(header.subarray(0, 100)) !== name || found || textOf(header.subarray(345, 500)) !== "") return;
			found = content;
		}
		at += 512 * (1 + Math.ceil(size / 512));
	}
}
const textOf = (field) => {
	let end = field.indexOf(0);
	return field.toString("latin1", 0, end < 0 ? field.length : end);
};
function octal(field) {
	let digits = /^ *([0-7]+)[ \0]*$/.exec(field.toString("latin1"))?.[1];
	return digits === void 0 ? void 0 : Number.parseInt(digits, 8);
}
function checksum(header) {
	let sum = 256;
	for (let [index, byte] of header.entries()) (index < 148 || index >= 156) && (sum += byte);
	return sum;
}
function cacheService(env) {
	let host = URL.parse(env.GITHUB_SERVER_URL || "https://github.com")?.hostname.toUpperCase() ?? "", version = (host === "GITHUB.COM" || host.endsWith(".GHE.COM") || host.endsWith(".LOCALHOST")) && env.ACTIONS_CACHE_SERVICE_V2 ? "v2" : "v1", url = env[version === "v2" ? "ACTIONS_RESULTS_URL" : "ACTIONS_CACHE_URL"], token = env.ACTIONS_RUNTIME_TOKEN;
	if (!url || !token || !URL.canParse(url)) return;
	let mode = (env.ACTIONS_CACHE_MODE ?? "").trim().toLowerCase();
	return {
		version,
		url,
		token,
		readable: mode !== "none" && mode !== "write-only",
		writable: mode !== "none" && mode !== "read"
	};
}
const FILE_NAME = "oauth-creds", COMPRESSIONS = ["zstd-without-long", "gzip"], versions = () => COMPRESSIONS.map((method) => process.getBuiltinModule("node:crypto").createHash("sha256").update([
	FILE_NAME,
	method,
	"1.0"
].join("|")).digest("hex"));
async function lookFor(world, service, key, version, deadline) {
	for (let tries = 1;; tries++) {
		let look = await once(world, service, key, version, deadline);
		if (look.type !== "unclear" || !PASSING.has(look.reason) || tries === 3 || world.now() + 500 * tries >= deadline()) return look;
		await world.sleep(500 * tries);
	}
}
const PASSING = new Set(["no answer", "server error"]);
async function once(world, service, key, version, deadline) {
	try {
		let entry = await (service.version === "v2" ? askNew : askOld)(world, service, key, version, deadline);
		if ("type" in entry) return entry;
		let answer = await request(world, {
			method: "GET",
			url: entry.url,
			headers: {}
		}, deadline);
		if (answer.status === 404) return { type: "none" };
		if (answer.status !== 200) return unclear(answer.status);
		let text = unpack(Buffer.from(answer.body, "latin1"), FILE_NAME);
		return text === void 0 ? { type: "foreign" } : {
			type: "found",
			key: entry.key,
			text
		};
	} catch (error) {
		if (!(error instanceof HttpFailure)) throw error;
		return error.reason === "answer too large" ? { type: "foreign" } : {
			type: "unclear",
			reason: error.reason === TOO_LATE ? TOO_LATE : "no answer"
		};
	}
}
const askNew = async (world, { url, token }, key, version, deadline) => {
	let answer = await request(world, {
		method: "POST",
		url: new URL("/twirp/github.actions.results.api.v1.CacheService/GetCacheEntryDownloadURL", url).href,
		headers: {
			authorization: `Bearer ${token}`,
			"content-type": "application/json",
			"user-agent": "oauth-creds"
		},
		body: JSON.stringify({
			key,
			restore_keys: [key],
			version
		})
	}, deadline), fields = jsonObject(answer);
	if (answer.status !== 200) return answer.status === 404 && fields?.code === "not_found" ? NONE : refusal(answer);
	if (!fields) return {
		type: "unclear",
		reason: "not understood"
	};
	let address = fields.signed_download_url ?? fields.signedDownloadUrl, matched = fields.matched_key ?? fields.matchedKey;
	return fields.ok === !0 ? placeOf(address, matched) : NONE;
}, askOld = async (world, { url, token }, key, version, deadline) => {
	let query = `keys=${encodeURIComponent(`${key},${key}`)}&version=${version}`, answer = await request(world, {
		method: "GET",
		url: `${url.replace(/\/*$/, "/")}_apis/artifactcache/cache?${query}`,
		headers: {
			accept: "application/json;api-version=6.0-preview.1",
			authorization: `Bearer ${token}`,
			"user-agent": "oauth-creds"
		}
	}, deadline);
	if (answer.status === 204) return NONE;
	if (answer.status !== 200) return refusal(answer);
	let fields = jsonObject(answer);
	return placeOf(fields?.archiveLocation, fields?.cacheKey);
}, NONE = { type: "none" };
function placeOf(url, key) {
	return typeof url != "string" || typeof key != "string" ? {
		type: "unclear",
		reason: "not understood"
	} : {
		url,
		key
	};
}
const refusal = (answer) => answer.status === 401 || /cache read denied:/.test(String(parseObject(answer.body)?.msg ?? answer.body)) ? { type: "denied" } : unclear(answer.status), unclear = (status) => ({
	type: "unclear",
	reason: status === 429 ? "throttled" : status >= 500 ? "server error" : `status ${status}`
}), TOO_LATE = "no time left";
function request(world, what, deadline) {
	let left = deadline() - world.now();
	if (left <= 0) throw new HttpFailure(!1, TOO_LATE);
	let whole = {
		...what,
		timeoutMs: Math.min(5e3, left),
		encoding: "latin1"
	};
	return world.http(whole);
}
const { join } = process.getBuiltinModule("node:path"), within = (world, deadline = () => Infinity) => {
	let until = world.now() + 2e4;
	return () => Math.min(until, deadline());
};
async function loadEntry(world, name, match = "exact", deadline) {
	let service = cacheService(world.env);
	return service ? service.readable ? look(world, service, name, match, within(world, deadline)) : { type: "denied" } : { type: "unavailable" };
}
async function look(world, service, name, match, deadline) {
	try {
		let looks = await Promise.all(versions().map(async (version) => {
			let seen = await lookFor(world, service, name, version, deadline);
			return seen.type === "found" && !fits(seen.key, name, match) ? { type: "none" } : seen;
		})), entries = looks.flatMap((seen) => seen.type === "found" ? [{
			name: seen.key,
			text: seen.text
		}] : []);
		if (entries.length > 0) return {
			type: "found",
			entries
		};
		let first = (type) => looks.find((seen) => seen.type === type), [foreign, denied, unclear] = [
			first("foreign"),
			first("denied"),
			first("unclear")
		];
		return foreign ?? denied ?? unclear ?? { type: "none" };
	} catch {
		return {
			type: "unclear",
			reason: "unexpected"
		};
	}
}
function fits(key, name, match) {
	let [one, other] = [key.toLowerCase(), name.toLowerCase()];
	return match === "exact" ? one === other : one.startsWith(other);
}
async function saveEntry(world, name, text, deadline) {
	let service = cacheService(world.env);
	if (!service) return { type: "unavailable" };
	if (!service.writable) return { type: "denied" };
	if (text.length > 65536) return {
		type: "unclear",
		reason: "too large"
	};
	let until = within(world, deadline), ended;
	try {
		ended = await write(world, name, text, until);
	} catch {
		return {
			type: "unclear",
			reason: "no folder for it"
		};
	}
	let said = ended.status === 0;
	if (!service.readable) return said ? {
		type: "saved",
		proved: !1
	} : failureOf(ended);
	let seen = await look(world, service, name, "exact", until);
	if (said && seen.type === "none" && world.now() + 1e3 < until() && (await world.sleep(1e3), seen = await look(world, service, name, "exact", until)), seen.type === "found") {
		let same = seen.entries.some((entry) => entry.text === text);
		return said && same ? {
			type: "saved",
			proved: !0
		} : {
			type: "present",
			same
		};
	}
	return seen.type === "foreign" ? {
		type: "present",
		same: !1
	} : said ? {
		type: "unclear",
		reason: seen.type === "none" ? "saved and not shown" : "saved and not read back"
	} : failureOf(ended);
}
const PASSED = [
	"PATH",
	"RUNNER_TRACKING_ID",
	"GITHUB_SERVER_URL",
	"ACTIONS_CACHE_SERVICE_V2",
	"ACTIONS_CACHE_URL",
	"ACTIONS_CACHE_MODE",
	"ACTIONS_RESULTS_URL",
	"ACTIONS_RUNTIME_TOKEN",
	"NODE_EXTRA_CA_CERTS",
	"SSL_CERT_FILE",
	"SSL_CERT_DIR",
	"SystemRoot",
	"SYSTEMDRIVE",
	"PROGRAMFILES",
	"PATHEXT"
], PROXIES = [
	"http_proxy",
	"https_proxy",
	"all_proxy",
	"no_proxy"
].flatMap((name) => [name, name.toUpperCase()]), PLAIN_TAR = {
	COPYFILE_DISABLE: "1",
	LC_ALL: "C"
};
async function write(world, name, text, until) {
	let folder = join(world.env.RUNNER_TEMP || process.getBuiltinModule("node:os").tmpdir(), `oauth-creds-cache-${Buffer.from(world.random(8)).toString("hex")}`), passed = [...PASSED, ...PROXIES].flatMap((variable) => world.env[variable] ? [[variable, world.env[variable]]] : []), places = [
		"HOME",
		"USERPROFILE",
		"TMPDIR",
		"TEMP",
		"TMP"
	].map((variable) => [variable, folder]);
	try {
		return world.files.makeFolder(folder), world.files.openNew(join(folder, FILE_NAME)).commit(text), await world.run(process.execPath, [
			writerPath(),
			name,
			FILE_NAME
		], {
			cwd: folder,
			env: {
				...Object.fromEntries([...passed, ...places]),
				...PLAIN_TAR
			},
			timeoutMs: Math.max(1, until() - world.now()),
			until: () => world.now() >= until()
		});
	} finally {
		try {
			process.getBuiltinModule("node:fs").rmSync(folder, {
				recursive: !0,
				force: !0,
				maxRetries: 5
			});
		} catch {}
	}
}
function writerPath() {
	let { fileURLToPath } = process.getBuiltinModule("node:url"), name = import.meta.url.endsWith(".ts") ? "cache-writer.ts" : "cache-writer.mjs";
	return fileURLToPath(new URL(name, import.meta.url));
}
const WORDS = [
	[/Rate limited:/, "throttled"],
	[/Cache storage quota|insufficient usage/, "no space left"],
	[/\(409\)|another job may be creating this cache. More details/, "reserved by another job"],
	[/Unable to make request|ECONN|ENOTFOUND|ETIMEDOUT|EAI_AGAIN|socket hang up/, "no connection"],
	[/Failed to make request after/, "server error"],
	[/uploadCacheArchiveSDK|during upload chunk/, "not uploaded"],
	[/finaliz|commit cache/i, "not completed"]
];
function failureOf({ status, stdout, stderr }) {
	if (status === void 0) return {
		type: "unclear",
		reason: "no time left"
	};
	if (/cache write denied:/.test(stdout)) return { type: "denied" };
	let [, reason] = WORDS.find(([words]) => words.test(stdout)) ?? [];
	return {
		type: "unclear",
		reason: reason ?? (status === 3 || /\S/.test(stderr) ? "not saved" : `status ${status}`)
	};
}
export { cacheService as i, saveEntry as n, within as r, loadEntry as t };

import { t as LedgerProblem } from "./ledger.mjs";
import { t as decoded } from "./userinfo.mjs";
const { isAbsolute, join } = process.getBuiltinModule("node:path"), REMOTE = "ledger", PASSED = [
	"PATH",
	"SystemRoot",
	"GIT_SSL_CAINFO",
	"GIT_SSL_CAPATH",
	"GIT_SSL_CERT",
	"GIT_SSL_KEY"
], PROXIES = [
	"http_proxy",
	"https_proxy",
	"all_proxy",
	"no_proxy"
].flatMap((name) => [name, name.toUpperCase()]), SSH = [
	"HOME",
	"USER",
	"LOGNAME",
	"SSH_AUTH_SOCK",
	"GIT_SSH",
	"GIT_SSH_COMMAND",
	"GIT_SSH_VARIANT"
];
function gitProgram(world, { remote, token, folder }) {
	let { protocol, url, address, user } = parseRemote(world, remote), login = token ? token.reveal() : user, config = {
		[`remote.${REMOTE}.url`]: url,
		"http.followRedirects": "false",
		"maintenance.auto": "false",
		...login && protocol.startsWith("http") && { "http.extraHeader": `Authorization: Basic ${basic(login)}` }
	}, pairs = Object.entries(config).flatMap(([key, value], index) => [[`GIT_CONFIG_KEY_${index}`, key], [`GIT_CONFIG_VALUE_${index}`, value]]), passed = [
		...PASSED,
		...PROXIES,
		...protocol === "ssh" ? SSH : []
	].flatMap((name) => world.env[name] ? [[name, world.env[name]]] : []), env = {
		...protocol === "ssh" && { GIT_SSH_COMMAND: "ssh -oBatchMode=yes" },
		...Object.fromEntries([...passed, ...pairs]),
		GIT_CONFIG_COUNT: String(Object.keys(config).length),
		GIT_CONFIG_NOSYSTEM: "1",
		GIT_CONFIG_GLOBAL: "/dev/null",
		GIT_ALLOW_PROTOCOL: protocol,
		GIT_TERMINAL_PROMPT: "0",
		LC_ALL: "C"
	}, repository;
	async function run(args, timeoutMs, input = "", trace = "") {
		let own = {
			HOME: repository,
			GIT_DIR: repository,
			...env,
			...trace && { GIT_TRACE2_EVENT: trace }
		}, ended = await world.run("git", args, {
			cwd: repository ?? folder,
			env: own,
			input,
			timeoutMs
		});
		return ended.status === void 0 && (repository = void 0), ended;
	}
	async function local(args, input) {
		let ended = await run(args, 1e4, input);
		if (ended.status !== 0) throw problemOf(ended, !1);
		return ended.stdout;
	}
	async function makeRepository() {
		if (protocol === "") throw new LedgerProblem("unsupported", !1);
		if (repository !== void 0) return;
		let fresh = join(folder, `ledger-${Buffer.from(world.random(8)).toString("hex")}.git`);
		try {
			world.files.makeFolder(fresh), repository = fresh, await local([
				"init",
				"--quiet",
				"--bare",
				"--template="
			], ""), await local([
				"hash-object",
				"-t",
				"tree",
				"-w",
				"--stdin"
			], "");
		} catch (error) {
			throw repository = void 0, error instanceof LedgerProblem ? error : new LedgerProblem("unreachable", !1);
		}
	}
	return {
		address,
		async local(args, input) {
			return await makeRepository(), local(args, input);
		},
		async network(args, traced) {
			return await makeRepository(), run(args, 2e4, "", traced && "2");
		}
	};
}
const basic = (login) => Buffer.from(login.includes(":") ? login : `x-access-token:${login}`).toString("base64");
function parseRemote({ env }, remote) {
	if (isAbsolute(remote)) return plainly("file", remote);
	let scheme = /^([\w+.-]+):\/\//.exec(remote)?.[1]?.toLowerCase();
	if (scheme === "ssh" || scheme === "file") {
		let url = remote.replace(/^([^/]*\/\/[^/:@]*):[^/]*@/, "$1@");
		return {
			...plainly(scheme, url),
			address: url.replace(/^([^/]*\/\/)[^/]*@/, "$1")
		};
	}
	if (!scheme && /^[\w@.-]+:(?!:)/.test(remote)) return plainly("ssh", remote);
	let url = URL.parse(remote);
	if (!url || !/^https?:$/.test(url.protocol)) return plainly("", "(unknown)");
	let user = [url.username, url.password].filter(Boolean).map(decoded).join(":");
	url.username = "", url.password = "";
	let plain = [env.GITHUB_SERVER_URL, env.CI_SERVER_URL].some((known) => originOf(known) === url.origin) || [
		"127.0.0.1",
		"[::1]",
		"localhost"
	].includes(url.hostname), protocol = url.protocol === "https:" ? "https" : plain ? "http" : "";
	return {
		...plainly(protocol, url.href),
		user: user || void 0
	};
}
const plainly = (protocol, url) => ({
	protocol,
	url,
	address: url,
	user: void 0
}), originOf = (address) => URL.parse(address ?? "")?.origin, BEFORE_SENDING = /^fatal: (unable to access |could not read (Username|Password) |Authentication failed |Could not read from remote |repository '.*' not found|transport '.*' not allowed|.* does not appear to be a git repository|.* not valid: )/m;
function problemOf(ended, pushing) {
	if (ended.missing) return new LedgerProblem("missing", !1);
	let words = ended.stderr.replaceAll(/^remote:.*$/gm, ""), sent = pushing && !BEFORE_SENDING.test(words), status = Number(/ returned error: (\d{3})/.exec(words)?.[1] ?? 0);
	return status === 429 ? new LedgerProblem("throttled", sent) : /^fatal: (could not read (Username|Password)|Authentication failed|repository '.*' not found)/m.test(words) || status === 401 || status === 403 || /^\S+: Permission denied /m.test(words) ? new LedgerProblem("forbidden", sent) : status >= 300 && status < 400 || /(does not appear to be a git repo|not allowed$| not valid: )/m.test(words) ? new LedgerProblem("unsupported", sent) : new LedgerProblem("unreachable", sent);
}
const CONFLICT = { type: "conflict" };
function gitPushLedger(world, { ref, place, ...settings }) {
	let git = gitProgram(world, settings), branch = ref.startsWith("refs/heads/") ? void 0 : ref.replace(/^refs\/oauth-creds\/(v\d+\/)?/, BRANCHES), at = ref, known;
	async function look() {
		let names = branch === void 0 ? [ref] : [ref, branch], ended = await git.network([
			"ls-remote",
			REMOTE,
			"HEAD",
			...names
		], "traced");
		if (ended.status !== 0) throw problemOf(ended, !1);
		let lines = ended.stdout.split("\n").map((line) => line.split("	")), found = lines.filter(([, name]) => name !== void 0 && names.includes(name)), spoken = lines.some(([, name]) => name === "HEAD") || ended.stderr.includes("\"negotiated-version\"");
		if (found.length === 0 && !spoken || found.length > 1) throw new LedgerProblem("unsupported", !1);
		return at = found[0]?.[1] ?? ref, found[0]?.[0];
	}
	async function fetch() {
		let ended = await git.network([
			"fetch",
			"--quiet",
			"--no-tags",
			"--no-write-fetch-head",
			"--depth=1",
			REMOTE,
			`+${at}:${FETCHED}`
		]);
		if (ended.status !== 0) throw problemOf(ended, !1);
		return parseObject(await git.local(["cat-file", "--batch"], `${FETCHED}\n`));
	}
	async function present() {
		let version = await look();
		return version === void 0 ? known = void 0 : version !== known?.version && (known = await fetch()), known;
	}
	async function write(text, parent) {
		let depth = parent ? parent.depth + 1 : 0, nonce = Buffer.from(world.random(12)).toString("hex"), who = `oauth-creds <oauth-creds@localhost> ${Math.floor(world.now() / 1e3)} +0000`, lines = [
			"tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904",
			...parent ? [`parent ${parent.version}`] : [],
			`author ${who}`,
			`committer ${who}`,
			"",
			text,
			"",
			`oauth-creds ${nonce} ${depth} ${QUIET}`
		];
		return {
			version: (await git.local([
				"hash-object",
				"-t",
				"commit",
				"-w",
				"--stdin"
			], `${lines.join("\n")}\n`)).trim(),
			text,
			depth
		};
	}
	async function push(to, { version }, expected) {
		let lease = `--force-with-lease=${to}:${expected ?? ""}`, ended = await git.network([
			"push",
			"--porcelain",
			lease,
			REMOTE,
			`${version}:${to}`
		]), line = ended.stdout.split("\n").find((each) => each.includes(`\t${version}:${to}\t`));
		if (line && !line.startsWith("!")) return {
			type: "swapped",
			version,
			writtenAt: void 0
		};
		let [, by, reason] = /\t\[(rejected|remote rejected)\] \((.*)\)$/.exec(line ?? "") ?? [];
		if (by === void 0 || reason === void 0) throw problemOf(ended, !0);
		if (by === "rejected" || await look() !== expected) return CONFLICT;
		if (/lock|failed to update|unpacker|internal|timed? ?out|incorrect old|already exists/i.test(reason)) throw new LedgerProblem("unreachable", !1);
	}
	async function create(text) {
		let first = await write(text, void 0), swap = await push(ref, first, void 0);
		if (!swap && branch !== void 0 && (swap = await push(branch, first, void 0)), swap?.type === "swapped" && await look().catch((error) => {
			throw error instanceof LedgerProblem ? new LedgerProblem(error.kind, !0) : error;
		}) === void 0) throw new LedgerProblem("unsupported", !0);
		return [first, swap];
	}
	async function replace(before, text) {
		if (before.depth >= 256 && before.depth % 16 == 0) {
			let alone = await write(text, void 0), swap = await push(at, alone, before.version);
			if (swap) return [alone, swap];
		}
		let next = await write(text, before);
		return [next, await push(at, next, before.version)];
	}
	async function forgetting(work) {
		try {
			return await work();
		} catch (error) {
			throw known = void 0, error;
		}
	}
	return {
		get label() {
			return `the ref ${at} of ${git.address}`;
		},
		place,
		serverTime: !1,
		load: () => forgetting(async () => {
			let now = await present();
			return {
				entry: now && {
					version: now.version,
					text: now.text,
					writtenAt: void 0
				},
				now: void 0
			};
		}),
		compareAndSwap: (expected, text) => forgetting(async () => {
			let before = expected !== void 0 && known?.version === expected ? known : await present();
			if (before?.version !== expected) return CONFLICT;
			let [next, swap] = before ? await replace(before, text) : await create(text);
			if (!swap) throw new LedgerProblem("forbidden", !1);
			return swap.type === "swapped" && (known = next), swap;
		})
	};
}
const BRANCHES = "refs/heads/oauth-creds/", FETCHED = "refs/ledger/fetched", QUIET = "[skip ci]";
function parseObject(printed) {
	let [, version, size, commit] = /^([0-9a-f]+) commit (\d+)\n([^]*)\n$/.exec(printed) ?? [], start = commit?.indexOf("\n\n");
	if (!version || !commit || start === void 0 || start < 0 || Buffer.byteLength(commit) !== Number(size)) throw new LedgerProblem("unsupported", !1);
	let message = commit.slice(start + 2), [last, depth] = /\n\noauth-creds [0-9a-f]+ (\d+) \[skip ci\]\n$/.exec(message) ?? [""];
	return {
		version,
		text: message.slice(0, message.length - last.length),
		depth: Number(depth ?? 0)
	};
}
export { gitPushLedger };

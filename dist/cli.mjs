#!/usr/bin/env node
import { Ct as Failure, S as NAMES, St as toFailure, b as VERSION, i as githubRunner, r as escapeData, t as nodeWorld } from "./common.mjs";
import { a as COMMON_FLAGS, i as usage, o as sayStrangers, r as readArguments, s as near } from "./arguments.mjs";
import { n as exitCodeOf, t as EXIT } from "./exit-code.mjs";
import { t as readSecret } from "./read-secret.mjs";
import { n as withoutInputs } from "./programs.mjs";
const MEANINGS = {
	credential: ["<file>", "the login or token, in any form that a program keeps it in, or as an earlier run stored it"],
	"credential-expires": ["<date>", "the day on which a setup token ends, for a warning ahead"],
	provider: ["<name>", "anthropic, openai, or custom (any server by RFC 6749); default: as recognised"],
	account: ["<name>", "which login: names the ledger's record, and the profile in files that have profiles"],
	targets: ["<list>", "claude, codex, peekaboo, clawdbot, openclaw, pi, opencode, none; default: the provider's own program"],
	refresh: ["<when>", "auto (if the access token ends before --min-validity), always, or never"],
	"min-validity": ["<time>", "how long the access token has to live at least, such as 90m or 6h; default: 1h"],
	"refresh-with": ["<who>", "http (this program), or cli: the provider's own program, which is installed"],
	"write-refresh-token": ["", "the file gets the refresh token too; `clean` takes over what its program renews"],
	"allow-unstored-refresh": ["", "a login may be renewed although its successor is kept nowhere, and ends with the job"],
	"rotate-to": ["<secret>", "the secret that a renewed login is written to"],
	"secrets-token": ["<file>", "a token that may write that secret"],
	"create-secrets": ["", "that secret may not exist yet"],
	"ledger-key": ["<file>", "the key of a login that many jobs share: ocr1_… renews it, oca1_… only reads it"],
	ledger: ["<kind>", "git-ref, git-push, file, or none; the default is file, but in a CI one has to be named"],
	"ledger-repository": ["<address>", "where that is: owner/name, or an address that git can push to"],
	"access-cache": ["", "read its access token from the Actions cache, where there is one"],
	"github-token": ["<file>", "a token for that repository, or user:token for its server"],
	validate: ["<how>", "online: show the access token to its provider before it is used; default: none"],
	home: ["<folder>", "the home folder whose files are meant, where it is not yours"],
	cleanup: ["", "with --no-cleanup the files stay as they are, and `clean` is not needed"],
	"if-no-credential": ["<what>", "error, or skip: do nothing, as in a run without secrets"],
	"warn-before": ["<time>", "how long before its end to warn of a login; default: 10d"],
	report: ["<how>", "issue: keep one issue in the repository that says when the login ends; default: none"],
	"fallback-api-key": ["<file>", "an API key to go on with (steps of GitHub Actions only)"],
	"allow-public-repository": ["", "a ChatGPT plan's login in a public repository, against OpenAI's guide"],
	"token-url": ["<address>", "the token endpoint, for --provider custom"],
	"client-id": ["<id>", "the OAuth client, for --provider custom"],
	"client-secret": ["<file>", "the secret of that client"],
	scope: ["<scopes>", "scopes to ask for at a refresh; default: those of the sign-in"],
	"user-agent": ["<text>", "the User-Agent of requests; default: our own"],
	"request-format": ["<form>", "of the token request: json or form; default: as the provider's own program"],
	timeout: ["<time>", "how long one token request may take; default: 25s"]
}, OWN_MEANINGS = {
	login: {
		targets: "programs whose own files get the login: claude, codex, peekaboo, pi, …; default: none",
		"rotate-to": "the secret that the login is written to",
		validate: "online: show a fresh login to its provider before it is stored; none: with --with-token, too, nobody is asked"
	},
	init: { validate: "none: the provider is not asked whether the credential works; default: it is" },
	status: {
		targets: "without effect here: the files of all programs are looked at",
		"rotate-to": "the secret that is looked for",
		"secrets-token": "a token that may see whether it exists",
		timeout: "how long all of it together may take; default: 25s"
	},
	doctor: {
		validate: "none: show no access token to its provider; default: each is shown (a setup token with a message of one token, which counts against the plan)",
		timeout: "how long one request may take; default: 25s"
	},
	recover: { "rotate-to": "the secret that the login is stored in" },
	revoke: {
		targets: "programs from whose own files the login is taken; default: none",
		"rotate-to": "the secret that holds the login: it is deleted",
		"secrets-token": "a token that may delete that secret",
		validate: "online: ask the provider afterwards whether the access token lives on; default: none"
	}
}, clean = {
	usage: "clean",
	summary: "undo what `write` did: take over what was renewed, put the files back",
	flags: {
		job: ["<name>", "what `write` was given as `--job`"],
		all: ["", "of all jobs on this machine (of this home)"],
		quiet: ["", "say nothing but warnings and errors"]
	},
	inputs: [
		"credential",
		"ledger-key",
		"secrets-token",
		"github-token",
		"ledger-repository",
		"home"
	],
	examples: [["oauth-creds clean", "at the job's end, also after a failure, with the secrets that `write` had"], ["oauth-creds clean --all", "after jobs that were killed"]],
	words: 0,
	load: async () => (await import("./cli-clean.mjs")).run
}, doctor = {
	usage: "doctor",
	summary: "find out what is wrong, and say what to do first",
	flags: {
		"no-programs": ["", "the login is for another machine: leave out this one's programs, files and variables"],
		"write-probe": ["", "write the probe secret beside the one in `rotate-to`: proves that `secrets-token` may write"]
	},
	inputs: "all",
	examples: [
		["oauth-creds doctor", "the logins of this machine's programs, their providers, and the way to them"],
		["oauth-creds doctor --credential login.json --no-programs", "a login for a CI, before it is stored there"],
		["oauth-creds doctor --rotate-to CLAUDE_LOGIN --secrets-token token.txt --write-probe", "whether the token may write the secret"],
		["oauth-creds doctor --validate none", "without showing an access token to its provider"]
	],
	words: 0,
	load: async () => (await import("./cli-doctor.mjs")).run
}, init = {
	usage: "init",
	summary: "set up a repository: its secrets, its environment and its workflows",
	flags: {
		yes: ["", "ask nothing: flags, and the recommended choice where there is none"],
		"dry-run": ["", "show every change, and make none"],
		topology: ["<way>", "how jobs get the login: setup-token, ledger or rotation (docs/init.md)"],
		repository: ["<owner/name>", "the repository, where the clone's remotes do not say which"],
		environment: ["<name>", "the environment for what renews a login (default: oauth-creds), or `none`"],
		"sign-in": ["", "make the credential now, as `oauth-creds login` does"],
		force: ["", "replace secrets that are there, but no ledger's keys (and never a workflow file)"],
		"new-keys": ["", "replace the ledger's keys and the login: nobody can open what the old keys have sealed"],
		"save-key": ["<file>", "keep a copy of the ledger's root key that is made, for your user alone"],
		action: ["<owner/name@ref>", "where the action is published, if not where this release says"],
		"skip-doctor": ["", "do not run `oauth-creds doctor` at the end"]
	},
	inputs: [
		"credential",
		"credential-expires",
		"provider",
		"account",
		"secrets-token",
		"ledger-key",
		"github-token",
		"validate",
		"allow-public-repository",
		"user-agent"
	],
	examples: [
		["oauth-creds init", "asks what it has to know, and recommends"],
		["oauth-creds init --dry-run", "the same questions; then every call and file is shown, and nothing is done"],
		["oauth-creds init --yes --credential token.txt", "no questions: the setup token of that file, the smallest set-up"],
		["oauth-creds init --yes --topology ledger --credential login.json --save-key ~/root.key", "no questions: any number of jobs share one login"]
	],
	words: 0,
	load: async () => (await import("./cli-init.mjs")).run
}, key = {
	usage: "key",
	summary: "make the keys of a ledger, derive an access key, or let a new key follow the old one",
	flags: {
		derive: ["", "read a root key from stdin, and give its access key"],
		"roll-over": ["", "read the root key in use from stdin, and give what replaces it, step by step"]
	},
	inputs: "none",
	examples: [
		["oauth-creds key", "a root key for the workflow that renews, and its access key for all others"],
		["oauth-creds key --derive < root-key.txt", "the access key of a root key that you have"],
		["oauth-creds key --roll-over < root-key.txt", "a new key, the values in which both stand, and what comes after"]
	],
	words: 0,
	load: async () => (await import("./cli-key.mjs")).run
}, login = {
	usage: "login <provider>",
	summary: "sign in for CI (anthropic, openai or custom), and store the login",
	flags: {
		"long-lived": ["", "anthropic: a token that is good for a year and cannot be renewed (as `claude setup-token`)"],
		pkce: ["", "anthropic: our own sign-in, even where Claude Code is installed"],
		device: ["", "openai: type a code on another machine"],
		"no-browser": ["", "open no browser: show the address"],
		"with-token": ["", "no sign-in: read a credential from stdin, and check it at once"],
		output: ["<file>", "keep the login in this file, for your user alone (`-`: print it)"],
		force: ["", "replace what is there: the file, or the login of a program in `--targets`"],
		"authorize-url": ["<url>", "the server's authorization endpoint (custom)"],
		"redirect-uri": ["<url>", "where it sends the browser (custom; default: any port of 127.0.0.1, /callback)"]
	},
	inputs: [
		"credential-expires",
		"account",
		"targets",
		"write-refresh-token",
		"rotate-to",
		"secrets-token",
		"create-secrets",
		"validate",
		"home",
		"token-url",
		"client-id",
		"client-secret",
		"scope",
		"user-agent",
		"request-format",
		"timeout"
	],
	examples: [
		["oauth-creds login anthropic --long-lived | gh secret set CLAUDE_SETUP_TOKEN", "a year's token, straight into a secret"],
		["oauth-creds login anthropic --rotate-to CLAUDE_LOGIN@octo/demo --secrets-token token.txt", "a login that workflows renew, written into the secret"],
		["oauth-creds login openai --device --output codex-login.txt", "sign in on another machine, and keep it in a file"],
		["oauth-creds login anthropic --with-token < token.txt | gh secret set CLAUDE_SETUP_TOKEN", "check a token before it is stored"],
		["oauth-creds login custom --authorize-url https://id.example/authorize --token-url https://id.example/token --client-id ci --output login.txt", "any server by RFC 6749 with PKCE"]
	],
	stdin: (flags) => flags["with-token"] ? "the credential" : void 0,
	words: 1,
	load: async () => (await import("./cli-login.mjs")).run
}, recover = {
	usage: "recover",
	summary: "store a renewed login from its sealed recovery copy (a job summary shows it)",
	flags: {},
	inputs: [
		"credential",
		"provider",
		"account",
		"rotate-to",
		"secrets-token",
		"create-secrets",
		"ledger-key",
		"ledger",
		"ledger-repository",
		"github-token",
		"home",
		"user-agent"
	],
	examples: [["oauth-creds recover --rotate-to CLAUDE_LOGIN < copy.txt", "in a workflow step, with OAUTH_CREDS_CREDENTIAL and OAUTH_CREDS_SECRETS_TOKEN from secrets"], ["oauth-creds recover --ledger-key key.txt --ledger-repository octo/demo --github-token token.txt < copy.txt", "a login that is kept in a ledger, on any machine"]],
	stdin: () => "the recovery copy",
	words: 0,
	load: async () => (await import("./cli-recover.mjs")).run
}, TO_RENEW = "credential.credential-expires.provider.account.refresh.min-validity.refresh-with.allow-unstored-refresh.rotate-to.secrets-token.create-secrets.ledger-key.ledger.ledger-repository.access-cache.github-token.validate.home.warn-before.report.allow-public-repository.token-url.client-id.client-secret.scope.user-agent.request-format.timeout".split("."), refresh = {
	usage: "refresh",
	summary: "renew a login and store it, if its access token ends too soon; write no file",
	flags: { quiet: ["", "say nothing but warnings and errors"] },
	inputs: TO_RENEW,
	examples: [["oauth-creds refresh --provider anthropic --min-validity 6h", "in a schedule, with OAUTH_CREDS_LEDGER_KEY"], ["oauth-creds refresh --credential login.json --refresh always", "begin a ledger with a fresh sign-in"]],
	words: 0,
	load: async () => (await import("./cli-refresh.mjs")).run
}, revoke = {
	usage: "revoke",
	summary: "end a login: at the provider, in the ledger, in secrets and in files",
	flags: {
		file: ["<file>", "a file that holds the login; it is removed afterwards"],
		"revoke-url": ["<url>", "the server's revocation endpoint (custom)"],
		yes: ["", "do not ask"]
	},
	inputs: [
		"credential",
		"provider",
		"account",
		"targets",
		"rotate-to",
		"secrets-token",
		"ledger-key",
		"ledger",
		"ledger-repository",
		"github-token",
		"validate",
		"home",
		"token-url",
		"client-id",
		"client-secret",
		"user-agent",
		"request-format",
		"timeout"
	],
	examples: [
		["oauth-creds revoke --file login.txt", "the login in a file, and the file"],
		["oauth-creds revoke --targets claude", "the login that Claude Code has on this machine, and its copy there"],
		["oauth-creds revoke --provider anthropic --ledger-key key.txt --ledger-repository octo/demo --github-token token.txt", "a login that many jobs share; they are told so"],
		["oauth-creds revoke --file login.txt --rotate-to CLAUDE_LOGIN@octo/demo --secrets-token token.txt", "also delete the secret"]
	],
	words: 0,
	load: async () => (await import("./cli-revoke.mjs")).run
}, status = {
	usage: "status",
	summary: "show what is stored where, and until when it works",
	flags: { validate: ["[online]", "show each access token to its provider (a setup token with a message of one token)"] },
	inputs: [
		"credential",
		"credential-expires",
		"provider",
		"account",
		"targets",
		"rotate-to",
		"secrets-token",
		"ledger-key",
		"ledger",
		"ledger-repository",
		"github-token",
		"validate",
		"home",
		"user-agent",
		"timeout"
	],
	examples: [
		["oauth-creds status", "the logins of this machine's programs"],
		["oauth-creds status --validate --timeout 10s", "ask each provider, for ten seconds in all"],
		["oauth-creds status --json --credential login.json --targets none", "one stored login, for a script"],
		["oauth-creds status --rotate-to CLAUDE_LOGIN --secrets-token token.txt", "also whether the secret exists, and when it was written"]
	],
	words: 0,
	load: async () => (await import("./cli-status.mjs")).run
}, VERBS = {
	login,
	init,
	key,
	write: {
		usage: "write",
		summary: "put a working login where programs look for it; renew it first if need be",
		flags: {
			job: ["<name>", "what belongs together, for `clean`; default: the CI's own job"],
			quiet: ["", "say nothing but warnings and errors"]
		},
		inputs: "all",
		examples: [
			["oauth-creds write --credential login.json", "Claude Code's file from a login that was made for this purpose"],
			["oauth-creds write --provider anthropic --targets claude,pi", "a shared login by OAUTH_CREDS_LEDGER_KEY, for two programs"],
			["oauth-creds write --if-no-credential skip", "a job that may run without the secret"],
			["oauth-creds clean", "at the job's end, with the same secrets"]
		],
		words: 0,
		load: async () => (await import("./cli-write.mjs")).run
	},
	refresh,
	clean,
	token: {
		usage: "token",
		summary: "print a working access token, renewed first if need be, and nothing else",
		flags: { format: ["<form>", "text (the token), header (`Authorization: Bearer …`), or json (with its end)"] },
		inputs: [...TO_RENEW, "if-no-credential"],
		examples: [
			["export CLAUDE_CODE_OAUTH_TOKEN=\"$(oauth-creds token --provider anthropic)\"", "for the programs of this shell"],
			["oauth-creds token --format header | curl -H @- -H 'anthropic-beta: oauth-2025-04-20' https://api.anthropic.com/…", "curl reads the header from stdin: the token is in no argument"],
			["printf 'header = \"%s\"\\n' \"$(oauth-creds token --format header)\" | curl --config - https://…", "the same, for a curl older than 7.55 (`printf` is the shell's own)"],
			["oauth-creds token --format json", "{\"version\":1,\"access_token\":\"…\",\"expires_at\":\"2031-04-06T15:08:09Z\",…}"]
		],
		words: 0,
		load: async () => (await import("./cli-token.mjs")).run
	},
	status,
	doctor,
	recover,
	revoke
};
function overview(columns) {
	let width = widthFor(columns), rows = Object.values(VERBS).map(({ usage, summary }) => [usage, summary]);
	return `oauth-creds ${VERSION}: keeps the OAuth login of AI coding CLIs alive.

Usage: oauth-creds <verb> [flags]

${table(rows, width)}

${paragraph(HOW, width)}

${paragraph("Exit codes: 0 done, 1 failure, 2 usage, 3 sign-in needed, 4 try again later, 5 could not store.", width)}`;
}
const HOW = "`oauth-creds help <verb>` tells its flags, with examples. Every input of the action is a flag (`--rotate-to`) and a variable (`OAUTH_CREDS_ROTATE_TO`). Secrets come by stdin (`--credential -`), from a file (`--credential login.json`) or a variable, never in an argument.";
function helpOf({ usage, summary, flags, inputs, examples }, columns) {
	let width = widthFor(columns), flagRows = Object.entries({
		...flags,
		...COMMON_FLAGS
	}).map(([name, [value, meaning]]) => [`--${name}${value && ` ${value}`}`, meaning]), parts = [
		`Usage: oauth-creds ${usage} [flags]`,
		paragraph(`${summary[0]?.toUpperCase()}${summary.slice(1)}.`, width),
		`Flags:\n${table(flagRows, width)}`
	], names = (inputs === "all" ? NAMES : inputs === "none" ? [] : inputs).filter((name) => !Object.hasOwn(flags, name));
	if (names.length > 0) {
		let own = OWN_MEANINGS[usage.split(" ")[0] ?? ""] ?? {}, rows = names.map((name) => {
			let [value, meaning] = MEANINGS[name] ?? ["<value>", "see README.md"];
			return [`--${name}${value && ` ${value}`}`, own[name] ?? meaning];
		});
		parts.push(`${paragraph("Inputs, as flags or as variables (`OAUTH_CREDS_…`); those with <file> take `-` for stdin:", width)}\n${table(rows, width)}`);
	}
	let comment = (text) => wrap(text, width - 4).map((line) => `  # ${line}\n`), shown = examples.map(([command, meaning]) => `${comment(meaning).join("")}  ${command}`);
	return parts.push(`Examples:\n${shown.join("\n\n")}`), parts.join("\n\n");
}
const widthFor = (columns = 80) => Math.min(columns, 110), paragraph = (text, width) => wrap(text, width).join("\n");
function table(rows, width) {
	let left = Math.max(...rows.map(([name]) => name.length)), room = width - left - 4;
	return rows.map(([name, text]) => `  ${name.padEnd(left)}  ${wrap(text, room).join(`\n${" ".repeat(left + 4)}`)}`).join("\n");
}
function wrap(text, width) {
	let lines = [""];
	for (let word of text.split(" ")) {
		let last = lines.at(-1) ?? "";
		last !== "" && last.length + word.length >= width ? lines.push(word) : lines[lines.length - 1] = last === "" ? word : `${last} ${word}`;
	}
	return lines;
}
function maskerOf(env, say, warn) {
	if (env.GITHUB_ACTIONS === "true") return (values) => say(values.map((value) => `::add-mask::${escapeData(value)}`).join("\n"));
	if (/^true$/i.test(env.TF_BUILD ?? "")) {
		let escaped = (value) => value.replaceAll("\r", "%0D").replaceAll("\n", "%0A");
		return (values) => say(values.map((value) => `##vso[task.setsecret]${escaped(value)}`).join("\n"));
	}
	return env.BUILDKITE === "true" ? buildkite(env, warn) : () => {};
}
function buildkite(env, warn) {
	let taught = new Set(), warned = !1;
	return (values) => {
		let news = values.filter((value) => value !== "" && !taught.has(value));
		if (news.length === 0) return;
		for (let value of news) taught.add(value);
		let { status } = process.getBuiltinModule("node:child_process").spawnSync("buildkite-agent", [
			"redactor",
			"add",
			"--format",
			"json"
		], {
			input: JSON.stringify(Object.fromEntries(news.map((value, at) => [`v${at}`, value]))),
			env: withoutInputs(env),
			stdio: [
				"pipe",
				"ignore",
				"ignore"
			],
			timeout: 5e3,
			windowsHide: !0
		});
		status === 0 || warned || (warned = !0, warn("`buildkite-agent redactor add` failed: tokens that another program prints would stand in this job's log."));
	};
}
const MARKS = {
	notice: ["cyan", "note"],
	warning: ["yellow", "warning"],
	error: ["red", "error"]
};
function terminal(env, json, quiet = !1) {
	let { styleText } = process.getBuiltinModule("node:util"), inActions = env.GITHUB_ACTIONS === "true", given = {}, kept = {}, variables = {}, tell = (level, message, title = "oauth-creds") => {
		if (json) return say(JSON.stringify({
			level,
			message
		}));
		if (inActions) return say(`::${level} title=${title.replaceAll(":", "%3A")}::${escapeData(message)}`);
		let [color, word] = MARKS[level];
		say(`${styleText(color, word, { stream: process.stderr })}: ${message}`);
	};
	return {
		json,
		given,
		kept,
		variables,
		log: (text) => void (quiet || json || say(text)),
		notice: (message) => void (quiet || tell("notice", message)),
		warning: (message) => tell("warning", message),
		error: (message, title) => tell("error", message, title),
		mask: maskerOf(env, say, (text) => tell("warning", text)),
		outputs: (values) => void Object.assign(given, values),
		state: (name, value) => void (kept[name] = value),
		variable: (name, value) => void (variables[name] = value),
		summary(markdown) {
			inActions && /^ocrec\d+\./m.test(markdown) && githubRunner(env).summary(markdown);
		},
		answer: (text, data) => print(1, `${json ? JSON.stringify({
			version: 1,
			...data
		}) : text}\n`)
	};
}
function say(text) {
	try {
		print(2, `${text}\n`);
	} catch {}
}
function print(fd, text) {
	let { writeSync } = process.getBuiltinModule("node:fs"), rest = Buffer.from(text);
	for (; rest.length > 0;) try {
		rest = rest.subarray(writeSync(fd, rest));
	} catch (error) {
		let { code = "unknown" } = error;
		if (code === "EPIPE" || code === "EOF") return !1;
		if (code !== "EAGAIN") throw new Failure("file-failed", `The answer could not be printed (${code}).`, "");
		Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2);
	}
	return !0;
}
async function commandLine(args) {
	let { env } = process, json = args.includes("--json"), say = terminal(env, json, args.includes("--quiet")), signals = heardSignals();
	try {
		return await obey(args, env, say, signals.hold);
	} catch (error) {
		let failure = pointed(await toFailure(error, env), args[0] ?? "");
		return report(failure, json, say.error), signals.first() && process.kill(process.pid, signals.first()), exitCodeOf(failure.code);
	}
}
async function obey(args, env, say, holdSignals) {
	let [name = "help", ...rest] = args, asksHelp = [
		"help",
		"--help",
		"-h"
	].includes(name);
	if (asksHelp && rest[0] === void 0) return shown(overview(columnsOf(env)));
	if (name === "--version" || name === "version") return shown(VERSION);
	let named = asksHelp ? rest[0] ?? "" : name, verb = Object.hasOwn(VERBS, named) ? VERBS[named] : void 0;
	if (!verb) throw named.startsWith("-") ? usage("The verb comes first, then its flags.") : usage(`There is no verb ${/^[a-z-]{1,20}$/.test(named) ? `\`${named}\`` : "like that"}.${nearest(named)}`);
	if (asksHelp || rest.includes("--help") || rest.includes("-h")) return shown(helpOf(verb, columnsOf(env)));
	let call = readArguments(verb, rest, env, readSecret);
	for (let text of sayStrangers(env)) say.warning(text);
	let world = {
		...nodeWorld(),
		env: call.env,
		runner: say,
		holdSignals
	};
	return (await verb.load())({
		world,
		terminal: say,
		flags: call.flags,
		positionals: call.positionals
	});
}
function columnsOf(env) {
	let named = Number(env.COLUMNS);
	return Number.isInteger(named) && named > 0 ? named : process.stdout.columns;
}
function shown(text) {
	return print(1, `${text}\n`), EXIT.done;
}
function pointed(failure, verb) {
	return failure.advice !== "See `oauth-creds help`." || !Object.hasOwn(VERBS, verb) ? failure : new Failure(failure.code, failure.message, `See \`oauth-creds help ${verb}\`.`);
}
function nearest(name) {
	let verbs = Object.keys(VERBS), found = (name.length > 1 ? verbs.find((verb) => verb.startsWith(name) || name.startsWith(verb)) : void 0) ?? near(name, verbs);
	return found ? ` Did you mean \`${found}\`?` : "";
}
function report(failure, json, say) {
	let { code, message, advice } = failure;
	if (!json) return say(failure.explain(), `oauth-creds: ${code}`);
	try {
		print(2, `${JSON.stringify({
			version: 1,
			error: {
				code,
				message,
				advice
			}
		})}\n`);
	} catch {}
}
function heardSignals() {
	let first, hear = (signal) => void (first ??= signal), ignore = () => {}, { holdSignals } = nodeWorld();
	return {
		first: () => first,
		hold() {
			let inner = holdSignals();
			return process.on("SIGINT", hear).on("SIGTERM", hear).on("SIGHUP", ignore), {
				...inner,
				release() {
					inner.release(), process.off("SIGINT", hear).off("SIGTERM", hear).off("SIGHUP", ignore);
				}
			};
		}
	};
}
process.exitCode = await commandLine(process.argv.slice(2));
export {};

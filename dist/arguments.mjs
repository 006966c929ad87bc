import { Ct as Failure, S as NAMES } from "./common.mjs";
function near(name, known) {
	let bare = (text) => text.toLowerCase().replaceAll(/[^a-z]|s$/g, ""), wanted = bare(name);
	return known.find((other) => bare(other) === wanted || wanted.length > 2 && bare(other).startsWith(wanted)) ?? (wanted.length > 3 ? known.find((other) => isSlip(wanted, bare(other))) : void 0);
}
function isSlip(one, other) {
	let same = 0;
	for (; same < one.length && one[same] === other[same];) same++;
	let [a, b] = [one.slice(same), other.slice(same)];
	return a[0] === b[1] && a[1] === b[0] && a.slice(2) === b.slice(2) || a.slice(1) === b || a === b.slice(1) || a.slice(1) === b.slice(1);
}
const PREFIX = "OAUTH_CREDS_", OTHERS = /^(KEY|ROOT_KEY|ACCESS_KEY|GIT_TOKEN|LOGIN|CLI|ACTION|PROBE(_.*)?)$/, variableOf = (name) => PREFIX + name.toUpperCase().replaceAll("-", "_");
function sayStrangers(env) {
	let known = new Set(NAMES.map(variableOf));
	return Object.keys(env).filter((name) => name.startsWith("OAUTH_CREDS_") && env[name] && !known.has(name)).map((name) => name.slice(12)).filter((rest) => /^\w{1,40}$/.test(rest) && !OTHERS.test(rest)).map((rest) => {
		let meant = near(rest, NAMES);
		return `${PREFIX}${rest} is no input, and has no effect.${meant ? ` Did you mean ${variableOf(meant)}?` : ""}`;
	});
}
const PATH = /^(\/|\.{1,2}[\\/]|~\/|[A-Za-z]:[\\/])[^\r\n]{1,1000}$|^[\w-]{1,60}\.(json|txt|key|pem)$/, sayPath = (name, value, exists) => PATH.test(value) && exists(value) ? `${variableOf(name)} holds the path of a file, not what is in it (on GitLab: a variable of the type “File”). Hand the file over by the flag: \`--${name} "$${variableOf(name)}"\`.` : void 0, COMMON_FLAGS = {
	json: ["", "one line of JSON on stdout, errors as JSON on stderr"],
	help: ["", "this text"]
}, SECRETS = new Set([
	"credential",
	"secrets-token",
	"ledger-key",
	"github-token",
	"fallback-api-key",
	"client-secret"
]), SWITCHES = new Set([
	"write-refresh-token",
	"allow-unstored-refresh",
	"create-secrets",
	"access-cache",
	"cleanup",
	"allow-public-repository"
]), isSecret = (input, value) => SECRETS.has(input) || input === "ledger-repository" && /^[a-z+]+:\/\/[^/]*:[^/]*@|^https?:\/\/[^/]*@/i.test(value);
function readArguments(verb, args, env, read) {
	let inputs = verb.inputs === "all" ? NAMES : verb.inputs === "none" ? [] : verb.inputs, { values, positionals } = parse(verb, inputs, args), given = withoutOurs(env);
	for (let name of inputs) {
		let value = env[variableOf(name)];
		if (value === void 0) continue;
		let wrong = SECRETS.has(name) && values[name] === void 0 ? sayPath(name, value.trim(), (path) => typeof read(path) == "string") : void 0;
		if (wrong) throw usage(wrong);
		given[`INPUT_${name.toUpperCase()}`] = tidy(name, value);
	}
	let flags = {}, own = verb.stdin?.(values), stdin;
	for (let [name, value] of Object.entries(values)) {
		if (!inputs.includes(name)) {
			flags[name] = value;
			continue;
		}
		let text = String(value);
		if (SECRETS.has(name)) {
			if (text === "-" && stdin !== void 0) throw usage(`\`--${stdin} -\` and \`--${name} -\`: stdin is one secret.`);
			if (text === "-" && own !== void 0) throw usage(`\`--${name} -\`: stdin is ${own}. Name a file.`);
			text === "-" && (stdin = name), text = secretFrom(name, text, read);
		} else if (isSecret(name, text)) throw usage(`\`--${name}\` holds a password, which other programs could read there. Give it in ${variableOf(name)}.`);
		given[`INPUT_${name.toUpperCase()}`] = tidy(name, text);
	}
	return {
		env: given,
		flags,
		positionals
	};
}
function withoutOurs(env) {
	return Object.fromEntries(Object.entries(env).filter(([name]) => !/^(INPUT|STATE)_/.test(name)));
}
function tidy(name, value) {
	return name === "home" && value !== "" ? process.getBuiltinModule("node:path").resolve(value) : SECRETS.has(name) ? value.trim() : value;
}
function parse(verb, inputs, args) {
	let { parseArgs } = process.getBuiltinModule("node:util"), own = {
		...COMMON_FLAGS,
		...verb.flags
	}, options = {};
	for (let name of inputs) options[name] = { type: SWITCHES.has(name) ? "boolean" : "string" };
	for (let [name, [value]] of Object.entries(own)) options[name] = { type: value === "" ? "boolean" : "string" };
	let full = withDefaults(args, own), wrong = sayWrong(full, options);
	if (wrong) throw usage(wrong);
	let parsed;
	try {
		parsed = parseArgs({
			args: full,
			options,
			allowPositionals: !0,
			allowNegative: !0
		});
	} catch {
		throw usage("These flags are not understood.");
	}
	if (parsed.positionals.length > verb.words) throw usage(verb.words === 0 ? `\`${verb.usage}\` takes flags only.` : `\`${verb.usage}\`: there are too many words.`);
	return parsed;
}
function withDefaults(args, flags) {
	let end = args.includes("--") ? args.indexOf("--") : args.length;
	return args.map((word, at) => {
		let [, standard] = /^\[(.+)\]$/.exec(flags[word.slice(2)]?.[0] ?? "") ?? [];
		if (standard === void 0 || !word.startsWith("--") || at >= end) return word;
		let next = at + 1 < end ? args[at + 1] : void 0;
		return next === void 0 || next.startsWith("-") ? `${word}=${standard}` : word;
	});
}
function sayWrong(args, options) {
	let words = args.includes("--") ? args.slice(0, args.indexOf("--")) : args;
	for (let at = 0; at < words.length; at++) {
		let word = words[at] ?? "";
		if (!word.startsWith("-") || word === "-") continue;
		let [, name = ""] = /^--([^=]*)/s.exec(word) ?? [];
		if (name === "") return "Flags begin with `--` and a name.";
		let positive = Object.hasOwn(options, name) ? name : name.replace(/^no-/, ""), option = Object.hasOwn(options, positive) ? options[positive] : void 0, valued = word.includes("=");
		if (!option) return `There is no such flag here${/^[a-z-]{1,24}$/.test(name) ? `: \`--${name}\`` : ""}.${nearest(name, options)}`;
		if (option.type === "boolean" && (valued || /^(true|false)$/i.test(words[at + 1] ?? ""))) return `\`--${positive}\` takes no value; its opposite is \`--no-${positive}\`.`;
		if (option.type === "boolean") continue;
		if (positive !== name) return `\`--${positive}\` has no opposite.`;
		if (valued) continue;
		let value = words[++at];
		if (value === void 0 || value.startsWith("-") && value !== "-") return `\`--${name}\` lacks its value.`;
	}
}
function nearest(name, options) {
	let found = near(name, Object.keys(options));
	return found ? ` Did you mean \`--${found}\`?` : "";
}
function secretFrom(name, value, read) {
	let found = read(value);
	if (typeof found == "string") return found;
	throw usage(`\`--${name}\` takes the path of a file, or \`-\` for stdin: ${found.problem}. A secret itself never stands in an argument, where other programs could read it: if this was one, renew it.`);
}
const SEE_HELP = "See `oauth-creds help`.", usage = (what) => new Failure("input-invalid", what, SEE_HELP);
export { COMMON_FLAGS as a, usage as i, isSecret as n, sayStrangers as o, readArguments as r, near as s, SEE_HELP as t };

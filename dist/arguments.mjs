import { bt as Failure, x as NAMES } from "./common.mjs";
const COMMON_FLAGS = {
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
	"cleanup",
	"allow-public-repository"
]), isSecret = (input, value) => SECRETS.has(input) || input === "ledger-repository" && /^[a-z+]+:\/\/[^/]*:[^/]*@|^https?:\/\/[^/]*@/i.test(value);
function readArguments(verb, args, env, read) {
	let inputs = verb.inputs === "all" ? NAMES : verb.inputs === "none" ? [] : verb.inputs, { values, positionals } = parse(verb, inputs, args), given = withoutOurs(env);
	for (let name of inputs) {
		let value = env[variableOf(name)];
		value !== void 0 && (given[`INPUT_${name.toUpperCase()}`] = tidy(name, value));
	}
	let flags = {}, stdin;
	for (let [name, value] of Object.entries(values)) {
		if (!inputs.includes(name)) {
			flags[name] = value;
			continue;
		}
		let text = String(value);
		if (SECRETS.has(name)) {
			if (text === "-" && stdin !== void 0) throw usage(`\`--${stdin} -\` and \`--${name} -\`: stdin is one secret.`);
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
const variableOf = (name) => `OAUTH_CREDS_${name.toUpperCase().replaceAll("-", "_")}`;
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
	let wrong = sayWrong(args, options);
	if (wrong) throw usage(wrong);
	let parsed;
	try {
		parsed = parseArgs({
			args: [...args],
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
function sayWrong(args, options) {
	let words = args.includes("--") ? args.slice(0, args.indexOf("--")) : args;
	for (let at = 0; at < words.length; at++) {
		let word = words[at] ?? "";
		if (!word.startsWith("-") || word === "-") continue;
		let [, name = ""] = /^--([^=]*)/s.exec(word) ?? [];
		if (name === "") return "Flags begin with `--` and a name.";
		let positive = Object.hasOwn(options, name) ? name : name.replace(/^no-/, ""), option = Object.hasOwn(options, positive) ? options[positive] : void 0, valued = word.includes("=");
		if (!option) return `There is no such flag here${/^[a-z-]{1,24}$/.test(name) ? `: \`--${name}\`` : ""}.${near(name, options)}`;
		if (option.type === "boolean" && valued) return `\`--${positive}\` takes no value; its opposite is \`--no-${positive}\`.`;
		if (option.type === "boolean") continue;
		if (positive !== name) return `\`--${positive}\` has no opposite.`;
		if (valued) continue;
		let value = words[++at];
		if (value === void 0 || value.startsWith("-") && value !== "-") return `\`--${name}\` lacks its value.`;
	}
}
function near(name, options) {
	let bare = (text) => text.toLowerCase().replaceAll(/[^a-z]|s$/g, ""), wanted = bare(name), found = Object.keys(options).find((known) => bare(known) === wanted || wanted.length > 2 && bare(known).startsWith(wanted));
	return found ? ` Did you mean \`--${found}\`?` : "";
}
function secretFrom(name, value, read) {
	let found = read(value);
	if (typeof found == "string") return found;
	throw usage(`\`--${name}\` takes the path of a file, or \`-\` for stdin: ${found.problem}. A secret itself never stands in an argument, where other programs could read it: if this was one, renew it.`);
}
const usage = (what) => new Failure("input-invalid", what, "See `oauth-creds help`.");
export { COMMON_FLAGS as i, readArguments as n, usage as r, isSecret as t };
